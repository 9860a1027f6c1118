"""Two networks that belong together, and their answers to one task."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pietools.exchange.one_network import NetworkPredictions
from pietools.pairs.tasks import Task
from pietools.statistics.pairs.scores import label_log_odds

COUNTS = ("n", "reference_correct", "compressed_correct", "lost", "gained", "changed_wrong")


@dataclass(frozen=True)
class Pair:
    """A reference network and the compressed one that belongs to it, on one task."""

    task: Task
    reference: NetworkPredictions
    compressed: NetworkPredictions

    @cached_property
    def is_labelled(self) -> np.ndarray:
        """Which examples have a given label, shape (n,)."""
        return self.task.labels >= 0

    @cached_property
    def changed(self) -> np.ndarray:
        """Whether the two answer otherwise, shape (n,)."""
        return self.reference.predicted != self.compressed.predicted

    @cached_property
    def right(self) -> tuple[np.ndarray, np.ndarray]:
        """Whether each of the two is right; False without a label."""
        labels = self.task.labels
        return self.reference.predicted == labels, self.compressed.predicted == labels

    @cached_property
    def net(self) -> np.ndarray:
        """+1 for a gained example, −1 for a lost one, else 0, shape (n,)."""
        before, after = self.right
        return after.astype(np.int8) - before.astype(np.int8)

    @property
    def counts(self) -> dict[str, int]:
        """Labelled examples, right ones of both networks, lost, gained, changed from wrong to wrong."""
        before, after = self.right
        wrong = self.changed & self.is_labelled & ~before & ~after
        numbers = (self.is_labelled, before, after, self.net < 0, self.net > 0, wrong)
        return {name: int(which.sum()) for name, which in zip(COUNTS, numbers, strict=True)}

    @cached_property
    def confidences(self) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Largest probability of both networks, shape (n,); None where it is not known."""
        return _confidence(self.reference, self.task), _confidence(self.compressed, self.task)

    @cached_property
    def log_odds(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Log odds of the given labels by both networks, of the labelled examples; None without a score for each class."""
        scores = self.reference.logits, self.compressed.logits
        if scores[0] is None or scores[1] is None or not self.is_labelled.any():
            return None
        labels = self.task.labels[self.is_labelled]
        first, second = (label_log_odds(one[self.is_labelled], labels) for one in scores if one is not None)
        return first, second


def _confidence(network: NetworkPredictions, task: Task) -> np.ndarray | None:
    if network.scores is None or (network.best is not None and not network.has_confidence):
        return None
    if network.best is not None:
        return network.scores[:, 0].astype(np.float64)
    return network.scalars(task.labels)["confidence"].to_numpy().astype(np.float64)
