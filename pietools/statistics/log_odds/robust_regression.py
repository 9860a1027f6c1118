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


def scale_of(residuals: np.ndarray) -> np.ndarray:
    """Median absolute residual, as a standard deviation of normal errors, along the last axis."""
    return _scale(np.abs(residuals))


def _scale(absolute: np.ndarray) -> np.ndarray:
    # As np.median finds it, but for its search for NaN, which takes as long again.
    n = absolute.shape[-1]
    middle = np.partition(absolute, ((n - 1) // 2, n // 2), axis=-1)[..., (n - 1) // 2 : n // 2 + 1]
    return np.asarray(middle.mean(axis=-1) / _NORMAL_MAD)


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
    # About 0, so that sums of squares lose no digits.
    centre = float(x.mean())
    x = x - centre
    products = np.column_stack([np.ones_like(x), x, x**2])
    residuals = np.empty_like(y)
    for _ in range(MAX_STEPS):
        intercept, slope = _weighted_lines(products, y, weights)
        np.multiply.outer(slope, x, out=residuals)
        np.subtract(y, residuals, out=residuals)
        residuals -= intercept[:, None]
        np.abs(residuals, out=residuals)
        scale = np.maximum(_scale(residuals), np.finfo(float).tiny)
        if before is not None:
            moved = np.abs(np.stack([intercept, slope]) - before).max(axis=0)
            if (moved <= _CONVERGED * np.maximum(scale, _CONVERGED)).all():
                break
        before = np.stack([intercept, slope])
        bound = HUBER * scale[:, None]
        np.divide(bound, np.maximum(residuals, bound, out=weights), out=weights)
    return intercept - slope * centre, slope


def _weighted_lines(products: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted lines through each row of y; ``products``: 1, x and x² of each example, (n, 3), with x about 0."""
    total, sum_x, sum_xx = (weights @ products).T
    sum_y, sum_xy = ((weights * y) @ products[:, :2]).T
    squares = sum_xx - sum_x**2 / total
    slope = (sum_xy - sum_x * sum_y / total) / np.where(squares > _ROUNDING * sum_xx, squares, np.inf)
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
