"""Simulated logits of dense and compressed networks, of which it is known what compression did to each example.

A network gives example i and class c the logit

    mean_ic + bias_kc + Σ_r factor_kr · direction_ric + spread_i · noise_kic.

Biases and factors belong to a network and touch all examples, and the size of the noise differs between examples. What is done to
the logit of the label is done to its log odds and to its margin, exactly.
"""

from dataclasses import dataclass

import numpy as np

from pietools.statistics.tools.scalars import log_odds_of_logits

N_CLASSES, N_DIRECTIONS = 10, 3
SD_BIAS, SD_DIRECTION = 0.4, 0.3  # the noise of the middle example has standard deviation 1
SD_LOG_SPREAD = 0.25
RHO = 0.6  # what the two networks of a matched pair share of the variance of each random part
SHARED_BY_REGIMES = 0.5  # what the pairs of matched regimes share of what the networks of a pair share
SHARE_EASY = 0.6
HIT_SIZES = 1.5, 3.0
MANY_ROWS = 400_000  # logits of so many examples are turned into log odds at once
_F = np.float32


@dataclass(frozen=True)
class LogitExamples:
    """``mean``: (n, classes); ``directions``: (directions, n, classes); ``spread``: size of the noise, and ``labels``, (n,)."""

    mean: np.ndarray
    directions: np.ndarray
    spread: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def moved(self, shift: np.ndarray) -> "LogitExamples":
        """The same with other means of the label's logit, by a shift (n,)."""
        mean = self.mean.copy()
        mean[np.arange(len(self)), self.labels] += shift
        return LogitExamples(mean, self.directions, self.spread, self.labels)


@dataclass(frozen=True)
class Treatment:
    """What compression does: to the label's logit of each example, (n,), to all logits, to the noise and to the shared factors.

    ``squash``: logits stay between minus and plus this; None: they are not squashed.
    """

    shift: np.ndarray
    scale: float = 1.0
    squash: float | None = None
    noise: float = 1.0
    factors: float = 1.0


@dataclass(frozen=True)
class Parts:
    """The random parts of networks: ``bias`` (K, 1, classes), ``factors`` (K, directions), ``noise`` (K, n, classes)."""

    bias: np.ndarray
    factors: np.ndarray
    noise: np.ndarray

    @classmethod
    def drawn(cls, rng: np.random.Generator, n_networks: int, n: int) -> "Parts":
        """Of so many independent networks."""
        return cls(
            rng.standard_normal((n_networks, 1, N_CLASSES), dtype=_F),
            rng.standard_normal((n_networks, N_DIRECTIONS), dtype=_F),
            rng.standard_normal((n_networks, n, N_CLASSES), dtype=_F),
        )

    def mixed(self, other: "Parts", share: float) -> "Parts":
        """√share of this one, √(1 − share) of the other: the same distribution."""
        a, b = _F(share**0.5), _F((1 - share) ** 0.5)
        return Parts(
            a * self.bias + b * other.bias,
            a * self.factors + b * other.factors,
            a * self.noise + b * other.noise,
        )


def draw_logit_examples(rng: np.random.Generator, n: int) -> LogitExamples:
    """Classes of equal size and unequal difficulty; three fifths are easy; each example has one class that it is taken for."""
    rows = np.arange(n)
    labels = rng.permutation(rows % N_CLASSES)
    mean = rng.normal(-2, 0.7, (n, N_CLASSES))
    rival = (labels + rng.integers(1, N_CLASSES, n)) % N_CLASSES
    mean[rows, rival] = 0
    is_easy = rng.random(n) < SHARE_EASY
    of_class = rng.normal(0, 0.5, N_CLASSES)
    mean[rows, labels] = of_class[labels] + np.where(is_easy, rng.normal(5.0, 1.5, n), rng.normal(1.0, 1.5, n))
    return LogitExamples(
        mean.astype(_F),
        rng.normal(0, SD_DIRECTION, (N_DIRECTIONS, n, N_CLASSES)).astype(_F),
        np.exp(rng.normal(0, SD_LOG_SPREAD, n)).astype(_F),
        labels,
    )


def nothing(n: int) -> Treatment:
    """What is done to dense networks."""
    return Treatment(np.zeros(n))


def logits_of(examples: LogitExamples, parts: Parts, treatment: Treatment) -> np.ndarray:
    """Logits of each network, (K, n, classes)."""
    logits = parts.noise * (_F(treatment.noise) * examples.spread[:, None])
    logits += examples.moved(treatment.shift.astype(_F)).mean
    logits += _F(SD_BIAS) * parts.bias
    logits += np.tensordot(_F(treatment.factors) * parts.factors, examples.directions, axes=1)
    if treatment.squash is not None:
        logits = _F(treatment.squash) * np.tanh(logits / _F(treatment.squash))
    return logits * _F(treatment.scale)


def log_odds_and_margins(logits: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the labels (n,), nats, (K, n) each, from logits (K, n, classes)."""
    k, n, n_classes = logits.shape
    step = max(1, MANY_ROWS // n)
    found = [
        log_odds_of_logits(some.reshape(-1, n_classes), np.tile(labels, len(some)))
        for some in (logits[start : start + step] for start in range(0, k, step))
    ]
    log_odds, margins = (np.concatenate(parts).reshape(k, n) for parts in zip(*found, strict=True))
    return log_odds, margins


def draw_pairs(rng: np.random.Generator, n_networks: int, n: int, *, paired: bool) -> tuple[Parts, Parts]:
    """Of a dense and of a compressed population: independent, or with something in common within each pair."""
    reference, compressed = Parts.drawn(rng, n_networks, n), Parts.drawn(rng, n_networks, n)
    if not paired:
        return reference, compressed
    shared = Parts.drawn(rng, n_networks, n)
    return shared.mixed(reference, RHO), shared.mixed(compressed, RHO)


def draw_sizes(rng: np.random.Generator, n: int) -> np.ndarray:
    """By how much the log odds of examples fall if they are hit, nats, (n,)."""
    return rng.uniform(*HIT_SIZES, n)
