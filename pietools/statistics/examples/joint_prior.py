"""A joint prior for the error rates of two populations, estimated from all examples by EM.

logit θ_C = logit θ_D + β: θ_D has free weights on a grid of logits, β is a mixture of a point at μ and of half-normal spreads to
either side of it, independent of θ_D.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import erf

# Logits of the error rates: fine where a few dozen networks can tell rates apart, coarse where they cannot.
_INNER = np.arange(-16, 17) / 4
_OUTER = np.array([4.5, 5, 5.5, 6, 7, 8, 10, 12])
NODES = np.concatenate([-_OUTER[::-1], _INNER, _OUTER])
EDGES = np.concatenate([[-np.inf], (NODES[1:] + NODES[:-1]) / 2, [np.inf]])
# β = μ + σ|z| with z standard normal; 0 is the point at μ. Each side has its own weights: compression may only harm.
_SPREADS = np.array([0.25, 0.5, 1, 2, 4, 8])
SIGMAS = np.concatenate([[0], _SPREADS, -_SPREADS])
# Ten examples' worth of prior weight on the point, so that what fits equally well counts as no effect (Stephens 2017).
_NULL_WEIGHT = 10
# A component that is empty stays possible: an example unlike all others must not be squeezed into the rest.
_SMALLEST_WEIGHT = 1e-12
_START = 0.9
# Sweeps of five times three EM steps, until one gains less than this per example.
_SWEEPS, _STEPS, _GAIN = 60, 5, 1e-5


@dataclass(frozen=True)
class JointPrior:
    """Weights of θ_D on NODES and of β on SIGMAS, and μ; the log-likelihood is without the penalty."""

    difficulty: np.ndarray
    weights: np.ndarray
    shift: float
    log_likelihood: float = -np.inf
    n_iterations: int = 0
    is_converged: bool = True


def rate_kernels(shift: float) -> np.ndarray:
    """Probability of each node of θ_C given a node of θ_D, for each of SIGMAS: shape (sigmas, nodes, nodes)."""
    # The point falls between two nodes, and is shared by them.
    position = np.interp(NODES + shift, NODES, np.arange(len(NODES)))
    point = np.maximum(1 - np.abs(position[:, None] - np.arange(len(NODES))), 0)
    side, sigma = np.sign(SIGMAS[1:])[:, None, None], np.abs(SIGMAS[1:])[:, None, None]
    beyond = np.maximum(side * (EDGES - NODES[:, None] - shift), 0)
    return np.concatenate([point[None], np.diff(side * erf(beyond / sigma / np.sqrt(2)), axis=2)])


def _symmetric_kernels(shift: float) -> np.ndarray:
    """The same with both sides in one: normal distributions around the shift."""
    point, above, below = np.split(rate_kernels(shift), [1, 1 + len(_SPREADS)])
    return np.concatenate([point, (above + below) / 2])


def fit_joint_prior(likelihood: np.ndarray, n: np.ndarray, shift: float) -> JointPrior:
    """Shift and weights with equal sides, then at this shift weights of their own for each side.

    Parameters
    ----------
    likelihood
        Of each kind of observation at each pair of nodes, θ_D by rows and θ_C by columns: shape (kinds, nodes · nodes). Any
        factor per row.
    n
        Examples of each kind, shape (kinds,).
    shift
        Where μ starts.

    Notes
    -----
    In one go the shift would not be identified: a density that jumps at μ can bend a smooth one to either side of it.
    """
    start = np.full(len(NODES), 1 / len(NODES)), np.array([_START, *[(1 - _START) / len(_SPREADS)] * len(_SPREADS)])
    symmetric = _climb(likelihood, n, JointPrior(*start, shift), _symmetric_kernels, search=True)
    halves = symmetric.weights[1:] / 2
    weights = np.concatenate([symmetric.weights[:1], halves, halves])
    return _climb(likelihood, n, replace(symmetric, weights=weights), rate_kernels, search=False)


def _climb(
    likelihood: np.ndarray, n: np.ndarray, fit: JointPrior, kernels_of: Callable[[float], np.ndarray], *, search: bool
) -> JointPrior:
    """EM sweeps, and between them a search for the shift, until a sweep gains next to nothing."""
    parameters, shift = np.concatenate([fit.difficulty, fit.weights]), fit.shift
    penalised, n_iterations = -np.inf, fit.n_iterations
    for _sweep in range(_SWEEPS):
        kernels = kernels_of(shift)
        for _step in range(_STEPS):
            parameters = _accelerated_step(likelihood, n, parameters, kernels)
        n_iterations += 3 * _STEPS
        if search:
            shift = _best_shift(likelihood, n, parameters, shift, kernels_of)
        before, penalised = penalised, _em_step(likelihood, n, parameters, kernels_of(shift))[1]
        if is_converged := penalised - before < _GAIN * n.sum():
            break
    difficulty, weights = np.split(parameters, [len(NODES)])
    log_likelihood = penalised - _penalty(weights)
    return JointPrior(difficulty, weights, shift, log_likelihood, n_iterations, fit.is_converged and is_converged)


def _accelerated_step(likelihood: np.ndarray, n: np.ndarray, start: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """Three EM steps, the third from where the first two point to (Varadhan & Roland 2008, scheme S3)."""
    first, _ = _em_step(likelihood, n, start, kernels)
    second, at_first = _em_step(likelihood, n, first, kernels)
    roots = np.sqrt([start, first, second])  # so that the extrapolation stays positive
    change, bend = roots[1] - roots[0], roots[2] - 2 * roots[1] + roots[0]
    length = max(1.0, float(np.linalg.norm(change)) / max(float(np.linalg.norm(bend)), 1e-12))
    far = (roots[0] + 2 * length * change + length**2 * bend) ** 2
    third, at_far = _em_step(likelihood, n, _normalized(*np.split(far, [len(NODES)])), kernels)
    return third if at_far >= at_first else second


def _em_step(
    likelihood: np.ndarray, n: np.ndarray, parameters: np.ndarray, kernels: np.ndarray
) -> tuple[np.ndarray, float]:
    """The parameters after a step, and the penalised log-likelihood before it."""
    difficulty, weights = np.split(parameters, [len(NODES)])
    mixture = np.tensordot(weights, kernels, 1)
    marginal = _marginal(likelihood, difficulty, mixture)
    expected = ((n / marginal) @ likelihood).reshape(mixture.shape)  # times the prior: examples per pair of nodes
    stepped = weights * np.tensordot(kernels, difficulty[:, None] * expected, 2)
    stepped[0] += _NULL_WEIGHT - 1
    value = float(n @ np.log(marginal)) + _penalty(weights)
    return _normalized(difficulty * (mixture * expected).sum(axis=1), stepped), value


def _marginal(likelihood: np.ndarray, difficulty: np.ndarray, mixture: np.ndarray) -> np.ndarray:
    return np.maximum(likelihood @ (difficulty[:, None] * mixture).ravel(), np.finfo(float).tiny)


def _penalty(weights: np.ndarray) -> float:
    return (_NULL_WEIGHT - 1) * float(np.log(weights[0]))


def _normalized(difficulty: np.ndarray, weights: np.ndarray) -> np.ndarray:
    weights = np.maximum(weights / weights.sum(), _SMALLEST_WEIGHT)
    return np.concatenate([difficulty / difficulty.sum(), weights / weights.sum()])


def _best_shift(
    likelihood: np.ndarray,
    n: np.ndarray,
    parameters: np.ndarray,
    shift: float,
    kernels_of: Callable[[float], np.ndarray],
) -> float:
    difficulty, weights = np.split(parameters, [len(NODES)])

    def loss(candidate: float) -> float:
        mixture = np.tensordot(weights, kernels_of(candidate), 1)
        return -float(n @ np.log(_marginal(likelihood, difficulty, mixture)))

    best = minimize_scalar(loss, bounds=(shift - 0.5, shift + 0.5), method="bounded", options={"xatol": 1e-3})
    return float(best.x) if best.fun < loss(shift) else shift
