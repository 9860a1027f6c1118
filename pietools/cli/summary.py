"""What ``pietools analyze`` and the commands of single topics print for people."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pietools.results.rounding import count
from pietools.results.shown import LONG, ShownTable, shown_columns
from pietools.topics.classes.tables import SIGNIFICANT
from pietools.topics.shown_tables import TABLES

if TYPE_CHECKING:
    from pietools.analysis import Analysis

# Where stdout is no terminal there is nothing to fit the tables to.
WIDTH_OF_FILES = 150
LONGEST = 150  # rows: a longer table is read in the study
NOTHING = {
    "subgroups": "The study has no properties. Ask for --property class, or import one: pietools import --property.",
    "characterize": "Nothing is known of the examples that could explain what is lost: collect logits, or import a property.",
    "regimes": "No compression was done in two regimes: pietools import --regime, or [[regime]] in the STUDY.toml.",
    "unseen": "The study has no altered copy, no other test data and no training data: pietools import --copy-of, --split.",
}


def print_summary(analysis: "Analysis", topic: str | None = None) -> None:
    """Print data sets and, per data set, the tables of one topic in full, or the main tables of all topics, rounded."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH_OF_FILES)
    for dataset in analysis.datasets.to_dicts():
        here = list(_tables(analysis, dataset, topic))
        if here:
            sizes = f": {count(dataset['n_examples'])} examples, {count(dataset['n_classes'])} classes"
            console.print(Text.assemble((dataset["name"], "bold"), sizes))
            for of_topic, shown, rows in here:
                _print_table(console, shown, rows, None if topic else of_topic)
            console.print()
    if topic is not None and not any(table.height for table in analysis.tables.values()):
        console.print(Text(NOTHING.get(topic, "No population is compared with another.")))
    for warning in analysis.warnings:
        console.print(Text.assemble(("Note: ", "yellow"), warning))


def _tables(
    analysis: "Analysis", dataset: dict[str, Any], topic: str | None
) -> Iterator[tuple[str, ShownTable, list[dict[str, Any]]]]:
    """Topic, table and rows of what is printed of a data set."""
    for of_topic in TABLES if topic is None else [topic]:
        for shown in TABLES[of_topic]:
            is_wanted = shown.in_summary and (shown.of_copies or dataset["alteration"] is None)
            frame = analysis.tables[shown.table].filter(pl.col("dataset") == dataset["name"])
            if frame.height and (topic or is_wanted) and (rows := shown.rows(frame)):
                yield of_topic, shown, rows
    if topic in (None, "classes") and (counted := _class_counts(analysis, dataset["name"])):
        yield "classes", SIGNIFICANT, counted


def _class_counts(analysis: "Analysis", dataset: str) -> list[dict[str, Any]]:
    """How many classes each test calls significant, beside how many would be by chance."""
    from pietools.statistics.classes.tests import count_significant

    rows = analysis.classes.filter(pl.col("dataset") == dataset)
    return [
        {"compressed": compressed, "reference": reference, **row}
        for (compressed, reference), part in rows.group_by("compressed", "reference", maintain_order=True)
        for row in count_significant(part).to_dicts()
    ]


def _print_table(console: Console, shown: ShownTable, rows: list[dict[str, Any]], summed_up: str | None) -> None:
    """A table, or where to see it if it is long: for ``summed_up``, a topic in the summary of all, the topic's command."""
    console.print(Text(f"\n{shown.title}", style="bold"))
    if len(rows) > (LONG if summed_up else LONGEST):
        elsewhere = f"pietools {summed_up} STUDY" if summed_up else f"from results.{shown.table}"
        console.print(f"{len(rows)} rows: {elsewhere}")
        return
    columns = shown_columns(shown.columns, rows)
    table = Table(header_style="dim", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column.title, justify="left" if column.is_text else "right", overflow="fold")
    for row in rows:
        # Text, not str: a name in brackets is no markup.
        table.add_row(*(Text(column.show(row)) for column in columns))
    console.print(table)
