"""Per-class tests against R, and what they answer where there is nothing to test."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from polars.testing import assert_frame_equal

from pietools.statistics.classes.tests import COLUMNS, class_tests, count_significant, default_test
from pietools.statistics.tools.t_tests import hedges_g

REFERENCE = Path(__file__).parents[1] / "reference"
P_VALUES = [column for column in COLUMNS if column.startswith("p_") or "_p_" in column]
SIGNED = ["estimate", "statistic", "effect", "hedges_g", "raw_change", "logit_effect"]


def r_counts() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right answers of the two populations that class_tests.R made, and the examples of each class."""
    table = pl.read_csv(REFERENCE / "class_tests_input.csv", null_values="NA")
    dense, pruned, size = (
        table.filter(pl.col("population") == name).select("^class.*$").to_numpy()
        for name in ("dense", "pruned", "size")
    )
    return dense, pruned, size[0]


def compared(dense: np.ndarray, pruned: np.ndarray, n: np.ndarray, *, paired: bool = True) -> pl.DataFrame:
    """Tests of counts of right answers, each class of its size."""
    recalls = dense / n, pruned / n
    return class_tests(*recalls, *(recall @ n / n.sum() for recall in recalls), paired=paired, n=n)


def r_recalls() -> tuple[np.ndarray, np.ndarray]:
    """Recalls of the two populations that class_tests.R made."""
    dense, pruned, n = r_counts()
    return dense / n, pruned / n


def test_agrees_with_r() -> None:
    """Every number of every test equals what R computes from the counts by definition, to 1e-8."""
    expected = pl.read_csv(REFERENCE / "class_tests.csv", null_values="NA").with_columns(
        pl.col(pl.String).str.strip_chars()
    )
    expected = expected.with_columns(pl.exclude("test", "class_index").cast(pl.Float64, strict=False))
    found = compared(*r_counts()).drop("flag")
    assert set(found.columns) == set(expected.columns)
    expected = expected.select(found.columns).sort("test", "class_index")
    assert_frame_equal(found.sort("test", "class_index"), expected, rel_tol=1e-8, abs_tol=1e-14, check_dtypes=False)


def test_effect_and_logit_by_hand() -> None:
    """Two classes of one and three examples: 1 and 3 right against 0 and 3 right, in both networks but for one answer."""
    n = np.array([1, 3])
    found = compared(np.array([[1, 3], [1, 2]]), np.array([[0, 3], [0, 3]]), n, paired=False).row(0, named=True)
    # r_0 − a_{−0} is 1 − 1 and 1 − 2/3 in the reference, 0 − 1 twice in the compressed ones: −1 − 1/6.
    assert found["effect"] == pytest.approx(-7 / 6)
    assert found["raw_change"] == -1
    # logits: (1 + ½)/(0 + ½) = 3 and 1/3 inside; 3.5/0.5 = 7 and 2.5/1.5 = 5/3 outside.
    reference = np.log(3) - (np.log(7) + np.log(5 / 3)) / 2
    assert found["logit_effect"] == pytest.approx(-np.log(3) - np.log(7) - reference)


def test_swapping_the_populations_flips_the_signs() -> None:
    """Estimates change sign on every scale, p-values stay."""
    dense, pruned, n = r_counts()
    there, back = compared(dense, pruned, n), compared(pruned, dense, n)
    assert_frame_equal(there.select(P_VALUES), back.select(P_VALUES))
    assert_frame_equal(there.select(SIGNED), back.select(-pl.col(SIGNED)), abs_tol=1e-14)


def test_the_order_of_classes_is_nothing() -> None:
    """Each class keeps its numbers wherever it stands."""
    dense, pruned, n = r_counts()
    order = np.random.default_rng(0).permutation(len(n))
    there, moved = compared(dense, pruned, n), compared(dense[:, order], pruned[:, order], n[order])
    back = moved.with_columns(class_index=pl.col("class_index").replace_strict(dict(enumerate(order.tolist()))))
    assert_frame_equal(there.sort("test", "class_index"), back.sort("test", "class_index"), abs_tol=1e-14)


def test_the_order_of_unmatched_networks_is_nothing() -> None:
    """Welch's test does not see which network stands where."""
    dense, pruned, n = r_counts()
    order = np.random.default_rng(0).permutation(len(dense))
    there, shuffled = compared(dense, pruned, n, paired=False), compared(dense[order], pruned, n, paired=False)
    assert_frame_equal(there, shuffled, abs_tol=1e-14)
    assert there["test"].unique().sort().to_list() == ["hooker", "welch"]
    assert there["p_max_t"].null_count() == there.height


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
    """Every class is flagged, the estimate and the effect are there."""
    dense, pruned, n = r_counts()
    found = compared(dense[:1], pruned[:1], n)
    assert found["flag"].unique().to_list() == ["one-network"]
    assert found.select(P_VALUES).null_count().sum_horizontal().item() == found.height * len(P_VALUES)
    assert found["estimate"].null_count() == 0
    assert found.filter(pl.col("test") != "hooker")["effect"].null_count() == 0


def test_two_networks_have_p_values_but_no_hedges_g() -> None:
    """The small-sample correction vanishes at one degree of freedom."""
    dense, pruned, n = r_counts()
    found = compared(dense[:2], pruned[:2], n)
    assert found["flag"].null_count() == found.height
    assert found["hedges_g"].null_count() == found.height
    assert found.filter(pl.col("test") == "paired")["p_max_t"].min() >= 0.5


@pytest.mark.parametrize("has_sizes", [True, False])
def test_the_only_class_has_only_its_raw_change(has_sizes: bool) -> None:
    """Its recall is the accuracy: nothing relative can be said."""
    dense, pruned, n = (columns[..., :1] for columns in r_counts())
    recalls = dense / n, pruned / n
    found = class_tests(*recalls, recalls[0][:, 0], recalls[1][:, 0], paired=True, n=n if has_sizes else None)
    assert found["flag"].unique().to_list() == ["one-class"]
    assert found["estimate"].to_list() == [0, 0, 0]
    assert found.select("p_value", "effect", "logit_effect", "hedges_g").null_count().row(0) == (3, 3, 3, 3)
    assert found["raw_p_value"].null_count() == 1
    assert found["raw_change"].to_list() == pytest.approx([recalls[1].mean() - recalls[0].mean()] * 3)


@pytest.mark.parametrize("recall", [np.nan, 0])
def test_a_class_without_examples_is_flagged_and_spoils_no_other(recall: float) -> None:
    """The others have the numbers that they have without it."""
    dense, pruned, n = r_counts()
    alone = compared(dense, pruned, n)
    accuracy = dense.sum(axis=1) / n.sum(), pruned.sum(axis=1) / n.sum()
    recalls = [np.insert(counts / n, 2, recall, axis=1) for counts in (dense, pruned)]
    found = class_tests(*recalls, *accuracy, paired=True, n=np.insert(n, 2, 0))
    absent = found.filter(pl.col("class_index") == 2)
    assert absent["flag"].unique().to_list() == ["no-examples"]
    assert absent.drop("test", "class_index", "flag").null_count().sum_horizontal().item() == 3 * (len(COLUMNS) - 3)
    others = found.filter(pl.col("class_index") != 2)
    assert_frame_equal(others.drop("class_index"), alone.drop("class_index"), abs_tol=1e-14)


def test_perfect_networks_have_no_variance() -> None:
    """Nothing to test by on any scale, and no infinite logit."""
    n = np.array([1, 10, 100])
    found = compared(np.tile(n, (5, 1)), np.tile(n, (5, 1)), n)
    assert found["flag"].unique().to_list() == ["no-variance"]
    assert found.select("estimate", "raw_change").sum().row(0) == (0, 0)
    assert found.filter(pl.col("test") != "hooker")["logit_effect"].to_list() == [0] * 6
    assert count_significant(found)["n_tested"].to_list() == [0, 0, 0]


def test_what_does_not_fit_is_said() -> None:
    """Accuracies of other data, and pairs without a partner."""
    dense, pruned, n = r_counts()
    with pytest.raises(ValueError, match="weighted by n"):
        class_tests(dense / n, pruned / n, np.zeros(7), np.zeros(7), paired=True, n=n)
    with pytest.raises(ValueError, match="not 7 and 6"):
        compared(dense, pruned[:6], n)


counts_of_three_classes = st.integers(1, 6).flatmap(lambda k: arrays(int, (2, k, 3), elements=st.integers(0, 4)))


@given(counts_of_three_classes)
@settings(max_examples=60, deadline=None)
def test_whatever_the_counts_there_is_an_answer(counts: np.ndarray) -> None:
    """No NaN, no infinity, p-values that correction only raises, intervals around what they belong to, a flag or a p-value."""
    found = compared(*counts, np.array([4, 5, 1 + counts[:, :, 2].max()]))
    numbers = found.select(pl.col(pl.Float64))
    assert numbers.select(pl.all().is_finite().all()).row(0) == (True,) * numbers.width
    assert found["flag"].is_null().to_list() == found["p_value"].is_not_null().to_list()
    known = found.filter(pl.col("p_holm").is_not_null())
    assert (known["p_value"] <= known["p_adjusted"] + 1e-12).all()
    assert (known["p_adjusted"] <= known["p_holm"] + 1e-12).all()
    assert known.select((pl.col("effect_conf_low") <= pl.col("effect")).all()).item()
    assert known.select((pl.col("effect") <= pl.col("effect_conf_high")).all()).item()


@pytest.mark.parametrize("paired", [True, False])
def test_hedges_g_is_unbiased(paired: bool) -> None:
    """20,000 studies of five networks, standard deviations 1 and 2, true value 1: the mean within 3 %, without J 8 % above."""
    rng = np.random.default_rng(5)
    shared, own = rng.normal(size=(2, 5, 20_000))
    dense, pruned = shared, np.sqrt(2.5) + 2 * (0.6 * shared + 0.8 * own if paired else own)
    found = hedges_g(dense, pruned, paired=paired)
    assert found.mean() == pytest.approx(1, abs=0.03)
    plain = (pruned - dense).mean(axis=0) / np.sqrt((dense.var(axis=0, ddof=1) + pruned.var(axis=0, ddof=1)) / 2)
    assert plain.mean() > 1.08


def test_numbers_found_stand_beside_the_number_expected() -> None:
    """Counted by hand, per test and correction; what a test does not have is null."""
    tests = pl.DataFrame(
        {
            "test": ["paired"] * 4 + ["hooker"] * 2,
            "p_value": [0.01, 0.04, 0.2, None, 0.05, 0.06],
            "p_adjusted": [0.03, 0.06, 0.2, None, None, None],
            "p_holm": [0.03, 0.08, 0.2, None, None, None],
            "p_max_t": [0.05, 0.04, 0.2, None, None, None],
            "logit_p_adjusted": [0.2, 0.06, 0.2, None, None, None],
        }
    )
    paired, hooker = count_significant(tests).to_dicts()
    assert paired.pop("n_expected_by_chance") == pytest.approx(0.15)
    assert paired == {
        "test": "paired",
        "n_tested": 3,
        "n_significant": 2,
        "n_significant_adjusted": 1,
        "n_significant_holm": 1,
        "n_significant_max_t": 2,
        "n_significant_logit": 0,
    }
    assert hooker == {
        "test": "hooker",
        "n_tested": 2,
        "n_significant": 1,
        "n_expected_by_chance": 0.1,
        **dict.fromkeys(f"n_significant_{name}" for name in ("adjusted", "holm", "max_t", "logit")),
    }


def test_results_of_before_are_counted_too() -> None:
    """Stored rows without the newer columns have null there."""
    older = compared(*r_counts()).drop("p_holm", "p_max_t", "logit_p_adjusted")
    counts = count_significant(older)
    assert counts["n_significant_adjusted"].to_list()[:2] == [1, 1]
    assert counts.select("^n_significant_(holm|max_t|logit)$").null_count().row(0) == (3, 3, 3)


def test_the_design_decides() -> None:
    """Not the number of rejections."""
    assert default_test(paired=True) == "paired"
    assert default_test(paired=False) == "welch"
