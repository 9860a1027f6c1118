"""What ``pietools analyze`` prints for people."""

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

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
            console.print(
                f"[bold]{row['name']}[/]: {row['n_examples']:,} examples, {row['n_classes']:,} classes", highlight=False
            )
            _print_dataset(console, analysis, row["name"])
        console.print()
    for warning in analysis.warnings:
        console.print(f"[yellow]Note:[/] {warning}", highlight=False)


def _print_dataset(console: Console, analysis: "Analysis", dataset: str) -> None:
    accuracy, pies, flips = (
        frame.filter(frame["dataset"] == dataset).to_dicts()
        for frame in (analysis.accuracy, analysis.pies, analysis.flips)
    )
    _print_table(console, "Accuracy", ACCURACY, accuracy)
    _print_table(console, "PIEs: examples on which the modal labels differ", PIES, pies)
    _print_table(console, "Flips: share of predictions that differ, mean over pairs of networks", FLIPS, flips)
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
    console.print(f"\n[bold]{title}[/]", highlight=False)
    table = Table(header_style="dim", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*(show(row) for show in columns.values()))
    console.print(table)


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _percent(value: float | None, sd: float | None = None, digits: int = 2) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.{digits}f}" + ("" if sd is None else f" ± {100 * sd:.{digits}f}")


def _p_value(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


ACCURACY = {
    "population": lambda r: r["population"],
    "networks": lambda r: _count(r["n_models"]),
    "top-1 %": lambda r: _percent(r["top1_mean"], r["top1_sd"]),
    "top-5 %": lambda r: _percent(r["top5_mean"], r["top5_sd"]),
    "Fleiss' kappa": lambda r: "–" if r["kappa"] is None else f"{r['kappa']:.3f}",
    "tied modes": lambda r: _count(r["n_tied"]),
}
PIES = {
    "compressed": lambda r: r["compressed"],
    "PIEs": lambda r: f"{_count(r['n_pies'])} ({_percent(r['n_pies'] / r['n_examples'], digits=1)} %)",
    "untied": lambda r: _count(r["n_pies_untied"]),
    "forgotten": lambda r: _count(r["forgotten"]),
    "recovered": lambda r: _count(r["recovered"]),
    "moved": lambda r: _count(r["moved"]),
    "if it did nothing": lambda r: (
        f"{_count(r['null_mean'])} ({_count(r['null_conf_low'])}–{_count(r['null_conf_high'])})"
    ),
    "p": lambda r: _p_value(r["p_value"]),
}
FLIPS = {
    "compressed": lambda r: r["compressed"],
    "right to wrong %": lambda r: _percent(r["harmful"]),
    "wrong to right %": lambda r: _percent(r["beneficial"]),
    "wrong to other wrong %": lambda r: _percent(r["wrong_to_wrong"]),
    "total %": lambda r: _percent(r["total"], r["total_sd"]),
}
CLASSES = {
    "compressed": lambda r: r["compressed"],
    "test": lambda r: r["test"],
    "tested": lambda r: _count(r["n_tested"]),
    "raw": lambda r: _count(r["n_significant"]),
    "Benjamini–Hochberg": lambda r: _count(r["n_significant_adjusted"]),
}
