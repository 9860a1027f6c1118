"""Corruptions: what they do to pixels, that severity grows, and that every example has its own random numbers."""

import math
import warnings
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import center_of_mass, gaussian_filter
from torch import Tensor
from torchvision.transforms.v2 import functional as transforms

from pietools.errors import TrainingError
from pietools.study_file import DataSettings
from pietools.study_file.settings import Corruption
from pietools.training.data.corrupted_images import CorruptedImages
from pietools.training.data.corruptions import CORRUPTIONS, check_channels, corrupt, example_generator
from pietools.training.data.datasets import load_dataset
from pietools.training.data.images import ArrayImages, FileImages

ALL = list(CORRUPTIONS)
SEVERITIES = range(1, 6)


@cache
def pictures(n: int = 40, side: int = 32) -> Tensor:
    """Digits as large pictures in three colours, with a background that is not black."""
    digits = load_dataset(DataSettings(name="digits"), "test", Path()).images.read(torch.arange(n))
    large = transforms.resize(digits, [side, side]).float()
    return torch.cat([20 + large * share for share in (0.9, 0.6, 0.3)], dim=1).round().to(torch.uint8)


def copy_of(pixels: Tensor, corruption: str, severity: int, seed: int = 0) -> CorruptedImages:
    """Images in memory, altered; the keys are the indices."""
    return CorruptedImages(
        ArrayImages(pixels), "source", [str(i) for i in range(len(pixels))], corruption, severity, seed
    )


def altered(pixels: Tensor, corruption: str, severity: int, seed: int = 0) -> Tensor:
    """All images of such a copy, as floats."""
    return copy_of(pixels, corruption, severity, seed).read(torch.arange(len(pixels))).float()


def amount(corruption: str, severity: int) -> float:
    """The constant of a severity."""
    return CORRUPTIONS[corruption].amounts[severity - 1]


def test_the_study_file_names_the_corruptions_that_there_are() -> None:
    """No more and no less, in the same order."""
    assert list(get_args(Corruption)) == ALL


@pytest.mark.parametrize("corruption", ALL)
def test_each_severity_changes_the_pictures_more(corruption: str) -> None:
    """The mean absolute change rises from each severity to the next, in gray and in colour, at 28 and 64 pixels."""
    for clean in (pictures(side=28)[:, :1], pictures(side=28), pictures(side=64)):
        if corruption == "saturation" and clean.shape[1] == 1:
            continue
        changes = [
            (altered(clean, corruption, severity) - clean.float()).abs().mean().item() for severity in SEVERITIES
        ]
        assert all(less < more for less, more in pairwise([0.0, *changes])), changes


@pytest.mark.parametrize("corruption", ALL)
def test_order_and_batch_decide_no_pixel(corruption: str) -> None:
    """All at once, one by one, and in another order: the same bytes; and again, the same bytes."""
    pixels = pictures(12)
    copy = copy_of(pixels, corruption, 3)
    together = copy.read(torch.arange(12))
    assert together.dtype == torch.uint8
    assert together.shape == pixels.shape
    assert torch.equal(together, torch.cat([copy.read(torch.tensor([index])) for index in range(12)]))
    order = torch.randperm(12, generator=torch.Generator().manual_seed(0))
    assert torch.equal(together[order], copy.read(order))


def test_examples_seeds_and_corruptions_have_their_own_random_numbers() -> None:
    """One key under two seeds, two keys under one seed: four different noises; the key stays with its example."""
    noises = [
        example_generator(seed, name, key).random()
        for seed in (0, 1)
        for name in ("shot-noise", "elastic")
        for key in ("a", "b")
    ]
    assert len(set(noises)) == 8
    pixels = pictures(1).expand(2, -1, -1, -1)
    one, other = altered(pixels, "gaussian-noise", 3)
    assert not torch.equal(one, other)
    assert not torch.equal(altered(pixels, "gaussian-noise", 3, seed=1)[0], one)
    moved = replace(copy_of(pixels, "gaussian-noise", 3), keys=["1", "0"])
    assert torch.equal(moved.read(torch.tensor([1]))[0].float(), one)


def test_the_same_noise_grows() -> None:
    """What a severity hides or makes black or white is so at the next one, too."""
    clean = torch.full((5, 1, 28, 28), 100, dtype=torch.uint8)
    for corruption in ("occlusion", "impulse-noise"):
        hit = [altered(clean, corruption, severity) != 100 for severity in SEVERITIES]
        assert all((less <= more).all() for less, more in pairwise(hit))


@pytest.mark.parametrize("severity", SEVERITIES)
def test_noise_has_the_variance_that_is_said(severity: int) -> None:
    """On a gray too far from black and white to be cut off: σ² of Gaussian noise, p / photons of shot noise."""
    gray = torch.full((30, 3, 32, 32), 51, dtype=torch.uint8)
    photons = amount("shot-noise", severity)
    noisy = altered(gray, "shot-noise", severity) / 255
    is_cut = 1 / photons * 0.2 * 16 > 0.8**2  # four standard deviations reach white
    if not is_cut:
        assert noisy.var().item() == pytest.approx(0.2 / photons, rel=0.05)
        assert noisy.mean().item() == pytest.approx(0.2, abs=0.005)
    middle = torch.full((30, 3, 32, 32), 128, dtype=torch.uint8)
    if severity < 4:
        noisy = altered(middle, "gaussian-noise", severity) / 255
        assert noisy.std().item() == pytest.approx(amount("gaussian-noise", severity), rel=0.03)
    changed = altered(middle, "impulse-noise", severity)
    share = amount("impulse-noise", severity) / 2
    for value in (0, 255):
        assert (changed == value).float().mean().item() == pytest.approx(share, rel=0.15)


def test_blur_is_that_of_scipy() -> None:
    """SciPy's Gaussian filter with mirrored edges and the same cut, within the rounding of a byte."""
    clean = pictures(6)
    for severity in SEVERITIES:
        pixels = amount("gaussian-blur", severity) * 32
        radius = math.ceil(3 * pixels)
        expected = gaussian_filter(clean.double().numpy(), pixels, axes=(2, 3), radius=radius, mode="mirror")
        assert np.abs(altered(clean, "gaussian-blur", severity).numpy() - expected).max() < 0.51


def test_jpeg_is_that_of_torchvision() -> None:
    """Another decoder and encoder with the same quality gives the same pixels, within the rounding of colours."""
    for clean in (pictures(4), pictures(4)[:, :1]):
        for severity in SEVERITIES:
            with warnings.catch_warnings(action="ignore"):  # deprecated in favour of torchcodec
                expected = transforms.jpeg(clean, int(amount("jpeg", severity)))
            assert (altered(clean, "jpeg", severity) - expected.float()).abs().max() <= 2


def test_light_is_multiplied() -> None:
    """By hand: 100 × factor, cut at white; contrast about the mean 60; without saturation the channels are equal."""
    bright = altered(torch.full((1, 1, 9, 9), 100, dtype=torch.uint8), "brightness", 4)
    assert bright.unique().tolist() == [175]
    halves = torch.tensor([20, 100], dtype=torch.uint8).repeat_interleave(50).view(1, 1, 10, 10)
    assert altered(halves, "contrast", 5).unique().tolist() == [44, 76]
    gray = altered(pictures(3), "saturation", 5)
    assert torch.equal(gray[:, 0], gray[:, 2])


def test_pixelate_leaves_few_pixels() -> None:
    """A fraction of the rows and columns differ."""
    for severity in SEVERITIES:
        found = altered(pictures(1, side=40), "pixelate", severity)[0, 0]
        n_blocks = round(40 * amount("pixelate", severity))
        assert len(found.unique(dim=0)) <= n_blocks
        assert int((found.diff(dim=1) != 0).any(0).sum()) < n_blocks


def test_rotation_is_that_of_torchvision() -> None:
    """Where no edge reaches: torchvision's, to the left or to the right, and both occur."""
    clean = pictures(8, side=64)
    found = altered(clean, "rotation", 3)
    signs = []
    for image, pixels in zip(clean, found, strict=True):
        turned = [
            transforms.rotate(image, sign * amount("rotation", 3), transforms.InterpolationMode.BILINEAR)
            for sign in (1, -1)
        ]
        near = [(one.float() - pixels)[:, 16:48, 16:48].abs().max().item() <= 1 for one in turned]
        assert sum(near) == 1
        signs.append(near[0])
    assert len(set(signs)) == 2


def test_translation_moves_by_its_distance() -> None:
    """The middle of a bright spot is that far away afterwards, in other directions for other examples."""
    clean = torch.zeros(8, 1, 41, 41, dtype=torch.uint8)
    clean[:, :, 18:23, 18:23] = 200
    moved = altered(clean, "translation", 5).numpy()
    ways = np.array([center_of_mass(image[0]) for image in moved]) - 20
    assert np.hypot(*ways.T) == pytest.approx(np.full(8, 0.2 * 41), abs=0.05)
    assert len({round(angle, 1) for angle in np.arctan2(*ways.T)}) > 4


def test_occlusion_is_a_gray_square_inside() -> None:
    """Its side is a fraction of the image's, to a pixel; a wide image has squares as well."""
    clean = torch.zeros(20, 3, 30, 50, dtype=torch.uint8)
    for severity in SEVERITIES:
        for image in altered(clean, "occlusion", severity):
            rows, columns = (image[0] == 128).any(1).sum().item(), (image[0] == 128).any(0).sum().item()
            assert (image[0] == 128).sum().item() == rows * columns
            assert abs(rows - amount("occlusion", severity) * 30) <= 1
            assert abs(columns - amount("occlusion", severity) * 30) <= 1


@pytest.mark.parametrize("corruption", ["gaussian-blur", "contrast", "pixelate", "elastic", "rotation", "translation"])
def test_what_moves_light_leaves_an_even_image_as_it_is(corruption: str) -> None:
    """Nothing comes in from outside: a gray image stays that gray."""
    clean = torch.full((3, 3, 28, 28), 90, dtype=torch.uint8)
    assert (altered(clean, corruption, 5) - 90).abs().max() <= 1


def test_elastic_moves_by_its_deviation() -> None:
    """On a ramp the change of brightness is the displacement: its standard deviation in the middle is near the one said."""
    ramp = torch.arange(0, 240, 5, dtype=torch.uint8).expand(200, 1, 48, 48)
    moved = ((altered(ramp, "elastic", 2) - ramp.float()) / 5)[:, :, 16:32, 16:32]
    assert moved.std().item() == pytest.approx(0.02 * 48, rel=0.35)


def test_images_are_kept_where_that_is_asked(tmp_path: Path) -> None:
    """Files and arrays give the same pixels; a copy that is kept is in memory, the other stays as it is."""
    for index, image in enumerate(pictures(3)):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(tmp_path / f"{index}.png")
    files = FileImages([tmp_path / f"{index}.png" for index in range(3)], resize=32, crop=32)
    from_files = replace(copy_of(pictures(3), "elastic", 4), source=files)
    pixels = altered(pictures(3), "elastic", 4)
    cpu = torch.device("cpu")
    assert from_files.to(cpu) is from_files
    kept = replace(from_files, is_kept=True).to(cpu)
    assert isinstance(kept, ArrayImages)
    for images in (from_files, kept):
        assert torch.equal(images.read(torch.tensor([2, 0])).float(), pixels[[2, 0]])


def test_the_digest_says_what_was_altered_and_how() -> None:
    """Source, corruption, severity and seed; not whether the pixels are kept."""
    copy = copy_of(pictures(1), "rotation", 2)
    others = [
        replace(copy, source_digest="other"),
        replace(copy, corruption="elastic"),
        replace(copy, severity=3),
        replace(copy, seed=1),
    ]
    assert len({one.digest() for one in [copy, *others]}) == 5
    assert replace(copy, is_kept=True).digest() == copy.digest()


@pytest.mark.parametrize(
    ("corruption", "n_channels", "expected"),
    [
        ("saturation", 1, "coins/test: saturation is for colour images, and these are gray. Leave it out."),
        ("jpeg", 4, "coins/test: jpeg is for gray or RGB images, and these have 4 channels."),
    ],
)
def test_images_that_a_corruption_is_not_for_are_refused(corruption: str, n_channels: int, expected: str) -> None:
    """In one line."""
    with pytest.raises(TrainingError) as caught:
        check_channels("coins/test", corruption, n_channels)
    assert str(caught.value) == expected


def test_no_random_number_comes_from_elsewhere() -> None:
    """The global generator of torch, which torchvision uses, is neither read nor moved on."""
    generators = [example_generator(0, "x", key) for key in ("a", "b")]
    state = torch.get_rng_state()
    for corruption in ALL:
        corrupt(pictures(2), corruption, 5, generators)
    assert torch.equal(state, torch.get_rng_state())


def test_the_docs_name_the_constants() -> None:
    """Each row of the page's first table: corruption, what it does, and the five amounts."""
    page = (Path(__file__).parents[2] / "docs" / "methods" / "corruptions.md").read_text(encoding="utf-8")
    table = page[page.index("| `gaussian-noise`") : page.index("* The side")].strip().splitlines()
    rows = [line.strip("| ").split(" | ") for line in table]
    assert {row[0]: [float(value) for value in row[2:]] for row in rows} == {
        f"`{name}`": list(CORRUPTIONS[name].amounts) for name in ALL
    }
