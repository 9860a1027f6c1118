"""What logits or probabilities of two networks say beyond right and wrong: log odds of the label, divergence, calibration."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from pietools.conventions import CONFIDENCE

# Below this a probability in float32 is noise, and so are log odds beyond ±16.1.
SMALLEST = 1e-7
N_BINS = 15
FEWEST = 5  # examples, for an interval
_NORMAL = NormalDist()


@dataclass(frozen=True)
class MeanChange:
    """Mean over examples of a change from the first network to the second, with a 95 % interval, and their median."""

    estimate: float
    conf_low: float
    conf_high: float
    median: float
    n: int


@dataclass(frozen=True)
class Divergence:
    """Kullback–Leibler divergence KL(first ‖ second) per example, in nats: mean, median and 99th percentile."""

    mean: float
    median: float
    p99: float


def label_log_odds(log_probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Log odds of each label, shape (n,): log p − log(1 − p), at most ±16.1, where probabilities are within 10⁻⁷ of 0 or 1.

    Parameters
    ----------
    log_probabilities
        Shape (n, m), each row the logarithms of probabilities up to an offset.
    labels
        Class of each example, shape (n,), all of them known.
    """
    rows = np.arange(len(labels))
    wide = log_probabilities.astype(np.float64)
    own = wide[rows, labels]
    wide[rows, labels] = -np.inf
    limit = math.log1p(-SMALLEST) - math.log(SMALLEST)
    return np.clip(own - _log_sum_exp(wide), -limit, limit)


def mean_change(change: np.ndarray) -> MeanChange | None:
    """Mean of paired differences, shape (n,), with Student's interval; None of fewer than five. Random: the examples."""
    n = len(change)
    if n < FEWEST:
        return None
    estimate = float(change.mean())
    half = _quantile(n - 1) * float(change.std(ddof=1)) / math.sqrt(n)
    return MeanChange(estimate, estimate - half, estimate + half, float(np.median(change)), n)


def divergence(first: np.ndarray, second: np.ndarray) -> Divergence:
    """KL(first ‖ second) of each example's probabilities, from their logarithms up to an offset, shapes (n, m).

    A class that the second network gives a probability below 10⁻⁷ counts as 10⁻⁷ there.
    """
    p, q = (_log_softmax(scores) for scores in (first, second))
    terms = np.exp(p) * (np.where(np.isfinite(p), p, 0.0) - np.maximum(q, math.log(SMALLEST)))
    per_example = np.maximum(terms.sum(axis=1), 0.0)
    return Divergence(float(per_example.mean()), float(np.median(per_example)), float(np.quantile(per_example, 0.99)))


def calibration_error(confidence: np.ndarray, is_correct: np.ndarray) -> float:
    """Expected calibration error Σ_b n_b / n · |accuracy_b − mean confidence_b| in 15 bins of equal width, shapes (n,).

    Guo et al. (2017), arXiv 1706.04599. It is above 0 for a calibrated network, too: compare networks on the same examples only.
    """
    bins = np.clip(np.ceil(confidence * N_BINS).astype(int) - 1, 0, N_BINS - 1)
    gaps = np.bincount(bins, weights=is_correct - confidence, minlength=N_BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def _log_softmax(scores: np.ndarray) -> np.ndarray:
    wide = scores.astype(np.float64)
    return wide - _log_sum_exp(wide)[:, None]


def _log_sum_exp(scores: np.ndarray) -> np.ndarray:
    largest = scores.max(axis=1)
    safe = np.where(np.isfinite(largest), largest, 0.0)
    with np.errstate(divide="ignore"):
        return safe + np.log(np.exp(scores - safe[:, None]).sum(axis=1))


def _quantile(df: int) -> float:
    """Quantile of Student's t for a 95 % interval, by its expansion about the normal (Fisher & Cornish 1960).

    Off by 10⁻³ at four degrees of freedom, by 10⁻⁷ at thirty.
    """
    z = _NORMAL.inv_cdf(1 - (1 - CONFIDENCE) / 2)
    return z + (
        (z**3 + z) / (4 * df)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * df**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * df**4)
    )
