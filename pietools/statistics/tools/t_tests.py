"""t tests of the columns of two samples, where there is a spread to test by; and their standardized difference."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special, stats

from pietools.conventions import CONFIDENCE
from pietools.statistics.tools.silenced import silenced

# A spread below this is rounding: what is tested here are recalls, multiples of 1/n, and their logits.
NO_SPREAD = 1e-12


def paired_t(reference: np.ndarray, compressed: np.ndarray) -> dict[str, np.ndarray]:
    """Paired t test of each column; H0: the mean difference is 0. Random: the rows.

    Parameters
    ----------
    reference, compressed
        Shapes (K, m); row k of one matches row k of the other.

    Returns
    -------
    dict
        ``estimate`` (compressed − reference), ``std_error``, ``statistic``, ``df``, ``p_value``, ``conf_low`` and ``conf_high``
        (95 %), each of shape (m,). All but the estimate are NaN where the differences have no spread or K = 1.
    """
    spread = (compressed - reference).std(axis=0)
    testable = (spread > NO_SPREAD) & (len(reference) > 1)
    return _t_tests(reference, compressed, testable, lambda d, c: stats.ttest_rel(c, d, axis=0))


def welch_t(reference: np.ndarray, compressed: np.ndarray) -> dict[str, np.ndarray]:
    """Welch's t test of each column; H0: the means are equal. Random: the rows.

    Parameters
    ----------
    reference, compressed
        Shapes (K_D, m) and (K_C, m).

    Returns
    -------
    dict
        As :func:`paired_t`; all but the estimate are NaN where neither side has a spread, or a side has one row.
    """
    spread = np.maximum(reference.std(axis=0), compressed.std(axis=0))
    testable = (spread > NO_SPREAD) & (min(len(reference), len(compressed)) > 1)
    return _t_tests(reference, compressed, testable, lambda d, c: stats.ttest_ind(c, d, axis=0, equal_var=False))


def _t_tests(
    reference: np.ndarray, compressed: np.ndarray, testable: np.ndarray, test: Callable[..., Any]
) -> dict[str, np.ndarray]:
    names = ("std_error", "statistic", "df", "p_value", "conf_low", "conf_high")
    columns = {name: np.full(len(testable), np.nan) for name in names}
    if testable.any():
        # One side may be constant: its variance is 0 then, which is right.
        with silenced("Precision loss occurred", RuntimeWarning):
            result = test(reference[:, testable], compressed[:, testable])
        interval = result.confidence_interval(CONFIDENCE)
        std_error = (interval.high - interval.low) / 2 / stats.t.isf((1 - CONFIDENCE) / 2, result.df)
        found = (std_error, result.statistic, result.df, result.pvalue, interval.low, interval.high)
        for name, values in zip(names, found, strict=True):
            columns[name][testable] = values
    return {"estimate": compressed.mean(axis=0) - reference.mean(axis=0), **columns}


def hedges_g(reference: np.ndarray, compressed: np.ndarray, *, paired: bool) -> np.ndarray:
    """Standardized difference of each column: J(df) · (mean_C − mean_D) / √((s²_D + s²_C) / 2).

    Parameters
    ----------
    reference, compressed
        Shapes (K_D, m) and (K_C, m); if ``paired``, row k of one matches row k of the other.

    Returns
    -------
    numpy.ndarray
        Shape (m,); NaN where neither side has a spread, or a side has fewer than three rows: J vanishes there.

    Notes
    -----
    J(df) = Γ(df/2) / (√(df/2) Γ((df − 1)/2)), with the Welch–Satterthwaite df of the average variance,
    (s²_D + s²_C)² / (s⁴_D / (K_D − 1) + s⁴_C / (K_C − 1)); paired, s⁴_D + s⁴_C + 2 s²_DC over K − 1 below, s_DC the covariance.
    In simulation g is within 0.5 % of its true value with ten rows, 3 % below it with five, up to 16 % with three.
    Delacre et al. (2021), doi:10.31234/osf.io/tu6mp; Cousineau & Goulet-Pelletier (2021), doi:10.20982/tqmp.17.1.p051.
    """
    k_reference, k_compressed = len(reference), len(compressed)
    g = np.full(reference.shape[1], np.nan)
    if min(k_reference, k_compressed) < 3:
        return g
    known = np.maximum(reference.std(axis=0), compressed.std(axis=0)) > NO_SPREAD
    reference, compressed = reference[:, known], compressed[:, known]
    variance_reference, variance_compressed = reference.var(axis=0, ddof=1), compressed.var(axis=0, ddof=1)
    spread = variance_reference**2 / (k_reference - 1) + variance_compressed**2 / (k_compressed - 1)
    if paired:
        products = (reference - reference.mean(axis=0)) * (compressed - compressed.mean(axis=0))
        spread = spread + 2 * (products.sum(axis=0) / (k_reference - 1)) ** 2 / (k_reference - 1)
    df = (variance_reference + variance_compressed) ** 2 / spread
    correction = np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / np.sqrt(df / 2)
    sd = np.sqrt((variance_reference + variance_compressed) / 2)
    g[known] = correction * (compressed.mean(axis=0) - reference.mean(axis=0)) / sd
    return g
