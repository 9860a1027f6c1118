"""The commands train and collect: what they print and how they end."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pietools.cli import main
from pietools.training.train_study import plan_units
from pietools.training.unit_training import train_unit
from tests.training.studies import NETWORKS, digits_study, trained_study, write_study


def test_train_and_collect_from_the_command_line(tmp_path: Path) -> None:
    """Both print one line per population, or one JSON object, and nothing on stderr where it is no terminal."""
    path = str(trained_study(tmp_path, steps=5, replicates=1).path)
    trained = CliRunner().invoke(main, ["train", path])
    assert (trained.exit_code, trained.stderr) == (0, "")
    dense, pruned = trained.stdout.splitlines()
    assert dense.startswith("supervised/dense: 1 networks (0 new), accuracy ")
    assert pruned.endswith("% on digits/test, sparsity 0.9")
    again = json.loads(CliRunner().invoke(main, ["train", path, "--json"]).stdout)
    assert again["schema"] == "pietools/train/1"
    assert [row["is_new"] for row in again["networks"]] == [False, False]
    collected = CliRunner().invoke(main, ["collect", path])
    assert (collected.exit_code, collected.stderr) == (0, "")
    assert collected.stdout.startswith("supervised/dense on digits/test: 1 networks (1 new, accuracy ")
    as_json = json.loads(CliRunner().invoke(main, ["collect", path, "--json"]).stdout)
    assert (as_json["schema"], as_json["study"]) == ("pietools/collect/1", "digits.duckdb")
    assert [row["is_new"] for row in as_json["evaluations"]] == [False, False]


@pytest.mark.slow
def test_a_failing_network_leaves_the_others(tmp_path: Path) -> None:
    """A network that cannot be written is a line on stderr and exit code 1, and the dense one is kept."""
    study_file = digits_study(tmp_path, replicates=1)
    (study_file.checkpoints_path / "supervised" / "magnitude-0.9" / "replicate_0.safetensors").mkdir(parents=True)
    result = CliRunner().invoke(main, ["train", str(study_file.path), "--processes", "1"])
    assert result.exit_code == 1
    assert result.stdout.startswith("supervised/dense: 1 networks (1 new), accuracy ")
    failure, summary = result.stderr.splitlines()
    assert failure.startswith("supervised/magnitude-0.9 replicate 0: ")
    assert "cannot be written" in failure
    assert summary == "Error: 1 of 2 networks failed; the others are kept."


@pytest.mark.parametrize(
    ("network", "regime", "expected"),
    [
        ("linear", "supervised", "no convolution or linear layer between its first and its last to prune"),
        ("headless", "simclr", "no linear layer as its last one"),
    ],
)
@pytest.mark.parametrize("options", [[], ["--plan"]])
def test_what_a_network_does_not_allow_is_said_before_training(
    tmp_path: Path, network: str, regime: str, expected: str, options: list[str]
) -> None:
    """Pruning and probes need layers that not every network has."""
    (tmp_path / "nets.py").write_text(NETWORKS)
    text = digits_study(tmp_path, replicates=1).path.read_text().replace('"supervised"', f'"{regime}"')
    path = write_study(tmp_path, text.replace("replicates", f'network = "python:nets:{network}"\nreplicates')).path
    result = CliRunner().invoke(main, ["train", str(path), *options])
    assert (result.exit_code, result.stdout) == (1, "")
    assert expected in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "checkpoints").exists()


def test_networks_that_were_evaluated_on_other_splits_have_their_own_line(tmp_path: Path) -> None:
    """A network that was there keeps the accuracy that it was trained with, on the split that came first then."""
    study_file = trained_study(tmp_path, steps=1, replicates=1)
    text = study_file.path.read_text().replace("replicates = 1", "replicates = 2")
    grown = write_study(tmp_path, text.replace('"digits"\n', '"digits"\nevaluate = ["train"]\n'))
    for unit in plan_units(grown)[2:]:
        train_unit(unit, on_step=lambda n: None)
    result = CliRunner().invoke(main, ["train", str(grown.path)])
    assert [line.split(",")[1].split(" on ")[1] for line in result.stdout.splitlines()] == ["digits/test"] * 2 + [
        "digits/train"
    ] * 2


def test_problems_are_one_line(tmp_path: Path) -> None:
    """A file that is not there and a network that is not trained end with exit code 1 and no traceback."""
    for arguments in (["train", str(tmp_path / "none.toml")], ["collect", str(digits_study(tmp_path).path)]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1
