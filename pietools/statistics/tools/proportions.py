"""Proportions of examples: intervals, differences, and McNemar's test of one pair of networks.

The examples are random here, a sample of more such examples, and the networks fixed.
"""

import numpy as np
import polars as pl
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from pietools.conventions import CONFIDENCE

INTERVALS = {"wilson": "wilson", "clopper-pearson": "beta"}


def mcnemar(n_harmful: np.ndarray, n_beneficial: np.ndarray) -> pl.DataFrame:
    """McNemar's exact two-sided test for single pairs of networks: is one network of the pair more accurate than the other?

    Parameters
    ----------
    n_harmful, n_beneficial
        Examples that the first network of each pair has right and the second wrong, and the reverse; integers, shape (pairs,).

    Returns
    -------
    polars.DataFrame
        A row per pair: ``n_harmful``, ``n_beneficial``, ``p_value``, ``flag`` (``no-flips``: neither occurs) or null.

    Notes
    -----
    H0: a flip is as often harmful as beneficial. Random: the examples; the two networks are fixed. So it says that these two
    networks differ, and nothing about another training run: with several networks use
    :func:`pietools.statistics.accuracy.change.accuracy_change`. p = min(1, 2 P(X ≤ the smaller count)), X binomial with
    n_harmful + n_beneficial trials and probability ½.

    References
    ----------
    McNemar (1947), Note on the sampling error of the difference between correlated proportions or percentages.
    doi:10.1007/BF02295996
    """
    harmful, beneficial = np.broadcast_arrays(*map(np.atleast_1d, (n_harmful, n_beneficial)))
    n_flips = harmful + beneficial
    p_value = np.minimum(2 * stats.binom.cdf(np.minimum(harmful, beneficial), n_flips, 0.5), 1)
    flips = pl.DataFrame({"n_harmful": harmful, "n_beneficial": beneficial, "p_value": p_value})
    return _flagged(flips, n_flips > 0, "no-flips", ["p_value"])


def proportion_interval(count: np.ndarray, n: np.ndarray, method: str = "wilson") -> pl.DataFrame:
    """95 % interval of proportions count / n, shapes (rows,).

    The examples are random, and n counts examples: never examples × networks. ``wilson`` covers 95 % on average over proportions,
    ``clopper-pearson`` at least 95 % for each (Brown, Cai & DasGupta 2001, doi:10.1214/ss/1009213286).

    Returns
    -------
    polars.DataFrame
        A row per proportion: ``estimate``, ``conf_low``, ``conf_high``, ``flag`` (``no-examples``: n is 0) or null.
    """
    if method not in INTERVALS:
        raise ValueError(f"method is {' or '.join(INTERVALS)}, not {method}")
    count, n = _counts(count, n)
    some = np.where(n > 0, n, 1)
    low, high = proportion_confint(count, some, alpha=1 - CONFIDENCE, method=INTERVALS[method])
    frame = pl.DataFrame({"estimate": count / some, "conf_low": low, "conf_high": high})
    return _flagged(frame, n > 0, "no-examples", frame.columns)


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
    low, high = confint_proportions_2indep(
        count2, some2, count1, some1, compare="diff", method="newcomb", alpha=1 - CONFIDENCE
    )
    tables = np.stack([count2, n2 - count2, count1, n1 - count1], axis=-1).reshape(-1, 2, 2)
    frame = pl.DataFrame(
        {
            "estimate": count2 / some2 - count1 / some1,
            "p_value": [float(stats.fisher_exact(table).pvalue) for table in tables],
            "conf_low": low,
            "conf_high": high,
        }
    )
    return _flagged(frame, (n1 > 0) & (n2 > 0), "no-examples", frame.columns)


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
