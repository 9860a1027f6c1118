"""How many PIEs did compression make? The excess over disjoint sets of replicates, the primary estimate.

Observed minus null mean is no effect size: a real effect makes ties in the relabelled populations and inflates the null, and for
matched designs dense against dense is no floor. Between disjoint sets 1 and 2 of replicates there is no such mixing, and no
matching either:

    excess = ½ [PIE(D₁, C₂) + PIE(D₂, C₁)] − ½ [PIE(D₁, D₂) + PIE(C₁, C₂)]

Its expectation is ½ Σ_i Σ_c (q^D_ic − q^C_ic)², where q is the probability that the modal label of h networks is c: zero
exactly when compression changed none of them. The networks are random, the examples fixed.
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from pietools.flags import Flag
from pietools.statistics.tools.ballots import Ballots, masks, members_of
from pietools.statistics.tools.half_samples import NO_INTERVAL, Interval, t_interval
from pietools.statistics.tools.populations import Populations

N_SPLITS = 1000
"""Splits that are drawn, unless matched networks have no more than ``MOST_ENUMERATED``: then no seed matters."""
MOST_ENUMERATED = 2500
AT_ONCE = 2**22
"""Modal labels of sets, or differences of splits, that are kept at once."""


@dataclass(frozen=True)
class Excess:
    """The excess and its parts, in examples, means over splits.

    ``between``: PIEs between dense and compressed networks, ``reference_baseline`` dense against dense,
    ``compressed_baseline`` compressed against compressed, all of ``set_size`` networks against ``set_size`` others.
    ``flag`` says why there is no estimate (``few-networks``) or no interval (``no-variance``).
    """

    estimate: float | None
    interval: Interval
    set_size: int
    between: float | None
    reference_baseline: float | None
    compressed_baseline: float | None
    flag: str | None


def pie_excess(votes: Populations, *, seed: int | list[int]) -> Excess:
    """Excess PIEs of a comparison, with a 95 % t interval.

    Parameters
    ----------
    votes
        Predicted labels of both populations. Paired networks always fall into the same set.

    Returns
    -------
    Excess
        Flagged where there is no estimate, or no interval.

    Notes
    -----
    Sets have h = ⌊3K/8⌋ networks, K the smaller population. The error is the delete-one jackknife at the same h: what the splits
    with network k have more than those without it is its influence φ_k, and the variance is, summed over populations,
    (K − 1)/K · (2h/K)² · Σ_k (φ_k² − noise of drawing splits). Deleting all K − 2h networks at once instead counts the parts of
    higher order too often: near zero effect, where there is no linear part, it gave errors twice too large. Fewer than three
    networks cannot be split with something left out.

    References
    ----------
    Efron & Stein (1981), The jackknife estimate of variance. doi:10.1214/aos/1176345462
    """
    sizes, paired = votes.sizes, votes.paired
    h = 3 * min(sizes) // 8
    if h < 1:
        return Excess(None, NO_INTERVAL, h, None, None, None, Flag.FEW_NETWORKS)
    are_all = paired and _are_few(sizes[0], h)
    undecided = votes.undecided(sizes[0], h)
    if are_all:
        members, parts = all_splits(undecided, sizes[0], h)
    else:
        members, parts = random_splits(undecided, np.random.default_rng(seed), sizes, h, paired=paired)
    between, of_reference, of_compressed = (float(part) for part in parts.mean(axis=0))
    values = parts[:, 0] - (parts[:, 1] + parts[:, 2]) / 2
    kept = [members[:, : sizes[0]]] if paired else [members[:, : sizes[0]], members[:, sizes[0] :]]
    variance = sum(jackknife_variance(values, one, are_all=are_all) for one in kept)
    interval = t_interval(float(values.mean()), variance**0.5, min(sizes)) if variance > 0 else NO_INTERVAL
    return Excess(
        float(values.mean()),
        interval,
        h,
        between,
        of_reference,
        of_compressed,
        None if variance > 0 else Flag.NO_VARIANCE,
    )


def random_splits(
    ballots: Ballots, rng: np.random.Generator, sizes: tuple[int, int], h: int, *, paired: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Who is in each split, boolean (S, K_D + K_C), and its PIEs between, of the reference, of the compressed, (S, 3)."""
    drawn = []
    for _ in range(N_SPLITS):
        reference = rng.permutation(sizes[0])[: 2 * h]
        drawn.append((reference, reference if paired else rng.permutation(sizes[1])[: 2 * h]))
    return _counted(ballots, sizes, drawn)


def all_splits(ballots: Ballots, k: int, h: int) -> tuple[np.ndarray, np.ndarray]:
    """The same for every split of k matched pairs, each once: the first of a split's networks is in its first set."""
    every = []
    for chosen in combinations(range(k), 2 * h):
        for others in combinations(chosen[1:], h - 1):
            first = {chosen[0], *others}
            split = np.array([*sorted(first), *(one for one in chosen if one not in first)])
            every.append((split, split))
    return _counted(ballots, (k, k), every)


def _counted(
    ballots: Ballots, sizes: tuple[int, int], chosen: list[tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    members = np.zeros((len(chosen), sum(sizes)), dtype=bool)
    for row, (reference, compressed) in zip(members, chosen, strict=True):
        row[reference] = row[sizes[0] + compressed] = True
    return members, disjoint_pies(ballots, sizes, *(np.array(side) for side in zip(*chosen, strict=True)))


def _are_few(k: int, h: int) -> bool:
    """Whether there are few enough splits of k networks into two disjoint sets of h to take them all."""
    return comb(k, 2 * h) * comb(2 * h, h) // 2 <= MOST_ENUMERATED


def disjoint_pies(
    ballots: Ballots, sizes: tuple[int, int], reference: np.ndarray, compressed: np.ndarray
) -> np.ndarray:
    """PIEs between, dense against dense and compressed against compressed of two disjoint sets, (S, 3).

    The sets of a split are the halves of its rows: (S, 2h) numbers of networks in either population. Few networks have fewer sets
    than splits, and each set is counted once.
    """
    h = reference.shape[1] // 2
    sides = reference[:, :h], reference[:, h:], sizes[0] + compressed[:, :h], sizes[0] + compressed[:, h:]
    sets = masks(members_of(np.concatenate(sides), sum(sizes)))
    distinct, place = np.unique(sets, axis=0, return_inverse=True)
    d1, d2, c1, c2 = place.reshape(4, len(reference))
    found = np.zeros((len(reference), 3))
    for block in ballots.blocks(max(1, AT_ONCE // max(len(distinct), len(reference)))):
        modal = np.concatenate([block.modal_columns(some) for some in block.portions(distinct)])
        for column, one, other, share in ((0, d1, c2, 0.5), (0, d2, c1, 0.5), (1, d1, d2, 1), (2, c1, c2, 1)):
            found[:, column] += share * np.count_nonzero(modal[one] != modal[other], axis=1)
    return found


def n_different(one: np.ndarray, other: np.ndarray) -> int:
    """Examples whose modal labels differ."""
    return int(np.count_nonzero(one != other))


def jackknife_variance(values: np.ndarray, is_kept: np.ndarray, *, are_all: bool = False) -> float:
    """Delete-one jackknife variance from values of splits (S,) and the networks of one population in each (S, K).

    The noise of drawing splits is taken off, unless nothing would be left, or all splits are there.
    """
    k = is_kept.shape[1]
    share = is_kept.mean()
    n_with = is_kept.sum(axis=0)
    n_without = len(values) - n_with
    # Of hundreds of networks one may be in no split: nothing is known of its influence, and little can it have.
    drawn = (n_with > 0) & (n_without > 0)
    n_with, n_without, is_kept = n_with[drawn], n_without[drawn], is_kept[:, drawn]
    influence = values @ is_kept / n_with - values @ ~is_kept / n_without
    noise = values.var(ddof=1) * (1 / n_with + 1 / n_without)
    total = (influence**2).sum()
    total = total - noise.sum() if not are_all and total > noise.sum() else total
    return float((k - 1) / k * share**2 * total)
