"""How the tables about accuracy and its change read."""

from pietools.results.rounding import count, decimal, p_value, percent, percent_and_sd, points
from pietools.results.shown import AGAINST, CHANGE, COMPRESSED, INTERVAL, Column, P, ShownTable, text

ACCURACY = ShownTable(
    "accuracy",
    "Accuracy and agreement, mean ± sd over networks",
    (
        text("population"),
        Column("networks", lambda r: count(r["n_models"])),
        Column("top-1 %", lambda r: percent_and_sd(r["top1_mean"], r["top1_sd"])),
        Column("top-5 %", lambda r: percent_and_sd(r["top5_mean"], r["top5_sd"])),
        Column("ECE %", lambda r: percent(r["ece_mean"], 2)),
        Column("Brier", lambda r: decimal(r["brier_mean"], 4)),
        Column("Fleiss' kappa", lambda r: decimal(r["kappa"], 3)),
        Column("tied modes", lambda r: count(r["n_tied"])),
    ),
    of_copies=False,
)


ACCURACY_CHANGE = ShownTable(
    "accuracy_change",
    "Change of accuracy, and p-values of the claims that it is within the margin",
    (
        COMPRESSED,
        AGAINST,
        CHANGE,
        INTERVAL,
        P,
        Column("margin", lambda r: points(r["margin"]).lstrip("+")),
        Column("not worse, p", lambda r: p_value(r["p_not_worse"])),
        Column("equivalent, p", lambda r: p_value(r["p_equivalent"])),
        Column("no class worse, p", lambda r: p_value(r["p_worst_class"])),
    ),
)


ON_PIES = ShownTable(
    "accuracy_on_pies",
    "Top-1 accuracy (%) on PIEs that were named without the network in question",
    (
        COMPRESSED,
        AGAINST,
        text("population", "networks of"),
        *(
            Column(subset, lambda r, subset=subset: percent(r[subset], 2))  # type: ignore[misc]
            for subset in ("pies", "non-pies", "random", "all")
        ),
    ),
    lambda frame: frame.pivot(
        "subset", index=["reference", "compressed", "dataset", "population"], values="accuracy_mean"
    ),
    in_summary=False,
)
TABLES = (
    ACCURACY,
    ACCURACY_CHANGE,
    ON_PIES,
)
