"""What is true of a simulated data set, by a large simulation of independent networks.

Dense and compressed networks share all their random parts here. That leaves the expectation of each as it is and takes most of the
noise from their difference; where compression does nothing the difference is exactly 0.
"""

from dataclasses import dataclass

import numpy as np

from pietools.validation.worlds import (
    N_CLASSES,
    WORLDS,
    Condition,
    DataSet,
    conditions,
    draw_data_set,
    draw_latent,
    draw_latents,
    predict,
)

N_BATCH = 440
SHARE_PAIRED = 0.4  # of as many networks, in pairs, for the spread of accuracies


@dataclass(frozen=True)
class Truth:
    """``right``: probability that a dense, a compressed network is right, shape (2, examples).

    ``excess``: ½ Σ_i Σ_c (q^D_ic − q^C_ic)² over the originals, by the number of networks that vote. ``covariance``: of the
    accuracies of a matched pair, (2, 2).
    """

    right: np.ndarray
    excess: dict[int, float]
    covariance: np.ndarray


def simulated_data(seed: int, world: str, number: int, n: int) -> tuple[DataSet, tuple[Condition, Condition]]:
    """Data set with this number in a world, and what holds there."""
    rng = np.random.default_rng([seed, 0, list(WORLDS).index(world), number])
    data = draw_data_set(rng, n)
    return data, conditions(world, data, rng)


def find_truth(seed: int, world: str, number: int, *, n: int, set_sizes: tuple[int, ...], n_networks: int) -> Truth:
    """Simulate a data set at length."""
    data, holds = simulated_data(seed, world, number, n)
    rng = np.random.default_rng([seed, 1, list(WORLDS).index(world), number])
    n_batches = max(1, n_networks // N_BATCH)
    n_right = np.zeros((2, len(data.labels)))
    sums = {h: np.zeros((N_CLASSES + 1, n)) for h in set_sizes}
    for _ in range(n_batches):
        latent = draw_latent(rng, N_BATCH, data)
        predicted = [predict(data, latent, condition) for condition in holds]
        n_right += [(labels == data.labels).sum(axis=0) for labels in predicted]
        for h in set_sizes:
            sums[h] += _vote_differences(predicted[0][:, :n], predicted[1][:, :n], h)
    return Truth(
        n_right / (n_batches * N_BATCH),
        {h: _excess(sums[h], n_batches * (N_BATCH // h)) for h in set_sizes},
        _covariance(rng, data, holds, max(1, round(n_batches * SHARE_PAIRED))),
    )


def _vote_differences(reference: np.ndarray, compressed: np.ndarray, h: int) -> np.ndarray:
    """Over disjoint sets of h networks: Σ of [D says c] − [C says c] per class and example, and how often the two differ."""
    before, after = _modal_labels(reference, h), _modal_labels(compressed, h)
    classes = np.arange(N_CLASSES)[:, None, None]
    difference = (before == classes).sum(axis=1) - (after == classes).sum(axis=1)
    return np.vstack([difference, (before != after).sum(axis=0)])


def _modal_labels(predicted: np.ndarray, h: int) -> np.ndarray:
    """Modal label of each set of h networks, the lowest of several, shape (sets, examples)."""
    sets = predicted[: len(predicted) // h * h].reshape(-1, h, predicted.shape[1])
    most, modal = (sets == 0).sum(axis=1), np.zeros((len(sets), predicted.shape[1]), dtype=np.int64)
    for c in range(1, N_CLASSES):
        votes = (sets == c).sum(axis=1)
        modal[votes > most] = c
        np.maximum(most, votes, out=most)
    return modal


def _excess(sums: np.ndarray, n_sets: int) -> float:
    """Without bias: of the squared mean difference, what the sampling of sets adds is taken off."""
    squares = ((sums[:-1] / n_sets) ** 2).sum(axis=0)
    noise = (2 * sums[-1] - n_sets * squares) / (n_sets * (n_sets - 1))
    return float((squares - noise).sum() / 2)


def _covariance(
    rng: np.random.Generator, data: DataSet, holds: tuple[Condition, Condition], n_batches: int
) -> np.ndarray:
    accuracies = []
    for _ in range(n_batches):
        latents = draw_latents(rng, N_BATCH, data, paired=True)
        predicted = [predict(data, latent, condition) for latent, condition in zip(latents, holds, strict=True)]
        accuracies.append([(labels == data.labels)[:, : data.n].mean(axis=1) for labels in predicted])
    return np.cov(np.concatenate(accuracies, axis=1))
