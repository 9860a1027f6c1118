"""Random changes of training images."""

import pytest
import torch

from pietools.training.data.augmentation import (
    AUGMENTATIONS,
    augment,
    cutout,
    gray,
    jitter,
    random_crop,
    random_flip,
    resized_crop,
)


def generator() -> torch.Generator:
    """The same random numbers in every test."""
    return torch.Generator().manual_seed(0)


def pictures(channels: int) -> torch.Tensor:
    """Sixty-four random images of 12 by 12 pixels."""
    return torch.randint(256, (64, channels, 12, 12), dtype=torch.uint8, generator=generator())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_every_change_keeps_shape_and_type_and_leaves_its_input(name: str, channels: int) -> None:
    """Also twice the same from the same seed, and something else from another one."""
    images = pictures(channels)
    before = images.clone()
    changed = augment(images, [name], generator())
    assert (changed.shape, changed.dtype) == (images.shape, torch.uint8)
    assert torch.equal(images, before)
    assert torch.equal(changed, augment(images, [name], generator()))
    if (name, channels) != ("gray", 1):
        assert not torch.equal(changed, augment(images, [name], torch.Generator().manual_seed(1)))


def test_flips_mirror_half_of_the_images() -> None:
    """Each image is itself or its mirror image."""
    images = torch.arange(2 * 400, dtype=torch.uint8).reshape(200, 1, 2, 2)
    flipped = random_flip(images, generator())
    is_same = (flipped == images).flatten(1).all(1)
    assert torch.equal(flipped[~is_same], images[~is_same].flip(3))
    assert 70 < is_same.sum() < 130


def test_crops_are_shifted_images() -> None:
    """A single bright pixel moves by at most the padding, each image by its own way, channels alike."""
    images = torch.zeros(100, 2, 5, 7, dtype=torch.uint8)
    images[:, :, 2, 3] = 9
    cropped = random_crop(images, 2, generator())
    assert cropped.shape == images.shape
    _, _, rows, columns = (cropped == 9).nonzero(as_tuple=True)
    assert set(rows.tolist()) == {0, 1, 2, 3, 4}
    assert set(columns.tolist()) == {1, 2, 3, 4, 5}
    assert torch.equal(cropped[:, 0], cropped[:, 1])


def test_resized_crops_are_parts_of_the_image() -> None:
    """Of a slope from left to right a part is a slope too: gentler, and within the old range."""
    slope = torch.arange(0, 200, 10, dtype=torch.uint8).expand(500, 1, 20, 20)
    parts = resized_crop(slope, generator()).int()
    differences = parts[:, 0, 10, 1:] - parts[:, 0, 10, :-1]
    widths = (parts[:, 0, 10, -1] - parts[:, 0, 10, 0]) / 190
    assert (differences >= 0).all()
    assert torch.equal(parts.amax(2), parts.amin(2))
    # Widths from √(0.2 · 3/4) = 0.39 to 1.
    assert 0.3 < widths.min() < 0.45
    assert 0.95 < widths.max() <= 1


def test_jitter_changes_brightness_within_its_range() -> None:
    """An even gray has no contrast: it is multiplied by 0.6 to 1.4."""
    changed = jitter(torch.full((1000, 1, 4, 4), 100, dtype=torch.uint8), generator())
    assert torch.equal(changed.amax((1, 2, 3)), changed.amin((1, 2, 3)))
    assert (changed.min(), changed.max()) == (60, 140)


def test_gray_takes_the_colours_from_a_fifth() -> None:
    """Gray images have three equal channels, of the luma; the others are as they were."""
    images = pictures(3)[:1].expand(1000, -1, -1, -1)
    changed = gray(images, generator())
    is_gray = (changed[:, 0] == changed[:, 1]).flatten(1).all(1)
    assert 150 < is_gray.sum() < 250
    assert torch.equal(changed[~is_gray], images[~is_gray])


def test_cutout_puts_one_gray_square_on_each_image() -> None:
    """The square covers at most half the height and width; what is outside stays."""
    changed = cutout(torch.zeros(300, 1, 12, 12, dtype=torch.uint8), generator())[:, 0]
    assert set(changed.unique().tolist()) == {0, 127}
    rows, columns = (changed == 127).any(2).sum(1), (changed == 127).any(1).sum(1)
    assert torch.equal((changed == 127).sum((1, 2)), rows * columns)
    assert rows.max() <= 7
    assert columns.max() <= 7


def test_the_order_of_the_names_does_not_matter() -> None:
    """A pool is a set: the changes come in one order."""
    images = pictures(3)
    one, other = augment(images, ["flip", "crop"], generator()), augment(images, ["crop", "flip"], generator())
    assert torch.equal(one, other)
    assert not torch.equal(one, images)
