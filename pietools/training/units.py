"""The unit of work: one network, made and saved."""

import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pietools.errors import TrainingError
from pietools.study.recipes import recipe_differences
from pietools.study_file import (
    PopulationSpec,
    RegimeSettings,
    StudyFile,
    TrainingSettings,
    has_probe,
    n_training_images,
)
from pietools.training.checkpoints.digests import model_digest
from pietools.training.checkpoints.files import check_digest, checkpoint_path, load_weights, read_sidecar
from pietools.training.recipes import Seeds, replicate_seeds, training_recipe
from pietools.training.recording.epochs import recorded_datasets


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
    def parent_name(self) -> str | None:
        """How messages call the network whose weights it takes."""
        return f"{self.spec.parent} replicate {self.replicate}" if self.spec.parent else None

    @property
    def parent_path(self) -> Path | None:
        """Where the weights are that it takes."""
        if self.spec.parent is None:
            return None
        return checkpoint_path(self.study_file.checkpoints_path, self.spec.parent, self.replicate)

    @property
    def regime(self) -> RegimeSettings:
        """How labels are used; every population that is trained here has a regime."""
        assert self.spec.training is not None
        return self.spec.training

    @property
    def recipe(self) -> dict[str, Any]:
        """What it is trained with."""
        return training_recipe(self.study_file, self.spec)

    @property
    def seeds(self) -> Seeds:
        """Which random numbers it is trained from."""
        return replicate_seeds(self.study_file.tables.study.seed, self.replicate)

    @property
    def n_images(self) -> int:
        """Count the images that training passes through the network, without a linear probe."""
        return n_training_images(self.settings, self.spec)


def finished_sidecar(unit: TrainingUnit) -> dict[str, Any] | None:
    """Return the sidecar of a finished network, None if it is not finished.

    Raises TrainingError if it was trained with another recipe, on other data, or from another parent, and says what
    differs, or if its weights are not those that the sidecar describes.
    """
    sidecar = read_sidecar(unit.path, unit.spec.name, unit.replicate)
    if sidecar is None:
        return None
    differences = recipe_differences(sidecar["recipe"], unit.recipe)
    if sidecar["train_data_digest"] != unit.data_digest:
        differences.append("the training data have changed")
    if parent_digest(unit) not in (None, sidecar.get("parent_digest")):
        differences.append(f"{unit.parent_name} has changed")
    if _keeps_epochs(unit.spec) and (missing := _asked_epochs(unit) - set(recorded_datasets(sidecar))):
        differences.append(f"[training] record now has {', '.join(sorted(missing))}")
    if differences:
        raise TrainingError(
            f"{unit.path} was trained with another recipe: {'; '.join(differences)}. "
            "Set [study] checkpoints to another folder, or move this one away."
        )
    check_digest(unit.path, sidecar["model_digest"], model_digest(unit.spec.network, load_weights(unit.path)))
    return sidecar


def _asked_epochs(unit: TrainingUnit) -> set[str]:
    return {f"{unit.study_file.tables.data.label}/{split}" for split in unit.settings.record}


def _keeps_epochs(spec: PopulationSpec) -> bool:
    """Whether a network's outputs are trained as logits in making it: otherwise there are no epochs to keep."""
    assert spec.training is not None
    if spec.parent is not None:
        return spec.fine_tune_steps > 0 and not has_probe(spec.training)
    return not has_probe(spec.training)


def parent_digest(unit: TrainingUnit) -> str | None:
    """Return the model digest of the parent, None if there is no parent or it is not finished."""
    if unit.parent_path is None or unit.spec.parent is None:
        return None
    sidecar = read_sidecar(unit.parent_path, unit.spec.parent, unit.replicate)
    return sidecar["model_digest"] if sidecar else None


def package_versions() -> dict[str, str]:
    """Return the versions that decide the numbers."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    return {"python": python, **{name: version(name) for name in ("torch", "torchvision")}}
