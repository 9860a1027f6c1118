"""Logs of Inspect, ``.eval`` (an archive with a file for each sample) and ``.json``: answers and targets of one task."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.files.json_tables import whole_of
from pietools.exchange.files.tables import Table, listed, of_frame
from pietools.exchange.files.unpacking import member, open_archive, refuse_members
from pietools.exchange.predictions import Source
from pietools.exchange.programs.answers import RIGHT, answer_of

NAME = "a log of Inspect"
SUFFIX = ".eval"
COLUMNS = {"id", "epoch", "target"}
SCORER, EPOCH = "scorer", "epoch"
HEADER = "header.json"
CORRECT = ("C", "1", "1.0", "True")
Sample = Mapping[str, Any]


def recognised(table: Table, source: Source) -> tuple[Table, Source] | None:
    """The samples as a table, if this is a log of Inspect as JSON."""
    is_log = set(table.columns) >= COLUMNS and any(
        name.startswith("scores.") and name.endswith(".value") for name in table.columns
    )
    if not is_log or source.predictions is not None:
        return None
    whole = whole_of(table.path)
    _refuse_unfinished(table.path, whole)
    return _of_samples(table.path, whole.get("eval", {}), whole.get("samples", []), source)


def of_archive(path: Path, source: Source) -> tuple[Table, Source]:
    """The samples of an ``.eval`` archive as a table.

    Raises ImportFileError if it is none, or lacks the header that the end of a run writes.
    """
    with path.open("rb") as file, open_archive(path, file, "archive") as archive:
        members = {one.filename: one for one in archive.infolist()}
        if HEADER not in members:
            raise ImportFileError(f"{path} has no header: the run has not ended, or this is no log of Inspect.")
        chosen = [one for name, one in members.items() if name.startswith("samples/") and name.endswith(".json")]
        refuse_members(path, [members[HEADER], *chosen], path.stat().st_size)
        header = json.loads(member(path, file, archive, members[HEADER]))
        _refuse_unfinished(path, header)
        samples = [json.loads(member(path, file, archive, one)) for one in chosen]
    return _of_samples(path, header.get("eval", {}), samples, source)


def _refuse_unfinished(path: Path, log: Mapping[str, Any]) -> None:
    if (status := log.get("status", "success")) != "success":
        raise ImportFileError(
            f"{path}: its run ended with status '{status}', so that samples may be missing: run it again."
        )


def _of_samples(
    path: Path, described: Mapping[str, Any], samples: Sequence[Sample], source: Source
) -> tuple[Table, Source]:
    if not samples:
        raise ImportFileError(f"{path} has no samples.")
    task = str(described["task"]) if described.get("task") else None
    chosen = _of_one_epoch(path, source, samples)
    if unscored := [sample for sample in chosen if not sample.get("scores")]:
        raise ImportFileError(
            f"{path}: {len(unscored)} of {len(chosen)} samples have no score, first '{unscored[0].get('id')}': an "
            "error or a limit ended them."
        )
    scorer = _scorer(path, source, chosen)
    rows = [
        {
            "item": f"{task}/{sample['id']}" if task else str(sample["id"]),
            "answer": _answer(sample, scorer),
            "target": _target(sample),
            "text": _said(sample),
        }
        for sample in chosen
    ]
    what = f"Inspect log{f' of {task}' if task else ''}, scorer {scorer}"
    completed = replace(
        source,
        predictions="answer",
        labels=source.labels or "target",
        examples=source.examples or "item",
        is_text=True,
        where={name: value for name, value in source.where.items() if name not in (SCORER, EPOCH)},
    )
    frame = pl.DataFrame(rows, schema=dict.fromkeys(("item", "answer", "target", "text"), pl.String))
    return replace(of_frame(path, what, frame), task=task, texts="text"), completed


def _of_one_epoch(path: Path, source: Source, samples: Sequence[Sample]) -> list[Sample]:
    epochs = sorted({str(sample.get("epoch", 1)) for sample in samples})
    wanted = source.where.get(EPOCH)
    if wanted is None and len(epochs) > 1:
        raise ImportFileError(
            f"{path}: every sample was run in epochs {listed(epochs)}: choose one with --where {EPOCH}={epochs[0]}."
        )
    if wanted is not None and wanted not in epochs:
        raise ImportFileError(f"{path} has no epoch '{wanted}'. It has: {listed(epochs)}.")
    return [sample for sample in samples if wanted is None or str(sample.get("epoch", 1)) == wanted]


def _scorer(path: Path, source: Source, samples: Sequence[Sample]) -> str:
    scorers = list(dict.fromkeys(name for sample in samples for name in sample["scores"]))
    wanted = source.where.get(SCORER)
    if wanted is None and len(scorers) > 1:
        raise ImportFileError(
            f"{path}: the samples are scored by {listed(scorers)}: choose one with --where {SCORER}={scorers[0]}."
        )
    chosen = wanted or scorers[0]
    if any(chosen not in sample["scores"] for sample in samples):
        raise ImportFileError(f"{path}: not every sample is scored by '{chosen}'. The log has: {listed(scorers)}.")
    return chosen


def _target(sample: Sample) -> str:
    """The letter of the right choice; of an item without choices there is no more to say than that it is right."""
    if not sample.get("choices"):
        return RIGHT
    target = sample["target"]
    return str(target[0] if isinstance(target, list) and target else target).strip()


def _said(sample: Sample) -> str | None:
    """The question, of a conversation its last message, and the choices, a line each."""
    asked = sample.get("input")
    if isinstance(asked, list) and asked and isinstance(asked[-1], dict):
        asked = asked[-1].get("content")
    return (
        "\n".join([asked.strip(), *(f"– {one}" for one in sample.get("choices") or [])])
        if isinstance(asked, str)
        else None
    )


def _answer(sample: Sample, scorer: str) -> str:
    score = sample["scores"][scorer]
    return answer_of(
        str(score.get("answer") or "").strip(), _target(sample), is_right=str(score.get("value")) in CORRECT
    )
