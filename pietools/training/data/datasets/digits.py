"""The 1,797 digits of 8 × 8 pixels that come with scikit-learn."""

from pathlib import Path

import numpy as np
import torch

from pietools.study_file import DataSettings
from pietools.training.data.datasets.content import Content, check_split
from pietools.training.data.images import ArrayImages


def load_digits(settings: DataSettings, split: str, folder: Path) -> Content:
    """Split them into halves by index: train and test."""
    from sklearn import datasets

    check_split(settings.name, split, ["train", "test"])
    bunch = datasets.load_digits()
    half = len(bunch.target) // 2
    chosen = slice(0, half) if split == "train" else slice(half, None)
    pixels = torch.from_numpy((bunch.images * (255 / 16)).round().astype(np.uint8)[chosen])
    labels = torch.from_numpy(bunch.target[chosen].astype(np.int64))
    keys = [str(index) for index in range(len(bunch.target))[chosen]]
    return Content(ArrayImages(pixels[:, None]), keys, labels, [str(digit) for digit in range(10)])
