"""By how much does the accuracy of two networks differ on the examples that both were asked?"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from pietools.conventions import CONFIDENCE, LEVEL

POWER = 0.8
_Z = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / 2)
_Z_LEVEL = NormalDist().inv_cdf(1 - LEVEL)
_Z_POWER = NormalDist().inv_cdf(POWER)
_STEPS = 60  # of a bisection: the interval is halved that often


@dataclass(frozen=True)
class PairedChange:
    """Change of accuracy from the first network to the second, a fraction, with a 95 % interval; ``method`` of the interval."""

    estimate: float
    conf_low: float
    conf_high: float
    method: str


def score_statistic(lost: np.ndarray, gained: np.ndarray, n: int, change: float | np.ndarray) -> np.ndarray:
    """Tango's score statistic of H0: the change of accuracy is ``change``; about standard normal under it.

    Parameters
    ----------
    lost, gained
        Examples that only the first network, and only the second, has right.
    n
        All examples.
    change
        A fraction, in (−1, 1).

    Notes
    -----
    (gained − lost − n·change) / √(n (2 q + change (1 − change))), q being the probability that an example is lost, as likely as
    it can be under H0: the larger root of 2n q² + B q + C = 0.

    References
    ----------
    Tango (1998), Equivalence test and confidence interval for the difference in proportions for the paired-sample design,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B
    """
    q = lost_under(lost, gained, n, change)
    excess = gained - lost - n * change
    variance = n * (2 * q + change * (1 - change))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(excess == 0, 0.0, excess / np.sqrt(np.maximum(variance, 0)))


def lost_under(
    lost: np.ndarray | float, gained: np.ndarray | float, n: int, change: float | np.ndarray
) -> np.ndarray | float:
    """Maximum-likelihood share of lost examples if the change of accuracy is ``change``."""
    b = (2 * n - gained + lost) * change - lost - gained
    c = -lost * change * (1 - change)
    return (np.sqrt(np.maximum(b * b - 8 * n * c, 0)) - b) / (4 * n)


def paired_change(lost: float, gained: float, n: int) -> PairedChange:
    """Change of accuracy with Tango's score interval: all changes that the score test does not reject at 5 %.

    Random: the examples; the two networks are fixed. See :func:`score_statistic`.
    """
    estimate = (gained - lost) / n

    def end(sign: int) -> float:
        """Bisection between the estimate and ±1: the statistic falls as the change rises."""
        inside, outside = float(estimate), float(sign)
        for _ in range(_STEPS):
            middle = (inside + outside) / 2
            if abs(float(score_statistic(np.array(lost), np.array(gained), n, middle))) <= _Z:
                inside = middle
            else:
                outside = middle
        return inside

    return PairedChange(estimate, end(-1), end(1), "tango")


def newcombe_interval(lost: int, gained: int, both_right: int, both_wrong: int) -> tuple[float, float]:
    """The same interval by Newcombe's method 10: from Wilson's intervals of the two accuracies and their correlation.

    References
    ----------
    Newcombe (1998), Improved confidence intervals for the difference between binomial proportions based on paired data,
    doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C
    """
    n = lost + gained + both_right + both_wrong
    first, second = both_right + lost, both_right + gained
    (low1, high1), (low2, high2) = wilson_interval(first, n), wilson_interval(second, n)
    p1, p2 = first / n, second / n
    margins = float(first) * (n - first) * second * (n - second)  # of int64 it could overflow
    cross: float = both_right * both_wrong - lost * gained
    if cross > 0:
        cross = max(cross - n / 2, 0)
    phi = cross / math.sqrt(margins) if margins else 0.0

    def width(a: float, b: float) -> float:
        return math.sqrt(max(a * a - 2 * phi * a * b + b * b, 0))

    return (
        p2 - p1 - width(p2 - low2, high1 - p1),
        p2 - p1 + width(high2 - p2, p1 - low1),
    )


def wilson_interval(count: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of examples."""
    share, shrunk = count / n, 1 + _Z**2 / n
    center = (share + _Z**2 / (2 * n)) / shrunk
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / shrunk
    return (0.0 if count == 0 else center - half), (1.0 if count == n else center + half)


def clustered_change(net: np.ndarray, n_networks: int) -> PairedChange:
    """Change of accuracy of several pairs of networks on the same examples, with an interval that counts examples, not answers.

    Parameters
    ----------
    net
        For each example how many pairs gained it less how many lost it, shape (n,).
    n_networks
        Pairs.

    Notes
    -----
    Random: the examples; the networks are fixed. The mean of ``net / n_networks`` with Tango's interval of the counts that
    :func:`in_equal_steps` makes of them; of one pair it is :func:`paired_change`. The normal interval of the mean is too short
    where few examples change, and has no length where none does.
    """
    lost, gained, step = in_equal_steps(net, n_networks)
    change = paired_change(lost, gained, len(net))
    return PairedChange(float(np.mean(net) / n_networks), step * change.conf_low, step * change.conf_high, "clustered")


def in_equal_steps(net: np.ndarray, n_networks: int) -> tuple[float, float, float]:
    """Lost and gained examples, no whole numbers, if each changed by the same share of the networks; and that share.

    The examples have the mean and the variance of ``net / n_networks``; see :func:`clustered_change`.
    """
    shares = net / n_networks
    total = float(np.abs(shares).sum())
    step = float((shares**2).sum()) / total if total else 1.0
    return -float(shares[shares < 0].sum()) / step, float(shares[shares > 0].sum()) / step, step


def detectable_drop(n_discordant: int, n: int) -> float | None:
    """Smallest fall of accuracy that the one-sided exact test finds in at least 80 % of samples of ``n`` examples; None if none is.

    Parameters
    ----------
    n_discordant
        Examples of which exactly one network is right: so many are taken to differ again, or as many as the fall itself needs.

    Notes
    -----
    The normal power of McNemar's test (Connor 1987, doi:10.2307/2531961), with one example taken off for its discreteness, solved
    for the fall; never below the fall with which five examples, the fewest that are significant with none gained, are lost in 80 %
    of samples. The exact power is 80 to 87 %.
    """

    def is_found(drop: float) -> bool:
        rate = max(n_discordant / n, drop)
        needed = _Z_LEVEL * math.sqrt(rate) + _Z_POWER * math.sqrt(max(rate - drop * drop, 0))
        taken_off = 1 / math.sqrt(n) if rate > drop else 0.0
        return drop * math.sqrt(n) >= needed + taken_off and _share_of_five(n, drop) >= POWER

    if not is_found(1.0):
        return None
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_found(middle) else (middle, high)
    return high


def _share_of_five(n: int, drop: float) -> float:
    """P(X ≥ 5) of binomial X with n trials and probability ``drop``."""
    if drop >= 1:
        return float(n >= 5)
    logs = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(min(5, n + 1))]
    return 1 - sum(
        math.exp(log + k * math.log(drop) + (n - k) * math.log1p(-drop)) if drop else float(k == 0)
        for k, log in enumerate(logs)
    )
