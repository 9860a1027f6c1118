"""Power: how many networks would show a difference, and which difference would these show?"""

import numpy as np

from pietools.conventions import LEVEL
from pietools.results.table import Row
from pietools.statistics.power.t_test import (
    Plan,
    detectable_change,
    replicates_for_change,
    replicates_for_class,
    replicates_for_excess,
)
from pietools.topics.comparison import Comparison
from pietools.topics.power.tables import POWER
from pietools.topics.study_reader import StudyReader


def power(reader: StudyReader) -> list[Row]:
    """Rows of results.power."""
    return reader.rows_of(_rows, reader.several(reader.originals()))


FILL = {POWER: power}


def _rows(reader: StudyReader, comparison: Comparison) -> list[Row]:
    n_networks = min(comparison.votes.sizes)
    shared = comparison.names | {"pairing": comparison.pairing, "n_networks": n_networks}
    rows = [_excess(comparison, n_networks)]
    if comparison.is_labelled:
        rows = [*_accuracy(reader, comparison, n_networks), _class(reader, comparison, n_networks), *rows]
    return [shared | row for row in rows]


def _accuracy(reader: StudyReader, comparison: Comparison, n_networks: int) -> list[Row]:
    """To find a change as large as the margin, and one as large as the one observed."""
    paired = comparison.is_paired
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


def _class(reader: StudyReader, comparison: Comparison, n_networks: int) -> Row:
    """To find a change of one class's recall by the margin, in the class that varies most."""
    paired = comparison.is_paired
    recalls = [reader.recalls(name, comparison.dataset)[2] for name in (comparison.reference, comparison.compressed)]
    sds = [_sd(*(side[:, c] for side in recalls), paired=paired) for c in range(recalls[0].shape[1])]
    sd = max((one for one in sds if one is not None), default=None)
    margin = reader.settings.margin
    plan = replicates_for_class(sd, margin, len(sds), paired=paired)
    detectable = detectable_change(sd, n_networks, paired=paired, level=LEVEL / len(sds)).difference
    return _plan_row("recall of the most varying class, a change of the margin", sd, margin, plan, detectable)


def _excess(comparison: Comparison, n_networks: int) -> Row:
    excess = comparison.excess
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
) -> Row:
    return {
        "question": question,
        "spread": spread,
        "difference": difference,
        "power": plan.power,
        "replicates_needed": plan.n_networks,
        "detectable": detectable,
        "flag": plan.flag,
    }
