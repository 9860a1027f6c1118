"""Random changes to training images, on whole batches, every image by its own draw.

Images are uint8 of shape (n, channels, height, width) and keep shape and type. The generators are on the CPU, so that
every device sees the same images.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from pietools.training.data.rand_augment import rand_augment

AREA = (0.2, 1.0)
"""Least and largest part of the image that resized-crop keeps, of its area (SimCLR uses 0.08 to 1 on larger images)."""
JITTER = 0.4
"""Largest change of brightness, contrast and saturation, as a fraction."""
GRAY_PROBABILITY = 0.2
GRAY = 127


def augment(images: Tensor, names: Sequence[str], generator: torch.Generator) -> Tensor:
    """Apply the named changes, in the order of `AUGMENTATIONS` whatever the order of the names."""
    for name, change in AUGMENTATIONS.items():
        if name in names:
            images = change(images, generator)
    return images


def crop(images: Tensor, generator: torch.Generator) -> Tensor:
    """Shift each image by up to an eighth of its height, with black from outside."""
    return random_crop(images, images.shape[2] // 8, generator)


def random_crop(images: Tensor, padding: int, generator: torch.Generator) -> Tensor:
    """Pad with black by `padding` pixels and cut the original size out, each image at its own place."""
    n, _, height, width = images.shape
    offsets = torch.randint(2 * padding + 1, (n, 2), generator=generator).to(images.device)
    rows = offsets[:, :1] + torch.arange(height, device=images.device)
    columns = offsets[:, 1:] + torch.arange(width, device=images.device)
    padded = torch.nn.functional.pad(images, (padding, padding, padding, padding))
    batch = torch.arange(n, device=images.device)[:, None, None]
    # The slice between advanced indices moves the channels to the end.
    cropped = padded[batch, :, rows[:, :, None], columns[:, None, :]]
    return cropped.permute(0, 3, 1, 2).contiguous()


def resized_crop(images: Tensor, generator: torch.Generator) -> Tensor:
    """Cut out 20 to 100 % of each image's area, of an aspect between 3:4 and 4:3, and resize it to the whole (bilinear)."""
    area, aspect, right, down = torch.rand(4, len(images), generator=generator).to(images.device)
    area = AREA[0] + (AREA[1] - AREA[0]) * area
    aspect = torch.exp((2 * aspect - 1) * torch.log(torch.tensor(4 / 3)))
    width, height = (area * aspect).sqrt().clamp(max=1), (area / aspect).sqrt().clamp(max=1)
    # In units in which the image goes from −1 to 1: the part is as wide, and its centre moves in what it leaves free.
    x = width[:, None] * _pixels(images.shape[3], images.device) + ((2 * right - 1) * (1 - width))[:, None]
    y = height[:, None] * _pixels(images.shape[2], images.device) + ((2 * down - 1) * (1 - height))[:, None]
    shape = (len(images), images.shape[2], images.shape[3])
    grid = torch.stack([x[:, None, :].expand(shape), y[:, :, None].expand(shape)], dim=3)
    parts = torch.nn.functional.grid_sample(images.float(), grid, padding_mode="border", align_corners=False)
    return parts.round_().to(torch.uint8)


def _pixels(n: int, device: torch.device) -> Tensor:
    """Return where the centres of n pixels are on the way from −1 to 1."""
    return (2 * torch.arange(n, device=device) + 1) / n - 1


def random_flip(images: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror each image left to right with probability one half."""
    is_flipped = torch.rand(len(images), generator=generator).to(images.device) < 0.5
    return torch.where(is_flipped[:, None, None, None], images.flip(3), images)


def jitter(images: Tensor, generator: torch.Generator) -> Tensor:
    """Change brightness, then contrast, then saturation of each image by a factor from 0.6 to 1.4."""
    factors = (1 + JITTER * (2 * torch.rand(3, len(images), 1, 1, 1, generator=generator) - 1)).to(images.device)
    changed = images.float() * factors[0]
    mean = changed.mean(dim=(1, 2, 3), keepdim=True)
    changed = (changed - mean) * factors[1] + mean
    if images.shape[1] == 3:
        luma = _luma(changed)
        changed = (changed - luma) * factors[2] + luma
    return changed.round_().clamp_(0, 255).to(torch.uint8)


def gray(images: Tensor, generator: torch.Generator) -> Tensor:
    """Take the colours from a fifth of the images."""
    is_gray = torch.rand(len(images), generator=generator).to(images.device) < GRAY_PROBABILITY
    if images.shape[1] != 3:
        return images
    without = _luma(images.float()).round_().to(torch.uint8).expand_as(images)
    return torch.where(is_gray[:, None, None, None], without, images)


def cutout(images: Tensor, generator: torch.Generator) -> Tensor:
    """Put a gray square of up to half the height on each image (DeVries & Taylor 2017, arXiv 1708.04552)."""
    height, width = images.shape[2:]
    side, down, right = torch.rand(3, len(images), generator=generator).to(images.device)
    half = side * height / 4
    rows = (torch.arange(height, device=images.device) - (down * height)[:, None]).abs() < half[:, None]
    columns = (torch.arange(width, device=images.device) - (right * width)[:, None]).abs() < half[:, None]
    return images.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], GRAY)


def _luma(images: Tensor) -> Tensor:
    weights = torch.tensor([0.299, 0.587, 0.114], device=images.device).view(3, 1, 1)
    return (images * weights).sum(dim=1, keepdim=True)


AUGMENTATIONS: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "resized-crop": resized_crop,
    "crop": crop,
    "flip": random_flip,
    "jitter": jitter,
    "gray": gray,
    "rand-augment": rand_augment,
    "cutout": cutout,
}
"""The pool: name in a STUDY.toml, and what it does."""
