"""Reads predictions that were made elsewhere: npz, npy, parquet, csv, jsonl -> arrays in the order of the file."""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from pietools.errors import ImportFileError, PietoolsError

ARRAYS = {".npz", ".npy"}
TABLES: dict[str, Callable[[Path], pl.DataFrame]] = {
    # Arrow says what is wrong with a damaged file; polars panics.
    ".parquet": lambda path: cast(pl.DataFrame, pl.from_arrow(pq.read_table(path))),
    ".csv": pl.read_csv,
    ".jsonl": pl.read_ndjson,
    ".ndjson": pl.read_ndjson,
}


@dataclass(frozen=True)
class Source:
    """Where in a file things are: keys of an npz, or columns of a table with one row per network and example.

    ``predictions`` may be a pattern such as ``logit_*``: one column per class, in the order of the file. ``labels`` may be the
    path of an npy file if the predictions are one.
    """

    predictions: str | None = None
    labels: str | None = None
    replicates: str | None = None
    examples: str | None = None


@dataclass(frozen=True)
class FilePredictions:
    """Predictions of K networks on n examples.

    ``scores`` has shape (K, n) and integers or text (labels), or (K, n, m) and floats; ``labels`` shape (n,) or None;
    ``keys`` and ``replicates`` are None where the file does not say.
    """

    path: Path
    scores: np.ndarray
    labels: np.ndarray | None
    keys: list[str] | None
    replicates: list[str] | None

    @property
    def is_labels(self) -> bool:
        """Whether only the predicted labels are known."""
        return self.scores.ndim == 2


def read(path: Path, source: Source) -> FilePredictions:
    """Read one file.

    Raises
    ------
    ImportFileError
        If it cannot be read, lacks what ``source`` names, or its shapes do not fit each other.
    """
    with readable(path):
        return _checked(_read_arrays(path, source) if path.suffix.lower() in ARRAYS else _read_table(path, source))


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Refuse a file of another kind, and turn whatever a broken one makes NumPy, zipfile, polars or Arrow raise into one line."""
    if not path.is_file():
        raise ImportFileError(f"there is no file {path}.")
    if path.suffix.lower() not in ARRAYS | TABLES.keys():
        allowed = ", ".join([*sorted(ARRAYS), *TABLES])
        raise ImportFileError(f"{path}: cannot read '{path.suffix.lower()}' files. Allowed: {allowed}.")
    try:
        yield
    except PietoolsError:
        raise
    except Exception as error:  # there is no end to the ways in which a file can be broken
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ImportFileError(f"{path} cannot be read, it may be truncated or damaged: {reason}") from None


def _checked(found: FilePredictions) -> FilePredictions:
    path, scores = found.path, found.scores
    n_networks, n_examples = scores.shape[:2]
    if not n_networks or not n_examples:
        raise ImportFileError(f"{path}: predictions of shape {scores.shape}: nothing to import.")
    if scores.ndim == 3 and not np.isfinite(scores).all():
        network, example = np.argwhere(~np.isfinite(scores))[0][:2]
        raise ImportFileError(f"{path}: network {network} has NaN or infinite scores, first at example {example}.")
    if found.labels is not None and (found.labels.ndim != 1 or found.labels.dtype.kind not in "iuU"):
        raise ImportFileError(
            f"{path}: labels of shape {found.labels.shape} and type {found.labels.dtype}. Allowed: one row of integers from 0, "
            "or of class names."
        )
    _check_lengths(found)
    for what, names in (("replicate", found.replicates), ("example key", found.keys)):
        if names is not None and (twice := first_repeated(names)) is not None:
            raise ImportFileError(f"{path}: {what} '{twice}' occurs twice.")
    return found


def _check_lengths(found: FilePredictions) -> None:
    n_networks, n_examples = found.scores.shape[:2]
    for what, values, n in (
        ("labels", found.labels, n_examples),
        ("example keys", found.keys, n_examples),
        ("replicate names", found.replicates, n_networks),
    ):
        if values is not None and len(values) != n:
            raise ImportFileError(
                f"{found.path}: {len(values)} {what} for predictions of {n_networks} networks on {n_examples} examples "
                f"(array of shape {found.scores.shape}: networks × examples{'' if found.is_labels else ' × classes'})."
            )


def first_repeated(names: list[str]) -> str | None:
    """First name that occurred before, or None."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def order_of(found: FilePredictions, keys: Sequence[str] | None, owner: str) -> np.ndarray:
    """Rows of a file in the order of these keys of ``owner``: as they stand if either has none."""
    if found.keys is None or keys is None:
        return np.arange(found.scores.shape[1])
    return rows_of(found.path, found.keys, keys, owner)


def rows_of(path: Path, names: Sequence[str], keys: Sequence[str], owner: str) -> np.ndarray:
    """Position of each key of ``owner`` among the names of a file."""
    row = {name: i for i, name in enumerate(names)}
    missing = next((key for key in keys if key not in row), None)
    if missing is not None:
        raise ImportFileError(f"{path}: example '{missing}' of {owner} is missing.")
    return np.array([row[key] for key in keys])


# Arrays


def _read_arrays(path: Path, source: Source) -> FilePredictions:
    if path.suffix.lower() == ".npy":
        labels = None if source.labels is None else load_npy(Path(source.labels))
        return FilePredictions(path, _as_scores(path, load_npy(path)), labels, None, None)
    arrays = load_npz(path, source)
    labels, examples, replicates = (
        None if key is None else arrays[key] for key in (source.labels, source.examples, source.replicates)
    )
    return FilePredictions(
        path,
        _as_scores(path, arrays[source.predictions]),
        labels,
        None if examples is None else _names(examples),
        None if replicates is None else _names(replicates),
    )


def load_npy(path: Path) -> np.ndarray:
    """The array of an npy file; never a pickle."""
    with readable(path):
        return np.load(path, mmap_mode="r", allow_pickle=False)


def load_npz(path: Path, source: Source) -> dict[str | None, np.ndarray]:
    """The arrays that ``source`` names; never a pickle."""
    if not zipfile.is_zipfile(path):
        raise ImportFileError(f"{path} cannot be read, it may be truncated or damaged: it is no npz archive.")
    # np.load leaves a file that it opened and cannot read open.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        if source.predictions is None:
            raise ImportFileError(
                f"{path}: say which array holds the predictions (--predictions). It has: {', '.join(archive)}."
            )
        wanted = [key for key in vars(source).values() if key is not None]
        for key in wanted:
            if key not in archive:
                raise ImportFileError(f"{path} has no array '{key}'. It has: {', '.join(archive)}.")
        return {key: archive[key] for key in wanted}


def _names(values: np.ndarray) -> list[str]:
    return [str(value) for value in values.ravel()]


def _as_scores(path: Path, array: np.ndarray) -> np.ndarray:
    """Predictions as (K, n) labels or (K, n, m) scores; one network may leave out its axis."""
    if array.dtype.kind in "iu" and array.ndim in (1, 2):
        return np.atleast_2d(array)
    if array.dtype.kind == "f" and array.ndim == 2 and np.array_equal(array, np.rint(array)):
        raise ImportFileError(
            f"{path}: predictions of type {array.dtype} that are whole numbers: store labels as integers, "
            "or give logits three axes."
        )
    if array.dtype.kind == "f" and array.ndim in (2, 3):
        return array if array.ndim == 3 else array[None]
    raise ImportFileError(
        f"{path}: predictions of shape {array.shape} and type {array.dtype}. Allowed: integers (networks × examples) "
        "or floats (networks × examples × classes)."
    )


# Tables


def _read_table(path: Path, source: Source) -> FilePredictions:
    table = TABLES[path.suffix.lower()](path)
    if not table.height:
        raise ImportFileError(f"{path} has no rows.")
    if source.predictions is None:
        raise ImportFileError(
            f"{path}: say which column holds the predictions (--predictions). It has: {', '.join(table.columns)}."
        )
    for name in (source.labels, source.replicates, source.examples):
        if name is not None and name not in table.columns:
            raise ImportFileError(f"{path} has no column '{name}'. It has: {', '.join(table.columns)}.")
    for name in (source.replicates, source.examples):
        if name is not None and table[name].null_count():
            raise ImportFileError(f"{path}: column '{name}' has {table[name].null_count()} missing names.")
    networks = [table] if source.replicates is None else table.partition_by(source.replicates, maintain_order=True)
    read = [_one_network(path, network, source) for network in networks]
    first = read[0]
    ordered = [first, *(_in_order_of(first, other, source) for other in read[1:])]
    replicates = None if source.replicates is None else [str(network[source.replicates][0]) for network in networks]
    return replace(first, scores=np.concatenate([one.scores for one in ordered]), replicates=replicates)


def _one_network(path: Path, table: pl.DataFrame, source: Source) -> FilePredictions:
    labels = None if source.labels is None else _label_column(path, table[source.labels])
    keys = None if source.examples is None else table[source.examples].cast(pl.String).to_list()
    if keys is not None and (twice := first_repeated(keys)) is not None:
        raise ImportFileError(
            f"{path}: example '{twice}' occurs twice for one network: name the network's column (--replicates)."
        )
    return FilePredictions(path, _score_columns(path, table, source.predictions or ""), labels, keys, None)


def _score_columns(path: Path, table: pl.DataFrame, pattern: str) -> np.ndarray:
    names = [name for name in table.columns if fnmatchcase(name, pattern)] if "*" in pattern else [pattern]
    if not names or names[0] not in table.columns:
        raise ImportFileError(f"{path} has no column '{pattern}'. It has: {', '.join(table.columns)}.")
    columns = table.select(names)
    if empty := next((name for name in names if columns[name].null_count()), None):
        raise ImportFileError(f"{path}: column '{empty}' has {columns[empty].null_count()} missing values.")
    column = columns.to_series()
    if isinstance(column.dtype, pl.List | pl.Array):
        if column.list.len().n_unique() != 1 if isinstance(column.dtype, pl.List) else False:
            raise ImportFileError(f"{path}: the rows of column '{pattern}' have different numbers of classes.")
        return np.array(column.to_list(), dtype=np.float64)[None]
    if len(names) > 1:
        return columns.cast(pl.Float64).to_numpy()[None]
    return _label_column(path, column)[None]


def _label_column(path: Path, column: pl.Series) -> np.ndarray:
    """Class indices as int64 with −1 for missing, or class names as text."""
    if column.dtype.is_integer():
        return column.fill_null(-1).to_numpy().astype(np.int64)
    if column.dtype == pl.String:
        return column.fill_null("").to_numpy().astype(str)
    raise ImportFileError(
        f"{path}: column '{column.name}' has type {column.dtype}. Allowed: integers or text (class names)."
    )


def _in_order_of(first: FilePredictions, other: FilePredictions, source: Source) -> FilePredictions:
    """Rows of one network in the order of the examples of the first."""
    path = first.path
    if other.scores.shape != first.scores.shape:
        raise ImportFileError(
            f"{path}: one network has predictions of shape {first.scores.shape[1:]}, another of {other.scores.shape[1:]}."
        )
    order = order_of(other, first.keys, "the first network")
    if first.labels is not None and other.labels is not None:
        contradicts = np.flatnonzero(other.labels[order] != first.labels)
        if len(contradicts):
            raise ImportFileError(
                f"{path}: the labels of the networks contradict each other on {len(contradicts)} examples, "
                f"first in row {contradicts[0] + 1}{'' if source.examples else ': name the example column (--examples)'}."
            )
    return replace(other, scores=other.scores[:, order])
