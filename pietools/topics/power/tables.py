"""The result table about power, and how it reads."""

from pietools.results.column_runs import COMPARISON, FLAG, PAIRING
from pietools.results.rounding import count, points
from pietools.results.shown import AGAINST, COMPRESSED, Row, Shown, ShownColumn, number, text
from pietools.results.table import Column, Json, Table


def _difference(row: Row, name: str) -> str:
    is_count = row["question"].startswith("excess")
    return count(row[name]) if is_count else points(row[name]).lstrip("+")


POWER = Table(
    "power",
    "comparison, data set and question",
    "how many networks would answer it?",
    (
        *COMPARISON,
        Column("question", str, "what is to be found", required=True, is_key=True),
        PAIRING,
        Column("n_networks", int, "networks per population, at hand", required=True),
        Column("spread", float, "standard deviation over networks (of differences if paired); excess: standard error"),
        Column("difference", float, "how large it is"),
        Column("power", float, "power that the networks needed give"),
        Column("replicates_needed", int, "networks per population; null if it cannot be said"),
        Column("detectable", float, "smallest difference that the networks at hand find with power 0.8"),
        FLAG,
    ),
    shown=(
        Shown(
            "Power 0.8: networks per population needed, and what those at hand would find",
            (
                COMPRESSED,
                AGAINST,
                text("question"),
                ShownColumn("to be found", lambda r: _difference(r, "difference")),
                number("at hand", "n_networks", count),
                number("needed", "replicates_needed", count),
                ShownColumn("detectable", lambda r: _difference(r, "detectable")),
            ),
            is_answer=False,
        ),
    ),
    json=Json("rows", "power"),
)
TABLES = (POWER,)
