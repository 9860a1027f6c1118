"""A table as it is written: named columns that nobody has interpreted yet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import polars as pl

from pietools.errors import ImportFileError

LONGEST_LIST = 400  # letters


@dataclass(frozen=True)
class Table:
    """Named columns of one file.

    Parameters
    ----------
    what
        The kind of file in words, such as ``CSV separated by ';'``.
    columns
        Names in the order of the file.
    read
        Gives a column as it is written; of a text file all columns are text.
    class_names
        Of columns that hold positions in a list of names, as ``ClassLabel`` of Hugging Face: this list.
    task
        The task that the examples are of, where the program that wrote the file says so.
    content
        Column that is the same where two examples are, such as a digest of the question.
    texts
        Column with what the examples say, such as a question with its choices.
    """

    path: Path
    what: str
    height: int
    columns: Sequence[str]
    read: Callable[[str], pl.Series]
    class_names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    task: str | None = None
    content: str | None = None
    texts: str | None = None

    def __getitem__(self, name: str) -> pl.Series:
        """A column; raises ImportFileError if there is none of this name, or two."""
        n = list(self.columns).count(name)
        if not n:
            raise ImportFileError(f"{self.path} has no column '{name}'. It has: {listed(self.columns)}.")
        if n > 1:
            raise ImportFileError(f"{self.path} has {n} columns named '{name}': rename one.")
        return self.read(name)

    def where(self, conditions: Mapping[str, str]) -> Self:
        """The rows in which these columns have these values, as they are written."""
        if not conditions:
            return self
        frame = pl.DataFrame({name: self._texts(name) for name in conditions})
        is_kept = frame.select(
            pl.all_horizontal(pl.col(name) == value for name, value in conditions.items())
        ).to_series()
        if not is_kept.any():
            name, value = next(iter(conditions.items()))
            values = frame[name].unique(maintain_order=True).drop_nulls().to_list()
            raise ImportFileError(f"{self.path} has no row with {name}={value}. It has: {listed(values)}.")
        return replace(
            self, height=int(is_kept.sum()), read=lambda name: self.read(name).filter(is_kept.fill_null(value=False))
        )

    def _texts(self, name: str) -> pl.Series:
        column = self[name]
        if column.dtype.is_nested():
            raise ImportFileError(f"{self.path}: column '{name}' holds lists: --where compares texts and numbers.")
        return column.cast(pl.String).str.strip_chars()


def of_frame(path: Path, what: str, frame: pl.DataFrame) -> Table:
    """A table that is in memory."""
    return Table(path, what, frame.height, frame.columns, frame.__getitem__)


def listed(names: Sequence[str], most: int = 20) -> str:
    """Names as a sentence holds them: no more than a person reads."""
    while most > 1 and sum(len(str(name)[:60]) + 2 for name in names[:most]) > LONGEST_LIST:
        most -= 1
    shown = ", ".join(str(name)[:60] for name in names[:most])
    return f"{shown}, … ({len(names):,} in all)" if len(names) > most else shown


def counted(n: int, word: str) -> str:
    """A number of things: ``1 row``, ``1,200 rows``."""
    return f"{n:,} {word}{'' if n == 1 else 's'}"
