"""`pietools collect`: run each network over each data set, and put the predictions into the study."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from pietools.errors import CollectError
from pietools.statistics.scalars import count_near_ties, scalars_from_logits
from pietools.study import Evaluation, Study
from pietools.study_file import CollectSettings, StudyFile
from pietools.training.datasets import load_dataset
from pietools.training.images import ImageData
from pietools.training.networks import choose_device, place
from pietools.training.planned_networks import PlannedNetwork, plan_networks
from pietools.training.prediction import check_finite, check_repeated, predict_logits
from pietools.training.study_description import describe_study
from pietools.training.weights import Templates, load_network

N_REPEATED = 32
"""Examples that are predicted twice."""


@dataclass(frozen=True)
class Collection:
    """What is the same for all networks: the study and its file, data sets with their content digests, the device."""

    study: Study
    study_file: StudyFile
    datasets: list[tuple[ImageData, str]]
    device: torch.device
    templates: Templates

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
    read, checked and compared with the study before anything is stored; raises CollectError if one is missing or does
    not fit, StudyError if one contradicts what is stored.
    """
    device = choose_device(study_file.tables.collect.device)
    datasets = _load_datasets(study_file)
    templates: Templates = {}
    networks = plan_networks(study_file, datasets, device, templates)
    n_examples = sum(len(data) for data, _ in datasets)
    rows = []
    with Study.open_or_create(study_file.study_path) as study:
        collection = Collection(study, study_file, datasets, device, templates)
        _describe(collection, networks)
        for n_done, network in enumerate(networks, start=1):
            rows += _collect_network(collection, network)
            on_progress(n_done * n_examples, len(networks) * n_examples)
    return rows


def _load_datasets(study_file: StudyFile) -> list[tuple[ImageData, str]]:
    settings = study_file.tables.data
    datasets = [load_dataset(settings, split, study_file.folder) for split in settings.evaluate]
    for data in datasets[1:]:
        if data.class_names != datasets[0].class_names:
            raise CollectError(f"{data.name} and {datasets[0].name} have different classes.")
    return [(data, data.content_digest()) for data in datasets]


def _describe(collection: Collection, networks: list[PlannedNetwork]) -> None:
    """Store data sets, populations and the STUDY.toml, unless a network contradicts what the study holds."""
    with collection.study.transaction():
        describe_study(collection.study, collection.study_file, collection.datasets)
        for network in networks:
            for evaluation in network.evaluations:
                collection.study.has_evaluation(network.model, evaluation, collection.settings.logits)


def _collect_network(collection: Collection, planned: PlannedNetwork) -> list[dict[str, Any]]:
    """Run one network over the data sets on which the study does not have it."""
    network: nn.Module | None = None
    rows = []
    for (data, _), evaluation in zip(collection.datasets, planned.evaluations, strict=True):
        row: dict[str, Any] = {
            "population": planned.model.population,
            "replicate": planned.model.replicate,
            "dataset": data.name,
            "n_examples": len(data),
            "is_new": False,
            "accuracy": None,
        }
        if not collection.study.has_evaluation(planned.model, evaluation, collection.settings.logits):
            network = network or place(_load(collection, planned, data), collection.device)
            logits = _logits(collection, network, planned.file.name, data)
            _add_evaluation(collection, planned, evaluation, data, logits)
            row |= {"is_new": True, "accuracy": float((logits.argmax(1) == data.labels.numpy()).mean())}
        rows.append(row)
    return rows


def _load(collection: Collection, planned: PlannedNetwork, data: ImageData) -> nn.Module:
    return load_network(collection.study_file, planned.file, data, collection.templates)


def _logits(collection: Collection, network: nn.Module, name: str, data: ImageData) -> np.ndarray:
    """Return logits, shape (n, classes), that are finite, of a network that predicts some examples twice the same."""
    settings = collection.settings
    predict = partial(
        predict_logits,
        network,
        data,
        batch_size=settings.batch_size,
        device=collection.device,
        autocast=settings.autocast,
        name=name,
    )
    logits = predict(indices=torch.arange(len(data)))
    check_finite(name, data, logits)
    # Both passes in batches of one size: another order of summation could turn a near tie over.
    sample = torch.arange(min(N_REPEATED, len(data)))
    check_repeated(name, data, predict(indices=sample), predict(indices=sample))
    return logits.numpy()


def _add_evaluation(
    collection: Collection, planned: PlannedNetwork, evaluation: Evaluation, data: ImageData, logits: np.ndarray
) -> None:
    predictions = scalars_from_logits(logits, data.labels.numpy())
    evaluation = replace(evaluation, n_near_ties=count_near_ties(logits))
    collection.study.add_evaluation(planned.model, evaluation, predictions, logits, collection.settings.logits)
