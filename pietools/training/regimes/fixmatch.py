"""FixMatch: labels, and confident predictions taken for labels (Sohn et al. 2020, arXiv 2001.07685)."""

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from pietools.training.boundary import boundary
from pietools.training.data.augmentation import augment
from pietools.training.regimes.regime import Regime
from pietools.training.regimes.task import Task


class FixMatch(Regime):
    """Loss: cross-entropy of labelled images and, of strongly changed unlabelled ones, against confident pseudo-labels.

    A pseudo-label is the network's prediction on a weakly changed copy, used where its probability is at least the
    threshold (equations 3 and 4, weight 1). All training images are the unlabelled ones. What is kept is an exponential
    moving average of the weights; its decay starts lower, (1 + t)/(10 + t) at step t, so that short trainings forget
    their initialisation.
    """

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._threshold: float = self.facts["threshold"]
        self._ema: float = self.facts["ema"]
        self._strong: list[str] = self.facts["strong_augment"]
        batch_size = task.settings.batch_size
        self._labelled = task.stream(task.seeds.order, batch_size, task.labelled)
        self._unlabelled = task.stream(task.seeds.unlabelled, batch_size * self.facts["unlabelled_ratio"])
        self.average = AveragedModel(task.network, avg_fn=self._decay, use_buffers=True)

    def _decay(self, average: Tensor, current: Tensor, n_averaged: Tensor | int) -> Tensor:
        if not average.is_floating_point():
            return current
        step = int(n_averaged)
        decay = min(self._ema, (1 + step) / (10 + step))
        return average.lerp(current, 1 - decay)

    def loss(self) -> Tensor:
        """See `Regime`."""
        task, (images, labels), (unlabelled, _) = self.task, self._labelled.draw(), self._unlabelled.draw()
        images = task.weakly_augmented(images, self._labelled.generator)
        weak = task.weakly_augmented(unlabelled, self._unlabelled.generator)
        strong = augment(unlabelled, self._strong, self._unlabelled.generator)
        with torch.no_grad():
            confidences, pseudo_labels = task.run(weak).softmax(1).max(1)
        logits = task.run(torch.cat([images, strong]))
        with boundary(f"the network fails on {task.data.name}"):
            supervised = nn.functional.cross_entropy(logits[: len(images)], labels)
            unsupervised = nn.functional.cross_entropy(logits[len(images) :], pseudo_labels, reduction="none")
            return supervised + (unsupervised * (confidences >= self._threshold)).mean()
