"""What ``pietools analyze`` and the commands of single topics print for people."""

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pietools.rounding import count
from pietools.shown_tables import TABLES
from pietools.shown_tables.columns import AGAINST, Column, ShownTable, shown_columns

if TYPE_CHECKING:
    from pietools.analysis import Analysis

# Where stdout is no terminal there is nothing to fit the tables to.
WIDTH_OF_FILES = 132
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
    topics = TABLES if topic is None else {topic: TABLES[topic]}
    tables = [table for of_topic in topics.values() for table in of_topic if topic or table.in_summary]
    for row in analysis.datasets.iter_rows(named=True):
        parts = [(table, analysis.tables[table.table]) for table in tables]
        here = [(table, frame.filter(frame["dataset"] == row["name"])) for table, frame in parts]
        if any(frame.height for _, frame in here):
            sizes = f": {count(row['n_examples'])} examples, {count(row['n_classes'])} classes"
            console.print(Text.assemble((row["name"], "bold"), sizes))
            for table, frame in here:
                _print_table(console, table, table.rows(frame))
            if topic in (None, "classes"):
                _print_class_counts(console, analysis, row["name"])
            console.print()
    if topic is not None and not any(table.height for table in analysis.tables.values()):
        console.print(Text(NOTHING.get(topic, "No population is compared with another.")))
    for warning in analysis.warnings:
        console.print(Text.assemble(("Note: ", "yellow"), warning))


def _print_table(console: Console, shown: ShownTable, rows: list[dict[str, Any]]) -> None:
    if rows:
        _print_columns(console, shown.title, shown_columns(shown.columns, rows), rows)


def _print_columns(console: Console, title: str, columns: list[Column], rows: list[dict[str, Any]]) -> None:
    console.print(Text(f"\n{title}", style="bold"))
    table = Table(header_style="dim", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column.title, justify="left" if column.is_text else "right", overflow="fold")
    for row in rows:
        # Text, not str: a name in brackets is no markup.
        table.add_row(*(Text(column.show(row)) for column in columns))
    console.print(table)


def _print_class_counts(console: Console, analysis: "Analysis", dataset: str) -> None:
    """How many classes each test calls significant, beside how many would be by chance."""
    from pietools.statistics.classes import count_significant

    rows = analysis.classes.filter(analysis.classes["dataset"] == dataset)
    found = [
        {"compressed": names[0], "reference": names[1], **row}
        for names, group in rows.group_by("compressed", "reference", maintain_order=True)
        for row in count_significant(group).to_dicts()
    ]
    if found:
        title = "Classes whose recall changed otherwise than accuracy did, p ≤ 0.05"
        _print_columns(console, title, shown_columns(CLASS_COUNTS, found), found)


CLASS_COUNTS = [
    Column("compressed", lambda r: r["compressed"], is_text=True),
    AGAINST,
    Column("test", lambda r: r["test"], is_text=True),
    Column("tested", lambda r: count(r["n_tested"])),
    Column("raw", lambda r: count(r["n_significant"])),
    Column("by chance", lambda r: f"{r['n_expected_by_chance']:.1f}"),
    Column("Benjamini–Hochberg", lambda r: count(r["n_significant_adjusted"])),
    Column("Holm", lambda r: count(r["n_significant_holm"])),
    Column("max-t", lambda r: count(r["n_significant_max_t"])),
    Column("logit scale, BH", lambda r: count(r["n_significant_logit"])),
]
