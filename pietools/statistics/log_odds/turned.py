"""How many answers turn when a network is compressed, with unlimited networks: what votes of a few networks say too loudly.

A network is right on an example where its logit margin, the label's logit less the largest other one, is positive. Over networks
margins are normal about a mean, so that the share of networks that are wrong is Φ(−mean/sd), and the majority of unlimited networks
is right where the mean is positive.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from pietools.flags import Flag
from pietools.statistics.log_odds.examples import FEWEST_DF, FEWEST_EXAMPLES, trend_along, variance_of_change
from pietools.statistics.log_odds.moderation import moderate
from pietools.statistics.log_odds.normalisation import normalise
from pietools.statistics.log_odds.sign_rates import Posterior, shrink
from pietools.statistics.tools.populations import check_paired

_LEVELS = np.linspace(0, 12, 1201)
"""Distances of the level from 0, in standard deviations over networks, at which thresholds are tabled."""
_NEGLIGIBLE = 1e-6
_FAR = 7.0  # standard errors
_NARROW = 0.5
"""Components whose standard deviation is a smaller share of the level's error are integrated over, the level in closed form."""


def _normal_nodes(n: int) -> list[tuple[float, float]]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(n)
    return list(zip(nodes.tolist(), (weights / weights.sum()).tolist(), strict=True))


_OF_LEVEL, _OF_CHANGE = _normal_nodes(31), _normal_nodes(61)


@dataclass(frozen=True)
class _Rule:
    """Which changes count at which level, both in standard deviations: ``least`` (m,) at the tabled levels, then in proportion."""

    least: np.ndarray

    def least_change(self, level: np.ndarray) -> np.ndarray:
        """Least size of a change that counts, (n,)."""
        distance = np.abs(level)
        return np.asarray(np.interp(distance, _LEVELS, self.least) + 2 * np.maximum(distance - _LEVELS[-1], 0))

    @property
    def reach(self) -> float:
        """How much farther from 0 than half a change the level may be where the change counts."""
        return float((_LEVELS - self.least / 2).max())

    def largest_level(self, change: np.ndarray) -> np.ndarray:
        """Largest distance of the level from 0 at which a change of this size counts, (n,); −1 where it does at none."""
        within = np.interp(change, self.least, _LEVELS, left=-1.0)
        return np.asarray(within + np.maximum(change - self.least[-1], 0) / 2)


TURNS = _Rule(2 * _LEVELS)
"""A fall from above 0 to below it, or a rise, goes at least twice as far as the mean of both is from 0."""


@dataclass(frozen=True)
class TurnedAnswers:
    """Posterior of the mean margins of examples, of shape (n,).

    ``level`` is the mean of both populations with its standard error, ``change`` the posterior of compressed minus reference less
    the ``trend``, ``sd`` the shrunk standard deviation over networks.
    """

    level: np.ndarray
    level_error: np.ndarray
    change: Posterior
    trend: np.ndarray
    sd: np.ndarray

    @property
    def p_lost(self) -> np.ndarray:
        """Probability that the majority of unlimited networks was right and is wrong, (n,)."""
        return self._turns[0]

    @property
    def p_gained(self) -> np.ndarray:
        """Probability that it was wrong and is right, (n,)."""
        return self._turns[1]

    @cached_property
    def _turns(self) -> tuple[np.ndarray, np.ndarray]:
        return self._probabilities(TURNS)

    def p_rises(self, delta: float) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities that the share of networks that are wrong rises, and falls, by more than ``delta``, (n,) each."""
        return self._probabilities(_Rule(_least_falls(delta)))

    def error_rates(self) -> tuple[np.ndarray, np.ndarray]:
        """Expected shares of networks that are wrong, before and after, (n,) each."""
        before, after = np.zeros(len(self.sd)), np.zeros(len(self.sd))
        for weights, means, sds in zip(self.change.weights, self.change.means, self.change.sds, strict=True):
            spread = np.sqrt(self.sd**2 + self.level_error**2 + sds**2 / 4)
            before += weights * ndtr(-(self.level - (self.trend + means) / 2) / spread)
            after += weights * ndtr(-(self.level + (self.trend + means) / 2) / spread)
        return before, after

    def _probabilities(self, rule: _Rule) -> tuple[np.ndarray, np.ndarray]:
        """Posterior probabilities of falls and of rises of the margin that count, (n,) each."""
        falls, rises = np.zeros(len(self.sd)), np.zeros(len(self.sd))
        of_component, of_example = np.nonzero(self.change.weights > _NEGLIGIBLE)
        weights, means, sds = (
            part[of_component, of_example] for part in (self.change.weights, self.change.means, self.change.sds)
        )
        is_near = self._is_near(rule, of_example, means, sds)
        is_narrow = sds < _NARROW * self.level_error[of_example]
        for chosen, found in ((is_near & is_narrow, self._over_changes), (is_near & ~is_narrow, self._over_levels)):
            rows = of_example[chosen]
            for side, p in zip((falls, rises), found(rule, rows, means[chosen], sds[chosen]), strict=True):
                np.add.at(side, rows, weights[chosen] * p)
        return falls, rises

    def _is_near(self, rule: _Rule, rows: np.ndarray, means: np.ndarray, sds: np.ndarray) -> np.ndarray:
        """Where level and change may be such that the change counts, but for one in 1e11: most answers are far off."""
        reach = np.abs(self.trend[rows] + means) / 2 + rule.reach * self.sd[rows]
        error = np.sqrt(self.level_error[rows] ** 2 + sds**2 / 4)
        return np.asarray(np.abs(self.level[rows]) - reach <= _FAR * error)

    def _over_changes(
        self, rule: _Rule, rows: np.ndarray, means: np.ndarray, sds: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of components of the change of some examples: by quadrature over the change, the level in closed form."""
        falls, rises = np.zeros(len(rows)), np.zeros(len(rows))
        trend, sd, level, error = (part[rows] for part in (self.trend, self.sd, self.level, self.level_error))
        for node, share in _OF_CHANGE:
            change = trend + means + node * sds
            width = np.maximum(rule.largest_level(np.abs(change) / sd), 0) * sd
            inside = share * (ndtr((width - level) / error) - ndtr((-width - level) / error))
            falls += inside * (change < 0)
            rises += inside * (change >= 0)
        return falls, rises

    def _over_levels(
        self, rule: _Rule, rows: np.ndarray, means: np.ndarray, sds: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same by quadrature over the level, the change in closed form."""
        falls, rises = np.zeros(len(rows)), np.zeros(len(rows))
        trend, sd, level, error = (part[rows] for part in (self.trend, self.sd, self.level, self.level_error))
        for node, share in _OF_LEVEL:
            enough = rule.least_change((level + node * error) / sd) * sd
            falls += share * ndtr((-enough - trend - means) / sds)
            rises += share * ndtr((trend + means - enough) / sds)
        return falls, rises


def _least_falls(delta: float) -> np.ndarray:
    """Least fall of the mean margin, in standard deviations, that raises the error rate by ``delta`` at each of the tabled levels.

    A fall by f raises it by Φ(f/2 − u) − Φ(−f/2 − u) at a level of u.
    """
    low, high = np.zeros(len(_LEVELS)), 2 * _LEVELS + 20
    for _ in range(60):
        middle = (low + high) / 2
        is_enough = ndtr(middle / 2 - _LEVELS) - ndtr(-middle / 2 - _LEVELS) > delta
        low, high = np.where(is_enough, low, middle), np.where(is_enough, middle, high)
    return high


def turned_answers(reference: np.ndarray, compressed: np.ndarray, *, paired: bool) -> TurnedAnswers | Flag:
    """Model the mean margins of both populations.

    Parameters
    ----------
    reference, compressed
        Logit margins of the label (nats), (K_D, n) and (K_C, n), finite.
    paired
        Whether row k of one matches row k of the other.

    Returns
    -------
    TurnedAnswers or Flag
        ``few-networks`` or ``few-examples`` where nothing can be had, ``no-order`` if a network does not tell easy from hard
        examples.

    Notes
    -----
    Margins are divided by the slope of their network's line against the mean margins (Huber's): smaller logits turn no answer.
    Intercepts stay, as 0 is where an answer turns. Standard deviations over networks are pooled over both populations and shrunk.
    The change has a common prior, unimodal about what happens to examples as hard
    (:func:`pietools.statistics.log_odds.sign_rates.shrink`); the level has a flat one.
    """
    check_paired(reference, compressed, paired=paired)
    if reference.shape[1] < FEWEST_EXAMPLES:
        return Flag.FEW_EXAMPLES
    if min(len(reference), len(compressed)) < 2:
        return Flag.FEW_NETWORKS
    normalised = normalise(reference, compressed)
    if not normalised.is_possible:
        return Flag.NO_ORDER
    of_reference, of_compressed = np.split(normalised.slopes[:, None], [len(reference)])
    reference, compressed = reference / of_reference, compressed / of_compressed
    variance, df = variance_of_change(reference, compressed, paired=paired)
    if df < FEWEST_DF:
        return Flag.FEW_NETWORKS
    level = (reference.mean(axis=0) + compressed.mean(axis=0)) / 2
    change = compressed.mean(axis=0) - reference.mean(axis=0)
    trend = trend_along(level, change)
    changed = moderate(change - trend, variance, df)
    # The mean of both is half a change that adds the two.
    of_sum, df = variance_of_change(-reference, compressed, paired=paired)
    return TurnedAnswers(
        level,
        moderate(level, of_sum / 4, df).std_error,
        shrink(changed.estimate, changed.std_error, changed.df),
        trend,
        _spread(reference, compressed),
    )


def _spread(reference: np.ndarray, compressed: np.ndarray) -> np.ndarray:
    """Shrunk standard deviation of single networks about the mean of their population, (n,)."""
    df = len(reference) + len(compressed) - 2
    squares = sum(len(side) * side.var(axis=0) for side in (reference, compressed))
    return moderate(np.zeros(reference.shape[1]), np.asarray(squares / df), df).std_error
