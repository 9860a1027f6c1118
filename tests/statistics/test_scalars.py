"""Scalars of predictions against scipy, by hand, and at the edges of float32."""

import numpy as np
import pytest
from scipy.special import log_softmax
from scipy.stats import entropy

from pietools.statistics.tools.scalars import (
    CHUNK,
    count_near_ties,
    kept_scalars,
    scalars_from_labels,
    scalars_from_logits,
    scalars_from_probabilities,
)


def test_by_hand() -> None:
    """Probabilities 0.2, 0.5, 0.3 and the label 2."""
    scalars = scalars_from_logits(np.log([[0.2, 0.5, 0.3]]), np.array([2])).row(0, named=True)
    assert scalars["predicted_label"] == 1
    assert scalars["loss"] == pytest.approx(-np.log(0.3), rel=1e-6)
    assert scalars["confidence"] == pytest.approx(0.5)
    assert scalars["margin"] == pytest.approx(0.3 - 0.5)
    assert scalars["label_rank"] == 1
    # (1 − 0.3)² + 0.2² + 0.5² = 0.49 + 0.04 + 0.25
    assert scalars["brier"] == pytest.approx(0.78)


def test_agrees_with_scipy() -> None:
    """Loss, entropy and Brier score over more examples than one chunk, at float32's precision."""
    rng = np.random.default_rng(0)
    logits = (rng.normal(size=(CHUNK + 7, 10)) * 5).astype(np.float32)
    labels = rng.integers(0, 10, CHUNK + 7)
    scalars = scalars_from_logits(logits, labels)
    log_p = log_softmax(logits.astype(np.float64), axis=1)
    assert scalars["loss"].to_numpy() == pytest.approx(-log_p[np.arange(len(labels)), labels], rel=1e-5, abs=1e-6)
    assert scalars["entropy"].to_numpy() == pytest.approx(entropy(np.exp(log_p), axis=1), rel=1e-4, abs=1e-5)
    p = np.exp(log_p)
    brier = (p**2).sum(axis=1) - 2 * p[np.arange(len(labels)), labels] + 1
    assert scalars["brier"].to_numpy() == pytest.approx(brier, rel=1e-5, abs=1e-12)
    descending = np.argsort(-logits, axis=1, kind="stable")
    assert scalars["label_rank"].to_numpy().tolist() == np.argmax(descending == labels[:, None], axis=1).tolist()


def test_ties_go_to_the_lowest_class() -> None:
    """Predicted label and rank obey the same rule."""
    scalars = scalars_from_logits(np.array([[1.0, 1, 1], [1, 1, 1]]), np.array([0, 2]))
    assert scalars["predicted_label"].to_list() == [0, 0]
    assert scalars["label_rank"].to_list() == [0, 2]


def test_huge_logits_stay_finite() -> None:
    """The log-sum-exp is shifted."""
    scalars = scalars_from_logits(np.array([[1e4, -1e4], [1e4, 1e4 - 1]]), np.array([1, 0]))
    assert scalars["loss"].is_finite().all()
    assert scalars["loss"][0] == pytest.approx(2e4)
    assert scalars["entropy"][0] == 0


def test_brier_score_at_its_ends() -> None:
    """2 where another class has probability 1, 0 where the label has, and not rounded to 0 on the way there."""
    scalars = scalars_from_logits(np.array([[0.0, 100], [0, 100], [0, 12]]), np.array([0, 1, 1]))
    # p = 1 / (1 + e¹²), and the score is 2 p²
    assert scalars["brier"].to_list() == [2, 0, pytest.approx(2 / (1 + np.exp(12)) ** 2, rel=1e-5)]


def test_examples_without_a_label() -> None:
    """What needs the label is null, the rest is there."""
    row = scalars_from_logits(np.array([[0.0, 1.0]]), np.array([-1])).row(0, named=True)
    assert [row[name] for name in ("loss", "margin", "brier", "label_rank")] == [None] * 4
    assert row["predicted_label"] == 1
    assert row["confidence"] > 0.5


def test_labels_alone() -> None:
    """Only the predicted label is known."""
    scalars = scalars_from_labels(np.array([3, 1], dtype=np.int16))
    assert scalars["predicted_label"].to_list() == [3, 1]
    assert scalars.drop("predicted_label").null_count().sum_horizontal().item() == 2 * 8


def test_near_ties() -> None:
    """A gap below 1e-4 between the two largest is counted, one of a thousandth is not."""
    logits = np.array([[1, 1.00005, -9], [1, 1.001, 0], [5, 0, 5]], dtype=np.float32)
    assert count_near_ties(logits) == 2
    assert count_near_ties(np.ones((4, 1), dtype=np.float32)) == 0


def test_log_odds_do_not_saturate() -> None:
    """Beside a probability of 1 − 1e-13 a loss in float32 is 0; log odds and logit margin are what the logits say."""
    scalars = scalars_from_logits(np.array([[30.0, 0, 0], [0, 50, -50]]), np.array([0, 1]))
    assert scalars["loss"].to_list() == [pytest.approx(0, abs=1e-12)] * 2
    assert scalars["label_log_odds"].to_list() == pytest.approx([30 - np.log(2), 50], rel=1e-6)
    assert scalars["logit_margin"].to_list() == pytest.approx([30, 50], rel=1e-6)


def test_log_odds_of_logits_and_of_their_probabilities_agree() -> None:
    """Those of float32 probabilities have float32's digits, also where the label has nearly all."""
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(size=(500, 10)) * 9, rng.integers(0, 10, 500)
    probabilities = np.exp(log_softmax(logits, axis=1)).astype(np.float32)
    one, other = scalars_from_logits(logits, labels), scalars_from_probabilities(probabilities, labels)
    assert one["label_log_odds"].max() > 15
    for name in ("label_log_odds", "logit_margin"):
        assert other[name].to_numpy() == pytest.approx(one[name].to_numpy(), abs=1e-5)


def test_log_odds_that_are_not_known_are_null() -> None:
    """No label, a probability of 0 or of exactly 1, a class that does not exist."""
    unlabelled = scalars_from_logits(np.array([[1.0, 0]]), np.array([-1]))
    rounded = scalars_from_probabilities(np.array([[1.0, 0, 0], [0, 0.6, 0.4]]), np.array([0, 0]))
    lone = scalars_from_logits(np.array([[1.0], [2.0]]), np.array([0, 0]))
    for scalars in (unlabelled, rounded, lone):
        assert scalars["label_log_odds"].null_count() == scalars["logit_margin"].null_count() == scalars.height


@pytest.mark.parametrize("mask", [-np.inf, np.finfo(np.float32).min, -1e38, -1e9, np.finfo(np.float16).min])
def test_masked_classes_have_no_log_odds(mask: float) -> None:
    """A label that was masked, and one beside which all is masked: no network gives odds of a billion to one."""
    logits = np.array([[1.0, mask, 0.0], [2.0, mask, mask], [1.0, 0.0, mask]])
    found = scalars_from_logits(logits, np.array([1, 0, 0]))
    assert found["label_log_odds"].to_list() == [None, None, pytest.approx(1)]
    assert found["logit_margin"].to_list() == [None, None, pytest.approx(1)]


def test_what_is_kept() -> None:
    """Log odds alone, with eleven bits of them if so asked: an error of at most one part in 2,048, whatever the size."""
    rng = np.random.default_rng(2)
    logits, labels = rng.normal(size=(200, 5)) * 20, rng.integers(0, 5, 200)
    full = scalars_from_logits(logits, labels)
    kept = kept_scalars(logits, labels, "log-odds", "float16")
    assert kept["predicted_label"].equals(full["predicted_label"])
    assert kept["loss"].null_count() == kept.height
    assert kept["label_log_odds"].to_numpy() == pytest.approx(full["label_log_odds"].to_numpy(), rel=2**-11)
    assert kept["label_log_odds"].to_numpy().astype(np.float16).tolist() == kept["label_log_odds"].to_list()
    assert kept_scalars(logits, labels, "labels").equals(scalars_from_labels(full["predicted_label"].to_numpy()))
