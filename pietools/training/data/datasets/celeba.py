"""CelebA (Liu et al. 2015, arXiv 1411.7766): faces with forty attributes, one of which is made the class."""

from pathlib import Path, PurePath

import numpy as np
import torch

from pietools.bounds import no_file
from pietools.errors import TrainingError
from pietools.study_file import DataSettings
from pietools.study_file.messages import suggestion
from pietools.training.boundary import boundary
from pietools.training.data.datasets.content import Content, check_split
from pietools.training.data.images import ExampleProperty, FileImages

ATTRIBUTES, PARTITION, IMAGES = "list_attr_celeba.txt", "list_eval_partition.txt", "img_align_celeba"
SPLITS = ["train", "valid", "test"]
"""In the order of their numbers in the partition."""
# The whole width of 178 pixels: hair is among the attributes.
RESIZE, CROP = 128, 128


def load_celeba(settings: DataSettings, split: str, folder: Path) -> Content:
    """Read two text files and a folder of images from torchvision's folder `celeba` in `root`, or from `root` itself.

    The class is 1 where the attribute `target` is there; the other attributes become properties, true or false, of the
    source CelebA. Keys are the names of the files. Raises TrainingError if a file is missing or damaged, or there is no
    such attribute.
    """
    check_split(settings.name, split, SPLITS)
    root = folder / str(settings.root)
    root = root / "celeba" if (root / "celeba").is_dir() else root
    files, attributes = _read_attributes(root / ATTRIBUTES)
    is_chosen = _read_partition(root / PARTITION, files) == SPLITS.index(split)
    chosen = {name: is_there[is_chosen] for name, is_there in attributes.items()}
    target = str(settings.target)
    if target not in chosen:
        hint = suggestion(target, list(chosen))
        raise TrainingError(f"CelebA has no attribute '{target}'.{hint} It has: {', '.join(chosen)}.")
    labels = torch.from_numpy(chosen.pop(target).astype(np.int64))
    keys = files[is_chosen].tolist()
    paths = [root / IMAGES / key for key in keys]
    return Content(
        images=FileImages(paths, settings.resize or RESIZE, settings.crop or CROP),
        keys=keys,
        labels=labels,
        class_names=[f"not {target}", target],
        properties=[ExampleProperty(name, "CelebA", is_there) for name, is_there in chosen.items()],
    )


def _read_attributes(path: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Read the number of images, the names of the attributes, and a line per image: its file, then 1 or -1 for each.

    Returns the files and, by attribute, whether it is there, all of shape (n,).
    """
    with boundary(f"{path} cannot be read"):
        _refuse_no_file(path)
        with path.open(encoding="utf-8") as text:
            n_images, names = int(text.readline()), text.readline().split()
        files = np.loadtxt(path, dtype=str, skiprows=2, usecols=0, ndmin=1)
        values = np.loadtxt(path, dtype=np.int8, skiprows=2, usecols=range(1, len(names) + 1), ndmin=2)
    if len(files) != n_images:
        raise TrainingError(f"{path} is cut off: it announces {n_images} images and lists {len(files)}.")
    if outside := [file for file in files.tolist() if PurePath(file).name != file]:
        raise TrainingError(f"{path} lists '{outside[0]}', which is no name of a file in {IMAGES}.")
    if (np.abs(values) != 1).any():
        raise TrainingError(f"{path} holds other values than 1 and -1.")
    return files, {name: values[:, column] == 1 for column, name in enumerate(names)}


def _refuse_no_file(path: Path) -> None:
    if (reason := no_file(path, may_be_absent=True)) is not None:
        raise TrainingError(f"{reason}.")


def _read_partition(path: Path, files: np.ndarray) -> np.ndarray:
    """Read a line per image, its file and the number of its split; returns the numbers, shape (n,)."""
    with boundary(f"{path} cannot be read"):
        _refuse_no_file(path)
        listed = np.loadtxt(path, dtype=str, ndmin=2)
        if not np.array_equal(listed[:, 0], files):
            raise TrainingError(f"{path} and {ATTRIBUTES} list different images.")
        return listed[:, 1].astype(np.int64)
