"""What a file says of networks and examples, and where in it that is said."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

from pietools.exchange.scores import LABELS, LOGITS, PROBABILITIES, Scale
from pietools.exchange.values import Classes

TOP_K = "top-k"


@dataclass(frozen=True)
class Source:
    """Where in a file things are: keys of an npz, or columns of a table; what is None is looked for by its usual names.

    Parameters
    ----------
    predictions
        The predictions of one network, or of several in a column of ``replicates``: a column or array; or one column per class,
        by a pattern such as ``logit_*``, or each by its name, which is then the class.
    labels
        Given labels: a column or array; ``FILE`` or ``FILE:COLUMN`` takes them from another file. Empty: there are none.
    replicates
        Names of the networks.
    examples
        Names of the examples.
    texts
        What the examples say, a column of a table, for people to look at.
    networks
        Instead of ``predictions``: a pattern such as ``pred_*`` of one column per network; what ``*`` stands for names it.
    top_k
        Scores of the classes that ``predictions`` (or ``networks``) lists, the best first.
    where
        Only rows of a table that have these values in these columns.
    repeated
        ``first`` or ``last``: which row to take of an example that a network has several of.
    kind
        ``labels``, ``logits`` or ``probabilities``, if it is not to be found out.
    threshold
        Of two classes, the score above which the second is predicted; 0.5 for probabilities and 0 for logits by default.
    known_classes
        Names of the classes that the data set has; a mark of a missing value among them is a class.
    is_text
        Predictions and labels are answers in words: "4" and "none" are answers like any other.
    """

    predictions: str | tuple[str, ...] | None = None
    labels: str | None = None
    replicates: str | None = None
    examples: str | None = None
    texts: str | None = None
    networks: str | None = None
    top_k: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    repeated: str | None = None
    kind: str | None = None
    threshold: float | None = None
    known_classes: Collection[str] = ()
    is_text: bool = False


@dataclass(frozen=True)
class Top:
    """The best classes and their scores, best first, shape (networks, examples, k)."""

    classes: Classes
    scores: np.ndarray
    is_probability: bool

    def picked(self, cells: tuple[np.ndarray, ...]) -> "Top":
        """Those of some networks and examples."""
        return Top(Classes(self.classes.values[cells], self.classes.names), self.scores[cells], self.is_probability)


@dataclass(frozen=True)
class FilePredictions:
    """Predictions of K networks on n examples, in the order of the file.

    One of ``predicted`` (labels, shape (K, n)), ``scores`` (shape (K, n, m), read by ``scale``) and ``top``. ``labels`` has shape
    (n,); ``keys``, ``labels`` and ``replicates`` are None where the file does not say. ``class_order`` names the classes of the
    scores in order; ``content`` is the same where two examples are; ``texts`` is what they say. ``understood`` says in words what
    was read, ``notes`` what else the reader should know.
    """

    path: Path
    understood: str
    keys: pl.Series | None = None
    labels: Classes | None = None
    replicates: Sequence[str] | None = None
    predicted: Classes | None = None
    scores: np.ndarray | None = None
    scale: Scale | None = None
    top: Top | None = None
    class_order: Sequence[str] | None = None
    threshold: float | None = None
    task: str | None = None
    content: pl.Series | None = None
    texts: pl.Series | None = None
    notes: Sequence[str] = ()

    @property
    def evidence(self) -> str:
        """What is known of each prediction."""
        if self.scale is not None:
            return self.scale.kind
        return LABELS if self.predicted is not None else TOP_K

    @property
    def shape(self) -> tuple[int, ...]:
        """Networks, examples, and classes or k where there are scores."""
        if self.scores is not None:
            return self.scores.shape
        return self.predicted.values.shape if self.predicted is not None else self.top.scores.shape  # type: ignore[union-attr]

    def networks(self, rows: Sequence[int]) -> "FilePredictions":
        """These of the networks."""
        return self._picked(np.asarray(rows), np.arange(self.shape[1]))

    def examples(self, rows: np.ndarray) -> "FilePredictions":
        """These of the examples."""
        return self._picked(np.arange(self.shape[0]), rows)

    def _picked(self, networks: np.ndarray, examples: np.ndarray) -> "FilePredictions":
        cells = np.ix_(networks, examples)
        return replace(
            self,
            keys=None if self.keys is None else self.keys.gather(examples),
            labels=None if self.labels is None else self.labels[examples],
            content=None if self.content is None else self.content.gather(examples),
            texts=None if self.texts is None else self.texts.gather(examples),
            replicates=None if self.replicates is None else [self.replicates[k] for k in networks],
            predicted=None if self.predicted is None else Classes(self.predicted.values[cells], self.predicted.names),
            scores=None if self.scores is None else self.scores[cells],
            top=None if self.top is None else self.top.picked(cells),
        )

    @property
    def has_choices(self) -> bool:
        """Whether classes are the choices of an item, of which some items have fewer."""
        return self.scores is not None and bool(np.isneginf(self.scores[0]).any())

    @property
    def said_classes(self) -> list[Classes]:
        """Classes that the file says by number or name, rather than by position."""
        top = None if self.top is None else self.top.classes
        return [classes for classes in (self.labels, self.predicted, top) if classes is not None]


def described_kind(found: FilePredictions) -> str:
    """The evidence in words."""
    words = {LABELS: "labels", LOGITS: "logits", PROBABILITIES: "probabilities", TOP_K: "the best class and its score"}
    return (
        f"the best {found.shape[-1]} classes"
        if found.evidence == TOP_K and found.shape[-1] > 1
        else words[found.evidence]
    )
