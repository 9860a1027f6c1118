"""Data sets that a function of the user returns."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pietools.errors import TrainingError
from pietools.study_file import DataSettings
from pietools.training.boundary import boundary
from pietools.training.data.datasets.content import Content
from pietools.training.data.images import ArrayImages
from pietools.training.user_functions import call_user_function

KEYS = ("images", "labels", "class_names")


def load_from_user(settings: DataSettings, split: str, folder: Path) -> Content:
    """Call the user's function with the name of the split.

    It returns a dictionary: `images`, uint8 of shape (n, height, width) or (n, height, width, channels); `labels`,
    class indices from 0; `class_names`; and `keys`, which name the examples (their index unless given).
    """
    name = settings.name
    found = call_user_function(name, folder, split)
    if not isinstance(found, Mapping):
        raise TrainingError(f"'{name}' returns {type(found).__name__}; a dictionary of {', '.join(KEYS)} is needed.")
    missing = [key for key in KEYS if key not in found]
    if missing:
        raise TrainingError(f"'{name}' returns a dictionary without {', '.join(missing)}.")
    with boundary(f"what '{name}' returns cannot be used"):
        images = _images(name, found["images"])
        labels = _labels(name, found["labels"])
        if len(images.pixels) != len(labels):
            raise TrainingError(f"'{name}' returns {len(images.pixels)} images and {len(labels)} labels.")
        keys = [str(key) for key in found.get("keys", range(len(labels)))]
        return Content(images, keys, labels, [str(class_name) for class_name in found["class_names"]])


def _images(name: str, images: Any) -> ArrayImages:
    pixels = np.asarray(images)
    if pixels.dtype != np.uint8 or pixels.ndim not in (3, 4):
        raise TrainingError(
            f"'{name}': images are {pixels.dtype} of shape {pixels.shape}; "
            "uint8 of shape (n, height, width) or (n, height, width, channels) is needed."
        )
    channels_last = torch.from_numpy(pixels if pixels.ndim == 4 else pixels[..., None])
    return ArrayImages(channels_last.permute(0, 3, 1, 2).contiguous())


def _labels(name: str, labels: Any) -> Tensor:
    indices = np.asarray(labels)
    if indices.dtype.kind not in "iu" or indices.ndim != 1:
        raise TrainingError(
            f"'{name}': labels are {indices.dtype} of shape {indices.shape}; class indices, whole numbers of shape (n,), "
            "are needed."
        )
    return torch.from_numpy(indices.astype(np.int64))
