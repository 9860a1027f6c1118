"""Which properties make compression hurt more, among examples of equal difficulty? The primary model.

    logit P(network k is right on example i) = α_i + C_k (β₀ + β′x_i),   C_k = 1 for compressed networks.

The difficulty α_i is conditioned out: given how many of all networks are right on an example, the number of compressed ones
among them is Fisher's noncentral hypergeometric with odds ratio exp(β₀ + β′x_i). A property that only goes with difficulty
has β = 0, while in a regression of "is a PIE" it has not: votes close to a tie change more easily. Examples on which all
networks are right, or none, say nothing.

References: Cox & Snell (1989), Analysis of binary data, section 2.1; Breslow & Day (1980), Statistical methods in cancer
research I, section 7.2 (conditional logistic regression); McCullagh & Nelder (1989), Generalized linear models, section 7.3.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import gammaln

from pietools.statistics.characterize.newton import Expansion, maximize


@dataclass(frozen=True)
class ConditionalFit:
    """Coefficients β₀, β of shape (1 + p,) and their inverse information (1 + p, 1 + p).

    The information takes the networks as independent.
    ``is_finite`` is False where the likelihood has no finite maximum; the numbers mean nothing then. ``n_informative``
    examples have some network right and some wrong.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    n_informative: int
    is_finite: bool


def fit_conditional(
    n_right: np.ndarray,
    n_right_compressed: np.ndarray,
    properties: np.ndarray,
    n_networks: tuple[int, int],
) -> ConditionalFit:
    """Maximize the conditional likelihood.

    Parameters
    ----------
    n_right, n_right_compressed
        How many of all networks, and of the compressed ones, are right on each example; integers, shapes (n,).
    properties
        Standardized, finite, shape (n, p).
    n_networks
        K_D and K_C.
    """
    tables = Tables.of(n_right, n_right_compressed, properties, n_networks)
    scale = np.abs(tables.design).max(axis=1, initial=0)
    coefficients, is_finite = maximize(tables.expand, np.zeros(len(scale)), scale)
    log_likelihood, _, information = tables.derivatives(coefficients)
    try:
        covariance = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        covariance, is_finite = np.full_like(information, np.nan), False
    return ConditionalFit(coefficients, covariance, log_likelihood, tables.design.shape[1], is_finite)


@dataclass(frozen=True)
class Tables:
    """The informative examples, one a column."""

    design: np.ndarray  # (1 + p, examples), a row of ones first
    n_right_compressed: np.ndarray  # (examples,)
    # (1 + K_C, examples): log-probability at odds ratio 1 of every number of right compressed networks, less the observed one's
    log_weights: np.ndarray

    @classmethod
    def of(
        cls,
        n_right: np.ndarray,
        n_right_compressed: np.ndarray,
        properties: np.ndarray,
        n_networks: tuple[int, int],
    ) -> "Tables":
        """Tables of the arguments of :func:`fit_conditional`."""
        informative = np.flatnonzero((n_right > 0) & (n_right < sum(n_networks)))
        observed = n_right_compressed[informative]
        log_weights = _log_ways(*n_networks)[:, n_right[informative]]
        log_weights -= log_weights[observed, np.arange(len(informative))]
        design = np.vstack([np.ones(len(informative)), properties[informative].T])
        return cls(design, observed.astype(np.float64), log_weights)

    def derivatives(self, coefficients: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Log-likelihood, score (1 + p,) and information (1 + p, 1 + p)."""
        log_odds = coefficients @ self.design
        mean, variance, log_sum = _moments(log_odds, self.log_weights)
        score = self.design @ (self.n_right_compressed - mean)
        return float(self.n_right_compressed @ log_odds) - log_sum, score, (self.design * variance) @ self.design.T

    def expand(self, coefficients: np.ndarray) -> Expansion:
        """Log-likelihood and Newton step."""
        value, score, information = self.derivatives(coefficients)
        return value, np.linalg.solve(information, score)


def expected_right_compressed(n_right: np.ndarray, log_odds: np.ndarray, n_networks: tuple[int, int]) -> np.ndarray:
    """Mean (n,) of the noncentral hypergeometric: right compressed networks, of ``n_right`` right ones, given log odds ratios."""
    mean, _, _ = _moments(log_odds, _log_ways(*n_networks)[:, n_right])
    return mean


@cache
def _log_ways(n_reference: int, n_compressed: int) -> np.ndarray:
    """Log of the ways in which c compressed networks of t are right, −∞ where there are none, shape (1 + K_C, 1 + K_D + K_C)."""
    n_right, total = np.arange(n_compressed + 1)[:, None], np.arange(n_reference + n_compressed + 1)
    return _log_choose(n_compressed, n_right) + _log_choose(n_reference, total - n_right)


def _log_choose(n: int, k: np.ndarray) -> np.ndarray:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def _moments(log_odds: np.ndarray, log_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean and variance of the noncentral hypergeometric for each log odds ratio, and the sum of its log normalizers."""
    support = np.arange(len(log_weights), dtype=np.float64)
    terms = np.outer(support, log_odds)
    terms += log_weights
    largest = terms.max(axis=0)
    terms -= largest
    sums, first, second = np.stack([support**0, support, support**2]) @ np.exp(terms, out=terms)
    mean = first / sums
    return mean, second / sums - mean**2, float((largest + np.log(sums)).sum())
