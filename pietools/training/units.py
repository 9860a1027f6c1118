"""The unit of work: one network, trained and saved."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import nn

from pietools.errors import TrainingError
from pietools.study_file import PopulationSpec, StudyFile, TrainingSettings
from pietools.training.checkpoints import check_digest, checkpoint_path, load_weights, read_sidecar, save_checkpoint
from pietools.training.datasets import load_dataset
from pietools.training.digests import json_digest, model_digest
from pietools.training.networks import build_network, choose_device, place
from pietools.training.prediction import accuracy
from pietools.training.pruning import CubicSchedule, realised_sparsity
from pietools.training.recipes import Seeds, recipe_differences, replicate_seeds, training_recipe
from pietools.training.supervised import train_supervised


@dataclass(frozen=True)
class TrainingUnit:
    """One replicate of one population; `data_digest` is the content digest of the training data."""

    study_file: StudyFile
    spec: PopulationSpec
    settings: TrainingSettings
    replicate: int
    data_digest: str

    @property
    def name(self) -> str:
        """How messages call the network."""
        return f"{self.spec.name} replicate {self.replicate}"

    @property
    def path(self) -> Path:
        """Where its weights go."""
        return checkpoint_path(self.study_file.checkpoints_path, self.spec.name, self.replicate)

    @property
    def recipe(self) -> dict[str, Any]:
        """What it is trained with."""
        return training_recipe(self.study_file, self.spec)

    @property
    def seeds(self) -> Seeds:
        """Which random numbers it is trained from."""
        return replicate_seeds(self.study_file.tables.study.seed, self.replicate)


def finished_sidecar(unit: TrainingUnit) -> dict[str, Any] | None:
    """Return the sidecar of a finished network, None if it is not finished.

    Raises TrainingError if it was trained with another recipe or on other data, and says what differs, or if its
    weights are not those that the sidecar describes.
    """
    sidecar = read_sidecar(unit.path, unit.spec.name, unit.replicate)
    if sidecar is None:
        return None
    differences = recipe_differences(sidecar["recipe"], unit.recipe)
    if sidecar["train_data_digest"] != unit.data_digest:
        differences.append("the training data have changed")
    if differences:
        raise TrainingError(
            f"{unit.path} was trained with another recipe: {'; '.join(differences)}. "
            "Set [study] checkpoints to another folder, or move this one away."
        )
    check_digest(unit.path, sidecar["model_digest"], model_digest(unit.spec.network, load_weights(unit.path)))
    return sidecar


def train_unit(unit: TrainingUnit, on_step: Callable[[], None]) -> dict[str, Any]:
    """Train a network, save it, and return its sidecar with the `seconds` that it took."""
    started = time.perf_counter()
    tables, folder = unit.study_file.tables, unit.study_file.folder
    device = choose_device(unit.settings.device)
    data = load_dataset(tables.data, "train", folder)
    torch.manual_seed(unit.seeds.initialisation)
    network = place(build_network(unit.spec.network, len(data.class_names), data.n_channels, folder), device)
    schedule = None
    if unit.spec.sparsity is not None and unit.spec.window is not None:
        schedule = CubicSchedule.in_window(unit.spec.sparsity, unit.spec.window, unit.settings.steps)
    train_supervised(network, data, unit.settings, schedule, unit.seeds.order, device, on_step)
    sidecar = _describe(unit, network, device)
    save_checkpoint(unit.path, network, sidecar)
    return {**sidecar, "seconds": time.perf_counter() - started}


def _describe(unit: TrainingUnit, network: nn.Module, device: torch.device) -> dict[str, Any]:
    """Describe a trained network for its sidecar: the same for the same seed, so without times."""
    tables = unit.study_file.tables
    test = load_dataset(tables.data, tables.data.evaluate[0], unit.study_file.folder)
    return {
        "population": unit.spec.name,
        "replicate": str(unit.replicate),
        "recipe": unit.recipe,
        "recipe_digest": json_digest(unit.recipe),
        "train_data_digest": unit.data_digest,
        "seeds": unit.seeds._asdict(),
        "model_digest": model_digest(unit.spec.network, network.state_dict()),
        "realised_sparsity": realised_sparsity(network),
        "accuracy": {test.name: accuracy(network, test, batch_size=tables.collect.batch_size, device=device)},
        "device": device.type,
        "versions": package_versions(),
    }


def package_versions() -> dict[str, str]:
    """Return the versions that decide the numbers."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    return {"python": python, **{name: version(name) for name in ("torch", "torchvision")}}
