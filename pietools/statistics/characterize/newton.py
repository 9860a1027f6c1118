"""Newton's method for the log-likelihoods of this package: they are concave, so it finds the only maximum if there is one."""

from collections.abc import Callable

import numpy as np

TOLERANCE = 1e-5
N_ITERATIONS = 25
_N_HALVINGS = 20
_ROUNDING = 1e-10

Expansion = tuple[float, np.ndarray]  # the log-likelihood at a point, and the Newton step from it


def maximize(
    expand: Callable[[np.ndarray], Expansion], start: np.ndarray, scale: np.ndarray, tolerance: float = TOLERANCE
) -> tuple[np.ndarray, bool]:
    """Where a concave function is largest, shape (p,), and whether the search came to an end.

    ``expand`` gives the value at a point and the Newton step from there. A step that makes things worse is halved. With
    ``scale`` (p,), the largest entry of each column, a step that changes no log odds by ``tolerance`` through any one column
    is the last, and what is left after it is about its square. Where there is no finite maximum, as for separated data, each
    step changes some log odds by about 1, however small the coefficient's part, and the search does not come to an end.
    """
    point = start
    try:
        value, step = expand(point)
        for _ in range(N_ITERATIONS):
            if (np.abs(step) * scale).max(initial=0) < tolerance:
                return point + step, True
            point, value, step = _improve(expand, point, value, step)
    except np.linalg.LinAlgError:
        return point, False
    return point, False


def _improve(
    expand: Callable[[np.ndarray], Expansion], point: np.ndarray, value: float, step: np.ndarray
) -> tuple[np.ndarray, float, np.ndarray]:
    """The next point, and the value and Newton step there."""
    for _ in range(_N_HALVINGS):
        reached, onward = expand(point + step)
        if reached >= value - _ROUNDING * abs(value):
            break
        step = step / 2
    return point + step, reached, onward
