"""Contrastive learning: two views of an image are to be alike, and unlike those of other images or classes.

simclr: NT-Xent without labels (Chen et al. 2020, arXiv 2002.05709). supcon: views of all images of a class are alike
(Khosla et al. 2020, arXiv 2004.11362). Both on a projection head, which is thrown away.
"""

import warnings

import torch
from torch import Tensor, nn

from pietools.training.boundary import boundary
from pietools.training.data.augmentation import augment
from pietools.training.networks import place
from pietools.training.regimes.heads import as_encoder, classifier
from pietools.training.regimes.regime import Regime
from pietools.training.regimes.task import Task

PROJECTION_WIDTH = 128


class Contrastive(Regime):
    """The regimes simclr and supcon; the classifier is left as it is, for a probe to replace."""

    has_classifier = False
    projection: nn.Module

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._views: list[str] = self.facts["strong_augment"]
        self._loss = _loss(task.regime.name, self.facts["temperature"])
        width = classifier(task.network).in_features
        self.projection = place(_projection_head(width), task.device).train()
        self._stream = task.stream(task.seeds.order, task.settings.batch_size)

    def parameters(self) -> list[nn.Parameter]:
        """See `Regime`."""
        head = {id(parameter) for parameter in classifier(self.task.network).parameters()}
        encoder = [parameter for parameter in self.task.network.parameters() if id(parameter) not in head]
        return [*encoder, *self.projection.parameters()]

    def loss(self) -> Tensor:
        """See `Regime`."""
        images, labels = self._stream.draw()
        views = [augment(images, self._views, self._stream.generator) for _ in range(2)]
        with as_encoder(self.task.network):
            features = self.task.run(torch.cat(views))
        with boundary(f"the features of the network do not fit {self.task.regime.name}"):
            projected = self.projection(features)
            if self.task.regime.name == "simclr":
                first, second = projected.chunk(2)
                return self._loss(first, second)
            return self._loss(projected, labels.repeat(2))


def _loss(regime: str, temperature: float) -> nn.Module:
    """Return the loss on two batches of projections (simclr), or on projections and labels (supcon)."""
    if regime == "simclr":
        with warnings.catch_warnings(action="ignore"):  # of what lightly imports
            from lightly.loss import NTXentLoss

        nt_xent: nn.Module = NTXentLoss(temperature)
        return nt_xent
    # lightly has no such loss.
    from pytorch_metric_learning.losses import SupConLoss
    from pytorch_metric_learning.reducers import MeanReducer

    supervised_contrastive: nn.Module = SupConLoss(temperature, reducer=MeanReducer())
    return supervised_contrastive


def _projection_head(width: int) -> nn.Module:
    with warnings.catch_warnings(action="ignore"):
        from lightly.models.modules import SimCLRProjectionHead

    head: nn.Module = SimCLRProjectionHead(width, width, PROJECTION_WIDTH)
    return head
