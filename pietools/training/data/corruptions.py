"""Corrupted copies of images: noise, blur, light, compression and geometry at five severities.

Names and most constants follow Hendrycks & Dietterich (2019), arXiv 1903.12261, and their code for ImageNet-C and
CIFAR-10-C; docs/methods/corruptions.md says which. What has a length is a fraction of the image's side.
"""

import io
import json
import math
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pietools.errors import TrainingError

GRAY = 128
NODES = 4
"""Displacements of `elastic` are drawn on a grid of this many nodes a side."""

Generators = Sequence[np.random.Generator]
"""One per example."""


def corrupt(images: Tensor, corruption: str, severity: int, generators: Generators) -> Tensor:
    """Alter uint8 images, shape (n, channels, height, width), gray or RGB, and return as many of the same shape.

    `severity` is 1 (mild) to 5. What is random in an image comes from its own generator, one each.
    """
    alter, amounts = CORRUPTIONS[corruption]
    return alter(images, amounts[severity - 1], generators)


def example_generator(seed: int, corruption: str, key: str) -> np.random.Generator:
    """Return the random numbers of one example: those of another key, corruption or seed are independent.

    The severity is left out: the same noise grows, and severities can be compared example by example.
    """
    digest = sha256(json.dumps([seed, corruption, key]).encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))


def check_channels(name: str, corruption: str, n_channels: int) -> None:
    """Raise TrainingError if the corruption would do nothing to images of so many channels, or cannot be applied."""
    if n_channels not in (1, 3):
        raise TrainingError(f"{name}: {corruption} is for gray or RGB images, and these have {n_channels} channels.")
    if corruption == "saturation" and n_channels == 1:
        raise TrainingError(f"{name}: saturation is for colour images, and these are gray. Leave it out.")


# Noise


def _gaussian_noise(images: Tensor, deviation: float, generators: Generators) -> Tensor:
    noise = _draw(generators, lambda generator: generator.standard_normal(images.shape[1:], dtype=np.float32))
    return _as_bytes(images / 255 + deviation * noise)


def _shot_noise(images: Tensor, photons: float, generators: Generators) -> Tensor:
    counts = (images.double() / 255 * photons).numpy()
    drawn = [generator.poisson(expected) for generator, expected in zip(generators, counts, strict=True)]
    return _as_bytes(torch.from_numpy(np.stack(drawn)) / photons)


def _impulse_noise(images: Tensor, fraction: float, generators: Generators) -> Tensor:
    place = _draw(generators, lambda generator: generator.random(images.shape[1:], dtype=np.float32))
    salted = images.masked_fill(place > 1 - fraction / 2, 255)
    return salted.masked_fill(place < fraction / 2, 0)


# Blur, light, compression


def _gaussian_blur(images: Tensor, deviation: float, _: Generators) -> Tensor:
    from torchvision.transforms.v2 import functional as transforms

    pixels = deviation * _side(images)
    return transforms.gaussian_blur(images, kernel_size=2 * math.ceil(3 * pixels) + 1, sigma=pixels)


def _brightness(images: Tensor, factor: float, _: Generators) -> Tensor:
    from torchvision.transforms.v2 import functional as transforms

    return transforms.adjust_brightness(images, factor)


def _contrast(images: Tensor, factor: float, _: Generators) -> Tensor:
    from torchvision.transforms.v2 import functional as transforms

    return transforms.adjust_contrast(images, factor)


def _saturation(images: Tensor, factor: float, _: Generators) -> Tensor:
    from torchvision.transforms.v2 import functional as transforms

    return transforms.adjust_saturation(images, factor)


def _jpeg(images: Tensor, quality: float, _: Generators) -> Tensor:
    # Pillow, because torchvision's encoder is on its way out.
    return torch.stack([_through_jpeg(image, int(quality)) for image in images])


def _through_jpeg(image: Tensor, quality: int) -> Tensor:
    is_gray = len(image) == 1
    file = io.BytesIO()
    Image.fromarray((image[0] if is_gray else image.permute(1, 2, 0)).numpy()).save(file, "JPEG", quality=quality)
    pixels = torch.from_numpy(np.array(Image.open(file, formats=["JPEG"])))
    return pixels[None] if is_gray else pixels.permute(2, 0, 1)


def _pixelate(images: Tensor, fraction: float, _: Generators) -> Tensor:
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms.v2 import functional as transforms

    height, width = images.shape[2:]
    blocks = transforms.resize(images, [max(1, round(height * fraction)), max(1, round(width * fraction))])
    return transforms.resize(blocks, [height, width], InterpolationMode.NEAREST_EXACT)


# Geometry


def _elastic(images: Tensor, deviation: float, generators: Generators) -> Tensor:
    height, width = images.shape[2:]
    nodes = _draw(generators, lambda generator: generator.standard_normal((2, NODES, NODES), dtype=np.float32))
    smooth = torch.nn.functional.interpolate(nodes, (height, width), mode="bicubic", align_corners=True)
    shifts = deviation * _side(images) * smooth
    rows, columns = _places(images)
    return _read_at(images, rows + shifts[:, 0], columns + shifts[:, 1])


def _rotation(images: Tensor, degrees: float, generators: Generators) -> Tensor:
    sign = _draw(generators, lambda generator: generator.choice([-1.0, 1.0], (1, 1)))
    sine, cosine = sign * math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    rows, columns = _places(images)
    return _read_at(images, cosine * rows + sine * columns, cosine * columns - sine * rows)


def _translation(images: Tensor, distance: float, generators: Generators) -> Tensor:
    direction = _draw(generators, lambda generator: generator.uniform(0, 2 * math.pi, (1, 1)))
    rows, columns = _places(images)
    pixels = distance * _side(images)
    return _read_at(images, rows + pixels * direction.sin(), columns + pixels * direction.cos())


def _occlusion(images: Tensor, fraction: float, generators: Generators) -> Tensor:
    """Squares of growing size at one place are nested: what is hidden stays hidden."""
    height, width = images.shape[2:]
    side = fraction * _side(images)
    place = _draw(generators, lambda generator: generator.random((2, 1)))
    is_row, is_column = (
        (start <= torch.arange(length) + 0.5) & (torch.arange(length) + 0.5 < start + side)
        for length, start in ((height, place[:, 0] * (height - side)), (width, place[:, 1] * (width - side)))
    )
    return images.masked_fill((is_row[:, :, None] & is_column[:, None, :])[:, None], GRAY)


# What they share


def _draw(generators: Generators, draw: Callable[[np.random.Generator], np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack([draw(generator) for generator in generators]))


def _as_bytes(intensities: Tensor) -> Tensor:
    return (intensities.clamp(0, 1) * 255).round().to(torch.uint8)


def _side(images: Tensor) -> int:
    return min(images.shape[2:])


def _places(images: Tensor) -> tuple[Tensor, Tensor]:
    """Row and column of each pixel from the middle of the image, shape (height, 1) and (1, width)."""
    height, width = images.shape[2:]
    return torch.arange(height)[:, None] - (height - 1) / 2, torch.arange(width)[None] - (width - 1) / 2


def _read_at(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Read each image between its pixels, at places of shape (n, height, width) from its middle; it is mirrored outside."""
    height, width = images.shape[2:]
    rows, columns = torch.broadcast_tensors(rows * (2 / height), columns * (2 / width))
    grid = torch.stack([columns, rows], dim=-1).float()
    read = torch.nn.functional.grid_sample(images.float(), grid, padding_mode="reflection", align_corners=False)
    return _as_bytes(read / 255)


class Corruption(NamedTuple):
    """How images are altered, and how much at severities 1 to 5."""

    alter: Callable[[Tensor, float, Generators], Tensor]
    amounts: tuple[float, float, float, float, float]


CORRUPTIONS = {
    # Standard deviation of the noise, of intensities in [0, 1].
    "gaussian-noise": Corruption(_gaussian_noise, (0.04, 0.08, 0.12, 0.18, 0.26)),
    # Photons that a white pixel receives.
    "shot-noise": Corruption(_shot_noise, (200, 60, 25, 12, 6)),
    # Fraction of the values that become black or white.
    "impulse-noise": Corruption(_impulse_noise, (0.01, 0.03, 0.06, 0.1, 0.17)),
    # Standard deviation, fraction of the side.
    "gaussian-blur": Corruption(_gaussian_blur, (0.02, 0.03, 0.04, 0.05, 0.06)),
    # Factor of the intensities.
    "brightness": Corruption(_brightness, (1.15, 1.3, 1.5, 1.75, 2.0)),
    # Factor of the distance from the image's mean.
    "contrast": Corruption(_contrast, (0.9, 0.8, 0.7, 0.55, 0.4)),
    # Factor of the distance from gray.
    "saturation": Corruption(_saturation, (0.7, 0.5, 0.3, 0.15, 0.0)),
    # Blocks a side, fraction of the pixels.
    "pixelate": Corruption(_pixelate, (0.8, 0.65, 0.55, 0.45, 0.35)),
    # Quality, of 100.
    "jpeg": Corruption(_jpeg, (65, 45, 30, 20, 12)),
    # Standard deviation of the displacement, fraction of the side.
    "elastic": Corruption(_elastic, (0.01, 0.02, 0.03, 0.045, 0.06)),
    # Degrees, to the left or to the right.
    "rotation": Corruption(_rotation, (5, 10, 15, 22, 30)),
    # Distance, fraction of the side.
    "translation": Corruption(_translation, (0.04, 0.08, 0.12, 0.16, 0.2)),
    # Side of a gray square, fraction of the image's side.
    "occlusion": Corruption(_occlusion, (0.15, 0.25, 0.35, 0.45, 0.55)),
}
