"""Running one network over data sets: the rows that a study keeps of it, and what else is recorded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch

from pietools.errors import CollectError
from pietools.statistics.tools.scalars import count_near_ties, kept_scalars
from pietools.study import Evaluation, Recording
from pietools.study.evaluation_rows import EvaluationRows
from pietools.study_file import CollectSettings, StudyFile
from pietools.training.checkpoints.weights import Templates, load_network
from pietools.training.data.copies import alter_datasets
from pietools.training.data.datasets import load_dataset
from pietools.training.data.images import ImageData
from pietools.training.networks import choose_device, place
from pietools.training.planned_networks import PlannedNetwork
from pietools.training.prediction import check_accuracy, check_finite, check_repeated, predict_logits
from pietools.training.recording.collected import (
    FROM_EPOCHS,
    LoadedNetwork,
    load_epochs,
    load_probe_data,
    predict_and_record,
)
from pietools.training.recording.layer_probes import ProbeData
from pietools.training.units import package_versions

N_REPEATED = 32
"""Examples that are predicted twice."""


@dataclass(frozen=True)
class Inputs:
    """What is the same for all networks.

    Data sets with their content digests, training examples for the layers' probes, the device, networks as built.
    """

    study_file: StudyFile
    datasets: list[tuple[ImageData, str]]
    probe_data: ProbeData | None
    device: torch.device
    templates: Templates

    @property
    def settings(self) -> CollectSettings:
        """The table [collect]."""
        return self.study_file.tables.collect

    @property
    def features_dtype(self) -> str:
        """How features are kept: float32 or float16."""
        return "float16" if self.settings.logits == "float16" else "float32"

    def kept_logits(self, planned: PlannedNetwork, data: ImageData) -> str:
        """How the logits of a network on a data set are kept: float32, float16 or none."""
        is_copy = data.name not in self.study_file.tables.data.names
        kept = self.settings.evidence.of(planned.file.spec.role, planned.file.spec.method, is_copy=is_copy)
        return self.settings.logits if kept == "logits" else "none"


@dataclass(frozen=True)
class Missing:
    """What is to be found of a network on a data set: its predictions, and tables of what else is recorded."""

    predictions: bool
    recordings: frozenset[str]

    def __bool__(self) -> bool:
        return self.predictions or bool(self.recordings)


NOTHING = Missing(False, frozenset())


@dataclass(frozen=True)
class Run:
    """What was found: `rows` and `accuracy` are None where only recordings were missing."""

    evaluation: Evaluation
    rows: EvaluationRows | None
    recording: Recording
    accuracy: float | None


def load_inputs(study_file: StudyFile, device: str | None = None) -> Inputs:
    """Load all data sets, for networks on a device, that of the STUDY.toml unless given.

    Raises CollectError or TrainingError if a data set is missing or does not fit.
    """
    settings = study_file.tables.data
    splits = [load_dataset(settings, split, study_file.folder) for split in settings.evaluate]
    for data in splits[1:]:
        if data.class_names != splits[0].class_names:
            raise CollectError(f"{data.name} and {splits[0].name} have different classes.")
    datasets = [(data, data.content_digest()) for data in [*splits, *alter_datasets(settings, splits)]]
    chosen = choose_device(device or study_file.tables.collect.device)
    return Inputs(study_file, datasets, load_probe_data(study_file), chosen, {})


def run_network(inputs: Inputs, planned: PlannedNetwork, missing: Mapping[str, Missing]) -> Iterator[Run]:
    """Run a network over those data sets of which something is missing, by their names, and yield what was found of each.

    The network is loaded if it has to be, once.
    """
    loaded: LoadedNetwork | None = None
    # By the images: a copy with other labels has the predictions of its source.
    predicted: dict[int, np.ndarray] = {}
    for (data, _), evaluation in zip(inputs.datasets, planned.evaluations, strict=True):
        wanted = missing.get(data.name)
        if not wanted:
            continue
        logits, recording = predicted.get(id(data.images)), Recording()
        if (wanted.predictions and logits is None) or wanted.recordings - {FROM_EPOCHS}:
            loaded = loaded or _load(inputs, planned, data)
            logits, recording = _predict(loaded, data, set(wanted.recordings))
            predicted[id(data.images)] = logits
        if FROM_EPOCHS in wanted.recordings:
            recording = replace(recording, epochs=load_epochs(planned.file, data))
        yield _found(inputs, planned, data, evaluation, logits if wanted.predictions else None, recording)


def _found(
    inputs: Inputs,
    planned: PlannedNetwork,
    data: ImageData,
    evaluation: Evaluation,
    logits: np.ndarray | None,
    recording: Recording,
) -> Run:
    if logits is None:
        return Run(evaluation, None, recording, None)
    labels = data.labels.numpy()
    predictions = kept_scalars(logits, labels, evaluation.evidence, inputs.settings.scalars)
    if not inputs.settings.autocast:
        check_accuracy(planned.file.name, planned.file.spec.network, data, logits, planned.file.stated_accuracy)
    return Run(
        evaluation=replace(
            evaluation, n_near_ties=count_near_ties(logits), device=inputs.device.type, versions=package_versions()
        ),
        rows=EvaluationRows.of(predictions, logits, inputs.kept_logits(planned, data)),
        recording=recording,
        accuracy=float((logits.argmax(1) == labels).mean()),
    )


def _load(inputs: Inputs, planned: PlannedNetwork, data: ImageData) -> LoadedNetwork:
    network = load_network(inputs.study_file, planned.file, data, inputs.templates, planned.model.model_digest)
    network = place(network, inputs.device)
    predict = partial(
        predict_logits,
        network,
        batch_size=inputs.settings.batch_size,
        device=inputs.device,
        autocast=inputs.settings.autocast,
        name=planned.file.name,
    )
    return LoadedNetwork(planned.file.name, network, predict, inputs.probe_data)


def _predict(loaded: LoadedNetwork, data: ImageData, wanted: set[str]) -> tuple[np.ndarray, Recording]:
    """Return logits, shape (n, classes), that are finite, of a network that predicts some examples twice the same."""
    logits, recording = predict_and_record(loaded, data, wanted)
    check_finite(loaded.name, data, logits)
    # Both passes in batches of one size: another order of summation could turn a near tie over.
    sample = torch.arange(min(N_REPEATED, len(data)))
    check_repeated(loaded.name, data, loaded.predict(data, sample), loaded.predict(data, sample))
    return logits.numpy(), recording
