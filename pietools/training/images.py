"""Labelled images of one split: in memory, or decoded from files when they are needed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import torch
from PIL import Image
from torch import Tensor

from pietools.training.boundary import boundary


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
    """Images in memory: uint8, shape (n, channels, height, width)."""

    pixels: Tensor

    def read(self, indices: Tensor) -> Tensor:
        """See `Images`."""
        return self.pixels[indices.to(self.pixels.device)]

    def to(self, device: torch.device) -> "ArrayImages":
        """See `Images`."""
        return ArrayImages(self.pixels.to(device))

    def digest(self) -> str:
        """Hash shape and pixels."""
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
        paths = [self.paths[index] for index in indices.tolist()]
        with ThreadPoolExecutor(torch.get_num_threads()) as threads:
            return torch.stack(list(threads.map(self._read_file, paths)))

    def to(self, device: torch.device) -> "FileImages":
        """Stay on disk."""
        return self

    def digest(self) -> str:
        """Hash the bytes of the files, not the decoded pixels: decoders differ in rounding."""
        digest = sha256()
        for path in self.paths:
            with boundary(f"{path} cannot be read"):
                digest.update(sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def _read_file(self, path: Path) -> Tensor:
        # Imported here because it takes two seconds, and only folders of images need it.
        from torchvision.transforms.v2 import functional as transforms

        with boundary(f"{path} cannot be read as an image"):
            with Image.open(path) as file:
                image = file.convert("RGB")
            resized = transforms.resize(image, [self.resize])
            return transforms.pil_to_tensor(transforms.center_crop(resized, [self.crop]))


@dataclass(frozen=True)
class ImageData:
    """A split of a data set.

    `labels` are class indices from 0, int64, shape (n,); `keys` name the examples, in the same order; `mean` and
    `std` are per channel, of intensities in [0, 1]; `transform` says in words how an image becomes an input.
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

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def n_channels(self) -> int:
        """Colour channels of an image."""
        return int(self.images.read(torch.tensor([0])).shape[1])

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
