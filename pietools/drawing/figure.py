"""A figure, and the rows of result tables that become one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pietools.analysis import Analysis
from pietools.drawing.style import AnyChart

COMPARISON = ("compressed", "reference", "dataset")
# A name of a file has at most 255 bytes, and an ending.
MAX_BYTES = 240


@dataclass(frozen=True)
class Figure:
    """A chart of a topic, the stem of its files, what it shows in one sentence, and the comparison if it is of one."""

    topic: str
    stem: str
    caption: str
    chart: AnyChart
    comparison: tuple[str, ...] = ()


def parts(
    analysis: Analysis, table: str, estimate: str, *by: str, where: pl.Expr | None = None
) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    """Rows of a result table by the values of columns, in the order they came: parts with an estimate, without altered copies."""
    if table not in analysis.tables:
        return
    rows = analysis.tables[table].filter(~pl.col("dataset").is_in(_copies(analysis)))
    rows = rows if where is None else rows.filter(where)
    found = rows.group_by(by, maintain_order=True) if by else [((), rows)]
    yield from ((names, part) for names, part in found if part[estimate].count())


def _copies(analysis: Analysis) -> list[str]:
    """Names of the altered copies."""
    if "unseen" not in analysis.tables:
        return []
    return analysis.unseen.filter(pl.col("alteration").is_not_null())["unseen"].to_list()


def named(rows: pl.DataFrame) -> str:
    """The comparison of some rows, for a caption."""
    return "{} against {} on {}".format(*rows.select(COMPARISON).row(0))


def file_stem(*names: str) -> str:
    """File name out of names that may hold anything: ``classes-simclr_int8-simclr_dense-digits_test``."""
    stem = "-".join(re.sub(r"[^\w.+-]+", "_", name) for name in names)
    return stem.encode()[:MAX_BYTES].decode(errors="ignore")
