"""Flips: predictions of single networks that compression changed."""

from typing import Any

import polars as pl

from pietools.statistics.accuracy import mean_and_sd_of
from pietools.statistics.classes import LEVEL
from pietools.statistics.proportions import mcnemar
from pietools.topics.reading import Comparison, Reading

KINDS = ("harmful", "beneficial", "wrong_to_wrong", "total")


def tables(reading: Reading) -> dict[str, pl.DataFrame]:
    """Tables of the topic."""
    rows = [_row(reading, comparison) for comparison in reading.each(reading.originals())]
    return {"flips": reading.frame("flips", rows)}


def _row(reading: Reading, comparison: Comparison) -> dict[str, Any]:
    pairs = reading.study.flips(comparison.reference, comparison.compressed, comparison.dataset)
    means = {name: mean_and_sd_of(pairs[name])[0] for name in KINDS}
    n_labelled = reading.n_labelled(comparison.dataset)
    changed = None
    if n_labelled:
        harmful, beneficial = ((pairs[name] * n_labelled).round().to_numpy() for name in ("harmful", "beneficial"))
        changed = int((mcnemar(harmful, beneficial)["p_value"] <= LEVEL).sum())
    return {
        **vars(comparison),
        "n_pairs": pairs.height,
        **means,
        "total_sd": mean_and_sd_of(pairs["total"])[1],
        "reference_churn": churn_within(reading, comparison.reference, comparison.dataset),
        "compressed_churn": churn_within(reading, comparison.compressed, comparison.dataset),
        "n_pairs_changed": changed,
    }


def churn_within(reading: Reading, population: str, dataset: str) -> float | None:
    """Share of predictions that differ between two networks of a population; None for a single one."""
    churn: float | None = reading.churn(population, dataset)["total"].item()
    return churn
