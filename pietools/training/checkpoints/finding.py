"""Where the networks to be collected are: those trained here, and those that [[population]] finds with a glob."""

import glob
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pietools.errors import CollectError
from pietools.study.recipes import recipe_differences
from pietools.study_file import PopulationSpec, StudyFile
from pietools.training.checkpoints.files import checkpoint_path, read_sidecar
from pietools.training.recipes import training_recipe

REPLICATE = "{replicate}"
BESIDE_WEIGHTS = (".epochs.safetensors", ".extra.safetensors")
"""Files beside weights that were trained here: no networks, though a glob finds them."""


@dataclass(frozen=True)
class CheckpointFile:
    """The weights of one network.

    `replicate` is None where the networks are not matched with others; `stated_digest` is the model digest that the
    sidecar of a network trained here states, `stated_accuracy` its accuracy by the name of the data set.
    """

    spec: PopulationSpec
    path: Path
    replicate: str | None
    seed: int | None = None
    stated_digest: str | None = None
    stated_accuracy: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How messages call the network."""
        return f"{self.spec.name} {f'replicate {self.replicate}' if self.replicate is not None else self.path.name}"


def find_checkpoints(study_file: StudyFile) -> list[CheckpointFile]:
    """List all networks of a study, population by population; CollectError if one is missing or has another recipe."""
    found = []
    for spec in study_file.populations:
        found += _trained_here(study_file, spec) if spec.is_trained_here else _trained_elsewhere(study_file, spec)
    return found


def _trained_here(study_file: StudyFile, spec: PopulationSpec) -> list[CheckpointFile]:
    recipe, found = training_recipe(study_file, spec), []
    for replicate in range(spec.first_replicate, spec.first_replicate + study_file.tables.study.replicates):
        path = checkpoint_path(study_file.checkpoints_path, spec.name, replicate)
        sidecar = read_sidecar(path, spec.name, replicate)
        if sidecar is None:
            raise CollectError(f"there is no finished network {path}. Train it: pietools train {study_file.path}")
        differences = recipe_differences(sidecar["recipe"], recipe)
        if differences:
            raise CollectError(f"{path} was trained with another recipe: {'; '.join(differences)}.")
        _check_parent(study_file, spec, replicate, path, sidecar)
        seed, digest = sidecar["seeds"]["initialisation"], sidecar["model_digest"]
        found.append(CheckpointFile(spec, path, str(replicate), seed, digest, sidecar["accuracy"]))
    return found


def _check_parent(
    study_file: StudyFile, spec: PopulationSpec, replicate: int, path: Path, sidecar: dict[str, Any]
) -> None:
    """Raise CollectError if a network was made from other weights than those that its parent has now."""
    if spec.parent is None or sidecar.get("parent_digest") is None:
        return
    parent = checkpoint_path(study_file.checkpoints_path, spec.parent, replicate)
    found = read_sidecar(parent, spec.parent, replicate)
    if found is not None and found["model_digest"] != sidecar["parent_digest"]:
        raise CollectError(
            f"{path} was made from other weights than those in {parent}, which was trained again. Move the first and its sidecar "
            f"away, and make it again: pietools train {study_file.path}"
        )


def _trained_elsewhere(study_file: StudyFile, spec: PopulationSpec) -> list[CheckpointFile]:
    pattern = (study_file.folder / str(spec.checkpoints)).as_posix()
    paths = sorted(glob.glob(_escape_brackets(pattern).replace(REPLICATE, "*"), recursive=True), key=os.fsencode)
    matches = [(path, re.fullmatch(_as_regex(pattern), Path(path).as_posix())) for path in paths]
    found = [
        CheckpointFile(spec, Path(path), match.groupdict().get("replicate"))
        for path, match in matches
        if match and Path(path).is_file() and not path.endswith(BESIDE_WEIGHTS)
    ]
    if not found:
        raise CollectError(f"population '{spec.name}': no file matches {pattern}.")
    _check_replicates(found)
    return found


def _check_replicates(found: list[CheckpointFile]) -> None:
    by_replicate: dict[str, Path] = {}
    for file in found:
        if file.replicate is None:
            continue
        if file.replicate in by_replicate:
            both = f"{by_replicate[file.replicate]} and {file.path}"
            raise CollectError(f"{both} are both replicate '{file.replicate}' of '{file.spec.name}'.")
        by_replicate[file.replicate] = file.path


def _escape_brackets(pattern: str) -> str:
    return pattern.replace("[", "[[]")


def _as_regex(pattern: str) -> str:
    """Translate a glob, in which {replicate} stands for the same text wherever it is repeated."""
    wildcards = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]", REPLICATE: "(?P=replicate)"}
    parts = re.split(r"(\*\*/|\*|\?|\{replicate\})", pattern)
    translated = "".join(wildcards.get(part, re.escape(part)) for part in parts)
    return translated.replace("(?P=replicate)", "(?P<replicate>[^/]+)", 1)
