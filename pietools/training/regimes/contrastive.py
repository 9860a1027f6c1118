"""Contrastive learning: two views of an image are to be alike, and unlike those of other images or classes.

simclr: NT-Xent without labels (Chen et al. 2020, arXiv 2002.05709). supcon: views of all images of a class are alike
(Khosla et al. 2020, arXiv 2004.11362). Both on a projection head, which is thrown away.
"""

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
        self._loss = _supervised_contrastive(self.facts["temperature"])
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
        # NT-Xent is the supervised contrastive loss where each image is a class of its own.
        classes = torch.arange(len(images), device=labels.device) if self.task.regime.name == "simclr" else labels
        with boundary(f"the features of the network do not fit {self.task.regime.name}"):
            loss: Tensor = self._loss(self.projection(features), classes.repeat(2))
        return loss


def _supervised_contrastive(temperature: float) -> nn.Module:
    """Return the loss on projections, shape (n, width), and classes, shape (n,)."""
    # Two thirds of a second to import, which the other regimes do not wait for.
    from pytorch_metric_learning.losses import SupConLoss
    from pytorch_metric_learning.reducers import MeanReducer

    loss: nn.Module = SupConLoss(temperature, reducer=MeanReducer())
    return loss


def _projection_head(width: int) -> nn.Module:
    """Return two layers with batch normalization, as wide as the features and then `PROJECTION_WIDTH`."""
    return nn.Sequential(
        nn.Linear(width, width, bias=False),
        nn.BatchNorm1d(width),
        nn.ReLU(),
        nn.Linear(width, PROJECTION_WIDTH, bias=False),
        nn.BatchNorm1d(PROJECTION_WIDTH),
    )
