"""How many networks does a study need, and what can it find with those that it has?

The answers are those of the t test. The networks are random, the examples fixed.
"""

from dataclasses import dataclass

from scipy import stats
from scipy.optimize import brentq

from pietools.conventions import LEVEL
from pietools.flags import Flag
from pietools.statistics.tools.t_tests import NO_SPREAD

POWER = 0.8
MOST_NETWORKS = 10_000
# With fewer there are no disjoint sets with a network left to delete.
FEWEST_FOR_EXCESS = 3
# Noncentrality beyond which t varies by its denominator alone; scipy's series begin to fail at 60,000.
NO_NOISE = 10_000


@dataclass(frozen=True)
class Plan:
    """Networks per population, the difference that they find, and with what power.

    What is not known is None, and ``flag`` says why: ``one-network`` (no sd), ``no-variance`` (an sd of 0), ``no-difference``
    (nothing to find), ``too-many-networks`` (more than 10,000).
    """

    n_networks: int | None
    difference: float | None
    power: float | None
    flag: str | None


def power_of_change(sd: float, difference: float, n_networks: int, *, paired: bool, level: float = LEVEL) -> float:
    """Power of the two-sided t test for a true difference of mean accuracy.

    Parameters
    ----------
    sd
        Over networks, > 0: of the differences within pairs if ``paired``, else of the accuracies of one population.
    difference
        In the unit of ``sd``; its sign does not matter.
    n_networks
        In each population, ≥ 2.

    Notes
    -----
    P(|T| > t) with T noncentral t: K − 1 degrees of freedom and noncentrality difference / sd · √K if paired, else 2K − 2 and
    difference / sd · √(K/2): Welch's test of populations with equal sd has a little less. Assumes normal accuracies. (Computed
    here, since ``statsmodels.stats.power`` answers NaN in some ordinary cases: ``TTestPower().power(5.4, 2, 0.05)``.)

    References
    ----------
    Cohen (1988), Statistical power analysis for the behavioral sciences, chapter 2.
    """
    df = n_networks - 1 if paired else 2 * n_networks - 2
    noncentrality = abs(difference) / sd * (n_networks if paired else n_networks / 2) ** 0.5
    return _tails(noncentrality, df, level)


def replicates_for_change(
    sd: float | None, difference: float, *, paired: bool, power: float = POWER, level: float = LEVEL
) -> Plan:
    """Fewest networks per population, at least 2, with which a change of accuracy of ``difference`` is found with ``power``.

    ``sd`` and ``difference`` as in :func:`power_of_change`; None stands for the sd of one network.
    """
    return _fewest(sd, difference, 2, paired=paired, power=power, level=level)


def replicates_for_class(
    sd: float | None,
    difference: float,
    n_classes: int,
    *,
    paired: bool,
    power: float = POWER,
    level: float = LEVEL,
) -> Plan:
    """Fewest networks per population with which a change of one class's recall is found among ``n_classes`` tests.

    The test is at level / n_classes (Bonferroni). Holm's and Benjamini–Hochberg's corrections reject whatever that rejects, so they
    need no more. ``sd`` and ``difference`` are of that class's recall, shifted or not as the test has it.
    """
    return replicates_for_change(sd, difference, paired=paired, power=power, level=level / n_classes)


def detectable_change(
    sd: float | None, n_networks: int, *, paired: bool, power: float = POWER, level: float = LEVEL
) -> Plan:
    """Smallest change of accuracy that ``n_networks`` per population find with ``power``; ``sd`` as in :func:`power_of_change`."""
    if sd is None or n_networks < 2:
        return Plan(n_networks, None, None, Flag.ONE_NETWORK)
    if sd <= NO_SPREAD:
        return Plan(n_networks, None, None, Flag.NO_VARIANCE)

    def lack(effect: float) -> float:
        return power_of_change(1, effect, n_networks, paired=paired, level=level) - power

    enough = 1.0
    while lack(enough) < 0:
        enough *= 2
    return Plan(n_networks, float(sd * brentq(lack, 0, enough, xtol=1e-14)), power, None)


def replicates_for_excess(
    estimate: float | None,
    std_error: float | None,
    n_networks: int,
    *,
    power: float = POWER,
    level: float = LEVEL,
) -> Plan:
    """Fewest networks per population with which the t interval of an excess of the present size excludes 0 with ``power``.

    Parameters
    ----------
    estimate, std_error, n_networks
        Of the study at hand: :func:`pietools.statistics.pies.excess.pie_excess` of ``n_networks`` per population.

    Returns
    -------
    Plan
        Its ``difference`` is the excess. ``flag`` also: ``one-network`` if there is no standard error, ``no-difference`` if the
        excess is not above 0.

    Notes
    -----
    The standard error is taken to shrink as 1 / √K and the excess to stay. In fact larger sets of networks have more decided modal
    labels and so usually a larger excess, so the answer tends to be too high. It is no better than the excess it starts from:
    after a study that found much by luck it is too low.
    """
    sd = None if std_error is None or n_networks < 2 else std_error * n_networks**0.5
    # Its interval is that of a one-sample t with K − 1 degrees of freedom, as of paired differences.
    return _fewest(sd, max(estimate or 0, 0), FEWEST_FOR_EXCESS, paired=True, power=power, level=level)


def _tails(noncentrality: float, df: float, level: float) -> float:
    critical = stats.t.isf(level / 2, df)
    if noncentrality > NO_NOISE:
        return float(stats.chi2.cdf(df * (noncentrality / critical) ** 2, df))
    upper = float(stats.nct.sf(critical, df, noncentrality))
    # As the upper tail of the mirror image, where scipy's cdf fails; and beyond 10 it is below 1e-23.
    return upper + float(stats.nct.sf(critical, df, -noncentrality)) if noncentrality < 10 else upper


def _fewest(sd: float | None, difference: float, fewest: int, *, paired: bool, power: float, level: float) -> Plan:
    """Fewest networks, doubling until there are enough and bisecting then: power rises with them."""
    if sd is None:
        return Plan(None, None, None, Flag.ONE_NETWORK)
    if sd <= NO_SPREAD or abs(difference) <= NO_SPREAD:
        return Plan(None, None, None, Flag.NO_VARIANCE if sd <= NO_SPREAD else Flag.NO_DIFFERENCE)

    def reached(k: int) -> float:
        return power_of_change(sd, difference, k, paired=paired, level=level)

    too_few, enough = fewest - 1, fewest
    while reached(enough) < power:
        if enough == MOST_NETWORKS:
            return Plan(None, float(difference), None, Flag.TOO_MANY_NETWORKS)
        too_few, enough = enough, min(2 * enough, MOST_NETWORKS)
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if reached(middle) >= power else (middle, enough)
    return Plan(enough, float(difference), reached(enough), None)
