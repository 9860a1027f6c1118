"""The best k classes of each example and their scores, where a file holds no more."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.column_values import class_column, refuse_missing, score_columns
from pietools.exchange.columns import class_columns, is_pattern, matching
from pietools.exchange.files.tables import Table
from pietools.exchange.predictions import FilePredictions, Source, Top
from pietools.exchange.values import Classes, classes_of, is_lists, lists_of, names_in_lists, numbers_of


def top_of_lists(table: Table, source: Source, column: pl.Series, rows: np.ndarray) -> FilePredictions:
    """Lists of classes, best first, and lists of their scores; or one class and its score."""
    path, name = table.path, source.top_k or ""
    if is_pattern(name, table.columns):  # a column per network: the one whose part is that of this network's column
        parts = {number: part for part, number in matching(path, table.columns, source.networks or "").items()}
        name = matching(path, table.columns, name).get(parts.get(column.name, ""), name)
    if not is_lists(column):
        numbers = numbers_of(path, table[name])
        refuse_missing(path, name, np.isnan(numbers))
        classes = class_column(table, column.name, source)
        refuse_missing(path, column.name, classes.values < 0)
        return checked_top(
            path, Classes(classes.values[rows][..., None], classes.names), numbers[rows][..., None], name
        )
    if not is_lists(table[name]):
        raise ImportFileError(
            f"{path}: '{column.name}' holds lists of classes, but '{name}' holds one number in each row."
        )
    scores = lists_of(path, table[name])
    lists = names_in_lists(path, column)
    lengths = lists.list.len().fill_null(0).to_numpy()
    if (lengths != scores.shape[1]).any() or not np.isfinite(scores).all():
        raise ImportFileError(f"{path}: columns '{column.name}' and '{name}' hold lists of different lengths.")
    flat = classes_of(path, lists.explode().alias(column.name), source.known_classes)
    refuse_missing(path, column.name, flat.values < 0)
    return checked_top(path, Classes(flat.values.reshape(scores.shape)[rows], flat.names), scores[rows], name)


def top_of_columns(table: Table, source: Source, columns: Sequence[str], rows: np.ndarray) -> FilePredictions:
    """A column for each of the best k, such as index_0 to index_4 and prob_0 to prob_4."""
    path, name = table.path, source.top_k or ""
    if not is_pattern(name, table.columns):
        raise ImportFileError(f"{path}: --top-k takes a pattern of as many columns as --predictions, such as 'prob_*'.")
    scored = list(class_columns(path, table.columns, name).values())
    if len(scored) != len(columns):
        raise ImportFileError(f"{path}: {len(columns)} columns of classes, but {len(scored)} of their scores.")
    if any(table[one].dtype.is_nested() for one in columns):
        raise ImportFileError(
            f"{path}: '{columns[0]}' holds lists: of columns for the best classes each holds one class."
        )
    stacked = classes_of(
        path, pl.concat([table[one].cast(pl.String).alias(columns[0]) for one in columns]), source.known_classes
    )
    refuse_missing(path, columns[0], stacked.values < 0)
    values = stacked.values.reshape(len(columns), -1).T
    return checked_top(path, Classes(values[rows], stacked.names), score_columns(table, scored, rows), name)


def checked_top(path: Path, classes: Classes, scores: np.ndarray, name: str) -> FilePredictions:
    """Classes and scores of shape (networks, examples, k); raises ImportFileError if they are not the best, in order."""
    if not np.isfinite(scores).all():
        raise ImportFileError(f"{path}: column '{name}' has NaN or infinite scores.")
    if (scores[..., 1:] > scores[..., :-1]).any():
        raise ImportFileError(
            f"{path}: the scores in '{name}' do not fall from the best class to the last: are these the best classes?"
        )
    ordered = np.sort(classes.values, axis=-1)
    if (ordered[..., 1:] == ordered[..., :-1]).any():
        raise ImportFileError(f"{path}: an example has one class twice among its best.")
    is_probability = bool(scores.min() >= 0 and scores.max() <= 1.005 and scores.sum(axis=-1).max() <= 1.05)
    return FilePredictions(path, "", top=Top(classes, scores, is_probability))
