"""What a regime works on: one network, the training images, and the labels that may be seen."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pietools.study_file import RegimeSettings, TrainingSettings
from pietools.training.boundary import boundary
from pietools.training.data.augmentation import augment
from pietools.training.data.images import ImageData
from pietools.training.data.streams import ImageStream
from pietools.training.networks import match_channels
from pietools.training.recipes import Seeds


@dataclass(frozen=True)
class Task:
    """One training run.

    `network` is on `device`, in training mode or not; `labels`, class indices of shape (n,), may differ from those of
    `data` where noise is planted; `labelled` are the indices of the labelled fraction.
    """

    network: nn.Module
    data: ImageData
    labels: Tensor
    labelled: Tensor
    settings: TrainingSettings
    regime: RegimeSettings
    seeds: Seeds
    device: torch.device

    def stream(self, seed: int, batch_size: int, examples: Tensor | None = None) -> ImageStream:
        """Return endless batches of the training images, of those at `examples` if they are given."""
        return ImageStream(self.data.images, self.labels, batch_size, seed, self.device, examples)

    def weakly_augmented(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Change uint8 images, shape (n, channels, height, width), as [training] augment says."""
        return augment(images, self.settings.augment, generator)

    def run(self, images: Tensor) -> Tensor:
        """Return what the network makes of uint8 images; TrainingError if it fails."""
        with boundary(f"the network fails on {self.data.name}"):
            output: Tensor = self.network(match_channels(self.data.normalize(images), self.network))
            return output
