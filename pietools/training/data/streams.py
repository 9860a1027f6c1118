"""Endless streams of training batches: every image once per epoch, in an order that a seed decides."""

from collections.abc import Iterator

import torch
from torch import Tensor

from pietools.training.data.images import Images


def batches(n: int, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Yield indices below n, shape (batch_size,) or all n if they are fewer: a new order every epoch.

    The incomplete last batch of an epoch is left out.
    """
    size = min(batch_size, n)
    while True:
        order = torch.randperm(n, generator=generator)
        for start in range(0, n - size + 1, size):
            yield order[start : start + size]


class ImageStream:
    """Batches of the images at `indices` (all unless given): uint8 images on the device, and their labels.

    `generator` decides the order; who augments the images draws from it too.
    """

    def __init__(
        self,
        images: Images,
        labels: Tensor,
        batch_size: int,
        seed: int,
        device: torch.device,
        indices: Tensor | None = None,
    ) -> None:
        self.device = device
        self.generator = torch.Generator().manual_seed(seed)
        self._images, self._labels = images.to(device), labels.to(device)
        self._indices = torch.arange(len(labels)) if indices is None else indices
        self._batches = batches(len(self._indices), batch_size, self.generator)

    def draw(self) -> tuple[Tensor, Tensor]:
        """Return the next images, shape (n, channels, height, width), and their labels, shape (n,)."""
        chosen = self._indices[next(self._batches)]
        return self._images.read(chosen).to(self.device), self._labels[chosen.to(self.device)]
