"""How the tables about properties of examples read."""

import polars as pl

from pietools.results.rounding import count, decimal, percent
from pietools.results.shown import AGAINST, COMPRESSED, Column, Row, ShownTable, decimal_interval, text


def _digits(row: Row) -> int:
    """Digits that tell the values of a property apart."""
    return 0 if abs(row["mean"] or 0) >= 100 else 3


MEASURED = ShownTable(
    "properties_summary",
    "Properties: of networks, mean over them; and measured outside",
    (
        text("population"),
        text("property"),
        text("source"),
        Column("examples", lambda r: count(r["n"])),
        Column("mean", lambda r: decimal(r["mean"], _digits(r))),
        Column("sd", lambda r: decimal(r["sd"], _digits(r))),
        Column("least", lambda r: decimal(r["minimum"], _digits(r))),
        Column("median", lambda r: decimal(r["median"], _digits(r))),
        Column("most", lambda r: decimal(r["maximum"], _digits(r))),
    ),
    lambda frame: frame.filter(pl.col("flag").is_null()),
    in_summary=False,
    in_report=False,
)
GROUPS = ShownTable(
    "properties_groups",
    "What are they like? Properties of forgotten, recovered, moved and other examples",
    (
        COMPRESSED,
        AGAINST,
        text("property"),
        text("group"),
        Column("examples", lambda r: count(r["n"])),
        Column("mean", lambda r: decimal(r["mean"], _digits(r))),
        Column("median", lambda r: decimal(r["q50"], _digits(r))),
        Column("middle half", lambda r: decimal_interval(r["q25"], r["q75"], _digits(r))),
    ),
    in_summary=False,
    in_report=False,
)
PLANTED = ShownTable(
    "properties_planted",
    "Label noise that was planted: is it found?",
    (
        text("population"),
        Column("labels", lambda r: count(r["n"])),
        Column("replaced", lambda r: count(r["n_planted"])),
        Column("AUC", lambda r: decimal(r["auc"], 4)),
        Column("average precision", lambda r: decimal(r["average_precision"], 3)),
        Column("by chance", lambda r: decimal(r["prevalence"], 3)),
        Column("called wrong", lambda r: count(r["n_issues"])),
        Column("of these replaced %", lambda r: percent(r["precision"])),
        Column("of the replaced found %", lambda r: percent(r["recall"])),
    ),
)
TABLES = (MEASURED, GROUPS, PLANTED)
