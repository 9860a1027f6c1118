"""Properties from some networks, outcomes from others: none tells both how difficult an example is and whether it was lost.

The networks are random, the examples fixed. Replicate names are split first; several splits are averaged, and errors come
from doing all of it on half-samples of the networks. The fits of different splits share examples and networks, so that their
number makes no error smaller.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pietools.statistics.characterize.half_sample_tests import FEWEST_NETWORKS
from pietools.statistics.tools.half_samples import N_SAMPLES, half_samples

N_SPLITS = 20
# Half-samples of regressions over all examples, each of which takes several fits: errors are known to 7 % instead of 5 %.
N_SAMPLES_OF_REGRESSIONS = 100


@dataclass(frozen=True)
class Properties:
    """Properties of examples by the networks they come from.

    ``of(networks)`` gives the values (n, p) that the reference networks of these numbers give together. ``needs_networks`` is
    False if they come from elsewhere and are the same for any networks.
    """

    names: tuple[str, ...]
    of: Callable[[np.ndarray], np.ndarray]
    needs_networks: bool

    @classmethod
    def fixed(cls, values: np.ndarray, names: tuple[str, ...]) -> "Properties":
        """Properties (n, p) from elsewhere: annotations, other networks."""
        return cls(names, lambda networks: values, needs_networks=False)

    @classmethod
    def averaged(cls, per_network: np.ndarray, names: tuple[str, ...]) -> "Properties":
        """Properties that are means over networks of values (K_D, n, p), NaN where one network has none."""
        return cls(names, lambda networks: per_network[networks].mean(axis=0, dtype=np.float64), needs_networks=True)


def smallest_part(n_networks: int) -> int:
    """How few of the networks properties are measured on: half of a half-sample, where there are enough networks for those."""
    drawn = n_networks // 2 if n_networks >= FEWEST_NETWORKS else n_networks
    return max(1, drawn // 2)


@dataclass(frozen=True)
class Sets:
    """Numbers of the networks in each role: where properties come from, and disjoint sets of either population."""

    properties: np.ndarray
    reference: tuple[np.ndarray, ...]
    compressed: tuple[np.ndarray, ...]


Draw = Callable[[np.random.Generator, np.ndarray, np.ndarray], list[Sets]]


@dataclass(frozen=True)
class CrossFitted:
    """Mean of a statistic over splits, shape (q,), and its values on half-samples, (S, q); NaN where it could not be had.

    No half-samples, S = 0, where they would be too small to split, or where nothing could be had of all networks. ``splits``:
    the roles of all networks, in which the statistic was had.
    """

    estimate: np.ndarray
    replications: np.ndarray
    splits: list[Sets]


def cross_fit(
    statistic: Callable[[Sets], np.ndarray],
    draw: Draw,
    n_networks: tuple[int, int],
    *,
    paired: bool,
    fewest: int,
    seed: int | list[int],
    n_splits: int = N_SPLITS,
    n_samples: int = N_SAMPLES,
) -> CrossFitted:
    """Average a statistic over random splits of the networks, and over one split of each half-sample.

    Parameters
    ----------
    statistic
        Gives (q,) numbers for networks in their roles.
    draw
        Draws one split of the given networks of the reference and of the compressed population. Gives every direction in
        which the statistic is to be had; they are averaged.
    n_networks
        K_D and K_C.
    fewest
        Networks of each population that one split takes. Where half-samples are smaller there are none.
    """
    rng = np.random.default_rng(seed)

    everyone = [np.arange(k) for k in n_networks]
    splits = [sets for _ in range(n_splits) for sets in draw(rng, *everyone)]
    estimate = np.mean([statistic(sets) for sets in splits], axis=0)
    if min(n_networks) // 2 < fewest or np.isnan(estimate).all():
        return CrossFitted(estimate, np.empty((0, len(estimate))), splits)
    members = half_samples(*n_networks, paired=paired, seed=int(rng.integers(2**63)), n_samples=n_samples)
    replications = [
        np.mean([statistic(sets) for sets in draw(rng, np.flatnonzero(d), np.flatnonzero(c))], axis=0)
        for d, c in zip(*members, strict=True)
    ]
    return CrossFitted(estimate, np.array(replications), splits)


def halves(rng: np.random.Generator, reference: np.ndarray, compressed: np.ndarray, *, paired: bool) -> list[Sets]:
    """Properties from one half of the reference networks, counts from the other, in both directions.

    ``paired``: the compressed networks are those that match the other half. Otherwise properties say nothing of any of them,
    and all are used.
    """
    order = rng.permutation(len(reference))
    one, other = order[: len(order) // 2], order[len(order) // 2 :]
    return [
        Sets(reference[from_], (reference[counted],), (compressed[counted] if paired else compressed,))
        for from_, counted in ((one, other), (other, one))
    ]


def thirds(
    rng: np.random.Generator, reference: np.ndarray, compressed: np.ndarray, *, paired: bool, needs_networks: bool
) -> list[Sets]:
    """Two disjoint sets of h reference networks, h compressed networks against the first, and properties from whom is left.

    h is a third of the smaller population, or half of it where properties need no networks; every set takes every role in
    turn. ``paired``: the compressed networks match the second set, so that there is no matching between them and the first.
    """
    h = set_size(min(len(reference), len(compressed)), needs_networks=needs_networks)
    order = rng.permutation(len(reference))
    of_compressed = order if paired else rng.permutation(len(compressed))
    turns = [(np.roll(order, h * turn), np.roll(of_compressed, h * turn)) for turn in range(3 if needs_networks else 2)]
    return [
        Sets(reference[d[2 * h :]], (reference[d[:h]], reference[d[h : 2 * h]]), (compressed[c[h : 2 * h]],))
        for d, c in turns
    ]


def set_size(k: int, *, needs_networks: bool) -> int:
    """Networks h behind each modal label of :func:`thirds`, of k."""
    return k // 3 if needs_networks else k // 2
