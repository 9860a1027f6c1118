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

import numpy as np
from scipy.special import gammaln

from pietools.statistics.characterization.newton import Expansion, maximize


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
    *,
    start: np.ndarray | None = None,
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
    start
        Coefficients to start from, shape (1 + p,); by default 0.
    """
    tables = Tables.of(n_right, n_right_compressed, properties, n_networks)
    start = np.zeros(properties.shape[1] + 1) if start is None else start
    scale = np.abs(tables.design).max(axis=0, initial=0)
    coefficients, is_finite = maximize(tables.expand, start, scale)
    log_likelihood, _, information = tables.derivatives(coefficients)
    try:
        covariance = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        covariance, is_finite = np.full_like(information, np.nan), False
    return ConditionalFit(coefficients, covariance, log_likelihood, len(tables.design), is_finite)


@dataclass(frozen=True)
class Tables:
    """The informative examples, sorted by how many networks are right, so that those with one support are a slice."""

    design: np.ndarray  # (examples, 1 + p), a column of ones first
    n_right_compressed: np.ndarray  # (examples,)
    slices: list[
        tuple[slice, np.ndarray, np.ndarray]
    ]  # of each total: examples, support, log-probability at odds ratio 1

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
        order = informative[np.argsort(n_right[informative], kind="stable")]
        totals, first = np.unique(n_right[order], return_index=True)
        ends = np.append(first, len(order))[1:]
        slices = [
            (slice(start, end), *_central(int(total), *n_networks))
            for total, start, end in zip(totals, first, ends, strict=True)
        ]
        design = np.column_stack([np.ones(len(order)), properties[order]])
        return cls(design, n_right_compressed[order].astype(np.float64), slices)

    def derivatives(self, coefficients: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Log-likelihood, score (1 + p,) and information (1 + p, 1 + p)."""
        log_odds = self.design @ coefficients
        mean, variance = np.empty_like(log_odds), np.empty_like(log_odds)
        value = float(self.n_right_compressed @ log_odds)
        for examples, support, log_weight in self.slices:
            mean[examples], variance[examples], log_sum = _moments(log_odds[examples], support, log_weight)
            value += float(log_weight[(self.n_right_compressed[examples] - support[0]).astype(int)].sum() - log_sum)
        score = (self.n_right_compressed - mean) @ self.design
        return value, score, (self.design * variance[:, None]).T @ self.design

    def expand(self, coefficients: np.ndarray) -> Expansion:
        """Log-likelihood and Newton step."""
        value, score, information = self.derivatives(coefficients)
        return value, np.linalg.solve(information, score)


def _central(total: int, n_reference: int, n_compressed: int) -> tuple[np.ndarray, np.ndarray]:
    """Support of the number of compressed networks that are right, and its log-probabilities at odds ratio 1."""
    support = np.arange(max(0, total - n_reference), min(n_compressed, total) + 1, dtype=np.float64)
    ways = _log_choose(n_compressed, support) + _log_choose(n_reference, total - support)
    return support, ways - _log_choose(n_reference + n_compressed, np.array(total))


def _log_choose(n: int, k: np.ndarray) -> np.ndarray:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def _moments(log_odds: np.ndarray, support: np.ndarray, log_weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean and variance of the noncentral hypergeometric for each log odds ratio, and the sum of its log normalizers."""
    terms = log_odds[:, None] * support + log_weight
    largest = terms.max(axis=1)
    probability = np.exp(terms - largest[:, None])
    sums = probability.sum(axis=1)
    mean = probability @ support / sums
    variance = probability @ support**2 / sums - mean**2
    return mean, variance, float((largest + np.log(sums)).sum())
