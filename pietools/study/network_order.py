"""Signatures that tell networks without names apart, whatever the order of networks and examples."""

import numpy as np

ROUNDS = 3


def network_signatures(labels: np.ndarray, predicted: np.ndarray) -> list[int]:
    """One signature per network, the same under any permutation of the examples and of the networks.

    Colour refinement (Weisfeiler & Leman 1968): an example is described by its label and the multiset of (network, prediction), a
    network by the multiset of (example, prediction), in turn. A sum of scrambled values stands for each multiset.

    Parameters
    ----------
    labels
        Given labels, shape (n,).
    predicted
        Predicted labels, shape (networks, n).
    """
    predictions, given = _scramble(predicted), _scramble(labels)
    networks = np.zeros(len(predicted), dtype=np.uint64)
    for _ in range(ROUNDS):
        votes = _scramble(predictions + networks[:, None])
        examples = _scramble(votes.sum(axis=0, dtype=np.uint64) + given)
        networks = _scramble(_scramble(predictions + examples).sum(axis=1, dtype=np.uint64))
    return networks.tolist()


def _scramble(values: np.ndarray) -> np.ndarray:
    """SplitMix64 (Steele, Lea & Flood 2014, doi:10.1145/2714064.2660195): equal values stay equal, others become unrelated."""
    mixed = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
