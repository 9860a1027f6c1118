"""A floor without replicates: how often does the same network answer otherwise when it is run again?"""

from dataclasses import dataclass

import numpy as np

from pietools.statistics.pairs.log_factorials import log_factorials
from pietools.statistics.pairs.mcnemar import mcnemar

N_DRAWS = 9_999
_NEGLIGIBLE = 1e-200  # probabilities that no sum needs


@dataclass(frozen=True)
class Floor:
    """Re-runs of the first network against it, mean over re-runs: ``churn`` a share of examples, ``lost`` and ``gained`` counts.

    ``p_further``: H1, the second network differs from the first on more examples than a re-run. ``p_more_lost``: it lost more, less
    what it gained, than a re-run; None without labels.
    """

    n_reruns: int
    churn: float
    lost: float | None
    gained: float | None
    p_further: float
    p_more_lost: float | None


def rerun_floor(
    first: np.ndarray, second: np.ndarray, reruns: np.ndarray, labels: np.ndarray, *, seed: int = 0
) -> Floor:
    """Is the second network further from the first than re-runs of the first are?

    Parameters
    ----------
    first, second
        Predicted labels, shape (n,).
    reruns
        Those of the first network run again, shape (R, n).
    labels
        Given labels, −1 where there is none.
    seed
        Of the draws for ``p_more_lost``.

    Notes
    -----
    H0: on each example the second network is as one more re-run, so that it could be any of the R + 1. Random: which of them it
    is, example by example. The number of examples on which it differs is then a sum of independent draws, each of probability
    (how many of the R + 1 differ) / (R + 1), whose distribution is summed exactly; with one re-run this is McNemar's test. It
    answers for this checkpoint and these re-runs; it says nothing about another training run.
    """
    candidates = np.concatenate([second[None], reruns])
    differs = candidates != first
    p_further = _upper_tail(differs.sum(axis=0), len(candidates), int(differs[0].sum()))
    is_labelled = labels >= 0
    if not is_labelled.any():
        return Floor(len(reruns), float(differs[1:].mean()), None, None, p_further, None)
    right = (candidates == labels)[:, is_labelled].astype(np.int64)
    net = right - (first == labels)[is_labelled]
    lost, gained = (float((net[1:] == sign).sum(axis=1).mean()) for sign in (-1, 1))
    return Floor(len(reruns), float(differs[1:].mean()), lost, gained, p_further, _p_more_lost(net, seed))


def retraining_p(second: np.ndarray, first: np.ndarray, other: np.ndarray) -> float:
    """Does the second network differ more often from ``other`` than the first does? p-value; predicted labels, shapes (n,).

    ``other`` is one more network trained as the first was. H0: an example on which exactly one of the two agrees with it is as
    often the one as the other: McNemar's exact one-sided test. Random: the examples. That training again shifts many examples
    together is not in it: of dense networks of the embedded study it says "more" in 8 % of triples (benchmarks/retraining.py).
    """
    is_further, is_nearer = (second != other) & (first == other), (second == other) & (first != other)
    return float(mcnemar(int(is_further.sum()), int(is_nearer.sum())).one_sided)


def _upper_tail(n_differing: np.ndarray, n_candidates: int, observed: int) -> float:
    """P(sum ≥ observed) of independent draws with probabilities n_differing / n_candidates."""
    distribution, lowest = np.ones(1), int((n_differing == n_candidates).sum())
    for k in range(1, n_candidates):
        start, binomial = _trimmed(_binomial(int((n_differing == k).sum()), k / n_candidates))
        further, distribution = _trimmed(np.convolve(distribution, binomial))
        lowest += start + further
    return min(float(distribution[max(observed - lowest, 0) :].sum()), 1.0)


def _trimmed(p: np.ndarray) -> tuple[int, np.ndarray]:
    """Probabilities without the negligible ones at both ends, and how many were left out before them."""
    kept = np.flatnonzero(p > _NEGLIGIBLE)
    return int(kept[0]), p[kept[0] : kept[-1] + 1]


def _binomial(n: int, p: float) -> np.ndarray:
    table, k = log_factorials(n), np.arange(n + 1)
    return np.exp(table[n] - table[k] - table[n - k] + k * np.log(p) + (n - k) * np.log1p(-p))


def _p_more_lost(net: np.ndarray, seed: int) -> float:
    """Share of draws in which as much is lost as by the second network: row 0 of ``net``, (R + 1, n) in −1, 0, 1."""
    n_candidates = len(net)
    counts = np.stack([(net == -1).sum(axis=0), (net == 1).sum(axis=0)])
    patterns, n_examples = np.unique(counts, axis=1, return_counts=True)
    random = np.random.default_rng(seed)
    sums = np.zeros(N_DRAWS)
    for (lost, gained), n in zip(patterns.T / n_candidates, n_examples, strict=True):
        drawn = random.multinomial(n, [lost, gained, max(1 - lost - gained, 0.0)], size=N_DRAWS)
        sums += drawn[:, 0] - drawn[:, 1]
    observed = -int(net[0].sum())
    return float((1 + (sums >= observed).sum()) / (N_DRAWS + 1))
