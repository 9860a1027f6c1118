"""Which single examples were hit: whose log odds changed otherwise than those of examples as hard as they."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from pietools.conventions import LEVEL
from pietools.flags import Flag
from pietools.statistics.log_odds.moderation import Moderated, moderate, treat
from pietools.statistics.log_odds.natural_spline import knots_at, natural_spline
from pietools.statistics.log_odds.normalisation import normalise
from pietools.statistics.log_odds.robust_regression import biweight_curve
from pietools.statistics.log_odds.sign_rates import Posterior, shrink
from pietools.statistics.tools.multiplicity import adjust
from pietools.statistics.tools.populations import check_paired
from pietools.statistics.tools.t_tests import NO_SPREAD

FEWEST_EXAMPLES = 30
"""Fewer have no trend to be compared with."""
FEWEST_DF = 2
"""With one, two matched pairs, false examples were found in a quarter of simulated studies in which nothing happened
(benchmarks/alternatives.py)."""


@dataclass(frozen=True)
class ExampleChanges:
    """Changes of the log odds of examples, in nats on the scale of the common profile, of shape (n,).

    ``profile``: mean log odds over both populations. ``change`` is the mean over networks, ``trend`` what happens to examples as
    hard, and ``beyond`` the rest with its errors.
    ``nonlinearity``: how far the trend is from a straight line, as a standard deviation over examples (nats).
    """

    profile: np.ndarray
    change: np.ndarray
    trend: np.ndarray
    beyond: Moderated
    nonlinearity: float
    _p_values: dict[float, np.ndarray] = field(default_factory=dict, init=False, repr=False, compare=False)

    def p_values(self, delta: float) -> np.ndarray:
        """Of H0 |change beyond the trend| ≤ delta, (n,). Random: the networks."""
        if delta not in self._p_values:
            self._p_values[delta] = treat(self.beyond, delta)
        return self._p_values[delta]

    def found(self, delta: float, level: float = LEVEL) -> np.ndarray:
        """−1 where an example was hit, 1 where it was spared, 0 where neither was shown, at a false discovery rate."""
        is_found = adjust(self.p_values(delta), "benjamini-hochberg") <= level
        return np.where(is_found, np.sign(self.beyond.estimate), 0).astype(int)

    @cached_property
    def posterior(self) -> Posterior:
        """Of the changes beyond the trend, under their common prior."""
        return shrink(self.beyond.estimate, self.beyond.std_error, self.beyond.df)


def example_changes(reference: np.ndarray, compressed: np.ndarray, *, paired: bool) -> ExampleChanges | Flag:
    """Test each example's change of log odds, beyond what compression does to equally hard examples.

    Parameters
    ----------
    reference, compressed
        Log odds of the label (nats), (K_D, n) and (K_C, n), finite.
    paired
        Whether row k of one matches row k of the other.

    Returns
    -------
    ExampleChanges or Flag
        ``few-networks`` with fewer than three matched pairs or two networks of each, ``few-examples`` below thirty, ``no-order`` if
        a network does not tell easy from hard examples, ``no-variance`` if the networks of a side are copies of each other.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Notes
    -----
    What is moderated is the variance of the change, once: Welch's test with variances of the populations that are moderated
    separately did not hold its level with five networks (0.12).

    References
    ----------
    Smyth (2004), doi:10.2202/1544-6115.1027. That impact and differential functioning at equal ability are two questions: Holland &
    Wainer (1993), Differential Item Functioning.
    """
    check_paired(reference, compressed, paired=paired)
    sizes = len(reference), len(compressed)
    if reference.shape[1] != compressed.shape[1]:
        raise ValueError(f"shapes {reference.shape} and {compressed.shape} do not fit each other")
    if min(sizes) < 2 or (sizes[0] - 1 if paired else sum(sizes) - 2) < FEWEST_DF:
        return Flag.FEW_NETWORKS
    if reference.shape[1] < FEWEST_EXAMPLES:
        return Flag.FEW_EXAMPLES
    normalised = normalise(reference, compressed)
    if not normalised.is_possible:
        return Flag.NO_ORDER
    change = normalised.compressed.mean(axis=0) - normalised.reference.mean(axis=0)
    trend = trend_along(normalised.profile, change)
    variance, df = variance_of_change(normalised.reference, normalised.compressed, paired=paired)
    if np.median(variance) <= NO_SPREAD**2 < np.abs(change).max():
        return Flag.NO_VARIANCE
    return ExampleChanges(
        profile=normalised.profile,
        change=change,
        trend=trend,
        beyond=moderate(change - trend, variance, df),
        nonlinearity=_distance_from_line(normalised.profile, trend),
    )


def trend_along(profile: np.ndarray, change: np.ndarray) -> np.ndarray:
    """What happens to examples as hard as each, (n,): a natural spline of the change on the profile that outliers do not bend."""
    columns = natural_spline(profile, knots_at(profile))
    scaled = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    return biweight_curve(np.column_stack([np.ones(len(profile)), scaled]), change)


def variance_of_change(reference: np.ndarray, compressed: np.ndarray, *, paired: bool) -> tuple[np.ndarray, int]:
    """Variance of the mean change of each example, (n,), and its degrees of freedom.

    Unpaired it is pooled over the populations. If they are of unlike sizes, their variances are taken to be in one proportion for
    all examples, as limma's lmFit does with a weight for each population: with 3 networks against 30 that vary half as much, the
    plain pooled variance found false examples in 80 % of simulated studies.
    """
    if paired:
        return (compressed - reference).var(axis=0, ddof=1) / len(reference), len(reference) - 1
    sides = [(side.var(axis=0, ddof=1), len(side)) for side in (reference, compressed)]
    scales = [1.0, 1.0] if sides[0][1] == sides[1][1] else [float(variance.mean()) for variance, _ in sides]
    # Copies of one network have nothing to say of the spread.
    known = [(variance / scale, k) for (variance, k), scale in zip(sides, scales, strict=True) if scale > 0]
    df = sum(k - 1 for _, k in known) or sum(k - 1 for _, k in sides)
    squares = sum(((k - 1) * variance for variance, k in known), np.zeros(reference.shape[1]))
    return squares / df * sum(scale / k for scale, (_, k) in zip(scales, sides, strict=True)), df


def _distance_from_line(profile: np.ndarray, trend: np.ndarray) -> float:
    line = np.polynomial.Polynomial.fit(profile, trend, 1)(profile)
    return float((trend - line).std())
