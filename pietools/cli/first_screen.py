"""What ``pietools compare`` prints for people: sentences, and at most four small tables."""

import re
from collections.abc import Iterator, Sequence
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any

import click

from pietools.cli.output import visible
from pietools.pairs.comparison import CLASS, Comparison
from pietools.pairs.sentences import sentences, title
from pietools.results.rounding import count, p_value, percent

WIDEST = 110
MOST_ROWS = 8
MOST_GROUPS = 5
NAME_WIDTH = 40
NO_BREAK = "\N{NO-BREAK SPACE}"
Row = dict[str, Any]
Grid = tuple[str, list[str], list[list[str]], int]  # heading, header, cells, how many rows there are


def first_screen(comparison: Comparison) -> Iterator[str]:
    """Lines of the answer."""
    width = min(get_terminal_size((WIDEST, 24)).columns, WIDEST)
    yield click.style(visible(title(comparison)), bold=True)
    yield ""
    for about, said in sentences(comparison):
        lead = f"{about}."
        lines = _wrapped(visible(f"{lead} {said}"), width)
        yield click.style(lead, bold=True) + lines[0][len(lead) :]
        yield from lines[1:]
    for heading, header, rows, n in _tables(comparison):
        yield ""
        yield click.style(visible(heading), bold=True)
        yield from _aligned(header, rows)
        if n > len(rows):
            yield f"… {count(n - len(rows))} more: --json or --out"
    yield ""
    understood = comparison.read.understood
    shown = [understood[0], understood[len(understood) // 2]] if len(understood) > 1 else understood
    for sentence in shown:
        yield from _wrapped(f"Read {sentence}", width)
    if (more := len(understood) - len(shown)) > 0:
        yield f"… and {count(more)} more: --json"


def _wrapped(text: str, width: int) -> list[str]:
    """Lines no longer than the screen; a number stays with its sign and its unit."""
    together = re.sub(r"(?<=[=<→]) (?=[\d<])| (?=%)", NO_BREAK, text)
    lines = wrap(together, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return [line.replace(NO_BREAK, " ") for line in lines]


def _network_name(comparison: Comparison, row: Row) -> str:
    """Of several tasks with the task."""
    return f"{row['task']} {row['name']}" if len(comparison.read.tasks) > 1 else str(row["name"])


def _tables(comparison: Comparison) -> Iterator[Grid]:
    if len(comparison.read.tasks) > 1:
        rows = comparison.tasks.sort("p_one_sided", nulls_last=True).to_dicts()
        yield _counts("Tasks", "task", rows, [row["name"] for row in rows])
    if comparison.n_networks > 1:
        rows = comparison.networks.sort("p_one_sided", nulls_last=True).to_dicts()
        yield _counts("Pairs of networks", "network", rows, [_network_name(comparison, row) for row in rows])
    for grouping in comparison.groupings:
        tests = grouping.tests.sort("p", "value")
        if grouping.group == CLASS and not (tests["p_bh"] <= 0.05).any():
            continue
        header = [grouping.group, "examples", "lost", "gained", "p", "adjusted p"]
        cells = [
            [
                _cut(row["value"]),
                *(count(row[name]) for name in ("n", "lost", "gained")),
                p_value(row["p"]),
                p_value(row["p_bh"]),
            ]
            for row in tests.head(MOST_GROUPS).to_dicts()
        ]
        yield f"Against the rest, by {grouping.group}", header, cells, tests.height
        break
    if comparison.bands is not None and comparison.bands.height > 1:
        header = ["probability", "examples", "changed", "", *(("lost", "gained") if comparison.is_labelled else ())]
        cells = [
            [
                f"{row['low']:g} to {row['high']:g}",
                count(row["n"]),
                count(row["changed"]),
                f"{percent(row['changed'] / row['n'])} %",
                *((count(row["lost"]), count(row["gained"])) if comparison.is_labelled else ()),
            ]
            for row in comparison.bands.to_dicts()
        ]
        yield "By the probability that the reference gave its answer", header, cells, len(cells)


def _counts(heading: str, what: str, rows: Sequence[Row], names: Sequence[str]) -> Grid:
    header = [what, "examples", "before %", "after %", "lost", "gained", "p, adjusted"]
    cells = [_of_counts(name, row) for name, row in zip(names, rows, strict=True)]
    return heading, header, cells[:MOST_ROWS], len(cells)


def _of_counts(name: str, row: Row) -> list[str]:
    n = row["n"]
    shares = [percent(row[side] / n) if n else "–" for side in ("reference_correct", "compressed_correct")]
    return [_cut(name), count(n), *shares, count(row["lost"]), count(row["gained"]), p_value(row["p_holm"])]


def _aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Text on the left, numbers on the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        line = visible("  ".join([first.strip().ljust(widths[0]), *others]).rstrip())
        yield click.style(line, dim=True) if row is header else line


def _cut(name: str) -> str:
    plain = " ".join(name.split())
    return plain if len(plain) <= NAME_WIDTH else f"{plain[: NAME_WIDTH - 1]}…"
