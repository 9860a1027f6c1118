"""Figures as data: which rows of which result table become which chart, under which name, with which caption."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, count

import polars as pl

from pietools.drawing.files import Spec, drawn, spec_of
from pietools.drawing.style import AnyChart

COMPARISON = ("compressed", "reference", "dataset")
POPULATIONS = ("population", "reference", "compressed")
# A name of a file has at most 255 bytes, and an ending.
MAX_BYTES = 240
# A table of more rows than this is drawn by ``by_if_long``.
LONG = 80


@dataclass(frozen=True)
class Figure:
    """A chart of a topic, the stem of its files, what it shows in one sentence, and the comparison if it is of one.

    ``test``: where its intervals and p-values come from, in one sentence. ``family``: what its stem begins with. ``datasets``,
    ``populations``: what it is of. ``is_first``: the report shows it beside the answer.
    """

    topic: str
    stem: str
    caption: str
    chart: AnyChart
    comparison: tuple[str, ...] = ()
    is_first: bool = False
    test: str = ""
    family: str = ""
    datasets: tuple[str, ...] = ()
    populations: tuple[str, ...] = ()

    @cached_property
    def spec(self) -> Spec:
        """What Vega-Lite draws."""
        return spec_of(self.chart)

    @cached_property
    def svg(self) -> str:
        """Its drawing."""
        return drawn(self.spec)


@dataclass(frozen=True)
class FigureSpec:
    """Figures of a result table.

    Parameters
    ----------
    table
        Name of the result table.
    chart
        Makes a chart of some of its rows.
    stem
        What the names of the files begin with; the values of ``by`` follow.
    caption
        One sentence, in which ``{dataset}`` stands for that column's value; for a column of ``by``, or that all rows share.
    by
        Columns: a figure for each of their values, in the order in which they come.
    by_if_long
        The same, for a table of more than 80 rows.
    needs
        Column of which a figure must have a value: without an estimate there is nothing to draw.
    where
        Rows that are drawn.
    words
        Values of columns as the caption says them.
    test
        Where its intervals and p-values come from, in one sentence.
    is_answer
        Whether it is drawn unless all are asked for.
    is_first
        Whether the report shows it beside the answer, and not folded.
    of_compressions
        Whether controls are left out, where anything else was compared.
    """

    table: str
    chart: Callable[[pl.DataFrame], AnyChart]
    stem: str
    caption: str
    by: tuple[str, ...] = ()
    by_if_long: tuple[str, ...] = ()
    needs: str = "estimate"
    where: pl.Expr | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    test: str = ""
    is_answer: bool = False
    is_first: bool = False
    of_compressions: bool = False

    def figures(self, topic: str, rows: pl.DataFrame) -> Iterator[Figure]:
        """Draw the rows of the table, those of altered copies left out."""
        shown = rows if self.where is None else rows.filter(self.where)
        by = self.by_if_long if self.by_if_long and shown.height > LONG else self.by
        parts = shown.group_by(by, maintain_order=True) if by else [((), shown)]
        for values, part in parts:
            if part[self.needs].count():
                names = dict(zip(by, map(str, values), strict=True))
                comparison = tuple(names[name] for name in COMPARISON) if set(COMPARISON) <= set(by) else ()
                stem = file_stem(self.stem, *names.values())
                yield Figure(
                    topic,
                    stem,
                    self._caption(part),
                    self.chart(part),
                    comparison,
                    self.is_first,
                    self.test,
                    self.stem,
                    *(_names(part, *columns) for columns in (("dataset",), POPULATIONS)),
                )

    def _caption(self, rows: pl.DataFrame) -> str:
        first = rows.row(0, named=True)
        return self.caption.format_map({name: self.words.get(str(value), value) for name, value in first.items()})


def _names(rows: pl.DataFrame, *columns: str) -> tuple[str, ...]:
    """What stands in these columns, as far as there are such."""
    return tuple(dict.fromkeys(name for column in columns if column in rows.columns for name in rows[column]))


def with_own_stems(figures: Iterable[Figure]) -> Iterator[Figure]:
    """The figures; names that become one as a file name, on some systems whatever their case, get a number."""
    taken: set[str] = set()
    for figure in figures:
        numbered = (f"{figure.stem}-{number}" for number in count(2))
        stem = next(stem for stem in chain([figure.stem], numbered) if stem.casefold() not in taken)
        taken.add(stem.casefold())
        yield replace(figure, stem=stem)


def file_stem(*names: str) -> str:
    """File name out of names that may hold anything: ``classes-simclr_int8-simclr_dense-digits_test``."""
    stem = "-".join(re.sub(r"[^\w.+-]+", "_", name) for name in names)
    return stem.encode()[:MAX_BYTES].decode(errors="ignore")
