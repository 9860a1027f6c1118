"""Straight lines and curves that a minority of outlying examples does not move: Huber's and Tukey's M-estimators."""

from collections.abc import Callable

import numpy as np

HUBER = 1.345
"""Bend of Huber's weights in standard deviations: 95 % efficient where errors are normal."""
BIWEIGHT = 4.685
"""End of Tukey's biweight, likewise."""
MAX_STEPS = 1000
_CONVERGED = 1e-9  # of the largest change of a fitted value, in scales
_ROUNDING = 1e-14  # a variance that is a smaller share of its sum of squares is none
_NORMAL_MAD = 0.6744897501960817  # median of |z|
_SAMPLE = 1000  # values that say where a median is,
_MARGIN = 1.6  # this many square roots of their number of ranks on each side: three errors
_NEWTON_STEPS = 30


def scale_of(residuals: np.ndarray) -> float:
    """Median absolute residual of (n,), as a standard deviation of normal errors."""
    return _median(np.abs(residuals)) / _NORMAL_MAD


def _median(values: np.ndarray) -> float:
    """Median of (n,), without NaN: looked for between two values that a sample says it lies between."""
    low, high = (len(values) - 1) // 2, len(values) // 2
    sample = np.sort(values[:: max(len(values) // _SAMPLE, 1)])
    margin = 1 + int(_MARGIN * len(sample) ** 0.5)
    least, most = sample[max(len(sample) // 2 - margin, 0)], sample[min(len(sample) // 2 + margin, len(sample) - 1)]
    below, between = int(np.count_nonzero(values < least)), values[(values >= least) & (values <= most)]
    if not below <= low <= high < below + len(between):
        below, between = 0, values
    middle = np.partition(between, (low - below, high - below))
    return float((middle[low - below] + middle[high - below]) / 2)


def huber_lines(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Straight lines through each row of y, by Huber's M-estimator with the scale estimated anew in each step.

    Parameters
    ----------
    x
        Shape (n,); where all are the same the lines are flat.
    y
        Shape (K, n).

    Returns
    -------
    tuple
        Intercepts (K,) and slopes (K,).

    References
    ----------
    Huber (1964), doi:10.1214/aoms/1177703732. Solved by Newton's method, each line for itself.
    """
    # About 0, so that sums of squares lose no digits.
    centre = float(x.mean())
    x = x - centre
    lines = np.array([_huber_line(x, x**2, row) for row in y]).reshape(-1, 2)
    return lines[:, 0] - lines[:, 1] * centre, lines[:, 1]


def _huber_line(x: np.ndarray, squares: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Intercept and slope of one line, x about 0."""
    everyone = np.ones_like(x)
    intercept, slope = _step(x, squares, y, everyone)
    for n_steps in range(MAX_STEPS):
        residuals = y - intercept
        residuals -= slope * x
        size = np.abs(residuals)
        scale = max(_median(size) / _NORMAL_MAD, np.finfo(float).tiny)
        bound = HUBER * scale
        # Newton's method may go in circles; a step by all examples, and not by those within the bounds alone, gets nearer always.
        within = (size <= bound).astype(float) if n_steps < _NEWTON_STEPS else everyone
        risen, turned = _step(x, squares, np.clip(residuals, -bound, bound, out=residuals), within)
        intercept, slope = intercept + risen, slope + turned
        if max(abs(risen), abs(turned)) <= _CONVERGED * max(scale, _CONVERGED):
            break
    return intercept, slope


def _step(x: np.ndarray, squares: np.ndarray, residuals: np.ndarray, within: np.ndarray) -> tuple[float, float]:
    """What is to be added to intercept and slope: residuals as they count, on the examples (1 or 0) that say how steep it is."""
    total, sum_x, sum_xx = float(within.sum()), float(within @ x), float(within @ squares)
    sum_y, sum_xy = float(residuals.sum()), float(residuals @ x)
    spread = sum_xx - sum_x**2 / total
    slope = (sum_xy - sum_x * sum_y / total) / spread if spread > _ROUNDING * sum_xx else 0.0
    return (sum_y - slope * sum_x) / total, slope


def biweight_curve(columns: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Fitted values of a regression by Tukey's biweight, from Huber's solution, with the scale of that held.

    A redescending estimator gives no weight to what is far off: examples that were hit do not bend what happens to the others.

    Parameters
    ----------
    columns
        Design matrix with its intercept, shape (n, q), of full rank.
    y
        Shape (n,).

    References
    ----------
    Beaton & Tukey (1974), doi:10.1080/00401706.1974.10489171.
    """
    basis = np.linalg.qr(columns)[0]
    start = _reweighted(basis, y, basis @ (basis.T @ y), _huber_weights)
    return _reweighted(basis, y, start, _biweights, scale=scale_of(y - start))


def _huber_weights(residuals: np.ndarray) -> np.ndarray:
    return np.minimum(1, HUBER / np.maximum(residuals, np.finfo(float).tiny))


def _biweights(residuals: np.ndarray) -> np.ndarray:
    return np.where(residuals < BIWEIGHT, (1 - (residuals / BIWEIGHT) ** 2) ** 2, 0)


def _reweighted(
    basis: np.ndarray,
    y: np.ndarray,
    fitted: np.ndarray,
    weights_of: Callable[[np.ndarray], np.ndarray],
    scale: float | None = None,
) -> np.ndarray:
    """Iterate weighted least squares; the scale is estimated anew in each step unless it is given."""
    for _ in range(MAX_STEPS):
        unit = scale_of(y - fitted) if scale is None else scale
        if unit <= np.finfo(float).tiny:
            break
        weighted = basis * weights_of(np.abs(y - fitted) / unit)[:, None]
        coefficients = np.linalg.lstsq(weighted.T @ basis, weighted.T @ y, rcond=None)[0]
        moved = basis @ coefficients - fitted
        fitted = fitted + moved
        if np.abs(moved).max() <= _CONVERGED * unit:
            break
    return fitted
