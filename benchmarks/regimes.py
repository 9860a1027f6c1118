"""Does every regime learn? Accuracies on Fashion-MNIST, beside probes on an untrained encoder and on pixels.

    pietools train benchmarks/regimes.toml
    python benchmarks/regimes.py benchmarks/regimes.toml

Reads the accuracies of the trained networks from their checkpoints' sidecars, and fits linear probes, in the same way as
those of simclr, on untrained encoders of the same seeds and on pixels. Differences are within replicates; intervals are
95 % by Student's t over replicates.
"""

import sys
from dataclasses import replace

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn

from pietools.study_file import StudyFile, read_study_file
from pietools.training.data.datasets import load_dataset
from pietools.training.prediction import accuracy
from pietools.training.regimes.heads import fit_linear_probe
from pietools.training.regimes.task import Task
from pietools.training.train_study import plan_units
from pietools.training.unit_training import training_task
from pietools.training.units import TrainingUnit, finished_sidecar


class Pixels(nn.Module):
    """An encoder that does nothing, and a classifier of its outputs."""

    def __init__(self, n_pixels: int, n_classes: int) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(n_pixels, n_classes)

    def forward(self, inputs: Tensor) -> Tensor:
        """Classify pixels."""
        return self.classifier(self.flatten(inputs))


def main() -> None:
    """Print a line per regime and per difference."""
    torch.set_num_threads(1)
    study_file = read_study_file(sys.argv[1])
    units = plan_units(study_file)
    found = {regime: _trained(units, regime) for regime in dict.fromkeys(str(unit.spec.regime) for unit in units)}
    simclr = [unit for unit in units if unit.spec.regime == "simclr"]
    found["probe on an untrained encoder"] = np.array([_probe(study_file, training_task(unit)) for unit in simclr])
    found["probe on pixels"] = np.array([_probe(study_file, _on_pixels(training_task(unit))) for unit in simclr])
    for name, accuracies in found.items():
        print(
            f"{name}: {100 * accuracies.mean():.2f} % ± {100 * accuracies.std(ddof=1):.2f} ({len(accuracies)} networks)"
        )
    for first, second in (
        ("simclr", "probe on an untrained encoder"),
        ("simclr", "probe on pixels"),
        ("fixmatch", "supervised-few"),
    ):
        low, high = _interval(found[first] - found[second])
        difference = 100 * (found[first] - found[second]).mean()
        print(f"{first} less {second}: {difference:+.2f} points (95 %: {low:+.2f} to {high:+.2f})")


def _trained(units: list[TrainingUnit], regime: str) -> np.ndarray:
    sidecars = [finished_sidecar(unit) for unit in units if unit.spec.regime == regime and unit.spec.role == "dense"]
    return np.array([next(iter(sidecar["accuracy"].values())) for sidecar in sidecars if sidecar])


def _probe(study_file: StudyFile, task: Task) -> float:
    everything = torch.arange(len(task.data))
    fit_linear_probe(
        task.network, task.data, task.labels, everything, task.settings, task.seeds.head, task.device, lambda n: None
    )
    test = load_dataset(study_file.tables.data, "test", study_file.folder)
    return accuracy(task.network, test, batch_size=500, device=task.device)


def _on_pixels(task: Task) -> Task:
    return replace(task, network=Pixels(28 * 28, len(task.data.class_names)))


def _interval(differences: np.ndarray) -> tuple[float, float]:
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    low, high = stats.t.interval(0.95, len(differences) - 1, differences.mean(), error)
    return 100 * low, 100 * high


if __name__ == "__main__":
    main()
