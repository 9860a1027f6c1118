"""Predictions of a table: one row per network and example, or one per example with a column for each network."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.binary import two_classes
from pietools.exchange.column_values import class_column, refuse_missing, score_columns
from pietools.exchange.columns import columns_by_class, completed, is_pattern, matching
from pietools.exchange.files.opening import is_arrays, readable, suffix_of
from pietools.exchange.files.reading import read_table
from pietools.exchange.files.tables import Table, listed
from pietools.exchange.placement import Placement, place, rows_of
from pietools.exchange.predictions import FilePredictions, Source, Top, described_kind
from pietools.exchange.scores import LABELS, scale_of
from pietools.exchange.top_k import top_of_columns, top_of_lists
from pietools.exchange.values import MISSING_MARKS, Classes, is_lists, lists_of, names_of, numbers_of, parsed, together


def of_table(table: Table, source: Source) -> FilePredictions:
    """Read the predictions that a table holds.

    Raises
    ------
    ImportFileError
        If a column is not there or holds something else, or networks and examples do not fit each other.
    """
    path, table = table.path, table.where(source.where)
    labels_elsewhere = _file_and_column(table, source.labels)
    source = completed(path, table.columns, replace(source, labels="") if labels_elsewhere else source)
    source = _without_pattern(table, source)
    columns = _prediction_columns(path, table, source)
    source = replace(source, known_classes=[*source.known_classes, *_named_by_file(table, source)])
    placement = _placed(table, source, columns)
    labels = _labels(table, source, placement)
    read = [_of_network(table, source, column, placement, labels) for column in columns.values()]
    found = _joined(path, read)
    if source.networks is not None:
        found = replace(found, replicates=list(columns))
    else:
        found = replace(found, replicates=placement.replicates)
    content = None if table.content is None else table[table.content].gather(placement.rows[0])
    column = source.texts or table.texts
    texts = None if column is None else _as_text(path, column, table[column].gather(placement.rows[0]))
    found = replace(found, keys=placement.keys, labels=labels, content=content, texts=texts)
    if labels_elsewhere:
        given, column = _labels_elsewhere(found, source, *labels_elsewhere)
        found = replace(found, labels=given)
        source = replace(source, labels=f"{labels_elsewhere[0].name}:{column}")
    notes = [*_label_notes(found.labels), *found.notes]
    return replace(found, understood=_understood(table, source, found), notes=notes, task=table.task)


def _as_text(path: Path, name: str, column: pl.Series) -> pl.Series:
    if column.dtype != pl.String:
        raise ImportFileError(f"{path}: column '{name}' holds {column.dtype}: --texts names a column of text.")
    return column


def _without_pattern(table: Table, source: Source) -> Source:
    """A source whose pattern means one column alone, of lists or labels, with the name of the column."""
    if isinstance(source.predictions, str) and is_pattern(source.predictions, table.columns):
        found = list(matching(table.path, table.columns, source.predictions).values())
        return replace(source, predictions=found[0]) if len(found) == 1 else source
    return source


def _understood(table: Table, source: Source, found: FilePredictions) -> str:
    where = source.networks or source.predictions
    if isinstance(where, tuple):
        where = listed(where, 5)
    per = "a column for each network" if source.networks else ""
    parts = [
        f"predictions '{where}' ({', '.join(part for part in (described_kind(found), per) if part)})",
        f"given labels '{source.labels}'" if found.labels is not None and source.labels else "",
        f"networks named by '{source.replicates}'" if source.replicates else "",
        f"examples named by '{source.examples}'" if source.examples else "examples in the order of the file",
    ]
    return f"{table.what}, {table.height:,} rows: {', '.join(part for part in parts if part)}"


def _prediction_columns(path: Path, table: Table, source: Source) -> dict[str, Sequence[str]]:
    """Columns with the predictions, by network: one each, or one per class."""
    if source.networks is None:
        return {"": list(columns_by_class(path, table.columns, source.predictions or "").values())}
    if source.predictions is not None or source.replicates is not None:
        raise ImportFileError(
            f"{path}: --networks says that each network has a column of its own: leave out --predictions and --replicates."
        )
    if not is_pattern(source.networks, table.columns):
        raise ImportFileError(
            f"{path}: --networks takes a pattern with a * for the name of the network, such as 'pred_*'."
        )
    return {network: [name] for network, name in matching(path, table.columns, source.networks).items()}


def _named_by_file(table: Table, source: Source) -> list[str]:
    """Names of classes that the columns of scores, or what the file says of them, have."""
    order: list[str] = []
    if is_pattern(source.predictions, table.columns) and source.top_k is None:
        order = list(columns_by_class(table.path, table.columns, source.predictions or ""))
    return [name for name in order if not name.isdigit()]


# Rows


def _placed(table: Table, source: Source, columns: dict[str, Sequence[str]]) -> Placement:
    path = table.path
    networks = None if source.replicates is None else names_of(path, table[source.replicates])
    examples = None if source.examples is None else names_of(path, table[source.examples])
    used = [name for names in columns.values() for name in names] + ([source.labels] if source.labels else [])

    def said() -> pl.DataFrame:
        return pl.DataFrame({name: table[name] for name in dict.fromkeys(used)})

    return place(path, table.height, networks, examples, said, source.repeated)


# Labels


def _labels(table: Table, source: Source, placement: Placement) -> Classes | None:
    """Given label of each example; every network must say the same."""
    if not source.labels:
        return None
    labels = class_column(table, source.labels, source)
    by_network = labels.values[placement.rows]
    differs = (by_network != by_network[0]).any(axis=0)
    if differs.any():
        first = int(differs.argmax())
        raise ImportFileError(
            f"{table.path}: the labels of the networks contradict each other on {int(differs.sum())} examples, first "
            + (
                f"'{placement.keys[first]}'."
                if placement.keys is not None
                else f"in row {first + 1}: name the example column (--examples)."
            )
        )
    return Classes(by_network[0], labels.names)


def _file_and_column(table: Table, labels: str | None) -> tuple[Path, str | None] | None:
    """Another file with the given labels, and its column if that is said."""
    if labels is None or labels in table.columns:
        return None
    if os.path.isfile(labels):
        return Path(labels), None
    file, _, column = labels.rpartition(":")
    return (Path(file), column) if file and os.path.isfile(file) else None


def _labels_elsewhere(
    found: FilePredictions, source: Source, path: Path, column: str | None
) -> tuple[Classes, str | None]:
    """Labels from another table, matched by the names of the examples, and the name of their column."""
    if found.keys is None or source.examples is None:
        raise ImportFileError(
            f"{found.path} does not name its examples (--examples), by which labels of another file are matched."
        )
    with readable(path):
        if is_arrays(path) or suffix_of(path) == ".txt":
            raise ImportFileError(
                f"{path}: labels for a table come from a table, with a column that names the examples."
            )
        table = read_table(path)
        examples = source.examples if source.examples in table.columns else None
        source = completed(
            path, table.columns, Source("", labels=column, examples=examples, known_classes=source.known_classes)
        )
        if column is None and source.labels is None:
            raise ImportFileError(
                f"{path}: say which column holds the labels: --labels {path}:COLUMN. It has: {listed(table.columns)}."
            )
        if source.examples is None:
            raise ImportFileError(
                f"{path}: no column names the examples: call one 'id'. It has: {listed(table.columns)}."
            )
        names = names_of(path, table[source.examples])
        if names.is_duplicated().any():
            raise ImportFileError(f"{path}: example '{names.filter(names.is_duplicated())[0]}' occurs twice.")
        rows, _ = rows_of(path, names, found.keys, f"{found.path}")
        return class_column(table, source.labels or "", source)[rows], source.labels


def _label_notes(labels: Classes | None) -> list[str]:
    if labels is None:
        return []
    n = int((labels.values < 0).sum())
    return [f"{n:,} of {len(labels.values):,} examples have no label"] if n else []


# Predictions


def _of_network(
    table: Table, source: Source, columns: Sequence[str], placement: Placement, labels: Classes | None
) -> FilePredictions:
    """Predictions in a column, or in one column per class, placed by network and example."""
    path, rows = table.path, placement.rows
    if len(columns) > 1 or is_pattern(source.predictions, table.columns):
        if source.top_k is not None:
            return top_of_columns(table, source, columns, rows)
        order = list(columns_by_class(path, table.columns, source.predictions or ""))
        labelled = table.class_names.get(source.labels or "", [])
        if order == [str(c) for c in range(len(labelled))]:
            order = list(labelled)
        where = f"columns '{source.predictions}'" if isinstance(source.predictions, str) else "scores"
        return replace(_of_scores(path, source, score_columns(table, columns, rows), labels, where), class_order=order)
    column = table[columns[0]]
    if source.top_k is not None:
        return top_of_lists(table, source, column, rows)
    if not source.is_text and is_lists(column):
        where = f"column '{column.name}'"
        scores = lists_of(path, column)
        if scores.shape[1] == 1 and (np.rint(scores) == scores).all():
            return _of_network(_with_column(table, column.name, scores[:, 0]), source, columns, placement, labels)
        found = _of_scores(path, source, _taken(scores, rows), labels, where)
        names = table.class_names.get(source.labels or "")
        if names is not None and scores.shape[1] != len(names):
            raise ImportFileError(
                f"{path}: {where} holds {scores.shape[1]} scores, but the file names {len(names)} classes."
            )
        return replace(found, class_order=names)
    is_said = source.kind not in (None, LABELS) and not column.dtype.is_nested()
    if source.kind != LABELS and not source.is_text and (is_said or _is_fractions(column)):
        numbers = numbers_of(path, column)
        refuse_missing(path, column.name, np.isnan(numbers))
        return two_classes(path, f"column '{column.name}'", numbers[rows], labels, source)
    classes = class_column(table, column.name, source)
    refuse_missing(path, column.name, classes.values < 0)
    return FilePredictions(
        path,
        "",
        predicted=classes[rows],
        class_order=table.class_names.get(source.labels or "") or table.class_names.get(column.name),
    )


def _with_column(table: Table, name: str, values: np.ndarray) -> Table:
    """A table in which a column has these values."""
    return replace(table, read=lambda asked: pl.Series(name, values) if asked == name else table.read(asked))


def _is_fractions(column: pl.Series) -> bool:
    """Whether a column holds numbers of which some are not whole: scores, not classes."""
    if column.dtype == pl.String:
        texts = column.drop_nulls().str.strip_chars()
        column = parsed(texts.filter(~texts.str.to_lowercase().is_in(MISSING_MARKS)))
        if column.null_count():
            return False
    return column.dtype.is_float() and bool((column.fill_nan(None).drop_nulls() % 1 != 0).any())


def _of_scores(
    path: Path, source: Source, scores: np.ndarray, labels: Classes | None, where: str = "scores"
) -> FilePredictions:
    """Scores of shape (networks, examples, classes); of one class: the score of the second of two."""
    if source.kind == LABELS:
        raise ImportFileError(f"{path}: {where} holds {scores.shape[-1]} scores for each example, not labels.")
    if scores.shape[-1] == 1:
        return two_classes(path, where, scores[..., 0], labels, source)
    return FilePredictions(
        path,
        "",
        scores=scores,
        scale=scale_of(path, where, scores, source.kind),
        threshold=source.threshold,
        notes=_choices(scores),
    )


def _taken(scores: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Scores by network and example; not copied where the rows are in order."""
    if len(rows) == 1 and np.array_equal(rows[0], np.arange(len(scores))):
        return scores[None]
    return scores[rows]


def _choices(scores: np.ndarray) -> list[str]:
    """Say how many choices the items have, if they have different numbers."""
    if not np.isneginf(scores[0].min()):
        return []
    n = np.isfinite(scores[0]).sum(axis=1)
    if n.min() == n.max():
        return []
    return [f"items have {n.min()} to {n.max()} choices: what an item has no score for is none of them"]


# One column per network


def _joined(path: Path, read: list[FilePredictions]) -> FilePredictions:
    """Networks of one file as one; they must be of one kind."""
    first = read[0]
    if len(read) == 1:
        return first
    if {one.evidence for one in read} != {first.evidence} or {one.shape[1:] for one in read} != {first.shape[1:]}:
        raise ImportFileError(
            f"{path}: the columns of the networks hold different things: {listed([_shown(one) for one in read])}."
        )
    if first.scores is not None:
        return replace(first, scores=np.concatenate([one.scores for one in read]))
    if first.predicted is not None:
        return replace(first, predicted=together(path, [one.predicted for one in read if one.predicted is not None]))
    tops = [one.top for one in read if one.top is not None]
    return replace(
        first,
        top=Top(
            together(path, [top.classes for top in tops]),
            np.concatenate([top.scores for top in tops]),
            all(top.is_probability for top in tops),
        ),
    )


def _shown(one: FilePredictions) -> str:
    return described_kind(one) + (f" of {one.shape[2]} classes" if one.scores is not None else "")
