"""Puts predictions that were made elsewhere into a study: aligned, checked, all or nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from pietools.errors import ImportFileError
from pietools.reading import FilePredictions, Source, read
from pietools.records import Dataset, Evaluation, Model, Population
from pietools.statistics.scalars import count_near_ties, scalars_from_labels, scalars_from_logits
from pietools.study import Study

KINDS = ("labels", "logits", "probabilities")
# The smallest normal float32: log of a probability of 0.
TINY = np.finfo(np.float32).tiny


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

    Raises
    ------
    ImportFileError, StudyError
        If a file cannot be read or contradicts another or the study; nothing is added then.
    """
    found = [read(path, source) for path in files]
    with study.transaction():
        target = _dataset(study, dataset, found, class_names)
        study.add_dataset(target)
        study.add_population(_with_role(study, population))
        models = [model for one in found for model in _models(one, target, kind)]
        return _add(study, target, population.name, models, logits_dtype)


@dataclass(frozen=True)
class _Predictions:
    """One network's predictions in the order of the data set: labels (n,) or log scores (n, m)."""

    replicate: str | None
    kind: str
    scores: np.ndarray

    @property
    def digest(self) -> str:
        kept = self.scores.astype("<i4" if self.kind == "labels" else "<f4")
        return f"sha256:{sha256(self.kind.encode() + np.ascontiguousarray(kept).tobytes()).hexdigest()}"


def _add(study: Study, target: Dataset, population: str, models: list[_Predictions], logits_dtype: str) -> Imported:
    """Add each network that is not there yet. Unnamed ones are known by their predictions, as often as they occur."""
    unnamed = Counter(study.unnamed_evaluations(population, target.name))
    warnings, seen, top1, n_added = [], set(), [], 0
    for model in models:
        digest = model.digest
        if digest in seen:
            warnings.append(f"{population}: two networks have exactly the same predictions.")
        seen.add(digest)
        is_logits = model.kind != "labels"
        predictions = (
            scalars_from_logits(model.scores, target.labels) if is_logits else scalars_from_labels(model.scores)
        )
        if model.replicate is None and unnamed[digest]:
            unnamed[digest] -= 1
        else:
            n_added += study.add_evaluation(
                Model(population, model.replicate),
                Evaluation(target.name, model.kind, digest, count_near_ties(model.scores) if is_logits else None),
                predictions,
                model.scores if is_logits else None,
                logits_dtype,
            )
        labelled = target.labels >= 0
        if labelled.any():
            top1.append(float((predictions["predicted_label"].to_numpy() == target.labels)[labelled].mean()))
    return Imported(
        target.name, population, len(target.keys), len(target.class_names), len(models), n_added, top1, warnings
    )


def _with_role(study: Study, population: Population) -> Population:
    if population.role:
        return population
    if population.reference is not None:
        return replace(population, role="compressed")
    stored = dict(study.populations().select("name", "role").rows())
    return replace(population, role=stored.get(population.name, "dense"))


# The data set


def _dataset(study: Study, name: str, found: list[FilePredictions], class_names: Sequence[str] | None) -> Dataset:
    """The stored data set of that name, checked against what the files say; or a new one from the first file."""
    stored = study.dataset(name)
    first = found[0]
    if stored is None:
        keys = first.keys or [str(i) for i in range(first.scores.shape[1])]
        names = list(class_names or _class_names(found))
        labels = np.full(len(keys), -1, dtype=np.int32)
        stored = Dataset(name, keys, labels, names)
        if first.labels is not None:
            stored = replace(stored, labels=_class_indices(first.path, first.labels, names))
    elif class_names is not None:
        stored = replace(stored, class_names=list(class_names))
    for one in found:
        _check_labels(one, stored)
    return stored


def _class_names(found: list[FilePredictions]) -> list[str]:
    """Names of the classes of a new data set: text as it occurs, sorted; else numbers."""
    if not found[0].is_labels:
        return [str(c) for c in range(found[0].scores.shape[2])]
    values = [array for one in found for array in (one.scores, one.labels) if array is not None]
    if values[0].dtype.kind == "U":
        return sorted({str(value) for array in values for value in np.unique(array)} - {""})
    return [str(c) for c in range(max(int(array.max()) for array in values) + 1)]


def _class_indices(path: Path, values: np.ndarray, class_names: Sequence[str]) -> np.ndarray:
    """Labels as class indices, int32 with −1 for missing; text is looked up among the class names."""
    if values.dtype.kind == "U":
        index = {name: i for i, name in enumerate(class_names)} | {"": -1}
        if unknown := sorted(set(np.unique(values)) - set(index)):
            raise ImportFileError(
                f"{path}: no class is named '{unknown[0]}'. The data set has: {', '.join(class_names[:20])}."
            )
        names, inverse = np.unique(values, return_inverse=True)
        return np.array([index[str(name)] for name in names], dtype=np.int32)[inverse].reshape(values.shape)
    if values.dtype.kind not in "iu":
        raise ImportFileError(f"{path}: labels of type {values.dtype}. Allowed: integers from 0, or class names.")
    if values.min() < -1 or values.max() >= len(class_names):
        wrong = values[(values < -1) | (values >= len(class_names))][0]
        raise ImportFileError(
            f"{path}: label {wrong}, but the data set has {len(class_names)} classes, 0 to {len(class_names) - 1}."
        )
    return values.astype(np.int32)


def _check_labels(one: FilePredictions, target: Dataset) -> None:
    n = one.scores.shape[1]
    if n != len(target.keys):
        raise ImportFileError(f"{one.path}: {n} examples, but data set '{target.name}' has {len(target.keys)}.")
    if one.labels is None:
        return
    labels = _class_indices(one.path, one.labels, target.class_names)[_order(one, target)]
    differs = np.flatnonzero(labels != target.labels)
    if len(differs):
        first = differs[0]
        raise ImportFileError(
            f"{one.path}: the labels contradict those of data set '{target.name}' on {len(differs)} of {n} examples, first "
            f"'{target.keys[first]}': stored {target.labels[first]}, found {labels[first]}. Is the order of the examples the same?"
        )


def _order(one: FilePredictions, target: Dataset) -> np.ndarray:
    """Rows of the file in the order of the data set: by key if the file has keys, else as they stand."""
    if one.keys is None:
        return np.arange(len(target.keys))
    row = {key: i for i, key in enumerate(one.keys)}
    if missing := next((key for key in target.keys if key not in row), None):
        raise ImportFileError(f"{one.path} has no example '{missing}', which data set '{target.name}' has.")
    return np.array([row[key] for key in target.keys])


# The networks


def _models(one: FilePredictions, target: Dataset, kind: str | None) -> list[_Predictions]:
    kind = kind or ("labels" if one.is_labels else "logits")
    if (kind == "labels") != one.is_labels:
        raise ImportFileError(
            f"{one.path}: predictions of shape {one.scores.shape} and type {one.scores.dtype} are "
            f"{'labels' if one.is_labels else 'scores'}, not {kind}."
        )
    order = _order(one, target)
    replicates: Sequence[str | None] = one.replicates or [None] * len(one.scores)
    to_scores = {"labels": _labels, "logits": _logits, "probabilities": _log_probabilities}[kind]
    return [
        _Predictions(replicate, kind, to_scores(one.path, scores[order], target))
        for replicate, scores in zip(replicates, one.scores, strict=True)
    ]


def _labels(path: Path, values: np.ndarray, target: Dataset) -> np.ndarray:
    labels = _class_indices(path, values, target.class_names)
    if labels.min() < 0:
        raise ImportFileError(
            f"{path}: a predicted label is missing or negative, first for example '{target.keys[int(labels.argmin())]}'."
        )
    return labels


def _logits(path: Path, scores: np.ndarray, target: Dataset) -> np.ndarray:
    n_classes = scores.shape[1]
    if n_classes != len(target.class_names):
        raise ImportFileError(
            f"{path}: scores of {n_classes} classes, but data set '{target.name}' has {len(target.class_names)}."
        )
    if _are_probabilities(scores):
        raise ImportFileError(
            f"{path}: these scores are probabilities (none negative, each row sums to 1): say --kind probabilities."
        )
    return scores.astype(np.float32)


def _log_probabilities(path: Path, scores: np.ndarray, target: Dataset) -> np.ndarray:
    if not _are_probabilities(scores):
        raise ImportFileError(
            f"{path}: these scores are no probabilities (negative, or rows that do not sum to 1): say --kind logits."
        )
    if scores.shape[1] != len(target.class_names):
        raise ImportFileError(
            f"{path}: probabilities of {scores.shape[1]} classes, but data set '{target.name}' has {len(target.class_names)}."
        )
    return np.log(np.maximum(scores, TINY)).astype(np.float32)


def _are_probabilities(scores: np.ndarray) -> bool:
    return bool((scores >= 0).all() and np.allclose(scores.sum(axis=1, dtype=np.float64), 1, atol=1e-3))
