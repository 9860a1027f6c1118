"""Tests of groups, gaps between them and the composition of PIEs: against R, by hand, and over simulated studies."""

from dataclasses import astuple
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from pietools.statistics.subgroups.composition import composition
from pietools.statistics.subgroups.gaps import Gap, GapNull, gap_test
from pietools.statistics.subgroups.tests import WorstGroup, subgroup_tests, worst_group
from pietools.statistics.tools import ballots

REFERENCE = Path(__file__).parents[1] / "reference"
N = np.array([40, 250, 100, 610])


def r_values(case: str) -> dict[tuple[int, str], float]:
    """What subgroups.R found, by group and name."""
    rows = pl.read_csv(REFERENCE / "subgroups.csv").filter(case=case)
    return {(index, name): value for index, name, value in rows.select("index", "name", "value").rows()}


def r_rates() -> tuple[np.ndarray, np.ndarray]:
    """Rates of the two populations that subgroups.R made."""
    table = pl.read_csv(REFERENCE / "subgroups_input.csv")
    dense, pruned = (table.filter(population=name).drop("population").to_numpy() for name in ("dense", "pruned"))
    return dense, pruned


@pytest.mark.parametrize("paired", [True, False])
def test_groups_agree_with_r(paired: bool) -> None:
    """Every statistic of both questions equals R's t.test and p.adjust to 1e-8."""
    found = subgroup_tests(*r_rates(), N, paired=paired)
    expected = r_values("paired" if paired else "unpaired")
    assert len(expected) == 4 * 17
    for (index, name), value in expected.items():
        assert found[name][index] == pytest.approx(value, rel=1e-8, abs=1e-14), (index, name)
    assert found["flag"].null_count() == 4


def test_swapping_the_populations_flips_the_signs() -> None:
    """Estimates change sign, p-values stay; the order of unmatched networks is nothing."""
    dense, pruned = r_rates()
    there, back = subgroup_tests(dense, pruned, N, paired=True), subgroup_tests(pruned, dense, N, paired=True)
    for prefix in ("", "shifted_"):
        assert there[f"{prefix}estimate"].to_numpy() == pytest.approx(-back[f"{prefix}estimate"].to_numpy())
        assert there[f"{prefix}p_value"].to_numpy() == pytest.approx(back[f"{prefix}p_value"].to_numpy())
    shuffled = subgroup_tests(dense[[3, 1, 0, 2, 5, 4]], pruned, N, paired=False)
    assert shuffled["p_value"].to_numpy() == pytest.approx(
        subgroup_tests(dense, pruned, N, paired=False)["p_value"].to_numpy()
    )


def test_shifted_changes_sum_to_zero() -> None:
    """Weighted by the number of examples; and a change that all groups share is none."""
    dense, pruned = r_rates()
    shifted = subgroup_tests(dense, pruned, N, paired=True)["shifted_estimate"].to_numpy()
    assert shifted @ N == pytest.approx(0, abs=1e-10)
    alike = subgroup_tests(dense, dense - 0.1, N, paired=False)
    assert alike["estimate"].to_numpy() == pytest.approx(-0.1)
    assert alike["shifted_estimate"].to_numpy() == pytest.approx(0, abs=1e-15)


def test_what_cannot_be_tested_is_flagged_and_spoils_no_other() -> None:
    """A group without examples, one without a spread, one whose rate was 0, one network."""
    dense, pruned = r_rates()
    dense[:, 0] = pruned[:, 0] = np.nan
    dense[:, 1], pruned[:, 1] = 0, 0.25
    found = subgroup_tests(dense, pruned, np.array([0, *N[1:]]), paired=True)
    assert found["flag"].to_list() == ["no-examples", "no-variance", None, None]
    assert set(found.row(0)[2:-1]) == {None}
    assert found.select("estimate", "relative_change", "p_value").row(1) == (0.25, None, None)
    assert found["shifted_p_value"][1] is not None  # the accuracy that it is shifted by has a spread
    # Holm over the two that were tested: the smaller p twice
    p_value, p_adjusted = (found[name].drop_nulls().to_numpy() for name in ("p_value", "p_adjusted"))
    assert p_adjusted.min() == pytest.approx(2 * p_value.min())
    one = subgroup_tests(dense[:1, 2:], pruned[:1, 2:], N[2:], paired=False)
    assert one["flag"].to_list() == ["one-network"] * 2
    assert one["p_value"].null_count() == one["shifted_p_value"].null_count() == 2
    alone = subgroup_tests(dense[:, 2:3], pruned[:, 2:3], N[2:3], paired=True)
    assert alone["p_value"].null_count() == 0
    assert alone["shifted_p_value"].null_count() == 1
    none = subgroup_tests(dense[:, :1], pruned[:, :1], np.zeros(1, dtype=int), paired=True)
    assert none["flag"].to_list() == ["no-examples"]
    assert worst_group(none) is None


def test_unequal_pairs_are_refused() -> None:
    """A paired design has a partner for each network."""
    dense, pruned = r_rates()
    with pytest.raises(ValueError, match="not 6 and 5"):
        subgroup_tests(dense, pruned[:5], N, paired=True)
    with pytest.raises(ValueError, match="not 6 and 5"):
        gap_test(dense, pruned[:5], paired=True, n_permutations=10, seed=0)


def test_the_worst_group() -> None:
    """Lowest accuracy before and after, and largest loss; for error rates the other way round."""
    dense, pruned = np.array([[0.9, 0.7, 0.8]] * 2), np.array([[0.5, 0.65, 0.8]] * 2)
    n = np.array([10, 10, 10])
    assert worst_group(subgroup_tests(dense, pruned, n, paired=True)) == WorstGroup(1, 0.7, 0, 0.5, 0, -0.4)
    errors = worst_group(subgroup_tests(1 - dense, 1 - pruned, n, paired=True), is_error=True)
    assert errors is not None
    assert astuple(errors) == pytest.approx((1, 0.3, 0, 0.5, 0, 0.4))


# Gaps


@pytest.mark.parametrize("paired", [True, False])
def test_gaps_agree_with_r(paired: bool) -> None:
    """All relabellings, enumerated: 2^6 swaps, and 462 ways to deal out 6 of 11 networks."""
    dense, pruned = r_rates()
    found = gap_test(dense, pruned if paired else pruned[:5], paired=paired, n_permutations=1000, seed=0)
    assert (found.is_exact, found.n_permutations) == (True, 64 if paired else 462)
    assert found.smallest_p == pytest.approx(2 / 64 if paired else 1 / 462)
    expected = r_values(f"gaps-{found.pairing}")
    assert len(expected) == 8
    for (_, name), value in expected.items():
        statistic = "gap_of_changes" if name.startswith("gap_of_changes") else "change_of_gap"
        what = name.removeprefix(f"{statistic}_")
        assert getattr(getattr(found, statistic), what) == pytest.approx(value, rel=1e-8, abs=1e-14), name


def test_gaps_by_hand() -> None:
    """Two pairs, two groups: changes −0.1 and −0.2 in one pair, 0.1 and −0.4 in the other."""
    dense, pruned = np.array([[0.9, 0.8], [0.8, 0.9]]), np.array([[0.8, 0.6], [0.9, 0.5]])
    found = gap_test(dense, pruned, paired=True, n_permutations=10, seed=0)
    # mean changes 0 and −0.3; with the first pair swapped 0.1 and −0.1; with the second −0.1 and 0.1; with both 0 and 0.3
    assert found.gap_of_changes is not None
    assert found.gap_of_changes.estimate == pytest.approx(0.3)
    assert found.gap_of_changes.null_mean == pytest.approx((0.3 + 0.2 + 0.2 + 0.3) / 4)
    assert found.gap_of_changes.p_value == found.smallest_p == 0.5
    # mean rates 0.85 and 0.85 before, 0.85 and 0.55 after
    assert (found.gap_reference, found.gap_compressed) == pytest.approx((0, 0.3))
    assert found.change_of_gap is not None
    assert found.change_of_gap.estimate == pytest.approx(0.3)
    assert found.change_of_gap.null_mean == pytest.approx(0)


def nulls(found: Gap) -> tuple[GapNull, GapNull]:
    """Both of them."""
    assert found.gap_of_changes is not None
    assert found.change_of_gap is not None
    return found.gap_of_changes, found.change_of_gap


def test_a_change_that_all_groups_share_moves_no_gap() -> None:
    """Neither the statistics nor their null distributions see it."""
    dense, pruned = r_rates()
    for paired in (True, False):
        there = gap_test(dense, pruned, paired=paired, n_permutations=1000, seed=0)
        moved = gap_test(dense, pruned - 0.3, paired=paired, n_permutations=1000, seed=0)
        for one, other in zip(nulls(there), nulls(moved), strict=True):
            assert astuple(one) == pytest.approx(astuple(other), abs=1e-12)


def test_drawn_relabellings_come_near_the_enumeration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Same seed, same result; a group of NaN is left out. Few relabellings are enumerated, whatever is asked for."""
    dense, pruned = r_rates()
    exact = gap_test(dense, pruned, paired=False, n_permutations=10, seed=0)
    monkeypatch.setattr(ballots, "ENUMERATED", 0)
    drawn = gap_test(dense, pruned, paired=False, n_permutations=923, seed=0)
    assert (exact.is_exact, drawn.is_exact) == (True, False)
    assert drawn.smallest_p == pytest.approx(2 / 924)
    for one, other in zip(nulls(exact), nulls(drawn), strict=True):
        assert other.p_value == pytest.approx(one.p_value, abs=0.05)
        assert other.null_mean == pytest.approx(one.null_mean, abs=0.005)
    assert drawn == gap_test(dense, pruned, paired=False, n_permutations=923, seed=0)
    with_nan = [np.hstack([rates, np.full((6, 1), np.nan)]) for rates in (dense, pruned)]
    assert gap_test(*with_nan, paired=False, n_permutations=923, seed=0) == drawn
    once = gap_test(dense, pruned, paired=True, n_permutations=1, seed=0)
    assert nulls(once)[0].null_sd is None


def test_gaps_that_cannot_be_tested_are_flagged() -> None:
    """One group, one network, nothing at all; identical populations have p = 1."""
    dense, pruned = r_rates()
    one_group = gap_test(dense[:, :1], pruned[:, :1], paired=True, n_permutations=100, seed=0)
    assert (one_group.flag, one_group.gap_reference, one_group.gap_of_changes) == ("one-group", 0, None)
    one_network = gap_test(dense[:1], pruned[:1], paired=True, n_permutations=100, seed=0)
    assert (one_network.flag, one_network.change_of_gap, one_network.smallest_p) == ("one-network", None, 1)
    none = gap_test(dense[:, :0], pruned[:, :0], paired=True, n_permutations=100, seed=0)
    assert (none.flag, none.gap_reference, none.n_groups) == ("one-group", None, 0)
    assert [null.p_value for null in nulls(gap_test(dense, dense, paired=True, n_permutations=100, seed=0))] == [1, 1]


# Composition


def pies_and_groups(pies: list[int], others: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """One entry per example."""
    groups = np.arange(len(pies))
    is_pie = np.repeat([True, False], [sum(pies), sum(others)])
    return is_pie, np.concatenate([np.repeat(groups, pies), np.repeat(groups, others)])


def test_composition_agrees_with_r() -> None:
    """Wilson's and Newcombe's intervals, Fisher's test, the risk ratio."""
    found = composition(*pies_and_groups([12, 3, 30], [200, 300, 455]))
    expected = r_values("composition")
    assert len(expected) == 3 * 14
    for (index, name), value in expected.items():
        assert found[name][index] == pytest.approx(value, rel=1e-8), (index, name)
    assert found.select("n", "n_pies", "n_others").rows() == [(212, 12, 200), (303, 3, 300), (485, 30, 455)]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_composition_is_of_all_examples_in_any_order(counts: list[tuple[int, int]], random) -> None:  # type: ignore[no-untyped-def]
    """Shares sum to 1, no NaN comes out, whatever the counts; the order of the examples is nothing."""
    is_pie, groups = pies_and_groups([pies for pies, _ in counts], [others for _, others in counts])
    if not len(groups):
        return
    found = composition(is_pie, groups)
    order = np.array(random.sample(range(len(groups)), len(groups)))
    assert composition(is_pie[order], groups[order]).equals(found)
    assert not found.select(pl.col(pl.Float64).is_nan().any()).row(0).count(True)
    if is_pie.any():
        assert found["share_pies"].sum() == pytest.approx(1)
    for row in found.drop_nulls("risk_ratio_low").iter_rows(named=True):
        assert row["risk_ratio_low"] <= row["risk_ratio"] * (1 + 1e-12)
        assert row["risk_ratio"] <= row["risk_ratio_high"] * (1 + 1e-12)


def test_composition_without_a_contrast_is_flagged() -> None:
    """No PIEs, only PIEs, and a group that nobody is in."""
    none = composition(*pies_and_groups([0, 0], [3, 4]))
    assert none["flag"].to_list() == ["no-pies"] * 2
    assert none.select("share_others", "share_pies", "p_value", "risk_ratio").row(0) == (
        pytest.approx(3 / 7),
        None,
        None,
        None,
    )
    only = composition(*pies_and_groups([3, 4], [0, 0]))
    assert only["flag"].to_list() == ["only-pies"] * 2
    assert only.select("share_others", "p_value", "risk_ratio").row(0) == (None, None, None)
    empty = composition(*pies_and_groups([3, 0, 1], [5, 0, 6]))
    assert empty["flag"].to_list() == [None, "no-examples", None]
    assert empty["share_pies"].to_list() == [0.75, None, 0.25]


# Simulation


def simulated_rates(rng: np.random.Generator, k: int, *, paired: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rates of two populations of one distribution: networks differ in ability, examples are drawn in four groups."""
    mean, own = rng.normal(0, 0.1, k), rng.normal(0, 0.05, (2, k))
    ability = (mean if paired else rng.normal(0, 0.1, (2, k))) + own
    reference, compressed = rng.binomial(N, expit(np.array([0.5, 1, 2, 3]) + ability[..., None])) / N
    return reference, compressed


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.slow
def test_levels_where_nothing_happened(paired: bool) -> None:
    """Over 400 studies of 10 networks p ≤ 0.05 in 5 % of them, within 3 standard errors; exact tests at most that."""
    rng, n_studies = np.random.default_rng(3), 400
    rejected = np.zeros(4)
    for seed in range(n_studies):
        reference, compressed = simulated_rates(rng, 10, paired=paired)
        tests = subgroup_tests(reference, compressed, N, paired=paired)
        gap = gap_test(reference, compressed - 0.05, paired=paired, n_permutations=199, seed=seed)
        rejected += [
            (tests["p_value"] <= 0.05).mean(),
            (tests["shifted_p_value"] <= 0.05).mean(),
            *(null.p_value <= 0.05 for null in nulls(gap)),
        ]
    standard_error = (0.05 * 0.95 / n_studies) ** 0.5
    assert rejected[:2] / n_studies == pytest.approx(0.05, abs=3 * standard_error)
    assert (rejected[2:] / n_studies <= 0.05 + 3 * standard_error).all()
    assert (rejected[2:] > 0).all()


def test_planted_damage_is_found() -> None:
    """A large group that loses 5 points is found by its own test; the gap, which the smallest group governs, takes 20."""
    reference, compressed = simulated_rates(np.random.default_rng(4), 10, paired=True)
    compressed[:, 3] -= 0.05
    tests = subgroup_tests(reference, compressed, N, paired=True)
    assert tests["p_adjusted"][3] < 0.01
    found = worst_group(tests)
    assert found is not None
    assert found.hit_index == 3
    assert nulls(gap_test(reference, compressed, paired=True, n_permutations=1024, seed=0))[0].p_value > 0.05
    compressed[:, 3] -= 0.15
    assert nulls(gap_test(reference, compressed, paired=True, n_permutations=1024, seed=0))[0].p_value < 0.01
