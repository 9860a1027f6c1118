"""The commands train and collect: what they print and how they end."""

import json
from pathlib import Path

from click.testing import CliRunner

from pietools.cli import main
from tests.training.studies import digits_study


def test_train_and_collect_from_the_command_line(tmp_path: Path) -> None:
    """Both print one line per population, or one JSON object, and nothing on stderr where it is no terminal."""
    path = str(digits_study(tmp_path, steps=5, replicates=1).path)
    trained = CliRunner().invoke(main, ["train", path, "--processes", "1"])
    assert (trained.exit_code, trained.stderr) == (0, "")
    dense, pruned = trained.stdout.splitlines()
    assert dense.startswith("supervised/dense: 1 networks (1 new), accuracy ")
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


def test_problems_are_one_line(tmp_path: Path) -> None:
    """A file that is not there and a network that is not trained end with exit code 1 and no traceback."""
    for arguments in (["train", str(tmp_path / "none.toml")], ["collect", str(digits_study(tmp_path).path)]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1
