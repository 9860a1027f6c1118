"""Simulated networks whose errors have known reasons, for the tests of characterization."""

from typing import Any

import numpy as np
import pytest

from pietools.statistics.characterize import cross_fitting
from pietools.statistics.tools.half_samples import half_samples


def latent(
    rng: np.random.Generator, ease: np.ndarray, n_networks: int, *, skill: float = 0.3, shared: np.ndarray | None = None
) -> np.ndarray:
    """Margins (K, n): a network is right where its margin is positive, so that logit P(right) is ``ease`` plus its skill.

    ``shared``: noise (K, n) of another population, which half of all predictions have in common with it (matched networks).
    """
    noise = rng.logistic(size=(n_networks, len(ease)))
    if shared is not None:
        noise = np.where(rng.random(noise.shape) < 0.5, shared, noise)
    return ease + skill * rng.normal(size=(n_networks, 1)) + noise


def eases(rng: np.random.Generator, n: int) -> np.ndarray:
    """Logits of being right: 60 % of the examples are easy."""
    return np.where(rng.random(n) < 0.6, rng.normal(5, 1.5, n), rng.normal(0.5, 1.5, n))


def predicted(rng: np.random.Generator, margins: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Labels (K, n) of ten classes: the given one, or mostly the next."""
    other = (labels + 1 + rng.integers(0, 9, margins.shape)) % 10
    wrong = np.where(rng.random(margins.shape) < 0.8, (labels + 1) % 10, other)
    return np.where(margins > 0, labels, wrong)


def losses(margins: np.ndarray) -> np.ndarray:
    """Loss of each network (K, n), from the same margins that make it right or wrong."""
    return np.logaddexp(0, -margins)


def few_half_samples(monkeypatch: pytest.MonkeyPatch, n_samples: int = 40) -> None:
    """Cross-fitting with fewer half-samples than 200: tests whose errors may be rough take a second instead of five."""

    def fewer(*sizes: int, **given: Any) -> tuple[np.ndarray, np.ndarray]:
        return half_samples(*sizes, **given | {"n_samples": n_samples})

    monkeypatch.setattr(cross_fitting, "half_samples", fewer)
