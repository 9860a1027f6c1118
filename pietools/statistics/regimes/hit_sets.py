"""Are the same examples hit in several regimes? Sets of examples that were found, and probabilities of being hit, beside chance."""

from dataclasses import dataclass
from functools import reduce
from itertools import product

import numpy as np
from scipy import stats

N_STRATA = 10
"""Tenths of difficulty, within which unrelated hits would be spread evenly."""


@dataclass(frozen=True)
class Overlap:
    """Examples found in both of two regimes: ``n_both``; ``expected``, its 95 % range and ``p_value`` if they were unrelated."""

    n_a: int
    n_b: int
    n_both: int
    expected: float
    null_conf_low: float
    null_conf_high: float
    p_value: float


def hit_overlap(a: np.ndarray, b: np.ndarray, difficulty: np.ndarray) -> Overlap:
    """Compare the overlap of two sets of examples with that of unrelated sets of equally hard examples.

    H0: within tenths of difficulty, which examples are found in one regime says nothing of which are found in the other. Random:
    which they are. Exact: the sum of a hypergeometric number for each tenth; one-sided, more than chance.

    Parameters
    ----------
    a, b
        Which examples were found, boolean, (n,).
    difficulty
        Shape (n,).

    References
    ----------
    The exact conditional test of stratified 2 × 2 tables: Gart (1970), doi:10.1093/biomet/57.3.471.
    """
    strata = strata_of(difficulty)
    n, of_a, of_b = (
        np.bincount(strata, weights=what, minlength=N_STRATA).astype(int) for what in (np.ones(len(a)), a, b)
    )
    probabilities = reduce(np.convolve, (_hypergeometric(*counts) for counts in zip(n, of_a, of_b, strict=True)))
    n_both, values = int((a & b).sum()), np.arange(len(probabilities))
    low, high = (int(np.searchsorted(np.cumsum(probabilities), q)) for q in (0.025, 0.975))
    return Overlap(
        int(a.sum()),
        int(b.sum()),
        n_both,
        float(probabilities @ values),
        float(low),
        float(high),
        min(1.0, float(probabilities[n_both:].sum())),
    )


def _hypergeometric(n: int, of_a: int, of_b: int) -> np.ndarray:
    """Probabilities of 0, 1, … examples in both of two unrelated sets of these sizes among n."""
    return np.asarray(stats.hypergeom.pmf(np.arange(min(of_a, of_b) + 1), max(n, 1), of_a, of_b))


def strata_of(difficulty: np.ndarray) -> np.ndarray:
    """Tenth of each example, 0 to 9, (n,)."""
    return stats.rankdata(difficulty, method="ordinal").astype(np.int64) * N_STRATA // (len(difficulty) + 1)


@dataclass(frozen=True)
class Group:
    """Regimes that an example may be hit in: how many examples are, in expectation, and how many if regimes were unrelated."""

    regimes: tuple[int, ...]
    n: float
    expected: float


def hit_groups(p_hit: np.ndarray, difficulty: np.ndarray) -> list[Group]:
    """Expected numbers of examples that are hit in exactly each set of regimes.

    Parameters
    ----------
    p_hit
        Posterior probability that an example was hit, by regime, (regimes, n). That of all is their product: what networks say of
        one regime is taken as independent of what they say of another, given the example.
    difficulty
        Shape (n,), mean over regimes: ``expected`` is the number if hits were unrelated within its tenths.
    """
    strata = strata_of(difficulty)
    size = np.maximum(np.bincount(strata, minlength=N_STRATA), 1)
    by_stratum = np.stack([np.bincount(strata, weights=one, minlength=N_STRATA) / size for one in p_hit])[:, strata]
    groups = []
    for chosen in product((True, False), repeat=len(p_hit)):
        regimes = tuple(int(r) for r in np.flatnonzero(chosen))
        n, expected = (
            float(np.prod(np.where(np.array(chosen)[:, None], p, 1 - p), axis=0).sum()) for p in (p_hit, by_stratum)
        )
        groups.append(Group(regimes, n, expected))
    return groups
