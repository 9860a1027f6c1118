"""Is one regime more accurate than another, for other networks and other examples like these?

Here the networks and the examples are both random: each network sees each example, so the two are crossed, and the mean over both
varies with either. An error that counts the networks alone, or the examples alone, is too small.
"""

from dataclasses import dataclass

import numpy as np

from pietools.flags import Flag
from pietools.statistics.tools.estimates import Estimate, t_test
from pietools.statistics.tools.populations import Populations
from pietools.statistics.tools.t_tests import NO_SPREAD


@dataclass(frozen=True, kw_only=True)
class CrossedDifference(Estimate):
    """Difference of two mean accuracies, a − b, for other networks and other examples; None where it cannot be had.

    ``std_error_networks`` is what it would be if the examples were fixed, ``std_error_examples`` if the networks were. ``flag``:
    why there is no test (``one-network``, ``one-example``, ``no-variance``) or None.
    """

    std_error_networks: float | None = None
    std_error_examples: float | None = None


@dataclass(frozen=True)
class _Layout:
    """Mean squares of a networks × examples table without replication, each divided by K n: parts of the variance of its mean."""

    networks: float
    residual: float
    df_networks: int
    df_residual: int

    @classmethod
    def of(cls, table: np.ndarray) -> "_Layout":
        """Of a table of shape (K, n), both at least 2."""
        k, n = table.shape
        by_network, by_example = table.mean(axis=1), table.mean(axis=0)
        residual = table - by_network[:, None] - by_example + table.mean()
        df_networks, df_residual = k - 1, (k - 1) * (n - 1)
        return cls(
            float(by_network.var(ddof=1)) / k,
            float((residual**2).sum()) / df_residual / (k * n),
            df_networks,
            df_residual,
        )


def regime_difference(right_a: np.ndarray, right_b: np.ndarray, *, paired: bool) -> CrossedDifference:
    """Difference of the mean accuracies of two populations, with an error for networks and examples at once.

    Parameters
    ----------
    right_a, right_b
        Whether each network predicts each labelled example right, boolean or 0 and 1, shapes (K_A, n) and (K_B, n): the same
        examples in the same order. If ``paired``, row k of one matches row k of the other.

    Notes
    -----
    H0: the expected difference is 0. Random: the networks and the examples. Paired, with d_{k,i} = a_{k,i} − b_{k,i} and the mean
    squares of its two-way layout without replication,

        Var(d..) = (MS_networks − MS_residual)₊ / (K n) + MS_examples / (K n),

    in other words s²_networks / K + s²_examples / n less the residual, which both contain. Unpaired, the first term is the sum of
    those of a and of b, and the second is s² / n of the contrast ā_i − b̄_i. Degrees of freedom by Satterthwaite. Examples
    that were drawn in groups (frames of a film, patients with several images) are not independent: the error is too small then.

    References
    ----------
    Owen (2007), The pigeonhole bootstrap, arXiv 0712.1111, for the variance of a crossed mean. Satterthwaite (1946),
    doi:10.2307/3002019. Brennan (2001), Generalizability theory, doi:10.1007/978-1-4757-3456-0.
    """
    both = Populations(right_a, right_b, paired)
    a, b = (right.astype(np.float64) for right in (both.reference, both.compressed))
    estimate, n = float(a.mean() - b.mean()), a.shape[1]
    if min(len(a), len(b)) < 2 or n < 2:
        return CrossedDifference(estimate=estimate, flag=Flag.ONE_EXAMPLE if n < 2 else Flag.ONE_NETWORK)
    layouts = [_Layout.of(a - b)] if paired else [_Layout.of(a), _Layout.of(b)]
    examples = float((a.mean(axis=0) - b.mean(axis=0)).var(ddof=1)) / n
    return _test(estimate, layouts, examples, n - 1)


def _test(estimate: float, layouts: list[_Layout], examples: float, df_examples: int) -> CrossedDifference:
    """A t test with a variance that is a sum of mean squares; a negative part is taken as none."""
    parts = [(examples, df_examples)]
    variance = examples
    for layout in layouts:
        if layout.networks > layout.residual:
            variance += layout.networks - layout.residual
            parts += [(layout.networks, layout.df_networks), (layout.residual, layout.df_residual)]
    if variance <= NO_SPREAD**2:
        return CrossedDifference(estimate=estimate, flag=Flag.NO_VARIANCE)
    df = variance**2 / sum(part**2 / df for part, df in parts)
    return CrossedDifference(
        **t_test(estimate, float(np.sqrt(variance)), df),  # type: ignore[arg-type]
        std_error_networks=float(np.sqrt(sum(layout.networks for layout in layouts))),
        std_error_examples=float(np.sqrt(examples)),
    )
