"""Change of accuracy, equivalence and the worst class: against R, statsmodels, and where there is nothing to test."""

from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind, ttost_paired

from pietools.statistics.accuracy.change import Change, accuracy_change, worst_class

REFERENCE = Path(__file__).parents[1] / "reference"
MARGIN = 0.01
DESIGNS = pytest.mark.parametrize("paired", [True, False])


def r_values(case: str) -> dict[str, float]:
    """Values by name of one case of equivalence.R."""
    table = pl.read_csv(REFERENCE / "equivalence.csv").filter(pl.col("case") == case)
    return {name: float(str(value)) for name, value in table.select("name", "value").iter_rows()}


def r_accuracies(case: str) -> tuple[np.ndarray, np.ndarray]:
    """Accuracies of the dense and the compressed networks of one case."""
    table = pl.read_csv(REFERENCE / "equivalence_input.csv").filter(pl.col("case") == case)
    dense, compressed = (
        table.filter(pl.col("population") == name)["accuracy"].to_numpy() for name in ("dense", "compressed")
    )
    return dense, compressed


def r_recalls() -> tuple[np.ndarray, np.ndarray]:
    """Recalls of both populations, shape (8, 6)."""
    table = pl.read_csv(REFERENCE / "recalls_input.csv")
    dense, compressed = (
        table.filter(pl.col("population") == name).select("^class.*$").to_numpy() for name in ("dense", "compressed")
    )
    return dense, compressed


def simulated(seed: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Two populations of accuracies or recalls that differ by a little."""
    rng = np.random.default_rng(seed)
    return rng.normal(0.9, 0.01, shape), rng.normal(0.895, 0.02, shape)


@DESIGNS
def test_change_agrees_with_r(paired: bool) -> None:
    """Every number equals t.test's, to 1e-8."""
    case = "paired" if paired else "unpaired"
    found = vars(accuracy_change(*r_accuracies(case), paired=paired, margin=MARGIN))
    expected = r_values(case)
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-8)
    assert (found["margin"], found["flag"]) == (MARGIN, None)


@DESIGNS
def test_equivalence_agrees_with_statsmodels(paired: bool) -> None:
    """A third witness of the two one-sided tests, also where the change is beyond the margin."""
    dense, compressed = simulated(0, (9,))
    for shift in (-0.02, 0, 0.005, 0.03):
        found = accuracy_change(dense, compressed + shift, paired=paired, margin=MARGIN)
        if paired:
            p_equivalent, not_worse, _ = ttost_paired(compressed + shift, dense, -MARGIN, MARGIN)
        else:
            p_equivalent, not_worse, _ = ttost_ind(compressed + shift, dense, -MARGIN, MARGIN, usevar="unequal")
        assert found.p_equivalent == pytest.approx(p_equivalent, rel=1e-8)
        assert found.p_not_worse == pytest.approx(not_worse[1], rel=1e-8)


@DESIGNS
@given(seed=st.integers(0, 10_000), n_networks=st.integers(2, 12))
def test_swapping_the_populations(paired: bool, seed: int, n_networks: int) -> None:
    """The estimate changes sign; what is two-sided stays."""
    dense, compressed = simulated(seed, (n_networks,))
    there = accuracy_change(dense, compressed, paired=paired, margin=MARGIN)
    back = accuracy_change(compressed, dense, paired=paired, margin=MARGIN)
    assert (there.estimate, there.conf_low, there.conf_high) == pytest.approx(
        (-back.estimate, -back.conf_high, -back.conf_low)
    )
    for name in ("p_value", "p_equivalent"):
        assert getattr(there, name) == pytest.approx(getattr(back, name))


@DESIGNS
def test_the_order_of_networks_is_nothing(paired: bool) -> None:
    """Nor of matched pairs, moved together."""
    dense, compressed = simulated(1, (7,))
    order, other = (np.random.default_rng(seed).permutation(7) for seed in (0, 1))
    there = accuracy_change(dense, compressed, paired=paired, margin=MARGIN)
    moved = accuracy_change(dense[order], compressed[order if paired else other], paired=paired, margin=MARGIN)
    assert astuple(there)[:-1] == pytest.approx(astuple(moved)[:-1])


@DESIGNS
def test_equivalence_is_the_interval_within_the_margin(paired: bool) -> None:
    """Where an end of the 95 % interval touches the margin, p is 0.025."""
    dense, compressed = simulated(2, (8,))
    change = accuracy_change(dense, compressed, paired=paired, margin=MARGIN)
    assert change.conf_low is not None
    assert change.conf_high is not None
    margin = max(-change.conf_low, change.conf_high)
    assert accuracy_change(dense, compressed, paired=paired, margin=margin).p_equivalent == pytest.approx(0.025)


def test_degenerate_changes_are_flagged() -> None:
    """One network, no spread, no labels: an estimate where there is one, and never NaN."""
    nothing = Change(estimate=pytest.approx(-0.25), margin=0.1)
    one, two = np.array([0.75]), np.array([0.75, 0.75])
    assert accuracy_change(one, one - 0.25, paired=True, margin=0.1) == replace(nothing, flag="one-network")
    assert accuracy_change(one, two - 0.25, paired=False, margin=0.1) == replace(nothing, flag="one-network")
    assert accuracy_change(two, two - 0.25, paired=True, margin=0.1) == replace(nothing, flag="no-variance")
    assert accuracy_change(two, two - 0.25, paired=False, margin=0.1) == replace(nothing, flag="no-variance")
    without = accuracy_change(np.array([np.nan]), one, paired=True, margin=0.1)
    assert without == Change(estimate=None, margin=0.1, flag="no-labels")


def test_matched_networks_that_all_lose_the_same_have_no_test_of_the_mean() -> None:
    """Unpaired, the same accuracies have one."""
    dense = np.array([0.5, 0.75, 1.0, 0.25])
    paired = accuracy_change(dense, dense - 0.125, paired=True, margin=0.1)
    assert (paired.flag, paired.p_value) == ("no-variance", None)
    unpaired = accuracy_change(dense, dense - 0.125, paired=False, margin=0.1)
    assert unpaired.p_value is not None


def test_one_population_may_be_constant() -> None:
    """Its variance is 0, and Welch's test is a one-sample t test."""
    dense, compressed = np.full(5, 0.9), np.array([0.88, 0.9, 0.87, 0.89])
    change = accuracy_change(dense, compressed, paired=False, margin=MARGIN)
    assert change.p_value == pytest.approx(stats.ttest_1samp(compressed, 0.9).pvalue)


@DESIGNS
def test_what_cannot_be_asked_is_refused(paired: bool) -> None:
    """A margin of 0 could never be shown; pairs need partners."""
    with pytest.raises(ValueError, match="a margin is above 0, not 0"):
        accuracy_change(np.ones(3), np.ones(3), paired=paired, margin=0)
    if paired:
        with pytest.raises(ValueError, match="equally many networks, not 3 and 2"):
            accuracy_change(np.ones(3), np.ones(2), paired=paired, margin=0.1)


@DESIGNS
def test_worst_class_agrees_with_r(paired: bool) -> None:
    """The largest of R's one-sided p-values, its class and its change."""
    worst = worst_class(*r_recalls(), paired=paired, margin=0.06)
    expected = r_values("worst-paired" if paired else "worst-unpaired")
    assert {name: vars(worst)[name] for name in expected} == pytest.approx(expected, rel=1e-8)
    assert (worst.n_tested, worst.flag) == (6, None)


@DESIGNS
def test_worst_class_of_one_class_is_the_test_of_accuracy(paired: bool) -> None:
    """The same one-sided t test."""
    dense, compressed = simulated(4, (6, 1))
    worst = worst_class(dense, compressed, paired=paired, margin=MARGIN)
    change = accuracy_change(dense[:, 0], compressed[:, 0], paired=paired, margin=MARGIN)
    assert worst.p_value == pytest.approx(change.p_not_worse)


@DESIGNS
def test_a_class_without_variance_counts_by_its_estimate(paired: bool) -> None:
    """Steady, it changes nothing; fallen by the margin, it alone refutes the claim. Both are flagged."""
    dense, compressed = r_recalls()
    before = worst_class(dense[:, 1:], compressed[:, 1:], paired=paired, margin=0.06)
    dense[:, 0], compressed[:, 0] = 0.9, 0.85
    steady = worst_class(dense, compressed, paired=paired, margin=0.06)
    assert (steady.p_value, steady.n_tested, steady.flag) == (before.p_value, 5, "no-variance")
    fallen = worst_class(dense, compressed, paired=paired, margin=0.05)
    assert (fallen.class_index, fallen.p_value, fallen.estimate) == (0, 1, pytest.approx(-0.05))


@DESIGNS
def test_worst_class_where_nothing_can_be_tested(paired: bool) -> None:
    """The class that fell most, without a p-value."""
    dense, compressed = np.full((3, 2), 0.9), np.tile([0.9, 0.8], (3, 1))
    worst = worst_class(dense, compressed, paired=paired, margin=0.05)
    assert astuple(worst) == (1, pytest.approx(-0.1), None, 0.05, 0, "no-variance")
    one = worst_class(dense[:1], compressed[:1], paired=paired, margin=0.05)
    assert astuple(one) == (1, pytest.approx(-0.1), None, 0.05, 0, "one-network")
    none = worst_class(dense[:, :0], compressed[:, :0], paired=paired, margin=0.05)
    assert astuple(none) == (None, None, None, 0.05, 0, "no-labels")


@DESIGNS
@pytest.mark.slow
def test_levels_in_simulation(paired: bool) -> None:
    """At the edge of the margin p_not_worse rejects at 0.05, and p_equivalent no more; without a change p_value at 0.05."""
    rng = np.random.default_rng(5)
    n_studies, n_networks, margin = 600, 10, 0.01
    rejected = dict.fromkeys(("p_value", "p_not_worse", "p_equivalent"), 0)
    for _ in range(n_studies):
        common = rng.normal(0, 0.004, n_networks) if paired else 0
        dense, compressed = (common + rng.normal(0.9, 0.004, n_networks) for _ in range(2))
        same = accuracy_change(dense, compressed, paired=paired, margin=margin)
        at_edge = accuracy_change(dense, compressed - margin, paired=paired, margin=margin)
        for change, names in ((same, ("p_value",)), (at_edge, ("p_not_worse", "p_equivalent"))):
            for name in names:
                rejected[name] += getattr(change, name) <= 0.05
    # Three standard errors of a share of 0.05 are 0.027.
    assert rejected["p_value"] / n_studies == pytest.approx(0.05, abs=0.027)
    assert rejected["p_not_worse"] / n_studies == pytest.approx(0.05, abs=0.027)
    assert rejected["p_equivalent"] <= rejected["p_not_worse"]
