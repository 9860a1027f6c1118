"""Tables in a terminal: what does not fit side by side stands below, and no word is cut."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from pietools.cli.output import visible
from pietools.results.shown import COMPRESSED, ShownColumn

GAP = 2
# Where stdout is no terminal there is nothing to fit the tables to.
WIDTH_OF_FILES = 150
Rows = list[dict[str, Any]]


def console_of_output() -> Console:
    """Where tables are printed."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH_OF_FILES)


def print_grid(console: Console, columns: Sequence[ShownColumn], rows: Rows) -> None:
    """Print a table; where it is wider than the console its columns are printed in several parts, each with the names of the rows.

    Populations that are named REGIME/COMPRESSION stand under their regime.
    """
    cells = [[visible(column.show(row)) for column in columns] for row in rows]
    headings: list[str] = [""] * len(rows)
    if columns and columns[0] == COMPRESSED:
        cells, headings = _under_regimes(cells)
    widths = [_width(column.title, [row[n] for row in cells]) for n, column in enumerate(columns)]
    widths[:1] = [max([*widths[:1], *map(cell_len, headings)])]
    for part in _parts(columns, widths, console.width):
        grid = Grid(header_style="dim", box=None, pad_edge=False, padding=(0, GAP, 0, 0))
        room = console.width - sum(widths[n] + GAP for n in part)
        for n in part:
            more = max(0, cell_len(columns[n].title) - widths[n])  # a title stands in one line where there is room
            wider = more if more <= room else 0
            room -= wider
            width = min(widths[n] + wider, console.width)
            grid.add_column(columns[n].title, overflow="fold", min_width=width, max_width=width)
            grid.columns[-1].justify = "left" if columns[n].is_text else "right"
        for heading, row in zip(headings, cells, strict=True):
            if heading:
                grid.add_row(Text(heading, style="dim"))
            # Text, not str: a name in brackets is no markup.
            grid.add_row(*(Text(row[n]) for n in part))
        console.print(grid)


def _width(title: str, cells: Sequence[str]) -> int:
    """What a column takes: its longest cell, and the longest word of its title."""
    return max(map(cell_len, [*cells, *title.split()]), default=0)


def _under_regimes(cells: list[list[str]]) -> tuple[list[list[str]], list[str]]:
    """Cells whose first one is without the regime, and per row the regime where another begins; as before where one has none."""
    regimes = [row[0].partition("/")[0] if "/" in row[0] else "" for row in cells]
    if not all(regimes) or len(set(regimes)) == len(regimes):
        return cells, [""] * len(cells)
    begins = [True, *(before != after for before, after in pairwise(regimes))]
    short = [[f" {row[0].partition('/')[2]}", *row[1:]] for row in cells]
    return short, [regime if begin else "" for regime, begin in zip(regimes, begins, strict=True)]


def _parts(columns: Sequence[ShownColumn], widths: Sequence[int], room: int) -> Iterator[list[int]]:
    """Columns that fit side by side, by their places; a part begins with those that name the rows."""
    n_names = next((n for n, column in enumerate(columns) if not column.is_text), len(columns))
    names = list(range(min(max(n_names, 1), len(columns))))
    while len(names) > 1 and sum(widths[n] + GAP for n in names) > room * 0.6:
        names.pop()
    part = list(names)
    for n in range(len(names), len(columns)):
        if len(part) > len(names) and sum(widths[k] + GAP for k in [*part, n]) > room + GAP:
            yield part
            part = list(names)
        part.append(n)
    yield part
