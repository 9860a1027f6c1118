"""Result tables about accuracy and its change, and how they read."""

import polars as pl

from pietools.results.column_runs import COMPARISON, COMPRESSION, DATASET, FLAG, P_HOLM, T_TEST, estimate
from pietools.results.rounding import count, decimal, p_value, percent, percent_and_sd, points
from pietools.results.shown import AGAINST, CHANGE, COMPRESSED, INTERVAL, P, Shown, ShownColumn, number, text
from pietools.results.table import Column, Json, Table

SUBSETS = ["pies", "non-pies", "random", "all"]
POPULATION = Column("population", str, "population of networks", required=True, is_key=True)


def _mean_and_sd(name: str, meaning: str) -> tuple[Column, Column]:
    return (
        Column(f"{name}_mean", float, f"{meaning}, mean over networks"),
        Column(f"{name}_sd", float, "its standard deviation over networks, n − 1"),
    )


ACCURACY = Table(
    "accuracy",
    "population and data set",
    "accuracy, calibration and agreement of its networks",
    (
        Column("population", str, "population of networks", required=True, is_key=True, json="name"),
        DATASET,
        *COMPRESSION,
        Column("reference", str, "population that it is compared with"),
        Column(
            "evidence",
            str,
            "what is known of each prediction: logits, log-odds, top-k, probabilities or labels",
            required=True,
        ),
        Column("n_models", int, "networks", required=True),
        Column("n_examples", int, "examples", required=True),
        *_mean_and_sd("top1", "top-1 accuracy; null without labels"),
        *_mean_and_sd("top5", "top-5 accuracy; null where the evidence holds no ranks"),
        *_mean_and_sd("loss", "negative log-likelihood, nats"),
        *_mean_and_sd("brier", "Brier score, in [0, 2]"),
        *_mean_and_sd("ece", "expected calibration error, 15 bins of equal mass"),
        *_mean_and_sd("ece_equal_width", "the same with 15 bins of equal width"),
        Column("kappa", float, "Fleiss' kappa of the predicted labels"),
        Column("churn", float, "share of predictions that differ between two networks: the floor of flips"),
        Column("n_tied", int, "examples with a tied modal label", required=True),
        Column("n_near_ties", int, "sum over networks of evaluations.n_near_ties"),
    ),
    is_answer=True,
    shown=(
        Shown(
            "Accuracy and agreement, mean ± sd over networks",
            (
                text("population"),
                number("networks", "n_models", count),
                ShownColumn("top-1 %", lambda r: percent_and_sd(r["top1_mean"], r["top1_sd"])),
                ShownColumn("top-5 %", lambda r: percent_and_sd(r["top5_mean"], r["top5_sd"])),
                number("ECE %", "ece_mean", percent, 2),
                number("Brier", "brier_mean", decimal, 4),
                number("Fleiss' kappa", "kappa", decimal, 3),
                number("tied modes", "n_tied", count),
            ),
            of_copies=False,
        ),
    ),
    json=Json("rows", "populations"),
)

CHANGE_OF_ACCURACY = Table(
    "accuracy_change",
    "comparison and data set",
    "change of accuracy, and whether it is within a margin",
    (
        *COMPARISON,
        T_TEST,
        Column("n_reference", int, "networks of the reference", required=True),
        Column("n_compressed", int, "networks of the compressed population", required=True),
        *estimate("change of mean accuracy"),
        P_HOLM,
        Column("margin", float, "change that still counts as none, a fraction", required=True),
        Column("p_not_worse", float, "one-sided: small means that accuracy fell by less than the margin"),
        Column("p_equivalent", float, "two one-sided tests: small means that it neither fell nor rose by the margin"),
        Column("worst_class", str, "class for which the fall by less than the margin is least certain"),
        Column("worst_class_change", float, "change of its recall"),
        Column("p_worst_class", float, "intersection–union: small means that no class fell by the margin"),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Change of accuracy, and p-values of the claims that it is within the margin",
            (
                COMPRESSED,
                AGAINST,
                CHANGE,
                INTERVAL,
                P,
                number("over comparisons", "p_holm", p_value),
                ShownColumn("margin", lambda r: points(r["margin"]).lstrip("+")),
                number("not worse, p", "p_not_worse", p_value),
                number("equivalent, p", "p_equivalent", p_value),
                number("no class worse, p", "p_worst_class", p_value),
            ),
            lambda frame: frame.filter(pl.min_horizontal("n_reference", "n_compressed") > 1),
        ),
    ),
    json=Json("object", "accuracy_change"),
)

ON_PIES = Table(
    "accuracy_on_pies",
    "comparison, data set, population and subset",
    "accuracy on PIEs that were named without the network in question",
    (
        *COMPARISON,
        Column("population", str, "reference or compressed", required=True),
        Column("subset", str, "pies, non-pies, random (as many examples as there are PIEs) or all", required=True),
        Column("n_examples", float, "examples of the subset, mean over networks", required=True),
        Column("accuracy_mean", float, "mean over networks; null if the subset is empty"),
        Column("accuracy_sd", float, "standard deviation over networks; random: of the draw of examples"),
    ),
    shown=(
        Shown(
            "Top-1 accuracy (%) on PIEs that were named without the network in question",
            (
                COMPRESSED,
                AGAINST,
                text("population", "networks of"),
                *(number(subset, subset, percent, 2) for subset in SUBSETS),
            ),
            lambda frame: frame.pivot(
                "subset",
                on_columns=SUBSETS,
                index=["reference", "compressed", "dataset", "population"],
                values="accuracy_mean",
            ),
            is_answer=False,
        ),
    ),
    json=Json("list", "accuracy_on_pies"),
)

CALIBRATION = Table(
    "accuracy_calibration",
    "population, data set and bin of equal mass",
    "confidence against accuracy, over all networks",
    (
        POPULATION,
        DATASET,
        Column("bin", int, "number of the bin, from the least confident", required=True),
        Column("n", float, "examples in the bin, mean over networks", required=True),
        Column("confidence", float, "mean confidence", required=True),
        Column("accuracy", float, "share that is right", required=True),
        Column("conf_low", float, "lower end of the Wilson interval of one network's accuracy", required=True),
        Column("conf_high", float, "upper end of the Wilson interval of one network's accuracy", required=True),
    ),
)

TABLES = (ACCURACY, CHANGE_OF_ACCURACY, ON_PIES, CALIBRATION)
