"""Puts properties that were measured elsewhere into a study: one value per example, aligned, checked, all or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pietools.errors import ImportFileError, StudyError
from pietools.exchange.files.arrays import load_npy, load_npz
from pietools.exchange.files.opening import readable, suffix_of
from pietools.exchange.files.reading import read_table
from pietools.exchange.placement import rows_of
from pietools.exchange.values import MISSING_MARKS, names_of, parsed
from pietools.study import Study
from pietools.study.records import Dataset


@dataclass(frozen=True)
class ImportedProperties:
    """What an import found and added: by property how many examples have a value, and how many values are new."""

    dataset: str
    source: str
    n_examples: int
    n_values: dict[str, int]
    n_added: dict[str, int]


def import_properties(
    study: Study,
    path: Path,
    columns: Mapping[str, str],
    *,
    dataset: str,
    source: str,
    examples: str | None = None,
) -> ImportedProperties:
    """Add properties from a file with one value per example, all or nothing.

    Parameters
    ----------
    columns
        Column of a table, or array of an npz, by name of the property. An npy file is one property, whatever its column.
    dataset
        Name of a data set of the study.
    source
        Where the values come from.
    examples
        Column or array with the keys of the examples; one that the file does not name has no value. Without it rows are taken as
        they stand.

    Raises
    ------
    ImportFileError, StudyError
        If the file cannot be read or does not fit, or other values are stored; nothing is added then.
    """
    with readable(path):
        found = _read(path, list(columns.values()))
        names = None if examples is None else _read(path, [examples])[0]
    target = study.dataset(dataset)
    if target is None:
        others = ", ".join(study.datasets()["name"]) or "none"
        raise StudyError(f"no data set is named '{dataset}'. The study has: {others}.")
    n = len(target.keys)
    placed = [values if names is None else _placed(path, names, values, target) for values in found]
    if (other := next((len(one) for one in placed if len(one) != n), None)) is not None:
        raise ImportFileError(f"{path}: {other} values, but data set '{dataset}' has {n} examples.")
    with study.transaction():
        n_added = {
            name: study.add_property(dataset, name, values, source)
            for name, values in zip(columns, placed, strict=True)
        }
    stored = study.properties().filter(dataset=dataset, source=source)
    n_values = dict(stored.select("property", "n").rows())
    return ImportedProperties(dataset, source, n, {name: n_values[name] for name in columns}, n_added)


def _read(path: Path, columns: list[str]) -> list[pl.Series]:
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


def _placed(path: Path, names: pl.Series, values: pl.Series, target: Dataset) -> pl.Series:
    """Values in the order of the data set; null for an example that the file does not name."""
    keys = names_of(path, names)
    if (twice := keys.filter(keys.is_duplicated())).len():
        raise ImportFileError(f"{path}: example key '{twice[0]}' occurs twice.")
    if not set(target.keys) & set(keys):
        rows_of(path, keys, target.keys, f"data set '{target.name}'")  # says why none is known
    found = pl.DataFrame({"key": keys, "value": values})
    joined = pl.DataFrame({"key": list(target.keys)}).join(found, on="key", how="left", maintain_order="left")
    return joined["value"]
