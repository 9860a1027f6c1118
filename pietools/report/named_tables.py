"""The tables of an analysis by their names, as a thesis wants them: the published one first, with what is chance in its counts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from pietools.report.cost_table import COST as COST_COLUMNS
from pietools.report.cost_table import cost_columns, cost_rows, legend
from pietools.report.costs import compression_labels, costs
from pietools.results.analysis import Analysis
from pietools.results.rounding import MISSING, count, decimal, p_value, percent_and_sd, to_uncertainty
from pietools.results.shown import Row, ShownColumn, shown_columns, text
from pietools.topics.catalogue import TOPICS

PUBLISHED, COST = "published", "cost"
FIRST = (PUBLISHED, COST)
KEYS = ["compressed", "reference", "dataset"]


@dataclass(frozen=True)
class NamedTable:
    """A table with its caption; so many first columns say the same in neighbouring rows, and are printed once."""

    name: str
    caption: str
    columns: list[ShownColumn]
    rows: list[Row]
    n_groups: int = 0


def named_tables(analysis: Analysis) -> Iterator[NamedTable]:
    """The published table, what compression cost, and those of each topic, numbered where a result table has several."""
    yield from _published(analysis)
    yield from _cost(analysis)
    for topic in TOPICS.values():
        for table in topic.tables:
            frame = analysis.tables.get(table.name, pl.DataFrame())
            parts = frame.partition_by("dataset", maintain_order=True) if frame.height else []
            for number, shown in enumerate(table.shown, 1):
                if rows := [row for part in parts for row in shown.rows(part)]:
                    name = table.name if number == 1 else f"{table.name}-{number}"
                    columns = [*_dataset(frame), *shown_columns(shown.columns, rows)]
                    yield NamedTable(name, f"{shown.title}.", list(_distinct(columns)), rows)


def _distinct(columns: Iterable[ShownColumn]) -> Iterator[ShownColumn]:
    """Columns whose titles differ: of the same ones the others have a number."""
    seen: dict[str, int] = {}
    for column in columns:
        seen[column.title] = seen.get(column.title, 0) + 1
        number = seen[column.title]
        yield column if number == 1 else column._replace(title=f"{column.title} ({number})")


def _dataset(frame: pl.DataFrame) -> list[ShownColumn]:
    return [text("dataset", "data set")] if frame["dataset"].n_unique() > 1 else []


def _cost(analysis: Analysis) -> Iterator[NamedTable]:
    rows = []
    for dataset in analysis.comparisons["dataset"].unique(maintain_order=True):
        found = costs(analysis, dataset)
        rows += [row | {"dataset": dataset} for row in cost_rows(found, is_repeated=True)]
    if rows:
        columns = [*_dataset(pl.DataFrame({"dataset": [row["dataset"] for row in rows]})), *cost_columns(rows)]
        yield NamedTable(
            COST, f"What compression cost ({legend(found)}).", columns, rows, len(columns) - len(COST_COLUMNS) + 1
        )


PUBLISHED_CAPTION = (
    "Share of weights that are zero, top-1 accuracy (mean and standard deviation over networks), its change in points with its "
    "95 % interval, classes that changed otherwise than accuracy (uncorrected as published, with the number expected by chance, "
    "and after Benjamini–Hochberg), and PIEs: as counted, with the mean and 95 % range after the names dense and compressed are "
    "shuffled among the networks, and the excess over PIEs between networks of one kind, with its 95 % interval."
)
PUBLISHED_COLUMNS = (
    text("regime"),
    text("compression"),
    ShownColumn("zero, %", lambda row: MISSING if row["sparsity"] is None else decimal(100 * row["sparsity"], 0)),
    ShownColumn("top-1, %", lambda row: percent_and_sd(row["top1_mean"], row["top1_sd"])),
    ShownColumn("change", lambda row: to_uncertainty(*_points(row), signed=True)),
    ShownColumn("classes (by chance)", lambda row: _of(row["n_published"], row["n_expected_by_chance"], 1)),
    ShownColumn("after BH", lambda row: count(row["n_significant_adjusted"])),
    ShownColumn("PIEs", lambda row: count(row["n_pies"])),
    ShownColumn("after shuffling", lambda row: _whole(row["null_mean"], row["null_conf_low"], row["null_conf_high"])),
    ShownColumn("p", lambda row: p_value(row["p_value"])),
    ShownColumn("excess", lambda row: _excess(row)),
)


def _published(analysis: Analysis) -> Iterator[NamedTable]:
    """Top-1, significant classes and PIEs by compression (Hooker et al. 2019, tables 1 and 2), each with its null or interval."""
    needed = ("pies", "accuracy", "accuracy_change", "classes_counts")
    if any(name not in analysis.tables for name in needed) or not analysis.pies.height:
        return
    pies, accuracy, change, counts = (analysis.tables[name] for name in needed)
    published = counts.filter(test="hooker").select(
        *KEYS, pl.col("n_significant").alias("n_published"), "n_expected_by_chance"
    )
    default = counts.filter("is_default").select(*KEYS, "n_significant_adjusted")
    top1 = accuracy.select(pl.col("population").alias("compressed"), "dataset", "top1_mean", "top1_sd")
    frame = (
        pies.join(top1, on=["compressed", "dataset"], how="left", maintain_order="left")
        .join(change.select(*KEYS, "estimate", "conf_low", "conf_high"), on=KEYS, how="left", maintain_order="left")
        .join(published, on=KEYS, how="left", maintain_order="left")
        .join(default, on=KEYS, how="left", maintain_order="left")
    )
    place = frame.with_row_index("place").with_columns(first=pl.col("place").min().over("dataset", "regime"))
    rows = _labelled(place.sort("first", "sparsity", "place", nulls_last=True).to_dicts())
    columns = [*_dataset(frame), *shown_columns(PUBLISHED_COLUMNS, rows)]
    has_regimes = any(row["regime"] for row in rows)
    kept = [one for one in columns if has_regimes or one.title != "regime"]
    yield NamedTable(PUBLISHED, PUBLISHED_CAPTION, kept, rows, len(kept) - len(PUBLISHED_COLUMNS) + 1)


def _labelled(rows: list[Row]) -> list[Row]:
    """Rows with what a compression is called."""
    labels = {
        (dataset, *pair): label
        for dataset in dict.fromkeys(row["dataset"] for row in rows)
        for pair, label in compression_labels([row for row in rows if row["dataset"] == dataset]).items()
    }
    return [row | {"compression": labels[row["dataset"], row["reference"], row["compressed"]]} for row in rows]


def _points(row: Row) -> tuple[float | None, ...]:
    return tuple(None if row[name] is None else 100 * row[name] for name in ("estimate", "conf_low", "conf_high"))


def _of(found: float | None, expected: float | None, digits: int) -> str:
    return MISSING if found is None else f"{count(found)} ({decimal(expected, digits)})"


def _excess(row: Row) -> str:
    """Nothing where it lies below 0: networks that belong together have no names, as a note says."""
    if (row["excess_conf_high"] or 0) < 0:
        return MISSING
    return _whole(row["excess_pies"], row["excess_conf_low"], row["excess_conf_high"])


def _whole(estimate: float | None, low: float | None, high: float | None) -> str:
    """A count with its range: no fractions of an example."""
    if estimate is None or low is None:
        return count(estimate)
    return f"{count(estimate)} ({count(low)} to {count(high)})"
