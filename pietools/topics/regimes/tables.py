"""Result tables about whether two regimes lose the same examples, and how they read."""

from pietools.results.column_runs import (
    COMPARISON,
    DATASET,
    FLAG,
    PAIRING,
    REGIMES,
    SAME_COMPRESSION,
    estimate,
    interval,
    null,
)
from pietools.results.rounding import MISSING, count, decimal, p_value, points, points_interval
from pietools.results.shown import (
    AGAINST,
    COMPRESSED,
    NOTE,
    P_ADJUSTED,
    P,
    Row,
    Shown,
    ShownColumn,
    count_and_interval,
    count_interval,
    decimal_interval,
    estimate_and_interval,
    number,
    text,
)
from pietools.results.table import Column, Json, Table
from pietools.topics.regimes.log_odds_tables import CHANGES, HITS

MARGINAL = "marginal effect"
_REGIME_A, _REGIME_B, _MINUS = text("regime_a", "regime"), text("regime_b", "and"), text("regime_b", "minus")
_DIFFICULTY = Column(
    "difficulty",
    str,
    "what was taken off besides class: held-out (second dense populations), half (half of the networks), null: nothing",
)
_PAIR = (*SAME_COMPRESSION, *REGIMES)


def _null(row: Row) -> str:
    return f"{count(row['null_mean'])} ({count(row['null_conf_low'])}–{count(row['null_conf_high'])})"


def _counts(row: Row) -> str:
    if row["count_a"] is None or row["count_b"] is None:
        return MISSING
    return f"{count(row['count_a'])} − {count(row['count_b'])}"


def _effect_difference(row: Row) -> str:
    """Of log odds ratios, or of effects on accuracy in points."""
    if row["effect"] != MARGINAL or row["estimate"] is None:
        return estimate_and_interval(row)
    return f"{points(row['estimate'])} points ({points_interval(row['conf_low'], row['conf_high'])})"


CHANGE = Table(
    "regimes",
    "data set, compression and pair of regimes",
    "do the same examples become harder?",
    (
        *_PAIR,
        Column("reference_a", str, "reference of regime a", required=True),
        Column("compressed_a", str, "compressed population of regime a", required=True),
        Column("reference_b", str, "reference of regime b", required=True),
        Column("compressed_b", str, "compressed population of regime b", required=True),
        PAIRING,
        _DIFFICULTY,
        Column("estimate", float, "disattenuated correlation of the change in error rate (Spearman 1904)"),
        Column("std_error", float, "standard error of the estimate"),
        *interval(),
        Column("p_value", float, "two-sided, of no correlation"),
        Column("raw", float, "correlation of the mean changes as they are"),
        Column("attenuation", float, "what raw would be if the estimate were 1", json="ceiling"),
        Column("covariance", float, "covariance of the expected changes, squared error rates"),
        Column("variance_a", float, "variance of the expected change in regime a"),
        Column("variance_b", float, "variance of the expected change in regime b"),
        Column("p_change_a", float, "one-sided: does compression change error rates in a at all?"),
        Column("p_change_b", float, "one-sided: does it in b?"),
        Column("n_networks", int, "networks of the smallest population"),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "The same examples? Correlation of the change in error rate without the networks' noise (95 %)",
            (
                text("compression"),
                _REGIME_A,
                _REGIME_B,
                number("correlation", "estimate", decimal, 2),
                ShownColumn("95 %", lambda r: decimal_interval(r["conf_low"], r["conf_high"])),
                P,
                number("as observed", "raw", decimal, 2),
                number("attenuation", "attenuation", decimal, 2),
                NOTE,
            ),
        ),
    ),
)

OVERLAP = Table(
    "regimes_overlap",
    "data set, compression and pair of regimes",
    "how many examples are PIEs in both, and how many after shuffling dense and compressed networks?",
    (
        *_PAIR,
        Column("n_pies_a", int, "PIEs of regime a", required=True),
        Column("n_pies_b", int, "PIEs of regime b", required=True),
        Column("n_both", int, "examples that are PIEs in both", required=True),
        Column("conf_low", float, "lower end of its 95 % interval, from half-samples", json="n_both_conf_low"),
        Column("conf_high", float, "upper end of its 95 % interval, from half-samples", json="n_both_conf_high"),
        *null("n_both, both regimes relabelled", required=True),
        Column("expected", float, "n_both if the PIEs of a and b were independent", required=True),
        Column("overlap_above_null", float, "n_both − null_mean", required=True, json="excess"),
        Column("p_value", float, "of the relabelling of both", required=True, json="overlap_p"),
        Column(
            "p_either",
            float,
            "the larger of two: one relabelled, the other as it is",
            required=True,
            json="overlap_p_either",
        ),
        Column("jaccard", float, "Jaccard index of the two sets of PIEs"),
        Column("kappa", float, "Cohen's kappa of being a PIE"),
    ),
    is_answer=True,
    shown=(
        Shown(
            "PIEs in both regimes, and how many after shuffling dense and compressed networks",
            (
                text("compression"),
                _REGIME_A,
                _REGIME_B,
                ShownColumn(
                    "PIEs in both", lambda r: f"{count(r['n_both'])} of {count(r['n_pies_a'])}, {count(r['n_pies_b'])}"
                ),
                ShownColumn("after shuffling", _null),
                number("p", "p_either", p_value),
            ),
        ),
    ),
)

PIES = Table(
    "regimes_pies",
    "data set, compression, pair of regimes and side",
    "correlation of being a PIE, corrected for noise, beside that of dense-against-dense PIEs",
    (
        *_PAIR,
        Column("side", str, "compressed, or baseline (dense against dense)", required=True),
        Column("estimate", float, "disattenuated correlation of PIE indicators"),
        *interval(),
        Column("raw", float, "mean correlation of the indicators of disjoint sets of networks"),
        Column("attenuation", float, "what raw would be if the estimate were 1", json="ceiling"),
        Column("set_size", int, "networks behind each modal label", required=True),
        FLAG,
    ),
    shown=(
        Shown(
            "Correlation of PIE indicators (95 %), beside dense against dense",
            (
                text("compression"),
                _REGIME_A,
                _REGIME_B,
                text("side"),
                ShownColumn("correlation", estimate_and_interval),
                number("as observed", "raw", decimal, 2),
                NOTE,
            ),
            is_answer=False,
        ),
    ),
)

COUNTS = Table(
    "regimes_counts",
    "data set, pair of regimes, measure and way of matching",
    "does one regime lose more examples?",
    (
        DATASET,
        *REGIMES,
        Column(
            "compression",
            str,
            "of a; for b the same, or its ladder of sparsities where the loss is equal",
            required=True,
            is_key=True,
        ),
        Column(
            "equal",
            str,
            "compression; points: loss of accuracy; relative: rise of the error rate",
            required=True,
            is_key=True,
        ),
        Column("measure", str, "excess (PIEs) or forgotten", required=True, is_key=True),
        Column("sparsity_a", float, "sparsity of a"),
        Column("sparsity_b", float, "sparsity of b, interpolated where the loss is equal"),
        Column("n_networks", int, "networks per population"),
        Column("loss_a", float, "fall of accuracy of a, a fraction (relative: rise of the error rate as a share)"),
        Column("loss_b", float, "the same of b"),
        Column("count_a", float, "examples that a loses"),
        Column("count_b", float, "examples that b loses"),
        *estimate("count_a minus count_b"),
        FLAG,
    ),
    shown=(
        Shown(
            "Does one regime lose more? Differences of counts, at equal compression and at equal loss of accuracy (95 %)",
            (
                text("compression"),
                _REGIME_A,
                _MINUS,
                text("measure"),
                text("equal"),
                ShownColumn("counts", _counts),
                ShownColumn("difference", count_and_interval),
                P,
                NOTE,
            ),
            is_answer=False,
        ),
    ),
    json=Json("rows", "regimes_counts"),
)

COEFFICIENTS = Table(
    "regimes_coefficients",
    "data set, compression, pair of regimes, effect and property",
    "which properties matter more in which regime?",
    (
        *_PAIR,
        Column(
            "effect",
            str,
            "log odds ratio, or marginal effect on accuracy: logit coefficients are not comparable across noise levels",
            required=True,
            is_key=True,
        ),
        Column("term", str, "property; (joint): all of them at once", required=True, is_key=True),
        *estimate("effect in a minus effect in b", p_adjusted="Holm, over the properties"),
        Column("df_residual", float, "residual degrees of freedom of the joint F test"),
        FLAG,
    ),
    shown=(
        Shown(
            "Which properties matter more in which regime? Differences of effects per sd (95 %)",
            (
                text("compression"),
                _REGIME_A,
                _MINUS,
                text("effect"),
                text("term", "property"),
                ShownColumn("difference", _effect_difference),
                P,
                P_ADJUSTED,
                NOTE,
            ),
            is_answer=False,
        ),
    ),
    json=Json("rows", "regimes_coefficients"),
)

TRANSITIONS = Table(
    "regimes_transitions",
    "data set, compression and group of regimes",
    "how many examples are lost in all, in one only, in none?",
    (
        *SAME_COMPRESSION,
        Column("group", str, "all, only (one regime), several, none", required=True, is_key=True),
        Column("regime", str, "the one regime", is_key=True),
        Column("n", int, "examples", required=True),
        Column("expected", float, "mean over relabellings of all regimes"),
        Column("conf_low", float, "2.5 % quantile over relabellings"),
        Column("conf_high", float, "97.5 % quantile over relabellings"),
    ),
    is_answer=True,
    shown=(
        Shown(
            "Examples lost in all regimes, in one, in none, and how many after shuffling dense and compressed networks",
            (
                text("compression"),
                ShownColumn("lost in", lambda r: f"only {r['regime']}" if r["regime"] else r["group"], is_text=True),
                number("examples", "n", count),
                number("after shuffling", "expected", count),
                ShownColumn("95 %", lambda r: count_interval(r["conf_low"], r["conf_high"])),
            ),
        ),
    ),
    json=Json("rows", "regimes_transitions"),
)

EXAMPLES = Table(
    "regimes_examples",
    "data set, compression and example",
    "examples that some regime lost",
    (
        *SAME_COMPRESSION,
        Column("example_id", int, "position of the example in the data set", required=True, is_key=True),
        Column("key", str, "its name", required=True),
        Column("label", int, "its given label"),
        Column("n_regimes", int, "regimes that lost it", required=True),
        Column("regimes", str, "their names", required=True),
        Column("group", str, "all, only or several", required=True),
    ),
    is_answer=True,
)

THEORY = Table(
    "regimes_theory",
    "comparison, data set and theory",
    "does a hypothesis explain which examples become harder?",
    (
        *COMPARISON,
        Column("regime", str, "how the networks were trained"),
        Column("property", str, "the hypothesis, as a property", required=True, is_key=True),
        _DIFFICULTY,
        Column("r2_without", float, "out-of-fold R² of the change in error rate by difficulty and class"),
        Column("r2_with", float, "the same with the hypothesis"),
        Column("variance", float, "of the expected change"),
        *estimate("r2_with minus r2_without"),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Does a theory explain who becomes harder? Out-of-fold R² of the change in error rate, beyond difficulty and "
            "class (95 %)",
            (
                COMPRESSED,
                AGAINST,
                text("property", "theory"),
                number("R² without", "r2_without", decimal, 3),
                number("with", "r2_with", decimal, 3),
                ShownColumn("gain", estimate_and_interval),
                P,
                NOTE,
            ),
        ),
    ),
    json=Json("rows", "regimes_theory"),
)
TABLES = (CHANGES, HITS, CHANGE, OVERLAP, PIES, COUNTS, COEFFICIENTS, TRANSITIONS, EXAMPLES, THEORY)
