"""`pietools collect`: run each network over each data set, and put the predictions into the study."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from pietools.errors import CollectError
from pietools.statistics.scalars import count_near_ties, scalars_from_logits
from pietools.study import Evaluation, Model, Study
from pietools.study_file import CollectSettings, StudyFile
from pietools.training.checkpoint_files import CheckpointFile, find_checkpoints
from pietools.training.datasets import load_dataset
from pietools.training.digests import evaluation_digest, model_digest
from pietools.training.images import ImageData
from pietools.training.networks import choose_device, place
from pietools.training.prediction import check_finite, check_repeated, predict_logits
from pietools.training.pruning import realised_sparsity
from pietools.training.study_description import describe_study
from pietools.training.units import package_versions
from pietools.training.weights import load_network

DTYPE = "float32"


@dataclass(frozen=True)
class Collection:
    """What is the same for all networks: the study and its file, data sets with their content digests, the device."""

    study: Study
    study_file: StudyFile
    datasets: list[tuple[ImageData, str]]
    device: torch.device

    @property
    def settings(self) -> CollectSettings:
        """The table [collect]."""
        return self.study_file.tables.collect


def collect_study(
    study_file: StudyFile, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> list[dict[str, Any]]:
    """Collect what the study does not hold yet.

    Returns a row per network and data set: population, replicate, dataset, n_examples, is_new, and accuracy (None where
    nothing was to be done). `on_progress` is called with the examples done and the examples in all. Every network is
    read and checked before the study is touched; raises CollectError if one is missing or does not fit.
    """
    device = choose_device(study_file.tables.collect.device)
    datasets = _load_datasets(study_file)
    networks = _check_networks(study_file, datasets[0][0])
    n_examples = sum(len(data) for data, _ in datasets)
    rows = []
    with Study.open_or_create(study_file.study_path) as study:
        describe_study(study, study_file, datasets)
        collection = Collection(study, study_file, datasets, device)
        for n_done, (file, digest) in enumerate(networks, start=1):
            rows += _collect_network(collection, file, digest)
            on_progress(n_done * n_examples, len(networks) * n_examples)
    return rows


def _load_datasets(study_file: StudyFile) -> list[tuple[ImageData, str]]:
    settings = study_file.tables.data
    datasets = [load_dataset(settings, split, study_file.folder) for split in settings.evaluate]
    for data in datasets[1:]:
        if data.class_names != datasets[0].class_names:
            raise CollectError(f"{data.name} and {datasets[0].name} have different classes.")
    return [(data, data.content_digest()) for data in datasets]


def _check_networks(study_file: StudyFile, data: ImageData) -> list[tuple[CheckpointFile, str]]:
    """Read every network once, so that one that does not fit is found before an hour of collecting."""
    by_digest: dict[str, CheckpointFile] = {}
    for file in find_checkpoints(study_file):
        digest = model_digest(file.spec.network, load_network(study_file, file, data).state_dict())
        if digest in by_digest:
            raise CollectError(f"{file.name} and {by_digest[digest].name} are the same network: a network counts once.")
        by_digest[digest] = file
    return [(file, digest) for digest, file in by_digest.items()]


def _collect_network(collection: Collection, file: CheckpointFile, digest: str) -> list[dict[str, Any]]:
    """Run one network over the data sets on which the study does not have it."""
    network: nn.Module | None = None
    rows = []
    for data, content_digest in collection.datasets:
        row: dict[str, Any] = {
            "population": file.spec.name,
            "replicate": file.replicate,
            "dataset": data.name,
            "n_examples": len(data),
            "is_new": False,
            "accuracy": None,
        }
        autocast = collection.settings.autocast
        identity = evaluation_digest(digest, content_digest, data.transform, DTYPE, autocast)
        if not collection.study.has_evaluation(digest, identity):
            network = network or place(load_network(collection.study_file, file, data), collection.device)
            logits = _logits(collection, network, file.name, data)
            _add_evaluation(collection, network, file, data, logits, digest, identity)
            row |= {"is_new": True, "accuracy": float((logits.argmax(1) == data.labels.numpy()).mean())}
        rows.append(row)
    return rows


def _logits(collection: Collection, network: nn.Module, name: str, data: ImageData) -> np.ndarray:
    """Return logits, shape (n, classes), that are finite and the same on a second pass over some examples."""
    settings = collection.settings
    predict = partial(
        predict_logits,
        network,
        data,
        batch_size=settings.batch_size,
        device=collection.device,
        autocast=settings.autocast,
    )
    logits = predict(indices=torch.arange(len(data)))
    check_finite(name, data, logits)
    # One batch of the same examples: another order of summation could turn a near tie over.
    sample = torch.arange(min(settings.batch_size, len(data)))
    check_repeated(name, data, logits[: len(sample)], predict(indices=sample))
    return logits.numpy()


def _add_evaluation(
    collection: Collection,
    network: nn.Module,
    file: CheckpointFile,
    data: ImageData,
    logits: np.ndarray,
    digest: str,
    identity: str,
) -> None:
    settings = collection.settings
    train_dataset = f"{collection.study_file.tables.data.label}/train"
    is_stored = file.spec.is_trained_here and train_dataset in [stored.name for stored, _ in collection.datasets]
    model = Model(
        population=file.spec.name,
        replicate=file.replicate,
        seed=file.seed,
        model_digest=digest,
        train_dataset=train_dataset if is_stored else None,
        realised_sparsity=realised_sparsity(network),
        n_bytes=file.path.stat().st_size,
    )
    evaluation = Evaluation(
        dataset=data.name,
        evidence="logits",
        evaluation_digest=identity,
        n_near_ties=count_near_ties(logits),
        transform=data.transform,
        dtype=DTYPE,
        autocast=settings.autocast,
        device=collection.device.type,
        batch_size=settings.batch_size,
        versions=package_versions(),
    )
    predictions = scalars_from_logits(logits, data.labels.numpy())
    collection.study.add_evaluation(model, evaluation, predictions, logits, settings.logits)
