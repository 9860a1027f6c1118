"""Flips: predictions of single networks that compression changed."""

from typing import Any

import polars as pl

from pietools.conventions import LEVEL
from pietools.statistics.accuracy.agreement import mean_and_sd_of
from pietools.statistics.tools.proportions import mcnemar
from pietools.topics.study_reader import Comparison, StudyReader

KINDS = ("harmful", "beneficial", "wrong_to_wrong", "total")


def tables(reader: StudyReader) -> dict[str, pl.DataFrame]:
    """Tables of the topic."""
    rows = [_row(reader, comparison) for comparison in reader.each(reader.originals())]
    return {"flips": reader.frame("flips", rows)}


def _row(reader: StudyReader, comparison: Comparison) -> dict[str, Any]:
    pairs = reader.study.flips(comparison.reference, comparison.compressed, comparison.dataset)
    means = {name: mean_and_sd_of(pairs[name])[0] for name in KINDS}
    n_labelled = reader.n_labelled(comparison.dataset)
    changed = None
    if n_labelled:
        harmful, beneficial = ((pairs[name] * n_labelled).round().to_numpy() for name in ("harmful", "beneficial"))
        changed = int((mcnemar(harmful, beneficial)["p_value"] <= LEVEL).sum())
    return {
        **vars(comparison),
        "n_pairs": pairs.height,
        **means,
        "total_sd": mean_and_sd_of(pairs["total"])[1],
        "reference_churn": churn_within(reader, comparison.reference, comparison.dataset),
        "compressed_churn": churn_within(reader, comparison.compressed, comparison.dataset),
        "n_pairs_changed": changed,
    }


def churn_within(reader: StudyReader, population: str, dataset: str) -> float | None:
    """Share of predictions that differ between two networks of a population; None for a single one."""
    churn: float | None = reader.churn(population, dataset)["total"].item()
    return churn
