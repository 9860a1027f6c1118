"""Predictions of npz and npy files: which axis is networks, examples, classes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.binary import two_classes
from pietools.exchange.columns import completed, is_pattern, matching
from pietools.exchange.files.arrays import keys_of, load_npy, load_npz
from pietools.exchange.files.opening import is_arrays, readable, suffix_of
from pietools.exchange.files.tables import listed
from pietools.exchange.files.unpacking import content, refuse_size
from pietools.exchange.predictions import FilePredictions, Source, described_kind
from pietools.exchange.scores import LABELS, are_probabilities, scale_of
from pietools.exchange.top_k import checked_top
from pietools.exchange.values import Classes, classes_of, names_of

# More networks than examples, and at least these many: the axes are likely exchanged.
MANY_NETWORKS = 20
ALLOWED = "Allowed: integers or class names (networks × examples), or floats (networks × examples × classes)"


@dataclass(frozen=True)
class _Arrays:
    """The arrays of one file that matter, and what the predictions are called in it."""

    name: str
    predictions: np.ndarray
    labels: np.ndarray | None
    replicates: np.ndarray | None
    examples: np.ndarray | None
    top_k: np.ndarray | None


def of_arrays(path: Path, source: Source) -> FilePredictions:
    """Read the predictions that an npz or npy file holds.

    Raises
    ------
    ImportFileError
        If an array is not there, has another type or shape, or the shapes do not fit each other.
    """
    if source.where or source.repeated:
        raise ImportFileError(f"{path}: --where and --repeated choose rows of a table; this is an array.")
    arrays = _of_npy(path, source) if suffix_of(path) == ".npy" else _of_npz(path, source)
    labels = None if arrays.labels is None else _classes(path, _one_row(path, "labels", arrays.labels), source)
    replicates = None if arrays.replicates is None else _names(path, "replicate", arrays.replicates)
    keys = None if arrays.examples is None else _names(path, "example key", arrays.examples)
    n = next((len(one) for one in (None if labels is None else labels.values, keys) if one is not None), None)
    found = _predictions(path, arrays, source, labels, n)
    found = replace(found, labels=labels, keys=keys, replicates=None if replicates is None else replicates.to_list())
    _check_lengths(found)
    n_missing = 0 if labels is None else int((labels.values < 0).sum())
    missing = [f"{n_missing:,} of {n:,} examples have no label"] if n_missing else []
    return replace(found, understood=_understood(path, arrays, found), notes=[*missing, *found.notes])


def _understood(path: Path, arrays: _Arrays, found: FilePredictions) -> str:
    axes = ("network", "example", "class", "")
    shape = " × ".join(
        f"{n:,} {axis}{'' if n == 1 else 'es' if axis == 'class' else 's'}"
        for n, axis in zip(found.shape, axes, strict=False)
    )
    named = "" if found.keys is None else ", examples named"
    return f"{suffix_of(path).lstrip('.')}: {arrays.name}, {described_kind(found)} of {shape}{named}"


# The arrays


def _of_npz(path: Path, source: Source) -> _Arrays:
    keys = keys_of(path)
    labels_file = (
        Path(source.labels) if source.labels and source.labels not in keys and os.path.isfile(source.labels) else None
    )
    source = replace(source, labels=None) if labels_file else source
    if source.predictions is None and source.networks is None:
        source = _completed(path, keys, source)
    named = [source.labels, source.replicates, source.examples]
    patterns = is_pattern(source.networks, keys)
    networks = matching(path, keys, source.networks or "") if patterns else {}
    predictions = list(networks.values()) or [str(source.predictions or source.networks)]
    top = [] if source.top_k is None else [source.top_k]
    arrays = load_npz(path, [*predictions, *(key for key in named if key is not None), *top])
    labels, replicates, examples = (None if key is None else arrays[key] for key in named)
    if networks:
        replicates = np.array(list(networks))
    return _Arrays(
        f"predictions '{source.networks or source.predictions}'",
        _stacked(path, [arrays[key] for key in predictions]) if networks else arrays[predictions[0]],
        labels if labels_file is None else _side_file(labels_file),
        replicates,
        examples,
        arrays[source.top_k] if source.top_k is not None else None,
    )


def _completed(path: Path, keys: Sequence[str], source: Source) -> Source:
    try:
        return completed(path, keys, source)
    except ImportFileError:
        raise ImportFileError(
            f"{path}: say which array holds the predictions (--predictions). It has: {listed(keys)}."
        ) from None


def _stacked(path: Path, arrays: Sequence[np.ndarray]) -> np.ndarray:
    if len({array.shape for array in arrays}) > 1:
        raise ImportFileError(
            f"{path}: the arrays of the networks have shapes {', '.join(str(array.shape) for array in arrays[:5])}."
        )
    return np.stack(arrays)


def _of_npy(path: Path, source: Source) -> _Arrays:
    """The array of the file; labels and names are files of their own."""
    if source.predictions is not None or source.networks is not None or source.top_k is not None:
        raise ImportFileError(
            f"{path}: an npy file holds one array: leave out --predictions, --networks and --top-k, or use npz."
        )
    sides = {}
    for option in ("labels", "replicates", "examples"):
        name = getattr(source, option)
        if name is not None and not os.path.isfile(name):
            raise ImportFileError(
                f"{path}: an npy file holds one array: --{option} takes a file, but there is no {name}."
            )
        sides[option] = None if name is None else _side_file(Path(name))
    return _Arrays("an array", load_npy(path), sides["labels"], sides["replicates"], sides["examples"], None)


def _side_file(path: Path) -> np.ndarray:
    """An npy file, or a text file with a line for each name or label."""
    with readable(path):
        if suffix_of(path) == ".txt":
            return _lines(path)
        if not is_arrays(path):
            raise ImportFileError(
                f"{path}: labels or names for an array come from an npy file, or a .txt file with one a line."
            )
        return load_npy(path)


def _lines(path: Path) -> np.ndarray:
    try:
        text = content(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportFileError(f"{path} is not in UTF-8.") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    longest = max(map(len, lines))
    refuse_size(path, 4 * longest * len(lines), len(text))  # an array of texts has room for the longest in every place
    return np.array(lines)[: len(text.splitlines())]


def _one_row(path: Path, what: str, array: np.ndarray) -> np.ndarray:
    row = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if row.ndim != 1:
        raise ImportFileError(
            f"{path}: {what} of shape {array.shape} and type {array.dtype}. Allowed: one row of classes."
        )
    return row


def _names(path: Path, what: str, array: np.ndarray) -> pl.Series:
    names = names_of(path, pl.Series(f"{what}s", _one_row(path, f"{what}s", np.atleast_1d(array))))
    if (twice := names.filter(names.is_duplicated())).len():
        raise ImportFileError(f"{path}: {what} '{twice[0]}' occurs twice.")
    return names


def _classes(path: Path, array: np.ndarray, source: Source) -> Classes:
    """Classes of any shape."""
    flat = classes_of(path, pl.Series("labels", array.ravel()), source.known_classes)
    return Classes(flat.values.reshape(array.shape), flat.names)


# What the predictions are


def _predictions(path: Path, arrays: _Arrays, source: Source, labels: Classes | None, n: int | None) -> FilePredictions:
    array = arrays.predictions
    if not array.size or array.ndim not in (1, 2, 3) or (array.ndim == 3 and array.dtype.kind == "U"):
        raise ImportFileError(f"{path}: predictions of {_shown(array)}. {ALLOWED}.")
    if arrays.top_k is not None:
        return _top(path, array, arrays.top_k, source, n)
    array = _without_axes_of_one(array, n)
    if array.ndim == 3 or _is_scores(path, array, source.kind, n):
        return _scores(path, array if array.ndim == 3 else array[None], source)
    array = np.atleast_2d(array)
    _refuse_exchanged_axes(path, array, n, is_named=arrays.replicates is not None)
    if array.dtype.kind == "f" and source.kind != LABELS and not _is_whole(array):
        return two_classes(path, "scores", array, labels, source)
    if source.kind not in (None, LABELS):
        raise ImportFileError(f"{path}: predictions of {_shown(array)} are labels, not {source.kind}.")
    predicted = _classes(path, array, source)
    if (missing := np.argwhere(predicted.values < 0)).size:
        network, example = missing[0]
        raise ImportFileError(
            f"{path}: a predicted label is missing or negative, first for network {network}, example {example}."
        )
    return FilePredictions(path, "", predicted=predicted)


def _shown(array: np.ndarray) -> str:
    return f"shape {array.shape} and type {array.dtype}"


def _without_axes_of_one(array: np.ndarray, n: int | None) -> np.ndarray:
    """The array without an axis of one example that a batch left, of one class, or of one column of labels."""
    if array.ndim == 3 and array.shape[1] == 1 and n == array.shape[0] != 1:
        array = array.transpose(1, 0, 2)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim == 2 and array.shape[1] == 1 and n not in (None, 1):
        array = array.T
    return array


def _scores(path: Path, scores: np.ndarray, source: Source) -> FilePredictions:
    if source.kind == LABELS:
        raise ImportFileError(f"{path}: predictions of {_shown(scores)} are scores, not labels.")
    scale = scale_of(path, "scores", scores, source.kind)
    return FilePredictions(path, "", scores=scores, scale=scale, threshold=source.threshold)


def _refuse_exchanged_axes(path: Path, array: np.ndarray, n: int | None, *, is_named: bool) -> None:
    """Raise if (networks, examples) are more likely examples and something else."""
    n_networks, n_examples = array.shape
    if n == n_networks != n_examples:
        raise ImportFileError(
            f"{path}: predictions of shape {array.shape} for {n:,} examples: networks come first: transpose the array. {ALLOWED}."
        )
    if n is None and n_networks >= MANY_NETWORKS and n_networks > n_examples and not is_named:
        raise ImportFileError(
            f"{path}: predictions of shape {array.shape}: {n_networks:,} networks on {n_examples:,} examples? Networks come first: "
            "transpose the array, or name the networks (--replicates) if that is what it holds."
        )


def _is_whole(array: np.ndarray) -> bool:
    return bool((np.rint(array[:8]) == array[:8]).all() and (np.rint(array) == array).all())


def _is_scores(path: Path, array: np.ndarray, kind: str | None, n: int | None) -> bool:
    """Whether an array of two axes is (examples, classes) of one network, not (networks, examples)."""
    if array.ndim < 2 or array.dtype.kind == "U" or kind == LABELS:
        return False
    n_rows, n_columns = array.shape
    if n_columns == 1 or (n is not None and n == n_columns != n_rows):
        return False
    if array.dtype.kind in "iu":
        is_examples_first = n == n_rows != n_columns or (n is None and n_rows >= MANY_NETWORKS)
        return kind is not None or (is_examples_first and are_probabilities(array))
    if kind is None and _is_whole(array) and not are_probabilities(array):
        raise ImportFileError(
            f"{path}: predictions of type {array.dtype} that are whole numbers: labels (networks × examples)? Then --kind labels. "
            "Logits (examples × classes)? Then --kind logits."
        )
    return True


def _top(path: Path, classes: np.ndarray, scores: np.ndarray, source: Source, n: int | None) -> FilePredictions:
    if classes.shape != scores.shape:
        raise ImportFileError(f"{path}: the best classes have shape {classes.shape}, their scores {scores.shape}.")
    if classes.ndim == 2:
        classes, scores = (
            (classes[..., None], scores[..., None])
            if n == classes.shape[1] != classes.shape[0]
            else (classes[None], scores[None])
        )
    return checked_top(
        path,
        _classes(path, np.atleast_3d(classes), source),
        np.atleast_3d(scores).astype(np.float64),
        source.top_k or "",
    )


def _check_lengths(found: FilePredictions) -> None:
    n_networks, n_examples = found.shape[:2]
    for what, n, right in (
        ("labels", None if found.labels is None else len(found.labels.values), n_examples),
        ("example keys", None if found.keys is None else len(found.keys), n_examples),
        ("replicate names", None if found.replicates is None else len(found.replicates), n_networks),
    ):
        if n is not None and n != right:
            raise ImportFileError(
                f"{found.path}: {n} {what} for predictions of {n_networks} networks on {n_examples} examples "
                f"(array of shape {found.shape}: networks × examples{' × classes' if len(found.shape) == 3 else ''})."
            )
