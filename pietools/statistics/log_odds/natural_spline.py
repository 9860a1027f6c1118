"""Natural cubic splines: smooth between their knots, straight lines beyond the outer ones."""

import numpy as np

QUANTILES = (0.05, 0.275, 0.5, 0.725, 0.95)
"""Where five knots go (Harrell 2015, doi:10.1007/978-3-319-19425-7, section 2.4.6)."""


def knots_at(values: np.ndarray, quantiles: tuple[float, ...] = QUANTILES) -> np.ndarray:
    """Distinct quantiles of values (n,), at most as many as are asked for."""
    return np.unique(np.quantile(values, quantiles))


def natural_spline(values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Columns of a natural cubic spline, without an intercept.

    Parameters
    ----------
    values
        Shape (n,).
    knots
        Shape (m,), increasing. With two knots or fewer the spline is a line.

    Returns
    -------
    numpy.ndarray
        Shape (n, max(1, m − 1)): the values themselves, and what bends at each knot but the last two, on their scale.

    References
    ----------
    Hastie, Tibshirani & Friedman (2009), The Elements of Statistical Learning, 2nd edition, equations 5.4 and 5.5.
    """
    values = np.asarray(values, dtype=np.float64)
    if len(knots) < 3:
        return values[:, None]
    width = knots[-1] - knots[0]
    cubes = np.maximum(values[:, None] - knots, 0) ** 3 / width**2
    bends = (cubes[:, :-1] - cubes[:, -1:]) / (knots[-1] - knots[:-1])
    return np.column_stack([values, (bends[:, :-1] - bends[:, -1:]) * width])


def slopes(values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Derivatives of the columns of :func:`natural_spline` at the values, of the same shape."""
    values = np.asarray(values, dtype=np.float64)
    if len(knots) < 3:
        return np.ones((len(values), 1))
    width = knots[-1] - knots[0]
    squares = 3 * np.maximum(values[:, None] - knots, 0) ** 2 / width**2
    bends = (squares[:, :-1] - squares[:, -1:]) / (knots[-1] - knots[:-1])
    return np.column_stack([np.ones(len(values)), (bends[:, :-1] - bends[:, -1:]) * width])
