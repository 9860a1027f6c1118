"""The data set that files describe, and whether a file agrees with one; nothing here needs a study."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pietools.errors import ImportFileError
from pietools.exchange.class_lists import are_numbers, class_indices, class_names_of, owner, with_new_classes
from pietools.exchange.files.tables import listed
from pietools.exchange.placement import rows_of
from pietools.exchange.predictions import TOP_K, FilePredictions
from pietools.exchange.scores import LABELS
from pietools.study.records import Dataset


def dataset_of(
    name: str, found: Sequence[FilePredictions], class_names: Sequence[str] | None
) -> tuple[Dataset, list[str]]:
    """The data set that all these files are about, and notes of classes that only later ones have.

    Raises
    ------
    ImportFileError
        If a file contradicts the first, or names classes or examples in a way that could be taken for another.
    """
    target = new_dataset(name, found, class_names)
    can_grow = class_names is None and {one.evidence for one in found} <= {LABELS, TOP_K}
    target, new = with_new_classes(target, found, can_grow=can_grow)
    if class_names is None and has_sorted_classes(target, found):
        for one in found:
            refuse_positions(one, target)
    for one in found:
        target = _with_labels_of(one, target)
    return target, [f"{listed(new, 10)}: only in later files"] if new else []


def new_dataset(name: str, found: Sequence[FilePredictions], class_names: Sequence[str] | None) -> Dataset:
    """The data set that the first file describes that has labels, or the first one if none has."""
    first = next((one for one in found if one.labels is not None), found[0])
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


def has_sorted_classes(target: Dataset, found: Sequence[FilePredictions]) -> bool:
    """Whether the classes of a new data set are in the order of their names for want of another."""
    return found[0].class_order is None and not are_numbers(target.class_names)


def refuse_positions(one: FilePredictions, target: Dataset) -> None:
    """Raise if a file has numbers or positions for classes whose order nobody gave: their names were sorted when they came in."""
    names = list(target.class_names)
    has_numbers = any(classes.names is None and classes.used for classes in one.said_classes)
    if has_numbers or (one.scores is not None and (one.class_order is None or are_numbers(one.class_order))):
        raise ImportFileError(
            f"{one.path}: classes are numbers or positions here, but names in {owner(target)} ({listed(names, 5)}), "
            "and nothing says which number is which: name the classes in order (--class-names)."
        )


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


def _with_labels_of(one: FilePredictions, target: Dataset) -> Dataset:
    """The data set with the labels that a file has and it lacks; raises ImportFileError if they contradict each other."""
    rows, _ = rows_in_order(one, target)
    if one.labels is None:
        return target
    labels = class_indices(one.path, one.labels, target.class_names)[rows]
    differs = np.flatnonzero((labels != target.labels) & (labels >= 0) & (target.labels >= 0))
    if len(differs):
        first = differs[0]
        other, own = (target.class_names[one[first]] for one in (target.labels, labels))
        raise ImportFileError(
            f"{one.path}: its labels contradict those of the other file on {len(differs):,} of {len(labels):,} examples, first "
            f"'{target.keys[first]}': '{own}' here, '{other}' there. Are the rows in one order? Name the examples (--examples)."
        )
    return replace(target, labels=np.where(target.labels < 0, labels, target.labels).astype(np.int32))


def check_labels(one: FilePredictions, target: Dataset) -> None:
    """Raise ImportFileError if a file gives an example another label than the data set."""
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
