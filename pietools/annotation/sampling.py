"""Which examples are coded: some that were hit, and for each another of its class, about as hard, that was not."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pietools.errors import StudyError
from pietools.gallery import analyzed
from pietools.study import Category, Sample, Study
from pietools.topics.comparison import Comparison
from pietools.topics.examples.log_odds_tables import HIT
from pietools.topics.study_reader import StudyReader


def sample_of(
    study: Study,
    compressed: str | None = None,
    *,
    n: int = 50,
    codebook: Sequence[Category] | None = None,
    default: Sequence[Category] = (),
    seed: int = 0,
) -> Sample:
    """The sample of a comparison: the one that the study has, else a new one, which is stored.

    Parameters
    ----------
    compressed
        The compressed population, by default the one with most hit examples, or of the sample that is there.
    n
        Pairs of a new sample.
    codebook
        Categories that are asked for; ``default`` if None and no sample is there.

    Raises
    ------
    pietools.errors.StudyError
        If the study was not analyzed, nothing was hit, or the sample that is there has other categories.
    """
    reader, changes = analyzed(study)
    comparison = _comparison(reader, changes, [one.compressed for one in study.samples()], compressed)
    there = next((one for one in study.samples() if _names(one) == comparison.names), None)
    if there is not None:
        if codebook is not None and tuple(codebook) != there.codebook:
            raise StudyError(
                f"examples of '{there.compressed}' have other categories, {', '.join(one.name for one in there.codebook)}: "
                "leave --codebook out to go on, or code another population."
            )
        return there
    pairs = _pairs(reader, comparison, changes, n, np.random.default_rng(seed))
    names = (comparison.dataset, comparison.reference, comparison.compressed)
    new = Sample(*names, seed, tuple(codebook or default), tuple(pairs))
    study.add_sample(new)
    return study.samples()[-1]


def _names(sample: Sample) -> dict[str, str]:
    return {"reference": sample.reference, "compressed": sample.compressed, "dataset": sample.dataset}


def _comparison(
    reader: StudyReader, changes: pl.DataFrame, sampled: Sequence[str], compressed: str | None
) -> Comparison:
    """The comparison whose hit examples are coded."""
    hit = changes.filter(finding=HIT)
    n_hit = {one: hit.filter(**one.names).height for one in reader.labelled() if reader.is_compressed(one.names)}
    with_hits = {one: n for one, n in n_hit.items() if n}
    known = ", ".join(dict.fromkeys(one.compressed for one in with_hits))
    if not with_hits:
        raise StudyError("no example was shown to be hit: there is nothing to compare by hand.")
    wanted = compressed or next(iter(sampled), None)
    if wanted is None:
        return max(with_hits, key=lambda one: with_hits[one])
    found = [one for one in with_hits if one.compressed == wanted]
    if not found:
        raise StudyError(f"'{wanted}' has no hit examples. There are some in {known}.")
    return found[0]


def _pairs(
    reader: StudyReader, comparison: Comparison, changes: pl.DataFrame, n: int, random: np.random.Generator
) -> list[tuple[int, int]]:
    """Hit examples at random, each with the one of its class that is nearest in difficulty and was neither hit nor spared."""
    rows = changes.filter(**comparison.names)
    changed = rows.filter(pl.col("finding").is_not_null() | pl.col("turned").is_not_null())["example_id"].to_numpy()
    hit = random.permutation(np.unique(rows.filter(finding=HIT)["example_id"].to_numpy()))
    labels, hardness = reader.labels(comparison.dataset), _difficulty(reader, comparison)
    is_free = np.isfinite(hardness)
    is_free[changed] = False
    pairs: list[tuple[int, int]] = []
    for example in hit:
        alike = np.flatnonzero(is_free & (labels == labels[example]))
        if len(pairs) < n and len(alike):
            distance = np.abs(hardness[alike] - hardness[example])
            nearest = alike[distance == distance.min()]
            other = int(random.choice(nearest))
            is_free[other] = False
            pairs.append((int(example), other))
    return pairs


def _difficulty(reader: StudyReader, comparison: Comparison) -> np.ndarray:
    """Mean log odds of the label over the reference networks, or the share of them that is right; NaN without a label."""
    name, dataset = comparison.reference, comparison.dataset
    labels = reader.labels(dataset)
    found = np.full(len(labels), np.nan)
    rows = np.asarray(list(reader.labelled_by_key(dataset)))
    log_odds = reader.scalars("label_log_odds", name, dataset).mean(axis=0)
    predicted = reader.predicted(name, dataset)[:, rows]
    found[rows] = log_odds if np.isfinite(log_odds).all() else (predicted == labels[rows]).mean(axis=0)
    return found
