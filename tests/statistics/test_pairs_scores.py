"""Scores, confidence bands and re-runs of one pair of networks: against R, by hand, and at the edges."""

import math
from time import process_time

import numpy as np
import polars as pl
import pytest

from pietools.statistics.pairs.confidence_bands import confidence_bands
from pietools.statistics.pairs.reruns import rerun_floor, retraining_p
from pietools.statistics.pairs.scores import _quantile, calibration_error, divergence, label_log_odds, mean_change
from tests.statistics.pairs_tables import REFERENCE, r_values, within_drawing

LIMIT = math.log((1 - 1e-7) / 1e-7)  # of log odds


def test_scores_agree_with_r() -> None:
    """Log odds, divergence and calibration by the plain formulas, on twelve rows of four logits."""
    table, expected = pl.read_csv(REFERENCE / "pairs_scores.csv"), r_values("")
    first, second = (table.select(f"^{name}.$").to_numpy() for name in ("first", "second"))
    labels = table["label"].to_numpy()
    odds = label_log_odds(second, labels) - label_log_odds(first, labels)
    assert odds.tolist() == pytest.approx(list(r_values("log_odds_change ").values()), rel=1e-9)
    change, kl = mean_change(odds), divergence(first, second)
    assert change is not None
    assert (change.estimate, change.median, change.n) == pytest.approx((expected["mean"], expected["median"], 12))
    ends = (expected["conf_low"], expected["conf_high"])
    assert (change.conf_low, change.conf_high) == pytest.approx(ends, rel=1e-4)  # Student's quantile is expanded
    assert (kl.mean, kl.median, kl.p99) == pytest.approx(
        tuple(expected[f"kl_{name}"] for name in ("mean", "median", "p99"))
    )
    for name, scores in (("first", first), ("second", second)):
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        found = calibration_error(p.max(axis=1), p.argmax(axis=1) == labels)
        assert found == pytest.approx(expected[f"ece_{name}"])


def test_quantiles_agree_with_r() -> None:
    """Off by 10⁻³ at four degrees of freedom, by 10⁻⁷ from thirty on."""
    for df, expected in r_values("t ").items():
        assert _quantile(int(df)) == pytest.approx(
            expected, abs=1e-3 if int(df) < 10 else 2e-5 if int(df) < 30 else 1e-7
        )


def test_log_odds_by_hand() -> None:
    """An offset changes nothing; certainty stops at ±16.1; classes that an example lacks (−∞) have no part in it."""
    rows = np.log([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
    assert label_log_odds(rows + 700, np.array([1, 2])).tolist() == pytest.approx([math.log(3 / 7), math.log(7 / 3)])
    lacking = np.array([[0.0, 0.0, -np.inf], [0.0, -np.inf, -np.inf], [-np.inf, 0.0, -np.inf]])
    assert label_log_odds(lacking, np.array([0, 0, 0])).tolist() == pytest.approx([0, LIMIT, -LIMIT])
    far = np.array([[60.0, 0.0], [-1000.0, 0.0], [3.0, 0.0]], np.float32)
    before = far.copy()
    assert label_log_odds(far, np.array([0, 0, 0])).tolist() == pytest.approx([LIMIT, -LIMIT, 3])
    np.testing.assert_array_equal(far, before)
    assert label_log_odds(np.zeros((1, 1)), np.array([0])).tolist() == [pytest.approx(LIMIT)]


def test_divergence_by_hand() -> None:
    """½ ln(½/¼) + ½ ln(½/¾); nothing between equals; what the second holds impossible counts as 10⁻⁷."""
    half, quarter = np.log([[0.5, 0.5]]), np.log([[0.25, 0.75]])
    assert divergence(half, quarter + 5).mean == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(2 / 3))
    same = divergence(np.array([[0.0, 1.0, -np.inf]]), np.array([[0.0, 1.0, -np.inf]]))
    assert (same.mean, same.median, same.p99) == (0, 0, 0)
    impossible = divergence(np.array([[0.0, 0.0]]), np.array([[0.0, -np.inf]]))
    assert impossible.mean == pytest.approx(0.5 * math.log(0.5) + 0.5 * math.log(0.5 / 1e-7))
    certain = divergence(np.array([[0.0, -np.inf], [0.0, 0.0]]), np.array([[0.0, 0.0], [0.0, 0.0]]))
    assert certain.mean == pytest.approx(math.log(2) / 2)
    tiny = np.log([[1 - 1e-12, 1e-12]])
    assert divergence(tiny, tiny).mean == 0


def test_mean_change_at_the_edges() -> None:
    """One example has no interval; equal changes have one without length."""
    assert mean_change(np.array([0.3])) is None
    assert mean_change(np.array([])) is None
    equal = mean_change(np.full(9, 0.25))
    assert equal is not None
    assert (equal.estimate, equal.conf_low, equal.conf_high, equal.median) == (0.25, 0.25, 0.25, 0.25)


def test_calibration_by_hand() -> None:
    """Of two that are 0.9 sure one is right; 0.68 and 0.72 share one of fifteen bins; the ends 0 and 1 have one."""
    assert calibration_error(np.array([0.9, 0.9, 1.0]), np.array([True, False, True])) == pytest.approx(0.8 / 3)
    assert calibration_error(np.array([0.68, 0.72]), np.array([True, False])) == pytest.approx(0.4 / 2)
    assert calibration_error(np.array([0.0, 1.0]), np.array([True, False])) == pytest.approx(1)
    assert calibration_error(np.array([1.0000001], np.float32), np.array([True])) == pytest.approx(0, abs=1e-6)


def test_confidence_bands_by_hand() -> None:
    """A band includes its lower end, the last its upper end, too; bands without answers are left out."""
    confidence = np.array([0.0, 0.4, 0.59, 0.9, 0.99, 1.0])
    changed, net = np.array([1, 1, 0, 1, 0, 1], bool), np.array([-1, 1, 0, -1, 0, 0])
    rows = confidence_bands(confidence, changed, net).rows()
    assert rows == [(0, 0.4, 1, 1, 1, 0), (0.4, 0.6, 2, 1, 0, 1), (0.9, 0.99, 1, 1, 1, 0), (0.99, 1, 2, 1, 0, 0)]
    single = confidence_bands(np.array([0.9], np.float32), np.array([False]), None)
    assert single["low"].to_list() == [0.9]  # though 0.9 in float32 is less
    unlabelled = confidence_bands(confidence, changed, None)
    assert unlabelled["changed"].to_list() == [1, 1, 1, 1]
    assert unlabelled["lost"].null_count() == unlabelled["gained"].null_count() == 4
    assert unlabelled.schema == confidence_bands(confidence, changed, net).schema


def r_runs() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Labels, and the predicted ones of the first network, the second and three re-runs."""
    table = pl.read_csv(REFERENCE / "pairs_reruns.csv")
    label, first, second = (table[name].to_numpy() for name in ("label", "first", "second"))
    return label, first, second, table.select("^rerun.$").to_numpy().T


@pytest.mark.parametrize("n_reruns", [1, 3])
def test_reruns_agree_with_r(n_reruns: int) -> None:
    """One re-run: binom.test. Three: the sum of eighty independent draws, example by example; what is lost within drawing."""
    label, first, second, reruns = r_runs()
    found = rerun_floor(first, second, reruns[:n_reruns], label)
    assert found.p_further == pytest.approx(r_values("further_than_")[str(n_reruns)], rel=1e-9)
    assert found.p_more_lost is not None
    assert within_drawing(found.p_more_lost, r_values("more_lost_than_")[str(n_reruns)])
    assert found.n_reruns == n_reruns
    assert found.churn == pytest.approx((reruns[:n_reruns] != first).mean())
    right = (first == label) & (reruns[:n_reruns] != label)
    assert found.lost == pytest.approx(right.sum() / n_reruns)


def test_reruns_by_hand() -> None:
    """Further on five examples, nearer on one, both differ on two: P(X ≥ 5) of six is 7/64."""
    first = np.zeros(20, int)
    second, rerun = first.copy(), first.copy()
    second[:7], rerun[5:8] = 1, 2
    found = rerun_floor(first, second, rerun[None], first)
    assert found.p_further == pytest.approx(7 / 64)
    assert (found.churn, found.lost, found.gained) == (3 / 20, 3, 0)


def test_reruns_at_the_edges() -> None:
    """Nothing differs, everything does, no labels, labels of some."""
    first, other = np.zeros(10, int), np.ones(10, int)
    same = rerun_floor(first, first, np.stack([first, first]), first)
    assert (same.churn, same.p_further, same.p_more_lost) == (0, 1, 1)
    apart = rerun_floor(first, other, np.stack([other, other]), first)
    assert (apart.churn, apart.p_further, apart.p_more_lost, apart.lost) == (1, 1, 1, 10)
    unlabelled = rerun_floor(first, other, first[None], np.full(10, -1))
    assert (unlabelled.lost, unlabelled.gained, unlabelled.p_more_lost) == (None, None, None)
    assert unlabelled.p_further == pytest.approx(1 / 2**10)
    some = rerun_floor(first, first, other[None], np.repeat([0, 1, -1], [3, 2, 5]))
    assert (some.lost, some.gained, some.churn) == (3, 2, 1)


def test_reruns_of_many_examples_are_quick() -> None:
    """Two hundred thousand examples, three re-runs that differ on three of ten: not quadratic, and small p are told from 0."""
    rng = np.random.default_rng(0)
    first = rng.integers(0, 10, 200_000)
    runs, often = (
        np.where(rng.random((k, len(first))) < share, (first + 1) % 10, first) for k, share in ((4, 0.3), (1, 0.315))
    )
    start = process_time()
    found = rerun_floor(first, runs[0], runs[1:], first)
    assert process_time() - start < 2
    assert 0.0001 < found.p_further < 0.9999
    assert 0 < rerun_floor(first, often[0], runs[1:], first).p_further < 1e-25


def test_retraining_by_hand() -> None:
    """Four examples on which only the first agrees with the other network, one the reverse: 6/32."""
    first, second, other = np.zeros(12, int), np.zeros(12, int), np.zeros(12, int)
    second[:4], first[4], second[5], other[5] = 1, 1, 1, 2
    first[5] = 1
    assert retraining_p(second, first, other) == pytest.approx(6 / 32)
    assert retraining_p(first, first, other) == 1
