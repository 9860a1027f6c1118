"""How many answers turn when a network is compressed, with unlimited networks: what votes of a few networks say too loudly.

A network is right on an example where its logit margin, the label's logit less the largest other one, is positive. Over networks
margins are normal about a mean, so that the share of networks that are wrong is Φ(−mean/sd), and the majority of unlimited networks
is right where the mean is positive.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import stats

from pietools.flags import Flag
from pietools.statistics.log_odds.examples import FEWEST_EXAMPLES, pooled_variance, trend_along
from pietools.statistics.log_odds.moderation import moderate
from pietools.statistics.log_odds.sign_rates import Posterior, shrink
from pietools.statistics.tools.populations import check_paired

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_FALLS = np.linspace(0, 12, 1201)
"""Changes of the mean margin, in standard deviations over networks, at which half-widths are tabled."""


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

    @cached_property
    def _lost_and_gained(self) -> tuple[np.ndarray, np.ndarray]:
        return self._shares(lambda size: size / 2)

    @property
    def p_lost(self) -> np.ndarray:
        """Probability that the majority of unlimited networks was right and is wrong, (n,)."""
        return self._lost_and_gained[0]

    @property
    def p_gained(self) -> np.ndarray:
        """Probability that it was wrong and is right, (n,)."""
        return self._lost_and_gained[1]

    def p_rises(self, delta: float) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities that the share of networks that are wrong rises, and falls, by more than ``delta``, (n,) each.

        A fall of the mean margin by f standard deviations raises it by Φ(f/2 − u) − Φ(−f/2 − u) at a level of u of them: by more
        than ``delta`` where |u| is small enough.
        """
        widths = _half_widths(delta)
        return self._shares(lambda size: np.interp(size / self.sd, _FALLS, widths) * self.sd)

    def error_rates(self) -> tuple[np.ndarray, np.ndarray]:
        """Expected shares of networks that are wrong, before and after, (n,) each."""
        before, after = np.zeros(len(self.sd)), np.zeros(len(self.sd))
        spread = np.hypot(self.sd, self.level_error)
        for weight, change in self._nodes():
            before += weight * stats.norm.cdf(-(self.level - change / 2) / spread)
            after += weight * stats.norm.cdf(-(self.level + change / 2) / spread)
        return before, after

    def _nodes(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Weights and changes (with the trend), (n,) each, over the components and nodes of the posterior."""
        for weights, means, sds in zip(self.change.weights, self.change.means, self.change.sds, strict=True):
            if weights.max() < 1e-4:
                continue
            for node, share in zip(_NODES, _WEIGHTS, strict=True):
                yield weights * share, self.trend + means + node * sds

    def _shares(self, half_width: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Posterior probability that the level is nearer to 0 than a half-width that depends on the change: of falls, of rises."""
        falls, rises = np.zeros(len(self.sd)), np.zeros(len(self.sd))
        for weight, change in self._nodes():
            width = half_width(np.abs(change))
            inside = stats.norm.cdf((width - self.level) / self.level_error)
            inside -= stats.norm.cdf((-width - self.level) / self.level_error)
            falls += weight * inside * (change < 0)
            rises += weight * inside * (change >= 0)
        return falls, rises


def _half_widths(delta: float) -> np.ndarray:
    """Largest |u| at which a fall by each of the tabled sizes raises the error rate by more than ``delta``; 0 where none does."""
    low, high = np.zeros(len(_FALLS)), np.full(len(_FALLS), _FALLS[-1])
    for _ in range(60):
        middle = (low + high) / 2
        rise = stats.norm.cdf(_FALLS / 2 - middle) - stats.norm.cdf(-_FALLS / 2 - middle)
        low, high = np.where(rise > delta, middle, low), np.where(rise > delta, high, middle)
    return low


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
        ``few-networks`` or ``few-examples`` where nothing can be had.

    Notes
    -----
    Standard deviations over networks are pooled over both populations and shrunk. The change has a common prior, unimodal about
    what happens to examples as hard (:func:`pietools.statistics.log_odds.sign_rates.shrink`); the level has a flat one.
    """
    check_paired(reference, compressed, paired=paired)
    if reference.shape[1] < FEWEST_EXAMPLES:
        return Flag.FEW_EXAMPLES
    variance, df, factor = pooled_variance(reference, compressed, paired=False)
    change_variance, change_df, change_factor = (
        pooled_variance(reference, compressed, paired=True) if paired else (variance, df, factor)
    )
    if change_df < 2:
        return Flag.FEW_NETWORKS
    level = (reference.mean(axis=0) + compressed.mean(axis=0)) / 2
    change = compressed.mean(axis=0) - reference.mean(axis=0)
    trend = trend_along(level, change)
    spread = moderate(level, variance, df, factor / 4)
    changed = moderate(change - trend, change_variance, change_df, change_factor)
    level_error = spread.std_error
    if paired:
        sums = pooled_variance(-reference, compressed, paired=True)
        level_error = moderate(level, sums[0], sums[1], sums[2] / 4).std_error
    return TurnedAnswers(
        level, level_error, shrink(changed.estimate, changed.std_error, changed.df), trend, np.sqrt(spread.variance)
    )
