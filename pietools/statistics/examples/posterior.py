"""How likely is it that compression raised the error rate of an example? Empirical Bayes with a joint prior.

With θ the probability that a network is wrong on an example, logit θ_C = logit θ_D + β. The prior is estimated from all examples
at once: θ_D has free weights on a grid, β is μ for most examples and spreads to either side of it for the others. Because the two
error rates are tied through β, differences that the binomial spread explains are not taken for effects, as they are if the
populations are fitted one by one. Here the examples are a sample as well as the networks.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy import stats
from scipy.special import expit, log_expit

from pietools.flags import Flag
from pietools.statistics.examples.joint_prior import EDGES, NODES, JointPrior, fit_joint_prior, rate_kernels
from pietools.statistics.tools.populations import Populations

DELTA = 0.1
FLAGGED = 0.9
_ODDS_RATIOS = 0.01, 100.0
_PARTS = 8
# Five equally probable values of the shift, given its error.
_QUANTILES = (np.arange(5) + 0.5) / 5
FEW_NETWORKS = 5


@dataclass(frozen=True)
class Posterior:
    """What the error rates became, per example.

    ``examples`` has a row per example, in their order: ``p_forgotten`` and ``p_recovered`` (posterior probabilities that its
    error rate rose, or fell, by more than δ) and ``posterior_change`` (posterior mean of θ_C − θ_D); nulls if there is no fit.
    ``n_forgotten`` and ``n_recovered`` count probabilities of at least 0.9, ``expected_false`` is the sum of 1 − p over them.
    ``shift`` is μ, the change of the logit that most examples share, ``shift_std_error`` its jackknife error over networks.
    ``weights`` are those of β on :data:`.SIGMAS`, the point at μ first. ``flag``: ``one-network`` or ``no-variance`` (no
    fit: a population of one, or no network is ever wrong, or ever right), ``few-networks`` (fewer than five: what is
    flagged is sound, but little is), ``not-converged``, or None.
    """

    examples: pl.DataFrame
    shift: float | None
    shift_std_error: float | None
    weights: np.ndarray | None
    n_forgotten: int
    n_recovered: int
    expected_false: float | None
    flag: str | None


def error_rate_posterior(right: Populations, *, delta: float = DELTA) -> Posterior:
    """Posterior probability, per example, that the error rate rose (fell) by more than δ.

    Random: the networks, and the examples as a sample from a population of examples, whose prior is estimated.

    Parameters
    ----------
    right
        Whether each network predicts the given label, boolean, (K_D, n) and (K_C, n).
    delta
        Smallest change of the error rate that counts, in [0, 1).

    Notes
    -----
    EM over the distinct pairs of wrong counts. Unpaired, the counts are independent binomials given the rates. Paired, the four
    outcomes of a pair are multinomial with margins θ_D and θ_C and one odds ratio for all examples (Plackett 1965,
    doi:10.1080/01621459.1965.10480807), estimated by Mantel and Haenszel over examples, which needs no prior. Given the two wrong
    counts, the number of pairs that are wrong together depends on that odds ratio alone, so that the likelihood of the rates
    needs the two counts only. The probabilities are averages over five equally probable values of μ, because all examples share
    the networks.

    References
    ----------
    Efron (2010), Large-scale inference, doi:10.1017/CBO9780511761362. Stephens (2017), False discovery rates: a new deal,
    doi:10.1093/biostatistics/kxw041, for the unimodal mixture and the weight on its point.
    """
    n_networks, sides = right.sizes, (right.reference, right.compressed)
    n_right = sum(int(side.sum()) for side in sides)
    if n_right in (0, sum(n_networks) * right.n_examples):
        return _no_fit(right.n_examples, Flag.NO_VARIANCE)
    if min(n_networks) < 2:
        return _no_fit(right.n_examples, Flag.ONE_NETWORK)
    wrong = [(~side).sum(axis=0) for side in sides]
    cells, which, n = np.unique(np.stack(wrong, axis=1), axis=0, return_inverse=True, return_counts=True)
    odds_ratio = _within_pairs(*sides) if right.paired else 1.0
    log_likelihood = _log_likelihood(cells, *n_networks, odds_ratio=odds_ratio)
    # Each row relative to its largest entry: only ratios matter, and none underflows where it counts.
    log_likelihood -= log_likelihood.max(axis=1, keepdims=True)
    likelihood = np.exp(log_likelihood, out=log_likelihood)
    fit = fit_joint_prior(likelihood, n, _common_shift(wrong[0], n_networks[0], wrong[1], n_networks[1]))
    std_error = _shift_std_error(*sides, paired=right.paired)
    shifts = fit.shift + std_error * stats.t.ppf(_QUANTILES, min(n_networks) - 1)
    cellwise = [_summaries(likelihood, replace(fit, shift=shift), delta) for shift in shifts]
    examples = pl.DataFrame(
        {name: np.mean([summary[name] for summary in cellwise], axis=0)[which.ravel()] for name in cellwise[0]}
    )
    return _posterior(examples, fit, std_error, min(n_networks))


def _no_fit(n_examples: int, flag: str) -> Posterior:
    nothing = pl.repeat(None, n_examples, dtype=pl.Float64, eager=True)
    examples = pl.DataFrame(dict.fromkeys(("p_forgotten", "p_recovered", "posterior_change"), nothing))
    return Posterior(examples, None, None, None, 0, 0, None, flag)


def _posterior(examples: pl.DataFrame, fit: JointPrior, std_error: float, n_networks: int) -> Posterior:
    forgotten, recovered = (examples[name].to_numpy() for name in ("p_forgotten", "p_recovered"))
    forgotten, recovered = forgotten[forgotten >= FLAGGED], recovered[recovered >= FLAGGED]
    flag = Flag.FEW_NETWORKS if n_networks < FEW_NETWORKS else None if fit.is_converged else Flag.NOT_CONVERGED
    return Posterior(
        examples=examples,
        shift=fit.shift,
        shift_std_error=std_error,
        weights=fit.weights,
        n_forgotten=len(forgotten),
        n_recovered=len(recovered),
        expected_false=float(np.sum(1 - forgotten) + np.sum(1 - recovered)),
        flag=flag,
    )


def _within_pairs(right_reference: np.ndarray, right_compressed: np.ndarray) -> float:
    """Mantel–Haenszel odds ratio of "both wrong" over examples; half a count more on either side keeps it finite."""
    n_both = (right_reference & right_compressed).sum(axis=0)
    n_harmful, n_beneficial = right_reference.sum(axis=0) - n_both, right_compressed.sum(axis=0) - n_both
    n_neither = len(right_reference) - n_both - n_harmful - n_beneficial
    return float(np.clip((n_both @ n_neither + 0.5) / (n_harmful @ n_beneficial + 0.5), *_ODDS_RATIOS))


def _common_shift(
    wrong_reference: np.ndarray, n_reference: int, wrong_compressed: np.ndarray, n_compressed: int
) -> float:
    """Mantel–Haenszel log odds ratio of being wrong, compressed against reference, over examples."""
    more = wrong_compressed @ (n_reference - wrong_reference)
    fewer = wrong_reference @ (n_compressed - wrong_compressed)
    return float(np.log((more + 0.5) / (fewer + 0.5)))


def _shift_std_error(right_reference: np.ndarray, right_compressed: np.ndarray, *, paired: bool) -> float:
    """Jackknife error of the common shift: leave out one network, or one pair.

    All examples share the networks, so that a population of good networks looks like a shift. The error says how much of it is.
    """
    (d, n_d), (c, n_c) = ((~right, len(right)) for right in (right_reference, right_compressed))
    wrong_d, wrong_c = d.sum(axis=0), c.sum(axis=0)

    def variance(without: list[float]) -> float:
        return (len(without) - 1) * float(np.var(without))

    if paired:
        pairs = zip(d, c, strict=True)
        return variance([_common_shift(wrong_d - x, n_d - 1, wrong_c - y, n_c - 1) for x, y in pairs]) ** 0.5
    of_reference = variance([_common_shift(wrong_d - x, n_d - 1, wrong_c, n_c) for x in d])
    of_compressed = variance([_common_shift(wrong_d, n_d, wrong_c - y, n_c - 1) for y in c])
    return (of_reference + of_compressed) ** 0.5


def _log_likelihood(cells: np.ndarray, n_reference: int, n_compressed: int, *, odds_ratio: float) -> np.ndarray:
    """Of each pair of wrong counts, shape (cells, nodes · nodes): θ_D changes slowly, θ_C fast."""
    wrong_reference, wrong_compressed = cells.T
    if odds_ratio == 1:
        reference = _binomial(wrong_reference, n_reference)
        compressed = _binomial(wrong_compressed, n_compressed)
        return (reference[:, :, None] + compressed[:, None, :]).reshape(len(cells), -1)
    # Any possible number of pairs that are wrong together gives the same, up to a factor; this one always is possible.
    both = wrong_reference * wrong_compressed // n_reference
    outcomes = [both, wrong_reference - both, wrong_compressed - both]
    return np.stack([*outcomes, n_reference - sum(outcomes)], axis=1) @ np.log(_pair_probabilities(odds_ratio))


def _binomial(n_wrong: np.ndarray, n_networks: int) -> np.ndarray:
    return n_wrong[:, None] * log_expit(NODES) + (n_networks - n_wrong)[:, None] * log_expit(-NODES)


def _pair_probabilities(odds_ratio: float) -> np.ndarray:
    """Both wrong, reference only, compressed only, neither: shape (4, nodes · nodes), Plackett's distribution."""
    reference, compressed = np.meshgrid(expit(NODES), expit(NODES), indexing="ij")
    rest = 1 + (reference + compressed) * (odds_ratio - 1)
    root = np.sqrt(rest**2 - 4 * odds_ratio * (odds_ratio - 1) * reference * compressed)
    both = 2 * odds_ratio * reference * compressed / (rest + root)
    outcomes = [both, reference - both, compressed - both, 1 - reference - compressed + both]
    return np.maximum(np.stack(outcomes).reshape(4, -1), np.finfo(float).tiny)


def _summaries(likelihood: np.ndarray, fit: JointPrior, delta: float) -> dict[str, np.ndarray]:
    """Posterior probabilities of a rise and a fall beyond δ, and the mean change, per cell."""
    kernels = fit.difficulty[:, None] * rate_kernels(fit.shift)
    point = fit.weights[0] * kernels[0]
    spread = np.tensordot(fit.weights, kernels, 1) - point
    marginal = likelihood @ (spread + point).ravel()
    # Nodes stand for the rates around them; at the point θ_C follows from θ_D, elsewhere the two lie anywhere in their cells.
    ends = np.clip(EDGES, NODES[0] - 1, NODES[-1] + 1)
    logits = ends[:-1, None] + np.diff(ends)[:, None] * (np.arange(_PARTS) + 0.5) / _PARTS
    shifted = expit(logits + fit.shift) - expit(logits)
    anywhere = expit(logits)[None, :, None, :] - expit(logits)[:, None, :, None]

    def expected(measure: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        prior = spread * measure(anywhere).mean(axis=(2, 3)) + point * measure(shifted).mean(axis=1)[:, None]
        return likelihood @ prior.ravel() / marginal

    return {
        "p_forgotten": np.minimum(expected(lambda change: change > delta), 1),
        "p_recovered": np.minimum(expected(lambda change: change < -delta), 1),
        "posterior_change": expected(lambda change: change),
    }
