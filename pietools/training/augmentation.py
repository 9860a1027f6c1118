"""Random changes to training images, on whole batches."""

from collections.abc import Sequence

import torch
from torch import Tensor


def augment(images: Tensor, names: Sequence[str], generator: torch.Generator) -> Tensor:
    """Flip and crop at random; uint8 images of shape (n, channels, height, width) keep their shape.

    The generator is on the CPU, so that every device sees the same images.
    """
    if "crop" in names:
        images = random_crop(images, padding=images.shape[2] // 8, generator=generator)
    if "flip" in names:
        images = random_flip(images, generator)
    return images


def random_flip(images: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror each image left to right with probability one half."""
    is_flipped = torch.rand(len(images), generator=generator).to(images.device) < 0.5
    return torch.where(is_flipped[:, None, None, None], images.flip(3), images)


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
