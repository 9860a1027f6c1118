"""`pietools collect`: run each network over each data set, and put the predictions into the study."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch

from pietools.errors import CollectError
from pietools.statistics.tools.scalars import count_near_ties, kept_scalars
from pietools.study import Evaluation, Recording, Study
from pietools.study_file import CollectSettings, StudyFile
from pietools.training.checkpoints.weights import Templates, load_network
from pietools.training.data.copies import alter_datasets
from pietools.training.data.datasets import load_dataset
from pietools.training.data.images import ImageData
from pietools.training.networks import choose_device, place
from pietools.training.planned_networks import PlannedNetwork, plan_networks
from pietools.training.prediction import check_finite, check_repeated, predict_logits
from pietools.training.recording import thumbnails as small_pictures
from pietools.training.recording.collected import (
    FROM_EPOCHS,
    LoadedNetwork,
    load_epochs,
    load_probe_data,
    predict_and_record,
    wanted_recordings,
)
from pietools.training.recording.layer_probes import ProbeData
from pietools.training.recording.pixel_atypicality import ATYPICALITY, PIXELS, pixel_atypicality
from pietools.training.study_description import describe_study

N_REPEATED = 32
"""Examples that are predicted twice."""
LONGEST_SIDE, MOST_THUMBNAILS = 64, 20_000
"""Pixels of a small picture, and for how many examples there are some, unless STUDY.toml says."""


@dataclass(frozen=True)
class Collection:
    """What is the same for all networks.

    The study and its file, data sets with their content digests, training examples for the layers' probes, the device.
    """

    study: Study
    study_file: StudyFile
    datasets: list[tuple[ImageData, str]]
    probe_data: ProbeData | None
    device: torch.device
    templates: Templates

    @property
    def settings(self) -> CollectSettings:
        """The table [collect]."""
        return self.study_file.tables.collect

    def kept_logits(self, planned: PlannedNetwork, data: ImageData) -> str:
        """How the logits of a network on a data set are kept: float32, float16 or none."""
        is_copy = data.name not in self.study_file.tables.data.names
        kept = self.settings.evidence.of(planned.file.spec.role, planned.file.spec.method, is_copy=is_copy)
        return self.settings.logits if kept == "logits" else "none"


def collect_study(
    study_file: StudyFile,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    thumbnails: bool = True,
) -> list[dict[str, Any]]:
    """Collect what the study does not hold yet.

    Returns a row per network and data set: population, replicate, dataset, n_examples, is_new, accuracy (None where
    nothing was to be predicted), and recorded (tables of features, layers and epochs that were added to). `on_progress`
    is called with the examples done and the examples in all; `thumbnails`: whether small pictures are kept. Every network
    is read, checked and compared with the study before anything is stored; raises CollectError if one is missing or does
    not fit, StudyError if one contradicts what is stored.
    """
    device = choose_device(study_file.tables.collect.device)
    datasets = _load_datasets(study_file)
    probe_data = load_probe_data(study_file)
    templates: Templates = {}
    networks = plan_networks(study_file, datasets, device, templates)
    n_examples = sum(len(data) for data, _ in datasets)
    rows = []
    with Study.open_or_create(study_file.study_path) as study:
        collection = Collection(study, study_file, datasets, probe_data, device, templates)
        _describe(collection, networks)
        _add_pixel_atypicality(collection)
        if thumbnails:
            _add_thumbnails(collection)
        for n_done, network in enumerate(networks, start=1):
            rows += _collect_network(collection, network)
            on_progress(n_done * n_examples, len(networks) * n_examples)
    return rows


def _load_datasets(study_file: StudyFile) -> list[tuple[ImageData, str]]:
    settings = study_file.tables.data
    splits = [load_dataset(settings, split, study_file.folder) for split in settings.evaluate]
    for data in splits[1:]:
        if data.class_names != splits[0].class_names:
            raise CollectError(f"{data.name} and {splits[0].name} have different classes.")
    return [(data, data.content_digest()) for data in [*splits, *alter_datasets(settings, splits)]]


def _describe(collection: Collection, networks: list[PlannedNetwork]) -> None:
    """Store data sets, populations and the STUDY.toml, unless a network contradicts what the study holds."""
    with collection.study.transaction():
        describe_study(collection.study, collection.study_file, collection.datasets)
        for network in networks:
            for (data, _), evaluation in zip(collection.datasets, network.evaluations, strict=True):
                collection.study.has_evaluation(network.model, evaluation, collection.kept_logits(network, data))
                if FROM_EPOCHS in wanted_recordings(collection.study_file, network.file, data):
                    load_epochs(network.file, data)


def _add_pixel_atypicality(collection: Collection) -> None:
    """Store it where [collect] asks for it and it is not stored: machines differ in the last digit."""
    study_file = collection.study_file
    asked = [data for data, _ in collection.datasets if data.name in study_file.tables.data.names]
    stored = collection.study.properties().filter(property=ATYPICALITY, source=PIXELS)["dataset"]
    missing = [data for data in asked if data.split != "train" and data.name not in stored]
    if collection.settings.pixel_atypicality and missing:
        train = load_dataset(study_file.tables.data, "train", study_file.folder)
        for data in missing:
            values = pixel_atypicality(data, train, study_file.tables.study.seed)
            collection.study.add_property(data.name, ATYPICALITY, values, PIXELS)


def _add_thumbnails(collection: Collection) -> None:
    tables, asked = collection.study_file.tables, collection.settings.thumbnails
    for data, _ in collection.datasets:
        longest = (LONGEST_SIDE if len(data) <= MOST_THUMBNAILS else 0) if asked is None else asked
        is_asked = data.name in tables.data.names and data.split != "train"
        if longest and is_asked and not collection.study.thumbnails(data.name):
            collection.study.add_thumbnails(data.name, list(small_pictures.thumbnails(data, longest)))


def _collect_network(collection: Collection, planned: PlannedNetwork) -> list[dict[str, Any]]:
    """Run one network over the data sets on which the study does not have it, or lacks what is to be recorded."""
    loaded: LoadedNetwork | None = None
    rows = []
    # By the images: a copy with other labels has the predictions of its source.
    predicted: dict[int, np.ndarray] = {}
    for (data, _), evaluation in zip(collection.datasets, planned.evaluations, strict=True):
        is_new = not collection.study.has_evaluation(planned.model, evaluation, collection.kept_logits(planned, data))
        if missing := wanted_recordings(collection.study_file, planned.file, data):
            missing -= collection.study.recorded(planned.model, data.name)
        logits, recording = predicted.get(id(data.images)), Recording()
        if (is_new and logits is None) or missing - {FROM_EPOCHS}:
            loaded = loaded or _load(collection, planned, data)
            logits, recording = _run(loaded, data, missing)
            predicted[id(data.images)] = logits
        if FROM_EPOCHS in missing:
            recording = replace(recording, epochs=load_epochs(planned.file, data))
        logits = logits if is_new else None
        _add(collection, planned, evaluation, data, logits, recording if missing else None)
        row: dict[str, Any] = {
            "population": planned.model.population,
            "replicate": planned.model.replicate,
            "dataset": data.name,
            "n_examples": len(data),
            "is_new": is_new,
            "accuracy": None if logits is None else float((logits.argmax(1) == data.labels.numpy()).mean()),
            "recorded": sorted(missing),
        }
        rows.append(row)
    return rows


def _load(collection: Collection, planned: PlannedNetwork, data: ImageData) -> LoadedNetwork:
    network = load_network(collection.study_file, planned.file, data, collection.templates)
    network = place(network, collection.device)
    predict = partial(
        predict_logits,
        network,
        batch_size=collection.settings.batch_size,
        device=collection.device,
        autocast=collection.settings.autocast,
        name=planned.file.name,
    )
    return LoadedNetwork(planned.file.name, network, predict, collection.probe_data)


def _run(loaded: LoadedNetwork, data: ImageData, wanted: set[str]) -> tuple[np.ndarray, Recording]:
    """Return logits, shape (n, classes), that are finite, of a network that predicts some examples twice the same."""
    logits, recording = predict_and_record(loaded, data, wanted)
    check_finite(loaded.name, data, logits)
    # Both passes in batches of one size: another order of summation could turn a near tie over.
    sample = torch.arange(min(N_REPEATED, len(data)))
    check_repeated(loaded.name, data, loaded.predict(data, sample), loaded.predict(data, sample))
    return logits.numpy(), recording


def _add(
    collection: Collection,
    planned: PlannedNetwork,
    evaluation: Evaluation,
    data: ImageData,
    logits: np.ndarray | None,
    recording: Recording | None,
) -> None:
    """Add what is new, in one transaction."""
    study = collection.study
    with study.transaction():
        if logits is not None:
            predictions = kept_scalars(logits, data.labels.numpy(), evaluation.evidence, collection.settings.scalars)
            evaluation = replace(evaluation, n_near_ties=count_near_ties(logits))
            study.add_evaluation(planned.model, evaluation, predictions, logits, collection.kept_logits(planned, data))
        if recording is not None:
            dtype = "float16" if collection.settings.logits == "float16" else "float32"
            study.add_recording(planned.model, data.name, recording, dtype)
