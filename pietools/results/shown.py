"""What a shown table is, and the columns that several of them have. Nothing is computed here."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import polars as pl

from pietools.results.rounding import count, decimal, p_value, points, points_interval

Row = dict[str, Any]
# A table of single examples or classes goes no further than this; the whole is in the study.
MAX_ROWS = 20
# Among other tables a longer one is shown only to who asks for it.
LONG = 50


class Column(NamedTuple):
    """A column of a table: its heading and what it shows of a row, as plain text. Numbers stand on the right."""

    title: str
    show: Callable[[Row], str]
    is_text: bool = False


class ShownTable(NamedTuple):
    """A result table as people see it; ``select`` picks and orders its rows.

    ``in_summary`` says whether ``analyze`` prints it, ``in_report`` whether the report has it: not where a figure shows more.
    ``of_copies``: whether altered copies have it too, which unseen data sum up; the report folds it if not.
    """

    table: str
    title: str
    columns: tuple[Column, ...]
    select: Callable[[pl.DataFrame], pl.DataFrame] = lambda frame: frame
    in_summary: bool = True
    of_copies: bool = True
    in_report: bool = True

    def rows(self, frame: pl.DataFrame) -> list[Row]:
        """Rows to show of the result frame."""
        return self.select(frame).to_dicts()


def first_of_each(frame: pl.DataFrame) -> pl.DataFrame:
    """The first rows of each comparison."""
    return frame.group_by("reference", "compressed", maintain_order=True).head(MAX_ROWS)


def text(name: str, title: str | None = None) -> Column:
    """A column of text, a dash where there is none."""
    return Column(title or name, lambda row: "–" if row[name] is None else str(row[name]), is_text=True)


def decimal_interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """``0.42 to 1.20``."""
    return "–" if low is None else f"{decimal(low, digits)} to {decimal(high, digits)}"


def estimate_and_interval(row: Row, estimate: str, low: str, high: str) -> str:
    """``0.81 (0.42 to 1.20)``."""
    if row[low] is None:
        return decimal(row[estimate], 2)
    return f"{decimal(row[estimate], 2)} ({decimal_interval(row[low], row[high])})"


def count_interval(low: float | None, high: float | None) -> str:
    """``14 to 62``."""
    return "–" if low is None else f"{count(low)} to {count(high)}"


COMPRESSED = text("compressed")
AGAINST = text("reference", "against")
NOTE = Column("note", lambda row: row["flag"] or "", is_text=True)
P = Column("p", lambda r: p_value(r["p_value"]))
P_ADJUSTED = Column("adjusted p", lambda r: p_value(r["p_adjusted"]))
CHANGE = Column("change, points", lambda r: points(r["estimate"]))
INTERVAL = Column("95 %", lambda r: points_interval(r["conf_low"], r["conf_high"]))


def shown_columns(columns: Iterable[Column], rows: list[Row]) -> list[Column]:
    """Columns to show; ``against`` only where something is compared with several references, ``note`` where there is one."""
    pairs = {(row.get("compressed"), row.get("reference")) for row in rows}
    is_unique = len(pairs) == len({compressed for compressed, _ in pairs})
    hidden = [AGAINST] if is_unique else []
    hidden += [] if any(row.get("flag") for row in rows) else [NOTE]
    return [column for column in columns if column not in hidden]
