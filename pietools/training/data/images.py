"""Labelled images of one split: in memory, or decoded from files when they are needed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from pietools.bounds import no_file
from pietools.errors import TrainingError
from pietools.pictures import opened
from pietools.study_file import CopySpec
from pietools.training.boundary import boundary

IN_MEMORY = 2 * 2**30
"""Bytes: files whose decoded pixels take no more are decoded once and kept, by every process that reads them."""
AT_ONCE = 64
"""Files that a thread decodes in one go: handing them out one by one takes as long as decoding small ones."""


class Images(Protocol):
    """Where the pixels are."""

    def read(self, indices: Tensor) -> Tensor:
        """Return the images at `indices` as uint8, shape (n, channels, height, width)."""

    def to(self, device: torch.device) -> "Images":
        """Keep the pixels on `device`, where they fit."""

    def digest(self) -> str:
        """Return the SHA-256 of what the pixels are made from."""


@dataclass(frozen=True)
class ArrayImages:
    """Images in memory: uint8, shape (n, channels, height, width), and the files that they were decoded from, if any."""

    pixels: Tensor
    files: "FileImages | None" = None

    def read(self, indices: Tensor) -> Tensor:
        """See `Images`."""
        return self.pixels[indices.to(self.pixels.device)]

    def to(self, device: torch.device) -> "ArrayImages":
        """See `Images`."""
        return ArrayImages(self.pixels.to(device), self.files)

    def digest(self) -> str:
        """Hash shape and pixels, or the files."""
        if self.files is not None:
            return self.files.digest()
        shape = str(tuple(self.pixels.shape)).encode()
        return sha256(shape + self.pixels.cpu().contiguous().numpy().tobytes()).hexdigest()


@dataclass(frozen=True)
class FileImages:
    """Image files, read as RGB: the shorter side is resized to `resize` pixels, then the centre `crop` is taken."""

    paths: list[Path]
    resize: int
    crop: int

    def read(self, indices: Tensor) -> Tensor:
        """Decode with as many threads as torch may use: one in a training process, one per core otherwise."""
        n_threads = torch.get_num_threads()
        n_at_once = max(1, min(AT_ONCE, len(indices) // n_threads))
        # Filled in place: joining the parts would take the memory twice.
        pixels = torch.empty(len(indices), 3, self.crop, self.crop, dtype=torch.uint8)
        with ThreadPoolExecutor(n_threads) as threads:
            decoded = threads.map(self._decode, indices.split(n_at_once))
            for place, part in zip(pixels.split(n_at_once), decoded, strict=True):
                place.copy_(part)
        return pixels

    def to(self, device: torch.device) -> Images:
        """Decode all and keep them on `device` if that takes no more than `IN_MEMORY` bytes, else stay on disk."""
        if 3 * self.crop**2 * len(self.paths) > IN_MEMORY:
            return self
        return ArrayImages(self._pixels.to(device), self)

    @cached_property
    def _pixels(self) -> Tensor:
        return self.read(torch.arange(len(self.paths)))

    def digest(self) -> str:
        """Hash the bytes of the files, not the decoded pixels: decoders differ in rounding."""
        digest = sha256()
        for path in self.paths:
            with boundary(f"{path} cannot be read"):
                if (reason := no_file(path, may_be_absent=True)) is not None:
                    raise TrainingError(f"{reason}, and no image: move it away, or put the image there.")
                digest.update(sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def _decode(self, indices: Tensor) -> Tensor:
        return torch.stack([self._read_file(self.paths[index]) for index in indices.tolist()])

    def _read_file(self, path: Path) -> Tensor:
        # Imported here because it takes two seconds, and only folders of images need it.
        from torchvision.transforms.v2 import functional as transforms

        with boundary(f"{path} cannot be read as an image"):
            with opened(path) as file:
                image = file.convert("RGB")
            resized = transforms.resize(image, [self.resize])
            return transforms.pil_to_tensor(transforms.center_crop(resized, [self.crop]))


class ExampleProperty(NamedTuple):
    """What a `source` says of each example: numbers, booleans or texts, shape (n,)."""

    name: str
    source: str
    values: np.ndarray


@dataclass(frozen=True)
class ImageData:
    """A split of a data set.

    `labels` are class indices from 0, int64, shape (n,); `keys` name the examples, in the same order; `mean` and
    `std` are per channel, of intensities in [0, 1]; `transform` says in words how an image becomes an input. An altered
    copy says in `altered` what was done to which data set.
    """

    name: str
    split: str
    keys: list[str]
    images: Images
    labels: Tensor
    class_names: list[str]
    mean: list[float]
    std: list[float]
    transform: str
    properties: list[ExampleProperty] = field(default_factory=list)
    altered: CopySpec | None = None

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        _, n_channels, height, width = self.images.read(torch.tensor([0])).shape
        return n_channels, height, width

    @property
    def n_channels(self) -> int:
        """Colour channels of an image."""
        return self.image_shape[0]

    def content_digest(self) -> str:
        """Hash keys, labels and images: two populations with the same digest have seen the same examples."""
        digest = sha256("\0".join(self.keys).encode())
        digest.update(self.labels.numpy().tobytes())
        digest.update(self.images.digest().encode())
        return f"sha256:{digest.hexdigest()}"

    def normalize(self, images: Tensor) -> Tensor:
        """Turn uint8 images, shape (n, channels, height, width), into float32 inputs of the same shape."""
        mean = torch.tensor(self.mean, device=images.device).view(-1, 1, 1)
        std = torch.tensor(self.std, device=images.device).view(-1, 1, 1)
        return images.float().div_(255).sub_(mean).div_(std)
