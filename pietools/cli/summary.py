"""What ``pietools analyze`` prints for people."""

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pietools.rounding import count, decimal, p_value, percent, percent_and_sd

if TYPE_CHECKING:
    from pietools.analysis import Analysis

# Where stdout is no terminal there is nothing to fit the tables to.
WIDTH_OF_FILES = 132


def print_summary(analysis: "Analysis") -> None:
    """Print data sets, accuracy, PIEs with their null, flips and classes, rounded."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH_OF_FILES)
    for row in analysis.datasets.iter_rows(named=True):
        if row["name"] in set(analysis.accuracy["dataset"]):
            sizes = f": {count(row['n_examples'])} examples, {count(row['n_classes'])} classes"
            console.print(Text.assemble((row["name"], "bold"), sizes))
            _print_dataset(console, analysis, row["name"])
        console.print()
    for warning in analysis.warnings:
        console.print(Text.assemble(("Note: ", "yellow"), warning))


def _print_dataset(console: Console, analysis: "Analysis", dataset: str) -> None:
    accuracy, pies, flips = (
        frame.filter(frame["dataset"] == dataset).to_dicts()
        for frame in (analysis.accuracy, analysis.pies, analysis.flips)
    )
    _print_table(console, "Accuracy, mean ± sd over networks", ACCURACY, accuracy)
    _print_table(console, "PIEs: examples on which the modal labels differ", PIES, pies)
    _print_table(
        console, "Flips: share of predictions that differ, mean (total: ± sd) over pairs of networks", FLIPS, flips
    )
    classes = _class_rows(analysis, dataset)
    _print_table(console, "Classes whose recall changed otherwise than accuracy did, p ≤ 0.05", CLASSES, classes)


def _class_rows(analysis: "Analysis", dataset: str) -> list[dict[str, Any]]:
    from pietools.statistics.classes import count_significant

    rows = analysis.classes.filter(analysis.classes["dataset"] == dataset)
    return [
        {"compressed": names[0], **row}
        for names, group in rows.group_by("compressed", "reference", maintain_order=True)
        for row in count_significant(group).to_dicts()
    ]


def _print_table(console: Console, title: str, columns: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    console.print(Text(f"\n{title}", style="bold"))
    table = Table(header_style="dim", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i == 0 else "right", overflow="fold")
    for row in rows:
        # Text, not str: a name in brackets is no markup.
        table.add_row(*(Text(show(row)) for show in columns.values()))
    console.print(table)


ACCURACY = {
    "population": lambda r: r["population"],
    "networks": lambda r: count(r["n_models"]),
    "top-1 %": lambda r: percent_and_sd(r["top1_mean"], r["top1_sd"]),
    "top-5 %": lambda r: percent_and_sd(r["top5_mean"], r["top5_sd"]),
    "Fleiss' kappa": lambda r: decimal(r["kappa"], 3),
    "tied modes": lambda r: count(r["n_tied"]),
}
PIES = {
    "compressed": lambda r: r["compressed"],
    "PIEs": lambda r: f"{count(r['n_pies'])} ({percent(r['n_pies'] / r['n_examples'])} %)",
    "untied": lambda r: count(r["n_pies_untied"]),
    "forgotten": lambda r: count(r["forgotten"]),
    "recovered": lambda r: count(r["recovered"]),
    "moved": lambda r: count(r["moved"]),
    "if it did nothing": lambda r: (
        f"{count(r['null_mean'])} ({count(r['null_conf_low'])}–{count(r['null_conf_high'])})"
    ),
    "p": lambda r: p_value(r["p_value"]),
}
FLIPS = {
    "compressed": lambda r: r["compressed"],
    "right to wrong %": lambda r: percent(r["harmful"], 2),
    "wrong to right %": lambda r: percent(r["beneficial"], 2),
    "wrong to other wrong %": lambda r: percent(r["wrong_to_wrong"], 2),
    "total %": lambda r: percent_and_sd(r["total"], r["total_sd"]),
}
CLASSES = {
    "compressed": lambda r: r["compressed"],
    "test": lambda r: r["test"],
    "tested": lambda r: count(r["n_tested"]),
    "raw": lambda r: count(r["n_significant"]),
    "Benjamini–Hochberg": lambda r: count(r["n_significant_adjusted"]),
}
