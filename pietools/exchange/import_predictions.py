"""Puts predictions that were made elsewhere into a study: aligned, checked, all or nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.class_labels import class_indices, class_names_of
from pietools.exchange.prediction_files import FilePredictions, Source, order_of, read
from pietools.statistics.tools.scalars import (
    count_near_ties,
    log_probabilities,
    scalars_from_labels,
    scalars_from_logits,
    scalars_from_probabilities,
)
from pietools.study import Study
from pietools.study.records import Dataset, Evaluation, Model, Population


@dataclass(frozen=True)
class Imported:
    """What an import found and added."""

    dataset: str
    population: str
    n_examples: int
    n_classes: int
    n_models: int
    n_added: int
    top1: list[float]
    warnings: list[str]


def import_predictions(
    study: Study,
    files: Sequence[Path],
    source: Source,
    *,
    dataset: str,
    population: Population,
    kind: str | None = None,
    class_names: Sequence[str] | None = None,
    logits_dtype: str = "float32",
    split: str | None = None,
    copy_of: str | None = None,
    alteration: str | None = None,
    severity: int | None = None,
) -> Imported:
    """Add the predictions in ``files`` to a study, all or nothing.

    Parameters
    ----------
    source
        Where in each file predictions, labels, replicate names and example keys are.
    dataset
        Name of the data set; made from the first file if the study has none of that name.
    population
        The population that the networks belong to. Its role may be empty: compressed if it has a reference, else what is
        stored, else dense.
    kind
        ``labels``, ``logits`` or ``probabilities``; by default labels for integers and logits for floats.
    class_names
        One per class. By default those that are stored, else the numbers from 0 to the largest label.
    logits_dtype
        How logits are kept: ``float32``, ``float16`` or ``none``.
    split
        ``train``, ``test``, …; by default the one of ``copy_of``.
    copy_of, alteration, severity
        For an altered copy: the data set that it is a copy of, whose keys, labels and classes it has, what was done to it, and how
        much, 1 to 5.

    Raises
    ------
    ImportFileError, StudyError
        If a file cannot be read or contradicts another or the study; nothing is added then.
    """
    found = [read(path, source) for path in files]
    with study.transaction():
        said = {"split": split, "source": copy_of, "alteration": alteration, "severity": severity}
        target = _dataset(study, dataset, found, class_names, said)
        study.add_dataset(target)
        study.add_population(_with_role(study, population))
        models = (model for one in found for model in _models(one, target, kind))
        return _add(study, target, population.name, models, logits_dtype)


@dataclass(frozen=True)
class _Predictions:
    """One network's predictions in the order of the data set: labels (n,), logits float32 or probabilities (n, m)."""

    replicate: str | None
    kind: str
    scores: np.ndarray

    @property
    def digest(self) -> str:
        kept = self.scores.astype("<i4" if self.kind == "labels" else "<f4")
        return f"sha256:{sha256(self.kind.encode() + np.ascontiguousarray(kept).tobytes()).hexdigest()}"

    @property
    def logits(self) -> np.ndarray | None:
        """Logits up to an offset, or None."""
        if self.kind == "probabilities":
            return log_probabilities(self.scores)
        return None if self.kind == "labels" else self.scores

    def scalars(self, labels: np.ndarray) -> pl.DataFrame:
        """What the study keeps of every prediction."""
        scalars = {
            "labels": lambda: scalars_from_labels(self.scores),
            "logits": lambda: scalars_from_logits(self.scores, labels),
            "probabilities": lambda: scalars_from_probabilities(self.scores, labels),
        }
        return scalars[self.kind]()


def _add(study: Study, target: Dataset, population: str, models: Iterable[_Predictions], logits_dtype: str) -> Imported:
    """Add each network that is not there yet. Unnamed ones are known by their predictions, as often as they occur."""
    unnamed = Counter(study.unnamed_evaluations(population, target.name))
    digests: Counter[str] = Counter()
    top1, n_added = [], 0
    is_labelled = target.labels >= 0
    for model in models:
        digest, logits, predictions = model.digest, model.logits, model.scalars(target.labels)
        digests[digest] += 1
        if model.replicate is not None or digests[digest] > unnamed[digest]:
            n_near_ties = None if logits is None else count_near_ties(logits)
            evaluation = Evaluation(target.name, model.kind, digest, n_near_ties)
            n_added += study.add_evaluation(
                Model(population, model.replicate), evaluation, predictions, logits, logits_dtype
            )
        if is_labelled.any():
            is_correct = predictions["predicted_label"].to_numpy() == target.labels
            top1.append(float(is_correct[is_labelled].mean()))
    n_repeated = digests.total() - len(digests)
    repeated = f"{population}: {n_repeated} of {digests.total()} networks repeat another's predictions exactly."
    warnings = [repeated] if n_repeated else []
    n_examples, n_classes = len(target.keys), len(target.class_names)
    return Imported(target.name, population, n_examples, n_classes, digests.total(), n_added, top1, warnings)


def _with_role(study: Study, population: Population) -> Population:
    if population.role:
        return population
    if population.reference is not None:
        return replace(population, role="compressed")
    stored = dict(study.populations().select("name", "role").rows())
    return replace(population, role=stored.get(population.name, "dense"))


# The data set


def _dataset(
    study: Study, name: str, found: list[FilePredictions], class_names: Sequence[str] | None, said: dict[str, Any]
) -> Dataset:
    """The stored data set of that name, or a copy, checked against what the files say; or a new one from the first file."""
    target = study.dataset(name)
    if target is None and said["source"] is not None:
        target = _copy(study, name, said["source"])
    if target is None:
        target = _new_dataset(name, found, class_names)
    elif class_names is not None:
        target = replace(target, class_names=list(class_names))
    target = replace(target, **{column: value for column, value in said.items() if value is not None})
    for one in found:
        _check_labels(one, target)
    return target


def _copy(study: Study, name: str, source: str) -> Dataset:
    original = study.dataset(source)
    if original is None:
        others = ", ".join(study.datasets()["name"]) or "none"
        raise ImportFileError(f"no data set is named '{source}'. The study has: {others}.")
    return replace(original, name=name, content_digest=None)


def _new_dataset(name: str, found: list[FilePredictions], class_names: Sequence[str] | None) -> Dataset:
    first = found[0]
    keys = first.keys or [str(i) for i in range(first.scores.shape[1])]
    names = class_names_of(found) if class_names is None else list(class_names)
    if first.labels is None:
        return Dataset(name, keys, np.full(len(keys), -1, dtype=np.int32), names)
    return Dataset(name, keys, class_indices(first.path, first.labels, names), names)


def _name(target: Dataset) -> str:
    return f"data set '{target.name}'" + (f", a copy of '{target.source}'," if target.source else "")


def _check_labels(one: FilePredictions, target: Dataset) -> None:
    n = one.scores.shape[1]
    if n != len(target.keys):
        raise ImportFileError(f"{one.path}: {n} examples, but {_name(target)} has {len(target.keys)}.")
    if one.labels is None:
        return
    labels = class_indices(one.path, one.labels, target.class_names)[order_of(one, target.keys, _name(target))]
    differs = np.flatnonzero(labels != target.labels)
    if len(differs):
        first = differs[0]
        raise ImportFileError(
            f"{one.path}: the labels contradict those of {_name(target)} on {len(differs)} of {n} examples, first "
            f"'{target.keys[first]}': stored {target.labels[first]}, found {labels[first]}. Is the order of the examples the same?"
        )


# The networks


def _models(one: FilePredictions, target: Dataset, kind: str | None) -> Iterator[_Predictions]:
    kind = kind or ("labels" if one.is_labels else "logits")
    if (kind == "labels") != one.is_labels:
        raise ImportFileError(
            f"{one.path}: predictions of shape {one.scores.shape} and type {one.scores.dtype} are "
            f"{'labels' if one.is_labels else 'scores'}, not {kind}."
        )
    order = order_of(one, target.keys, _name(target))
    replicates: Sequence[str | None] = one.replicates or [None] * len(one.scores)
    check = _labels if kind == "labels" else partial(_scores, kind=kind)
    for replicate, scores in zip(replicates, one.scores, strict=True):
        yield _Predictions(replicate, kind, check(one.path, scores[order], target))


def _labels(path: Path, values: np.ndarray, target: Dataset) -> np.ndarray:
    labels = class_indices(path, values, target.class_names)
    if labels.min() < 0:
        first = target.keys[int(labels.argmin())]
        raise ImportFileError(f"{path}: a predicted label is missing or negative, first for example '{first}'.")
    return labels


def _scores(path: Path, scores: np.ndarray, target: Dataset, kind: str) -> np.ndarray:
    n_classes = len(target.class_names)
    if scores.shape[1] != n_classes:
        raise ImportFileError(f"{path}: scores of {scores.shape[1]} classes, but {_name(target)} has {n_classes}.")
    if (kind == "probabilities") != _are_probabilities(scores):
        found, cure = "no probabilities (negative, or rows that do not sum to 1)", "logits"
        if kind == "logits":
            found, cure = "probabilities (none negative, each row sums to 1)", "probabilities"
        raise ImportFileError(f"{path}: these scores are {found}: say --kind {cure}.")
    if kind == "probabilities":
        return scores
    with np.errstate(over="ignore"):
        logits = scores.astype(np.float32)
    if not np.isfinite(logits).all():
        raise ImportFileError(f"{path}: logits up to {np.abs(scores).max():.3g} do not fit into float32.")
    return logits


def _are_probabilities(scores: np.ndarray) -> bool:
    return bool((scores >= 0).all() and np.allclose(scores.sum(axis=1, dtype=np.float64), 1, atol=1e-3))
