"""What ``pietools analyze`` and the commands of single topics print for people."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from pietools.cli.grids import Rows, console_of_output, print_grid
from pietools.cli.output import visible
from pietools.report.cost_table import cost_columns, cost_rows, legend
from pietools.report.costs import costs
from pietools.report.headlines import headlines
from pietools.results.analysis import Analysis
from pietools.results.rounding import MISSING, count
from pietools.results.shown import LONG, Shown, ShownColumn, shown_columns, text
from pietools.results.table import Table
from pietools.topics.catalogue import TOPICS
from pietools.topics.topic import Topic

WIDTH_OF_SENTENCES = 100
EMPTY = ShownColumn("", lambda row: "")
LONGEST = 150  # rows: of a longer table the first are printed
FIRST = 20


def print_summary(analysis: Analysis, topic: Topic | None = None, *, study: Path | None = None) -> None:
    """Print the answer in sentences and one table; or the tables of one topic, or of all where everything was asked for.

    ``study``: the file in which the results are stored.
    """
    console = console_of_output()
    said = [] if topic else headlines(analysis)
    is_answered = bool(said) and not analysis.everything
    for line in said:
        console.print(Text(visible(line)), width=WIDTH_OF_SENTENCES)
        console.print()
    for dataset in analysis.datasets.to_dicts():
        here = list(_tables(analysis, dataset, topic))
        if here and is_answered:
            _print_costs(console, analysis, dataset)
        elif here:
            console.print(_size(analysis, dataset))
            for of_topic, table, shown, rows in here:
                _print_table(console, table, shown, rows, None if topic else of_topic)
            console.print()
    if topic is not None and topic.more and study:
        console.print(Text(topic.more.replace("STUDY", str(study)), style="dim"), width=WIDTH_OF_SENTENCES)
    if topic is not None and not any(frame.height for frame in analysis.tables.values()):
        console.print(Text(topic.nothing))
    for warning in analysis.warnings:
        console.print(Text.assemble(("Note: ", "yellow"), visible(warning)))
    if is_answered and study:
        for line in _what_next(analysis, study):
            console.print(Text(line, style="dim"))


def _what_next(analysis: Analysis, study: Path) -> Iterator[str]:
    """Commands that go on from the answer."""
    if analysis.gallery:
        what = "pictures" if analysis.pictured else "examples"
        yield f"The {what}     pietools gallery {study}"
    yield f"One question     pietools TOPIC {study}, of {', '.join(_topics(analysis))}"
    yield f"Everything       pietools analyze {study} --all"


def _topics(analysis: Analysis) -> list[str]:
    """Topics that found something."""
    return [
        name
        for name, topic in TOPICS.items()
        if any(analysis.tables[table.name].height for table in topic.tables if table.name in analysis.tables)
    ]


def _tables(
    analysis: Analysis, dataset: dict[str, Any], topic: Topic | None
) -> Iterator[tuple[Topic, Table, Shown, Rows]]:
    """Topic, table, how it reads, and rows of what is printed of a data set."""
    for of_topic in TOPICS.values() if topic is None else [topic]:
        for table in of_topic.tables:
            frame = analysis.tables.get(table.name, pl.DataFrame())
            here = frame.filter(pl.col("dataset") == dataset["name"]) if frame.height else frame
            for shown in table.shown if here.height else ():
                is_answer = shown.is_answer and (shown.of_copies or dataset["alteration"] is None)
                if (topic or analysis.everything or is_answer) and (rows := shown.rows(here)):
                    yield of_topic, table, shown, rows


def _size(analysis: Analysis, dataset: dict[str, Any]) -> Text:
    """A data set with the numbers of its examples, of its classes, and of the networks of a population."""
    noun = "pictures" if dataset["name"] in analysis.pictured else "examples"
    sizes = f": {count(dataset['n_examples'])} {noun}, {count(dataset['n_classes'])} classes"
    pies = analysis.tables.get("pies", pl.DataFrame())
    if pies.height:
        here = pies.filter(dataset=dataset["name"])
        networks = sorted({*here["n_reference"], *here["n_compressed"]})
        sizes += f", {networks[0]} to {networks[-1]} networks" if len(networks) > 1 else ""
        sizes += f", {networks[0]} networks" if len(networks) == 1 else ""
        sizes += " of a population" if networks else ""
    return Text.assemble((visible(dataset["name"]), "bold"), sizes)


def _print_costs(console: Console, analysis: Analysis, dataset: dict[str, Any]) -> None:
    """What each compression cost on a data set, beyond what training again changes anyway."""
    found = costs(analysis, dataset["name"])
    rows = cost_rows(found)
    if not rows:
        return
    console.print(_size(analysis, dataset))
    print_grid(console, list(cost_columns(rows)), rows)
    console.print(Text(legend(found), style="dim"), width=WIDTH_OF_SENTENCES)
    console.print()


def _print_table(console: Console, table: Table, shown: Shown, rows: Rows, summed_up: Topic | None) -> None:
    """A table, or where to see it if it is long: for ``summed_up``, a topic in the summary of all, the topic's command."""
    console.print(Text(f"\n{shown.title}", style="bold"))
    is_long = len(rows) > (LONG if summed_up else LONGEST)
    if is_long and summed_up:
        console.print(f"{len(rows)} rows: pietools {summed_up.name} STUDY")
        return
    print_grid(console, shown_columns(shown.columns, rows), rows[:FIRST] if is_long else rows)
    if is_long:
        more = f"The first {FIRST} of {count(len(rows))} rows; of one population: --only COMPRESSED; all: from results.{table.name}"
        console.print(Text(more, style="dim"))


def print_frame(frame: pl.DataFrame, most: int | None) -> None:
    """Print the answer to a query, of many rows the first."""
    console = console_of_output()
    columns = [
        ShownColumn(name, lambda row, name=name: _plain(row[name]), is_text=not kind.is_numeric())  # type: ignore[misc]
        for name, kind in frame.schema.items()
    ]
    rows = frame.head(frame.height if most is None else most).to_dicts()
    widths = [max(cell_len(cell) for cell in [one.title, *map(one.show, rows)]) + 2 for one in columns]
    if sum(widths) <= console.width or len(columns) == 2:
        print_grid(console, columns, rows)
    else:  # one value below the other, where they do not fit side by side
        values = [{"name": one.title, "value": one.show(row)} for row in rows for one in (*columns, EMPTY)]
        print_grid(console, [text("name", ""), text("value", "")], values)
    if most is not None and frame.height > most:
        console.print(Text(f"{count(frame.height)} rows, the first {most} are shown", style="dim"))


def _plain(value: Any) -> str:
    """A value of a query, numbers to six digits."""
    if value is None:
        return MISSING
    return f"{value:.6g}" if isinstance(value, float) else str(value)
