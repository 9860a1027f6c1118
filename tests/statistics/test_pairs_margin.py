"""Worse by more than a margin, within it, or not to be said: against R, by exact enumeration, and at the edges."""

import math
from functools import cache

import numpy as np
import pytest
from scipy import stats

from pietools.statistics.pairs import margin as margins
from pietools.statistics.pairs.difference import score_statistic
from pietools.statistics.pairs.margin import MarginTest, Verdict, clustered_margin_test, margin_test
from pietools.statistics.pairs.mcnemar import mcnemar
from tests.statistics.pairs_tables import likely_tables, r_pairs

LEVEL_Z = stats.norm.ppf(0.95)


@cache
def margin_p(lost: int, gained: int, n: int, margin: float) -> tuple[float, float]:
    """Both p-values of the test at the margin."""
    test = margin_test(lost, gained, n, margin)
    return test.p_worse, test.p_within


def test_margin_agrees_with_all_tables_in_r() -> None:
    """All tables of up to 120 examples and 2,000 shares in R; 25 shares and the likely tables here."""
    rows = [row for row in r_pairs() if not math.isnan(row["margin"])]
    assert len(rows) > 10
    for row in rows:
        if not row["margin"]:
            continue  # McNemar's test, below
        found = margin_p(int(row["lost"]), int(row["gained"]), int(row["n"]), row["margin"])
        not_below = float(mcnemar(int(row["lost"]), int(row["gained"])).one_sided)
        assert found == pytest.approx((max(row["p_worse"], not_below), row["p_within"]), rel=2e-3)


def test_a_margin_of_nothing_is_mcnemars_test() -> None:
    """Two answers to one question on one screen do not contradict each other."""
    assert margin_p(3, 0, 200, 0.0) == (pytest.approx(1 / 8), 1.0)


@pytest.mark.parametrize("margin", [0.01, 0.05])
@pytest.mark.parametrize("n", [50, 200])
@pytest.mark.slow
def test_margin_keeps_its_level(n: int, margin: float) -> None:
    """Accuracy falls by just the margin: all tables, no simulation; "worse" and "within" in at most 5 % each.

    Beyond |z| = 2 every table counts as rejected, so that few are asked; none is where |z| is small.
    """
    smallest = 1.2 if n == 50 else 1.6
    for gained_share in (0, 0.001, 0.005, 0.01, 0.05, 0.2):
        lost, gained, p = likely_tables(n, gained_share + margin, gained_share)
        z = score_statistic(lost, gained, n, -margin)
        rejected = np.column_stack([z <= -2, z >= 2])
        asked = np.flatnonzero((np.abs(z) < 2) & (np.abs(z) > smallest))
        for i in asked:
            rejected[i] = np.array(margin_p(int(lost[i]), int(gained[i]), n, margin)) <= 0.05
        assert (p @ rejected + (1 - p.sum()) <= 0.05).all()
        assert not rejected[np.abs(z) < 1.645].any()


def test_the_normal_margin_test_would_not_keep_its_level() -> None:
    """Why it is exact: of 200 examples a half percent gained, the normal test at 1 % says "worse" in 7 %."""
    lost, gained, p = likely_tables(200, 0.015, 0.005)
    assert p[score_statistic(lost, gained, 200, -0.01) <= -LEVEL_Z].sum() > 0.07


def test_more_lost_is_further_from_within() -> None:
    """With each more example that is lost, p of "worse" falls and p of "within" rises."""
    tests = [margin_test(lost, 3, 150, 0.02) for lost in range(25)]
    assert (np.diff([test.p_worse for test in tests]) <= 0).all()
    assert (np.diff([test.p_within for test in tests]) >= 0).all()
    verdicts = list(dict.fromkeys(test.verdict for test in tests))
    assert verdicts == [Verdict.WITHIN, Verdict.CANNOT_SAY, Verdict.WORSE]


def test_shares_that_are_searched_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """500 instead of 25 make p larger by less than 1 %."""
    cases = [(0, 2, 50, 0.005), (2, 0, 5000, 0.0), (0, 2, 100, 0.01), (0, 3, 400, 0.001), (15, 3, 200, 0.02)]
    few = [margin_p(*case) for case in cases]
    monkeypatch.setattr(margins, "N_SEARCHED", 500)
    for case, before in zip(cases, few, strict=True):
        after = margin_test(*case)
        assert after.p_worse <= before[0] * 1.01
        assert after.p_within <= before[1] * 1.01


@pytest.mark.parametrize(("lost", "gained", "margin"), [(1042, 960, 0.0002), (1700, 302, 0.066), (2002, 0, 0.0966)])
def test_normal_beyond_2000(lost: int, gained: int, margin: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the test becomes normal, p near 0.05 jumps by less than 0.002."""
    normal = margin_test(lost, gained, 20_000, margin)
    monkeypatch.setattr(margins, "ENUMERATED", 10_000)
    exact = margin_test(lost, gained, 20_000, margin)
    assert 0.01 < normal.p_worse < 0.1
    assert exact.p_worse - margins.BEYOND == pytest.approx(normal.p_worse, abs=0.002)
    assert exact.p_worse != normal.p_worse


def test_margins_at_the_edges() -> None:
    """A huge margin, no margin, nothing discordant, one example: an answer or none, never NaN."""
    assert margin_test(20, 5, 400, 0.9).verdict is Verdict.WITHIN
    assert margin_test(0, 0, 1000, 0.01).verdict is Verdict.WITHIN
    assert margin_test(40, 5, 400, 0.0).verdict is Verdict.WORSE
    assert margin_test(0, 0, 10, 0.0) == MarginTest(0.0, 1.0, 1.0, None)
    on_it = margin_test(7, 0, 100, 0.07)
    assert (on_it.verdict, on_it.n_needed) == (Verdict.CANNOT_SAY, None)
    for lost, gained in ((1, 0), (0, 1), (0, 0)):
        for margin in (0.0, 0.5, 0.99):
            test = margin_test(lost, gained, 1, margin)
            assert 0 < test.p_worse <= 1
            assert 0 < test.p_within <= 1
            clustered = clustered_margin_test(np.array([gained - lost]), 1, margin)
            assert clustered.p_worse + clustered.p_within == pytest.approx(1)


def test_examples_that_are_needed() -> None:
    """With ``n_needed`` examples and the same shares, the score test gives the answer in about 80 % of samples."""
    for lost, gained, n, margin, sign in (
        (30, 20, 1000, 0.02, 1),
        (36, 8, 1000, 0.02, -1),
        (12, 10, 400, 0.01, 1),
        (1, 1, 100, 0.03, 1),
    ):
        needed = margin_test(lost, gained, n, margin).n_needed
        assert needed is not None
        assert needed > n
        a, b, p = likely_tables(needed, lost / n, gained / n)
        power = p[sign * score_statistic(a, b, needed, -margin) >= LEVEL_Z].sum()
        assert power == pytest.approx(0.8, abs=0.05)
    assert margin_test(50_000, 49_000, 10**6, 0.00100001).n_needed is None  # more than 10⁹


@pytest.mark.parametrize("gained_share", [0, 0.005, 0.02])
def test_clustered_margin_where_few_examples_change(gained_share: float) -> None:
    """Of 200 examples that all three networks lose or gain together: "within" in at most 6 % at the margin, not in 13 %."""
    for margin in (0.01, 0.05):
        lost, gained, p = likely_tables(200, gained_share + margin, gained_share)
        nets = (3 * np.repeat([-1, 1, 0], [a, b, 200 - a - b]) for a, b in zip(lost, gained, strict=True))
        verdicts = np.array([clustered_margin_test(net, 3, margin).verdict for net in nets])
        assert p[verdicts == Verdict.WITHIN].sum() <= 0.06
        assert p[verdicts == Verdict.WORSE].sum() <= 0.06


def test_clustered_margin_beyond_what_was_seen() -> None:
    """Examples that one of thirty networks lost make no fall of 5 points: they count as fewer that all would lose."""
    net = -np.repeat([1, 0], [20, 180])
    z = float(score_statistic(np.array(20 / 30), np.array(0.0), 200, -0.05))
    assert clustered_margin_test(net, 30, 0.05).p_within == pytest.approx(stats.t.sf(z, 19))
