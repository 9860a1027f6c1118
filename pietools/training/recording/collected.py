"""What collect keeps of a network beyond its predictions: features, the labels of its layers' probes, its epochs."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch
from torch import Tensor, nn

from pietools.study import EpochPredictions, LayerPredictions, Recording
from pietools.study_file import StudyFile
from pietools.training.checkpoints.files import read_sidecar
from pietools.training.checkpoints.finding import CheckpointFile
from pietools.training.data.datasets import load_dataset
from pietools.training.data.images import ImageData
from pietools.training.recording.epochs import read_epochs, recorded_datasets
from pietools.training.recording.layer_inputs import SOFTMAX, watch_layers, watch_penultimate
from pietools.training.recording.layer_probes import LayerProbes, ProbeData, choose_probe_data, classify, fit_probes

FROM_EPOCHS = "epoch_predictions"
"""The table that needs no forward pass."""


@dataclass(frozen=True)
class LoadedNetwork:
    """A network on its device; `predict` returns its logits on the examples of a data set at some indices."""

    name: str
    network: nn.Module
    predict: Callable[[ImageData, Tensor], Tensor]
    probe_data: ProbeData | None

    @cached_property
    def probes(self) -> LayerProbes:
        """The probes of its layers, fitted when they are first asked for; there must be `probe_data`."""
        assert self.probe_data is not None
        return fit_probes(self.network, self.probe_data, self.predict)


def load_probe_data(study_file: StudyFile) -> ProbeData | None:
    """Choose the training examples of the probes, None if [collect] asks for no probes.

    Raises TrainingError if there are no training data.
    """
    tables = study_file.tables
    if not tables.collect.layer_predictions:
        return None
    return choose_probe_data(load_dataset(tables.data, "train", study_file.folder), tables.study.seed)


def wanted_recordings(study_file: StudyFile, file: CheckpointFile, data: ImageData) -> set[str]:
    """Return the tables that are to hold a network on a data set; none for altered copies."""
    tables = study_file.tables
    if data.name not in tables.data.names:
        return set()
    wanted = {"features"} if tables.collect.features else set()
    if tables.collect.layer_predictions:
        wanted.add("layer_predictions")
    asked = tables.training.record if tables.training and file.spec.is_trained_here else []
    if data.split in asked and data.name in recorded_datasets(_sidecar(file)):
        wanted.add(FROM_EPOCHS)
    return wanted


def load_epochs(file: CheckpointFile, data: ImageData) -> EpochPredictions:
    """Read what was recorded in training; CollectError if it is not what the sidecar describes."""
    return read_epochs(file.path, _sidecar(file), data.name)


def predict_and_record(loaded: LoadedNetwork, data: ImageData, wanted: set[str]) -> tuple[Tensor, Recording]:
    """Return the logits of all examples, shape (n, classes), and from the same forward pass what is wanted."""
    features: list[Tensor] = []
    labels: list[Tensor] = []
    # Fitted before anything watches: that takes a forward pass of its own.
    probes = loaded.probes if "layer_predictions" in wanted else None
    with ExitStack() as watched:
        if "features" in wanted:
            watched.enter_context(
                watch_penultimate(loaded.network, loaded.name, lambda batch: features.append(batch.cpu()))
            )
        if probes is not None:
            ask = partial(_ask, probes, data, labels)
            watched.enter_context(watch_layers(loaded.network, ask))
        logits = loaded.predict(data, torch.arange(len(data)))
    return logits, Recording(
        features=torch.cat(features).numpy() if features else None,
        layers=LayerPredictions(list(probes.training), torch.cat(labels, 1).numpy()) if probes else None,
    )


def _ask(probes: LayerProbes, data: ImageData, labels: list[Tensor], embedded: dict[str, Tensor]) -> None:
    """Append the labels of the next batch, in which no training example is its own neighbour."""
    start = sum(batch.shape[1] for batch in labels)
    own = torch.arange(start, start + len(embedded[SOFTMAX])) if data.name == probes.data.data.name else None
    labels.append(classify(probes, embedded, own))


def _sidecar(file: CheckpointFile) -> dict[str, Any]:
    return read_sidecar(file.path, file.spec.name, int(file.replicate or 0)) or {}
