"""Tests and intervals of one pair of networks: against R, by hand, by exact enumeration, and at the edges."""

import math
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pietools.statistics.pairs.difference import (
    clustered_change,
    detectable_drop,
    newcombe_interval,
    paired_change,
    score_statistic,
)
from pietools.statistics.pairs.margin import clustered_margin_test, margin_test
from pietools.statistics.pairs.mcnemar import mcnemar
from tests.statistics.pairs_tables import r_pairs


def test_mcnemar_agrees_with_r() -> None:
    """binom.test one- and two-sided, dbinom for the mid-p; no discordant example, and only such."""
    rows = r_pairs()
    found = mcnemar(*(np.array([int(row[name]) for row in rows]) for name in ("lost", "gained")))
    for name in ("one_sided", "two_sided", "mid"):
        assert getattr(found, name).tolist() == pytest.approx([row[name] for row in rows], rel=1e-9)


def test_intervals_agree_with_r() -> None:
    """Tango's without a closed form for the likelihood, and Newcombe's by his formula."""
    for row in r_pairs():
        lost, gained, both_right, both_wrong = (
            int(row[name]) for name in ("lost", "gained", "both_right", "both_wrong")
        )
        tango = paired_change(lost, gained, int(row["n"]))
        assert (tango.conf_low, tango.conf_high) == pytest.approx((row["conf_low"], row["conf_high"]), abs=1e-11)
        newcombe = newcombe_interval(lost, gained, both_right, both_wrong)
        assert newcombe == pytest.approx((row["newcombe_low"], row["newcombe_high"]), abs=1e-11)


def test_a_third_implementation() -> None:
    """Cavo et al. 2012, 16 lost and 6 gained of 161, as the tests of R's contingencytables 3.1 have them, to their digits."""
    test, tango = mcnemar(16, 6), paired_change(16, 6, 161)
    assert (round(float(test.two_sided), 6), round(float(test.mid), 6)) == (0.052479, 0.034690)
    assert (round(tango.conf_low, 4), round(tango.conf_high, 4)) == (-0.1240, -0.0054)
    assert tuple(round(end, 4) for end in newcombe_interval(16, 6, 59, 80)) == (-0.1186, -0.0046)


@pytest.mark.parametrize(
    ("lost", "gained", "p"),
    [
        (68, 18, 2.6468e-08),
        (5, 14, 0.99039),
        (38, 26, 0.084321),
        (86, 43, 9.5971e-05),
        (36, 22, 0.043474),
        (46, 46, 0.54148),
        (29, 19, 0.096706),
        (738, 470, 6.1274e-15),
        (312, 264, 0.025048),
    ],
)
def test_known_answers(lost: int, gained: int, p: float) -> None:
    """Real comparisons, computed elsewhere."""
    assert float(mcnemar(lost, gained).one_sided) == pytest.approx(p, rel=5e-5)


def test_mcnemar_by_hand() -> None:
    """Three lost and none gained: 1/8, 1/4, 1/4 − 1/8. One each: P(X ≥ 1) = 3/4, 1, 1 − ½ · ½."""
    found = mcnemar(np.array([3, 1, 0]), np.array([0, 1, 0]))
    np.testing.assert_allclose(found.one_sided, [1 / 8, 3 / 4, 1])
    np.testing.assert_allclose(found.two_sided, [1 / 4, 1, 1])
    np.testing.assert_allclose(found.mid, [1 / 8, 3 / 4, 1 / 2])
    assert mcnemar(np.array([], int), np.array([], int)).one_sided.shape == (0,)


@settings(max_examples=50)
@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 1000))
def test_swapping_the_networks(lost: int, gained: int, others: int) -> None:
    """The interval is mirrored, holds the estimate and stays within ±1; the two tails overlap in the count observed."""
    n = max(lost + gained + others, 1)
    there, back = paired_change(lost, gained, n), paired_change(gained, lost, n)
    assert (there.conf_low, there.conf_high) == pytest.approx((-back.conf_high, -back.conf_low), abs=1e-12)
    assert -1 <= there.conf_low <= there.estimate <= there.conf_high <= 1
    assert there.conf_low < there.conf_high
    low, high = newcombe_interval(lost, gained, n - lost - gained, 0)
    assert low - 1e-12 <= there.estimate <= high + 1e-12
    both = float(mcnemar(lost, gained).one_sided + mcnemar(gained, lost).one_sided)
    assert both == pytest.approx(1 + stats.binom.pmf(lost, lost + gained, 0.5), rel=1e-9)


def test_interval_at_the_edges() -> None:
    """None discordant: ± z² / (n + z²). All lost: from −1. At its ends the statistic is z."""
    z = stats.norm.ppf(0.975)
    for n in (1, 50, 1_000_000):
        nothing, all_lost = paired_change(0, 0, n), paired_change(n, 0, n)
        assert (-nothing.conf_low, nothing.conf_high) == pytest.approx([z * z / (n + z * z)] * 2)
        assert (all_lost.estimate, all_lost.conf_low) == (-1, -1)
        assert -1 < all_lost.conf_high < 1
    large = (30_000, 20_000, 500_000, 450_000)
    assert newcombe_interval(*np.array(large)) == pytest.approx(newcombe_interval(*large))  # no overflow of int64
    change = paired_change(30, 12, 900)
    for end, expected in ((change.conf_low, z), (change.conf_high, -z)):
        assert float(score_statistic(np.array(30), np.array(12), 900, end)) == pytest.approx(expected)


@pytest.mark.parametrize("n_networks", [1, 3])
def test_networks_that_all_agree_are_one_network(n_networks: int) -> None:
    """Answers that are lost by all networks or none: Tango's interval of the examples, as of one pair."""
    net = n_networks * np.repeat([-1, 1, 0], [9, 4, 187])
    found, expected = clustered_change(net, n_networks), paired_change(9, 4, 200)
    assert (found.estimate, found.conf_low, found.conf_high, found.method) == pytest.approx(
        (expected.estimate, expected.conf_low, expected.conf_high, "clustered")
    )
    nothing = clustered_change(np.zeros(200), n_networks)
    assert nothing.conf_high == pytest.approx(paired_change(0, 0, 200).conf_high)


def test_clustered_by_hand() -> None:
    """Many examples of three networks: the usual normal interval of the mean, and its test."""
    net = np.random.default_rng(0).choice([-3, -2, -1, 0, 1, 2, 3], 20_000, p=[0.01, 0.01, 0.03, 0.9, 0.03, 0.01, 0.01])
    mean, se = net.mean() / 3, net.std(ddof=1) / 3 / math.sqrt(len(net))
    found = clustered_change(net, 3)
    assert (found.estimate, found.conf_low, found.conf_high) == pytest.approx(
        (mean, mean - 1.959964 * se, mean + 1.959964 * se), abs=se / 50
    )
    test = clustered_margin_test(net, 3, 0.002)
    assert test.p_within == pytest.approx(stats.norm.sf((mean + 0.002) / se), abs=0.002)


def exact_power(n: int, discordant: float, drop: float) -> float:
    """Of the one-sided exact test, summed over all numbers of discordant examples."""
    power = 0.0
    for count in range(int(stats.binom.isf(1e-9, n, discordant)) + 2):
        significant = np.flatnonzero(stats.binom.sf(np.arange(-1, count), count, 0.5) <= 0.05)
        if len(significant):
            lost_share = (1 + drop / discordant) / 2
            found = stats.binom.sf(significant[0] - 1, count, lost_share)
            power += float(stats.binom.pmf(count, n, discordant) * found)
    return power


@pytest.mark.parametrize(("discordant", "n"), [(0, 100), (3, 1000), (20, 1000), (200, 1000), (10, 50), (0, 5)])
def test_detectable_drop_has_the_power(discordant: int, n: int) -> None:
    """The exact test finds it in 80 % of samples, and in hardly more."""
    drop = detectable_drop(discordant, n)
    assert drop is not None
    assert 0.795 < exact_power(n, max(discordant / n, drop), drop) < 0.88


def test_too_few_examples_to_detect_anything() -> None:
    """Four examples cannot be significant; five can, if nearly all are lost."""
    assert [detectable_drop(0, n) for n in (1, 2, 3, 4)] == [None] * 4
    assert detectable_drop(0, 5) == pytest.approx(0.8 ** (1 / 5))
    assert detectable_drop(4, 4) is None


def test_a_million_examples_are_quick() -> None:
    """Each within a second."""
    for ask in (
        lambda: mcnemar(400_000, 399_000),
        lambda: paired_change(400_000, 399_000, 10**6),
        lambda: margin_test(1000, 1000, 10**6, 0.002),
        lambda: margin_test(400_000, 399_000, 10**6, 0.002),
        lambda: detectable_drop(5000, 10**6),
    ):
        start = process_time()
        ask()
        assert process_time() - start < 1
