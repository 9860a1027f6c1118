"""Image folders: PATH/SPLIT/CLASS/*, or PATH/CLASS/* for a data set without splits."""

import os
from pathlib import Path

import torch
from torch import Tensor

from pietools.errors import TrainingError
from pietools.training.boundary import boundary

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})


def list_image_folder(root: Path, split: str) -> tuple[list[Path], list[str], Tensor, list[str]]:
    """List files, keys (paths relative to the split's folder), labels of shape (n,) and class names.

    Classes and files are ordered by the bytes of their POSIX path, which no locale and no file system changes.
    Raises TrainingError if the folder is missing or a class has no image.
    """
    with boundary(f"the image folder {root} cannot be read"):
        folder = _split_folder(root, split)
        class_names = sorted((entry.name for entry in folder.iterdir() if entry.is_dir()), key=os.fsencode)
        if not class_names:
            raise TrainingError(f"{folder} has no folders of classes.")
        paths = sorted((path for name in class_names for path in _images_in(folder / name)), key=os.fsencode)
    keys = [path.relative_to(folder).as_posix() for path in paths]
    index = {name: label for label, name in enumerate(class_names)}
    labels = torch.tensor([index[key.split("/", 1)[0]] for key in keys])
    return paths, keys, labels, class_names


def _split_folder(root: Path, split: str) -> Path:
    if not root.is_dir():
        raise TrainingError(f"there is no image folder {root}.")
    if (root / split).is_dir():
        return root / split
    # Training on the folder that is evaluated would go unnoticed: only evaluation may do without a split.
    if split == "train":
        raise TrainingError(f"{root} has no folder 'train' to train on.")
    return root


def _images_in(folder: Path) -> list[Path]:
    paths = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file()]
    if not paths:
        raise TrainingError(f"{folder} has no images ({', '.join(sorted(SUFFIXES))}).")
    return paths
