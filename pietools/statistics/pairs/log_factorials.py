"""Logarithms of factorials, from which exact probabilities of counts are made.

scipy.stats and scipy.special have these distributions, and take longer to import than all that ``pietools compare`` does.
"""

import math

import numpy as np


def log_factorials(n: int) -> np.ndarray:
    """Logarithms of 0! to n!, shape (n + 1,), summed with more digits than float64 has where the machine has such a type."""
    logs = np.log(np.arange(1, n + 1, dtype=np.longdouble))
    return np.concatenate([[0.0], np.cumsum(logs)]).astype(np.float64)


def upper_tail_of_half(count: np.ndarray, n: np.ndarray) -> np.ndarray:
    """P(X ≥ count) of binomial X with ``n`` trials and probability ½, any shapes that fit each other."""
    count, n = np.broadcast_arrays(np.asarray(count, np.int64), np.asarray(n, np.int64))
    table = log_factorials(int(n.max(initial=0)))
    tails = [_tail(table, int(low), int(trials)) for low, trials in zip(count.flat, n.flat, strict=True)]
    return np.array(tails).reshape(n.shape)


def _tail(table: np.ndarray, low: int, n: int) -> float:
    if low <= 0:
        return 1.0
    if 2 * low < n + 1:  # the smaller of the two tails, so that nothing is lost to rounding
        return 1.0 - _tail(table, n - low + 1, n)
    k = np.arange(low, n + 1)
    return min(float(np.exp(table[n] - table[k] - table[n - k] - n * math.log(2)).sum()), 1.0)
