"""The data sets that [data] can name, split by split."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pietools.errors import TrainingError
from pietools.study_file import DataSettings
from pietools.training.boundary import boundary
from pietools.training.idx_files import find_idx, read_idx
from pietools.training.image_folders import list_image_folder
from pietools.training.images import ArrayImages, FileImages, ImageData, Images
from pietools.training.user_functions import call_user_function

FASHION_CLASSES = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
]
# Mean and standard deviation of the training images' intensities; those of ImageNet for folders.
INTENSITIES = {
    "digits": ([0.3053], [0.3761]),
    "fashion-mnist": ([0.2860], [0.3530]),
    "imagefolder": ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    "python": ([0.0], [1.0]),
}
RESIZE, CROP = 256, 224
USER_KEYS = ("images", "labels", "class_names")

Content = tuple[Images, list[str], Tensor, list[str]]
"""Images, keys, labels, class names."""


def load_dataset(settings: DataSettings, split: str, folder: Path) -> ImageData:
    """Load one split; relative paths start from `folder`.

    Raises TrainingError if the data are missing, damaged, or have no such split.
    """
    kind, _, rest = settings.name.partition(":")
    transform = ""
    if kind == "digits":
        content = _digits(split)
    elif kind == "fashion-mnist":
        content = _fashion_mnist(folder / str(settings.root), split)
    elif kind == "imagefolder":
        resize, crop = settings.resize or RESIZE, settings.crop or CROP
        content = _image_folder(folder / rest, split, resize, crop)
        transform = f"resize={resize} crop={crop} "
    else:
        content = _from_user(settings.name, split, folder)
    mean, std = settings.mean or INTENSITIES[kind][0], settings.std or INTENSITIES[kind][1]
    images, keys, labels, class_names = content
    data = ImageData(
        name=f"{settings.label}/{split}",
        split=split,
        keys=keys,
        images=images,
        labels=labels,
        class_names=class_names,
        mean=mean,
        std=std,
        transform=f"{transform}mean={mean} std={std}",
    )
    _check(data)
    return data


def _check(data: ImageData) -> None:
    if len({len(data), len(data.labels), len(set(data.keys))}) != 1 or len(data) == 0:
        raise TrainingError(f"{data.name}: {len(data.labels)} labels and {len(set(data.keys))} different keys.")
    if data.labels.min() < 0 or data.labels.max() >= len(data.class_names):
        found = f"{int(data.labels.min())} to {int(data.labels.max())}"
        raise TrainingError(f"{data.name}: labels from {found} do not fit {len(data.class_names)} classes.")
    for key, values in (("mean", data.mean), ("std", data.std)):
        if len(values) not in (1, data.n_channels):
            raise TrainingError(
                f"[data] {key} has {len(values)} values, and the images have {data.n_channels} channels."
            )


def _digits(split: str) -> Content:
    """Split the 1,797 digits of scikit-learn into halves by index."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    half = len(bunch.target) // 2
    halves = {"train": slice(0, half), "test": slice(half, None)}
    chosen = halves[_known_split("digits", split, list(halves))]
    pixels = torch.from_numpy((bunch.images * (255 / 16)).round().astype(np.uint8)[chosen])
    labels = torch.from_numpy(bunch.target[chosen].astype(np.int64))
    keys = [str(index) for index in range(len(bunch.target))[chosen]]
    return ArrayImages(pixels[:, None]), keys, labels, [str(digit) for digit in range(10)]


def _fashion_mnist(root: Path, split: str) -> Content:
    """Read torchvision's folder, or a folder of idx or idx.gz files."""
    prefixes = {"train": "train", "test": "t10k"}
    prefix = prefixes[_known_split("fashion-mnist", split, list(prefixes))]
    folders = [root, root / "FashionMNIST" / "raw", root / "raw"]
    pixels = read_idx(find_idx(folders, f"{prefix}-images-idx3-ubyte"), n_axes=3)
    labels = read_idx(find_idx(folders, f"{prefix}-labels-idx1-ubyte"), n_axes=1)
    keys = [str(index) for index in range(len(pixels))]
    images = ArrayImages(torch.from_numpy(pixels[:, None].copy()))
    return images, keys, torch.from_numpy(labels.astype(np.int64)), FASHION_CLASSES


def _image_folder(root: Path, split: str, resize: int, crop: int) -> Content:
    paths, keys, labels, class_names = list_image_folder(root, split)
    return FileImages(paths, resize, crop), keys, labels, class_names


def _from_user(name: str, split: str, folder: Path) -> Content:
    """Call the user's function with the name of the split.

    It returns a dictionary: `images`, uint8 of shape (n, height, width) or (n, height, width, channels); `labels`,
    class indices from 0; `class_names`; and `keys`, which name the examples (their index unless given).
    """
    found = call_user_function(name, folder, split)
    if not isinstance(found, Mapping):
        raise TrainingError(
            f"'{name}' returns {type(found).__name__}; a dictionary of {', '.join(USER_KEYS)} is needed."
        )
    missing = [key for key in USER_KEYS if key not in found]
    if missing:
        raise TrainingError(f"'{name}' returns a dictionary without {', '.join(missing)}.")
    with boundary(f"what '{name}' returns cannot be used"):
        images = _user_images(name, found["images"])
        labels = _user_labels(name, found["labels"])
        if len(images.pixels) != len(labels):
            raise TrainingError(f"'{name}' returns {len(images.pixels)} images and {len(labels)} labels.")
        keys = [str(key) for key in found.get("keys", range(len(labels)))]
        return images, keys, labels, [str(class_name) for class_name in found["class_names"]]


def _user_images(name: str, images: Any) -> ArrayImages:
    pixels = np.asarray(images)
    if pixels.dtype != np.uint8 or pixels.ndim not in (3, 4):
        raise TrainingError(
            f"'{name}': images are {pixels.dtype} of shape {pixels.shape}; "
            "uint8 of shape (n, height, width) or (n, height, width, channels) is needed."
        )
    channels_last = torch.from_numpy(pixels if pixels.ndim == 4 else pixels[..., None])
    return ArrayImages(channels_last.permute(0, 3, 1, 2).contiguous())


def _user_labels(name: str, labels: Any) -> Tensor:
    indices = np.asarray(labels)
    if indices.dtype.kind not in "iu" or indices.ndim != 1:
        raise TrainingError(
            f"'{name}': labels are {indices.dtype} of shape {indices.shape}; class indices, whole numbers of shape (n,), "
            "are needed."
        )
    return torch.from_numpy(indices.astype(np.int64))


def _known_split(name: str, split: str, splits: list[str]) -> str:
    if split not in splits:
        raise TrainingError(f"{name} has no split '{split}'. It has: {', '.join(splits)}.")
    return split
