"""What can be found out before anything is trained: a minute's answer in place of an hour's."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from pietools.errors import CollectError, TrainingError
from pietools.study_file import PopulationSpec, has_probe
from pietools.training.boundary import boundary
from pietools.training.checkpoints.files import load_weights
from pietools.training.checkpoints.finding import CheckpointFile
from pietools.training.checkpoints.weights import with_weights
from pietools.training.compression.pruning import prunable_weights
from pietools.training.data.copies import alter_datasets
from pietools.training.data.datasets import load_dataset
from pietools.training.data.images import ImageData
from pietools.training.networks import build_network, check_takes, choose_device, place
from pietools.training.optimisation import Schedule, optimise
from pietools.training.prediction import check_accuracy, predict_logits
from pietools.training.regimes import REGIMES
from pietools.training.regimes.heads import as_encoder, classifier
from pietools.training.unit_training import training_task
from pietools.training.units import TrainingUnit

MOST_ASKED = 20_000
"""Examples that a finished network is asked again before more are trained: a minute's work."""


def check_units(units: Sequence[TrainingUnit], finished: Mapping[str, dict[str, Any]] = MappingProxyType({})) -> None:
    """Raise TrainingError if data, copies or network cannot be had, or do not allow what the populations ask for.

    Takes one step in every regime. `finished`: sidecars of networks that are there, by the names of their units; CollectError if
    the network is not what the first of them was trained with.
    """
    study_file = units[0].study_file
    settings, folder = study_file.tables.data, study_file.folder
    splits = [load_dataset(settings, split, folder) for split in settings.evaluate]
    alter_datasets(settings, splits)
    data, name = splits[0], study_file.tables.study.network
    n_classes, image_size = len(data.class_names), data.image_shape[1:]
    network = build_network(name, n_classes, data.n_channels, folder, image_size=image_size)
    check_takes(name, network, data.image_shape)
    predict_logits(network, data, torch.arange(1), batch_size=1, device=torch.device("cpu"), name=f"'{name}'")
    known = next((unit for unit in units if unit.name in finished), None)
    if known is not None and name.startswith("python:") and len(data) <= MOST_ASKED:
        _check_same(known, finished[known.name], network, data)
    for spec in {unit.spec.name: unit.spec for unit in units}.values():
        _check_layers(spec, network, data)
    for unit in {unit.spec.regime: unit for unit in reversed(units)}.values():
        _take_step(unit)
    for unit in {unit.spec.label_noise: unit for unit in units if unit.spec.label_noise}.values():
        training_task(unit)


def _check_same(unit: TrainingUnit, sidecar: dict[str, Any], network: nn.Module, data: ImageData) -> None:
    """Raise CollectError if the network with the weights of a finished unit does not do what it did: others would be beside it."""
    name = unit.spec.network
    file = CheckpointFile(unit.spec, unit.path, str(unit.replicate))
    found = with_weights(unit.study_file, file, load_weights(unit.path), data, {name: network})
    everything, size = torch.arange(len(data)), unit.study_file.tables.collect.batch_size
    device = choose_device(unit.settings.device)
    logits = predict_logits(place(found, device), data, everything, batch_size=size, device=device, name=file.name)
    check_accuracy(file.name, name, data, logits.numpy(), sidecar["accuracy"])


def _check_layers(spec: PopulationSpec, network: nn.Module, data: ImageData) -> None:
    """Ask for the layers that pruning and heads need."""
    if spec.pruning is not None:
        weights = prunable_weights(network).values()
        if spec.pruning.criterion == "2:4" and all(weight.shape[1] % 4 for weight in weights):
            raise TrainingError(
                "2:4 needs a prunable layer whose input channels are a multiple of four: there is none."
            )
    if spec.training is not None and (has_probe(spec.training) or spec.training.head or spec.is_head_refitted):
        _check_classifier(network, data)


def _check_classifier(network: nn.Module, data: ImageData) -> None:
    """Raise TrainingError unless the last linear layer, with a bias, is what makes logits of features."""
    layer = classifier(network)
    if layer.bias is None:
        raise TrainingError("the network's last linear layer has no bias, which a linear probe needs.")
    few = torch.arange(min(2, len(data)))
    logits = predict_logits(network, data, few, batch_size=2, device=torch.device("cpu"))
    problem = (
        "the network's last linear layer does not give its logits, so that there is no encoder to train or to probe"
    )
    try:
        with as_encoder(network):
            cpu, width = torch.device("cpu"), layer.in_features
            features = predict_logits(network, data, few, batch_size=2, device=cpu, width=width)
    except CollectError as error:
        raise TrainingError(f"{problem}.") from error
    with torch.no_grad():
        if layer.out_features != len(data.class_names) or not torch.allclose(layer(features), logits, atol=1e-4):
            raise TrainingError(f"{problem}.")


def _take_step(unit: TrainingUnit) -> None:
    """Take one step as in training, on a network that is thrown away."""
    task = training_task(unit)
    regime = REGIMES[task.regime.name](task)
    task.network.train()
    with boundary(f"{unit.spec.regime} cannot be trained"):
        optimise(regime.loss, regime.parameters(), Schedule(1, 0.0, 0.0, 0.0, "cosine"), lambda step: None)
