"""What a network is trained with, and from which random numbers."""

import json
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np

from pietools.study_file import PopulationSpec, StudyFile, TrainingSettings, regime_facts, training_of

NOT_OF_ALL = {"device", "record", "labelled_fraction", "strong_augment", "head_steps", "fine_tune_learning_rate"}
"""Keys of [training] that not every population uses: those that do have them elsewhere in the recipe."""


class Seeds(NamedTuple):
    """The random numbers of one replicate, shared by all populations: this is what matches its networks."""

    initialisation: int
    order: int
    unlabelled: int
    masks: int
    head: int
    fine_tuning: int
    refitted_head: int


def replicate_seeds(seed: int, replicate: int) -> Seeds:
    """Derive the seeds of a replicate; those of another seed or replicate are independent (NumPy's SeedSequence)."""
    return Seeds(*np.random.SeedSequence([seed, replicate]).generate_state(len(Seeds._fields)).tolist())


def training_recipe(study_file: StudyFile, spec: PopulationSpec) -> dict[str, Any]:
    """Return all that the networks of a population share, as JSON would give it back; no paths and no device."""
    tables = study_file.tables
    parent = next((other for other in study_file.populations if other.name == spec.parent), None)
    data = tables.data.model_dump(exclude_none=True, exclude={"name", "root", "evaluate", "copies"})
    training = training_of(tables.training, spec) if tables.training else None
    recipe = {
        "network": spec.network,
        "regime": regime_facts(training, spec.training) if training and spec.training else None,
        # All of it: what comes from a parent is another network if the parent was made otherwise.
        "parent": training_recipe(study_file, parent) if parent else None,
        "method": spec.method,
        "sparsity": spec.sparsity,
        "pruning": asdict(spec.pruning) if spec.pruning else None,
        "fine_tune_steps": spec.fine_tune_steps,
        "is_head_refitted": spec.is_head_refitted,
        "head_steps": training.head_steps if training and spec.is_head_refitted else None,
        "bits": spec.bits,
        "label_noise": spec.label_noise,
        "data": {"name": tables.data.label, **data},
        "training": training.model_dump(exclude=NOT_OF_ALL, exclude_none=True) if training else {},
        "fine_tune_learning_rate": _fine_tune_learning_rate(training, spec),
        "seed": tables.study.seed,
    }
    content: dict[str, Any] = json.loads(json.dumps(recipe))
    return content


def _fine_tune_learning_rate(training: TrainingSettings | None, spec: PopulationSpec) -> float | None:
    if training is None or not (spec.fine_tune_steps or (spec.training and spec.training.head == "fine-tune")):
        return None
    return training.fine_tune_learning_rate or training.learning_rate / 10
