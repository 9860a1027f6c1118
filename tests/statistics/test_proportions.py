"""Proportions of examples against R, by hand, and where there are none."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pietools.statistics.tools.proportions import difference_of_proportions, proportion_interval

REFERENCE = Path(__file__).parents[1] / "reference"


def r_proportions() -> tuple[list[np.ndarray], pl.DataFrame]:
    """Counts and their n, and what R makes of them."""
    counts = pl.read_csv(REFERENCE / "proportions_input.csv")
    columns = pl.read_csv(REFERENCE / "proportions.csv").with_columns(pl.col(pl.String).str.strip_chars().cast(float))
    return [counts[name].to_numpy() for name in counts.columns], columns


def test_intervals_of_proportions_agree_with_r() -> None:
    """Wilson's against prop.test, Clopper and Pearson's against binom.test, none and all right included."""
    (count, n, _, _), expected = r_proportions()
    for method, name in (("wilson", "wilson"), ("clopper-pearson", "exact")):
        found = proportion_interval(count, n, method)
        assert found["estimate"].to_list() == pytest.approx(count / n)
        for end in ("low", "high"):
            values = expected[f"{name}_{end}"].to_list()
            assert found[f"conf_{end}"].to_list() == pytest.approx(values, rel=1e-8, abs=1e-15)


def test_differences_of_proportions_agree_with_r() -> None:
    """Newcombe's interval against his formula, p against fisher.test."""
    counts, expected = r_proportions()
    found = difference_of_proportions(*counts)
    for name in ("estimate", "p_value", "conf_low", "conf_high"):
        assert found[name].to_list() == pytest.approx(expected[name].to_list(), rel=1e-8)
    assert found["flag"].null_count() == found.height


def test_an_empty_group_has_no_proportion() -> None:
    """It is flagged and spoils no other."""
    interval = proportion_interval(np.array([0, 1]), np.array([0, 2]))
    assert interval.row(0) == (None, None, None, "no-examples")
    assert interval.row(1)[-1] is None
    difference = difference_of_proportions(np.array([0, 1, 1]), np.array([0, 2, 2]), np.array([1, 0, 1]), [2, 0, 3])
    assert difference["flag"].to_list() == ["no-examples", "no-examples", None]
    assert difference.row(0)[:-1] == (None,) * 4
    assert difference["estimate"][2] == pytest.approx(1 / 3 - 1 / 2)


def test_swapping_the_groups_flips_the_difference() -> None:
    """And keeps Fisher's p."""
    (count1, n1, count2, n2), _ = r_proportions()
    there, back = difference_of_proportions(count1, n1, count2, n2), difference_of_proportions(count2, n2, count1, n1)
    assert there["estimate"].to_list() == pytest.approx((-back["estimate"]).to_list())
    assert there["conf_low"].to_list() == pytest.approx((-back["conf_high"]).to_list())
    assert there["p_value"].to_list() == pytest.approx(back["p_value"].to_list())


def test_impossible_proportions_are_refused() -> None:
    """More right than there are, or an interval that is not known."""
    with pytest.raises(ValueError, match="between 0 and its n"):
        proportion_interval(np.array([3]), np.array([2]))
    with pytest.raises(ValueError, match="wilson or clopper-pearson, not wald"):
        proportion_interval(np.array([1]), np.array([2]), "wald")
