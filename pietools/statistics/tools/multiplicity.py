"""Many tests at once: adjusted p-values that pass over what was not tested, and max-t by sign flips."""

from collections.abc import Iterator

import numpy as np

# Up to this many sign flips are enumerated; otherwise as many are used: one fewer drawn, and the identity.
N_FLIPS = 10_000
_BATCH = 1_000
# Flips that give the same statistic may differ in the last bits.
_ROUNDING = 1e-9


def adjust(p_values: np.ndarray, method: str) -> np.ndarray:
    """Adjusted p-values over the tests that were made.

    Parameters
    ----------
    p_values
        Shape (m,); NaN where there was nothing to test.
    method
        ``holm`` (family-wise error, any dependence), ``benjamini-hochberg`` (false discovery rate, positive dependence) or
        ``benjamini-yekutieli`` (false discovery rate, any dependence).

    Returns
    -------
    numpy.ndarray
        Shape (m,); NaN where ``p_values`` is.

    Raises
    ------
    KeyError
        If the method has another name.

    References
    ----------
    Holm (1979). Benjamini & Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x; Benjamini & Yekutieli (2001),
    doi:10.1214/aos/1013699998
    """
    adjusted = np.full(len(p_values), np.nan)
    tested = np.isfinite(p_values)
    adjusted[tested] = ADJUSTED[method](p_values[tested])
    return adjusted


def _holm(p_values: np.ndarray) -> np.ndarray:
    order = np.argsort(p_values)
    return _in_place(order, np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1)))


def _benjamini_hochberg(p_values: np.ndarray) -> np.ndarray:
    order = np.argsort(p_values)[::-1]
    n = len(order)
    return _in_place(order, np.minimum.accumulate(p_values[order] * n / np.arange(n, 0, -1)))


def _benjamini_yekutieli(p_values: np.ndarray) -> np.ndarray:
    harmonic = (1 / np.arange(1, len(p_values) + 1)).sum()
    return np.minimum(_benjamini_hochberg(p_values) * max(harmonic, 1.0), 1)


def _in_place(order: np.ndarray, stepwise: np.ndarray) -> np.ndarray:
    """Adjusted p-values, at most 1, in the order of the tests."""
    adjusted = np.empty_like(stepwise)
    adjusted[order] = np.minimum(stepwise, 1)
    return adjusted


ADJUSTED = {
    "holm": _holm,
    "benjamini-hochberg": _benjamini_hochberg,
    "benjamini-yekutieli": _benjamini_yekutieli,
}


def max_t(differences: np.ndarray, *, seed: int | list[int]) -> np.ndarray:
    """Single-step max-|t| p-values of one-sample t tests, by flipping the signs of whole rows.

    H0: the rows are symmetric about 0, as differences within pairs are if the two of a pair are exchangeable. Random: the
    rows. A flip turns all columns of a row together, so that what holds between columns stays; the family-wise error is
    controlled if the p-values of the true null hypotheses do not depend on which others are false (subset pivotality).

    Parameters
    ----------
    differences
        Shape (K, m), each column with a spread.
    seed
        Of the sign flips, where they are drawn.

    Returns
    -------
    numpy.ndarray
        Shape (m,): the share of flips whose largest |t| is at least the |t| observed. All 2^K are enumerated if there are no
        more than 10,000 (K ≤ 13), else 9,999 are drawn and the identity is added. The smallest attainable p is 2^{1−K}, or
        1/10,000 where flips are drawn: no class can reach 0.05 with five pairs or fewer.

    References
    ----------
    Westfall & Young (1993), Resampling-based multiple testing, algorithm 2.5, with sign flips in place of the bootstrap.
    Phipson & Smyth (2010), doi:10.2202/1544-6115.1585, for the identity among the draws.
    """
    # A flip leaves the sum of squares as it is, so that |t| is an increasing function of |sum| / √(sum of squares).
    scaled = differences / np.sqrt((differences**2).sum(axis=0))
    observed = np.abs(scaled.sum(axis=0)) * (1 - _ROUNDING)
    largest = np.concatenate(
        [np.abs(signs @ scaled).max(axis=1, initial=0) for signs in _sign_flips(len(scaled), seed)]
    )
    as_large = len(largest) - np.searchsorted(np.sort(largest), observed)
    return as_large / len(largest)


def _sign_flips(n_rows: int, seed: int | list[int]) -> Iterator[np.ndarray]:
    """Batches of sign flips, shapes (at most 1,000, K), the identity among them."""
    if 2**n_rows <= N_FLIPS:
        flips = np.arange(2**n_rows)[:, None] >> np.arange(n_rows) & 1
    else:
        flips = np.random.default_rng(seed).integers(0, 2, size=(N_FLIPS, n_rows))
        flips[0] = 0
    for start in range(0, len(flips), _BATCH):
        yield 1.0 - 2.0 * flips[start : start + _BATCH]
