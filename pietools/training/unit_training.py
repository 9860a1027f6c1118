"""Making the network of a unit, and what its sidecar says of it."""

import time
from dataclasses import asdict
from typing import Any

import torch

from pietools.errors import TrainingError
from pietools.training.checkpoints.digests import json_digest, model_digest
from pietools.training.checkpoints.files import extra_path, load_weights, read_sidecar, save_checkpoint
from pietools.training.compression.layers import describe_layers
from pietools.training.compression.pruning import realised_sparsity
from pietools.training.data.datasets import load_dataset
from pietools.training.data.label_noise import plant_label_noise
from pietools.training.data.labelled import labelled_examples
from pietools.training.making import Made, ParentWeights, Watch, make_network
from pietools.training.networks import build_network, choose_device, place
from pietools.training.optimisation import OnStep
from pietools.training.prediction import accuracy
from pietools.training.recording.epochs import EpochRecorder
from pietools.training.regimes.task import Task
from pietools.training.units import TrainingUnit, package_versions, parent_digest


def train_unit(unit: TrainingUnit, on_step: OnStep) -> dict[str, Any]:
    """Make a network, save it, and return its sidecar with the `seconds` that it took."""
    started = time.perf_counter()
    task = training_task(unit)
    recorder = _recorder(unit, task)
    made = make_network(task, unit.spec, _parent_weights(unit), Watch(on_step, recorder.after_epoch))
    sidecar = _describe(unit, made, task.device) | recorder.save(unit.path)
    save_checkpoint(unit.path, made.stored, sidecar, made.extra)
    return {**sidecar, "seconds": time.perf_counter() - started}


def _recorder(unit: TrainingUnit, task: Task) -> EpochRecorder:
    tables, folder = unit.study_file.tables, unit.study_file.folder
    splits = [load_dataset(tables.data, split, folder) for split in unit.settings.record]
    return EpochRecorder(splits, batch_size=tables.collect.batch_size, device=task.device)


def training_task(unit: TrainingUnit) -> Task:
    """Build the network of a unit from its seed, and gather what its training works on."""
    tables, folder, device = unit.study_file.tables, unit.study_file.folder, choose_device(unit.settings.device)
    data = load_dataset(tables.data, "train", folder)
    torch.manual_seed(unit.seeds.initialisation)
    network = build_network(
        unit.spec.network, len(data.class_names), data.n_channels, folder, image_size=data.image_shape[1:]
    )
    labels = data.labels
    if unit.spec.label_noise:
        labels = plant_label_noise(labels, len(data.class_names), unit.spec.label_noise, tables.study.seed)
    return Task(
        network=place(network, device),
        data=data,
        labels=labels,
        # By the true labels: which examples are labelled does not depend on noise.
        labelled=labelled_examples(data.labels, unit.settings.labelled_fraction or 1.0, tables.study.seed),
        settings=unit.settings,
        regime=unit.regime,
        seeds=unit.seeds,
        device=device,
    )


def _parent_weights(unit: TrainingUnit) -> ParentWeights | None:
    """Read the parent's weights; TrainingError if the projection head beside them is not the one it was trained with."""
    if unit.parent_path is None or unit.spec.parent is None:
        return None
    sidecar, path = read_sidecar(unit.parent_path, unit.spec.parent, unit.replicate), extra_path(unit.parent_path)
    extra = load_weights(path) if path.is_file() else {}
    if sidecar is not None and sidecar.get("extra_digest") != model_digest("extra", extra):
        advice = f"Move {unit.parent_path} and its sidecar away, and the network is trained again"
        raise TrainingError(f"{path} is not what {unit.parent_name} was trained with. {advice}.")
    return ParentWeights(load_weights(unit.parent_path), extra)


def _describe(unit: TrainingUnit, made: Made, device: torch.device) -> dict[str, Any]:
    """Describe a trained network for its sidecar: the same for the same seed, so without times."""
    tables = unit.study_file.tables
    test = load_dataset(tables.data, tables.data.evaluate[0], unit.study_file.folder)
    return {
        "population": unit.spec.name,
        "replicate": str(unit.replicate),
        "recipe": unit.recipe,
        "recipe_digest": json_digest(unit.recipe),
        "train_data_digest": unit.data_digest,
        "parent_digest": parent_digest(unit),
        "seeds": unit.seeds._asdict(),
        "model_digest": model_digest(unit.spec.network, made.stored),
        "realised_sparsity": realised_sparsity(made.network),
        "layers": [asdict(layer) for layer in describe_layers(made.network, made.stored)],
        "quantized": made.quantized,
        "extra_digest": model_digest("extra", made.extra),
        "accuracy": {test.name: accuracy(made.network, test, batch_size=tables.collect.batch_size, device=device)},
        "device": device.type,
        "versions": package_versions(),
    }
