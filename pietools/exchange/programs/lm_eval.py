"""Samples of lm-evaluation-harness, ``samples_TASK_DATE.jsonl`` as ``--log_samples`` writes them.

A multiple-choice item has one log-likelihood for each choice, and the largest is the answer, as for the harness's ``acc``: classes
are positions, and items may have different numbers of them. Of a generated answer the extracted text is the prediction; all
that the harness counts as right is one class, however it is written.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.files.json_tables import records_of
from pietools.exchange.files.tables import Table, listed, of_frame
from pietools.exchange.predictions import Source
from pietools.exchange.programs.answers import RIGHT, answer_of

NAME = "samples of lm-evaluation-harness"
COLUMNS = {"doc_id", "target", "filtered_resps"}
HASH = "doc_hash"  # of what was asked
FILTER, ONLY_FILTER = "filter", "none"
# The name of the task, where the harness named the file.
FILE_NAME = re.compile(r"samples_(?P<task>.+)_\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(\.\d+)?\.jsonl")
METRICS = ("exact_match", "acc", "acc_norm")
Record = Mapping[str, Any]


def recognised(table: Table, source: Source) -> tuple[Table, Source] | None:
    """The items as a table, if these are samples of lm-evaluation-harness."""
    if not set(table.columns) >= COLUMNS or source.predictions is not None or source.networks is not None:
        return None
    records = _of_one_filter(table, source, records_of(table.path)[1])
    match = FILE_NAME.search(table.path.name)
    task = match["task"] if match else None
    likelihoods = [_likelihoods(record) for record in records]
    is_choice = all(one is not None for one in likelihoods)
    answers = (
        pl.Series("answer", likelihoods, dtype=pl.List(pl.Float64))
        if is_choice
        else pl.Series("answer", [_generated(table, record) for record in records], dtype=pl.String)
    )
    targets = _positions(table, records, likelihoods) if is_choice else [RIGHT] * len(records)
    frame = pl.DataFrame(
        [
            pl.Series("item", [f"{task}/{record['doc_id']}" if task else str(record["doc_id"]) for record in records]),
            answers,
            pl.Series("target", targets),
            pl.Series("text", _texts(records, is_choice=is_choice), dtype=pl.String),
            pl.Series(HASH, [record.get(HASH) for record in records], dtype=pl.String, strict=False),
        ]
    )
    kind = "multiple choice" if is_choice else "generated answers"
    what = f"lm-evaluation-harness samples{f' of {task}' if task else ''}, {kind}"
    where = {name: value for name, value in source.where.items() if name != FILTER}
    completed = replace(
        source,
        predictions="answer",
        labels=source.labels or "target",
        examples=source.examples or "item",
        is_text=not is_choice,
        kind=source.kind or ("logits" if is_choice else None),
        where=where,
    )
    content = None if frame[HASH].null_count() else HASH
    return replace(of_frame(table.path, what, frame), task=task, content=content, texts="text"), completed


def _of_one_filter(table: Table, source: Source, records: Sequence[Record]) -> list[Record]:
    """Records of one way to extract the answer: the harness writes an item once for each."""
    filters = list(dict.fromkeys(str(record.get(FILTER, ONLY_FILTER)) for record in records))
    wanted = source.where.get(FILTER)
    if wanted is None and len(filters) > 1:
        raise ImportFileError(
            f"{table.path}: each item is there once for each way to extract the answer ({listed(filters)}): choose one with "
            f"--where {FILTER}={filters[0]}."
        )
    if filters == [ONLY_FILTER]:  # of a multiple-choice task: there is nothing to choose
        wanted = None
    if wanted is not None and wanted not in filters:
        raise ImportFileError(f"{table.path} has no filter '{wanted}'. It has: {listed(filters)}.")
    return [record for record in records if wanted is None or str(record.get(FILTER, ONLY_FILTER)) == wanted]


def _likelihoods(record: Record) -> list[float] | None:
    """Log-likelihood of each choice: pairs of a number and whether greedy decoding says it."""
    answers = record["filtered_resps"]
    if (
        not isinstance(answers, list)
        or len(answers) < 2
        or not all(isinstance(one, list) and len(one) == 2 for one in answers)
    ):
        return None
    try:
        return [float(value) for value, _ in answers]
    except (TypeError, ValueError):
        return None


def _positions(table: Table, records: Sequence[Record], likelihoods: Sequence[list[float] | None]) -> list[int]:
    """Which choice is right, from 0: the target is its number or its text, which of them tells the metric of the harness."""
    readings = [found for read in (_number, _choice) if None not in (found := [read(record) for record in records])]
    if not readings:
        unread = next(record for record in records if _number(record) is None)
        raise ImportFileError(
            f"{table.path}: the target '{_text(unread['target'])[:60]}' of item {unread['doc_id']} is neither the "
            "number of a choice nor one of the choices."
        )
    agreeing = [_agreement(records, likelihoods, found) for found in readings]
    best = max(range(len(readings)), key=agreeing.__getitem__)
    if agreeing[best] < 0.99:
        raise ImportFileError(
            f"{table.path}: the largest log-likelihood and the target give another 'acc' than the file on "
            f"{1 - agreeing[best]:.0%} of the items: is the target of this task something else than the number of "
            "the right choice?"
        )
    return [int(position) for position in readings[best] if position is not None]


def _agreement(
    records: Sequence[Record], likelihoods: Sequence[list[float] | None], positions: Sequence[int | None]
) -> float:
    """Share of the items on which the metric ``acc`` says what likelihoods and target say."""
    known = [
        (
            (position is not None and position < len(scores) and scores[position] == max(scores))
            == (float(record["acc"]) == 1)
        )
        for record, scores, position in zip(records, likelihoods, positions, strict=True)
        if scores and isinstance(record.get("acc"), int | float)
    ]
    return sum(known) / len(known) if known else 1.0


def _number(record: Record) -> int | None:
    target = (
        record["target"][0] if isinstance(record["target"], list) and len(record["target"]) == 1 else record["target"]
    )
    return int(str(target)) if re.fullmatch(r"\d+", str(target)) else None


def _choice(record: Record) -> int | None:
    arguments = record.get("arguments") or {}
    texts = (
        [str(one.get("arg_1", "")).strip() for one in arguments.values()]
        if isinstance(arguments, dict)
        else [str(one[1]).strip() for one in arguments if isinstance(one, list) and len(one) > 1]
    )
    target = _text(record["target"])
    return texts.index(target) if target in texts else None


def _texts(records: Sequence[Record], *, is_choice: bool) -> list[str | None]:
    """What each item asked, without what all items begin with, such as examples, and its choices, a line each."""
    asked = [_arguments(record) for record in records]
    contexts = sorted(one[0][0] for one in asked if one)
    first, last = (contexts[0], contexts[-1]) if contexts else ("", "")
    n_same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    begin = first[:n_same]
    shared = begin.rfind("\n\n") + 2 if "\n\n" in begin and len(asked) > 1 else 0
    return [_said(one, shared, is_choice=is_choice) for one in asked]


def _said(asked: list[list[str]], shared: int, *, is_choice: bool) -> str | None:
    if not asked:
        return None
    questions = list(dict.fromkeys(one[0][shared:].strip() for one in asked))
    if is_choice and len(questions) > 1:  # each choice is a context of its own
        return "\n".join(
            f"– {question} {' '.join(one[1:]).strip()}" for question, one in zip(questions, asked, strict=False)
        )
    choices = [f"– {one[1].strip()}" for one in asked if len(one) > 1] if is_choice else []
    return "\n".join([questions[0], *choices])


def _arguments(record: Record) -> list[list[str]]:
    """Context and continuation of each request, as the harness writes them, in lists or in objects."""
    arguments = record.get("arguments") or {}
    rows = [list(one.values()) for one in arguments.values()] if isinstance(arguments, dict) else arguments
    return [[str(part) for part in one] for one in rows if isinstance(one, list) and one and isinstance(one[0], str)]


def _text(value: Any) -> str:
    while isinstance(value, list) and value:
        value = value[0]
    return str(value).strip()


def _generated(table: Table, record: Record) -> str:
    right = next((record[name] for name in METRICS if isinstance(record.get(name), int | float)), None)
    if right is None:
        raise ImportFileError(
            f"{table.path}: item {record['doc_id']} has none of the metrics {', '.join(METRICS)}, so nothing says "
            "whether its answer is right."
        )
    return answer_of(_text(record["filtered_resps"]), RIGHT, is_right=float(right) == 1)
