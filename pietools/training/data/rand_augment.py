"""RandAugment on batches (Cubuk et al. 2020, arXiv 1909.13719), with the changes and ranges of FixMatch's appendix.

Every image draws its two changes; the images of a batch that draw the same change share its strength, so that
torchvision changes them all at once.
"""

from collections.abc import Callable

import torch
from torch import Tensor

N_CHANGES = 2


def rand_augment(images: Tensor, generator: torch.Generator) -> Tensor:
    """Apply two of the fourteen changes to each image; uint8, shape (n, channels, height, width)."""
    changes = list(_changes().values())
    for _ in range(N_CHANGES):
        drawn = torch.randint(len(changes), (len(images),), generator=generator)
        strengths = torch.rand(len(changes), generator=generator).tolist()
        images = images.clone()
        for index, (change, strength) in enumerate(zip(changes, strengths, strict=True)):
            members = (drawn == index).nonzero().flatten().to(images.device)
            if len(members):
                images[members] = change(images[members], strength)
    return images


def _changes() -> dict[str, Callable[[Tensor, float], Tensor]]:
    """Name the changes; each takes images and a strength that is uniform in [0, 1]."""
    # Imported here because it takes two seconds.
    from torchvision.transforms.v2 import functional as transforms

    def shifted(images: Tensor, right: float, down: float) -> Tensor:
        pixels = [round(right * images.shape[3]), round(down * images.shape[2])]
        return transforms.affine(images, angle=0.0, translate=pixels, scale=1.0, shear=[0.0, 0.0])

    def sheared(images: Tensor, x: float, y: float) -> Tensor:
        return transforms.affine(images, angle=0.0, translate=[0, 0], scale=1.0, shear=[x, y])

    return {
        "autocontrast": lambda images, _: transforms.autocontrast(images),
        "brightness": lambda images, strength: transforms.adjust_brightness(images, 0.05 + 0.9 * strength),
        "color": lambda images, strength: transforms.adjust_saturation(images, 0.05 + 0.9 * strength),
        "contrast": lambda images, strength: transforms.adjust_contrast(images, 0.05 + 0.9 * strength),
        "equalize": lambda images, _: transforms.equalize(images),
        "identity": lambda images, _: images,
        "posterize": lambda images, strength: transforms.posterize(images, 4 + int(4.999 * strength)),
        "rotate": lambda images, strength: transforms.rotate(images, 30 * (2 * strength - 1)),
        "sharpness": lambda images, strength: transforms.adjust_sharpness(images, 0.05 + 0.9 * strength),
        "shear-x": lambda images, strength: sheared(images, 17 * (2 * strength - 1), 0.0),
        "shear-y": lambda images, strength: sheared(images, 0.0, 17 * (2 * strength - 1)),
        "solarize": lambda images, strength: transforms.solarize(images, 255 * strength),
        "translate-x": lambda images, strength: shifted(images, 0.3 * (2 * strength - 1), 0.0),
        "translate-y": lambda images, strength: shifted(images, 0.0, 0.3 * (2 * strength - 1)),
    }
