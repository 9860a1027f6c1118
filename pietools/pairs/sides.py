"""The files of the two sides: which tasks they are of, which networks are in them, and which belong together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pietools.errors import ImportFileError
from pietools.exchange.files.tables import counted, listed
from pietools.exchange.networks_in_files import files_of
from pietools.exchange.predictions import FilePredictions

Read = Callable[[Path], FilePredictions]


@dataclass(frozen=True)
class Networks:
    """Networks of one side on one task: their files, and their names, None where there is one without a name."""

    files: list[FilePredictions]
    names: list[str | None]


@dataclass
class Side:
    """What one side says, by task; the task of a single file is named by nothing."""

    tasks: dict[str, Networks] = field(default_factory=dict)


def side_of(path: Path, read: Read) -> Side:
    """Networks and tasks in a file, a folder or a pattern.

    Files of tasks that a program names are told apart by these. Others are of networks if they are about the same examples, and
    else of tasks, named by their stems.
    """
    files = files_of([path])
    found = [read(file) for file in files]
    if len(found) == 1:
        return Side({found[0].task or "": _networks(found)})
    by_task: dict[str, list[FilePredictions]] = {}
    if all(one.task is not None for one in found):
        for one in found:
            by_task.setdefault(str(one.task), []).append(one)
    elif _are_of_same_examples(found):
        by_task[""] = found
    else:
        stems = [_stem(file) for file in files]
        if len(set(stems)) < len(stems):
            raise ImportFileError(f"{path} holds several files '{stems[0]}' of other examples: name them one by one.")
        by_task = {stem: [one] for stem, one in zip(stems, found, strict=True)}
    return Side({task: _networks(of_task) for task, of_task in by_task.items()})


def _stem(file: Path) -> str:
    return file.name.split(".")[0]


def _are_of_same_examples(found: Sequence[FilePredictions]) -> bool:
    first = found[0]
    for one in found[1:]:
        if one.shape[1] != first.shape[1] or (one.keys is None) != (first.keys is None):
            return False
        if one.keys is not None and first.keys is not None and set(one.keys) != set(first.keys):
            return False
    return True


def _networks(files: list[FilePredictions]) -> Networks:
    """Names of the networks: as the file says; else of several files their stems, or their folders if the stems are alike."""
    if len(files) == 1:
        one = files[0]
        return Networks(files, list(one.replicates) if one.replicates else [None] * one.shape[0])
    if (wide := next((one for one in files if one.shape[0] > 1), None)) is not None:
        raise ImportFileError(
            f"{wide.path} holds {wide.shape[0]} networks, and is one of {len(files)} files: name one file, or files of one "
            "network each."
        )
    folders, stems = [one.path.parent.name for one in files], [_stem(one.path) for one in files]
    names = folders if len(set(folders)) == len(files) else stems
    if len(set(names)) < len(files):
        task = f" of task {files[0].task}" if files[0].task else ""
        paths = " and ".join(one.path.name for one in files[:2])
        raise ImportFileError(
            f"{files[0].path.parent} has {len(files)} files{task} of one network, such as {paths}: name the one that counts."
        )
    return Networks(files, list(names))


def matched_tasks(reference: Side, compressed: Side, warnings: list[str]) -> list[str]:
    """Tasks that both sides have; raises ImportFileError if there is none."""
    both = [task for task in reference.tasks if task in compressed.tasks]
    if not both:
        names = [listed([task or "one without a name" for task in side.tasks], 5) for side in (reference, compressed)]
        raise ImportFileError(f"no task is on both sides: one has {names[0]}, the other {names[1]}.")
    for side, which in ((reference, "the reference"), (compressed, "the compressed network")):
        alone = [task for task in side.tasks if task not in both]
        if alone:
            warnings.append(f"only {which} has {counted(len(alone), 'more task')}, left out: {listed(alone, 5)}.")
    return both


def without_names(side: Side, other: Side) -> Side:
    """The one task of a side under the name that the other has for its one task: a single file is a single task."""
    if len(side.tasks) == len(other.tasks) == 1:
        return Side(dict(zip(other.tasks, side.tasks.values(), strict=True)))
    return side


def pair_order(reference: Sequence[str | None], compressed: Sequence[str | None], where: str) -> list[int]:
    """Position among the compressed networks of the one that belongs to each reference network.

    Raises ImportFileError if there are several and their names do not say.
    """
    if len(reference) == len(compressed) == 1:
        return [0]
    if (
        None not in reference
        and set(reference) == set(compressed)
        and len(set(reference)) == len(reference) == len(compressed)
    ):
        return [list(compressed).index(name) for name in reference]
    sides = " and ".join(
        f"{counted(len(names), 'network')} ({listed([name or 'without a name' for name in names], 4)})"
        for names in (reference, compressed)
    )
    raise ImportFileError(
        f"{where}: {sides} cannot be matched by their names. Name one network of each side, or name them alike; for populations "
        "that are not matched import both sides into a study and analyze that. (Several runs of one model? Name the file that "
        "counts. Names in an array or column: --replicates.)"
    )
