"""How the tables about unseen data read."""

from pietools.results.rounding import p_value, percent, points
from pietools.results.shown import AGAINST, COMPRESSED, INTERVAL, P_ADJUSTED, Column, P, ShownTable, text

UNSEEN = ShownTable(
    "unseen",
    "Unseen data: change of error beyond that on clean data (excess error)",
    (
        COMPRESSED,
        AGAINST,
        Column("on", lambda r: r["unseen"] or "average", is_text=True),
        Column("before %", lambda r: percent(r["accuracy_reference"], 2)),
        Column("after %", lambda r: percent(r["accuracy_compressed"], 2)),
        Column("excess error, points", lambda r: points(r["estimate"])),
        INTERVAL,
        P,
        P_ADJUSTED,
    ),
)


GENERALIZATION = ShownTable(
    "unseen_gaps",
    "Generalization gap: accuracy on training data minus test data",
    (
        text("population"),
        Column("change from", lambda r: r["reference"] or "–", is_text=True),
        text("train_dataset", "training data"),
        Column("gap, points", lambda r: points(r["estimate"])),
        INTERVAL,
        P,
    ),
)


REGIMES = ShownTable(
    "unseen_regimes",
    "Does one regime generalize better? Difference of dense populations, error for networks and examples",
    (
        text("population_a", "population"),
        text("population_b", "minus"),
        Column("difference, points", lambda r: points(r["estimate"])),
        INTERVAL,
        P,
        Column("beyond clean accuracy, points", lambda r: points(r["robustness_estimate"])),
        Column("p", lambda r: p_value(r["robustness_p_value"])),
    ),
)
TABLES = (
    UNSEEN,
    GENERALIZATION,
    REGIMES,
)
