"""What ``--reference`` and ``--compressed`` mean in a file that holds both: columns, arrays, or named networks."""

import re
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.columns import completed, is_pattern, matching
from pietools.exchange.files.arrays import keys_of
from pietools.exchange.files.opening import is_arrays, readable, suffix_of
from pietools.exchange.files.tables import Table, listed
from pietools.exchange.predictions import FilePredictions, Source
from pietools.exchange.programs import opened
from pietools.exchange.read_predictions import read
from pietools.exchange.values import NUMBER

# Of a column of predictions: this word in its name stands for one of these in the name of the column with its confidence.
PREDICTION = re.compile(r"(?<![a-zA-Z])(predictions?|predicted(?:_label)?|preds?|answers?)(?![a-zA-Z])", re.IGNORECASE)
CONFIDENCE = ("conf", "confidence", "prob", "probability", "score")
ROUNDED = 0.005  # a probability with two decimals
SCORES = ("logit", "prob", "score")


def read_networks(path: Path, name: str | None, source: Source) -> FilePredictions:
    """Predictions of the networks that ``name`` means in a file, of all in it without a name.

    Parameters
    ----------
    name
        With ``source.replicates`` the name of a network in that column, or a pattern; else a column or array, a pattern of columns
        (one for each network, or one for each class), or the last part of the name of a column: ``fp16`` of ``pred_fp16``.

    Raises
    ------
    ImportFileError
        If nothing in the file is meant, or several things are.
    """
    with readable(path):
        table, completed_source = (None, source) if is_arrays(path) else opened(path, source)
        if name is None:
            return read(path, _with_confidence(table, source, completed_source))
        if suffix_of(path) == ".npy":
            raise ImportFileError(f"{path}: an npy file holds one array: name two files, or use npz.")
        columns = keys_of(path) if table is None else list(table.columns)
    if source.replicates is not None and name not in columns and table is not None:
        return _named(read(path, source), name)
    if is_pattern(name, columns):
        return read(path, _of_pattern(path, table, columns, name, source))
    column = _column(path, columns, name)
    top_k = source.top_k or (_confidence_of(table, column) if table is not None else None)
    return read(path, replace(source, predictions=column, top_k=top_k))


def _with_confidence(table: Table | None, source: Source, known: Source) -> Source:
    """A source with the column of confidences beside that of the predictions, where both have usual names."""
    if (
        table is None
        or known.predictions != source.predictions
        or source.networks is not None
        or source.top_k is not None
    ):
        return source
    try:
        column = completed(table.path, table.columns, source).predictions
    except ImportFileError:
        return source  # refused with its reason when it is read
    if not isinstance(column, str) or column not in table.columns:
        return source
    return replace(source, top_k=_confidence_of(table, column))


def _named(found: FilePredictions, name: str) -> FilePredictions:
    """Of several networks those of this name."""
    names = list(found.replicates or [])
    rows = [k for k, one in enumerate(names) if one == name] or [
        k for k, one in enumerate(names) if fnmatchcase(one, name)
    ]
    if not rows:
        raise ImportFileError(f"{found.path} has no network '{name}'. It has: {listed(names)}.")
    return found.networks(rows)


def _column(path: Path, columns: Sequence[str], name: str) -> str:
    """The column of this name, or the one column of predictions whose name ends or begins with it."""
    if name in columns:
        return name
    part = re.compile(rf"(^|[^a-zA-Z0-9]){re.escape(name)}($|[^a-zA-Z0-9])")
    ends = [one for one in columns if part.search(one)]
    meant = [one for one in ends if PREDICTION.search(one)] or ends
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise ImportFileError(f"{path}: '{name}' could be any of {listed(meant)}: give the whole name of the column.")
    raise ImportFileError(f"{path} has no column '{name}'. It has: {listed(columns)}.")


def _of_pattern(path: Path, table: Table | None, columns: Sequence[str], name: str, source: Source) -> Source:
    """A pattern of columns that hold fractions, or whose name says so, is one network's scores; else a network each."""
    found = list(matching(path, columns, name).values())
    if table is not None and _are_scores(table, found[0], name):
        return replace(source, predictions=name)
    top_k = source.top_k or (_confidence_pattern(table, name) if table is not None else None)
    return replace(source, networks=name, top_k=top_k)


def _are_scores(table: Table, column: str, pattern: str) -> bool:
    values = table[column]
    if values.dtype.is_nested() or any(word in pattern.lower() for word in SCORES):
        return not values.dtype.is_nested()
    if values.dtype == pl.String:
        texts = values.drop_nulls()
        return bool(len(texts)) and bool(texts.str.contains(NUMBER).all()) and bool(texts.str.contains(r"[.,eE]").any())
    return values.dtype.is_float() and bool((values.drop_nulls() % 1 != 0).any())


def _confidence_pattern(table: Table, pattern: str) -> str | None:
    """The pattern of the columns with confidences, if each network has one."""
    networks = matching(table.path, table.columns, pattern)
    for other in _others(pattern):
        if any(fnmatchcase(column, other.replace("[", "[[]")) for column in table.columns):
            found = matching(table.path, table.columns, other)
            if set(networks) <= set(found) and all(
                _is_confidence(table, column, found[part]) for part, column in networks.items()
            ):
                return other
    return None


def _confidence_of(table: Table, column: str) -> str | None:
    """The column with the confidence of a column of predicted labels, if there is one that is named alike."""
    if table[column].dtype.is_nested():
        return None
    return next((one for one in _others(column) if one in table.columns and _is_confidence(table, column, one)), None)


def _others(name: str) -> list[str]:
    """What a column of confidences beside this one would be called."""
    found = list(PREDICTION.finditer(name))
    return [name[: found[0].start()] + word + name[found[0].end() :] for word in CONFIDENCE] if found else []


def _is_confidence(table: Table, predictions: str, column: str) -> bool:
    """Whether a column holds probabilities of what is predicted: of two classes none is below a half."""
    values = table[column]
    if values.dtype.is_nested():
        return False
    numbers = values.cast(pl.Float64, strict=False)
    lowest = 0.5 if table[predictions].n_unique() <= 2 else 0.0
    return not numbers.null_count() and bool(numbers.is_between(lowest - ROUNDED, 1 + ROUNDED).all())
