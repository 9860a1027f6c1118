"""What the networks of two populations say of the same examples: the votes that most statistics are about."""

from collections.abc import Callable, Sized
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from pietools.statistics.tools.ballots import Ballots


@dataclass(frozen=True, eq=False)
class Populations:
    """Predicted labels of a reference and a compressed population, or whether they are right.

    Parameters
    ----------
    reference, compressed
        Predicted labels ≥ 0, or booleans (see :attr:`right`), shapes (K_D, n) and (K_C, n).
    paired
        Whether row k of one matches row k of the other.
    labels
        Given labels, shape (n,), −1 where there is none; None if nothing is asked of them.

    Raises
    ------
    ValueError
        If the numbers of examples differ, or paired populations have different numbers of networks.
    """

    reference: np.ndarray
    compressed: np.ndarray
    paired: bool
    labels: np.ndarray | None = None

    def __post_init__(self) -> None:
        check_paired(self.reference, self.compressed, paired=self.paired)
        given = [] if self.labels is None else [self.labels]
        if len({side.shape[-1] for side in (self.reference, self.compressed, *given)}) > 1:
            shapes = " and ".join(str(side.shape) for side in (self.reference, self.compressed, *given))
            raise ValueError(f"shapes {shapes} do not fit each other")

    @property
    def sizes(self) -> tuple[int, int]:
        """Numbers of networks, K_D and K_C."""
        return len(self.reference), len(self.compressed)

    @property
    def n_examples(self) -> int:
        """Number of examples, n."""
        return int(self.reference.shape[1])

    @cached_property
    def ballots(self) -> Ballots:
        """Votes of all networks, those of the reference first."""
        return Ballots.count(np.vstack([self.reference, self.compressed]))

    @cached_property
    def undecided(self) -> Callable[[int, int], Ballots]:
        """:meth:`Ballots.undecided` of the ballots; the same arguments are answered once."""
        return cache(self.ballots.undecided)

    @cached_property
    def right(self) -> "Populations":
        """Whether each network is right on each labelled example.

        Raises
        ------
        ValueError
            If no labels are given.
        """
        if self.labels is None:
            raise ValueError("nothing is right where no labels are given")
        given = self.labels >= 0
        labels = self.labels[given]
        return Populations(self.reference[:, given] == labels, self.compressed[:, given] == labels, self.paired)

    def on(self, examples: np.ndarray) -> "Populations":
        """The same on some of the examples, positions or a boolean of shape (n,); itself on all."""
        if examples.dtype == bool and examples.all():
            return self
        labels = None if self.labels is None else self.labels[examples]
        return Populations(self.reference[:, examples], self.compressed[:, examples], self.paired, labels)

    def changes(self) -> tuple[np.ndarray, np.ndarray]:
        """Of right answers: rows whose sample means add up to the change in error rate, and the sample of each.

        Returns
        -------
        tuple
            One sample of differences within pairs, shape (K, n), if paired; else the reference, and the compressed networks
            with a minus, (K_D + K_C, n). And the number of each row's sample, from 0.
        """
        if self.paired:
            return self.reference.astype(np.float64) - self.compressed, np.zeros(len(self.reference), dtype=np.int64)
        rows = np.vstack([self.reference.astype(np.float64), -self.compressed.astype(np.float64)])
        return rows, np.repeat([0, 1], self.sizes)


def check_paired(reference: Sized, compressed: Sized, *, paired: bool) -> None:
    """Refuse paired populations of different sizes.

    Parameters
    ----------
    reference, compressed
        Anything with an entry or row per network, K_D and K_C of them.

    Raises
    ------
    ValueError
        If they are paired and K_D ≠ K_C.
    """
    if paired and len(reference) != len(compressed):
        raise ValueError(f"paired populations have equally many networks, not {len(reference)} and {len(compressed)}")


def check_regimes(a: Populations, b: Populations, *, paired: bool) -> None:
    """Refuse two regimes of different examples, and paired ones whose rows cannot match.

    Raises
    ------
    ValueError
        If the numbers of examples differ, or ``paired`` regimes differ in pairing or numbers of networks.
    """
    if a.n_examples != b.n_examples:
        raise ValueError(f"the regimes have {a.n_examples} and {b.n_examples} examples")
    if paired and (a.paired != b.paired or a.sizes != b.sizes):
        raise ValueError(f"paired regimes have the same pairing and as many networks, not {a.sizes} and {b.sizes}")
