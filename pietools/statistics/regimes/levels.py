"""Counts and accuracy losses of one regime at several sparsities, of all networks and of samples of them.

The networks are random, the examples fixed. Excess PIEs come with splits and the jackknife, as in
:func:`pietools.statistics.pies.excess.pie_excess`, forgotten examples with half-samples. With the same seed all levels, and
paired regimes, see the same replicates.
"""

from dataclasses import dataclass, replace

import numpy as np

from pietools.flags import Flag
from pietools.statistics.pies.counts import COUNTS, count_pies
from pietools.statistics.pies.excess import jackknife_variance, random_splits
from pietools.statistics.tools.estimates import t_test
from pietools.statistics.tools.half_samples import half_sample_interval, half_samples
from pietools.statistics.tools.populations import Populations
from pietools.statistics.tools.t_tests import NO_SPREAD

FEWEST_NETWORKS = 4
MEASURES = ("excess", "forgotten")


@dataclass(frozen=True)
class Levels:
    """Predicted labels of a regime at several sparsities: the same dense networks beside those of each.

    ``votes``: of each of rising ``sparsities``, with the given labels.
    """

    votes: tuple[Populations, ...]
    sparsities: tuple[float, ...]

    @property
    def paired(self) -> bool:
        """Whether row k of one population matches row k of all others."""
        return all(votes.paired for votes in self.votes)

    @property
    def sizes(self) -> list[int]:
        """Networks of each population, the dense one first."""
        return [self.votes[0].sizes[0], *(votes.sizes[1] for votes in self.votes)]

    def with_networks(self, k: int, seed: list[int]) -> "Levels":
        """With k networks in every population, drawn at random where there are more; the same rows if paired."""
        if k == max(self.sizes):
            return self
        rng = np.random.default_rng(seed)
        first = np.sort(rng.permutation(self.sizes[0])[:k])
        rows = [first if self.paired else np.sort(rng.permutation(size)[:k]) for size in self.sizes[1:]]
        cut = (
            replace(votes, reference=votes.reference[first], compressed=votes.compressed[those])
            for votes, those in zip(self.votes, rows, strict=True)
        )
        return replace(self, votes=tuple(cut))


@dataclass(frozen=True)
class Sampled:
    """A quantity at each level: of all networks (levels,), and of S samples of them (S, levels)."""

    value: np.ndarray
    samples: np.ndarray


@dataclass(frozen=True)
class Counted:
    """A count, and the accuracy losses in the same samples: in ``points`` and as ``relative`` rise of the error rate.

    ``kept`` says who is in each split, boolean (S, K) per independent sample of networks; it is empty for half-samples.
    Without ``has_errors`` some sample of dense networks makes no error, and a relative rise means nothing.
    """

    count: Sampled
    points: Sampled
    relative: Sampled
    kept: list[np.ndarray]
    has_errors: bool


@dataclass(frozen=True)
class Measured:
    """A regime measured once, for comparison with any other at the same number K of networks.

    ``counted``: by name of the measure; empty with fewer than four networks.
    """

    levels: Levels
    n_networks: int
    seed: list[int]
    counted: dict[str, Counted]


def measure(levels: Levels, n_networks: int, seed: int | list[int]) -> Measured:
    """The ``excess`` and the number of ``forgotten`` at each level, in samples of ``n_networks`` networks of each population.

    Parameters
    ----------
    levels
        Predicted labels at each sparsity, with the given labels.
    n_networks
        To which all populations are cut by lot; that of the smallest population of all regimes that are compared.
    seed
        The same for paired regimes, which then lose the same replicates and see the same samples; one of its own for others.

    Returns
    -------
    Measured
        Without counts below four networks.

    Raises
    ------
    ValueError
        If a population has fewer than ``n_networks``, or no labels are given.
    """
    if n_networks > min(levels.sizes):
        raise ValueError(f"{n_networks} networks are wanted of populations of {levels.sizes}")
    seed = seed if isinstance(seed, list) else [seed]
    counted = {}
    if n_networks >= FEWEST_NETWORKS:
        cut = levels.with_networks(n_networks, [*seed, 0])
        right = [votes.right for votes in cut.votes]
        errors = [(~side).mean(axis=1) for side in (right[0].reference, *(both.compressed for both in right))]
        halves = half_samples(n_networks, n_networks, paired=levels.paired, seed=[*seed, 1])
        excess, splits = _excess(cut, n_networks, [*seed, 1])
        kept = [splits[0]] if levels.paired else list(splits)
        counted = {
            "excess": _counted(excess, errors, splits, kept),
            "forgotten": _counted(_forgotten(cut, halves), errors, halves, []),
        }
    return Measured(levels, n_networks, seed, counted)


def _excess(levels: Levels, k: int, seed: list[int]) -> tuple[Sampled, tuple[np.ndarray, np.ndarray]]:
    """Excess at each level, and who is in each split, of the dense and of the compressed networks."""
    h = 3 * k // 8
    values = []
    for votes in levels.votes:
        rng = np.random.default_rng(seed)
        members, parts = random_splits(votes.undecided(k, h), rng, (k, k), h, paired=levels.paired)
        values.append(parts[:, 0] - (parts[:, 1] + parts[:, 2]) / 2)
    samples = np.stack(values, axis=1)
    return Sampled(samples.mean(axis=0), samples), (members[:, :k], members[:, k:])


def _forgotten(levels: Levels, halves: tuple[np.ndarray, np.ndarray]) -> Sampled:
    k = halves[0].shape[1]
    everyone = np.ones((1, k), dtype=bool)
    value, samples = [], []
    for votes in levels.votes:
        assert votes.labels is not None  # there are error rates
        undecided = votes.undecided(k, k // 2)
        value.append(count_pies(undecided, votes.labels, (everyone, everyone))[0, COUNTS.index("forgotten")])
        samples.append(count_pies(undecided, votes.labels, halves)[:, COUNTS.index("forgotten")])
    return Sampled(np.array(value, dtype=float), np.stack(samples, axis=1).astype(float))


def _counted(
    count: Sampled, errors: list[np.ndarray], members: tuple[np.ndarray, np.ndarray], kept: list[np.ndarray]
) -> Counted:
    """With the accuracy losses in samples of the dense and of the compressed networks, from error rates (K,)."""
    dense, compressed = _sampled(errors[:1], members[0]), _sampled(errors[1:], members[1])
    floor = np.finfo(float).tiny
    points = Sampled(compressed.value - dense.value, compressed.samples - dense.samples)
    relative = Sampled(points.value / np.maximum(dense.value, floor), points.samples / np.maximum(dense.samples, floor))
    return Counted(count, points, relative, kept, bool(dense.samples.all()))


def _sampled(rates: list[np.ndarray], members: np.ndarray) -> Sampled:
    table = np.stack(rates, axis=1)
    return Sampled(table.mean(axis=0), members @ table / members.sum(axis=1, keepdims=True))


def check_comparable(a: Measured, b: Measured, *, paired: bool) -> None:
    """Refuse regimes whose samples are not those of one comparison: see :func:`measure`.

    Raises
    ------
    ValueError
        If examples, numbers of networks, pairing or seeds do not go together.
    """
    if a.levels.votes[0].n_examples != b.levels.votes[0].n_examples or a.n_networks != b.n_networks:
        raise ValueError("regimes are compared on the same examples at the same number of networks")
    if paired and (a.levels.paired != b.levels.paired or len({*a.levels.sizes, *b.levels.sizes}) > 1):
        raise ValueError("paired regimes have the same pairing and as many networks")
    if paired != (a.seed == b.seed):
        raise ValueError("paired regimes are measured with the same seed, others with seeds of their own")


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
        return {"estimate": difference, "flag": Flag.NO_VARIANCE}
    return {**t_test(difference, error, k - 1), "flag": None}
