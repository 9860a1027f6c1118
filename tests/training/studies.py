"""Small studies for the tests of train and collect."""

from pathlib import Path

import polars as pl
import torch
from torch import nn

from pietools.study import Study
from pietools.study_file import StudyFile, read_study_file
from pietools.training.train_study import plan_units
from pietools.training.unit_training import train_unit

DIGITS = """\
[study]
file = "digits.duckdb"
replicates = {replicates}
[data]
name = "digits"
[training]
steps = {steps}
batch_size = 32
augment = ["crop"]
[[regime]]
name = "supervised"
[[compression]]
method = "magnitude"
sparsity = 0.9
window = [0.2, 0.6]
"""
REGIMES = """\
[study]
file = "digits.duckdb"
replicates = 1
[data]
name = "digits"
[training]
steps = 12
batch_size = 16
learning_rate = 0.1
augment = ["crop"]
labelled_fraction = 0.1
head_steps = 20
[[regime]]
name = "supervised"
[[regime]]
name = "supervised-few"
[[regime]]
name = "simclr"
[[regime]]
name = "supcon"
[[regime]]
name = "fixmatch"
unlabelled_ratio = 2
[[compression]]
method = "magnitude"
sparsity = 0.9
[[compression]]
method = "magnitude"
sparsity = 0.8
schedule = "one-shot"
fine_tune_steps = 3
[[compression]]
method = "int8"
from = ["dense", "magnitude-0.9"]
[[control]]
method = "second-dense"
[[control]]
method = "label-noise"
rate = 0.2
"""
NETWORKS = """
import torch
from torch import nn

def linear(n_classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, n_classes))

class Noisy(nn.Sequential):
    def forward(self, inputs):
        return super().forward(inputs) + 10 * torch.randn(len(inputs), 1) * torch.arange(10.0)

def noisy(n_classes):
    return Noisy(nn.Flatten(), nn.Linear(64, n_classes))

class Tall(nn.Sequential):
    def forward(self, inputs):
        return super().forward(inputs[:, :, 1:])

def tall(n_classes):
    return Tall(nn.Flatten(), nn.Linear(64, n_classes))

def headless(n_classes):
    return nn.Sequential(*(nn.Conv2d(1, 1, 1) for _ in range(3)), nn.Conv2d(1, n_classes, 8), nn.Flatten())

class Silent(nn.Sequential):
    def forward(self, inputs):
        super().forward(inputs)

def silent(n_classes):
    return Silent(nn.Flatten(), nn.Linear(64, n_classes))
"""
SCALED = """
from pathlib import Path
from torch import nn

class Scaled(nn.Sequential):
    def forward(self, inputs):
        return super().forward(inputs) * float((Path(__file__).parent / "scale").read_text())

def scaled(n_classes):
    return Scaled(nn.Flatten(), nn.Linear(64, n_classes))
"""
CHANGED = """\
[study]
file = "digits.duckdb"
network = "python:scales:scaled"
replicates = 1
[data]
name = "digits"
[training]
steps = 30
batch_size = 32
[[regime]]
name = "supervised"
[[compression]]
method = "int8"
"""
ELSEWHERE = """\
[study]
file = "digits.duckdb"
network = "python:nets:linear"
[data]
name = "digits"
[[population]]
name = "pruned"
role = "compressed"
reference = "dense"
checkpoints = "runs/pruned/*_{replicate}/model.pt"
key = "state"
strip_prefix = "module."
[[population]]
name = "dense"
role = "dense"
checkpoints = "runs/dense/{replicate}.pt"
"""


def digits_study(folder: Path, *, steps: int = 20, replicates: int = 2) -> StudyFile:
    """Write and read a STUDY.toml: dense and 0.9 sparse networks on the digits."""
    return write_study(folder, DIGITS.format(steps=steps, replicates=replicates))


def regimes_study(folder: Path) -> StudyFile:
    """Write and read a STUDY.toml: all regimes on the digits, pruned in two ways and quantized, with two controls."""
    return write_study(folder, REGIMES)


def write_study(folder: Path, text: str) -> StudyFile:
    """Write and read a STUDY.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "STUDY.toml"
    path.write_text(text)
    return read_study_file(path)


def trained_study(folder: Path, *, steps: int = 20, replicates: int = 2) -> StudyFile:
    """Train the replicates of a dense and a pruned population in this process."""
    study_file = digits_study(folder, steps=steps, replicates=replicates)
    for unit in plan_units(study_file):
        train_unit(unit, on_step=lambda n: None)
    return study_file


def linear_study(folder: Path) -> StudyFile:
    """Save two networks trained elsewhere, dense and pruned, each in its own way."""
    (folder / "nets.py").write_text(NETWORKS)
    for replicate in ("a", "b"):
        torch.manual_seed(ord(replicate))
        dense = nn.Sequential(nn.Flatten(), nn.Linear(64, 10)).state_dict()
        pruned = {f"module.{name}": value * (value.abs() > 0.05) for name, value in dense.items()}
        for path, content in ((f"dense/{replicate}.pt", dense), (f"pruned/x_{replicate}/model.pt", {"state": pruned})):
            (folder / "runs" / path).parent.mkdir(parents=True, exist_ok=True)
            torch.save(content, folder / "runs" / path)
    return write_study(folder, ELSEWHERE)


def stored_predictions(study_file: StudyFile) -> pl.DataFrame:
    """Read all predictions with the names of their networks."""
    with Study.open(study_file.study_path, read_only=True) as study:
        return study.sql(
            """select q.name as population, m.replicate, p.* exclude (model_id, dataset_id), l.logits
               from predictions as p
               join models as m on m.model_id = p.model_id
               join populations as q on q.population_id = m.population_id
               join logits as l on l.model_id = p.model_id and l.example_id = p.example_id
               order by population, replicate, example_id"""
        )


def changed_study(folder: Path, scale: float) -> StudyFile:
    """A trained network and its int8, whose logits are multiplied by a number of which no digest knows."""
    (folder / "scales.py").write_text(SCALED)
    (folder / "scale").write_text(str(scale))
    study_file = write_study(folder, CHANGED)
    for unit in plan_units(study_file):
        train_unit(unit, on_step=lambda n: None)
    return study_file
