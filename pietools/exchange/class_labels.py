"""Class indices and class names of predictions made elsewhere."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pietools.errors import ImportFileError
from pietools.exchange.prediction_files import FilePredictions
from pietools.study.records import MAX_CLASSES


def class_names_of(found: Sequence[FilePredictions]) -> list[str]:
    """Names of the classes of a new data set: text as it occurs, sorted; else the numbers from 0.

    Raises ImportFileError if labels and predictions are not both text or both numbers.
    """
    if not found[0].is_labels:
        return [str(c) for c in range(found[0].scores.shape[2])]
    values = [array for one in found for array in (one.scores, one.labels) if array is not None]
    if len({array.dtype.kind == "U" for array in values}) > 1:
        raise ImportFileError(
            f"{found[0].path}: of labels and predictions one is text and the other numbers: give the names of the classes "
            "in order (--class-names)."
        )
    if values[0].dtype.kind == "U":
        return sorted({str(value) for array in values for value in np.unique(array)} - {""})
    largest = max(int(array.max()) for array in values)
    if largest >= MAX_CLASSES:
        raise ImportFileError(f"{found[0].path}: label {largest}. Allowed: 0 to {MAX_CLASSES - 1:,}.")
    return [str(c) for c in range(largest + 1)]


def class_indices(path: Path, values: np.ndarray, class_names: Sequence[str]) -> np.ndarray:
    """Labels as class indices, int32 with −1 for missing; text is looked up among the class names.

    Raises ImportFileError for a label that is no class.
    """
    if values.dtype.kind == "U":
        return _look_up(path, values, class_names)
    if values.min() < -1 or values.max() >= len(class_names):
        wrong = values[(values < -1) | (values >= len(class_names))][0]
        raise ImportFileError(
            f"{path}: label {wrong}, but the data set has {len(class_names)} classes, 0 to {len(class_names) - 1}. If there are "
            "more, name them all when the data set is first imported (--class-names)."
        )
    return values.astype(np.int32)


def _look_up(path: Path, values: np.ndarray, class_names: Sequence[str]) -> np.ndarray:
    index = {name: i for i, name in enumerate(class_names)} | {"": -1}
    names, inverse = np.unique(values, return_inverse=True)
    if unknown := next((str(name) for name in names if str(name) not in index), None):
        raise ImportFileError(
            f"{path}: no class is named '{unknown}'. The data set has: {', '.join(class_names[:20])}."
        )
    return np.array([index[str(name)] for name in names], dtype=np.int32)[inverse].reshape(values.shape)
