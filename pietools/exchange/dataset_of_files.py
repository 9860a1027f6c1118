"""The data set that files are about: a new one, or the stored one, which they must agree with."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pietools.errors import ImportFileError
from pietools.exchange.class_lists import are_numbers, class_indices, class_names_of, owner, with_new_classes
from pietools.exchange.files.tables import listed
from pietools.exchange.placement import rows_of
from pietools.exchange.predictions import TOP_K, FilePredictions
from pietools.exchange.scores import LABELS
from pietools.study import Study
from pietools.study.records import Dataset


def add_dataset_of(
    study: Study, name: str, found: Sequence[FilePredictions], class_names: Sequence[str] | None, said: dict[str, Any]
) -> tuple[Dataset, list[str]]:
    """The data set of that name, added or made larger by classes that were not seen before, and notes of what was.

    Raises
    ------
    ImportFileError, StudyError
        If a file contradicts it, or names classes or examples in a way that could be taken for another.
    """
    stored = study.dataset(name)
    target = stored or _new_dataset(study, name, found, class_names, said["source"])
    if stored is not None and class_names is not None and list(class_names) != list(stored.class_names):
        raise ImportFileError(
            f"--class-names has {listed(class_names, 5)}, but {owner(stored)} is stored with "
            f"{listed(stored.class_names, 5)}: give the same classes in the same order, or leave the option out."
        )
    target = replace(target, **{column: value for column, value in said.items() if value is not None})
    target, new = with_new_classes(target, found, can_grow=class_names is None and _can_grow(study, target))
    is_sorted = (target.source or name) in study.sorted_classes
    for one in found:
        if is_sorted and class_names is None:
            _refuse_positions(one, target)
        _check_labels(one, target)
    if stored is None:
        _remember_order(study, target, found, class_names)
    elif new:
        study.add_classes(name, new)
    study.add_dataset(target)
    return target, [f"{_counted(len(new))} seen for the first time: {listed(new, 10)}"] if stored and new else []


def _counted(n: int) -> str:
    """``1 class is``, ``3 classes are``."""
    return f"{n:,} class is" if n == 1 else f"{n:,} classes are"


def _remember_order(
    study: Study, target: Dataset, found: Sequence[FilePredictions], class_names: Sequence[str] | None
) -> None:
    """Note whether the classes of a new data set are in the order of their names for want of another."""
    is_sorted = class_names is None and found[0].class_order is None and not are_numbers(target.class_names)
    others = [name for name in study.sorted_classes if name != target.name]
    now = [*others, target.name] if is_sorted and target.source is None else others
    if now != study.sorted_classes:
        study.sorted_classes = now


def _copy(study: Study, name: str, source: str) -> Dataset:
    original = study.dataset(source)
    if original is None:
        others = ", ".join(study.datasets()["name"]) or "none"
        raise ImportFileError(f"no data set is named '{source}'. The study has: {others}.")
    return replace(original, name=name, content_digest=None)


def _new_dataset(
    study: Study, name: str, found: Sequence[FilePredictions], class_names: Sequence[str] | None, source: str | None
) -> Dataset:
    """A copy of ``source``, or the data set that the first file describes."""
    if source is not None:
        copy = _copy(study, name, source)
        return copy if class_names is None else replace(copy, class_names=list(class_names))
    first = found[0]
    n = first.shape[1]
    keys = [str(i) for i in range(n)] if first.keys is None else first.keys.to_list()
    names = class_names_of(found) if class_names is None else list(class_names)
    if first.labels is None:
        return Dataset(name, keys, np.full(n, -1, dtype=np.int32), names)
    labels = first.labels
    if labels.names is None and set(np.unique(labels.values)) == {-1, 1}:
        raise ImportFileError(
            f"{first.path}: the labels are −1 and 1, but −1 says that there is no label: write 0 and 1."
        )
    return Dataset(name, keys, class_indices(first.path, labels, names), names)


def _refuse_positions(one: FilePredictions, target: Dataset) -> None:
    """Raise if a file has numbers or positions for classes whose order nobody gave: their names were sorted when they came in."""
    names = list(target.class_names)
    has_numbers = any(classes.names is None and classes.used for classes in one.said_classes)
    if has_numbers or (one.scores is not None and (one.class_order is None or are_numbers(one.class_order))):
        raise ImportFileError(
            f"{one.path}: classes are numbers or positions here, but names in {owner(target)} ({listed(names, 5)}), "
            "and nothing says which number is which: name the classes in order (--class-names)."
        )


def _can_grow(study: Study, target: Dataset) -> bool:
    """Whether the classes of a data set may become more: no network has a score for each of them."""
    evidence = study.evaluated().filter(dataset=target.name)["evidence"].to_list()
    return target.source is None and set(evidence) <= {LABELS, TOP_K}


def rows_in_order(one: FilePredictions, target: Dataset) -> tuple[np.ndarray, str | None]:
    """Rows of a file in the order of the data set.

    Raises ImportFileError if the data set's examples have names and the file does not give them.
    """
    n, n_target = one.shape[1], len(target.keys)
    if one.keys is not None:
        return rows_of(one.path, one.keys, target.keys, owner(target))
    if n != n_target:
        raise ImportFileError(f"{one.path}: {n} examples, but {owner(target)} has {n_target}.")
    if any(key != str(i) for i, key in enumerate(target.keys)):
        raise ImportFileError(
            f"{one.path}: the examples of {owner(target)} have names ('{target.keys[0]}', …), and this file does not "
            "say which row is which: name its column or array (--examples). Rows in another order would go "
            "unnoticed."
        )
    return np.arange(n), None


def _check_labels(one: FilePredictions, target: Dataset) -> None:
    rows, _ = rows_in_order(one, target)
    if one.labels is None:
        return
    n = len(target.keys)
    labels = class_indices(one.path, one.labels, target.class_names)[rows]
    differs = np.flatnonzero(labels != target.labels)
    if not len(differs):
        return
    first = differs[0]
    if (target.labels < 0).all():
        raise ImportFileError(
            f"{one.path}: {owner(target)} was imported without labels, and this file has {int((labels >= 0).sum())}. "
            f"Start it anew: pietools remove STUDY --dataset {target.name}, then import this file first."
        )
    said = [
        "none" if label < 0 else f"'{target.class_names[label]}'" for label in (target.labels[first], labels[first])
    ]
    raise ImportFileError(
        f"{one.path}: the labels contradict those of {owner(target)} on {len(differs)} of {n} examples, first "
        f"'{target.keys[first]}': stored {said[0]}, found {said[1]}. Is the order of the examples the same?"
    )
