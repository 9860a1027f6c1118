"""A simulated study, and how the answers of a method are counted."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from pietools.conventions import LEVEL
from pietools.statistics.tools.populations import Populations
from pietools.validation.truth import Truth
from pietools.validation.worlds import N_CLASSES, DataSet

Numbers = np.ndarray | pl.Series | float | None


@dataclass(frozen=True)
class Share:
    """So much of so much: rejections of tests, truths covered by intervals."""

    measure: str
    claim: str
    count: float
    of: float

    @property
    def numbers(self) -> tuple[float, ...]:
        """What is kept of it."""
        return self.count, self.of


@dataclass(frozen=True)
class Expected:
    """An interval for the expectation of its own estimate, which the mean over all studies of the data set gives."""

    measure: str
    claim: str
    estimate: float
    low: float
    high: float

    @property
    def numbers(self) -> tuple[float, ...]:
        """What is kept of it."""
        return self.estimate, self.low, self.high


Found = Share | Expected


@dataclass(frozen=True)
class Study:
    """Predicted labels of both populations, shapes (K, examples), and what is true of the data set, if it is fixed."""

    world: str
    paired: bool
    seed: list[int]
    data: DataSet
    reference: np.ndarray
    compressed: np.ndarray
    truth: Truth | None

    @property
    def is_null(self) -> bool:
        """Whether compression does nothing."""
        return self.world == "none"

    @cached_property
    def labels(self) -> np.ndarray:
        """Given labels of the originals."""
        return self.data.labels[: self.data.n]

    @cached_property
    def votes(self) -> Populations:
        """Predicted labels of the originals."""
        n = self.data.n
        return Populations(self.reference[:, :n], self.compressed[:, :n], self.paired, self.labels)

    @cached_property
    def right(self) -> tuple[np.ndarray, np.ndarray]:
        """Whether networks are right, originals and copies."""
        return self.reference == self.data.labels, self.compressed == self.data.labels

    @property
    def right_originals(self) -> tuple[np.ndarray, np.ndarray]:
        """Whether networks are right on the originals."""
        return self.votes.right.reference, self.votes.right.compressed

    @cached_property
    def accuracies(self) -> tuple[np.ndarray, np.ndarray]:
        """Of each network on the originals."""
        return self.right_originals[0].mean(axis=1), self.right_originals[1].mean(axis=1)

    @cached_property
    def class_sizes(self) -> np.ndarray:
        """Originals of each class."""
        return np.bincount(self.labels, minlength=N_CLASSES)

    @cached_property
    def recalls(self) -> tuple[np.ndarray, np.ndarray]:
        """Of each network and class."""
        return means_within(self.right_originals[0], self.labels), means_within(self.right_originals[1], self.labels)

    @property
    def true_right(self) -> np.ndarray:
        """Probability of being right on each original, dense and compressed."""
        if self.truth is None:
            raise ValueError(f"nothing is known of single examples in the world {self.world}")
        return self.truth.right[:, : self.data.n]


def means_within(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Mean of each row (K, n) within each group, shape (K, groups)."""
    members = np.eye(groups.max() + 1)[groups]
    return values @ (members / members.sum(axis=0))


def rejected(measure: str, claim: str, p_values: Numbers) -> Share:
    """How many p-values are at most 0.05; those that are missing are not counted."""
    p = np.atleast_1d(np.array(p_values, dtype=float))
    return Share(measure, claim, int((p <= LEVEL).sum()), int(np.isfinite(p).sum()))


def any_rejected(measure: str, claim: str, p_values: np.ndarray | pl.Series) -> Share:
    """Whether any p-value is at most 0.05."""
    return Share(measure, claim, int((np.array(p_values, dtype=float) <= LEVEL).any()), 1)


def covered(measure: str, claim: str, low: Numbers, high: Numbers, truth: np.ndarray | float) -> Share:
    """How many intervals hold what is true; those that are missing are not counted."""
    lowest, highest = (np.atleast_1d(np.array(end, dtype=float)) for end in (low, high))
    return Share(measure, claim, int(((lowest <= truth) & (truth <= highest)).sum()), int(np.isfinite(lowest).sum()))
