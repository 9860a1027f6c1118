"""Puts properties that were measured elsewhere into a study: one value per example, aligned, checked, all or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pietools.errors import ImportFileError, StudyError
from pietools.exchange.prediction_files import (
    ARRAYS,
    TABLES,
    Source,
    first_repeated,
    load_npy,
    load_npz,
    readable,
    rows_of,
)
from pietools.study import Study


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
        Column or array with the keys of the examples; without it rows are taken as they stand.

    Raises
    ------
    ImportFileError, StudyError
        If the file cannot be read or does not fit, or other values are stored; nothing is added then.
    """
    wanted = [*columns.values()] if examples is None else [*columns.values(), examples]
    found = _read(path, wanted)
    target = study.dataset(dataset)
    if target is None:
        others = ", ".join(study.datasets()["name"]) or "none"
        raise StudyError(f"no data set is named '{dataset}'. The study has: {others}.")
    n = len(target.keys)
    if (other := next((len(one) for one in found if len(one) != n), None)) is not None:
        raise ImportFileError(f"{path}: {other} values, but data set '{dataset}' has {n} examples.")
    rows = np.arange(n)
    if examples is not None:
        rows = rows_of(path, _keys(path, found.pop()), target.keys, f"data set '{dataset}'")
    with study.transaction():
        n_added = {
            name: study.add_property(dataset, name, values[rows], source)
            for name, values in zip(columns, found, strict=True)
        }
    stored = study.properties().filter(dataset=dataset, source=source)
    n_values = dict(stored.select("property", "n").rows())
    return ImportedProperties(dataset, source, n, {name: n_values[name] for name in columns}, n_added)


def _read(path: Path, columns: list[str]) -> list[pl.Series]:
    """Columns of a table, or arrays of an npz; the one array of an npy."""
    with readable(path):
        suffix = path.suffix.lower()
        if suffix == ".npz":
            return [_as_series(path, name, load_npz(path, Source(name))[name]) for name in columns]
        if suffix in ARRAYS:
            if len(columns) > 1:
                raise ImportFileError(f"{path}: an npy file holds one property and no names of examples: use npz.")
            return [_as_series(path, columns[0], load_npy(path))]
        table = TABLES[suffix](path)
        if (absent := next((name for name in columns if name not in table.columns), None)) is not None:
            raise ImportFileError(f"{path} has no column '{absent}'. It has: {', '.join(table.columns)}.")
        return [table[name] for name in columns]


def _as_series(path: Path, name: str, array: np.ndarray) -> pl.Series:
    if array.ndim != 1 or array.dtype.kind not in "biufU":
        raise ImportFileError(
            f"{path}: '{name}' has shape {array.shape} and type {array.dtype}. Allowed: one number, boolean or text per example."
        )
    return pl.Series(array.astype(np.float64) if array.dtype.kind == "f" else array)


def _keys(path: Path, names: pl.Series) -> list[str]:
    if names.null_count():
        raise ImportFileError(f"{path}: {names.null_count()} examples have no name.")
    keys = names.cast(pl.String).to_list()
    if (twice := first_repeated(keys)) is not None:
        raise ImportFileError(f"{path}: example key '{twice}' occurs twice.")
    return keys
