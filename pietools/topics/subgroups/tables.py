"""How the tables about subgroups read."""

from pietools.results.rounding import count, decimal, p_value, percent, points
from pietools.results.shown import (
    AGAINST,
    CHANGE,
    COMPRESSED,
    INTERVAL,
    P_ADJUSTED,
    Column,
    P,
    Row,
    ShownTable,
    text,
)


def _share(row: Row, name: str) -> str:
    if row[name] is None:
        return "–"
    return f"{percent(row[name])} ({percent(row[f'{name}_low'])}–{percent(row[f'{name}_high'])})"


GAPS = ShownTable(
    "subgroups_gaps",
    "Subgroups: did compression pull them apart? (gap of the changes, points)",
    (
        COMPRESSED,
        AGAINST,
        text("property"),
        text("rate"),
        Column("groups", lambda r: count(r["n_groups"])),
        text("hit_most", "hit most"),
        Column("gap", lambda r: points(r["gap_of_changes_estimate"])),
        Column("if it did nothing", lambda r: points(r["gap_of_changes_null_mean"])),
        Column("p", lambda r: p_value(r["gap_of_changes_p_value"])),
    ),
)


GROUPS = ShownTable(
    "subgroups",
    "Subgroups: change of each group's rate",
    (
        COMPRESSED,
        AGAINST,
        text("property"),
        text("group"),
        text("rate"),
        Column("examples", lambda r: count(r["n"])),
        Column("before %", lambda r: percent(r["mean_reference"], 2)),
        Column("after %", lambda r: percent(r["mean_compressed"], 2)),
        CHANGE,
        INTERVAL,
        P,
        P_ADJUSTED,
    ),
    in_summary=False,
)


WHO_ARE_PIES = ShownTable(
    "subgroups_pies",
    "Subgroups: who are the PIEs? Share of each group among PIEs and among other examples (%, 95 %)",
    (
        COMPRESSED,
        AGAINST,
        text("property"),
        text("group"),
        Column("among PIEs", lambda r: _share(r, "share_pies")),
        Column("among others", lambda r: _share(r, "share_others")),
        Column("risk ratio", lambda r: decimal(r["risk_ratio"], 2)),
        P_ADJUSTED,
    ),
)
TABLES = (
    GAPS,
    GROUPS,
    WHO_ARE_PIES,
)
