"""Were the same examples hit in two regimes? Correlation of the change of log odds, without networks' noise.

An example can change its error rate only where it is contested, and regimes contest different examples: had two regimes lost the
very same log odds, error rates would not correlate at 1. Log odds change by what was done to the example.
"""

import numpy as np
from scipy import stats

from pietools.flags import Flag
from pietools.statistics.log_odds.natural_spline import knots_at, natural_spline
from pietools.statistics.log_odds.normalisation import normalise
from pietools.statistics.regimes.change_correlation import ChangeCorrelation, change_correlation
from pietools.statistics.regimes.precision import precision_weights
from pietools.statistics.tools.populations import Populations, check_regimes

QUANTILES = (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)
"""Where the knots of difficulty are. What a curve misses is the same in both regimes: of squashed logits, where nothing was hit, a
line and a square found a correlation in 83 % of simulated studies, a spline with knots from 5 to 95 % in 37 %, this one in 2 %
(benchmarks/alternatives.py)."""


def log_odds_correlation(
    a: Populations,
    b: Populations,
    *,
    paired: bool,
    difficulty: np.ndarray,
    classes: np.ndarray | None = None,
    by_ranks: bool = False,
    seed: int | list[int] = 0,
) -> ChangeCorrelation:
    """Correlation over examples of the change of normalised log odds in two regimes, corrected for noise.

    H0 of the test: the expected changes are uncorrelated over examples. Random: the networks and the examples.

    Parameters
    ----------
    a, b
        Log odds of the label, nats, (K, n), of the same examples, finite.
    paired
        Whether row k of both regimes has the same replicate name.
    difficulty
        Mean log odds of other networks, a column per regime, (n, q), of which a natural spline is taken off. Without, pruned
        networks with smaller logits correlate at 0.45 where nothing is shared.
    classes
        Class of each example, shape (n,): an intercept for each.
    by_ranks
        Normal scores of the ranks within each network instead of its normalised log odds: the robust check.

    Returns
    -------
    ChangeCorrelation
        As :func:`pietools.statistics.regimes.change_correlation.change_correlation` gives it, in squared nats; ``no-order`` where a
        network does not tell easy from hard examples.
    """
    check_regimes(a, b, paired=paired)
    sides = [_normal_scores(one) if by_ranks else _normalised(one) for one in (a, b)]
    if sides[0] is None or sides[1] is None:
        return ChangeCorrelation(n_networks=min(*a.sizes, *b.sizes), flag=Flag.NO_ORDER)
    columns = np.hstack([natural_spline(column, knots_at(column, QUANTILES)) for column in difficulty.T])
    weights = precision_weights(sides[0], sides[1], columns, classes)
    return change_correlation(
        sides[0], sides[1], paired=paired, covariates=columns, classes=classes, weights=weights, seed=seed
    )


def _normalised(sides: Populations) -> Populations | None:
    found = normalise(sides.reference, sides.compressed)
    return Populations(found.reference, found.compressed, sides.paired) if found.is_possible else None


def _normal_scores(sides: Populations) -> Populations:
    n = sides.n_examples
    reference, compressed = (
        stats.norm.ppf((stats.rankdata(side, axis=1) - 0.5) / n) for side in (sides.reference, sides.compressed)
    )
    return Populations(reference, compressed, sides.paired)
