"""Per-class tests against R, and what they answer where there is nothing to test."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pietools.statistics.classes import class_tests, count_significant, default_test

REFERENCE = Path(__file__).parents[1] / "reference"


def r_recalls() -> tuple[np.ndarray, np.ndarray]:
    """Recalls of the two populations that class_tests.R made."""
    table = pl.read_csv(REFERENCE / "class_tests_input.csv")
    dense, pruned = (
        table.filter(pl.col("population") == name).select("^class.*$").to_numpy() for name in ("dense", "pruned")
    )
    return dense, pruned


def test_agrees_with_r() -> None:
    """Every statistic of every test equals R's t.test and p.adjust to 1e-8."""
    dense, pruned = r_recalls()
    found = class_tests(dense, pruned, dense.mean(axis=1), pruned.mean(axis=1), paired=True)
    expected = pl.read_csv(REFERENCE / "class_tests.csv", null_values="NA").with_columns(
        pl.col(pl.String).str.strip_chars()
    )
    expected = expected.with_columns(pl.exclude("test", "class_index").cast(pl.Float64, strict=False))
    found = found.select(expected.columns).sort("test", "class_index")
    assert_frame_equal(found, expected.sort("test", "class_index"), rel_tol=1e-8, abs_tol=1e-14, check_dtypes=False)


def test_swapping_the_populations_flips_the_signs() -> None:
    """Estimates change sign, p-values stay."""
    dense, pruned = r_recalls()
    there = class_tests(dense, pruned, dense.mean(axis=1), pruned.mean(axis=1), paired=True)
    back = class_tests(pruned, dense, pruned.mean(axis=1), dense.mean(axis=1), paired=True)
    assert there["estimate"].to_numpy() == pytest.approx(-back["estimate"].to_numpy())
    assert there["p_value"].to_numpy() == pytest.approx(back["p_value"].to_numpy())


def test_the_order_of_unmatched_networks_is_nothing() -> None:
    """Welch's test does not see which network stands where."""
    dense, pruned = r_recalls()
    order = np.random.default_rng(0).permutation(len(dense))
    there = class_tests(dense, pruned, dense.mean(axis=1), pruned.mean(axis=1), paired=False)
    shuffled = class_tests(dense[order], pruned, dense[order].mean(axis=1), pruned.mean(axis=1), paired=False)
    assert there["p_value"].to_numpy() == pytest.approx(shuffled["p_value"].to_numpy())
    assert there["test"].unique().sort().to_list() == ["hooker", "welch"]


def test_a_class_without_variance_is_flagged_and_spoils_no_other() -> None:
    """No p-value, no NaN, and the others are corrected among themselves."""
    dense, pruned = r_recalls()
    accuracy = np.zeros(len(dense))
    dense[:, 0], pruned[:, 0] = 0.5, 0.75
    found = class_tests(dense, pruned, accuracy, accuracy, paired=True)
    for test in ("paired", "welch", "hooker"):
        rows = found.filter(pl.col("test") == test)
        assert rows["flag"].to_list() == ["no-variance", *[None] * 5]
        assert rows["p_value"].null_count() == 1
        assert rows["estimate"][0] == 0.25
        assert not rows.select(pl.col(pl.Float64).is_nan().any()).sum_horizontal().item()
    counts = {row["test"]: row for row in count_significant(found).to_dicts()}
    assert counts["paired"]["n_tested"] == 5
    assert counts["hooker"]["n_significant_adjusted"] is None


def test_one_network_cannot_be_tested() -> None:
    """Every class is flagged, the estimate is there."""
    dense, pruned = r_recalls()
    found = class_tests(dense[:1], pruned[:1], dense[:1].mean(axis=1), pruned[:1].mean(axis=1), paired=True)
    assert found["flag"].unique().to_list() == ["one-network"]
    assert found["p_value"].null_count() == found.height
    assert found["estimate"].null_count() == 0


def test_the_design_decides() -> None:
    """Not the number of rejections."""
    assert default_test(paired=True) == "paired"
    assert default_test(paired=False) == "welch"
