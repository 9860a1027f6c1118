"""Counts and accuracy losses of one regime at several sparsities, of all networks and of samples of them.

The networks are random, the examples fixed. Excess PIEs come with splits and the jackknife, as in
:func:`pietools.statistics.excess.pie_excess`, forgotten examples with half-samples. With the same seed all levels, and
matched regimes, see the same replicates.
"""

from dataclasses import dataclass, replace

import numpy as np

from pietools.statistics.ballots import Ballots
from pietools.statistics.estimates import t_test
from pietools.statistics.excess import jackknife_variance, random_splits
from pietools.statistics.half_samples import half_sample_interval, half_samples
from pietools.statistics.pies import COUNTS, count_pies
from pietools.statistics.t_tests import NO_SPREAD

FEWEST_NETWORKS = 4
MEASURES = ("excess", "forgotten")


@dataclass(frozen=True)
class Levels:
    """Predicted labels of a regime at several sparsities.

    ``reference``: (K_D, n); ``compressed``: (K_C, n) at each of rising ``sparsities``. If ``paired``, row k of one
    matches row k of all others.
    """

    reference: np.ndarray
    compressed: tuple[np.ndarray, ...]
    sparsities: tuple[float, ...]
    paired: bool

    @property
    def sizes(self) -> list[int]:
        """Networks of each population, the dense one first."""
        return [len(self.reference), *map(len, self.compressed)]

    def with_networks(self, k: int, seed: list[int]) -> "Levels":
        """With k networks in every population, drawn at random where there are more; the same rows if paired."""
        rng = np.random.default_rng(seed)
        first = np.sort(rng.permutation(self.sizes[0])[:k])
        rows = [first if self.paired else np.sort(rng.permutation(size)[:k]) for size in self.sizes[1:]]
        compressed = tuple(labels[those] for labels, those in zip(self.compressed, rows, strict=True))
        return replace(self, reference=self.reference[first], compressed=compressed)


@dataclass(frozen=True)
class Sampled:
    """A quantity at each level: of all networks (levels,), and of S samples of them (S, levels)."""

    value: np.ndarray
    samples: np.ndarray


@dataclass(frozen=True)
class Measured:
    """A count, and the accuracy losses in the same samples: in ``points`` and as ``relative`` rise of the error rate.

    ``kept`` says who is in each split, boolean (S, K) per independent sample of networks; it is empty for half-samples.
    Without ``has_errors`` some sample of dense networks makes no error, and a relative rise means nothing.
    """

    count: Sampled
    points: Sampled
    relative: Sampled
    kept: list[np.ndarray]
    has_errors: bool


def measure(levels: Levels, name: str, given_labels: np.ndarray, seed: list[int]) -> Measured:
    """The ``excess`` or the number of ``forgotten`` at each level; at least four networks in each population, equally many."""
    k = levels.sizes[0]
    if name == "forgotten":
        halves = half_samples(k, k, paired=levels.paired, seed=seed)
        counts, kept = _forgotten(levels, given_labels, halves), []
    else:
        counts, halves = _excess(levels, seed)
        kept = [halves[0]] if levels.paired else list(halves)
    errors = [_error_rates(labels, given_labels) for labels in (levels.reference, *levels.compressed)]
    dense, compressed = _sampled(errors[:1], halves[0]), _sampled(errors[1:], halves[1])
    floor = np.finfo(float).tiny
    points = Sampled(compressed.value - dense.value, compressed.samples - dense.samples)
    relative = Sampled(points.value / np.maximum(dense.value, floor), points.samples / np.maximum(dense.samples, floor))
    return Measured(counts, points, relative, kept, bool(dense.samples.all()))


def _excess(levels: Levels, seed: list[int]) -> tuple[Sampled, tuple[np.ndarray, np.ndarray]]:
    """Excess at each level, and who is in each split, of the dense and of the compressed networks."""
    k = levels.sizes[0]
    h = 3 * k // 8
    values = []
    for labels in levels.compressed:
        ballots = Ballots.count(np.vstack([levels.reference, labels])).undecided(k, h)
        members, parts = random_splits(ballots, np.random.default_rng(seed), (k, k), h, paired=levels.paired)
        values.append(parts[:, 0] - (parts[:, 1] + parts[:, 2]) / 2)
    samples = np.stack(values, axis=1)
    return Sampled(samples.mean(axis=0), samples), (members[:, :k], members[:, k:])


def _forgotten(levels: Levels, given_labels: np.ndarray, halves: tuple[np.ndarray, np.ndarray]) -> Sampled:
    k = levels.sizes[0]
    everyone = np.ones((1, k), dtype=bool)
    value, samples = [], []
    for labels in levels.compressed:
        ballots = Ballots.count(np.vstack([levels.reference, labels])).undecided(k, k // 2)
        value.append(count_pies(ballots, given_labels, (everyone, everyone))[0, COUNTS.index("forgotten")])
        samples.append(count_pies(ballots, given_labels, halves)[:, COUNTS.index("forgotten")])
    return Sampled(np.array(value, dtype=float), np.stack(samples, axis=1).astype(float))


def _error_rates(labels: np.ndarray, given_labels: np.ndarray) -> np.ndarray:
    """Of each network, over labelled examples, shape (K,)."""
    is_labelled = given_labels >= 0
    return (labels[:, is_labelled] != given_labels[is_labelled]).mean(axis=1)


def _sampled(rates: list[np.ndarray], members: np.ndarray) -> Sampled:
    table = np.stack(rates, axis=1)
    return Sampled(table.mean(axis=0), members @ table / members.sum(axis=1, keepdims=True))


def measured_together(
    a: Levels, b: Levels, name: str, given_labels: np.ndarray, *, matched: bool, seed: int | list[int]
) -> tuple[Measured, Measured]:
    """The same measure of two regimes at the same number of networks, that of the smallest population.

    Raises
    ------
    ValueError
        If ``matched`` regimes differ in design or numbers of networks, or the examples differ.
    """
    sizes = {*a.sizes, *b.sizes}
    if a.reference.shape[1] != b.reference.shape[1] or (matched and (a.paired != b.paired or len(sizes) > 1)):
        raise ValueError("matched regimes have the same examples, the same design and as many networks")
    seeds = [[*(seed if isinstance(seed, list) else [seed]), 0 if matched else i] for i in range(2)]
    first, second = (
        measure(levels.with_networks(min(sizes), [*own, 0]), name, given_labels, [*own, 1])
        for levels, own in zip((a, b), seeds, strict=True)
    )
    return first, second


def tested(difference: float, samples: np.ndarray, kept: list[np.ndarray], k: int) -> dict:
    """t_{K−1} test of a difference from its values in the samples (S,), by the names of ``Estimate``, and ``flag``.

    ``kept``: who is in each split, per independent sample of networks, for the jackknife; without, the samples are
    half-samples.
    """
    if kept:
        error = float(sum(jackknife_variance(samples, table) for table in kept) ** 0.5)
    else:
        error = half_sample_interval(difference, samples, k, k).std_error or 0.0
    if error <= NO_SPREAD:
        return {"estimate": difference, "flag": "no-variance"}
    return {**t_test(difference, error, k - 1), "flag": None}
