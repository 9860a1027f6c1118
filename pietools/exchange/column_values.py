"""Columns of a table as classes and scores, complete."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pietools.errors import ImportFileError
from pietools.exchange.files.tables import Table, counted
from pietools.exchange.predictions import Source
from pietools.exchange.values import Classes, classes_of, named, numbers_of


def class_column(table: Table, name: str, source: Source) -> Classes:
    """Classes of a column; positions in a list of names where the file has one."""
    if source.is_text:
        return named(table[name])
    classes = classes_of(table.path, table[name], source.known_classes)
    if (names := table.class_names.get(name)) is None or classes.names is not None:
        return classes
    if classes.values.max(initial=-1) >= len(names):
        raise ImportFileError(
            f"{table.path}: column '{name}' holds class {classes.values.max()} of {len(names)} that the file names."
        )
    return Classes(classes.values, names)


def refuse_missing(path: Path, name: str, is_missing: np.ndarray) -> None:
    """Raise ImportFileError if a prediction is missing."""
    if is_missing.any():
        raise ImportFileError(
            f"{path}: column '{name}' has {counted(int(is_missing.sum()), 'missing value')}, first in row "
            f"{int(is_missing.argmax()) + 1}: every network predicts something for every example. Where it gave no answer, write a "
            "text such as 'no answer', which is wrong. (A class called NA or None? Then --class-names.)"
        )


def score_columns(table: Table, columns: Sequence[str], rows: np.ndarray) -> np.ndarray:
    """One column per class as scores, shape (networks, examples, classes), placed by ``rows``."""
    scores = np.empty((*rows.shape, len(columns)))
    for c, name in enumerate(columns):
        numbers = numbers_of(table.path, table[name])
        refuse_missing(table.path, name, np.isnan(numbers))
        scores[..., c] = numbers[rows]
    return scores
