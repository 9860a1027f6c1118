"""Figures of the topics that say how much was lost, and where."""

from collections.abc import Iterator

import polars as pl

from pietools import charts
from pietools.analysis import Analysis
from pietools.drawing.figure import COMPARISON, Figure, file_stem, named, parts

# Longer drawings of unseen data are split by comparison.
MAX_ROWS = 80


def accuracy(analysis: Analysis) -> Iterator[Figure]:
    """Change of accuracy, and calibration."""
    for _, rows in parts(analysis, "accuracy_change", "estimate"):
        caption = "Change of accuracy, and the margin within which it counts as none."
        yield Figure("accuracy", "accuracy", caption, charts.accuracy_change(rows))
    for (dataset,), rows in parts(analysis, "accuracy_calibration", "accuracy", "dataset"):
        caption = (
            f"Accuracy against confidence on {dataset}; the interval is that of one network's accuracy in the bin."
        )
        yield Figure("accuracy", file_stem("reliability", dataset), caption, charts.reliability(rows))


def pies(analysis: Analysis) -> Iterator[Figure]:
    """PIEs beside their null, their excess, and how their number depends on the networks."""
    if analysis.pies.height:
        caption = "Examples that are PIEs, and how many would be if compression did nothing."
        yield Figure("pies", "pies", caption, charts.sparsity_curve(analysis.pies))
    for _, rows in parts(analysis, "pies", "excess_pies"):
        caption = (
            "PIEs between disjoint sets of reference and compressed networks, beyond those within each population."
        )
        yield Figure("pies", "excess", caption, charts.excess(rows))
    for (dataset,), rows in parts(analysis, "pies_by_replicates", "n_pies", "dataset"):
        caption = f"How the number of PIEs on {dataset} depends on the number of networks."
        yield Figure("pies", file_stem("replicates", dataset), caption, charts.by_replicates(rows))


def flips(analysis: Analysis) -> Iterator[Figure]:
    """Predictions that differ."""
    if analysis.flips.height:
        caption = "Predictions of single networks that differ from the reference's."
        yield Figure("flips", "flips", caption, charts.flips(analysis.flips))


def examples(analysis: Analysis) -> Iterator[Figure]:
    """Networks that are right before and after."""
    for (dataset,), rows in parts(analysis, "examples", "estimate", "dataset"):
        caption = (
            f"Examples of {dataset} by the number of networks that are right on them, before and after compression."
        )
        yield Figure("examples", file_stem("examples", dataset), caption, charts.networks_right(rows))


def classes(analysis: Analysis) -> Iterator[Figure]:
    """A figure per comparison that was tested."""
    is_tested = pl.col("p_value").count().over(COMPARISON) > 0
    for rows in analysis.classes.filter(is_tested).partition_by(COMPARISON, maintain_order=True):
        names = rows.select(COMPARISON).row(0)
        caption = f"Change of recall per class: {named(rows)}."
        yield Figure("classes", file_stem("classes", *names), caption, charts.class_change(rows), names)


def subgroups(analysis: Analysis) -> Iterator[Figure]:
    """Change of rates per group, and what the PIEs are made of."""
    for names, rows in parts(analysis, "subgroups", "estimate", "rate", *COMPARISON):
        caption = f"Change of {names[0].replace('_', ' ')} per group: {named(rows)}."
        yield Figure("subgroups", file_stem("subgroups", *names), caption, charts.group_change(rows), names[1:])
    for names, rows in parts(analysis, "subgroups_pies", "estimate", *COMPARISON):
        caption = f"Share of each group among the PIEs and among the other examples: {named(rows)}."
        yield Figure("subgroups", file_stem("composition", *names), caption, charts.composition(rows), names)


def unseen(analysis: Analysis) -> Iterator[Figure]:
    """Excess error, of many rows a figure per comparison."""
    is_long = "unseen" in analysis.tables and analysis.unseen.height > MAX_ROWS
    for names, rows in parts(analysis, "unseen", "estimate", *(COMPARISON if is_long else ("dataset",))):
        of = named(rows) if is_long else names[0]
        caption = f"Change of error on unseen data beyond that on clean data: {of}."
        yield Figure(
            "unseen", file_stem("unseen", *names), caption, charts.excess_error(rows), names if is_long else ()
        )
