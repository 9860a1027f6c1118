"""How a result table reads: headings, rounding, which rows; and the columns that several shown tables have."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import polars as pl

from pietools.results.rounding import MISSING, count, decimal, p_value, points, points_interval

Row = dict[str, Any]
# A table of single examples or classes goes no further than this; the whole is in the study.
MAX_ROWS = 20
# Among other tables a longer one is shown only to who asks for it.
LONG = 50


class ShownColumn(NamedTuple):
    """A column as people see it: its heading, and what it shows of a row, as plain text. Numbers stand on the right."""

    title: str
    show: Callable[[Row], str]
    is_text: bool = False


class Shown(NamedTuple):
    """A result table as people see it; ``select`` picks and orders its rows.

    ``is_answer``: ``analyze`` and the report show it; else the topic's command, and ``--all``. ``of_copies``: whether altered
    copies have it too, which unseen data sum up; the report folds it if not.
    """

    title: str
    columns: tuple[ShownColumn, ...]
    select: Callable[[pl.DataFrame], pl.DataFrame] = lambda frame: frame
    is_answer: bool = True
    of_copies: bool = True

    def rows(self, frame: pl.DataFrame) -> list[Row]:
        """Rows to show of the result frame."""
        return self.select(frame).to_dicts()


def first_of_each(frame: pl.DataFrame) -> pl.DataFrame:
    """The first rows of each comparison."""
    return frame.group_by("reference", "compressed", maintain_order=True).head(MAX_ROWS)


def text(name: str, title: str | None = None) -> ShownColumn:
    """A column of text, a dash where there is none."""
    return ShownColumn(title or name, lambda row: MISSING if row[name] is None else str(row[name]), is_text=True)


def number(title: str, name: str, rounded: Callable[..., str], *digits: int) -> ShownColumn:
    """A column of a number, rounded by one of :mod:`pietools.results.rounding`."""
    return ShownColumn(title, lambda row: rounded(row[name], *digits))


def decimal_interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """``0.42 to 1.20``."""
    return MISSING if low is None else f"{decimal(low, digits)} to {decimal(high, digits)}"


def estimate_and_interval(row: Row, estimate: str = "estimate", low: str = "conf_low", high: str = "conf_high") -> str:
    """``0.81 (0.42 to 1.20)``."""
    if row[low] is None:
        return decimal(row[estimate], 2)
    return f"{decimal(row[estimate], 2)} ({decimal_interval(row[low], row[high])})"


def count_and_interval(row: Row, estimate: str = "estimate", low: str = "conf_low", high: str = "conf_high") -> str:
    """``38 (14 to 62)``."""
    return (
        count(row[estimate]) if row[low] is None else f"{count(row[estimate])} ({count_interval(row[low], row[high])})"
    )


def count_interval(low: float | None, high: float | None) -> str:
    """``14 to 62``."""
    return MISSING if low is None else f"{count(low)} to {count(high)}"


COMPRESSED = text("compressed")
AGAINST = text("reference", "against")
NOTE = ShownColumn("note", lambda row: row["flag"] or "", is_text=True)
P = number("p", "p_value", p_value)
P_ADJUSTED = number("adjusted p", "p_adjusted", p_value)
CHANGE = number("change, points", "estimate", points)
INTERVAL = ShownColumn("95 %", lambda row: points_interval(row["conf_low"], row["conf_high"]))


def shown_columns(columns: Iterable[ShownColumn], rows: list[Row]) -> list[ShownColumn]:
    """Columns to show; ``against`` only where something is compared with several references, ``note`` where there is one."""
    pairs = {(row.get("compressed"), row.get("reference")) for row in rows}
    is_unique = len(pairs) == len({compressed for compressed, _ in pairs})
    hidden = [AGAINST] if is_unique else []
    hidden += [] if any(row.get("flag") for row in rows) else [NOTE]
    return [column for column in columns if column not in hidden]
