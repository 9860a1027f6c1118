"""Are the same examples hit in several regimes? Sets of examples that were found, and probabilities of being hit, beside chance."""

from dataclasses import dataclass
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
    which they are (sums of hypergeometric numbers; one-sided, more than chance; normal quantiles with a continuity correction).

    Parameters
    ----------
    a, b
        Which examples were found, boolean, (n,).
    difficulty
        Shape (n,).

    References
    ----------
    Mantel & Haenszel (1959), doi:10.1093/jnci/22.4.719, for the variance of a sum over strata.
    """
    strata = strata_of(difficulty)
    n, of_a, of_b = (np.bincount(strata, weights=what, minlength=N_STRATA) for what in (np.ones(len(a)), a, b))
    expected = of_a * of_b / np.maximum(n, 1)
    variance = expected * (n - of_a) * (n - of_b) / np.maximum(n * (n - 1), 1)
    n_both, mean, sd = int((a & b).sum()), float(expected.sum()), float(variance.sum() ** 0.5)
    spread = float(stats.norm.isf(0.025)) * sd
    p_value = float(stats.norm.sf((n_both - 0.5 - mean) / sd)) if sd > 0 else 1.0
    return Overlap(int(a.sum()), int(b.sum()), n_both, mean, max(mean - spread, 0.0), mean + spread, p_value)


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
