"""`train`: matched replicates, the same bytes twice, resuming, and refusing what does not fit."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from pietools.errors import TrainingError
from pietools.study_file import StudyFile
from pietools.training.recipes import replicate_seeds
from pietools.training.train_study import plan_units, train_study
from pietools.training.units import TrainingUnit, finished_sidecar, train_unit
from tests.training.studies import digits_study, write_study

TRAIN = """
import sys
from pietools.study_file import read_study_file
from pietools.training.train_study import train_study
if __name__ == "__main__":
    train_study(read_study_file(sys.argv[1]), n_processes=1)
"""


def train_here(unit: TrainingUnit) -> None:
    """Train in this process."""
    train_unit(unit, on_step=lambda: None)


def checkpoint_bytes(study_file: StudyFile) -> dict[str, bytes]:
    """Read all that is in the folder of checkpoints."""
    folder = study_file.checkpoints_path
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_train_makes_every_network_once(tmp_path: Path) -> None:
    """Two processes train two replicates of two populations; a second call finds them all and trains none."""
    study_file = digits_study(tmp_path)
    done = []
    report = train_study(study_file, 2, lambda n, total: done.append((n, total)))
    assert [(row["population"], row["replicate"], row["is_new"]) for row in report.networks] == [
        ("supervised/dense", "0", True),
        ("supervised/magnitude-0.9", "0", True),
        ("supervised/dense", "1", True),
        ("supervised/magnitude-0.9", "1", True),
    ]
    assert [row["realised_sparsity"] for row in report.networks] == [0, 0.9, 0, 0.9]
    assert done[-1][1] == 80
    assert report.failures == []
    before = checkpoint_bytes(study_file)
    again = train_study(study_file, 2)
    assert not any(row["is_new"] for row in again.networks)
    assert checkpoint_bytes(study_file) == before


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """Weights and sidecars of two trainings are equal byte for byte."""
    twice = [digits_study(tmp_path / name, replicates=1) for name in ("a", "b")]
    for study_file in twice:
        for unit in plan_units(study_file):
            train_here(unit)
    first, second = (checkpoint_bytes(study_file) for study_file in twice)
    assert len(first) == 4
    assert first == second


def test_replicates_are_matched_across_populations(tmp_path: Path) -> None:
    """Until pruning begins the dense and the pruned network of a replicate are the same; replicates differ."""
    study_file = digits_study(tmp_path, steps=1)
    dense, pruned, other, _ = plan_units(study_file)
    for unit in (dense, pruned, other):
        train_here(unit)
    weights = [load_file(unit.path) for unit in (dense, pruned, other)]
    is_kept = weights[1]["3.weight"] != 0
    assert torch.equal(weights[0]["3.weight"][is_kept], weights[1]["3.weight"][is_kept])
    assert torch.equal(weights[0]["0.weight"], weights[1]["0.weight"])
    assert not torch.equal(weights[0]["0.weight"], weights[2]["0.weight"])


def test_seeds_of_studies_do_not_overlap() -> None:
    """Replicate 1 of seed 0 has nothing in common with replicate 0 of seed 1."""
    seeds = [seed for study in range(5) for replicate in range(5) for seed in replicate_seeds(study, replicate)]
    assert len(set(seeds)) == 50


def test_sidecar_says_how_the_network_came_about(tmp_path: Path) -> None:
    """Recipe, seeds, versions, sparsity, accuracy and digest are there; the machine's paths are not."""
    unit = plan_units(digits_study(tmp_path))[1]
    train_here(unit)
    text = unit.path.with_suffix(".json").read_text()
    sidecar = json.loads(text)
    assert sidecar["schema"] == "pietools/checkpoint/1"
    assert (sidecar["population"], sidecar["replicate"]) == ("supervised/magnitude-0.9", "0")
    assert sidecar["recipe"]["training"]["steps"] == 20
    assert sidecar["realised_sparsity"] == 0.9
    assert 0 < sidecar["accuracy"]["digits/test"] < 1
    assert sidecar["n_bytes"] == unit.path.stat().st_size
    assert set(sidecar["versions"]) == {"python", "torch", "torchvision"}
    assert str(tmp_path) not in text


def test_weights_without_a_sidecar_do_not_count(tmp_path: Path) -> None:
    """A crash between weights and sidecar leaves a network that is trained again, to the same bytes."""
    unit = plan_units(digits_study(tmp_path))[0]
    train_here(unit)
    whole = unit.path.read_bytes()
    unit.path.with_suffix(".json").unlink()
    unit.path.write_bytes(whole[:100])
    assert finished_sidecar(unit) is None
    train_here(unit)
    assert unit.path.read_bytes() == whole


def test_another_recipe_is_refused(tmp_path: Path) -> None:
    """Finished networks are never mixed with those of another recipe; the line says what differs."""
    train_here(plan_units(digits_study(tmp_path))[0])
    with pytest.raises(TrainingError, match=r"replicate_0.*another recipe: training.steps was 20 and is now 30"):
        train_study(digits_study(tmp_path, steps=30))


def test_more_replicates_are_the_same_recipe(tmp_path: Path) -> None:
    """A study can grow: what is there stays."""
    unit = plan_units(digits_study(tmp_path))[0]
    train_here(unit)
    assert finished_sidecar(plan_units(digits_study(tmp_path, replicates=5))[0]) is not None


def test_nothing_to_train_is_said(tmp_path: Path) -> None:
    """A file of networks from elsewhere goes straight to collect."""
    elsewhere = '[study]\nfile = "a"\n[data]\nname = "digits"\n[[population]]\nname = "a"\nrole = "dense"\n'
    with pytest.raises(TrainingError, match="nothing to train"):
        train_study(write_study(tmp_path, f'{elsewhere}checkpoints = "*.pt"\n'))


def kill_after_first_network(study_file: StudyFile) -> None:
    """Train in another process, and kill that process, but none of those that it started."""
    script = study_file.folder / "train.py"
    script.write_text(TRAIN)
    command = [sys.executable, str(script), str(study_file.path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, start_new_session=True, env=environment, stdout=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not list(study_file.checkpoints_path.rglob("*.json")) and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        try:
            # Its output ends when all that inherited it have ended.
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def test_training_goes_on_after_a_kill(tmp_path: Path) -> None:
    """Killed without warning, train takes its processes along, and the next call gives the bytes of an undisturbed one."""
    killed, undisturbed = digits_study(tmp_path / "a", steps=60), digits_study(tmp_path / "b", steps=60)
    kill_after_first_network(killed)
    n_finished = sum(finished_sidecar(unit) is not None for unit in plan_units(killed))
    assert 1 <= n_finished < 4
    for unit in plan_units(killed):
        if finished_sidecar(unit) is None:
            train_here(unit)
    for unit in plan_units(undisturbed):
        train_here(unit)
    finished = {name: content for name, content in checkpoint_bytes(killed).items() if "/." not in name}
    assert finished == checkpoint_bytes(undisturbed)
