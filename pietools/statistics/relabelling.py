"""How many PIEs there would be if compression did nothing: the null distribution of the count over relabellings.

Under the null hypothesis the names "reference" and "compressed" mean nothing, so they are dealt out anew among the networks: any
split of all networks when they are unmatched, a swap within each pair when they are matched. The networks are random, the
examples fixed.

Counting is exact and fast: for every example and label a bit mask says which networks voted for it, a relabelling is a mask
too, and votes are a popcount of the two.
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

WORD = 64


@dataclass(frozen=True)
class RelabellingNull:
    """Distribution of the number of PIEs over relabellings.

    ``counts`` has one entry per relabelling, the identity included if ``is_exact``; ``observed`` is the count as labelled;
    ``smallest_p`` is what the design and the number of relabellings allow at best.
    """

    design: str
    observed: int
    counts: np.ndarray
    is_exact: bool
    smallest_p: float

    @property
    def p_value(self) -> float:
        """Share of relabellings with at least as many PIEs; drawn ones count the identity once more (Phipson & Smyth 2010)."""
        as_many = int((self.counts >= self.observed).sum())
        return as_many / len(self.counts) if self.is_exact else (1 + as_many) / (1 + len(self.counts))

    @property
    def sd(self) -> float | None:
        """Standard deviation over relabellings; None for a single draw."""
        if self.is_exact:
            return float(self.counts.std())
        return float(self.counts.std(ddof=1)) if len(self.counts) > 1 else None


def relabelling_null(
    reference: np.ndarray, compressed: np.ndarray, *, paired: bool, n_permutations: int, seed: int | list[int]
) -> RelabellingNull:
    """Null distribution of the number of PIEs.

    H0: the networks are exchangeable between the two populations (``paired``: within each pair). Random: the networks.

    Parameters
    ----------
    reference, compressed
        Predicted labels ≥ 0, shapes (K_D, n) and (K_C, n). If ``paired``, row k of one matches row k of the other.
    n_permutations
        Relabellings to draw. All are enumerated instead if there are no more than this: 2^K matched,
        (K_D + K_C choose K_D) unmatched.

    References
    ----------
    Phipson & Smyth (2010), Permutation p-values should never be zero. doi:10.2202/1544-6115.1585
    """
    n_reference, n_compressed = len(reference), len(compressed)
    if paired and n_reference != n_compressed:
        raise ValueError(f"paired populations have equally many networks, not {n_reference} and {n_compressed}")
    ballots = _Ballots.count(np.vstack([reference, compressed]), n_reference, paired=paired)
    n_all = 2**n_reference if paired else comb(n_reference + n_compressed, n_reference)
    is_exact = n_all <= n_permutations
    if is_exact:
        members = _all_swaps(n_reference) if paired else _all_splits(n_reference, n_compressed)
    else:
        rng = np.random.default_rng(seed)
        draw = _random_swaps if paired else _random_splits
        members = draw(rng, n_permutations, n_reference, n_compressed)
    counts = np.array([ballots.n_pies(mask) for mask in _masks(members)], dtype=np.int64)
    identity = np.arange(n_reference + n_compressed) < n_reference
    observed = ballots.n_pies(_masks(identity[None, :])[0])
    # With equally many networks a relabelling and its mirror image count the same.
    n_alike = 2 if n_reference == n_compressed else 1
    smallest_p = n_alike / n_all if is_exact else max(n_alike / n_all, 1 / (1 + n_permutations))
    return RelabellingNull("paired" if paired else "unpaired", observed, counts, is_exact, smallest_p)


def _all_swaps(n_pairs: int) -> np.ndarray:
    swaps = np.arange(2**n_pairs)[:, None] >> np.arange(n_pairs) & 1
    return np.hstack([swaps == 0, swaps == 1])


def _random_swaps(rng: np.random.Generator, n: int, n_pairs: int, _: int) -> np.ndarray:
    swaps = rng.integers(0, 2, size=(n, n_pairs))
    return np.hstack([swaps == 0, swaps == 1])


def _all_splits(n_reference: int, n_compressed: int) -> np.ndarray:
    total = n_reference + n_compressed
    splits = np.array(list(combinations(range(total), n_reference)))
    members = np.zeros((len(splits), total), dtype=bool)
    np.put_along_axis(members, splits, values=True, axis=1)
    return members


def _random_splits(rng: np.random.Generator, n: int, n_reference: int, n_compressed: int) -> np.ndarray:
    identity = np.arange(n_reference + n_compressed) < n_reference
    return rng.permuted(np.tile(identity, (n, 1)), axis=1)


def _masks(members: np.ndarray) -> np.ndarray:
    """Boolean membership (rows, networks) as 64-bit words (rows, words)."""
    padding = -members.shape[1] % WORD
    return np.packbits(np.pad(members, ((0, 0), (0, padding))), axis=1, bitorder="little").view("<u8")


@dataclass(frozen=True)
class _Ballots:
    """Who voted for what, on the examples where a relabelling can make a difference.

    Examples are sorted by their number of distinct labels, most first, so that column j (the j-th lowest label of each
    example) is a prefix: no padding, and each step is one pass over a contiguous array.
    """

    columns: list[
        tuple[np.ndarray, np.ndarray]
    ]  # per column: masks (words, examples), votes of all networks (examples,)
    n_examples: int
    step: int  # power of two above the number of columns: a score is votes · step + (step − 1 − column)

    @classmethod
    def count(cls, labels: np.ndarray, n_reference: int, *, paired: bool) -> "_Ballots":
        """Ballots of all networks, shape (K_D + K_C, n), the reference ones first."""
        labels = labels[:, (labels != labels[0]).any(axis=0)].T
        ordered = np.sort(labels, axis=1)
        is_first = np.ones(ordered.shape, dtype=bool)
        is_first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        open_examples = ~_is_decided(ordered, is_first, labels, n_reference, paired=paired)
        labels, ordered, is_first = labels[open_examples], ordered[open_examples], is_first[open_examples]

        by_number = np.argsort(-is_first.sum(axis=1), kind="stable")
        labels, ordered, is_first = labels[by_number], ordered[by_number], is_first[by_number]
        column_of = is_first.cumsum(axis=1) - 1
        columns = []
        for j in range(int(is_first.sum(axis=1).max(initial=0))):
            has_column = (column_of == j) & is_first
            n = int(has_column.any(axis=1).sum())
            label = ordered[:n][has_column[:n]]
            masks = np.ascontiguousarray(_masks(labels[:n] == label[:, None]).T)
            votes = np.bitwise_count(masks).sum(axis=0, dtype=np.uint32)
            columns.append((masks, votes))
        return cls(columns, len(labels), 1 << max(len(columns), 1).bit_length())

    def n_pies(self, mask: np.ndarray) -> int:
        """Number of examples whose modal labels differ when the networks in ``mask`` (words,) are the reference."""
        if not self.n_examples:
            return 0
        best_in = np.zeros(self.n_examples, dtype=np.uint32)
        best_out = np.zeros(self.n_examples, dtype=np.uint32)
        for j, (masks, votes) in enumerate(self.columns):
            n = len(votes)
            votes_in = np.bitwise_count(masks[0] & mask[0]).astype(np.uint32)
            for word in range(1, len(mask)):
                votes_in += np.bitwise_count(masks[word] & mask[word])
            rank = np.uint32(self.step - 1 - j)
            np.maximum(best_in[:n], votes_in * np.uint32(self.step) + rank, out=best_in[:n])
            np.maximum(best_out[:n], (votes - votes_in) * np.uint32(self.step) + rank, out=best_out[:n])
        return int(((best_in ^ best_out) & np.uint32(self.step - 1)).astype(bool).sum())


def _is_decided(
    ordered: np.ndarray, is_first: np.ndarray, labels: np.ndarray, n_reference: int, *, paired: bool
) -> np.ndarray:
    """Examples that are no PIE under any relabelling.

    The lead of the most frequent label over the second exceeds what one population can lack; or, matched, more than half of the
    pairs agree on it, so that it has the majority on both sides whatever is swapped.
    """
    n_networks = ordered.shape[1]
    column_of = is_first.cumsum(axis=1) - 1
    cells = column_of + n_networks * np.arange(len(ordered))[:, None]
    votes = np.bincount(cells.ravel(), minlength=ordered.size).reshape(ordered.shape)
    top_two = np.partition(votes, -2, axis=1)[:, -2:]
    decided = top_two[:, 1] - top_two[:, 0] > max(n_reference, n_networks - n_reference)
    if paired:
        winner = votes.argmax(axis=1)
        position = np.argmax(column_of == winner[:, None], axis=1)
        label = np.take_along_axis(ordered, position[:, None], axis=1)
        agree = (labels[:, :n_reference] == label) & (labels[:, n_reference:] == label)
        decided |= agree.sum(axis=1) * 2 > n_reference
    return decided
