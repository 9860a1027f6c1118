"""Power against R and statsmodels, and plans against their definition."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.power import TTestIndPower, TTestPower

from pietools.statistics.accuracy.change import accuracy_change
from pietools.statistics.power.t_test import (
    Plan,
    detectable_change,
    power_of_change,
    replicates_for_change,
    replicates_for_class,
    replicates_for_excess,
)

REFERENCE = Path(__file__).parents[1] / "reference"
DESIGNS = pytest.mark.parametrize("paired", [True, False])


def r_rows() -> list[dict[str, float | bool]]:
    """What power.t.test says, strict: both tails count."""
    table = pl.read_csv(REFERENCE / "power.csv").with_columns(pl.col(pl.String).str.strip_chars())
    table = table.with_columns(paired=pl.col("design") == "paired").drop("design")
    return table.with_columns(pl.exclude("paired").cast(pl.Float64)).to_dicts()


@pytest.mark.parametrize("row", r_rows())
def test_agrees_with_r(row: dict[str, float]) -> None:
    """Power to 1e-8, the detectable change too, and the replicates needed exactly."""
    design = {"paired": bool(row["paired"]), "level": row["level"]}
    k = int(row["n_networks"])
    assert power_of_change(row["sd"], row["difference"], k, **design) == pytest.approx(row["power"], rel=1e-8)
    assert detectable_change(row["sd"], k, **design).difference == pytest.approx(row["detectable"], rel=1e-8)
    assert replicates_for_change(row["sd"], row["difference"], **design).n_networks == row["replicates"]


@DESIGNS
def test_agrees_with_statsmodels_where_that_answers(paired: bool) -> None:
    """It answers NaN elsewhere, and then this does not."""
    n_compared = 0
    for k in (2, 3, 5, 10, 50, 200):
        for effect in np.geomspace(0.01, 100, 30):
            found = power_of_change(1, effect, k, paired=paired)
            expected = TTestPower().power(effect, k, 0.05) if paired else TTestIndPower().power(effect, k, 0.05)
            assert 0.05 <= found <= 1 + 1e-12
            if np.isfinite(expected):
                assert found == pytest.approx(expected, rel=1e-8)
                n_compared += 1
    assert n_compared > 100


@DESIGNS
def test_huge_noncentralities(paired: bool) -> None:
    """Where the numerator counts as constant the power goes on as before, and where it is 1 it is a number."""
    # Two pairs at level 1e-4, t = 6,366: P(|Z| < 10,000 / 6,366), as one degree of freedom is one squared normal.
    below, above = (power_of_change(1, nc / 2**0.5, 2, paired=True, level=1e-4) for nc in (9999.999, 10000.001))
    assert below == pytest.approx(1 - 2 * norm.sf(10_000 / 6_366.2), abs=1e-4)
    assert above == pytest.approx(below, rel=1e-6)
    for effect in np.geomspace(1e4, 1e9, 20):
        assert power_of_change(1, effect, 79, paired=paired) == pytest.approx(1)


@DESIGNS
@given(
    sd=st.floats(1e-4, 0.05),
    difference=st.floats(1e-3, 0.3),
    power=st.floats(0.3, 0.99),
    level=st.floats(1e-4, 0.1),
)
def test_the_plan_is_the_smallest(paired: bool, sd: float, difference: float, power: float, level: float) -> None:
    """It reaches the power, one network fewer does not, and what it reaches is what it says."""
    plan = replicates_for_change(sd, -difference, paired=paired, power=power, level=level)
    if plan.n_networks is None:
        assert plan.flag == "too-many-networks"
        assert power_of_change(sd, difference, 10_000, paired=paired, level=level) < power
        return
    assert plan.n_networks >= 2
    assert plan.power == power_of_change(sd, difference, plan.n_networks, paired=paired, level=level)
    assert plan.power >= power
    if plan.n_networks > 2:
        assert power_of_change(sd, difference, plan.n_networks - 1, paired=paired, level=level) < power


@DESIGNS
@given(sd=st.floats(1e-4, 1), n_networks=st.integers(2, 300), level=st.floats(1e-5, 0.1))
def test_the_detectable_change_is_found_with_the_power(paired: bool, sd: float, n_networks: int, level: float) -> None:
    """There and back."""
    plan = detectable_change(sd, n_networks, paired=paired, power=0.9, level=level)
    assert plan.difference is not None
    assert power_of_change(sd, plan.difference, n_networks, paired=paired, level=level) == pytest.approx(0.9)
    assert replicates_for_change(sd, plan.difference * (1 + 1e-9), paired=paired, power=0.9, level=level) == Plan(
        n_networks, plan.difference * (1 + 1e-9), pytest.approx(0.9), None
    )


@DESIGNS
def test_what_cannot_be_planned_is_flagged(paired: bool) -> None:
    """No sd, no spread, nothing to find, or more networks than anybody has."""
    assert replicates_for_change(None, 0.01, paired=paired) == Plan(None, None, None, "one-network")
    assert replicates_for_change(0, 0.01, paired=paired) == Plan(None, None, None, "no-variance")
    assert replicates_for_change(1e-17, 0.01, paired=paired) == Plan(None, None, None, "no-variance")
    assert replicates_for_change(0.01, -1e-17, paired=paired) == Plan(None, None, None, "no-difference")
    assert replicates_for_change(0.01, 0, paired=paired) == Plan(None, None, None, "no-difference")
    assert replicates_for_change(1, 1e-6, paired=paired) == Plan(None, 1e-6, None, "too-many-networks")
    assert detectable_change(0.01, 1, paired=paired) == Plan(1, None, None, "one-network")
    assert detectable_change(None, 5, paired=paired) == Plan(5, None, None, "one-network")
    assert detectable_change(0, 5, paired=paired) == Plan(5, None, None, "no-variance")


@DESIGNS
def test_a_class_among_many_needs_more(paired: bool) -> None:
    """As many as one test at a level divided by the number of classes."""
    one = replicates_for_class(0.02, 0.02, 1, paired=paired)
    many = replicates_for_class(0.02, 0.02, 10, paired=paired)
    assert one == replicates_for_change(0.02, 0.02, paired=paired)
    assert many == replicates_for_change(0.02, 0.02, paired=paired, level=0.005)
    assert many.n_networks > one.n_networks


@DESIGNS
def test_the_planned_power_is_reached(paired: bool) -> None:
    """The share of simulated studies of the planned size that find the change."""
    rng = np.random.default_rng(0)
    sd, difference, n_studies = 0.004, 0.005, 800
    plan = replicates_for_change(sd, difference, paired=paired)
    found = 0
    for _ in range(n_studies):
        dense = rng.normal(0.9, sd, plan.n_networks)
        moved = dense if paired else rng.normal(0.9, sd, plan.n_networks)
        compressed = moved - difference + (rng.normal(0, sd, plan.n_networks) if paired else 0)
        found += accuracy_change(dense, compressed, paired=paired, margin=0.01).p_value <= 0.05
    # Three standard errors are 0.042; Welch's test has a little less than the plan says.
    assert found / n_studies == pytest.approx(plan.power, abs=0.05)


def test_replicates_for_an_excess() -> None:
    """With the standard error shrinking as 1 / √K the interval of a one-sample t excludes 0 with the power."""
    # 20 ± 10 with 9 networks: an sd of 30 per network
    plan = replicates_for_excess(20, 10, 9)
    assert plan == replicates_for_change(30, 20, paired=True)
    assert replicates_for_excess(20, 0.01, 9).n_networks == 3
    assert replicates_for_excess(20, None, 9).flag == "one-network"
    assert replicates_for_excess(20, 10, 1).flag == "one-network"
    assert replicates_for_excess(-3, 10, 9).flag == "no-difference"
    assert replicates_for_excess(None, None, 1).flag == "one-network"
