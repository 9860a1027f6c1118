"""How far do annotators agree on whether a category applies, beyond chance?"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from pietools.conventions import CONFIDENCE


@dataclass(frozen=True)
class Agreement:
    """Kappa with its standard error and 95 % interval, and the share of agreeing pairs of annotators; None where there is none."""

    kappa: float | None
    agreement: float | None
    std_error: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None


def fleiss(n_present: np.ndarray, n_annotators: int) -> Agreement:
    """Fleiss' kappa of two or more annotators.

    Parameters
    ----------
    n_present
        Annotators who said that the category applies, per example that all of them coded, shape (n,).
    n_annotators
        How many annotators there are.

    Returns
    -------
    Agreement
        Without kappa where the category was said of every example by all, or of none: chance agrees there, too.

    Notes
    -----
    Random: the examples; the annotators are fixed. Standard error by the delete-one jackknife over examples, interval by t with
    n − 1 degrees of freedom, cut at ±1.

    References
    ----------
    Fleiss (1971), Measuring nominal scale agreement among many raters. doi:10.1037/h0031619
    """
    present = np.asarray(n_present, float)
    n, m = len(present), n_annotators
    if n == 0 or m < 2:
        return Agreement(None, None)
    agreeing = (present * (present - 1) + (m - present) * (m - present - 1)) / (m * (m - 1))
    observed = float(agreeing.mean())
    kappa = _kappa(observed, float(present.mean()) / m)
    if kappa is None or n < 3:
        return Agreement(kappa, observed)
    without = [
        _kappa(one, share) for one, share in zip(_without_each(agreeing), _without_each(present) / m, strict=True)
    ]
    if None in without:
        return Agreement(kappa, observed)
    left_out = np.array(without, float)
    std_error = float(np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum()))
    return _with_interval(kappa, observed, std_error, float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)))


def cohen(first: np.ndarray, second: np.ndarray) -> Agreement:
    """Cohen's kappa of two annotators.

    Parameters
    ----------
    first, second
        Whether each of them said that the category applies, booleans of shape (n,).

    Returns
    -------
    Agreement
        Without kappa where both said the same of every example.

    Notes
    -----
    Random: the examples. The standard error is the asymptotic one of Fleiss, Cohen & Everitt (equation 13), the interval normal and
    cut at ±1.

    References
    ----------
    Cohen (1960), doi:10.1177/001316446002000104. Fleiss, Cohen & Everitt (1969), Large sample standard errors of kappa and weighted
    kappa, doi:10.1037/h0028106.
    """
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    n = len(first)
    if n == 0:
        return Agreement(None, None)
    shares = np.array(
        [[np.mean(~first & ~second), np.mean(~first & second)], [np.mean(first & ~second), np.mean(first & second)]]
    )
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, by_chance = float(np.trace(shares)), float(rows @ columns)
    if by_chance == 1:
        return Agreement(None, observed)
    kappa = (observed - by_chance) / (1 - by_chance)
    sums = rows[None, :] + columns[:, None]  # of the row of one category and the column of another
    on = sum(shares[i, i] * ((1 - by_chance) - (rows[i] + columns[i]) * (1 - observed)) ** 2 for i in range(2))
    off = (1 - observed) ** 2 * sum(shares[i, j] * sums[i, j] ** 2 for i in range(2) for j in range(2) if i != j)
    variance = (on + off - (observed * by_chance - 2 * by_chance + observed) ** 2) / (n * (1 - by_chance) ** 4)
    return _with_interval(
        kappa, observed, float(np.sqrt(max(variance, 0.0))), float(stats.norm.ppf((1 + CONFIDENCE) / 2))
    )


def _kappa(observed: float, share: float) -> float | None:
    by_chance = share**2 + (1 - share) ** 2
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def _without_each(values: np.ndarray) -> np.ndarray:
    """Means without each value in turn."""
    return (values.sum() - values) / (len(values) - 1)


def _with_interval(kappa: float, observed: float, std_error: float, quantile: float) -> Agreement:
    """Without an interval where the error comes out as 0, as where an annotator always says the same: it is not known."""
    if std_error**2 < 1e-10:
        return Agreement(float(kappa), observed)
    low, high = (max(-1.0, kappa - quantile * std_error), min(1.0, kappa + quantile * std_error))
    return Agreement(float(kappa), observed, std_error, low, high)
