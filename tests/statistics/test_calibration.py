"""Calibration by hand, against scikit-learn, and where confidences tie or are not known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from sklearn.calibration import calibration_curve as sklearn_curve

from pietools.statistics.accuracy.calibration import BINNINGS, calibration_curve, expected_calibration_error
from pietools.statistics.tools.proportions import proportion_interval

EVERY_BINNING = pytest.mark.parametrize("binning", BINNINGS)


def simulated(seed: int, k: int, n: int, decimals: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Overconfident networks: right less often than they say. Few decimals make ties."""
    rng = np.random.default_rng(seed)
    confidence = np.round(rng.beta(5, 1.5, size=(k, n)), decimals).astype(np.float32)
    return confidence, rng.random((k, n)) < confidence - 0.05


def test_by_hand() -> None:
    """Two bins of equal width, then two of equal mass."""
    confidence = np.array([[0.25, 0.5, 0.75, 1.0, 1.0]])
    is_correct = np.array([[True, False, True, True, False]])
    # up to 0.5: accuracy 1/2, confidence 3/8, gap 1/8; above: 2/3 and 11/12, gap 1/4
    wide = expected_calibration_error(confidence, is_correct, n_bins=2, binning="equal-width")
    assert wide.row(0) == (pytest.approx(2 / 5 * 1 / 8 + 3 / 5 * 1 / 4), None)
    # the three lowest: 2/3 and 1/2, gap 1/6; the two highest: 1/2 and 1, gap 1/2
    massive = expected_calibration_error(confidence, is_correct, n_bins=2)
    assert massive.row(0) == (pytest.approx(3 / 5 * 1 / 6 + 2 / 5 * 1 / 2), None)


def test_one_bin_is_the_gap_of_the_means() -> None:
    """Accuracy against mean confidence, per network."""
    confidence, is_correct = simulated(0, 3, 50)
    gap = np.abs(is_correct.mean(axis=1) - confidence.mean(axis=1, dtype=float))
    for binning in BINNINGS:
        found = expected_calibration_error(confidence, is_correct, n_bins=1, binning=binning)
        assert found["estimate"].to_list() == pytest.approx(gap)


@EVERY_BINNING
def test_curve_agrees_with_sklearn(binning: str) -> None:
    """Mean confidence and accuracy of every bin, and the error is their weighted distance."""
    confidence, is_correct = simulated(1, 1, 3001)
    curve = calibration_curve(confidence, is_correct, n_bins=10, binning=binning)
    strategy = "uniform" if binning == "equal-width" else "quantile"
    accuracy, mean_confidence = sklearn_curve(is_correct[0], confidence[0], n_bins=10, strategy=strategy)
    assert curve["accuracy"].to_list() == pytest.approx(accuracy)
    assert curve["mean_confidence"].to_list() == pytest.approx(mean_confidence)
    error = expected_calibration_error(confidence, is_correct, n_bins=10, binning=binning)["estimate"].item()
    assert error == pytest.approx(((curve["accuracy"] - curve["mean_confidence"]).abs() * curve["n"]).sum() / 3001)


@EVERY_BINNING
@given(seed=st.integers(0, 1000), n=st.integers(1, 60), decimals=st.integers(1, 4))
def test_the_order_of_examples_is_nothing(binning: str, seed: int, n: int, decimals: int) -> None:
    """Also where confidences tie at the border of a bin, to the last bit; and the error lies in [0, 1]."""
    confidence, is_correct = simulated(seed, 2, n, decimals)
    order = np.random.default_rng(seed).permutation(n)
    there = expected_calibration_error(confidence, is_correct, n_bins=5, binning=binning)
    shuffled = expected_calibration_error(confidence[:, order], is_correct[:, order], n_bins=5, binning=binning)
    assert_frame_equal(there, shuffled, abs_tol=1e-15, rel_tol=0)
    assert there["estimate"].is_between(0, 1).all()


def test_equal_masses() -> None:
    """Without ties the bins differ by at most one example."""
    rng = np.random.default_rng(2)
    confidence = rng.permutation(np.linspace(0.1, 1, 104))[None]
    n = calibration_curve(confidence, confidence > 0.5)["n"]
    assert n.len() == 15
    assert set(n) == {6, 7}


def test_tied_confidences_share_a_bin() -> None:
    """Half the predictions are sure: they are one bin, whatever its mass."""
    confidence = np.concatenate([np.linspace(0.2, 0.9, 20), np.ones(20)])[None]
    curve = calibration_curve(confidence, confidence > 0.5, n_bins=8)
    assert curve["n"].to_list() == [5, 5, 5, 5, 20]
    assert curve["bin"].to_list() == [0, 1, 2, 3, 4]


def test_a_float32_at_a_border_belongs_below_it() -> None:
    """The float32 nearest to 0.2 lies above 0.2, and 0 has a bin too."""
    confidence = np.array([[0, 0.2, 0.21]], dtype=np.float32)
    curve = calibration_curve(confidence, confidence < 1, n_bins=5, binning="equal-width")
    assert curve["bin"].to_list() == [0, 1]
    assert curve["n"].to_list() == [2, 1]


def test_a_calibrated_network_has_a_small_error() -> None:
    """Right as often as it says: what is left is the noise that the docstring names."""
    rng = np.random.default_rng(3)
    confidence = rng.uniform(0.5, 1, size=(20, 10_000))
    found = expected_calibration_error(confidence, rng.random(confidence.shape) < confidence)
    noise = 0.8 * np.sqrt(15 * 0.75 * 0.25 / 10_000)
    assert 0.5 * noise < found["estimate"].mean() < noise


def test_the_interval_counts_each_example_once() -> None:
    """Three networks that say the same are as good as one."""
    confidence, is_correct = simulated(4, 1, 400, 3)
    one = calibration_curve(confidence, is_correct, binning="equal-width")
    three = calibration_curve(np.tile(confidence, (3, 1)), np.tile(is_correct, (3, 1)), binning="equal-width")
    assert_frame_equal(one, three)
    wilson = proportion_interval((one["accuracy"] * one["n"]).to_numpy(), one["n"].to_numpy())
    assert_frame_equal(one.select("conf_low", "conf_high"), wilson.select("conf_low", "conf_high"))


def test_a_bin_with_less_than_one_example_a_network() -> None:
    """Three predictions of ten networks are a third of an example, and the interval is wide."""
    confidence = np.full((10, 2), 0.5)
    confidence[:3, 0] = 0.95
    row = calibration_curve(confidence, confidence > 0.9, binning="equal-width").row(-1, named=True)
    assert row["n"] == pytest.approx(0.3)
    assert row["conf_high"] == pytest.approx(1)
    assert row["conf_low"] < 0.1


@EVERY_BINNING
def test_unknown_confidences_are_flagged(binning: str) -> None:
    """The network of which only labels are known has no error, the other has."""
    confidence, is_correct = simulated(5, 2, 30)
    confidence[0] = np.nan
    found = expected_calibration_error(confidence, is_correct, binning=binning)
    assert found.row(0) == (None, "no-confidence")
    assert found.row(1) == (pytest.approx(found["estimate"][1]), None)
    assert found["estimate"][1] is not None
    assert calibration_curve(confidence, is_correct, binning=binning).is_empty()


@EVERY_BINNING
def test_no_examples(binning: str) -> None:
    """Nothing to be right about."""
    nothing = np.empty((2, 0))
    assert expected_calibration_error(nothing, nothing > 0, binning=binning).rows() == [(None, "no-examples")] * 2
    curve = calibration_curve(nothing, nothing > 0, binning=binning)
    assert curve.schema == calibration_curve(np.array([[0.5]]), np.array([[True]]), binning=binning).schema


def test_what_does_not_fit_is_refused() -> None:
    """Another binning, another shape."""
    confidence, is_correct = simulated(6, 2, 5)
    with pytest.raises(ValueError, match="binning is equal-mass or equal-width, not quantile"):
        expected_calibration_error(confidence, is_correct, binning="quantile")
    with pytest.raises(ValueError, match=r"confidences of shape \(2, 5\) do not fit is_correct of shape \(2, 4\)"):
        calibration_curve(confidence, is_correct[:, :4])
