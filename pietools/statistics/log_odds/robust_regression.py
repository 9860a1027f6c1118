"""Straight lines and curves that a minority of outlying examples does not move: Huber's and Tukey's M-estimators."""

from collections.abc import Callable

import numpy as np

HUBER = 1.345
"""Bend of Huber's weights in standard deviations: 95 % efficient where errors are normal."""
BIWEIGHT = 4.685
"""End of Tukey's biweight, likewise."""
MAX_STEPS = 1000
_CONVERGED = 1e-9  # of the largest change of a fitted value, in scales
_NORMAL_MAD = 0.6744897501960817  # median of |z|


def scale_of(residuals: np.ndarray) -> np.ndarray:
    """Median absolute residual, as a standard deviation of normal errors, along the last axis."""
    return np.median(np.abs(residuals), axis=-1) / _NORMAL_MAD


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
    Huber (1964), doi:10.1214/aoms/1177703732.
    """
    weights = np.ones_like(y)
    intercept = slope = np.zeros(len(y))
    before: np.ndarray | None = None
    for _ in range(MAX_STEPS):
        intercept, slope = _weighted_lines(x, y, weights)
        residuals = np.abs(y - intercept[:, None] - slope[:, None] * x)
        scale = np.maximum(scale_of(residuals), np.finfo(float).tiny)
        if before is not None:
            moved = np.abs(np.stack([intercept, slope]) - before).max(axis=0)
            if (moved <= _CONVERGED * np.maximum(scale, _CONVERGED)).all():
                break
        before = np.stack([intercept, slope])
        weights = np.minimum(1, HUBER * scale[:, None] / np.maximum(residuals, np.finfo(float).tiny))
    return intercept, slope


def _weighted_lines(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    total = weights.sum(axis=1)
    mean_x, mean_y = weights @ x / total, (weights * y).sum(axis=1) / total
    centred = x - mean_x[:, None]
    squares = (weights * centred**2).sum(axis=1)
    slope = (weights * centred * y).sum(axis=1) / np.where(squares > 0, squares, np.inf)
    return mean_y - slope * mean_x, slope


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
    return _reweighted(basis, y, start, _biweights, scale=float(scale_of(y - start)))


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
        unit = float(scale_of(y - fitted)) if scale is None else scale
        if unit <= np.finfo(float).tiny:
            break
        weighted = basis * weights_of(np.abs(y - fitted) / unit)[:, None]
        coefficients = np.linalg.lstsq(weighted.T @ basis, weighted.T @ y, rcond=None)[0]
        moved = basis @ coefficients - fitted
        fitted = fitted + moved
        if np.abs(moved).max() <= _CONVERGED * unit:
            break
    return fitted
