"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009) in the form in which torchvision keeps them on disk."""

import warnings
from pathlib import Path

import torch

from pietools.errors import TrainingError
from pietools.study_file import DataSettings
from pietools.training.boundary import boundary
from pietools.training.data.datasets.content import Content, check_split
from pietools.training.data.images import ArrayImages


def load_cifar(settings: DataSettings, split: str, folder: Path) -> Content:
    """Read the folder `cifar-10-batches-py` or `cifar-100-python` in `root`; nothing is ever downloaded.

    The files are pickles, which can run code: torchvision opens them only after their MD5 are those of the originals.
    """
    # Imported here because it takes two seconds.
    from torchvision import datasets

    check_split(settings.name, split, ["train", "test"])
    source = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[settings.name]
    root = folder / str(settings.root)
    found = root / source.base_folder
    if not found.is_dir():
        raise TrainingError(f"there is no folder {found}: unpack {source.filename} in {root}, or correct [data] root.")
    # NumPy 2.4.0 to 2.4.4 warns of types that Python 2 pickled.
    with boundary(f"{found} cannot be read"), warnings.catch_warnings(action="ignore"):
        try:
            data = source(root, train=split == "train")
        except RuntimeError as error:
            raise TrainingError(
                f"{found} is damaged: a file is missing or is not the original. Unpack {source.filename} again."
            ) from error
    return Content(
        images=ArrayImages(torch.from_numpy(data.data).permute(0, 3, 1, 2).contiguous()),
        keys=[str(index) for index in range(len(data))],
        labels=torch.tensor(data.targets),
        class_names=data.classes,
    )
