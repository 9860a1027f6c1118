"""What is compared: for each task the examples, and the answers of the networks of both sides to them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.described_dataset import dataset_of
from pietools.exchange.files.arrays import keys_of
from pietools.exchange.files.opening import is_arrays, readable
from pietools.exchange.files.tables import listed
from pietools.exchange.one_network import NetworkPredictions, networks_of
from pietools.exchange.plausibility import refuse_implausible
from pietools.exchange.predictions import FilePredictions, Source
from pietools.exchange.programs import opened
from pietools.pairs.alignment import refuse_misaligned, refuse_more_examples, share_some, with_common_examples
from pietools.pairs.columns_of_networks import read_networks
from pietools.pairs.groups import read_group
from pietools.pairs.sides import Side, matched_tasks, pair_order, side_of, without_names
from pietools.study.records import Dataset

UNNAMED = "predictions"  # a data set in files that name none


@dataclass(frozen=True)
class Request:
    """What to compare.

    Parameters
    ----------
    files
        Two files, folders or patterns, the reference first; or, with ``reference`` and ``compressed``, files that hold both.
    reference, compressed
        Columns, arrays or networks in the files; see :func:`pietools.pairs.columns_of_networks.read_networks`.
    source
        Where in a file things are.
    reruns
        Files, or columns, of the reference network run again.
    reference_again
        A file, or column, of one more network trained as the reference was.
    groups
        Columns, ``FILE:COLUMN`` in another file, that group the examples.
    class_names
        Names of the classes in order, if the files do not say.
    accept_chance
        Take predictions that match the labels no better than chance.
    only
        Of several matched networks these.
    common
        Leave out examples that a file lacks.
    """

    files: Sequence[Path]
    reference: str | None = None
    compressed: str | None = None
    source: Source = field(default_factory=Source)
    reruns: Sequence[str] = ()
    reference_again: str | None = None
    groups: Sequence[str] = ()
    class_names: Sequence[str] | None = None
    accept_chance: bool = False
    only: Sequence[str] = ()
    common: bool = False


@dataclass(frozen=True)
class Task:
    """One data set, and the answers to it. Network k of ``reference`` belongs to network k of ``compressed``."""

    name: str
    dataset: Dataset
    reference: list[NetworkPredictions]
    compressed: list[NetworkPredictions]
    reruns: list[NetworkPredictions]
    reference_again: NetworkPredictions | None
    groups: dict[str, pl.Series]
    is_matched_by_name: bool

    @property
    def labels(self) -> np.ndarray:
        """Given labels, shape (n,), −1 where there is none."""
        return np.asarray(self.dataset.labels)


@dataclass(frozen=True)
class Tasks:
    """All that was read: ``names`` of the sides, what was ``understood`` of each file, and notes for the reader."""

    names: tuple[str, str]
    tasks: list[Task]
    understood: list[str]
    warnings: list[str]


def read_tasks(request: Request) -> Tasks:
    """Read the files of both sides, match tasks, networks and examples.

    Raises
    ------
    ImportFileError
        If a file cannot be read, the sides contradict each other, or it is not clear what belongs together.
    """
    warnings: list[str] = []
    reference, compressed = _sides(request)
    compressed = without_names(compressed, reference)
    extra = [without_names(_extra(request, name), reference) for name in request.reruns]
    again = (
        None if request.reference_again is None else without_names(_extra(request, request.reference_again), reference)
    )
    tasks = [
        _task(request, name, reference, compressed, extra, again, warnings)
        for name in matched_tasks(reference, compressed, warnings)
    ]
    if len({tuple(one.replicate for one in task.reference) for task in tasks}) > 1:
        raise ImportFileError("the tasks have answers of other networks each: compare them one by one.")
    warnings += _not_one_answer(tasks)
    sides = [reference, compressed, *extra, *([] if again is None else [again])]
    files = [file for side in sides for networks in side.tasks.values() for file in networks.files]
    understood = [f"{one.path.name}: {one.understood}" for one in files]
    return Tasks(_names(request), tasks, list(dict.fromkeys(understood)), list(dict.fromkeys(warnings)))


def _not_one_answer(tasks: Sequence[Task]) -> list[str]:
    """Say so if both sides, or the reference and a re-run, answer all alike: the files may be the same."""
    said = []
    pairs = [both for task in tasks for both in zip(task.reference, task.compressed, strict=True)]
    if all(np.array_equal(a.predicted, b.predicted) for a, b in pairs):
        said.append("not one answer differs between the two sides: are they the same network, or the same column?")
    reruns = [(task.reference[0], one) for task in tasks for one in task.reruns]
    if reruns and all(np.array_equal(a.predicted, b.predicted) for a, b in reruns):
        said.append("not one answer differs between the reference and its re-runs: as a floor they say nothing.")
    return said


# The sides


def _sides(request: Request) -> tuple[Side, Side]:
    if request.reference is None and request.compressed is None:
        if len(request.files) != 2:
            raise ImportFileError(
                f"{len(request.files)} files: name two, the reference first; or say which columns of a file hold the two "
                "networks: --reference fp16 --compressed int8."
            )
        if request.files[0].absolute() == request.files[1].absolute():
            raise ImportFileError(f"{request.files[0]} is compared with itself: name two files.")
        first, second = (side_of(path, partial(_read, None, request)) for path in request.files)
        return first, second
    if request.reference == request.compressed:
        raise ImportFileError(f"'{request.reference}' is compared with itself: name two networks.")
    if request.reference is None or request.compressed is None:
        raise ImportFileError("give both --reference and --compressed, or neither of them and two files.")
    first, second = (_side_in_files(request, name) for name in (request.reference, request.compressed))
    return first, second


def _read(name: str | None, request: Request, path: Path) -> FilePredictions:
    return read_networks(path, name, replace(request.source, known_classes=request.class_names or ()))


def _side_in_files(request: Request, name: str) -> Side:
    """One side of files that hold both; several files are several tasks."""
    if len(request.files) == 1:
        return side_of(request.files[0], partial(_read, name, request))
    tasks: dict[str, Path] = {path.name.split(".")[0]: path for path in request.files}
    if len(tasks) < len(request.files):
        raise ImportFileError(
            f"two of {listed([str(path) for path in request.files], 5)} have one name: a file is a task."
        )
    read = partial(_read, name, request)
    return Side({task: next(iter(side_of(path, read).tasks.values())) for task, path in tasks.items()})


def _extra(request: Request, name: str) -> Side:
    """Another run of the reference: a file like its own, or a column beside it."""
    taken = {request.reference, request.compressed, *(str(path) for path in request.files if request.reference is None)}
    if name in taken:
        raise ImportFileError(f"'{name}' is one of the two that are compared: another run is another file or column.")
    if os.path.exists(name) or request.reference is None:
        column = request.reference if request.reference is not None and _has(Path(name), request) else None
        return side_of(Path(name), partial(_read, column, request))
    return _side_in_files(request, name)


def _has(path: Path, request: Request) -> bool:
    """Whether a file of a re-run has the column of the reference, too."""
    if not os.path.isfile(path):
        return False
    with readable(path):
        columns = keys_of(path) if is_arrays(path) else opened(path, request.source)[0].columns
    return request.reference in columns


def _names(request: Request) -> tuple[str, str]:
    """What to call the two sides: as they were named, or by where their paths differ."""
    if request.reference is not None and request.compressed is not None:
        return request.reference, request.compressed
    first, second = (list(path.with_suffix("").parts) for path in request.files)
    while len(first) > 1 and len(second) > 1 and first[-1] == second[-1]:
        first, second = first[:-1], second[:-1]
    return first[-1], second[-1]


# One task


def _task(
    request: Request,
    name: str,
    reference: Side,
    compressed: Side,
    reruns: Sequence[Side],
    again: Side | None,
    warnings: list[str],
) -> Task:
    """Everything about one task; ``files`` are those of each role."""
    ours, theirs = reference.tasks[name], compressed.tasks[name]
    order = pair_order(ours.names, theirs.names, name or str(ours.files[0].path))
    kept = _kept(request.only, ours.names)
    files = {
        "reference": ours.files,
        "compressed": theirs.files,
        "reruns": [file for side in reruns for file in _of_task(side, name, "--rerun")],
        "again": [] if again is None else _of_task(again, name, "--reference-again"),
    }
    if request.common:
        files = with_common_examples(files, warnings)
    dataset = _dataset(request, name, [file for role in files.values() for file in role], warnings)
    networks = {role: _networks(request, some, dataset, warnings) for role, some in files.items()}
    if (networks["reruns"] or networks["again"]) and len(kept) > 1:
        raise ImportFileError("--rerun and --reference-again are for one network on each side.")
    if len(networks["again"]) > 1:
        raise ImportFileError(f"--reference-again holds {len(networks['again'])} networks: name one.")
    return Task(
        name,
        dataset,
        [replace(networks["reference"][k], replicate=ours.names[k]) for k in kept],
        [replace(networks["compressed"][order[k]], replicate=theirs.names[order[k]]) for k in kept],
        networks["reruns"],
        next(iter(networks["again"]), None),
        dict(read_group(said, ours.files[0], request.source, dataset, warnings) for said in request.groups),
        ours.files[0].keys is not None,
    )


def _dataset(request: Request, name: str, files: Sequence[FilePredictions], warnings: list[str]) -> Dataset:
    """What all files are about; notes of the files go to the warnings."""
    refuse_misaligned(files)
    stem = files[0].path.name.split(".")[0]
    try:
        dataset, notes = dataset_of(name or (stem if request.reference else UNNAMED), files, request.class_names)
    except ImportFileError as error:
        if share_some(files):
            raise ImportFileError(f"{error} Or compare only the examples that all files have: --common.") from None
        raise
    refuse_more_examples(files, len(dataset.keys), str(min(files, key=lambda one: one.shape[1]).path))
    warnings += notes
    warnings += [
        f"{one.path}: {note}" for one in files for note in (*one.notes, *(one.scale.notes if one.scale else ()))
    ]
    return dataset


def _networks(
    request: Request, files: Sequence[FilePredictions], dataset: Dataset, warnings: list[str]
) -> list[NetworkPredictions]:
    """Networks in the order of the data set, none of which was misread as far as can be told."""
    found = list(networks_of(files, dataset, warnings))
    for one in found if not request.accept_chance else ():
        note = refuse_implausible(one.path, one.predicted[None], dataset.labels, list(dataset.class_names))
        warnings.extend([note] if note else [])
    return found


def _kept(only: Sequence[str], names: Sequence[str | None]) -> list[int]:
    """Positions of the networks that are asked for, all unless some are."""
    if unknown := [name for name in only if name not in names]:
        known = listed([name or "one without a name" for name in names])
        raise ImportFileError(f"no network is named '{unknown[0]}'. There are: {known}.")
    return [k for k, name in enumerate(names) if not only or name in only]


def _of_task(side: Side, name: str, what: str) -> list[FilePredictions]:
    if name not in side.tasks:
        raise ImportFileError(f"{what} has no task '{name}'. It has: {listed(list(side.tasks))}.")
    return side.tasks[name].files
