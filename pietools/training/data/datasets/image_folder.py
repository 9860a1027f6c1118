"""Image folders: PATH/SPLIT/CLASS/*, or PATH/CLASS/* for a data set without splits."""

import os
from pathlib import Path

import torch

from pietools.errors import TrainingError
from pietools.study_file import DataSettings
from pietools.training.boundary import boundary
from pietools.training.data.datasets.content import Content
from pietools.training.data.images import FileImages

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
RESIZE, CROP = 256, 224


def load_image_folder(settings: DataSettings, split: str, folder: Path) -> Content:
    """List the images of a split; keys are paths relative to the split's folder.

    Classes and files are ordered by the bytes of their POSIX path, which no locale and no file system changes.
    Raises TrainingError if the folder is missing or a class has no image.
    """
    root = folder / settings.name.partition(":")[2]
    with boundary(f"the image folder {root} cannot be read"):
        root = _split_folder(root, split)
        class_names = sorted((entry.name for entry in os.scandir(root) if entry.is_dir()), key=os.fsencode)
        if not class_names:
            raise TrainingError(f"{root} has no folders of classes.")
        keys = sorted((f"{name}/{file}" for name in class_names for file in _images_in(root / name)), key=os.fsencode)
    index = {name: label for label, name in enumerate(class_names)}
    return Content(
        images=FileImages([root / key for key in keys], settings.resize or RESIZE, settings.crop or CROP),
        keys=keys,
        labels=torch.tensor([index[key.split("/", 1)[0]] for key in keys]),
        class_names=class_names,
    )


def _split_folder(root: Path, split: str) -> Path:
    if not root.is_dir():
        raise TrainingError(f"there is no image folder {root}.")
    if (root / split).is_dir():
        return root / split
    # Training on the folder that is evaluated would go unnoticed: only evaluation may do without a split.
    if split == "train":
        raise TrainingError(f"{root} has no folder 'train' to train on.")
    return root


def _images_in(folder: Path) -> list[str]:
    names = [entry.name for entry in os.scandir(folder) if _is_image(entry.name) and entry.is_file()]
    if not names:
        raise TrainingError(f"{folder} has no images ({', '.join(SUFFIXES)}).")
    return names


def _is_image(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in SUFFIXES
