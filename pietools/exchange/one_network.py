"""One network's predictions in the order and the classes of a data set, and what a study keeps of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.class_lists import class_indices, ordered_scores, owner
from pietools.exchange.described_dataset import rows_in_order
from pietools.exchange.files.tables import counted
from pietools.exchange.predictions import TOP_K, FilePredictions
from pietools.exchange.scores import LABELS, LOGITS, PROBABILITIES
from pietools.statistics.tools.scalars import (
    log_probabilities,
    scalars_from_labels,
    scalars_from_logits,
    scalars_from_probabilities,
    scalars_from_top,
    without_offset,
)
from pietools.study.records import Dataset


@dataclass(frozen=True)
class NetworkPredictions:
    """One network's predictions in the order of the data set.

    ``predicted`` (n,) are class indices, ``scores`` logits or probabilities (n, m) in float32; of the best k the classes and their
    scores (n, k). ``threshold``: log odds of the second of two classes above which it is predicted, if not 0.
    """

    path: Path
    replicate: str | None
    evidence: str
    predicted: np.ndarray
    scores: np.ndarray | None = None
    best: np.ndarray | None = None
    has_confidence: bool = False
    threshold: float | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what was predicted."""
        digest = sha256(self.evidence.encode())
        arrays = [(self.logits if self.evidence == LOGITS else self.scores, "<f4"), (self.best, "<i4")]
        if self.scores is None or self.threshold is not None:
            arrays.append((self.predicted, "<i4"))
        for array, dtype in arrays:
            if array is not None:
                digest.update(np.ascontiguousarray(array.astype(dtype, copy=False)).data)
        return f"sha256:{digest.hexdigest()}"

    @property
    def logits(self) -> np.ndarray | None:
        """Logits up to an offset, finite, or None."""
        if self.scores is None or self.evidence not in (LOGITS, PROBABILITIES):
            return None
        return without_offset(self.scores) if self.evidence == LOGITS else log_probabilities(self.scores)

    def scalars(self, labels: np.ndarray) -> pl.DataFrame:
        """What the study keeps of every prediction."""
        if self.evidence == TOP_K and self.best is not None and self.scores is not None:
            return scalars_from_top(self.best, self.scores if self.has_confidence else None, labels)
        if self.scores is None:
            return scalars_from_labels(self.predicted)
        of = scalars_from_logits if self.evidence == LOGITS else scalars_from_probabilities
        scalars = of(self.scores, labels)
        if self.threshold is None:
            return scalars
        return _thresholded(scalars, self.predicted, labels, self.threshold)


def _thresholded(scalars: pl.DataFrame, predicted: np.ndarray, labels: np.ndarray, threshold: float) -> pl.DataFrame:
    """Scalars of two classes whose prediction goes by another threshold: label, confidence, rank and margin of the given label."""
    is_other = pl.Series(scalars["predicted_label"].to_numpy() != predicted)
    rank = pl.when(pl.Series(labels >= 0)).then(pl.Series(predicted != labels).cast(pl.Int32))
    return scalars.with_columns(
        predicted_label=pl.Series(predicted, dtype=pl.Int32),
        confidence=pl.when(is_other).then(1 - pl.col("confidence")).otherwise("confidence"),
        label_rank=rank,
        # The second class is predicted where its log odds are above the threshold.
        logit_margin=pl.col("logit_margin")
        - pl.Series(np.where(labels == 1, threshold, -threshold).astype(np.float32)),
    )


def networks_of(found: Iterable[FilePredictions], target: Dataset, warnings: list[str]) -> Iterator[NetworkPredictions]:
    """Each network of the files; names that had to be read as numbers are noted in ``warnings``."""
    for one in found:
        rows, note = rows_in_order(one, target)
        if note is not None:
            warnings.append(f"{one.path}: {note}")
        columns = ordered_scores(one, target)
        warnings += _labels_without_score(one, target, rows, columns)
        for k in range(one.shape[0]):
            replicate = None if one.replicates is None else one.replicates[k]
            yield _network(one, target, k, rows, columns, replicate)


def _network(
    one: FilePredictions, target: Dataset, k: int, rows: np.ndarray, columns: np.ndarray | None, replicate: str | None
) -> NetworkPredictions:
    if one.predicted is not None:
        predicted = class_indices(one.path, one.predicted[np.array(k)], target.class_names)
        return NetworkPredictions(one.path, replicate, LABELS, predicted[rows])
    if one.top is not None:
        best = class_indices(one.path, one.top.classes[np.array(k)], target.class_names)[rows]
        scores = one.top.scores[k][rows].astype(np.float32)
        return NetworkPredictions(one.path, replicate, TOP_K, best[:, 0], scores, best, one.top.is_probability)
    assert one.scores is not None
    assert one.scale is not None
    n_classes = len(target.class_names)
    if one.shape[2] > n_classes or (one.shape[2] < n_classes and not one.has_choices):
        raise ImportFileError(f"{one.path}: scores of {one.shape[2]} classes, but {owner(target)} has {n_classes}.")
    scores = one.scores[k][rows] if columns is None else one.scores[k][np.ix_(rows, columns)]
    if one.shape[2] < n_classes:
        scores = np.pad(scores, ((0, 0), (0, n_classes - one.shape[2])), constant_values=-np.inf)
    read = one.scale.read(scores)
    if one.threshold is None:
        return NetworkPredictions(one.path, replicate, one.scale.kind, read.argmax(axis=1), read)
    is_probability = one.scale.kind == PROBABILITIES
    score = read[:, 1] if is_probability else read[:, 1] - read[:, 0]
    predicted = (score > one.threshold).astype(np.int32)
    threshold = float(np.log(one.threshold / (1 - one.threshold))) if is_probability else one.threshold
    return NetworkPredictions(one.path, replicate, one.scale.kind, predicted, read, threshold=threshold)


def _labels_without_score(
    one: FilePredictions, target: Dataset, rows: np.ndarray, columns: np.ndarray | None
) -> list[str]:
    """Say how many examples are labelled with a class that the first network has no score for."""
    if not one.has_choices or one.scores is None:
        return []
    labelled = np.flatnonzero((target.labels >= 0) & (target.labels < one.shape[2]))
    labels = target.labels[labelled]
    scores = one.scores[0][rows[labelled], labels if columns is None else columns[labels]]
    n = int(np.isneginf(scores).sum())
    what = counted(n, "example")
    return (
        [f"{one.path}: {what} labelled with a class without a score, which counts as a probability of 0"] if n else []
    )
