"""Figures of the topics that ask why these examples were lost, and whether another regime loses the same."""

from collections.abc import Iterator

import polars as pl

from pietools import charts
from pietools.analysis import Analysis
from pietools.drawing.figure import COMPARISON, Figure, file_stem, named, parts
from pietools.topics.characterize.charts import COMPRESSION, OUTCOMES, SIDES
from pietools.topics.regimes.charts import MEASURES


def properties(analysis: Analysis) -> Iterator[Figure]:
    """What the forgotten examples are like, a figure per comparison."""
    for names, rows in parts(analysis, "properties_groups", "q50", *COMPARISON):
        caption = f"Properties of the forgotten, the recovered, the moved and the other examples: {named(rows)}."
        yield Figure("properties", file_stem("properties", *names), caption, charts.property_groups(rows), names)


def characterize(analysis: Analysis) -> Iterator[Figure]:
    """Odds ratios and calibration per data set, shapes of effects per comparison."""
    is_property = pl.col("term") != COMPRESSION
    for (dataset,), rows in parts(analysis, "characterize", "estimate", "dataset", where=is_property):
        caption = f"What compression does to the odds of being right where a property is higher, at equal difficulty, on {dataset}."
        yield Figure("characterize", file_stem("odds-ratios", dataset), caption, charts.odds_ratios(rows))
    is_drawn = (pl.col("model") == "joint") & pl.col("side").is_in(list(SIDES))
    for (outcome, dataset), rows in parts(
        analysis, "characterize_pies", "estimate", "outcome", "dataset", where=is_drawn
    ):
        caption = f"Odds ratios of {OUTCOMES[outcome]} on {dataset}, beside those between dense networks."
        stem = file_stem("odds-ratios", outcome, dataset)
        yield Figure("characterize", stem, caption, charts.pie_odds_ratios(rows))
    for names, rows in parts(analysis, "characterize_shapes", "odds_ratio", *COMPARISON):
        caption = f"Odds ratios along each property, against its median: {named(rows)}."
        yield Figure("characterize", file_stem("shapes", *names), caption, charts.effect_shapes(rows), names)
    for (dataset,), rows in parts(analysis, "characterize_calibration", "observed", "dataset"):
        caption = f"Predicted probability of being a PIE against the share of PIEs on {dataset}."
        yield Figure("characterize", file_stem("calibration", dataset), caption, charts.calibration(rows))


def regimes(analysis: Analysis) -> Iterator[Figure]:
    """A figure per question and data set; of coefficients one per effect and compression."""
    for (dataset,), rows in parts(analysis, "regimes", "estimate", "dataset"):
        caption = f"Correlation between regimes of the change in error rate on {dataset}, corrected for noise and as observed."
        yield Figure("regimes", file_stem("correlations", dataset), caption, charts.change_correlations(rows))
    for (dataset,), rows in parts(analysis, "regimes", "n_both", "dataset"):
        caption = (
            f"Examples of {dataset} that are PIEs in both regimes, and how many would be if compression did nothing."
        )
        yield Figure("regimes", file_stem("overlaps", dataset), caption, charts.overlaps(rows))
    for (measure, dataset), rows in parts(analysis, "regimes_counts", "estimate", "measure", "dataset"):
        caption = f"Difference between regimes of {MEASURES[measure]} on {dataset}."
        yield Figure("regimes", file_stem("regime-losses", measure, dataset), caption, charts.losses(rows))
    by = ("effect", "compression", "dataset")
    for (effect, compression, dataset), rows in parts(analysis, "regimes_coefficients", "estimate", *by):
        caption = f"Difference between regimes of each property's {effect}: {compression} on {dataset}."
        stem = file_stem("regime-effects", effect, compression, dataset)
        yield Figure("regimes", stem, caption, charts.coefficient_differences(rows))
    for (dataset,), rows in parts(analysis, "regimes_transitions", "n", "dataset"):
        caption = f"Examples of {dataset} lost in all regimes, in several or in one only."
        yield Figure("regimes", file_stem("transitions", dataset), caption, charts.transitions(rows))
