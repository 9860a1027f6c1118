"""What examples add to the variance of covariances over examples: with other examples they would be others.

An error that counts networks alone speaks of these very examples. If compression hits unrelated examples in two regimes, the hits
overlap a little more or less than they should, and for these examples that is a correlation. The two-way clustered variance has
both kinds of chance (Cameron, Gelbach & Miller 2011, doi:10.1198/jbes.2010.07136),

    V = V_networks + V_examples − V_both,   V_examples − V_both = Σ_i (E[e_i] − mean)²,

with e_i the part of example i in the estimate. Two estimates of e_i from disjoint halves of the networks share no noise: the mean
of their products over splits is that of E[e_i]².
"""

from collections.abc import Iterator

import numpy as np

from pietools.statistics.tools.u_statistics import pair_weights

N_SPLITS = 20


def variance_beyond_networks(
    a: np.ndarray, b: np.ndarray, groups: np.ndarray, weights: np.ndarray, *, seed: int | list[int]
) -> float:
    """What examples add to the variance of a linear combination of sums over examples, never below 0.

    Parameters
    ----------
    a, b
        What each unit says of each example in one regime and in the other, (U, n); 0 where the unit is not of the regime.
    groups
        To which sample each unit belongs, (U,), four or more of each.
    weights
        Of Σ a·b, Σ a·a and Σ b·b, sums over examples of means over pairs of units, (3,).
    """
    found = 0.0
    for halves in _splits(groups, seed):
        one, other = (weights @ _parts(a[half], b[half], groups[half]) for half in halves)
        found += float((one - one.mean()) @ other) / N_SPLITS
    return max(found, 0.0)


def _splits(groups: np.ndarray, seed: int | list[int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Units of either half of every sample; samples of a size are split alike, so that their order changes nothing."""
    rngs = [np.random.default_rng(seed) for _ in range(int(groups.max()) + 1)]
    for _ in range(N_SPLITS):
        orders = [rng.permutation(np.flatnonzero(groups == g)) for g, rng in enumerate(rngs)]
        yield (
            np.concatenate([order[: len(order) // 2] for order in orders]),
            np.concatenate([order[len(order) // 2 :] for order in orders]),
        )


def _parts(a: np.ndarray, b: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Parts of each example in the sums over pairs of units, (3, n)."""
    of_pairs = pair_weights(groups)
    return np.stack(
        [(a * (of_pairs @ b)).sum(axis=0), (a * (of_pairs @ a)).sum(axis=0), (b * (of_pairs @ b)).sum(axis=0)]
    )
