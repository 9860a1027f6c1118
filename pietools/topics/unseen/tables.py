"""Result tables about unseen data, and how they read."""

from pietools.results.column_runs import COMPARISON, DATASET, FLAG, PAIRING, REGIMES, T_TEST, estimate
from pietools.results.rounding import p_value, percent, points
from pietools.results.shown import (
    AGAINST,
    COMPRESSED,
    INTERVAL,
    P_ADJUSTED,
    P,
    Shown,
    ShownColumn,
    number,
    text,
)
from pietools.results.table import Column, Json, Table

UNSEEN = Table(
    "unseen",
    "comparison, clean data set and altered copy",
    "did compression cost more on the copy?",
    (
        *COMPARISON,
        Column("unseen", str, "the unseen data set; null: the average over all", is_key=True),
        Column("alteration", str, "what was done to the copy"),
        Column("severity", int, "how much, 1 (mild) to 5"),
        T_TEST,
        Column("accuracy_reference", float, "mean accuracy of the reference on the unseen data"),
        Column("accuracy_compressed", float, "mean accuracy of the compressed networks on the unseen data"),
        Column("relative_change", float, "compressed / reference − 1 on the unseen data"),
        Column("relative_change_clean", float, "the same on the clean data"),
        *estimate(
            "excess error: change of error there beyond that on clean data",
            p_adjusted="Holm, over the unseen data sets",
        ),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Unseen data: change of error beyond that on clean data (excess error)",
            (
                COMPRESSED,
                AGAINST,
                ShownColumn("on", lambda r: r["unseen"] or "average", is_text=True),
                number("before %", "accuracy_reference", percent, 2),
                number("after %", "accuracy_compressed", percent, 2),
                number("excess error, points", "estimate", points),
                INTERVAL,
                P,
                P_ADJUSTED,
            ),
        ),
    ),
    json=Json("rows", "unseen"),
)

GENERALIZATION = Table(
    "unseen_gaps",
    "population or comparison and training data set",
    "accuracy on it beyond accuracy on unseen data",
    (
        Column("population", str, "population of networks", required=True, is_key=True),
        Column("reference", str, "null: the gap itself; else its change from the reference", is_key=True),
        Column("train_dataset", str, "training data", required=True, is_key=True),
        Column("dataset", str, "test data", required=True, is_key=True),
        *estimate("accuracy on training data minus accuracy on test data"),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Generalization gap: accuracy on training data minus test data",
            (
                text("population"),
                text("reference", "change from"),
                text("train_dataset", "training data"),
                number("gap, points", "estimate", points),
                INTERVAL,
                P,
            ),
        ),
    ),
    json=Json("rows", "unseen_gaps"),
)

_PAIR = (
    *REGIMES,
    Column("population_a", str, "dense population of regime a", required=True, is_key=True),
    Column("population_b", str, "dense population of regime b", required=True, is_key=True),
    DATASET,
)
GENERALIZES = Table(
    "unseen_regimes",
    "pair of regimes and data set",
    "does one generalize better?",
    (
        *_PAIR,
        PAIRING,
        *estimate("mean accuracy of a minus that of b, networks and examples random"),
        Column("std_error_networks", float, "standard error if the examples were fixed"),
        Column("std_error_examples", float, "standard error if the networks were fixed"),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Does one regime generalize better? Difference of dense populations, error for networks and examples",
            (
                text("population_a", "population"),
                text("population_b", "minus"),
                number("difference, points", "estimate", points),
                INTERVAL,
                P,
            ),
        ),
    ),
)

ROBUSTNESS = Table(
    "unseen_robustness",
    "pair of regimes and unseen data set",
    "is a more accurate there than its clean accuracy predicts, by a line through the networks of regime b?",
    (
        *_PAIR,
        *estimate("effective robustness: accuracy of a beyond what the line predicts"),
        Column("predicted", float, "accuracy that the line predicts"),
        Column("slope", float, "of the line on the logit scale"),
        Column("is_slope_fitted", bool, "false: slope 1 was taken", required=True),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Effective robustness: accuracy beyond what clean accuracy predicts, by the networks of another regime",
            (
                text("population_a", "population"),
                text("regime_b", "line of"),
                number("beyond, points", "estimate", points),
                INTERVAL,
                number("p", "p_value", p_value),
            ),
        ),
    ),
)
TABLES = (UNSEEN, GENERALIZATION, GENERALIZES, ROBUSTNESS)
