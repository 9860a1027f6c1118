"""One score for each example: the second of two classes."""

from pathlib import Path

import numpy as np

from pietools.errors import ImportFileError
from pietools.exchange.predictions import FilePredictions, Source
from pietools.exchange.scores import LOGITS, PROBABILITIES, Scale
from pietools.exchange.values import Classes

# Networks times examples from which on it is no chance that all are above a half.
MANY = 20


def two_classes(path: Path, where: str, scores: np.ndarray, labels: Classes | None, source: Source) -> FilePredictions:
    """Scores, shape (networks, examples), as those of two classes: a probability p as (1 − p, p), a decision value v as (0, v).

    Raises ImportFileError if there are more than two classes, or the numbers may be either.
    """
    what = f"{path}: {where} holds one number for each example"
    if not np.isfinite(scores).all():
        network, example = np.argwhere(~np.isfinite(scores))[0]
        raise ImportFileError(f"{path}: network {network} has NaN or infinite scores, first at example {example}.")
    n = _n_classes(labels, source)
    if n == 3 and labels is not None and labels.used == {"1", "2"}:
        raise ImportFileError(f"{what}, and labels are 1 and 2: two classes are 0 and 1. Take 1 off.")
    if n > 2:
        raise ImportFileError(
            f"{what} ({scores.min():.4g} to {scores.max():.4g}), but there are {n} classes: give a score for each."
        )
    unit = next((unit for unit in (1, 100) if scores.min() >= 0 and scores.max() <= unit), None)
    if source.kind != LOGITS and unit is not None and (unit == 1 or source.kind == PROBABILITIES):
        threshold = 0.5 if source.threshold is None else source.threshold / unit
        if not 0 < threshold < 1:
            raise ImportFileError(
                f"{path}: --threshold {source.threshold:g} is none between 0 and {unit}, as the probabilities are."
            )
        p = scores.astype(np.float64) / unit
        _refuse_confidences(what, p, labels)
        note = f"one number for each example: the probability of the second class, predicted above {threshold:g}"
        scale, moved = Scale(PROBABILITIES, notes=(note,)), None if source.threshold is None else threshold
        return FilePredictions(path, "", scores=np.stack([1 - p, p], axis=-1), scale=scale, threshold=moved)
    if source.kind == PROBABILITIES or (source.kind is None and scores.min() >= 0):
        raise ImportFileError(
            f"{what}, {scores.min():.4g} to {scores.max():.4g}: no probability of the second of two classes (0 to "
            "1). A decision value that may be negative? Then --kind logits."
        )
    if source.threshold is not None and not np.isfinite(source.threshold):
        raise ImportFileError(f"{path}: --threshold {source.threshold} is no number.")
    threshold = source.threshold or 0.0
    pair = np.stack([np.zeros_like(scores, dtype=np.float64), scores.astype(np.float64)], axis=-1)
    note = f"one number for each example: the second class is predicted above {threshold:g}"
    return FilePredictions(path, "", scores=pair, scale=Scale(LOGITS, notes=(note,)), threshold=source.threshold)


def _refuse_confidences(what: str, p: np.ndarray, labels: Classes | None) -> None:
    """Raise if all probabilities are at least a half though labels differ: those of whatever was predicted."""
    if p.size >= MANY and p.min() >= 0.5 and (labels is None or len(labels.used) > 1):
        raise ImportFileError(
            f"{what}, never below 0.5: the probability of the predicted class rather than of the second? Then name "
            "the column of the predicted class with --predictions, and this one with --top-k."
        )


def _n_classes(labels: Classes | None, source: Source) -> int:
    """How many classes there are, as far as anything says."""
    if source.known_classes:
        return len(source.known_classes)
    if labels is None:
        return 2
    return len(labels.used) if labels.names is not None else max(2, int(labels.values.max(initial=0)) + 1)
