"""How the tables about whether two regimes lose the same examples read."""

from pietools.results.rounding import count, decimal, p_value, points, points_interval
from pietools.results.shown import (
    AGAINST,
    COMPRESSED,
    NOTE,
    P_ADJUSTED,
    Column,
    P,
    Row,
    ShownTable,
    count_interval,
    decimal_interval,
    estimate_and_interval,
    text,
)

REGIME_A, REGIME_B = text("regime_a", "regime"), text("regime_b", "and")
ESTIMATE = ("estimate", "conf_low", "conf_high")


def _both(row: Row) -> str:
    return f"{count(row['n_both'])} of {count(row['n_pies_a'])}, {count(row['n_pies_b'])}"


def _null(row: Row) -> str:
    return f"{count(row['null_mean'])} ({count(row['null_conf_low'])}–{count(row['null_conf_high'])})"


def _counts(row: Row) -> str:
    if row["count_a"] is None or row["count_b"] is None:
        return "–"
    return f"{count(row['count_a'])} − {count(row['count_b'])}"


def _effect_difference(row: Row) -> str:
    """Of log odds ratios, or of effects on accuracy in points."""
    if row["effect"] != "marginal effect" or row["estimate"] is None:
        return estimate_and_interval(row, *ESTIMATE)
    return f"{points(row['estimate'])} points ({points_interval(row['conf_low'], row['conf_high'])})"


def _difference(row: Row) -> str:
    if row["conf_low"] is None:
        return count(row["estimate"])
    return f"{count(row['estimate'])} ({count_interval(row['conf_low'], row['conf_high'])})"


SAME = ShownTable(
    "regimes",
    "The same examples? Correlation of the change in error rate without the networks' noise (95 %), and PIEs in both",
    (
        text("compression"),
        REGIME_A,
        REGIME_B,
        Column("correlation", lambda r: decimal(r["estimate"], 2)),
        Column("95 %", lambda r: decimal_interval(r["conf_low"], r["conf_high"])),
        P,
        Column("attenuation", lambda r: decimal(r["attenuation"], 2)),
        Column("PIEs in both", _both),
        Column("of nothing", _null),
        NOTE,
    ),
)
DESCRIBED = ShownTable(
    "regimes",
    "More of it: correlation of PIE indicators (95 %), of changes as observed, overlap",
    (
        text("compression"),
        REGIME_A,
        REGIME_B,
        Column("of PIEs", lambda r: estimate_and_interval(r, *(f"pies_{name}" for name in ESTIMATE))),
        Column("dense vs dense", lambda r: estimate_and_interval(r, *(f"baseline_{name}" for name in ESTIMATE))),
        Column("as observed", lambda r: decimal(r["raw"], 2)),
        Column("overlap p", lambda r: p_value(r["overlap_p_either"])),
        Column("Jaccard", lambda r: decimal(r["jaccard"], 2)),
        Column("kappa", lambda r: decimal(r["kappa"], 2)),
        Column("independent", lambda r: count(r["expected"])),
    ),
    in_summary=False,
)
COUNTS = ShownTable(
    "regimes_counts",
    "Does one regime lose more? Differences of counts, at equal compression and at equal loss of accuracy (95 %)",
    (
        text("compression"),
        REGIME_A,
        text("regime_b", "minus"),
        text("measure"),
        text("equal"),
        Column("counts", _counts),
        Column("difference", _difference),
        P,
        NOTE,
    ),
    in_summary=False,
    in_report=False,
)
COEFFICIENTS = ShownTable(
    "regimes_coefficients",
    "Which properties matter more in which regime? Differences of effects per sd (95 %)",
    (
        text("compression"),
        REGIME_A,
        text("regime_b", "minus"),
        text("effect"),
        text("term", "property"),
        Column("difference", _effect_difference),
        P,
        P_ADJUSTED,
        NOTE,
    ),
    in_summary=False,
    in_report=False,
)
TRANSITIONS = ShownTable(
    "regimes_transitions",
    "Examples lost in all regimes, in one, in none, beside how many if compression did nothing",
    (
        text("compression"),
        Column("lost in", lambda r: f"only {r['regime']}" if r["regime"] else r["group"], is_text=True),
        Column("examples", lambda r: count(r["n"])),
        Column("if it did nothing", lambda r: count(r["expected"])),
        Column("95 %", lambda r: count_interval(r["conf_low"], r["conf_high"])),
    ),
    in_summary=False,
)
THEORY = ShownTable(
    "regimes_theory",
    "Does a theory explain who becomes harder? Out-of-fold R² of the change in error rate, beyond difficulty and class (95 %)",
    (
        COMPRESSED,
        AGAINST,
        text("property", "theory"),
        Column("R² without", lambda r: decimal(r["r2_without"], 3)),
        Column("with", lambda r: decimal(r["r2_with"], 3)),
        Column("gain", lambda r: estimate_and_interval(r, *ESTIMATE)),
        P,
        NOTE,
    ),
)
TABLES = (SAME, DESCRIBED, COUNTS, COEFFICIENTS, TRANSITIONS, THEORY)
