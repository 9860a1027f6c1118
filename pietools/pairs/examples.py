"""What happened to each example: answers, confidences and log odds of both networks, and a word for it."""

import numpy as np
import polars as pl

from pietools.pairs.pair import Pair

# What happened to an answer: as the study's directions of PIEs.
FORGOTTEN, RECOVERED, MOVED, CHANGED, SAME = "forgotten", "recovered", "moved", "changed", "same"


def examples_of(pair: Pair, *, of_several_tasks: bool, of_several_networks: bool) -> pl.DataFrame:
    """A row for each example of a pair; with the names of task and network where there are several."""
    task, names = pair.task, np.array([*pair.task.dataset.class_names, None], dtype=object)

    def text(positions: np.ndarray) -> pl.Series:
        return pl.Series(names[positions].tolist(), dtype=pl.String)

    def known(values: np.ndarray | None) -> pl.Series:
        return pl.Series([None] * len(task.labels) if values is None else values, dtype=pl.Float64)

    log_odds: list[np.ndarray | None] = [None, None]
    if pair.log_odds is not None:
        for side, values in enumerate(pair.log_odds):
            spread = np.full(len(task.labels), np.nan)
            spread[pair.is_labelled] = values
            log_odds[side] = spread
    before, after = (known(values).fill_nan(None) for values in log_odds)
    wrong_again = np.where(pair.is_labelled, MOVED, CHANGED)
    tag = np.where(
        pair.net < 0, FORGOTTEN, np.where(pair.net > 0, RECOVERED, np.where(pair.changed, wrong_again, SAME))
    )
    n = len(task.labels)
    return pl.DataFrame(
        {
            **({"task": [task.name] * n} if of_several_tasks else {}),
            **({"network": [pair.reference.replicate] * n} if of_several_networks else {}),
            "example": pl.Series(list(task.dataset.keys), dtype=pl.String),
            "tag": tag,
            "label": text(task.labels),
            "reference": text(pair.reference.predicted),
            "compressed": text(pair.compressed.predicted),
            "reference_confidence": known(pair.confidences[0]),
            "compressed_confidence": known(pair.confidences[1]),
            "reference_log_odds": before,
            "compressed_log_odds": after,
            "log_odds_change": after - before,
        }
    )
