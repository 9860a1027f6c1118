"""Planted label noise is found; by hand; and where there are no alternatives to a label."""

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier

from pietools.statistics.properties.label_noise import is_label_issue, label_noise
from pietools.topics.properties.catalogue import PROPERTIES


def test_label_issues_by_hand() -> None:
    """One of ten examples of class 0 is given as 1, one of class 1 as 0: both are issues and nothing else is."""
    labels = np.repeat([0, 1], 10)
    # Classes' mean confidences are 0.83 and 0.82: an example counts for the class whose mean it exceeds.
    of_0 = np.where(labels == 0, 0.91, 0.1)
    of_0[[0, 19]] = 0.1, 0.91
    mean = np.stack([of_0, 1 - of_0], axis=1)
    issues = is_label_issue(np.vstack([mean, [[0.5, 0.5]]]), np.append(labels, -1))
    assert np.flatnonzero(issues.fill_null(False)).tolist() == [0, 19]
    assert issues.null_count() == 1
    noise = label_noise(mean, labels)
    assert noise[[0, 1, 19]].to_list() == pytest.approx([0.9, 0.09, 0.91])  # (1 − (p_y − p_other)) / 2 = 1 − p_y


def test_labels_without_alternatives() -> None:
    """With one class, or one class given, there is no issue to speak of; with no labels there is no value."""
    nobody = np.array([-1, -1])
    for mean, labels in ((np.ones((2, 1)), np.zeros(2, dtype=int)), (np.full((2, 2), 0.5), nobody)):
        assert label_noise(mean, labels).null_count() == is_label_issue(mean, labels).null_count() == 2
    one_given = is_label_issue(np.full((3, 2), 0.5), np.array([1, 1, -1]))
    assert one_given.null_count() == 3
    assert label_noise(np.full((3, 2), 0.5), np.array([1, 1, -1])).to_list() == [0.5, 0.5, None]
    with pytest.raises(ValueError, match="do not fit"):
        label_noise(np.full((2, 2), 0.5), np.array([0, 2]))


def auc(is_positive: np.ndarray, scores: pl.Series) -> float:
    """Probability that a positive scores higher than another."""
    return float(roc_auc_score(is_positive, scores))


def noisy_study(rng: np.random.Generator, rate: float, m: int = 1000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points of five separable classes in 8 dimensions, their labels with some flipped at random, and which."""
    truth = rng.integers(0, 5, m)
    points = 5 * np.eye(5, 8)[truth] + rng.normal(size=(m, 8))
    flipped = rng.random(m) < rate
    return points, np.where(flipped, (truth + rng.integers(1, 5, m)) % 5, truth), flipped


def probabilities_of(points: np.ndarray, labels: np.ndarray, evaluated: np.ndarray) -> np.ndarray:
    """Mean of five logistic regressions, each fitted to half of the points."""
    rng = np.random.default_rng(5)
    halves = [rng.permutation(len(points))[: len(points) // 2] for _ in range(5)]
    fits = [LogisticRegression(max_iter=200).fit(points[half], labels[half]) for half in halves]
    return np.mean([fit.predict_proba(evaluated) for fit in fits], axis=0)


@pytest.mark.parametrize("rate", [0.05, 0.2])
def test_planted_label_noise_is_found(rate: float) -> None:
    """Flipped labels, in training too: the score ranks them first, and the issues are mostly they, mostly all."""
    rng = np.random.default_rng(1)
    training, (points, labels, flipped) = noisy_study(rng, rate), noisy_study(rng, rate)
    mean = probabilities_of(*training[:2], points)
    assert auc(flipped, label_noise(mean, labels)) > 0.97
    issues = is_label_issue(mean, labels).to_numpy()
    assert issues[flipped].mean() > 0.9
    assert flipped[issues].mean() > 0.9


def test_label_noise_of_training_examples_is_worse_than_none() -> None:
    """A network that knows its training labels by heart is sure of the wrong ones: hence they are refused."""
    points, labels, flipped = noisy_study(np.random.default_rng(2), 0.1)
    mean = KNeighborsClassifier(1).fit(points, labels).predict_proba(points)
    assert auc(flipped, label_noise(mean, labels)) == 0.5
    assert PROPERTIES["label_noise"].unseen_only
