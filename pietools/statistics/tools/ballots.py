"""Who voted for what, as bit masks: modal labels of any set of networks, exactly and fast.

For every example and label a mask of ⌈K/64⌉ words says which networks voted for it. A set of networks is a mask too, and its
votes are a popcount of the two. Many sets are asked at once, a row each, as many as leave the rows in the processor's cache.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb

import numpy as np

WORD = 64
IN_CACHE = 2**16  # votes of sets on examples that are counted at once
ENUMERATED = 2**13
"""So many relabellings are enumerated, whatever number is asked for: drawn ones would give p below the least possible."""


def masks(members: np.ndarray) -> np.ndarray:
    """Boolean membership, shape (rows, networks), as 64-bit words, shape (rows, words)."""
    padding = -members.shape[1] % WORD
    return np.packbits(np.pad(members, ((0, 0), (0, padding))), axis=1, bitorder="little").view("<u8")


def all_relabellings(n_reference: int, n_compressed: int, *, paired: bool) -> np.ndarray:
    """Every way to deal out the name "reference", shape (M, K_D + K_C): swaps within pairs, or any K_D of all networks."""
    if paired:
        swaps = np.arange(2**n_reference)[:, None] >> np.arange(n_reference) & 1
        return np.hstack([swaps == 0, swaps == 1])
    total = n_reference + n_compressed
    splits = np.array(list(combinations(range(total), n_reference)))
    members = np.zeros((len(splits), total), dtype=bool)
    np.put_along_axis(members, splits, values=True, axis=1)
    return members


def relabellings(
    n: int, n_reference: int, n_compressed: int, *, paired: bool, seed: int | list[int]
) -> tuple[np.ndarray, int, bool]:
    """Relabellings, how many there are in all, and whether these are they: too many are drawn, n of them."""
    n_all = 2**n_reference if paired else comb(n_reference + n_compressed, n_reference)
    if n_all <= max(n, ENUMERATED):
        return all_relabellings(n_reference, n_compressed, paired=paired), n_all, True
    rng = np.random.default_rng(seed)
    return random_relabellings(rng, n, n_reference, n_compressed, paired=paired), n_all, False


def random_relabellings(
    rng: np.random.Generator, n: int, n_reference: int, n_compressed: int, *, paired: bool
) -> np.ndarray:
    """Relabellings drawn at random, shape (n, K_D + K_C)."""
    if paired:
        swaps = rng.integers(0, 2, size=(n, n_reference))
        return np.hstack([swaps == 0, swaps == 1])
    identity = np.arange(n_reference + n_compressed) < n_reference
    return rng.permuted(np.tile(identity, (n, 1)), axis=1)


def members_of(sets: Sequence[np.ndarray] | np.ndarray, n_networks: int) -> np.ndarray:
    """Sets of network numbers as boolean membership, shape (sets, networks)."""
    members = np.zeros((len(sets), n_networks), dtype=bool)
    for row, numbers in zip(members, sets, strict=True):
        row[numbers] = True
    return members


@dataclass(frozen=True)
class Ballots:
    """Votes on the examples where networks disagree at all.

    Examples are sorted by their number of distinct labels, most first, so that column j (the j-th lowest label of each example)
    is a prefix: no padding, and each step is one pass over a contiguous array.
    """

    masks: list[np.ndarray]  # per column: (words, examples)
    votes: list[np.ndarray]  # per column: votes of all networks, (examples,)
    labels: list[np.ndarray]  # per column: the label, (examples,)
    examples: np.ndarray  # position of each example in the data set
    n_networks: int
    step: int  # power of two above the number of columns: a score is votes · step + (step − 1 − column)
    dtype: np.dtype  # the smallest unsigned integer that holds a score: bytes are what counting costs

    @classmethod
    def count(cls, labels: np.ndarray) -> "Ballots":
        """Ballots of the predicted labels, shape (networks, examples)."""
        examples = np.flatnonzero((labels != labels[0]).any(axis=0))
        labels = labels[:, examples].T
        ordered = np.sort(labels, axis=1)
        is_first = np.ones(ordered.shape, dtype=bool)
        is_first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]

        by_number = np.argsort(-is_first.sum(axis=1), kind="stable")
        labels, ordered, is_first = labels[by_number], ordered[by_number], is_first[by_number]
        column_of = is_first.cumsum(axis=1) - 1
        step = 1 << int(is_first.sum(axis=1).max(initial=1)).bit_length()
        dtype = np.min_scalar_type((labels.shape[1] + 1) * step)
        columns: tuple[list, list, list] = ([], [], [])
        for j in range(int(is_first.sum(axis=1).max(initial=0))):
            has_column = (column_of == j) & is_first
            n = int(has_column.any(axis=1).sum())
            label = ordered[:n][has_column[:n]]
            voted = np.ascontiguousarray(masks(labels[:n] == label[:, None]).T)
            votes = np.bitwise_count(voted).sum(axis=0, dtype=dtype)
            for column, value in zip(columns, (voted, votes, label), strict=True):
                column.append(value)
        return cls(*columns, examples[by_number], labels.shape[1], step, dtype)

    def keep(self, wanted: np.ndarray) -> "Ballots":
        """The same for some of the examples, a boolean of shape (examples,)."""
        return Ballots(
            [voted[:, wanted[: voted.shape[1]]] for voted in self.masks],
            [votes[wanted[: len(votes)]] for votes in self.votes],
            [label[wanted[: len(label)]] for label in self.labels],
            self.examples[wanted],
            self.n_networks,
            self.step,
            self.dtype,
        )

    def blocks(self, size: int) -> "Iterator[Ballots]":
        """The same for so many examples after another."""
        for start in range(0, len(self.examples), size):
            part = slice(start, start + size)
            columns = (
                [voted[:, part] for voted in self.masks],
                [v[part] for v in self.votes],
                [c[part] for c in self.labels],
            )
            yield replace(self, masks=columns[0], votes=columns[1], labels=columns[2], examples=self.examples[part])

    def undecided(self, n_reference: int, h: int) -> "Ballots":
        """The examples on which sets of ``h`` of the first ``n_reference`` networks, or of the others, can have different modes.

        Not so where fewer than h/2 networks of each population differ from one label: it has the majority of every set.
        """
        is_reference = masks(np.arange(self.n_networks)[None, :] < n_reference)[0]
        decided = np.zeros(len(self.examples), dtype=bool)
        for j, votes in enumerate(self.votes):
            before = self.votes_of(j, is_reference)
            others = np.maximum(
                n_reference - before.astype(int), self.n_networks - n_reference - (votes - before).astype(int)
            )
            decided[: len(votes)] |= others * 2 < h
        return self.keep(~decided)

    def portions(self, sets: np.ndarray) -> Iterator[np.ndarray]:
        """Masks of sets of networks, (sets, words), in portions that are counted at once."""
        size = max(1, IN_CACHE // max(len(self.examples), 1))
        return (sets[start : start + size] for start in range(0, len(sets), size))

    def votes_of(self, j: int, mask: np.ndarray) -> np.ndarray:
        """Votes for column j among the networks in ``mask``: one set (words,), or several, a row each."""
        votes = np.bitwise_count(self.masks[j][0] & mask[..., 0, None]).astype(self.dtype)
        for word in range(1, mask.shape[-1]):
            votes += np.bitwise_count(self.masks[j][word] & mask[..., word, None])
        return votes

    def modal_columns(self, mask: np.ndarray) -> np.ndarray:
        """Column of the modal label of each example among the networks in ``mask``, likewise; ties go to the lowest label."""
        best = self._nothing(mask)
        for j in range(len(self.masks)):
            self._raise(best, self.votes_of(j, mask), self.step - 1 - j)
        return self.dtype.type(self.step - 1) - (best & self.dtype.type(self.step - 1))

    def is_tied(self, mask: np.ndarray) -> np.ndarray:
        """Whether several labels have the most votes, likewise: the highest such label is not the lowest."""
        highest = self._nothing(mask)
        for j in range(len(self.masks)):
            self._raise(highest, self.votes_of(j, mask), j)
        return (highest & self.dtype.type(self.step - 1)) != self.modal_columns(mask)

    def split(self, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Modal columns among the networks in ``mask`` and among all others, likewise, in one pass."""
        inside, outside = self._nothing(mask), self._nothing(mask)
        for j, votes in enumerate(self.votes):
            votes_in = self.votes_of(j, mask)
            self._raise(inside, votes_in, self.step - 1 - j)
            self._raise(outside, votes - votes_in, self.step - 1 - j)
        last = self.dtype.type(self.step - 1)
        return last - (inside & last), last - (outside & last)

    def labels_of(self, columns: np.ndarray) -> np.ndarray:
        """Label of a column per example, shape (examples,)."""
        found = np.zeros(len(self.examples), dtype=np.int64)
        for j, label in enumerate(self.labels):
            having = columns[: len(label)] == j
            found[: len(label)][having] = label[having]
        return found

    def column_of(self, labels: np.ndarray) -> np.ndarray:
        """Column of a label per example of the data set, shape (n,); where nobody voted for it, a column that nothing has."""
        found = np.full(len(self.examples), self.step, dtype=self.dtype)
        for j, column in enumerate(self.labels):
            found[: len(column)][column == labels[self.examples[: len(column)]]] = j
        return found

    def _nothing(self, mask: np.ndarray) -> np.ndarray:
        return np.zeros((*mask.shape[:-1], len(self.examples)), dtype=self.dtype)

    def _raise(self, best: np.ndarray, votes: np.ndarray, rank: int) -> None:
        having = best[..., : votes.shape[-1]]
        np.maximum(having, votes * self.dtype.type(self.step) + self.dtype.type(rank), out=having)
