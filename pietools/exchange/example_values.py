"""Values that a file has for each example, such as a property or a group, in the order of a data set."""

from pathlib import Path

import numpy as np
import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.files.arrays import load_npy, load_npz
from pietools.exchange.files.opening import suffix_of
from pietools.exchange.files.reading import read_table
from pietools.exchange.placement import rows_of
from pietools.exchange.values import MISSING_MARKS, names_of, parsed
from pietools.study.records import Dataset


def read_values(path: Path, columns: list[str]) -> list[pl.Series]:
    """Columns of a table, or arrays of an npz; the one array of an npy."""
    suffix = suffix_of(path)
    if suffix == ".npz":
        arrays = load_npz(path, columns)
        return [_as_series(path, name, arrays[name]) for name in columns]
    if suffix == ".npy":
        if len(columns) > 1:
            raise ImportFileError(f"{path}: an npy file holds one property and no names of examples: use npz.")
        return [_as_series(path, columns[0], load_npy(path))]
    table = read_table(path)
    return [_typed(table[name]) for name in columns]


def placed(path: Path, names: pl.Series, values: pl.Series, target: Dataset) -> pl.Series:
    """Values in the order of the data set; null for an example that the file does not name."""
    keys = names_of(path, names)
    if (twice := keys.filter(keys.is_duplicated())).len():
        raise ImportFileError(f"{path}: example key '{twice[0]}' occurs twice.")
    if not set(target.keys) & set(keys):
        rows_of(path, keys, target.keys, f"data set '{target.name}'")  # says why none is known
    found = pl.DataFrame({"key": keys, "value": values})
    joined = pl.DataFrame({"key": list(target.keys)}).join(found, on="key", how="left", maintain_order="left")
    return joined["value"]


def _typed(column: pl.Series) -> pl.Series:
    """A column of a text file as numbers if every cell is one, else as text; marks of missing values are none."""
    if column.dtype != pl.String:
        return column
    texts = column.str.strip_chars()
    texts = texts.set(texts.str.to_lowercase().is_in(MISSING_MARKS), None)
    numbers = parsed(texts)
    return texts if numbers.null_count() > texts.null_count() else numbers


def _as_series(path: Path, name: str, array: np.ndarray) -> pl.Series:
    if array.ndim != 1:
        raise ImportFileError(
            f"{path}: '{name}' has shape {array.shape} and type {array.dtype}. Allowed: one number, boolean or text per example."
        )
    return pl.Series(name, array.astype(np.float64) if array.dtype.kind == "f" else array)
