"""`pietools train --plan`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pietools.cli import main
from pietools.training.plan import plan_training
from pietools.training.train_study import plan_units
from pietools.training.unit_training import train_unit
from tests.training.studies import regimes_study


def test_a_plan_counts_steps_images_time_and_room(tmp_path: Path) -> None:
    """By hand: twelve steps of sixteen images, twice as many for two views, five times as many for FixMatch."""
    study_file = regimes_study(tmp_path)
    plan = plan_training(study_file, n_processes=2)
    rows = {row.population: row for row in plan.populations}
    assert list(rows) == [spec.name for spec in study_file.populations]
    assert (rows["supervised/dense"].steps, rows["supervised/dense"].images) == (12, 12 * 16)
    assert (rows["simclr/dense"].steps, rows["simclr/dense"].images) == (12, 12 * 32)
    assert rows["fixmatch/dense"].images == 12 * 16 * (1 + 2 * 2)
    assert (rows["simclr/magnitude-one-shot-0.8"].steps, rows["simclr/magnitude-one-shot-0.8"].parent) == (
        3,
        "simclr/dense",
    )
    assert (rows["supervised/int8"].steps, rows["supervised/int8"].seconds) == (0, 0)
    assert all(row.seconds > 0 for row in plan.populations if row.steps)
    assert plan.seconds == pytest.approx(sum(row.seconds for row in plan.populations) / 2)
    # 24,058 parameters and 3 · (2 · width) running statistics of 4 bytes, 3 counters of 8: as the checkpoint without names.
    assert rows["supervised/dense"].n_bytes == 4 * (24_058 + 2 * (16 + 32 + 64)) + 3 * 8
    assert not list(study_file.checkpoints_path.rglob("*"))


def test_what_is_there_costs_nothing(tmp_path: Path) -> None:
    """A plan is of what is missing."""
    study_file = regimes_study(tmp_path)
    train_unit(plan_units(study_file)[0], on_step=lambda n: None)
    first = plan_training(study_file, 1).populations[0]
    assert (first.population, first.n_networks, first.n_finished) == ("supervised/dense", 1, 1)
    assert (first.seconds, first.n_bytes) == (0, 0)


def test_the_estimate_of_room_is_near_what_is_written(tmp_path: Path) -> None:
    """Weights without names and headers: within a tenth of the files."""
    study_file = regimes_study(tmp_path)
    estimated = {row.population: row.n_bytes for row in plan_training(study_file, 1).populations}
    units = {unit.spec.name: unit for unit in plan_units(study_file)}
    for name in ("supervised/dense", "supervised/int8"):
        train_unit(units[name], on_step=lambda n: None)
        assert estimated[name] == pytest.approx(units[name].path.stat().st_size, rel=0.15)


def test_the_command_prints_a_plan_and_trains_nothing(tmp_path: Path) -> None:
    """A line per population, and how long and how large all of it is."""
    study_file = regimes_study(tmp_path)
    answer = CliRunner().invoke(main, ["train", str(study_file.path), "--plan", "--processes", "2"])
    assert answer.exit_code == 0
    lines = answer.stdout.splitlines()
    assert lines[0].startswith("supervised/dense: 1 network, 12 steps, 192 images each, ")
    assert (
        "supervised/magnitude-one-shot-0.8: 1 network from supervised/dense, 3 steps, 48 images each, " in answer.stdout
    )
    assert "supervised/int8: 1 network from supervised/dense, no training" in answer.stdout
    assert lines[-1].startswith("In all 35 networks to make: about ")
    assert " with 2 at once, " in lines[-1]
    assert not list(study_file.checkpoints_path.rglob("*"))


def test_the_plan_as_json(tmp_path: Path) -> None:
    """The same numbers for programs."""
    study_file = regimes_study(tmp_path)
    answer = CliRunner().invoke(main, ["train", str(study_file.path), "--plan", "--json"])
    content = json.loads(answer.stdout)
    assert content["schema"] == "pietools/train-plan/1"
    assert content["populations"][0]["population"] == "supervised/dense"
    assert content["populations"][0]["steps"] == 12
