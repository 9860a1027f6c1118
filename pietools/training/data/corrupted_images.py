"""Images that are altered when they are read."""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256

import torch
from torch import Tensor

from pietools.training.boundary import boundary
from pietools.training.data.corruptions import CORRUPTIONS, corrupt, example_generator
from pietools.training.data.images import ArrayImages, Images

AT_ONCE = 500
"""Images that are altered together where all are wanted: bounds the memory, decides no pixel."""


@dataclass(frozen=True)
class CorruptedImages:
    """Images that are altered when they are read, so that no second data set is held unless it `is_kept`; see `Images`.

    `keys` name the examples: whatever their order and batch, an example has the same pixels. `source_digest` is that of
    the source's images.
    """

    source: Images
    source_digest: str
    keys: list[str]
    corruption: str
    severity: int
    seed: int
    is_kept: bool = False

    def read(self, indices: Tensor) -> Tensor:
        """See `Images`; on the CPU, where the random numbers are."""
        generators = [example_generator(self.seed, self.corruption, self.keys[index]) for index in indices.tolist()]
        images = self.source.read(indices).cpu()
        with boundary(f"{self.corruption} fails on images of shape {tuple(images.shape[1:])}"):
            return corrupt(images, self.corruption, self.severity, generators)

    def to(self, device: torch.device) -> Images:
        """Alter all of them, once, and keep them on `device` if they are to be kept, else stay as they are."""
        return ArrayImages(self._pixels.to(device)) if self.is_kept else self

    @cached_property
    def _pixels(self) -> Tensor:
        source = replace(self, source=self.source.to(torch.device("cpu")))
        return torch.cat([source.read(indices) for indices in torch.arange(len(self.keys)).split(AT_ONCE)])

    def digest(self) -> str:
        """Hash the source's digest and all that decides the change, but not the altered pixels."""
        amount = CORRUPTIONS[self.corruption].amounts[self.severity - 1]
        content = [self.source_digest, self.corruption, self.severity, amount, self.seed]
        return sha256(json.dumps(content).encode()).hexdigest()
