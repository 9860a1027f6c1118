"""Simulated populations of dense and compressed networks, of which everything is known.

A network gives example i and class c the logit

    mean_ic + bias_kc + Σ_r factor_kr · direction_ric + noise_kic .

The means are fixed; biases and factors are shared by all examples, so that examples share networks and accuracies and recalls vary
over networks. A world says what compression does to the logit of the label, and to the noise. The networks are random, the examples
fixed, except in the world ``regimes``, which has new examples in every study.
"""

from dataclasses import dataclass

import numpy as np

N_CLASSES = 10
N_GROUPS = 5
N_COPIES = 2
N_DIRECTIONS = 3
SD_BIAS, SD_DIRECTION = 0.4, 0.3  # the noise has standard deviation 1
RHO = 0.6  # what the two networks of a matched pair share of the variance of each random part

# What compression does; "regimes" compares two populations that lose different examples, but equally many on average.
WORLDS = {
    "none": "nothing",
    "uniform": "the label's logit of every example falls by 0.4",
    "class": "the label's logit falls by 1.5 in one of the ten classes",
    "targeted": "the label's logit of 8 % of the examples, all of one group, falls by 3",
    "churn": "the noise is 1.6 times as large",
    "regimes": "each population has its own shift of every example's label, N(0, 0.7²); the examples are random too",
}


@dataclass(frozen=True)
class DataSet:
    """Examples and altered copies of a third of them, one after the other.

    ``mean``: (classes, examples); ``directions``: (classes, directions, examples); ``labels`` and ``source`` (of which example it
    is a copy): (examples,). ``n`` examples are originals; ``groups`` is a partition of them, (n,).
    """

    mean: np.ndarray
    directions: np.ndarray
    labels: np.ndarray
    source: np.ndarray
    n: int

    @property
    def groups(self) -> np.ndarray:
        """Group of each original."""
        return np.arange(self.n) % N_GROUPS

    @property
    def is_hit(self) -> np.ndarray:
        """Examples that the world ``targeted`` hits: two fifths of the first group."""
        return (self.source % N_GROUPS == 0) & (self.source // N_GROUPS % 5 < 2)

    def copy(self, number: int) -> slice:
        """Where an altered copy stands."""
        size = (len(self.labels) - self.n) // N_COPIES
        return slice(self.n + number * size, self.n + (number + 1) * size)


@dataclass(frozen=True)
class Condition:
    """What holds for one population: a shift of the label's logit, shape (examples,), and a factor of the noise."""

    shift: np.ndarray
    noise: float


@dataclass(frozen=True)
class Latent:
    """The random parts of networks: ``bias`` (classes, K, 1), ``factors`` (K, directions), ``noise`` (classes, K, examples)."""

    bias: np.ndarray
    factors: np.ndarray
    noise: np.ndarray

    def mixed(self, other: "Latent", rho: float) -> "Latent":
        """√ρ of this one, √(1 − ρ) of the other: the same distribution."""
        a, b = np.float32(rho**0.5), np.float32((1 - rho) ** 0.5)
        return Latent(
            a * self.bias + b * other.bias,
            a * self.factors + b * other.factors,
            a * self.noise + b * other.noise,
        )


def draw_data_set(rng: np.random.Generator, n: int) -> DataSet:
    """A data set with classes of equal size and unequal difficulty; each example has one class that it is taken for."""
    original = rng.permutation(np.arange(n) % N_CLASSES)
    source = np.concatenate([np.arange(n), *[np.arange(n // 3)] * N_COPIES])
    labels = original[source]
    at, everything = np.arange(len(labels)), (N_CLASSES, len(labels))
    mean = rng.normal(-2, 0.7, size=everything)
    rival = (original + rng.integers(1, N_CLASSES, size=n)) % N_CLASSES
    mean[rival[source], at] = 0
    margin = 2.2 + rng.normal(0, 0.5, size=N_CLASSES)[original] + rng.normal(0, 1.5, size=n)
    mean[labels, at] = margin[source] - np.where(at < n, 0, rng.normal(0.7, 0.5, size=len(at)))
    directions = rng.normal(0, SD_DIRECTION, size=(N_CLASSES, N_DIRECTIONS, len(labels)))
    return DataSet(mean.astype(np.float32), directions.astype(np.float32), labels, source, n)


def conditions(world: str, data: DataSet, rng: np.random.Generator) -> tuple[Condition, Condition]:
    """What holds for the dense and for the compressed population."""
    nothing = np.zeros(len(data.labels), dtype=np.float32)
    shift, noise = nothing, 1.0
    if world == "uniform":
        shift = nothing - 0.4
    elif world == "class":
        shift = np.where(data.labels == 0, -1.5, nothing)
    elif world == "targeted":
        shift = np.where(data.is_hit, -3, nothing)
    elif world == "churn":
        noise = 1.6
    elif world == "regimes":
        nothing, shift = rng.normal(0, 0.7, size=(2, len(nothing)))
    return Condition(nothing.astype(np.float32), 1.0), Condition(shift.astype(np.float32), noise)


def draw_latent(rng: np.random.Generator, n_networks: int, data: DataSet) -> Latent:
    """The random parts of so many independent networks."""
    normal = np.float32
    return Latent(
        rng.standard_normal((N_CLASSES, n_networks, 1), dtype=normal),
        rng.standard_normal((n_networks, N_DIRECTIONS), dtype=normal),
        rng.standard_normal((N_CLASSES, n_networks, len(data.labels)), dtype=normal),
    )


def draw_latents(rng: np.random.Generator, n_networks: int, data: DataSet, *, paired: bool) -> tuple[Latent, Latent]:
    """Of a dense and of a compressed population: independent, or with something in common within each pair."""
    reference, compressed = draw_latent(rng, n_networks, data), draw_latent(rng, n_networks, data)
    if not paired:
        return reference, compressed
    shared = draw_latent(rng, n_networks, data)
    return shared.mixed(reference, RHO), shared.mixed(compressed, RHO)


def predict(data: DataSet, latent: Latent, condition: Condition) -> np.ndarray:
    """Predicted labels, shape (K, examples)."""
    mean = data.mean.copy()
    mean[data.labels, np.arange(len(data.labels))] += condition.shift
    # Classes first: the largest logit is found by ten passes over contiguous arrays.
    logits = latent.noise * np.float32(condition.noise)
    logits += mean[:, None, :]
    logits += np.float32(SD_BIAS) * latent.bias
    logits += latent.factors @ data.directions
    highest = logits[0]
    predicted = np.zeros(highest.shape, dtype=np.int64)
    for c in range(1, len(logits)):
        predicted[logits[c] > highest] = c
        np.maximum(highest, logits[c], out=highest)
    return predicted
