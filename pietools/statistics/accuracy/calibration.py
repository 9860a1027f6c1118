"""Do confidences mean what they say: is a network right on 90 % of the examples on which its confidence is 0.9?

The networks are random, the examples fixed, but for the interval of :func:`calibration_curve`, which says so.
"""

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.tools.proportions import proportion_interval

N_BINS = 15
BINNINGS = ("equal-mass", "equal-width")


def expected_calibration_error(
    confidence: np.ndarray, is_correct: np.ndarray, *, n_bins: int = N_BINS, binning: str = "equal-mass"
) -> pl.DataFrame:
    """Expected calibration error of each network: Σ_b n_b / n · |accuracy_b − mean confidence_b|.

    Parameters
    ----------
    confidence
        Largest probability, in [0, 1], shape (K, n); NaN where it is not known.
    is_correct
        Whether the prediction is right, shape (K, n); leave out examples without a label.
    binning
        ``equal-mass``: bins of n / n_bins examples of that network; ``equal-width``: bins of 1 / n_bins. Bins are (low, high], so
        equal confidences share a bin whatever the order of the examples, and equal masses are equal but for ties.

    Returns
    -------
    polars.DataFrame
        A row per network: ``estimate`` in [0, 1] and ``flag``: ``no-confidence`` if a confidence is NaN, ``no-examples``, or null.

    Notes
    -----
    The absolute value makes it positive also for a calibrated network, up to about 0.8 · √(n_bins · accuracy · (1 − accuracy) / n).
    Compare networks on the same examples only.

    References
    ----------
    Guo et al. (2017), On calibration of modern neural networks, arXiv 1706.04599: equal width. Nguyen & O'Connor (2015), Posterior
    calibration and exploratory analysis for natural language processing models, arXiv 1508.05154, and Nixon et al. (2019),
    Measuring calibration in deep learning, arXiv 1904.01685: equal mass.
    """
    _check(confidence, is_correct, binning)
    n = confidence.shape[1]
    flag = np.where(np.isnan(confidence).any(axis=1), Flag.NO_CONFIDENCE, Flag.NO_EXAMPLES if n == 0 else "")
    estimate = [
        None if why else _error(of_network, right, n_bins, binning)
        for of_network, right, why in zip(confidence, is_correct, flag, strict=True)
    ]
    return pl.DataFrame(
        {"estimate": estimate, "flag": flag}, schema={"estimate": pl.Float64, "flag": pl.String}
    ).with_columns(pl.col("flag").replace("", None))


def calibration_curve(
    confidence: np.ndarray, is_correct: np.ndarray, *, n_bins: int = N_BINS, binning: str = "equal-mass"
) -> pl.DataFrame:
    """Accuracy against confidence, for a chart: the predictions of all networks in common bins.

    Parameters
    ----------
    confidence, is_correct, binning
        As in :func:`expected_calibration_error`, shapes (K, n); equal mass is over all networks here.

    Returns
    -------
    polars.DataFrame
        A row per bin that is not empty: ``bin`` from 0, ``n`` (examples of the bin, mean over networks), ``mean_confidence``,
        ``accuracy``, ``conf_low``, ``conf_high``: Wilson's 95 % interval of the accuracy of n examples. No rows if a confidence is
        NaN or there are no examples.

    Notes
    -----
    In the interval the examples are random and the networks fixed. Networks share examples, so it counts each example once.
    """
    _check(confidence, is_correct, binning)
    if np.isnan(confidence).any() or not confidence.size:
        empty = ("n", "mean_confidence", "accuracy", "conf_low", "conf_high")
        return pl.DataFrame(schema={"bin": pl.Int64} | dict.fromkeys(empty, pl.Float64))
    pooled, right = confidence.ravel(), is_correct.ravel()
    bins = _bins(pooled, n_bins, binning)
    n = np.bincount(bins, minlength=n_bins)
    used = np.flatnonzero(n)
    n_right, confidences = (np.bincount(bins, weights, n_bins)[used] for weights in (right, pooled))
    per_network = n[used] / len(confidence)
    interval = proportion_interval(n_right / len(confidence), per_network)
    return pl.DataFrame(
        {"bin": used, "n": per_network, "mean_confidence": confidences / n[used], "accuracy": n_right / n[used]}
    ).with_columns(interval["conf_low"], interval["conf_high"])


def _check(confidence: np.ndarray, is_correct: np.ndarray, binning: str) -> None:
    if binning not in BINNINGS:
        raise ValueError(f"binning is {' or '.join(BINNINGS)}, not {binning}")
    if confidence.ndim != 2 or confidence.shape != is_correct.shape:
        raise ValueError(f"confidences of shape {confidence.shape} do not fit is_correct of shape {is_correct.shape}")


def _error(confidence: np.ndarray, is_correct: np.ndarray, n_bins: int, binning: str) -> float:
    gaps = np.bincount(_bins(confidence, n_bins, binning), is_correct - confidence.astype(np.float64))
    return float(np.abs(gaps).sum() / len(confidence))


def _bins(confidence: np.ndarray, n_bins: int, binning: str) -> np.ndarray:
    """Bin of each confidence, shape (n,): the lowest whose upper edge is not below it."""
    if binning == "equal-width":
        # In the confidences' own precision: the float32 nearest to 0.2 lies above 0.2, and belongs to the bin up to 0.2.
        upper = np.linspace(0, 1, n_bins + 1)[1:-1].astype(confidence.dtype)
    else:
        ranks = -(-np.arange(1, n_bins) * len(confidence) // n_bins) - 1
        upper = np.partition(confidence, ranks)[ranks]
    return np.searchsorted(upper, confidence, side="left")
