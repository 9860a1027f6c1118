"""Columns that group the examples: from a file that is compared, or from another one."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.columns import completed
from pietools.exchange.example_values import placed, read_values
from pietools.exchange.files.opening import is_arrays, readable
from pietools.exchange.predictions import FilePredictions, Source
from pietools.exchange.programs import opened
from pietools.study.records import Dataset

MOST_NUMBERS = 20  # that are groups by themselves; more are quartiles
QUARTILES = ("lowest quarter", "second quarter", "third quarter", "highest quarter")


def read_group(
    said: str, file: FilePredictions, source: Source, dataset: Dataset, warnings: list[str]
) -> tuple[str, pl.Series]:
    """Name of a grouping, and the group of each example in the order of the data set, null where there is none.

    Parameters
    ----------
    said
        A column of ``file``, or ``FILE:COLUMN``.

    Raises
    ------
    ImportFileError
        If it is not there, or nothing says which of its values belongs to which example.
    """
    path, column = file.path, said
    elsewhere, _, last = said.rpartition(":")
    if elsewhere and os.path.isfile(elsewhere):
        path, column = Path(elsewhere), last
    with readable(path):
        values, names = read_values(path, [column])[0], _names(path, source)
    if names is None and file.keys is not None:
        raise ImportFileError(
            f"{path}: nothing says which value of '{column}' belongs to which example: name the column of the examples as in "
            f"{file.path}, or call it 'id'."
        )
    if names is None:
        if len(values) != len(dataset.keys):
            raise ImportFileError(f"{path}: {len(values)} values of '{column}' for {len(dataset.keys)} examples.")
        found = values
    else:
        once = pl.DataFrame({"name": names, "value": values}).unique(maintain_order=True)
        found = placed(path, once["name"], once["value"], dataset)
    _note_missing(column, found, warnings)
    return column, _grouped(found)


def _names(path: Path, source: Source) -> pl.Series | None:
    """Names of the examples as they are written, by their usual names if none is said."""
    if is_arrays(path):
        return None if source.examples is None else read_values(path, [source.examples])[0]
    table, known = opened(path, source)
    columns: Sequence[str] = list(table.columns)
    if source.examples in columns:
        return table[str(source.examples)]
    name = completed(path, columns, replace(known, predictions="", examples=None)).examples
    return None if name is None else table[name]


def _note_missing(column: str, values: pl.Series, warnings: list[str]) -> None:
    if values.null_count():
        warnings.append(
            f"{values.null_count():,} of {len(values):,} examples have no {column}, and are in no group of it."
        )
    if values.drop_nulls().n_unique() < 2:
        warnings.append(f"{column} has {values.drop_nulls().n_unique()} values: there is nothing to compare it with.")


def _grouped(values: pl.Series) -> pl.Series:
    """Groups as text: whole numbers without a point, many numbers as quartiles."""
    if not values.dtype.is_numeric():
        return values.cast(pl.String)
    if values.drop_nulls().n_unique() > MOST_NUMBERS:
        cuts = [values.quantile(share) for share in (0.25, 0.5, 0.75)]
        above = pl.DataFrame([(values > cut).cast(pl.Int64).alias(str(i)) for i, cut in enumerate(cuts)])
        number = above.sum_horizontal(ignore_nulls=False)
        return number.replace_strict(range(4), QUARTILES, return_dtype=pl.String)
    is_whole = bool((values.drop_nulls() % 1 == 0).all())
    return (values.cast(pl.Int64) if is_whole else values).cast(pl.String)
