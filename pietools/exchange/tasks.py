"""Several tasks that one model was asked, a file each: together they are one network on one data set."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.files.tables import listed
from pietools.exchange.predictions import FilePredictions, described_kind
from pietools.exchange.values import together

TASK = "task"


def joined_tasks(found: Sequence[FilePredictions]) -> list[FilePredictions]:
    """Files of one folder that are of different tasks as one file; others as they are.

    Raises ImportFileError if a folder lacks a task that another has, has it twice, or its tasks are of different kinds.
    """
    tasks = sorted({one.task for one in found if one.task is not None})
    if len(tasks) < 2:
        return list(found)
    folders: dict[Path, list[FilePredictions]] = {}
    for one in found:
        folders.setdefault(one.path.parent, []).append(one)
    for folder, files in folders.items():
        there = sorted(str(one.task) for one in files)
        if there != tasks:
            raise ImportFileError(
                f"{folder} has files of {listed(there)}, where one of each of {listed(tasks)} is needed: name the "
                "files of one run of each model, or of one task."
            )
    return [_joined(folder, sorted(files, key=lambda one: str(one.task))) for folder, files in folders.items()]


def _joined(folder: Path, files: list[FilePredictions]) -> FilePredictions:
    kinds = {one.evidence for one in files}
    if len(kinds) > 1:
        raise ImportFileError(
            f"{folder}: its tasks are of different kinds "
            f"({listed([f'{one.task}: {described_kind(one)}' for one in files])}): import each kind as a data set of "
            "its own, such as with the pattern 'FOLDER/*_TASK_*.jsonl'."
        )
    first = files[0]
    keys = pl.concat([one.keys for one in files if one.keys is not None])
    labels = [one.labels for one in files if one.labels is not None]
    given = together(folder, labels) if len(labels) == len(files) else None
    texts = [one.texts for one in files if one.texts is not None]
    notes = list(dict.fromkeys(note for one in files for note in one.notes))
    found = replace(
        first,
        path=folder,
        keys=keys,
        labels=given,
        notes=notes,
        understood="; ".join(one.understood for one in files),
        task=TASK,
        content=None,
        texts=pl.concat(texts) if len(texts) == len(files) else None,
    )
    if first.predicted is not None:
        predicted = together(folder, [one.predicted[np.array(0)] for one in files if one.predicted is not None])
        return replace(found, predicted=predicted[None])
    scores = [one.scores for one in files if one.scores is not None]
    if len(scores) < len(files):
        raise ImportFileError(f"{folder}: only labels and log-likelihoods of several tasks can be put together.")
    return replace(found, scores=_padded(scores))


def _padded(scores: Sequence[np.ndarray]) -> np.ndarray:
    """Scores of different tasks, shape (1, n, m), below each other; a choice that a task does not have is −inf."""
    most = max(one.shape[2] for one in scores)
    pad = [
        np.pad(one.astype(np.float64), ((0, 0), (0, 0), (0, most - one.shape[2])), constant_values=-np.inf)
        for one in scores
    ]
    return np.concatenate(pad, axis=1)


def task_of(keys: Sequence[str]) -> pl.Series:
    """Task of each example, which its key begins with."""
    return pl.Series(keys).str.extract(r"^(.*)/[^/]*$", 1)
