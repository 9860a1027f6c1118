"""Fashion-MNIST (Xiao et al. 2017, arXiv 1708.07747)."""

from pathlib import Path

import numpy as np
import torch

from pietools.study_file import DataSettings
from pietools.training.data.datasets.content import Content, check_split
from pietools.training.data.datasets.idx_files import find_idx, read_idx
from pietools.training.data.images import ArrayImages

CLASS_NAMES = [
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


def load_fashion_mnist(settings: DataSettings, split: str, folder: Path) -> Content:
    """Read torchvision's folder, or a folder of idx or idx.gz files."""
    check_split(settings.name, split, ["train", "test"])
    root = folder / str(settings.root)
    folders = [root, root / "FashionMNIST" / "raw", root / "raw"]
    prefix = "train" if split == "train" else "t10k"
    pixels = read_idx(find_idx(folders, f"{prefix}-images-idx3-ubyte"), n_axes=3)
    labels = read_idx(find_idx(folders, f"{prefix}-labels-idx1-ubyte"), n_axes=1)
    return Content(
        images=ArrayImages(torch.from_numpy(pixels[:, None].copy())),
        keys=[str(index) for index in range(len(pixels))],
        labels=torch.from_numpy(labels.astype(np.int64)),
        class_names=CLASS_NAMES,
    )
