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

from pietools.errors import CollectError, TrainingError
from pietools.seal import sealed
from pietools.study.recipes import recipe_differences
from pietools.study_file import StudyFile
from pietools.training.checkpoints.files import SEAL
from pietools.training.recipes import Seeds, replicate_seeds
from pietools.training.train_study import plan_units, train_study
from pietools.training.unit_training import train_unit, training_task
from pietools.training.units import TrainingUnit, finished_sidecar
from tests.training.studies import changed_study, digits_study, regimes_study, write_study

TRAIN = """
import multiprocessing, os, signal, sys, threading, time
from pietools.cli import main

def send_when_a_process_begins(name):
    while not multiprocessing.active_children():
        time.sleep(0.01)
    send = os.kill if name == "SIGKILL" else os.killpg  # as the terminal does
    send(os.getpid(), getattr(signal, name))

if __name__ == "__main__":
    if sys.argv[2:]:
        threading.Thread(target=send_when_a_process_begins, args=sys.argv[2:], daemon=True).start()
    main(["train", sys.argv[1], "--processes", "1"])
"""
STOPPED = "Error: stopped. Networks that were finished are kept; the same command goes on.\n"


def train_here(unit: TrainingUnit) -> None:
    """Train in this process."""
    train_unit(unit, on_step=lambda n: None)


def checkpoint_bytes(study_file: StudyFile) -> dict[str, bytes]:
    """Read all that is in the folder of checkpoints."""
    folder = study_file.checkpoints_path
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
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
    assert done[-1] == (4 * 20 * 32, 4 * 20 * 32)
    assert report.failures == []
    before = checkpoint_bytes(study_file)
    again = train_study(study_file, 2)
    assert not any(row["is_new"] for row in again.networks)
    assert checkpoint_bytes(study_file) == before


@pytest.mark.slow
def test_same_seed_same_bytes_in_every_regime(tmp_path: Path) -> None:
    """Weights, projection heads and sidecars of two trainings are equal byte for byte."""
    twice = [regimes_study(tmp_path / name) for name in ("a", "b")]
    for study_file in twice:
        for unit in plan_units(study_file):
            train_here(unit)
    first, second = (checkpoint_bytes(study_file) for study_file in twice)
    # Five regimes of seven populations, two files each; simclr and supcon keep heads of all but the quantized ones.
    assert len(first) == 5 * 7 * 2 + 2 * 5
    assert first == second


@pytest.mark.slow
def test_children_are_trained_after_their_parents(tmp_path: Path) -> None:
    """Two processes make every network of five regimes; a child takes its weights from the finished parent."""
    study_file = regimes_study(tmp_path)
    report = train_study(study_file, 2)
    assert report.failures == []
    assert {row["population"] for row in report.networks} == {spec.name for spec in study_file.populations}
    for unit in plan_units(study_file):
        sidecar = json.loads(unit.path.with_suffix(".json").read_text())
        parent = sidecar["parent_digest"]
        assert (parent is None) == (unit.parent_path is None)
        if unit.parent_path is not None:
            assert parent == json.loads(unit.parent_path.with_suffix(".json").read_text())["model_digest"]


def test_a_second_dense_population_has_fresh_replicates(tmp_path: Path) -> None:
    """Its names begin at 1000, whatever the number of replicates, and its networks are others."""
    units = {unit.name: unit for unit in plan_units(regimes_study(tmp_path))}
    first, second = units["supervised/dense replicate 0"], units["supervised/dense-2 replicate 1000"]
    for unit in (first, second):
        train_here(unit)
    assert not torch.equal(load_file(first.path)["0.weight"], load_file(second.path)["0.weight"])


def test_a_child_of_another_parent_is_refused(tmp_path: Path) -> None:
    """If the parent is made anew and differs, what came from the old one no longer counts."""
    units = {unit.name: unit for unit in plan_units(regimes_study(tmp_path))}
    parent, child = units["supervised/dense replicate 0"], units["supervised/int8 replicate 0"]
    for unit in (parent, child):
        train_here(unit)
    sidecar = parent.path.with_suffix(".json")
    sidecar.write_text(json.dumps(sealed({**json.loads(sidecar.read_text()), "model_digest": "sha256:0"}, SEAL)))
    with pytest.raises(TrainingError, match="supervised/dense replicate 0 has changed"):
        finished_sidecar(child)


@pytest.mark.slow
def test_a_child_that_was_there_before_its_parent_is_refused(tmp_path: Path) -> None:
    """A parent that is missing is trained again, and compared with what its children came from: the same, or another one."""
    study_file = changed_study(tmp_path, 1)
    dense, _ = plan_units(study_file)
    for scale, failed in (("1", []), ("2", ["supervised/int8"])):
        (tmp_path / "scale").write_text(scale)
        for path in dense.path.parent.glob("*"):
            path.unlink()
        report = train_study(study_file, 1)
        assert [row["population"] for row in report.failures] == failed
    assert "supervised/dense replicate 0 has changed" in report.failures[0]["message"]


def test_a_child_knows_the_recipe_of_its_parent(tmp_path: Path) -> None:
    """With another recipe of the parent the child is refused too, whether the parent is there or not."""
    study_file = regimes_study(tmp_path)
    child = {unit.name: unit for unit in plan_units(study_file)}["supervised/magnitude-0.9+int8 replicate 0"]
    sidecar = {"recipe": child.recipe}
    text = study_file.path.read_text().replace("sparsity = 0.9", "sparsity = 0.9\nwindow = [0.1, 0.2]")
    changed = {unit.name: unit for unit in plan_units(write_study(tmp_path, text))}[child.name]
    assert recipe_differences(sidecar["recipe"], changed.recipe) == [
        "parent.pruning.window was [0.25, 0.75] and is now [0.1, 0.2]"
    ]


def test_epochs_that_were_not_kept_are_missed(tmp_path: Path) -> None:
    """A finished network without the epochs that are asked for now is refused, but for one that has none to keep."""
    study_file = regimes_study(tmp_path)
    text = study_file.path.read_text().replace("head_steps = 20", 'head_steps = 20\nrecord = ["test"]')
    recording = {unit.name: unit for unit in plan_units(write_study(tmp_path, text))}
    for unit in plan_units(study_file):
        if unit.name in ("supervised/dense replicate 0", "simclr/dense replicate 0"):
            train_here(unit)
    assert finished_sidecar(recording["simclr/dense replicate 0"]) is not None
    with pytest.raises(TrainingError, match=r"another recipe: \[training\] record now has digits/test"):
        finished_sidecar(recording["supervised/dense replicate 0"])


@pytest.mark.slow
def test_what_needs_a_network_that_failed_is_not_tried(tmp_path: Path) -> None:
    """A parent that fails takes its children along, each with a line that says so; the others are kept."""
    study_file = regimes_study(tmp_path)
    text = study_file.path.read_text().replace("learning_rate = 0.1", "learning_rate = 1000")
    report = train_study(write_study(tmp_path, text), 1)
    said = {row["population"]: row["message"] for row in report.failures}
    assert "the loss is" in said["supervised/dense"]
    assert said["supervised/int8"] == "supervised/dense replicate 0, whose weights it takes, failed."
    assert said["supervised/magnitude-one-shot-0.8"] == said["supervised/int8"]


def test_planted_label_noise_is_learned(tmp_path: Path) -> None:
    """The control is trained on other labels from the same initialisation, and no other labels are touched."""
    units = {unit.name: unit for unit in plan_units(regimes_study(tmp_path))}
    clean, noisy = (training_task(units[f"supervised/{name} replicate 0"]) for name in ("dense", "label-noise-0.2"))
    assert int((clean.labels != noisy.labels).sum()) == round(0.2 * len(clean.labels))
    assert torch.equal(clean.network[0].weight, noisy.network[0].weight)
    assert torch.equal(clean.data.labels, noisy.data.labels)
    assert torch.equal(clean.labelled, noisy.labelled)


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
    assert len(set(seeds)) == 5 * 5 * len(Seeds._fields)


def test_sidecar_says_how_the_network_came_about(tmp_path: Path) -> None:
    """Recipe, seeds, versions, sparsity, accuracy and digest are there; the machine's paths are not."""
    unit = plan_units(digits_study(tmp_path))[1]
    train_here(unit)
    text = unit.path.with_suffix(".json").read_text()
    sidecar = json.loads(text)
    assert sidecar["schema"] == "pietools/checkpoint/2"
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
    with pytest.raises(TrainingError, match=r"replicate_0.*another recipe: .*training.steps was 20 and is now 30"):
        train_study(digits_study(tmp_path, steps=30))


def test_more_replicates_are_the_same_recipe(tmp_path: Path) -> None:
    """A study can grow: what is there stays."""
    unit = plan_units(digits_study(tmp_path))[0]
    train_here(unit)
    assert finished_sidecar(plan_units(digits_study(tmp_path, replicates=5))[0]) is not None


def test_more_replicates_of_changed_code_are_refused(tmp_path: Path) -> None:
    """One population would hold two kinds of networks; before anything is trained."""
    study_file = changed_study(tmp_path, 1)
    (tmp_path / "scale").write_text("-1")
    more = write_study(tmp_path, study_file.path.read_text().replace("replicates = 1", "replicates = 2"))
    with pytest.raises(
        CollectError, match=r"dense replicate 0 has accuracy .*, and had .* when it was trained: the network"
    ):
        train_study(more, 1)
    assert len(list(tmp_path.rglob("*.safetensors"))) == 2


def test_nothing_to_train_is_said(tmp_path: Path) -> None:
    """A file of networks from elsewhere goes straight to collect."""
    elsewhere = '[study]\nfile = "a"\n[data]\nname = "digits"\n[[population]]\nname = "a"\nrole = "dense"\n'
    with pytest.raises(TrainingError, match="nothing to train"):
        train_study(write_study(tmp_path, f'{elsewhere}checkpoints = "*.pt"\n'))


def started(study_file: StudyFile, *signal_name: str) -> "subprocess.Popen[str]":
    """Train in another process, in a group of its own, which gets a signal when it has started a process."""
    script = study_file.folder / "train.py"
    script.write_text(TRAIN)
    return subprocess.Popen(
        [sys.executable, str(script), str(study_file.path), *signal_name],
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_network(study_file: StudyFile) -> None:
    """Until the first of them is finished."""
    deadline = time.monotonic() + 60
    while not list(study_file.checkpoints_path.rglob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.02)


def said_to_the_end(process: "subprocess.Popen[str]", seconds: float) -> str:
    """What is said on stderr until all processes have ended; TimeoutExpired if one of them lives on."""
    try:
        # Its output ends when all that inherited it have ended.
        return process.communicate(timeout=seconds)[1]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise


def kill_after_first_network(study_file: StudyFile) -> None:
    """Kill train, but none of the processes that it started."""
    with started(study_file) as process:
        wait_for_network(study_file)
        os.kill(process.pid, signal.SIGKILL)
        said_to_the_end(process, 5)


@pytest.mark.slow
def test_a_process_that_only_begins_ends_with_train(tmp_path: Path) -> None:
    """Killed while its process still imports torch, train takes it along."""
    with started(digits_study(tmp_path, steps=10_000), "SIGKILL") as process:
        process.wait(60)
        said_to_the_end(process, 5)
    assert process.returncode == -signal.SIGKILL


def test_a_process_watches_before_it_imports_torch() -> None:
    """What it runs first needs nothing heavy."""
    code = "import sys, pietools.training.executors.child_process; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
def test_ctrl_c_while_processes_begin(tmp_path: Path) -> None:
    """One line says how to go on, and the processes say nothing."""
    with started(digits_study(tmp_path, steps=10_000), "SIGINT") as process:
        assert said_to_the_end(process, 60) == STOPPED


@pytest.mark.slow
def test_ctrl_c_in_training(tmp_path: Path) -> None:
    """In the midst of a network the same line comes at once, and what was finished is kept."""
    study_file = digits_study(tmp_path, steps=300)
    with started(study_file) as process:
        wait_for_network(study_file)
        os.killpg(process.pid, signal.SIGINT)
        assert said_to_the_end(process, 10) == STOPPED
    assert 1 <= sum(finished_sidecar(unit) is not None for unit in plan_units(study_file)) < 4


@pytest.mark.slow
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


def test_a_damaged_projection_head_is_refused(tmp_path: Path) -> None:
    """A child takes up the head that its parent was trained with, or none."""
    units = {unit.name: unit for unit in plan_units(regimes_study(tmp_path))}
    parent, child = units["simclr/dense replicate 0"], units["simclr/magnitude-one-shot-0.8 replicate 0"]
    train_here(parent)
    head = parent.path.with_suffix(".extra.safetensors")
    content = bytearray(head.read_bytes())
    content[-1] ^= 1
    head.write_bytes(content)
    with pytest.raises(TrainingError, match=r"is not what simclr/dense replicate 0 was trained with\. Move "):
        train_here(child)
    head.unlink()
    with pytest.raises(TrainingError, match=r"is not what simclr/dense replicate 0 was trained with\. Move "):
        train_here(child)


def test_keys_of_other_regimes_do_not_change_a_recipe(tmp_path: Path) -> None:
    """A study of the supervised regime can grow by regimes that need keys of their own."""
    old = plan_units(digits_study(tmp_path))[0].recipe
    text = (
        digits_study(tmp_path).path.read_text().replace("batch_size = 32", "batch_size = 32\nlabelled_fraction = 0.2")
    )
    grown = plan_units(write_study(tmp_path, f'{text}[[regime]]\nname = "fixmatch"\n'))
    assert recipe_differences(old, grown[0].recipe) == []
