"""Which examples are coded: some that were hit, and for each another of its class, about as hard, that was not."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from scipy.optimize import linear_sum_assignment

from pietools.annotation.codebook import DEFAULT
from pietools.errors import StudyError
from pietools.gallery import analyzed
from pietools.study import Category, Sample, Study
from pietools.topics.comparison import Comparison
from pietools.topics.examples.log_odds_tables import HIT
from pietools.topics.study_reader import StudyReader

CALIPER = 0.2  # standard deviations of difficulty


def sample_of(
    study: Study,
    compressed: str | None = None,
    *,
    n: int = 50,
    codebook: Sequence[Category] | None = None,
    seed: int = 0,
) -> Sample:
    """The sample of a comparison: the one that the study has, else a new one, which is stored.

    Parameters
    ----------
    compressed
        The compressed population, by default that of the first sample that is there, else the one with most hit examples.
    n
        Pairs of a new sample, at most.
    codebook
        Categories that are asked for; by default those of the sample that is there, else those of the literature.

    Raises
    ------
    pietools.errors.StudyError
        If the study was not analyzed, nothing was hit, or the sample that is there has other categories.
    """
    there = next((one for one in study.samples() if compressed in (None, one.compressed)), None)
    if there is not None:
        if there.predictions_digest != study.predictions_digest(there):
            raise StudyError(
                f"the networks of '{there.compressed}' or of '{there.reference}' are others than when its examples were drawn: "
                "what was coded is kept, and says nothing of these."
            )
        if codebook is not None and tuple(codebook) != there.codebook:
            raise StudyError(
                f"examples of '{there.compressed}' have other categories, {', '.join(one.name for one in there.codebook)}: "
                "leave --codebook out to go on, or code another population."
            )
        return there
    reader, changes = analyzed(study)
    comparison = _comparison(reader, changes, compressed)
    pairs = _pairs(reader, comparison, changes, n, np.random.default_rng(seed))
    if not pairs:
        raise StudyError(f"no hit example of '{comparison.compressed}' has another of its class that is as hard.")
    names = (comparison.dataset, comparison.reference, comparison.compressed)
    new = Sample(*names, seed, tuple(codebook or DEFAULT), tuple(pairs))
    study.add_sample(replace(new, predictions_digest=study.predictions_digest(new)))
    study.checkpoint()
    return study.samples()[-1]


def _comparison(reader: StudyReader, changes: pl.DataFrame, wanted: str | None) -> Comparison:
    """The comparison whose hit examples are coded: of the population that is wanted, that with most."""
    hit = changes.filter(finding=HIT)
    n_hit = {one: hit.filter(**one.names).height for one in reader.labelled() if reader.is_compressed(one.names)}
    with_hits = {one: n for one, n in n_hit.items() if n}
    known = ", ".join(dict.fromkeys(one.compressed for one in with_hits))
    if not with_hits:
        raise StudyError("no example was shown to be hit: there is nothing to compare by hand.")
    found = [one for one in with_hits if wanted in (None, one.compressed)]
    if not found:
        raise StudyError(f"'{wanted}' has no hit examples. There are some in {known}.")
    return max(found, key=lambda one: with_hits[one])


def _pairs(
    reader: StudyReader, comparison: Comparison, changes: pl.DataFrame, n: int, random: np.random.Generator
) -> list[tuple[int, int]]:
    """Hit examples at random, each with one of its class that was neither hit nor spared, so that pairs differ least in difficulty.

    Pairs that differ by more than a fifth of the standard deviation of difficulty are left out (Austin 2011, a caliper).
    """
    rows = changes.filter(**comparison.names)
    changed = rows.filter(pl.col("finding").is_not_null() | pl.col("turned").is_not_null())["example_id"].to_numpy()
    labels, hardness = reader.labels(comparison.dataset), _difficulty(reader, comparison)
    found = np.unique(rows.filter(finding=HIT)["example_id"].to_numpy())
    hit = random.permutation(found[np.isfinite(hardness[found])])[:n]
    is_free = np.isfinite(hardness)
    is_free[changed] = False
    caliper = CALIPER * float(np.nanstd(hardness))
    pairs = {}
    for label in np.unique(labels[hit]):
        ours, others = hit[labels[hit] == label], random.permutation(np.flatnonzero(is_free & (labels == label)))
        distance = np.abs(hardness[ours][:, None] - hardness[others][None, :])
        for row, column in zip(*linear_sum_assignment(distance), strict=True):
            if distance[row, column] <= caliper:
                pairs[int(ours[row])] = int(others[column])
    return [(int(one), pairs[int(one)]) for one in hit if int(one) in pairs]


def _difficulty(reader: StudyReader, comparison: Comparison) -> np.ndarray:
    """Mean log odds of the label over the reference networks, or, where none are known, the share of them that is right.

    NaN of an example without a label, or of which some network's log odds are not known.
    """
    name, dataset = comparison.reference, comparison.dataset
    labels = reader.labels(dataset)
    found = np.full(len(labels), np.nan)
    rows = np.asarray(list(reader.labelled_by_key(dataset)))
    log_odds = reader.scalars("label_log_odds", name, dataset).mean(axis=0)
    has_log_odds = np.isfinite(log_odds)
    if has_log_odds.any():
        found[rows[has_log_odds]] = log_odds[has_log_odds]
    else:
        found[rows] = (reader.predicted(name, dataset)[:, rows] == labels[rows]).mean(axis=0)
    return found
