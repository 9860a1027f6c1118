"""Which examples a regime loses: as labelled, in half-samples, and when "reference" and "compressed" are dealt anew.

Sets of examples are kept as bits, so that overlaps of thousands of them are popcounts.
"""

import numpy as np

from pietools.statistics.tools.ballots import masks, random_relabellings
from pietools.statistics.tools.half_samples import half_samples
from pietools.statistics.tools.populations import Populations


def lost_examples(
    regime: Populations, given_labels: np.ndarray | None, reference: np.ndarray, compressed: np.ndarray
) -> np.ndarray:
    """Examples lost between two sets of networks, for many of them.

    Parameters
    ----------
    regime
        Predicted labels ≥ 0.
    given_labels
        Shape (n,), −1 where there is none: lost is then what is forgotten, right → wrong by modal label. None: every
        PIE.
    reference, compressed
        Which networks are taken for dense and for compressed, boolean (M, K_D + K_C).

    Returns
    -------
    numpy.ndarray
        Bits of shape (M, ⌈n / 8⌉).
    """
    smallest = int(min(reference.sum(axis=1).min(), compressed.sum(axis=1).min()))
    ballots = regime.undecided(sum(regime.sizes), smallest)
    right = None if given_labels is None else ballots.column_of(given_labels)
    rows = []
    for one, other in zip(ballots.portions(masks(reference)), ballots.portions(masks(compressed)), strict=True):
        before, after = ballots.modal_columns(one), ballots.modal_columns(other)
        is_lost = np.zeros((len(one), regime.n_examples), dtype=bool)
        is_lost[:, ballots.examples] = before != after if right is None else (before == right) & (after != right)
        rows.append(np.packbits(is_lost, axis=1))
    return np.concatenate(rows)


def lost_as_labelled(regime: Populations, given_labels: np.ndarray | None) -> np.ndarray:
    """The examples that the regime lost, as bits (bytes,)."""
    is_reference = np.arange(sum(regime.sizes))[None] < regime.sizes[0]
    return lost_examples(regime, given_labels, is_reference, ~is_reference)[0]


def lost_when_relabelled(
    regime: Populations, given_labels: np.ndarray | None, n_permutations: int, seed: list[int]
) -> np.ndarray:
    """The same for random relabellings: swaps within pairs if the regime is paired, any split of its networks otherwise."""
    rng = np.random.default_rng(seed)
    is_reference = random_relabellings(rng, n_permutations, *regime.sizes, paired=regime.paired)
    return lost_examples(regime, given_labels, is_reference, ~is_reference)


def lost_in_halves(regime: Populations, given_labels: np.ndarray | None, seed: list[int]) -> np.ndarray:
    """The same for half-samples of the networks, of which the same seed draws the same replicates."""
    reference, compressed = half_samples(*regime.sizes, paired=regime.paired, seed=seed)
    before = np.pad(reference, ((0, 0), (0, regime.sizes[1])))
    return lost_examples(regime, given_labels, before, np.pad(compressed, ((0, 0), (regime.sizes[0], 0))))


def count_bits(sets: np.ndarray) -> np.ndarray:
    """Number of examples in sets given as bits, over the last axis."""
    return np.bitwise_count(sets).sum(axis=-1, dtype=np.int64)


def seed_of(seed: int | list[int], number: int) -> list[int]:
    """A seed of its own for each regime."""
    return [*(seed if isinstance(seed, list) else [seed]), number]
