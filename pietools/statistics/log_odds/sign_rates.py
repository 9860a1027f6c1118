"""Local false sign rates: how probable it is that an effect has not the sign that its estimate has."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats
from scipy.special import ndtr, ndtri

N_FITTED = 10_000
"""Effects that the prior is fitted to, evenly taken from all."""
N_STEPS = 2000
_NULL_WEIGHT = 10.0
_LEAST_AT_ZERO = 1e-12
_CONVERGED = 1e-8
_NEGLIGIBLE = 1e-10
_GRID = 2**0.5


@dataclass(frozen=True)
class Posterior:
    """Of each effect a mixture of normals: ``weights``, ``means``, ``sds`` of shape (components, n); the first is a point at 0."""

    weights: np.ndarray
    means: np.ndarray
    sds: np.ndarray

    def below(self, value: float | np.ndarray) -> np.ndarray:
        """Probability that an effect is less than ``value``, (n,)."""
        return self.above(-value, -1.0)

    def above(self, value: float | np.ndarray, sign: float = 1.0) -> np.ndarray:
        """Probability that an effect, times ``sign``, is more than ``value``, (n,)."""
        of_others = self.weights[1:] * ndtr((sign * self.means[1:] - value) / self.sds[1:])
        return np.asarray(of_others.sum(axis=0) + self.weights[0] * (value < 0))

    @property
    def mean(self) -> np.ndarray:
        """Shrunk effects, (n,)."""
        return np.asarray((self.weights * self.means).sum(axis=0))

    @property
    def false_sign_rate(self) -> np.ndarray:
        """Probability that an effect is 0 or has the other sign, whichever sign is more probable, (n,)."""
        at_zero = self.weights[0]
        negative = (self.weights[1:] * ndtr(-self.means[1:] / self.sds[1:])).sum(axis=0)
        return np.minimum(at_zero + negative, 1 - negative)


def shrink(estimate: np.ndarray, std_error: np.ndarray, df: np.ndarray) -> Posterior:
    """Posterior of effects under a common prior that is unimodal at 0: a mixture of normals with a point at 0, fitted to all.

    Parameters
    ----------
    estimate, std_error, df
        Effects, their standard errors and the degrees of freedom of these, (n,): t likelihoods, taken for the normal ones that give
        the same p-values.

    References
    ----------
    Stephens (2017), False discovery rates: a new deal, doi:10.1093/biostatistics/kxw041; Lu & Stephens (2019), arXiv:1901.10679,
    for t likelihoods.
    """
    errors = _as_normal(estimate, std_error, df)
    prior_sds = _prior_sds(estimate, errors)
    chosen = np.linspace(0, len(estimate) - 1, min(N_FITTED, len(estimate))).astype(int)
    prior = _fit(_likelihood(estimate[chosen], errors[chosen], prior_sds))
    # Of seventy components a handful have weights.
    used = (prior > _NEGLIGIBLE) | (prior_sds == 0)
    prior, prior_sds = prior[used], prior_sds[used]
    likelihood = _likelihood(estimate, errors, prior_sds)
    weights = prior[:, None] * likelihood
    share = prior_sds[:, None] ** 2 / (prior_sds[:, None] ** 2 + errors**2)
    return Posterior(weights / weights.sum(axis=0), share * estimate, np.sqrt(share) * errors)


def _as_normal(estimate: np.ndarray, std_error: np.ndarray, df: np.ndarray) -> np.ndarray:
    """Standard errors with which a normal test gives the p-values of the t tests."""
    t = np.maximum(np.abs(estimate / std_error), 1e-3)  # the ratio has a limit at 0
    z = -ndtri(stats.t.sf(t, df))
    return std_error * t / np.where(np.isfinite(z), z, t)


def _prior_sds(estimate: np.ndarray, errors: np.ndarray) -> np.ndarray:
    smallest = errors.min() / 10
    largest = 2 * np.sqrt(max(float((estimate**2 - errors**2).max()), (4 * smallest) ** 2))
    n = int(np.ceil(np.log(largest / smallest) / np.log(_GRID)))
    return np.concatenate([[0.0], largest / _GRID ** np.arange(n, -1, -1)])


def _likelihood(estimate: np.ndarray, errors: np.ndarray, prior_sds: np.ndarray) -> np.ndarray:
    """Of each component at each effect, (components, n), scaled so that the largest at an effect is 1."""
    log = stats.norm.logpdf(estimate, scale=np.sqrt(prior_sds[:, None] ** 2 + errors**2))
    return np.asarray(np.exp(log - log.max(axis=0)))


def _fit(likelihood: np.ndarray) -> np.ndarray:
    """Weights of the components that maximize the likelihood, with ten effects' worth of favour for 0 (ashr has nine).

    With w ≥ 0 free and their sum penalized the maximum is the same, which leaves bounds as the only constraint. EM would move the
    weight at 0 by a ten-thousandth of what is missing in a step.
    """
    n = likelihood.shape[1]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        mixed = np.maximum(weights @ likelihood, np.finfo(float).tiny)
        at_zero = weights[0]
        value = weights.sum() - (np.log(mixed).sum() + _NULL_WEIGHT * np.log(at_zero)) / (n + _NULL_WEIGHT)
        gradient = 1 - (likelihood @ (1 / mixed)) / (n + _NULL_WEIGHT)
        gradient[0] -= _NULL_WEIGHT / at_zero / (n + _NULL_WEIGHT)
        return float(value), gradient

    start = np.full(len(likelihood), 1 / len(likelihood))
    options = {"maxiter": N_STEPS, "maxfun": 2 * N_STEPS, "ftol": 0.0, "gtol": _CONVERGED}
    # At the maximum the weight at 0 is above 10 / (n + 10): the bound only keeps a step's logarithm finite.
    bounds = [(_LEAST_AT_ZERO, None), *[(0, None)] * (len(start) - 1)]
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    weights: np.ndarray = np.maximum(found.x, 0)
    return weights / weights.sum()
