"""Moderated t tests: each example's variance is shrunk towards what is usual, so that few networks do for thousands of tests.

It is how genetics finds changed genes among thousands with few samples.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import digamma, polygamma

from pietools.conventions import CONFIDENCE
from pietools.statistics.log_odds.natural_spline import natural_spline

_SMALLEST = 1e-5  # variances below this share of their median are raised to it, as limma does
_NEWTON_STEPS = 50


@dataclass(frozen=True)
class Moderated:
    """Changes of examples with shrunk standard errors.

    ``estimate``, ``std_error``, ``df``: (n,), the last with the prior's degrees of freedom. ``prior_df`` (∞ if the variances differ
    by no more than chance) and ``prior_variance``, (n,), of the estimates.
    """

    estimate: np.ndarray
    std_error: np.ndarray
    df: np.ndarray
    prior_df: float
    prior_variance: np.ndarray

    @property
    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the 95 % intervals, (n,) each."""
        half_width = stats.t.isf((1 - CONFIDENCE) / 2, self.df) * self.std_error
        return self.estimate - half_width, self.estimate + half_width


def moderate(estimate: np.ndarray, variance: np.ndarray, df: float, *, along: np.ndarray | None = None) -> Moderated:
    """Shrink variances towards their common prior, a scaled inverse χ².

    Parameters
    ----------
    estimate
        Mean changes, (n,).
    variance
        Of each estimate, (n,), from a sample, with ``df`` degrees of freedom.
    along
        What the prior variance varies with, (n,), such as difficulty: a natural spline with four degrees of freedom. None: it
        is the same for all.

    References
    ----------
    Smyth (2004), doi:10.2202/1544-6115.1027; with a trend, Law et al. (2014), doi:10.1186/gb-2014-15-2-r29.
    """
    prior_df, prior = fit_prior(variance, df, along=along)
    shrunk = prior + 0 * variance if np.isinf(prior_df) else (prior_df * prior + df * variance) / (prior_df + df)
    total = np.full(len(variance), min(df + prior_df, float(df * len(variance))))
    return Moderated(estimate, np.sqrt(shrunk), total, prior_df, prior)


def fit_prior(variance: np.ndarray, df: float, *, along: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """Degrees of freedom d₀ and scale s₀² of the prior, by the moments of log variances (Smyth 2004, section 6.2)."""
    raised = np.maximum(variance, 0)
    median = float(np.median(raised))
    raised = np.maximum(raised, _SMALLEST * (median if median > 0 else 1.0))
    e = np.log(raised) - digamma(df / 2) + np.log(df / 2)
    mean, spread = _moments(e, along)
    spread -= float(polygamma(1, df / 2))
    if spread <= 0:
        return np.inf, np.exp(mean) if along is not None else np.full(len(e), raised.mean())
    prior_df = 2 * _trigamma_inverse(spread)
    return prior_df, np.exp(mean + digamma(prior_df / 2) - np.log(prior_df / 2))


def _moments(e: np.ndarray, along: np.ndarray | None) -> tuple[np.ndarray, float]:
    """Mean of log variances, at each example, and their variance about it."""
    if along is None:
        return np.full(len(e), e.mean()), float(e.var(ddof=1))
    low, high = along.min(), along.max()
    knots = np.unique(np.concatenate([[low], np.quantile(along, [1 / 3, 2 / 3]), [high]]))
    scaled = (natural_spline(along, knots) - along.mean()) / max(float(along.std()), np.finfo(float).tiny)
    basis = np.linalg.qr(np.column_stack([np.ones(len(e)), scaled]))[0]
    mean = basis @ (basis.T @ e)
    return mean, float(((e - mean) ** 2).sum() / (len(e) - basis.shape[1]))


def _trigamma_inverse(value: float) -> float:
    """Solve trigamma(x) = value for x, by Newton's method on 1/trigamma (Smyth 2004, appendix)."""
    if value > 1e7:
        return float(1 / np.sqrt(value))
    if value < 1e-6:
        return 1 / value
    x = 0.5 + 1 / value
    for _ in range(_NEWTON_STEPS):
        trigamma = float(polygamma(1, x))
        step = trigamma * (1 - trigamma / value) / float(polygamma(2, x))
        x += step
        if -step / x < 1e-8:
            break
    return float(x)


def treat(moderated: Moderated, delta: float) -> np.ndarray:
    """p-values, (n,), of H0 |change| ≤ delta; with delta = 0 the moderated t test of no change. Random: the networks.

    References
    ----------
    McCarthy & Smyth (2009), doi:10.1093/bioinformatics/btp053.
    """
    size = np.abs(moderated.estimate)
    tails = (stats.t.sf((size + sign * delta) / moderated.std_error, moderated.df) for sign in (-1, 1))
    p_values: Any = sum(tails)
    return np.asarray(p_values)
