"""Excess churn: how many answers change because a compressed network takes the place of a dense one, beyond training again.

The same estimand for any number of networks, two and more, where PIEs change with it:

    E = mean over k ≠ l of ½ [churn(D_k, C_l) + churn(D_l, C_k)] − ½ [churn(D_k, D_l) + churn(C_k, C_l)]

with churn the share of examples that two networks answer differently. Its expectation is ½ Σ_i Σ_c (p^D_ic − p^C_ic)² / n, where p
is the probability that a network answers c: zero exactly where compression changed no such probability.
"""

from dataclasses import dataclass, replace

import numpy as np

from pietools.flags import Flag
from pietools.statistics.tools.estimates import Estimate, t_test
from pietools.statistics.tools.populations import Populations
from pietools.statistics.tools.t_tests import NO_SPREAD
from pietools.statistics.tools.u_statistics import FEWEST_NETWORKS, pair_sum_variance, pair_weights


@dataclass(frozen=True, kw_only=True)
class ExcessChurn(Estimate):
    """The excess with its error, and what it is made of, shares of the examples.

    ``again``: two dense networks differ; ``replaced``: a dense and a compressed one that do not match; ``compressed``: two
    compressed ones. ``replaced`` − ``again`` is the excess and ``less_agreement``, half of what compressed networks agree less
    among themselves. ``more`` is that sum with its error: what a compressed network in place of a dense one changes beyond training
    again.
    """

    again: float | None = None
    replaced: float | None = None
    compressed: float | None = None
    more: float | None = None
    more_std_error: float | None = None
    more_conf_low: float | None = None
    more_conf_high: float | None = None
    less_agreement: float | None = None


def excess_churn(votes: Populations) -> ExcessChurn:
    """Excess churn of a comparison, with 95 % t intervals. Random: the networks; the examples are fixed.

    Parameters
    ----------
    votes
        Predicted labels of both populations. A pair that matches is never compared with itself.

    Returns
    -------
    ExcessChurn
        ``one-network`` where a population has one, ``few-networks`` below four: no errors; ``no-variance`` where networks never
        differ.

    Notes
    -----
    A U-statistic over pairs of networks with all pairs; its variance is that of
    :func:`pietools.statistics.tools.u_statistics.pair_sum_variance`.
    """
    n_reference, _n_compressed = votes.sizes
    if min(votes.sizes) < 2:
        return ExcessChurn(flag=Flag.ONE_NETWORK)
    differ = _differences(np.vstack([votes.reference, votes.compressed]))
    d, c = slice(0, n_reference), slice(n_reference, None)
    if votes.paired:
        groups = np.zeros(n_reference, dtype=np.int64)
        between = (differ[d, c] + differ[c, d]) / 2
        within_d, within_c = differ[d, d], differ[c, c]
    else:
        groups = np.repeat([0, 1], votes.sizes)
        between, within_d, within_c = (np.zeros(differ.shape) for _ in range(3))
        between[d, c], between[c, d] = differ[d, c], differ[c, d]
        within_d[d, d], within_c[c, c] = differ[d, d], differ[c, c]
    weights = pair_weights(groups)
    # Summed over pairs of networks these are how often a dense and a compressed one differ, and half as often as two of a kind do.
    replaced = weights * between * (2 if votes.paired else 1)
    again, compressed = weights * within_d, weights * within_c
    parts = ExcessChurn(
        again=float(again.sum()),
        replaced=float(replaced.sum() / 2),
        compressed=float(compressed.sum()),
        less_agreement=float((compressed - again).sum() / 2),
    )
    excess, more = replaced - again - compressed, replaced - 2 * again
    estimates = {"estimate": float(excess.sum() / 2), "more": float(more.sum() / 2)}
    if min(votes.sizes) < FEWEST_NETWORKS:
        return replace(parts, **estimates, flag=Flag.FEW_NETWORKS)
    errors = [pair_sum_variance(kernel, groups) ** 0.5 for kernel in (excess, more)]
    if min(errors) <= NO_SPREAD:
        return replace(parts, **estimates, flag=Flag.NO_VARIANCE)
    df = min(votes.sizes) - 1
    of_more = t_test(estimates["more"], errors[1], df)
    return replace(
        parts,
        **t_test(estimates["estimate"], errors[0], df),  # type: ignore[arg-type]
        more=estimates["more"],
        more_std_error=errors[1],
        more_conf_low=of_more["conf_low"],
        more_conf_high=of_more["conf_high"],
    )


def _differences(predicted: np.ndarray) -> np.ndarray:
    """Share of the examples that each two networks answer differently, (K, K)."""
    return np.stack([(predicted != one).mean(axis=1) for one in predicted])
