"""Whether two files are about the same examples, row by row, and what to do about examples that only one of them has."""

import os
from collections.abc import Sequence
from itertools import islice

import numpy as np
import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.files.opening import is_arrays, suffix_of
from pietools.exchange.files.reading import read_table
from pietools.exchange.files.tables import listed
from pietools.exchange.predictions import FilePredictions

Files = dict[str, list[FilePredictions]]
TABLES = (".csv", ".tsv", ".txt", ".parquet", ".jsonl", ".ndjson", ".json")
MOST_COLUMNS = 50  # that are looked at, of a wide table


def refuse_misaligned(files: Sequence[FilePredictions]) -> None:
    """Raise ImportFileError if the files name examples in one case and not in the other, or others by the same name.

    Also if rows would be matched by their order, or by their numbers, and another column says that they are in another order.
    """
    named = [one for one in files if one.keys is not None]
    if named and len(named) < len(files):
        unnamed = next(one for one in files if one.keys is None)
        raise ImportFileError(
            f"{named[0].path} names its examples and {unnamed.path} does not: name their column or array there, too (--examples)."
        )
    first = files[0]
    for other in files[1:]:
        _refuse_other_content(first, other)
        _refuse_other_order(first, other)


def _refuse_other_content(first: FilePredictions, other: FilePredictions) -> None:
    """By the digest of each question, where the files have one."""
    if first.content is None or other.content is None or first.keys is None or other.keys is None:
        return
    both = pl.DataFrame({"key": first.keys, "a": first.content}).join(
        pl.DataFrame({"key": other.keys, "b": other.content}), on="key", maintain_order="left"
    )
    differs = both.filter(pl.col("a") != pl.col("b"))
    if differs.height:
        raise ImportFileError(
            f"{other.path}: {differs.height:,} of {both.height:,} items are other questions than in {first.path}, first "
            f"'{differs['key'][0]}': the logs are of different versions, or orders, of the task."
        )


def _refuse_other_order(first: FilePredictions, other: FilePredictions) -> None:
    """By a column of both tables with another value in each row, the same values in both: it names the examples."""
    if not (_is_by_position(first) and _is_by_position(other)) or first.path == other.path:
        return
    tables = [read_table(one.path) for one in (first, other) if _is_table(one)]
    if len(tables) < 2 or any(table.height != one.shape[1] for table, one in zip(tables, (first, other), strict=True)):
        return
    for name in islice((name for name in tables[0].columns if name in tables[1].columns), MOST_COLUMNS):
        a, b = (_names(table[name]) for table in tables)
        if a is not None and b is not None and set(a) == set(b) and not _in_same_order(a, b, first, other):
            raise ImportFileError(
                f"{other.path}: by its column '{name}', which names them, the rows are in another order than in {first.path}: say "
                f"--examples '{name}'."
            )


def _is_by_position(one: FilePredictions) -> bool:
    """Whether examples have no names but their numbers."""
    return one.keys is None or bool((one.keys == pl.Series([str(i) for i in range(len(one.keys))])).all())


def _is_table(one: FilePredictions) -> bool:
    return not is_arrays(one.path) and os.path.isfile(one.path) and suffix_of(one.path) in TABLES


def _names(column: pl.Series) -> pl.Series | None:
    """A column as text, if each row has another value, and they are no fractions."""
    if column.dtype.is_nested() or column.dtype.is_float() or column.null_count():
        return None
    texts = column.cast(pl.String)
    is_names = texts.n_unique() == len(texts) and not texts.str.contains(r"^[+-]?\d*\.\d+([eE][+-]?\d+)?$").any()
    return texts if is_names else None


def _in_same_order(a: pl.Series, b: pl.Series, first: FilePredictions, other: FilePredictions) -> bool:
    if first.keys is None or other.keys is None:
        return bool((a == b).all())
    by_key = [
        dict(zip(one.keys, names, strict=True)) for one, names in ((first, a), (other, b)) if one.keys is not None
    ]
    return by_key[0] == by_key[1]


# Examples that not all files have


def with_common_examples(files: Files, warnings: list[str]) -> Files:
    """The files with the examples that all have; how many each lacks goes to the warnings."""
    every = [file for role in files.values() for file in role]
    names = [set(one.keys) for one in every if one.keys is not None]
    if len(names) < len(every):
        raise ImportFileError("--common needs names of the examples in every file (--examples).")
    common = set.intersection(*names)
    if not common:
        raise ImportFileError("no example is in all files: are they named alike?")
    if any(one != common for one in names):
        counts = listed(
            [f"{one.path.name} {len(own) - len(common):,}" for one, own in zip(every, names, strict=True)], 4
        )
        warnings.append(f"{len(common):,} examples are in all files; left out: {counts}.")
    return {role: [_of(one, common) for one in some] for role, some in files.items()}


def _of(one: FilePredictions, common: set[str]) -> FilePredictions:
    assert one.keys is not None
    rows: np.ndarray = one.keys.is_in(list(common)).arg_true().to_numpy()
    return one.examples(rows)


def refuse_more_examples(files: Sequence[FilePredictions], n: int, first: str) -> None:
    """Raise ImportFileError if a file has examples beyond the n that are compared."""
    for one in files:
        if one.shape[1] > n:
            raise ImportFileError(
                f"{one.path} has {one.shape[1]:,} examples, of which {one.shape[1] - n:,} are not in {first}: give the rest there, "
                "too, or compare only the examples that all files have: --common."
            )


def share_some(files: Sequence[FilePredictions]) -> bool:
    """Whether the files name examples, of which all have some and not all have all."""
    names = [set(one.keys) for one in files if one.keys is not None]
    common = set.intersection(*names) if len(names) == len(files) else set()
    return bool(common) and any(one != common for one in names)
