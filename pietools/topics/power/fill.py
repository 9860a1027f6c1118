"""Power: how many networks would show a difference, and which difference would these show?"""

from typing import Any

import numpy as np
import polars as pl

from pietools.conventions import LEVEL
from pietools.statistics.power.t_test import (
    Plan,
    detectable_change,
    replicates_for_change,
    replicates_for_class,
    replicates_for_excess,
)
from pietools.topics.study_reader import Comparison, StudyReader


def tables(reader: StudyReader) -> dict[str, pl.DataFrame]:
    """Tables of the topic."""
    rows = [row for one in reader.each(reader.originals()) for row in _rows(reader, one)]
    return {"power": reader.frame("power", rows)}


def _rows(reader: StudyReader, comparison: Comparison) -> list[dict[str, Any]]:
    paired = reader.is_paired(comparison)
    reference, compressed = reader.predicted(comparison)
    n_networks = min(len(reference), len(compressed))
    shared = {**vars(comparison), "design": "paired" if paired else "unpaired", "n_networks": n_networks}
    rows = [_excess(reader, comparison, n_networks)]
    if reader.n_labelled(comparison.dataset):
        rows = [*_accuracy(reader, comparison, n_networks), _class(reader, comparison, n_networks), *rows]
    return [shared | row for row in rows]


def _accuracy(reader: StudyReader, comparison: Comparison, n_networks: int) -> list[dict[str, Any]]:
    """To find a change as large as the margin, and one as large as the one observed."""
    paired = reader.is_paired(comparison)
    names = comparison.reference, comparison.compressed
    values = [reader.accuracies(name, comparison.dataset)["top1"].to_numpy() for name in names]
    sd = _sd(*values, paired=paired)
    detectable = detectable_change(sd, n_networks, paired=paired).difference
    at_hand = float(values[1].mean() - values[0].mean())
    wanted = {"accuracy, a change of the margin": reader.settings.margin, "accuracy, the change at hand": at_hand}
    return [
        _plan_row(question, sd, difference, replicates_for_change(sd, difference, paired=paired), detectable)
        for question, difference in wanted.items()
    ]


def _class(reader: StudyReader, comparison: Comparison, n_networks: int) -> dict[str, Any]:
    """To find a change of one class's recall by the margin, in the class that varies most."""
    paired = reader.is_paired(comparison)
    recalls = [reader.recalls(name, comparison.dataset)[2] for name in (comparison.reference, comparison.compressed)]
    sds = [_sd(*(side[:, c] for side in recalls), paired=paired) for c in range(recalls[0].shape[1])]
    sd = max((one for one in sds if one is not None), default=None)
    margin = reader.settings.margin
    plan = replicates_for_class(sd, margin, len(sds), paired=paired)
    detectable = detectable_change(sd, n_networks, paired=paired, level=LEVEL / len(sds)).difference
    return _plan_row("recall of the most varying class, a change of the margin", sd, margin, plan, detectable)


def _excess(reader: StudyReader, comparison: Comparison, n_networks: int) -> dict[str, Any]:
    excess = reader.excess(comparison)
    plan = replicates_for_excess(excess.estimate, excess.interval.std_error, n_networks)
    return _plan_row("excess PIEs, the excess at hand", excess.interval.std_error, excess.estimate, plan, None)


def _sd(reference: np.ndarray, compressed: np.ndarray, *, paired: bool) -> float | None:
    """Of the differences within pairs, else pooled over both populations; None where a population has one network."""
    if min(len(reference), len(compressed)) < 2:
        return None
    if paired:
        return float((compressed - reference).std(ddof=1))
    return float(((reference.var(ddof=1) + compressed.var(ddof=1)) / 2) ** 0.5)


def _plan_row(
    question: str, spread: float | None, difference: float | None, plan: Plan, detectable: float | None
) -> dict[str, Any]:
    return {
        "question": question,
        "spread": spread,
        "difference": difference,
        "power": plan.power,
        "replicates_needed": plan.n_networks,
        "detectable": detectable,
        "flag": plan.flag,
    }
