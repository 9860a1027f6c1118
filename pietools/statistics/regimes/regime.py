"""What the networks of one regime say, dense and compressed, and what of it two regimes have to have in common."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Regime:
    """Predicted labels of the networks of one regime, or whether they are right.

    ``reference`` and ``compressed``: shapes (K_D, n) and (K_C, n). If ``paired``, row k of one matches row k of the
    other.
    """

    reference: np.ndarray
    compressed: np.ndarray
    paired: bool

    def __post_init__(self) -> None:
        (k_reference, n), (k_compressed, m) = self.reference.shape, self.compressed.shape
        if n != m or (self.paired and k_reference != k_compressed):
            raise ValueError(f"shapes {(k_reference, n)} and {(k_compressed, m)} do not fit each other")

    @property
    def sizes(self) -> tuple[int, int]:
        """Numbers of networks, K_D and K_C."""
        return len(self.reference), len(self.compressed)

    def changes(self) -> tuple[np.ndarray, np.ndarray]:
        """Of right answers: rows whose sample means add up to the change in error rate, and the sample of each.

        One sample of differences within pairs, shape (K, n); or the dense networks, and the compressed ones with a
        minus.
        """
        if self.paired:
            return self.reference.astype(np.float64) - self.compressed, np.zeros(len(self.reference), dtype=np.int64)
        rows = np.vstack([self.reference.astype(np.float64), -self.compressed.astype(np.float64)])
        return rows, np.repeat([0, 1], self.sizes)


def check_regimes(a: Regime, b: Regime, *, matched: bool) -> None:
    """Refuse regimes of different examples, and matched ones whose rows cannot match.

    Raises
    ------
    ValueError
        If the numbers of examples differ, or ``matched`` regimes differ in design or numbers of networks.
    """
    if a.reference.shape[1] != b.reference.shape[1]:
        raise ValueError(f"the regimes have {a.reference.shape[1]} and {b.reference.shape[1]} examples")
    if matched and (a.paired != b.paired or a.sizes != b.sizes):
        raise ValueError(f"matched regimes have the same design and as many networks, not {a.sizes} and {b.sizes}")
