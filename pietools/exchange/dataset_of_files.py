"""The data set that files are about: a new one, or the stored one, which they must agree with."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pietools.errors import ImportFileError
from pietools.exchange.class_lists import owner, with_new_classes
from pietools.exchange.described_dataset import check_labels, has_sorted_classes, new_dataset, refuse_positions
from pietools.exchange.files.tables import listed
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
            refuse_positions(one, target)
        check_labels(one, target)
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
    is_sorted = class_names is None and has_sorted_classes(target, found)
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
    """A copy of ``source``, or the data set that the files describe."""
    if source is None:
        return new_dataset(name, found, class_names)
    copy = _copy(study, name, source)
    return copy if class_names is None else replace(copy, class_names=list(class_names))


def _can_grow(study: Study, target: Dataset) -> bool:
    """Whether the classes of a data set may become more: no network has a score for each of them."""
    evidence = study.evaluated().filter(dataset=target.name)["evidence"].to_list()
    return target.source is None and set(evidence) <= {LABELS, TOP_K}
