"""Proportions of examples: intervals and differences.

The examples are random here, a sample of more such examples, and the networks fixed.
"""

import numpy as np
import polars as pl
from scipy import stats

from pietools.conventions import CONFIDENCE
from pietools.flags import Flag

INTERVALS = ("wilson", "clopper-pearson")
TAIL = (1 - CONFIDENCE) / 2
_Z = float(stats.norm.isf(TAIL))


def proportion_interval(count: np.ndarray, n: np.ndarray, method: str = "wilson") -> pl.DataFrame:
    """95 % interval of proportions count / n, shapes (rows,).

    The examples are random, and n counts examples: never examples × networks. ``wilson`` covers 95 % on average over proportions,
    ``clopper-pearson`` at least 95 % for each (Brown, Cai & DasGupta 2001, doi:10.1214/ss/1009213286).

    Returns
    -------
    polars.DataFrame
        A row per proportion: ``estimate``, ``conf_low``, ``conf_high``, ``flag`` (``no-examples``: n is 0) or null.

    Raises
    ------
    ValueError
        If there is no such method, or a count is not between 0 and its n.
    """
    if method not in INTERVALS:
        raise ValueError(f"method is {' or '.join(INTERVALS)}, not {method}")
    count, n = _counts(count, n)
    some = np.where(n > 0, n, 1)
    low, high = (_wilson if method == "wilson" else _clopper_pearson)(count, some)
    frame = pl.DataFrame({"estimate": count / some, "conf_low": low, "conf_high": high})
    return _flagged(frame, n > 0, Flag.NO_EXAMPLES, frame.columns)


def difference_of_proportions(count1: np.ndarray, n1: np.ndarray, count2: np.ndarray, n2: np.ndarray) -> pl.DataFrame:
    """Differences count2 / n2 − count1 / n1 of proportions in separate groups of examples, shapes (rows,).

    Returns
    -------
    polars.DataFrame
        A row per difference: ``estimate``, ``p_value`` (Fisher's exact test, two-sided, H0: the proportions are equal),
        ``conf_low``, ``conf_high`` (95 %, Newcombe's hybrid of Wilson's intervals), ``flag`` (``no-examples``: a group is empty)
        or null.

    Notes
    -----
    Random: the examples. The interval and the test are different approximations and may disagree near p = 0.05.

    References
    ----------
    Newcombe (1998), Interval estimation for the difference between independent proportions, method 10.
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    count1, n1, count2, n2 = _counts(count1, n1, count2, n2)
    some1, some2 = (np.where(n > 0, n, 1) for n in (n1, n2))
    low, high = _newcombe(count2, some2, count1, some1)
    tables = np.stack([count2, n2 - count2, count1, n1 - count1], axis=-1).reshape(-1, 2, 2)
    frame = pl.DataFrame(
        {
            "estimate": count2 / some2 - count1 / some1,
            "p_value": [float(stats.fisher_exact(table).pvalue) for table in tables],
            "conf_low": low,
            "conf_high": high,
        }
    )
    return _flagged(frame, (n1 > 0) & (n2 > 0), Flag.NO_EXAMPLES, frame.columns)


def log_ratio_interval(
    count1: np.ndarray, n1: np.ndarray, count2: np.ndarray, n2: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of the ratio (count1 / n1) / (count2 / n2) of separate groups, normal on the log scale, shapes (rows,).

    Parameters
    ----------
    count1, n1, count2, n2
        All above 0.

    References
    ----------
    Katz et al. (1978), Obtaining confidence intervals for the risk ratio in cohort studies. doi:10.2307/2530610
    """
    share1, share2 = count1 / n1, count2 / n2
    half_width = _Z * np.sqrt((1 - share1) / (n1 * share1) + (1 - share2) / (n2 * share2))
    log_ratio = np.log(share1 / share2)
    return np.exp(log_ratio - half_width), np.exp(log_ratio + half_width)


def _wilson(count: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    share, shrunk = count / n, 1 + _Z**2 / n
    center = (share + _Z**2 / (2 * n)) / shrunk
    half_width = _Z * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / shrunk
    # Where the count is 0, or n, an end lies at 0 or 1 but for rounding.
    return np.where(count == 0, 0.0, center - half_width), np.where(count == n, 1.0, center + half_width)


def _clopper_pearson(count: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low = stats.beta.ppf(TAIL, count, n - count + 1)
    high = stats.beta.isf(TAIL, count + 1, n - count)
    return np.where(count == 0, 0.0, low), np.where(count == n, 1.0, high)


def _newcombe(count1: np.ndarray, n1: np.ndarray, count2: np.ndarray, n2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of count1 / n1 − count2 / n2: method 10."""
    (low1, high1), (low2, high2) = _wilson(count1, n1), _wilson(count2, n2)
    difference = count1 / n1 - count2 / n2
    below = _Z * np.sqrt(low1 * (1 - low1) / n1 + high2 * (1 - high2) / n2)
    above = _Z * np.sqrt(high1 * (1 - high1) / n1 + low2 * (1 - low2) / n2)
    return difference - below, difference + above


def _counts(*columns: np.ndarray) -> list[np.ndarray]:
    """Counts and their n, in turn, as arrays of one shape."""
    arrays = [np.asarray(column) for column in np.broadcast_arrays(*map(np.atleast_1d, columns))]
    for count, n in zip(arrays[::2], arrays[1::2], strict=True):
        if ((count < 0) | (count > n)).any():
            raise ValueError("a count is between 0 and its n")
    return arrays


def _flagged(frame: pl.DataFrame, is_known: np.ndarray, flag: str, columns: list[str]) -> pl.DataFrame:
    """Null in ``columns`` and a flag where there is nothing to compute with."""
    known = pl.Series(is_known)
    return frame.with_columns(pl.when(known).then(pl.col(name)).alias(name) for name in columns).with_columns(
        flag=pl.when(known).then(None).otherwise(pl.lit(flag))
    )
