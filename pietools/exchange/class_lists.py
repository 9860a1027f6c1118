"""The classes of a data set in order, and what a file says of them as positions in it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pietools.errors import ImportFileError
from pietools.exchange.files.tables import listed
from pietools.exchange.predictions import FilePredictions
from pietools.exchange.values import Classes
from pietools.study.records import MAX_CLASSES, Dataset


def class_names_of(found: Sequence[FilePredictions]) -> list[str]:
    """Classes of a new data set: as the file orders them; else the numbers from 0, or the names that occur, sorted.

    Raises ImportFileError if labels and predictions are not both names or both numbers, or files name other classes.
    """
    path = found[0].path
    said = [classes for one in found for classes in one.said_classes if classes.used]
    named = {classes.names is not None for classes in said}
    if (order := _order(found)) is not None:
        _refuse_counting_from_one(path, order, said)
        return order
    if found[0].scores is not None:
        n = found[0].scores.shape[2]
        if True in named:
            raise ImportFileError(
                f"{path}: labels are names ({listed(sorted(said[0].used), 5)}), but nothing says which of the {n} "
                "scores belongs to which class: give the names of the classes in order (--class-names)."
            )
        return [str(c) for c in range(n)]
    if len(named) > 1:
        raise ImportFileError(
            f"{path}: of labels and predictions one is text and the other numbers: give the names of the classes in order "
            "(--class-names)."
        )
    if True in named:
        names = sorted({name for classes in said for name in classes.used})
        _refuse_variants(path, names)
        return names
    largest = max(int(classes.values.max(initial=0)) for classes in said)
    if largest >= MAX_CLASSES:
        raise ImportFileError(f"{path}: label {largest}. Allowed: 0 to {MAX_CLASSES - 1:,}.")
    return [str(c) for c in range(largest + 1)]


def _order(found: Sequence[FilePredictions]) -> list[str] | None:
    orders = [list(one.class_order) for one in found if one.class_order is not None]
    if not orders:
        return None
    for one, order in zip((one for one in found if one.class_order is not None), orders, strict=True):
        if set(order) != set(orders[0]):
            raise ImportFileError(
                f"{one.path} names other classes than {found[0].path}: "
                f"{listed(sorted(set(order) ^ set(orders[0])), 5)} only one of them has."
            )
    return orders[0]


def _refuse_counting_from_one(path: Path, order: Sequence[str], said: Sequence[Classes]) -> None:
    """Raise if scores are of classes 1 to m and labels of classes 0 to m − 1."""
    numbers = [classes.values for classes in said if classes.names is None]
    if (
        numbers
        and order == [str(c + 1) for c in range(len(order))]
        and min(values[values >= 0].min(initial=1) for values in numbers) == 0
    ):
        raise ImportFileError(
            f"{path}: the scores are of classes 1 to {len(order)}, but labels count from 0: rename the columns, or "
            "name the classes in the order of the columns (--class-names)."
        )


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _refuse_variants(path: Path, names: Sequence[str]) -> None:
    """Raise if two names differ only in the size of letters, blanks or marks: they are hardly two classes."""
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(_plain(name) or name, name)
        if other != name:
            raise ImportFileError(
                f"{path}: '{other}' and '{name}' look like one class: write it the same way everywhere, or, if they "
                "are two, name all classes (--class-names)."
            )


def ordered_scores(one: FilePredictions, target: Dataset) -> np.ndarray | None:
    """Columns of the scores in the order of the data set's classes; None if they are in it, or nothing names them.

    Raises ImportFileError if the names are others.
    """
    names, order = list(target.class_names), one.class_order
    if one.scores is None or order is None or list(order) == names:
        return None
    if set(order) == set(names):
        position = {name: i for i, name in enumerate(order)}
        return np.array([position[name] for name in names])
    is_numbered = all(re.fullmatch(r"\d+", name) for name in order)
    if len(order) == len(names) and is_numbered and not all(re.fullmatch(r"\d+", name) for name in names):
        return None  # numbers of columns, and names that the user gave in this order
    differing = sorted(set(order) ^ set(names)) or order
    raise ImportFileError(
        f"{one.path}: the scores are of other classes than those of {owner(target)}: {listed(differing, 5)} only one of them has. "
        f"The data set has: {listed(names)}."
    )


def with_new_classes(target: Dataset, found: Sequence[FilePredictions], *, can_grow: bool) -> tuple[Dataset, list[str]]:
    """The data set with the classes that a file predicts or gives and the data set has not seen, at the end; and what they are.

    Parameters
    ----------
    can_grow
        Whether the list of classes may become longer: not if networks with a score for each class are stored.

    Raises
    ------
    ImportFileError
        If a class is unknown that looks like a misspelt or misnumbered one, or the list may not grow.
    """
    new: dict[str, None] = {}
    for one in found:
        for classes in one.said_classes:
            unknown = _unknown(one.path, classes, target)
            if unknown and (one.scores is not None or not can_grow):
                _refuse_unknown(one.path, classes, unknown, target)
            _refuse_misread(one.path, classes, unknown, target)
            new |= dict.fromkeys(unknown)
    if not new:
        return target, []
    names = [*target.class_names, *new]
    if len(names) > MAX_CLASSES:
        raise ImportFileError(f"{found[0].path}: {len(names):,} classes. Allowed: {MAX_CLASSES:,}.")
    return replace(target, class_names=names), list(new)


def are_numbers(names: Sequence[str]) -> bool:
    """Whether all names of classes are whole numbers."""
    return all(re.fullmatch(r"\d+", name) for name in names)


def _unknown(path: Path, classes: Classes, target: Dataset) -> list[str]:
    names = set(target.class_names)
    if classes.names is not None:
        return sorted(classes.used - names)
    largest = int(classes.values.max(initial=-1))
    if not are_numbers(target.class_names):
        if largest >= len(names):
            _refuse_beyond(path, largest, target)
        return []
    unknown = classes.used - names
    if unknown and list(target.class_names) == [str(c) for c in range(len(names))]:
        if largest >= MAX_CLASSES:
            _refuse_beyond(path, largest, target)
        return [str(c) for c in range(len(names), largest + 1)]
    return sorted(unknown, key=int)


def _refuse_beyond(path: Path, label: int, target: Dataset) -> None:
    n = len(target.class_names)
    raise ImportFileError(
        f"{path}: label {label}, but the data set has {n} classes, 0 to {n - 1}. Counted from 1? Then take 1 off. If "
        "there are more classes, name them all when the data set is first imported (--class-names)."
    )


def _refuse_unknown(path: Path, classes: Classes, unknown: list[str], target: Dataset) -> None:
    if classes.names is None:
        _refuse_beyond(path, int(classes.values.max()), target)
    cure = " Name the classes of the scores in order (--class-names)." if are_numbers(target.class_names) else ""
    raise ImportFileError(
        f"{path}: no class is named '{unknown[0]}'. The data set has: {listed(target.class_names)}.{cure}"
    )


def _refuse_misread(path: Path, classes: Classes, unknown: list[str], target: Dataset) -> None:
    if not unknown:
        return
    names = list(target.class_names)
    known = classes.used - set(unknown)
    if classes.names is None:
        smallest = int(classes.values[classes.values >= 0].min())
        if (smallest == 1 and int(classes.values.max()) == len(names)) or len(unknown) > max(len(names), 10):
            _refuse_beyond(path, int(classes.values.max()), target)
        return
    if are_numbers(names) or not known:
        hint = ": the data set was imported with numbers for classes" if are_numbers(names) else ""
        raise ImportFileError(
            f"{path}: none of its classes ({listed(unknown, 5)}) is one of {owner(target)} "
            f"({listed(names, 5)}){hint}: write classes the same way in every file."
        )
    plain = {_plain(name): name for name in names}
    for name in unknown:
        if (other := plain.get(_plain(name))) is not None:
            raise ImportFileError(
                f"{path}: class '{name}' is unknown, but {owner(target)} has '{other}': write it the same way."
            )


def class_indices(path: Path, classes: Classes, names: Sequence[str]) -> np.ndarray:
    """Classes as positions in the list of a data set, int32 with −1 for missing.

    Raises ImportFileError for one that is not there.
    """
    if classes.names is None:
        if not are_numbers(names) or list(names) == [str(c) for c in range(len(names))]:
            if (wrong := classes.values[(classes.values < -1) | (classes.values >= len(names))]).size:
                raise ImportFileError(
                    f"{path}: label {wrong[0]}, but the data set has {len(names)} classes, 0 to {len(names) - 1}."
                )
            return classes.values.astype(np.int32)
        position = {int(name): i for i, name in enumerate(names)}
        numbers, inverse = np.unique(classes.values, return_inverse=True)
        table = [position.get(int(number), -1) if number >= 0 else -1 for number in numbers]
        if lost := [number for number, i in zip(numbers, table, strict=True) if i < 0 <= number]:
            raise ImportFileError(f"{path}: no class is named '{lost[0]}'. The data set has: {listed(names)}.")
        return np.array(table, dtype=np.int32)[inverse].reshape(classes.values.shape)
    position_of = {name: i for i, name in enumerate(names)}
    used = classes.used
    if unknown := sorted(used - position_of.keys()):
        raise ImportFileError(f"{path}: no class is named '{unknown[0]}'. The data set has: {listed(names)}.")
    lookup = np.array([*(position_of.get(name, -1) for name in classes.names), -1], dtype=np.int32)
    return lookup[classes.values]


def owner(target: Dataset) -> str:
    """A data set as a sentence calls it."""
    return f"data set '{target.name}'" + (f", a copy of '{target.source}'," if target.source else "")
