"""Result tables about subgroups, and how they read."""

from pietools.results.column_runs import COMPARISON, FLAG, PAIRING, T_TEST, estimate, interval, null
from pietools.results.rounding import MISSING, count, decimal, p_value, percent, points
from pietools.results.shown import (
    AGAINST,
    CHANGE,
    COMPRESSED,
    INTERVAL,
    P_ADJUSTED,
    P,
    Row,
    Shown,
    ShownColumn,
    number,
    text,
)
from pietools.results.table import Column, Json, Table

RAW, SHIFTED = "raw", "shifted"
GAP_OF_CHANGES, CHANGE_OF_GAP = "gap_of_changes", "change_of_gap"
PROPERTY = Column("property", str, "property, or crossing such as sex*age", required=True, is_key=True)
GROUP = Column("group", str, "value of the property", required=True, is_key=True)
RATE = Column("rate", str, "accuracy, false_positive_rate or false_negative_rate", required=True, is_key=True)


def _share(row: Row, name: str) -> str:
    if row[name] is None:
        return MISSING
    return f"{percent(row[name])} ({percent(row[f'{name}_low'])}–{percent(row[f'{name}_high'])})"


GROUPS = Table(
    "subgroups",
    "comparison, data set, property, group, rate and scale",
    "did its accuracy, or its error rates, change?",
    (
        *COMPARISON,
        PROPERTY,
        GROUP,
        RATE,
        Column("scale", str, "raw: the rate; shifted: the rate minus that over all examples", required=True),
        T_TEST,
        Column("n", int, "examples that the rate counts", required=True),
        Column("mean_reference", float, "mean rate of the networks of the reference"),
        Column("mean_compressed", float, "mean rate of the compressed networks"),
        Column("relative_change", float, "mean_compressed / mean_reference − 1"),
        *estimate("change of the mean on that scale", p_adjusted="Holm, over the groups"),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Subgroups: change of each group's rate",
            (
                COMPRESSED,
                AGAINST,
                text("property"),
                text("group"),
                text("rate"),
                number("examples", "n", count),
                number("before %", "mean_reference", percent, 2),
                number("after %", "mean_compressed", percent, 2),
                CHANGE,
                INTERVAL,
                P,
                P_ADJUSTED,
            ),
            lambda frame: frame.filter(scale=RAW),
            is_answer=False,
        ),
    ),
)

MODAL = Table(
    "subgroups_modal",
    "comparison, data set, property, group and population",
    "accuracy of its modal label",
    (
        *COMPARISON,
        PROPERTY,
        GROUP,
        Column("population", str, "reference or compressed", required=True),
        Column("estimate", float, "accuracy of the modal label"),
        Column("conf_low", float, "lower end of the exact 95 % interval; the examples are random"),
        Column("conf_high", float, "upper end of the exact 95 % interval"),
    ),
)

GAPS = Table(
    "subgroups_gaps",
    "comparison, data set, property, rate and measure",
    "did compression pull the groups apart?",
    (
        *COMPARISON,
        PROPERTY,
        RATE,
        Column(
            "measure",
            str,
            "gap_of_changes: largest minus smallest change of the groups; change_of_gap: gap_compressed minus gap_reference",
            required=True,
        ),
        T_TEST,
        PAIRING,
        Column("n_groups", int, "groups", required=True),
        Column("n_permutations", int, "relabellings drawn, or enumerated if is_exact", required=True),
        Column("is_exact", bool, "whether all relabellings were enumerated", required=True),
        Column("smallest_p", float, "smallest p that the pairing and the number of relabellings allow"),
        Column("gap_reference", float, "largest minus smallest mean rate of the reference"),
        Column("gap_compressed", float, "the same of the compressed networks"),
        Column("estimate", float, "the measure"),
        *null("the measure (above 0 where nothing happened)"),
        Column("p_value", float, "share of relabellings with at least as much, the identity counted"),
        Column("worst_reference", str, "group with the worst mean rate of the reference"),
        Column("worst_compressed", str, "group with the worst mean rate of the compressed networks"),
        Column("hit_most", str, "group with the worst change"),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Subgroups: did compression pull them apart? (gap of the changes, points)",
            (
                COMPRESSED,
                AGAINST,
                text("property"),
                text("rate"),
                number("groups", "n_groups", count),
                text("hit_most", "hit most"),
                number("gap", "estimate", points),
                number("after shuffling", "null_mean", points),
                number("p", "p_value", p_value),
            ),
            lambda frame: frame.filter(measure=GAP_OF_CHANGES),
        ),
    ),
)

WHO_ARE_PIES = Table(
    "subgroups_pies",
    "comparison, data set, property and group",
    "who are the PIEs?",
    (
        *COMPARISON,
        PROPERTY,
        GROUP,
        Column("n", int, "examples of the group", required=True),
        Column("n_pies", int, "PIEs of the group", required=True),
        Column("n_others", int, "its other examples", required=True),
        Column("share_pies", float, "share of the PIEs that belong to the group"),
        Column("share_pies_low", float, "lower end of its Wilson 95 % interval; the examples are random"),
        Column("share_pies_high", float, "upper end of its Wilson 95 % interval"),
        Column("share_others", float, "share of the other examples that belong to the group"),
        Column("share_others_low", float, "lower end of its Wilson 95 % interval"),
        Column("share_others_high", float, "upper end of its Wilson 95 % interval"),
        Column("risk_ratio", float, "probability of being a PIE in the group over that outside"),
        Column("risk_ratio_low", float, "lower end of its 95 % interval"),
        Column("risk_ratio_high", float, "upper end of its 95 % interval"),
        Column("estimate", float, "share_pies minus share_others"),
        Column("p_value", float, "Fisher's exact test"),
        Column("p_adjusted", float, "Holm, over the groups"),
        *interval("the estimate (Newcombe)"),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Subgroups: who are the PIEs? Share of each group among PIEs and among other examples (%, 95 %)",
            (
                COMPRESSED,
                AGAINST,
                text("property"),
                text("group"),
                ShownColumn("among PIEs", lambda r: _share(r, "share_pies")),
                ShownColumn("among others", lambda r: _share(r, "share_others")),
                number("risk ratio", "risk_ratio", decimal, 2),
                P_ADJUSTED,
            ),
        ),
    ),
    json=Json("rows", "subgroups_pies"),
)
TABLES = (GAPS, GROUPS, MODAL, WHO_ARE_PIES)
