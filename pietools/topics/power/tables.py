"""How the tables about power read."""

from pietools.results.rounding import count, points
from pietools.results.shown import AGAINST, COMPRESSED, Column, Row, ShownTable, text


def _difference(row: Row, name: str) -> str:
    is_count = row["question"].startswith("excess")
    return count(row[name]) if is_count else points(row[name]).lstrip("+")


POWER = ShownTable(
    "power",
    "Power 0.8: networks per population needed, and what those at hand would find",
    (
        COMPRESSED,
        AGAINST,
        text("question"),
        Column("to be found", lambda r: _difference(r, "difference")),
        Column("at hand", lambda r: count(r["n_networks"])),
        Column("needed", lambda r: count(r["replicates_needed"])),
        Column("detectable", lambda r: _difference(r, "detectable")),
    ),
    in_summary=False,
)
TABLES = (POWER,)
