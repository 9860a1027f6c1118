"""How many PIEs there would be if compression did nothing: null distributions over relabellings.

Under the null hypothesis the names "reference" and "compressed" mean nothing, so they are shuffled among the networks: any
split of all networks when they are unmatched, a swap within each pair when they are matched. The networks are random, the
examples fixed.
"""

from dataclasses import dataclass

import numpy as np

from pietools.statistics.tools.ballots import Ballots, masks, relabellings
from pietools.statistics.tools.populations import Populations


@dataclass(frozen=True)
class NullDistribution:
    """A statistic as labelled, and its values over relabellings, the identity included if ``is_exact``."""

    observed: float
    values: np.ndarray
    is_exact: bool

    @property
    def p_value(self) -> float:
        """Share of relabellings with at least as much; drawn ones count the identity once more (Phipson & Smyth 2010)."""
        as_much = int((self.values >= self.observed).sum())
        return as_much / len(self.values) if self.is_exact else (1 + as_much) / (1 + len(self.values))

    @property
    def mean(self) -> float:
        """Mean over relabellings."""
        return float(self.values.mean())

    @property
    def sd(self) -> float | None:
        """Standard deviation over relabellings; None for a single draw."""
        if self.is_exact:
            return float(self.values.std())
        return float(self.values.std(ddof=1)) if len(self.values) > 1 else None

    @property
    def central_95(self) -> tuple[float, float]:
        """The 2.5 % and 97.5 % quantiles."""
        low, high = np.quantile(self.values, [0.025, 0.975])
        return float(low), float(high)


@dataclass(frozen=True)
class RelabellingNull:
    """Null distributions of two statistics over the same relabellings.

    ``n_pies``: number of PIEs. ``taxicab``: mean taxicab distance over all examples, in [0, 2].
    ``pairing``: ``paired`` or ``unpaired``. ``smallest_p`` is what it and the number of relabellings allow at best.
    """

    pairing: str
    smallest_p: float
    n_pies: NullDistribution
    taxicab: NullDistribution


def relabelling_null(votes: Populations, *, n_permutations: int, seed: int | list[int]) -> RelabellingNull:
    """Null distributions of the number of PIEs and of the mean taxicab distance.

    H0: the networks are exchangeable between the two populations (``paired``: within each pair). Random: the networks.

    Parameters
    ----------
    votes
        Predicted labels of both populations.
    n_permutations
        Relabellings to draw. All are enumerated instead if there are no more than this, or than 8,192: 2^K matched, (K_D + K_C
        choose K_D) unmatched.

    Returns
    -------
    RelabellingNull
        Of both statistics, over the same relabellings.

    References
    ----------
    Phipson & Smyth (2010), Permutation p-values should never be zero. doi:10.2202/1544-6115.1585
    """
    (n_reference, n_compressed), paired = votes.sizes, votes.paired
    members, n_all, is_exact = relabellings(n_permutations, n_reference, n_compressed, paired=paired, seed=seed)
    identity = np.arange(n_reference + n_compressed) < n_reference
    wanted = masks(np.vstack([identity, members]))

    ballots = votes.ballots
    counts = _n_pies(ballots, wanted, n_reference, n_compressed, paired=paired)
    distances = _taxicab(ballots, wanted, n_reference, n_compressed) / votes.n_examples
    # With equally many networks a relabelling and its mirror image count the same.
    n_alike = 2 if n_reference == n_compressed else 1
    return RelabellingNull(
        "paired" if paired else "unpaired",
        n_alike / n_all if is_exact else max(n_alike / n_all, 1 / (1 + n_permutations)),
        NullDistribution(int(counts[0]), counts[1:], is_exact),
        NullDistribution(float(distances[0]), distances[1:], is_exact),
    )


def _n_pies(ballots: Ballots, wanted: np.ndarray, n_reference: int, n_compressed: int, *, paired: bool) -> np.ndarray:
    """PIEs of each relabelling, shape (M,)."""
    can_differ = ballots.keep(~_is_decided(ballots, n_reference, n_compressed, paired=paired))
    modal = (can_differ.split(some) for some in can_differ.portions(wanted))
    return np.concatenate([np.count_nonzero(inside != outside, axis=1) for inside, outside in modal])


def _is_decided(ballots: Ballots, n_reference: int, n_compressed: int, *, paired: bool) -> np.ndarray:
    """Examples that are no PIE under any relabelling.

    The lead of the most frequent label over the second exceeds what one population can lack; or, matched, more than half of the
    pairs agree on it, so that it has the majority on both sides whatever is swapped.
    """
    n = len(ballots.examples)
    first, second, most_pairs = (np.zeros(n, dtype=np.int64) for _ in range(3))
    reference, compressed = _bits(0, n_reference), _bits(n_reference, n_compressed)
    for j, votes in enumerate(ballots.votes):
        m = len(votes)
        second[:m] = np.maximum(second[:m], np.minimum(first[:m], votes))
        first[:m] = np.maximum(first[:m], votes)
        if paired:
            agreeing = _agreeing_pairs(ballots.masks[j], reference, compressed)
            most_pairs[:m] = np.maximum(most_pairs[:m], agreeing)
    decided = first - second > max(n_reference, n_compressed)
    return decided | (most_pairs * 2 > n_reference) if paired else decided


def _bits(start: int, n: int) -> np.ndarray:
    return np.arange(start, start + n)


def _agreeing_pairs(voted: np.ndarray, reference: np.ndarray, compressed: np.ndarray) -> np.ndarray:
    """Pairs of which both networks voted for a column, from its masks (words, examples)."""
    members = np.unpackbits(np.ascontiguousarray(voted.T).view(np.uint8), axis=1, bitorder="little")
    return (members[:, reference] & members[:, compressed]).sum(axis=1)


def _taxicab(ballots: Ballots, wanted: np.ndarray, n_reference: int, n_compressed: int) -> np.ndarray:
    """Sum over examples of Σ_c |v^D / K_D − v^C / K_C| of each relabelling, shape (M,).

    Kept as the integer Σ |K_C v^D − K_D v^C| = Σ |(K_D + K_C) v^D − K_D v|, with v the votes of all.
    """
    total = np.int32(n_reference + n_compressed)
    expected = [votes.astype(np.int32) * np.int32(n_reference) for votes in ballots.votes]

    def distances(some: np.ndarray) -> np.ndarray:
        found = np.zeros(len(some), dtype=np.int64)
        for j, share in enumerate(expected):
            found += np.abs(ballots.votes_of(j, some) * total - share).sum(axis=1, dtype=np.int64)
        return found

    found = [distances(some) for some in ballots.portions(wanted)]
    return np.concatenate(found) / (n_reference * n_compressed)
