"""A comparison: a compressed population against its reference on one data set, with what the topics ask of it, read once."""

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import polars as pl

from pietools.statistics.pies.excess import Excess, pie_excess
from pietools.statistics.tools.populations import Populations
from pietools.topics import answers

if TYPE_CHECKING:
    from pietools.topics.study_reader import StudyReader


Answer = TypeVar("Answer")


class answered(Generic[Answer]):  # noqa: N801
    """A property of a comparison that is found once, by whichever thread asks first."""

    def __init__(self, question: Callable[["Comparison"], Answer]) -> None:
        self._question = question
        self.__doc__ = question.__doc__

    def __get__(self, comparison: "Comparison", owner: type) -> Answer:
        """What was found."""
        return comparison._reader.answer((self, comparison), lambda: self._question(comparison))


class Comparison:
    """A compressed population against its reference, on one data set.

    Examples are in the order of their keys, so that no number depends on the order of a file; ``examples`` says which they are.
    """

    def __init__(self, reader: "StudyReader", reference: str, compressed: str, dataset: str) -> None:
        self._reader = reader
        self.reference, self.compressed, self.dataset = reference, compressed, dataset

    def __str__(self) -> str:
        return f"{self.compressed} against {self.reference} on {self.dataset}"

    @property
    def names(self) -> dict[str, str]:
        """The columns that name a comparison in the result tables."""
        return {"reference": self.reference, "compressed": self.compressed, "dataset": self.dataset}

    @answered
    def seed(self) -> list[int]:
        """A seed of its own, whatever else is analyzed."""
        name = "\0".join(self.names.values())
        return [self._reader.settings.seed, int.from_bytes(sha256(name.encode()).digest()[:8], "big")]

    @answered
    def is_paired(self) -> bool:
        """Whether the replicate names of both populations are given and equal."""
        return self._reader.is_paired(self)

    @property
    def pairing(self) -> str:
        """``paired`` or ``unpaired``."""
        return "paired" if self.is_paired else "unpaired"

    @property
    def t_test(self) -> str:
        """The t test that the pairing calls for: ``paired`` or ``welch``."""
        return "paired" if self.is_paired else "welch"

    @answered
    def examples(self) -> np.ndarray:
        """example_id of each example, in the order of the keys, (n,)."""
        return self._reader.by_key(self.dataset)

    @answered
    def votes(self) -> Populations:
        """Predicted labels of both populations beside the given ones; their ballots are counted once."""
        reference, compressed = (
            self._reader.by_names(name, self.dataset) for name in (self.reference, self.compressed)
        )
        return Populations(reference, compressed, self.is_paired, self._reader.labels(self.dataset)[self.examples])

    @answered
    def labelled(self) -> Populations:
        """The same on the examples that have a given label."""
        return self.votes.on(self.has_label)

    @property
    def given_labels(self) -> np.ndarray:
        """Given labels of the labelled examples."""
        return self._reader.labels(self.dataset)[self.examples][self.has_label]

    @property
    def has_label(self) -> np.ndarray:
        """Which examples have a given label, (n,)."""
        return self._reader.labels(self.dataset)[self.examples] >= 0

    @property
    def is_labelled(self) -> bool:
        """Whether any example has a given label."""
        return self._reader.n_labelled(self.dataset) > 0

    @answered
    def pies(self) -> pl.DataFrame:
        """The PIEs: example_id, direction (null without a label) and is_tied."""
        found = answers.pies(self.votes)
        return found.with_columns(example_id=self.examples[found["position"]]).drop("position").sort("example_id")

    def is_pie(self, direction: str | None = None) -> np.ndarray:
        """Which examples are PIEs, of any direction or of one, (n,)."""
        pies = self.pies if direction is None else self.pies.filter(direction=direction)
        return np.isin(self.examples, pies["example_id"].to_numpy())

    @answered
    def excess(self) -> Excess:
        """How many PIEs compression made."""
        return pie_excess(self.votes, seed=self.seed)

    def describe(self, *columns: str) -> dict[str, Any]:
        """What the study says of the compressed population."""
        return self._reader.describe(self.compressed, *columns)
