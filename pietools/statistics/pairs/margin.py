"""Worse by more than a margin, within it, or not to be said: the three-way answer of a gate."""

import math
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

import numpy as np

from pietools.conventions import LEVEL
from pietools.statistics.pairs.difference import POWER, in_equal_steps, lost_under, score_statistic
from pietools.statistics.pairs.log_factorials import log_factorials
from pietools.statistics.pairs.mcnemar import mcnemar

# The nuisance parameter is searched where it lies with a probability of 1 − this, which is added to p.
BEYOND = 1e-4
# Beyond so many discordant examples the normal distribution is as good: where p is near 0.05 its error is below 0.001, or 0.002 if
# next to nothing is gained.
ENUMERATED = 2_000
N_SEARCHED = 25
MOST_NEEDED = 10**9
_NORMAL = NormalDist()


class Verdict(StrEnum):
    """The three answers."""

    WORSE = "worse"
    WITHIN = "within"
    CANNOT_SAY = "cannot-say"


@dataclass(frozen=True)
class MarginTest:
    """``p_worse``: H0, accuracy fell by the margin or less. ``p_within``: H0, it fell by the margin or more.

    ``n_needed``: examples of this kind with which the answer would be known in 80 % of samples, if the change is what was
    estimated; None where the answer is known, and where the estimate lies on the margin.
    """

    margin: float
    p_worse: float
    p_within: float
    n_needed: int | None

    @property
    def verdict(self) -> Verdict:
        """The answer, wrong in at most 5 % of samples whatever the truth is."""
        if self.p_worse <= LEVEL:
            return Verdict.WORSE
        return Verdict.WITHIN if self.p_within <= LEVEL else Verdict.CANNOT_SAY


def margin_test(lost: int, gained: int, n: int, margin: float) -> MarginTest:
    """Has accuracy fallen by more than ``margin``, or by less?

    Parameters
    ----------
    lost, gained, n
        Examples that only the first network, and only the second, has right; and all.
    margin
        Largest fall that would not matter, a fraction in [0, 1), set beforehand.

    Notes
    -----
    Random: the examples; the two networks are fixed. The statistic is Tango's (:func:`score_statistic`) at −margin. Its normal
    approximation rejects up to 7 % where few examples are discordant, so p is exact: the largest probability of a statistic as far
    out, over all shares of gained examples within the range where they lie with probability 1 − 10⁻⁴, which is added (Berger &
    Boos 1994, doi:10.1080/01621459.1994.10476836). With more than 2,000 discordant examples p is the normal one. With a margin of
    0 it is that of McNemar's exact test; ``p_worse`` is never below it, so that nothing is worse by a margin and not worse at all.
    """
    z = float(score_statistic(np.array(lost), np.array(gained), n, -margin))
    if not margin:
        p_worse, p_within = (float(mcnemar(*counts).one_sided) for counts in ((lost, gained), (gained, lost)))
    elif lost + gained > ENUMERATED or n * margin > ENUMERATED:
        p_worse, p_within = _NORMAL.cdf(z), _NORMAL.cdf(-z)
    else:
        p_worse, p_within = _exact(z, lost, gained, n, margin)
    p_worse = max(p_worse, float(mcnemar(lost, gained).one_sided))
    test = MarginTest(margin, p_worse, p_within, None)
    if test.verdict is not Verdict.CANNOT_SAY:
        return test
    return MarginTest(margin, p_worse, p_within, _needed(lost, gained, n, margin))


def clustered_margin_test(net: np.ndarray, n_networks: int, margin: float) -> MarginTest:
    """The same of several pairs of networks on the same examples, by Student's t of the mean over examples.

    ``net``, shape (n,): how many pairs gained an example less how many lost it. Degrees of freedom: one less than there are changed
    examples. Of two variances the larger is taken: that of the sample, which says nothing where no example changed, and Tango's
    under H0, of the counts of :func:`in_equal_steps`.
    """
    n, distance = len(net), float(np.mean(net) / n_networks) + margin
    estimated = float((net / n_networks).var(ddof=1)) if n > 1 else 0.0
    variance = max(estimated, _variance_under(net, n_networks, margin))
    z = distance / math.sqrt(variance / n) if distance else 0.0
    p_worse, p_within = (_t_cdf(side * z, max(int(np.count_nonzero(net)) - 1, 1)) for side in (1, -1))
    test = MarginTest(margin, p_worse, p_within, None)
    if test.verdict is not Verdict.CANNOT_SAY:
        return test
    return MarginTest(margin, test.p_worse, test.p_within, _enough(variance, estimated, distance, n))


def _t_cdf(t: float, df: int) -> float:
    from scipy.special import stdtr

    return float(stdtr(df, t))


def _variance_under(net: np.ndarray, n_networks: int, margin: float) -> float:
    """Of ``net / n_networks`` at a change of −margin, if all examples that change do so by the same step."""
    lost, gained, step = in_equal_steps(net, n_networks)
    if margin >= step:  # such steps make no such fall: whole ones do
        lost, gained, step = lost * step, gained * step, 1.0
    return step * step * _tango_variance(lost, gained, len(net), margin / step)


def _tango_variance(lost: float, gained: float, n: int, margin: float) -> float:
    return max(2 * float(lost_under(lost, gained, n, -margin)) - margin * (1 + margin), 0.0)


def _exact(z: float, lost: int, gained: int, n: int, margin: float) -> tuple[float, float]:
    """Largest P(Z ≤ z) and P(Z ≥ z) over the share of gained examples, at a change of −margin."""
    below = above = 0.0
    table = log_factorials(n)
    for share in _shares(lost + gained, n, margin):
        b, c, p = _likely_counts(table, n, share + margin, share)
        statistics = score_statistic(b, c, n, -margin)
        rounding = 1e-9 * max(1.0, abs(z))
        below = max(below, float(p[statistics <= z + rounding].sum()))
        above = max(above, float(p[statistics >= z - rounding].sum()))
    return min(below + BEYOND, 1.0), min(above + BEYOND, 1.0)


def _shares(n_discordant: int, n: int, margin: float) -> np.ndarray:
    """Shares of gained examples among which the largest probability is looked for: where the discordant ones allow it to be.

    The ends of the range of the share of discordant examples (2 · share + margin) are those of its score interval.
    """
    z = _NORMAL.inv_cdf(1 - BEYOND / 2)
    share = n_discordant / n
    center = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    highest = (1 - margin) / 2
    low, high = (min(max((end - margin) / 2, 0.0), highest) for end in (center - half, center + half))
    return np.unique(np.linspace(math.sqrt(low), math.sqrt(high), N_SEARCHED) ** 2)


def _likely_counts(
    table: np.ndarray, n: int, share_lost: float, share_gained: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of lost and gained examples that are likely at all, each combination, and its probability."""
    ranges = [_range(n, share) for share in (share_lost, share_gained)]
    b, c = (grid.ravel() for grid in np.meshgrid(*ranges, indexing="ij"))
    fits = b + c <= n
    b, c = b[fits], c[fits]
    rest = 1 - share_lost - share_gained
    log_p = table[n] - table[b] - table[c] - table[n - b - c]
    for counts, share in ((b, share_lost), (c, share_gained), (n - b - c, rest)):
        log_p = log_p + (counts * math.log(share) if share > 0 else np.where(counts > 0, -np.inf, 0.0))
    return b, c, np.exp(log_p)


def _range(n: int, share: float) -> np.ndarray:
    """Counts of a binomial with this share that have all but 10⁻⁸ of the probability."""
    mean, sd = n * share, math.sqrt(n * share * (1 - share))
    return np.arange(max(int(mean - 6 * sd - 12), 0), min(int(mean + 6 * sd + 12), n) + 1)


def _needed(lost: int, gained: int, n: int, margin: float) -> int | None:
    change = (gained - lost) / n
    estimated = max((lost + gained) / n - change * change, 0.0)
    return _enough(_tango_variance(lost, gained, n, margin), estimated, change + margin, n)


def _enough(under: float, estimated: float, distance: float, n: int) -> int | None:
    """Examples with which the answer is known in 80 % of samples, from their variances under H0 and as estimated.

    More than there are, since they were not enough; None where no data set is that large.
    """
    if not distance:
        return None
    sds = _NORMAL.inv_cdf(1 - LEVEL) * math.sqrt(under) + _NORMAL.inv_cdf(POWER) * math.sqrt(estimated)
    needed = (sds / distance) ** 2
    return None if needed > MOST_NEEDED else max(math.ceil(needed), n + 1)
