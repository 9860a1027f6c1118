"""Are networks more accurate on unseen data than their accuracy on clean data predicts?

The networks are random, both those in question and those that the prediction is made from; the examples are fixed.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import special, stats

from pietools.flags import Flag
from pietools.statistics.tools.estimates import Estimate, t_test
from pietools.statistics.tools.t_tests import NO_SPREAD

# Below this range of the clean accuracies, on the logit scale (0.90 to 0.917), the slope would be that of their noise: the standard
# error of an accuracy of 0.9 on 10,000 examples is 0.03 on that scale.
MIN_RANGE = 0.2
MIN_BASELINE = 5


@dataclass(frozen=True, kw_only=True)
class EffectiveRobustness(Estimate):
    """Mean accuracy on unseen data minus the predicted one, with a t test against 0 and a 95 % interval; None where unknown.

    ``predicted`` is the mean predicted accuracy, ``slope`` that of the line on the logit scale.
    ``is_slope_fitted``: False if slope 1 was taken, for the reason in ``flag``: ``few-baseline-networks`` (fewer than 5) or
    ``little-spread`` (their clean accuracies range over less than 0.2 on the logit scale). ``extrapolation``: the mean clean
    accuracy in question lies outside of the baseline's range, and the line goes on with slope 1 there. Other flags:
    ``no-baseline``, ``no-labels`` and ``zero-or-one`` (an accuracy without a logit): there is no estimate; ``one-network`` (or
    one baseline network) and ``no-variance``: there is no test.
    """

    predicted: float | None = None
    slope: float | None = None
    is_slope_fitted: bool = False


@dataclass(frozen=True)
class _Line:
    """logit(unseen) = intercept + slope · logit(clean) from low to high, and the covariance of (intercept, slope)."""

    intercept: float
    slope: float
    covariance: np.ndarray
    df: int
    low: float
    high: float
    flag: str | None


def effective_robustness(
    clean: np.ndarray, unseen: np.ndarray, baseline_clean: np.ndarray, baseline_unseen: np.ndarray
) -> EffectiveRobustness:
    """Accuracy on unseen data beyond what a line through baseline networks predicts from clean accuracy.

    Parameters
    ----------
    clean, unseen
        Accuracy of each network in question on clean and on unseen data, fractions, shapes (K,).
    baseline_clean, baseline_unseen
        The same of the networks that say what is usual, shapes (B,): other networks, of different clean accuracies.

    Notes
    -----
    H0: the networks lie on the baseline's line. Random: the networks of both sides, which are independent. The line is fitted by
    least squares to logit(baseline_unseen) against logit(baseline_clean); estimate = mean of unseen_k − expit(intercept +
    slope · logit(clean_k)). Its variance is that of the mean over the K networks plus that of the line (delta method), the degrees
    of freedom are Satterthwaite's. Where the slope cannot be had from the baseline, and beyond its range, the slope is taken as 1:
    the odds of being right change by the same factor. ``flag`` says so, and the interval then holds only if that is so.
    Noise in baseline_clean flattens the line; replicates of one recipe are not as independent as other recipes.

    References
    ----------
    Taori et al. (2020), Measuring robustness to natural distribution shifts in image classification, arXiv 2007.00644.
    """
    accuracies = np.concatenate([clean, unseen, baseline_clean, baseline_unseen])
    unknown = Flag.NO_BASELINE if not len(baseline_clean) else Flag.NO_LABELS if np.isnan(accuracies).any() else None
    if unknown or ((accuracies <= 0) | (accuracies >= 1)).any():
        return EffectiveRobustness(flag=unknown or Flag.ZERO_OR_ONE)
    x = special.logit(clean)
    line = _line(special.logit(baseline_clean), special.logit(baseline_unseen))
    within = np.clip(x, line.low, line.high)
    predicted = special.expit(line.intercept + line.slope * within + (x - within))
    beyond = unseen - predicted
    is_outside = not line.low <= x.mean() <= line.high
    found = EffectiveRobustness(
        estimate=float(beyond.mean()),
        predicted=float(predicted.mean()),
        slope=line.slope,
        is_slope_fitted=line.flag is None,
        flag=line.flag or (Flag.EXTRAPOLATION if is_outside else None),
    )
    if min(len(clean), len(baseline_clean)) < 2:
        return replace(found, flag=Flag.ONE_NETWORK)
    steepness = predicted * (1 - predicted)
    gradient = np.array([steepness.mean(), (steepness * within).mean()])
    networks, fit = float(beyond.var(ddof=1)) / len(clean), float(gradient @ line.covariance @ gradient)
    if networks + fit <= NO_SPREAD**2:
        return replace(found, flag=Flag.NO_VARIANCE)
    df = (networks + fit) ** 2 / (networks**2 / (len(clean) - 1) + fit**2 / line.df)
    return replace(found, **t_test(float(beyond.mean()), (networks + fit) ** 0.5, df))  # type: ignore[arg-type]


def _line(x: np.ndarray, y: np.ndarray) -> _Line:
    """Least squares where the baseline allows a slope, else slope 1 through its mean."""
    n, low, high = len(x), float(x.min()), float(x.max())
    flag = Flag.FEW_BASELINE_NETWORKS if n < MIN_BASELINE else Flag.LITTLE_SPREAD if high - low < MIN_RANGE else None
    if flag:
        intercept = float((y - x).mean())
        of_mean = float((y - x).var(ddof=1)) / n if n > 1 else 0.0
        return _Line(intercept, 1.0, np.array([[of_mean, 0.0], [0.0, 0.0]]), n - 1, low, high, flag)
    line = stats.linregress(x, y)
    crossed = -x.mean() * line.stderr**2
    covariance = np.array([[line.intercept_stderr**2, crossed], [crossed, line.stderr**2]])
    return _Line(float(line.intercept), float(line.slope), covariance, n - 2, low, high, None)
