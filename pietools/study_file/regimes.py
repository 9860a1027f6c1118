"""What a regime does, resolved: keys of [[regime]], [training] and their defaults."""

from typing import Any

from pietools.study_file.populations import CONTRASTIVE, PopulationSpec, has_probe
from pietools.study_file.settings import Augmentations, RegimeSettings, TrainingSettings

VIEWS: Augmentations = ["resized-crop", "flip", "jitter", "gray"]
STRONG: Augmentations = ["rand-augment", "cutout"]
TEMPERATURE = {"simclr": 0.5, "supcon": 0.1}
LOSSES = {
    "supervised": "cross-entropy",
    "supervised-few": "cross-entropy",
    "simclr": "NT-Xent",
    "supcon": "supervised contrastive",
    "fixmatch": "cross-entropy + pseudo-labels",
}


def regime_facts(training: TrainingSettings, regime: RegimeSettings) -> dict[str, Any]:
    """Return what decides the training in a regime and may differ from the others: loss, labels, images per step, …"""
    is_contrastive, is_fixmatch = regime.name in CONTRASTIVE, regime.name == "fixmatch"
    facts: dict[str, Any] = {
        "name": regime.name,
        "loss": LOSSES[regime.name],
        "labels_in_training": _labels(training, regime),
        "steps": training.steps,
        "images_per_step": training.batch_size,
        "augment": training.augment,
    }
    if is_contrastive:
        facts |= {
            "images_per_step": 2 * training.batch_size,
            "augment": [],
            "strong_augment": VIEWS if training.strong_augment is None else training.strong_augment,
            "temperature": regime.temperature or TEMPERATURE[regime.name],
            "head": regime.head or "linear-probe",
            "head_steps": training.head_steps,
            "labels_in_head": "all" if has_probe(regime) else f"{training.labelled_fraction:g}",
        }
    if is_fixmatch:
        ratio = regime.unlabelled_ratio or 7
        facts |= {
            "images_per_step": training.batch_size * (1 + 2 * ratio),
            "strong_augment": [*training.augment, *STRONG]
            if training.strong_augment is None
            else training.strong_augment,
            "threshold": regime.threshold or 0.95,
            "unlabelled_ratio": ratio,
            "ema": 0.999 if regime.ema is None else regime.ema,
        }
    return facts


def _labels(training: TrainingSettings, regime: RegimeSettings) -> str:
    if regime.name == "simclr":
        return "none"
    return "all" if regime.name in ("supervised", "supcon") else f"{training.labelled_fraction:g}"


def n_training_steps(training: TrainingSettings, spec: PopulationSpec) -> int:
    """Count the optimiser steps of making a network of the population, without those of a linear probe."""
    if spec.training is None or spec.bits is not None:
        return 0
    if spec.parent is not None:
        return spec.fine_tune_steps
    return training.steps + (training.head_steps if spec.training.head == "fine-tune" else 0)


def n_training_images(training: TrainingSettings, spec: PopulationSpec) -> int:
    """Count the images that pass through the network in these steps."""
    if spec.training is None:
        return 0
    n_steps, per_step = n_training_steps(training, spec), regime_facts(training, spec.training)["images_per_step"]
    if spec.training.head != "fine-tune":
        return n_steps * per_step
    n_own_steps = 0 if spec.parent else training.steps
    return n_own_steps * per_step + (n_steps - n_own_steps) * training.batch_size
