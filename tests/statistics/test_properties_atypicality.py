"""Atypicality: who is far, what must not matter, and where there is no spread to go by."""

from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl
import pytest

from pietools.statistics.properties.atypicality import (
    atypicality,
    atypicality_knn,
    atypicality_lof,
    pixel_components,
)


def clusters(rng: np.random.Generator, m: int = 300, width: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Training features of three classes, and labels."""
    labels = rng.integers(0, 3, m)
    return 4 * np.eye(3, width)[labels] + rng.normal(size=(m, width)), labels


MEASURES = (atypicality, atypicality_knn, atypicality_lof)


def measure(
    of: Callable[..., pl.Series], features: list[np.ndarray], training: list[np.ndarray], labels: np.ndarray
) -> np.ndarray:
    """Any of the three: only the first takes labels."""
    of = partial(of, training_labels=labels) if of is atypicality else of
    return of(features, training).to_numpy()


@pytest.mark.parametrize("of", MEASURES)
def test_outliers_are_atypical(of: Callable[..., pl.Series]) -> None:
    """Far from all classes, between two of them, and in the middle of one: in this order."""
    training, labels = clusters(np.random.default_rng(0))
    centres = np.stack([training[labels == c].mean(axis=0) for c in range(3)])
    far, between, within = measure(
        of, [np.stack([-9 * np.ones(6), centres[:2].mean(axis=0), centres[0]])], [training], labels
    )
    assert far > between > within


@pytest.mark.parametrize("of", MEASURES)
def test_units_and_axes_of_features_do_not_matter(of: Callable[..., pl.Series]) -> None:
    """Features turned, moved and a hundred times larger say the same, but for the density's constant."""
    rng = np.random.default_rng(3)
    training, labels = clusters(rng)
    features = clusters(rng, 20)[0]
    axes = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    before, after = (
        measure(of, [move(features)], [move(training)], labels) for move in (lambda x: x, lambda x: 100 * x @ axes + 7)
    )
    constant = 6 * np.log(100) if of is atypicality else 0
    assert after == pytest.approx(before + constant, rel=1e-7)


def test_gaussian_atypicality_is_that_of_the_true_density() -> None:
    """With many examples it comes to the true −log density at the nearest class, and shrinking does no harm."""
    rng = np.random.default_rng(4)
    training, labels = clusters(rng, 20_000)
    features = clusters(rng, 200)[0]
    squared = ((features[:, None] - 4 * np.eye(3, 6)) ** 2).sum(axis=2).min(axis=1)
    expected = (squared + 6 * np.log(2 * np.pi)) / 2
    assert measure(atypicality, [features], [training], labels) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("of", MEASURES)
def test_features_without_spread(of: Callable[..., pl.Series]) -> None:
    """A dead unit does no harm, a dead network has no value, and does not spoil the mean of others."""
    rng = np.random.default_rng(6)
    (training, labels), features = clusters(rng), clusters(rng, 5)[0]
    dead_unit = training * (np.arange(6) < 5), features
    assert np.isfinite(measure(of, [dead_unit[1]], [dead_unit[0]], labels)).all()
    dead = np.ones_like(training)
    assert np.isnan(measure(of, [features], [dead], labels)).all()
    with_dead = measure(of, [features, features], [training, dead], labels)
    assert (with_dead == measure(of, [features], [training], labels)).all()


def test_classes_without_spread_have_no_density() -> None:
    """One example a class, or none with a label, or all of a class alike: no covariance to go by."""
    features = np.eye(3)
    for training, labels in (
        (np.eye(3), np.arange(3)),
        (np.eye(3), np.full(3, -1)),
        (np.repeat(np.eye(3), 4, axis=0), np.repeat([0, 1, 2], 4)),
    ):
        assert atypicality([features], [training], labels).null_count() == 3


def test_few_and_repeated_training_examples() -> None:
    """Neighbours are as many as there are; repetitions do not make a density infinite; copies of one have none."""
    few = np.array([[0.0], [1], [3]])
    spread = np.sqrt(((few - 4 / 3) ** 2).mean())
    assert atypicality_knn([np.array([[2.0]])], [few]).to_list() == pytest.approx([(2 + 1 + 1) / 3 / spread])
    training, _ = clusters(np.random.default_rng(7), 60)
    features = np.zeros((2, 6))
    repeated = np.vstack([training] * 30)
    assert atypicality_lof([features], [repeated]).to_list() == pytest.approx(
        atypicality_lof([features], [training]).to_list()
    )
    assert atypicality_lof([features], [training[:1]]).null_count() == 2


def test_pixels_instead_of_features() -> None:
    """Components are fewer than the pixels, and a negative is atypical in them by each measure."""
    rng = np.random.default_rng(8)
    scores, labels = clusters(rng, 400)
    loadings = rng.normal(size=(6, 64))
    images = scores @ loadings + 0.1 * rng.normal(size=(400, 64))
    odd = np.vstack([images[:20], -2 * images[:1]])
    features, training = pixel_components(odd.astype(np.float32), images[20:].astype(np.float32))
    assert features.shape[1] == training.shape[1] <= 6
    for of in MEASURES:
        assert measure(of, [features], [training], labels[20:]).argmax() == 20
    few, _ = pixel_components(odd, images[:10])
    assert few.shape[1] <= 9


def test_pixels_without_spread() -> None:
    """Training images that are all black have no components, and nothing is atypical against them."""
    features, training = pixel_components(np.eye(3), np.zeros((5, 3)))
    assert features.shape == (3, 0)
    for of in MEASURES:
        assert np.isnan(measure(of, [features], [training], np.zeros(5, dtype=int))).all()
