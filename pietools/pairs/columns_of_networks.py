"""What ``--reference`` and ``--compressed`` mean in a file that holds both: columns, arrays, or named networks."""

import re
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.columns import USUAL, completed, is_pattern, matching
from pietools.exchange.files.arrays import keys_of
from pietools.exchange.files.opening import is_arrays, readable, suffix_of
from pietools.exchange.files.reading import read_table
from pietools.exchange.files.tables import Table, listed
from pietools.exchange.predictions import FilePredictions, Source
from pietools.exchange.programs import opened
from pietools.exchange.programs.inspect_log import SUFFIX as ARCHIVE
from pietools.exchange.read_predictions import read
from pietools.exchange.values import NUMBER

# Of a column of predictions: this word in its name stands for one of these in the name of the column with its confidence.
PREDICTION = re.compile(r"(?<![a-zA-Z])(predictions?|predicted(?:_label)?|preds?|answers?)(?![a-zA-Z])", re.IGNORECASE)
CONFIDENCE = ("conf", "confidence", "prob", "probability", "score")
ROUNDED = 0.005  # a probability with two decimals
SCORES = ("logit", "prob", "score")
MOST_NETWORKS = 200  # in a column of their names
FEWEST_ROWS = 20


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
        if is_arrays(path):
            return _of_arrays(path, name, source)
        raw = None if suffix_of(path) == ARCHIVE else read_table(path)
        table, known = opened(path, _asking_for(name, source), raw)
        found = read(path, _source_of(table, name, source, known), raw)
        note = _other_labels(table, source, known)
    found = found if note is None else replace(found, notes=(*found.notes, note))
    return _named(found, name) if name is not None and _is_in_column(table, name, source) else found


def _of_arrays(path: Path, name: str | None, source: Source) -> FilePredictions:
    if name is None:
        return read(path, source)
    if suffix_of(path) == ".npy":
        raise ImportFileError(f"{path}: an npy file holds one array: name two files, or use npz.")
    keys = keys_of(path)
    usual = completed(path, keys, replace(source, predictions=name))
    source = replace(source, labels=usual.labels, examples=usual.examples)
    if is_pattern(name, keys):
        return read(path, replace(source, networks=name))
    return read(path, replace(source, predictions=_column(path, None, keys, name)))


def _source_of(table: Table, name: str | None, source: Source, known: Source) -> Source:
    """A source with the columns that ``name`` means."""
    columns = list(table.columns)
    if name is None:
        return _of_one(table, source, known)
    if _is_in_column(table, name, source):
        return source
    if known.predictions != _asking_for(name, source).predictions:  # a program's file: its field has this name
        return replace(source, predictions=name)
    if is_pattern(name, columns):
        return _of_pattern(table, name, source)
    column = _column(table.path, table, columns, name)
    if column == (source.labels or completed(table.path, columns, replace(source, predictions="")).labels):
        raise ImportFileError(f"{table.path}: '{column}' is the column of the given labels, not of a network.")
    return replace(source, predictions=column, top_k=source.top_k or _confidence_of(table, column))


def _is_in_column(table: Table, name: str, source: Source) -> bool:
    """Whether a name is that of a network in the column of their names."""
    return source.replicates is not None and name not in table.columns


def _asking_for(name: str | None, source: Source) -> Source:
    """A source for programs whose files hold several networks, each a field of its own."""
    return source if name is None or "*" in name or source.replicates else replace(source, predictions=name)


def _of_one(table: Table, source: Source, known: Source) -> Source:
    """A source with the column of confidences beside that of the predictions, where both have usual names."""
    if known.predictions != source.predictions or source.top_k is not None:
        return source
    try:
        column = completed(table.path, table.columns, source).predictions
    except ImportFileError:
        raise ImportFileError(
            f"{table.path}: say which column holds the predictions (--predictions); or, if the file holds both networks, which two "
            f"columns (--reference fp16 --compressed int8). It has: {listed(table.columns)}."
        ) from None
    if not isinstance(column, str) or column not in table.columns:
        return source
    return replace(source, top_k=_confidence_of(table, column))


def _other_labels(table: Table, source: Source, known: Source) -> str | None:
    """A note of a column that could hold the given labels as well as the one that is taken by its name; None if there is none."""
    if source.labels is not None or known.labels is not None:
        return None
    taken = completed(table.path, table.columns, replace(known, predictions="")).labels
    others = [name for name in table.columns if name.lower() in USUAL["labels"] and name != taken]
    if taken is None or not others or any(table[name].dtype.is_nested() for name in (taken, others[0])):
        return None
    is_same = table[others[0]].cast(pl.String).equals(table[taken].cast(pl.String))
    return None if is_same else f"given labels are taken from '{taken}'; '{others[0]}' holds others (--labels)"


def _named(found: FilePredictions, name: str) -> FilePredictions:
    """Of several networks those of this name."""
    names = list(found.replicates or [])
    rows = [k for k, one in enumerate(names) if one == name] or [
        k for k, one in enumerate(names) if fnmatchcase(one, name)
    ]
    if not rows:
        raise ImportFileError(f"{found.path} has no network '{name}'. It has: {listed(names)}.")
    return found.networks(rows)


def _column(path: Path, table: Table | None, columns: Sequence[str], name: str) -> str:
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
    holder = None if table is None else _column_with_value(table, name)
    if holder is not None:
        raise ImportFileError(
            f"{path} has no column '{name}', but column '{holder}' has that value: say --replicates {holder}."
        )
    raise ImportFileError(f"{path} has no column '{name}'. It has: {listed(columns)}.")


def _column_with_value(table: Table, name: str) -> str | None:
    """A column of text, with few values, of which this is one."""
    for column in table.columns:
        values = table[column]
        if values.dtype == pl.String and name in values and values.n_unique() <= MOST_NETWORKS:
            return column
    return None


def _of_pattern(table: Table, name: str, source: Source) -> Source:
    """A pattern of columns that hold fractions, or whose name says so, is one network's scores; else a network each."""
    found = list(matching(table.path, table.columns, name).values())
    if _are_scores(table, found[0], name):
        return replace(source, predictions=name)
    _refuse_counts(table, found, name)
    return replace(source, networks=name, top_k=source.top_k or _confidence_pattern(table, name))


def _refuse_counts(table: Table, columns: Sequence[str], pattern: str) -> None:
    """Raise ImportFileError if whole numbers have the same sum in every row: they count something for each class."""
    numbers = [table[column].cast(pl.String).cast(pl.Int64, strict=False) for column in columns]
    if len(columns) < 2 or table.height < FEWEST_ROWS or any(one.null_count() for one in numbers):
        return
    sums = pl.DataFrame({str(i): one for i, one in enumerate(numbers)}).sum_horizontal()
    if sums.n_unique() == 1 and max(one.n_unique() for one in numbers) > 1:
        raise ImportFileError(
            f"{table.path}: the columns '{pattern}' hold whole numbers that add up to {sums[0]} in every row: counts for each "
            "class, not answers of networks. Divide them by their sum, to make them probabilities."
        )


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
    """Whether a column holds probabilities of what is predicted, rather than of one class, or whether it is right."""
    values = table[column]
    if values.dtype.is_nested():
        return False
    numbers = values.cast(pl.Float64, strict=False)
    n_classes = table[predictions].n_unique()
    # The largest of m probabilities is 1/m at least. More classes than are predicted there may be, but hardly ten times as many.
    lowest = 0.5 - ROUNDED if n_classes <= 2 else 0.1 / n_classes
    return not numbers.null_count() and bool(numbers.is_between(lowest, 1 + ROUNDED).all())
