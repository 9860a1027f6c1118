"""What a source of data gives for one split."""

from dataclasses import dataclass, field

from torch import Tensor

from pietools.errors import TrainingError
from pietools.training.data.images import ExampleProperty, Images


@dataclass(frozen=True)
class Content:
    """Images with their keys, labels (class indices from 0, int64, shape (n,)), class names, and known properties."""

    images: Images
    keys: list[str]
    labels: Tensor
    class_names: list[str]
    properties: list[ExampleProperty] = field(default_factory=list)


def check_split(name: str, split: str, splits: list[str]) -> None:
    """Raise TrainingError if the data set has no such split."""
    if split not in splits:
        raise TrainingError(f"{name} has no split '{split}'. It has: {', '.join(splits)}.")
