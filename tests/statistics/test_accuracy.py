"""Agreement and accuracy over networks."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pietools.statistics.accuracy.agreement import fleiss_kappa, mean_and_sd

REFERENCE = Path(__file__).parents[1] / "reference"


def kappa_of(labels: np.ndarray) -> float | None:
    """Kappa of predicted labels, shape (examples, networks)."""
    votes = np.array([(labels == c).sum(axis=1) for c in range(labels.max() + 1)])
    return fleiss_kappa(votes.sum(axis=1), (votes**2).sum(axis=1), *labels.shape)


def test_fleiss_kappa_agrees_with_r() -> None:
    """Against the definition written out in R."""
    labels = pl.read_csv(REFERENCE / "fleiss_kappa_input.csv").to_numpy()
    expected = pl.read_csv(REFERENCE / "fleiss_kappa.csv")["kappa"].item()
    assert kappa_of(labels) == pytest.approx(float(expected), rel=1e-12)


def test_fleiss_kappa_of_fleiss_1971_shape() -> None:
    """Perfect agreement is 1; one network, or one class ever, has no kappa."""
    assert kappa_of(np.array([[0, 0, 0], [1, 1, 1]])) == 1
    assert kappa_of(np.array([[0], [1]])) is None
    assert kappa_of(np.array([[0, 0], [0, 0]])) is None


def test_mean_and_sd() -> None:
    """The sd divides by n − 1; one network has none; an unknown value makes both unknown."""
    assert mean_and_sd(np.array([0.5, 0.7])) == (0.6, pytest.approx(np.sqrt(0.02)))
    assert mean_and_sd(np.array([0.5])) == (0.5, None)
    assert mean_and_sd(np.array([0.5, np.nan])) == (None, None)
    assert mean_and_sd(np.array([])) == (None, None)
