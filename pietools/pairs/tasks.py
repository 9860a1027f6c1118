"""What is compared: for each task the examples, and the answers of the networks of both sides to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.columns import completed
from pietools.exchange.described_dataset import dataset_of
from pietools.exchange.example_values import placed, read_values
from pietools.exchange.files.arrays import keys_of
from pietools.exchange.files.opening import is_arrays, readable
from pietools.exchange.files.tables import listed
from pietools.exchange.one_network import NetworkPredictions, networks_of
from pietools.exchange.plausibility import refuse_implausible
from pietools.exchange.predictions import FilePredictions, Source
from pietools.exchange.programs import opened
from pietools.pairs.columns_of_networks import read_networks
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
    """All that was read: ``names`` of the sides, ``understood`` of the first file of each, and notes for the reader."""

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
    first = next(iter(reference.tasks.values())).files[0], next(iter(compressed.tasks.values())).files[0]
    return Tasks(_names(request), tasks, [one.understood for one in first], list(dict.fromkeys(warnings)))


# The sides


def _sides(request: Request) -> tuple[Side, Side]:
    if request.reference is None and request.compressed is None:
        if len(request.files) != 2:
            raise ImportFileError(
                f"{len(request.files)} files: name two, the reference first; or say which columns of a file hold the two "
                "networks: --reference fp16 --compressed int8."
            )
        first, second = (side_of(path, partial(_read, None, request)) for path in request.files)
        return first, second
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
    if Path(name).exists() or request.reference is None:
        column = request.reference if request.reference is not None and _has(Path(name), request) else None
        return side_of(Path(name), partial(_read, column, request))
    return _side_in_files(request, name)


def _has(path: Path, request: Request) -> bool:
    """Whether a file of a re-run has the column of the reference, too."""
    if not path.is_file():
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
        files = _with_common_examples(files, warnings)
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
        dict(_group(request, ours.files[0], dataset, column) for column in request.groups),
        ours.files[0].keys is not None,
    )


def _dataset(request: Request, name: str, files: Sequence[FilePredictions], warnings: list[str]) -> Dataset:
    """What all files are about; notes of the files go to the warnings."""
    stem = files[0].path.name.split(".")[0]
    try:
        dataset, notes = dataset_of(name or (stem if request.reference else UNNAMED), files, request.class_names)
    except ImportFileError as error:
        if _share_some(files):
            raise ImportFileError(f"{error} Or compare only the examples that all files have: --common.") from None
        raise
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


# Examples that not all files have


def _share_some(files: Sequence[FilePredictions]) -> bool:
    """Whether the files name examples, of which all have some and not all have all."""
    names = [set(one.keys) for one in files if one.keys is not None]
    common = set.intersection(*names) if len(names) == len(files) else set()
    return bool(common) and any(one != common for one in names)


def _with_common_examples(
    files: dict[str, list[FilePredictions]], warnings: list[str]
) -> dict[str, list[FilePredictions]]:
    """The files with the examples that all have; how many each lacks goes to the warnings."""
    every = [file for role in files.values() for file in role]
    if any(one.keys is None for one in every):
        raise ImportFileError("--common needs names of the examples in every file (--examples).")
    common = set.intersection(*(set(one.keys) for one in every if one.keys is not None))
    if not common:
        raise ImportFileError("no example is in all files: are they named alike?")
    left_out = [len(one.keys) - len(common) for one in every if one.keys is not None]
    if any(left_out):
        counts = listed([f"{one.path.name} {n:,}" for one, n in zip(every, left_out, strict=True)], 4)
        warnings.append(f"{len(common):,} examples are in all files; left out: {counts}.")

    def kept(one: FilePredictions) -> FilePredictions:
        assert one.keys is not None
        return one.examples(one.keys.is_in(list(common)).arg_true().to_numpy())

    return {role: [kept(one) for one in some] for role, some in files.items()}


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


# Groups


def _group(request: Request, file: FilePredictions, dataset: Dataset, said: str) -> tuple[str, pl.Series]:
    """Name and values, in the order of the data set, of a column that groups the examples."""
    path, column = file.path, said
    elsewhere, _, last = said.rpartition(":")
    if elsewhere and Path(elsewhere).is_file():
        path, column = Path(elsewhere), last
    with readable(path):
        values = read_values(path, [column])[0]
        examples = request.source.examples or _examples_column(path, request.source)
        names = None if examples is None else read_values(path, [examples])[0]
    if names is None:
        if len(values) != len(dataset.keys):
            raise ImportFileError(f"{path}: {len(values)} values of '{column}' for {len(dataset.keys)} examples.")
        return column, values.cast(pl.String)
    once = pl.DataFrame({"name": names, "value": values}).unique(maintain_order=True)
    return column, placed(path, once["name"], once["value"], dataset).cast(pl.String)


def _examples_column(path: Path, source: Source) -> str | None:
    """The column that names the examples, by its usual names."""
    if is_arrays(path):
        return None
    table, known = opened(path, source)
    return completed(path, table.columns, replace(known, predictions="")).examples
