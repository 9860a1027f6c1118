"""The command line: help, exit codes, one line for what the user can put right."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import polars as pl
import pytest
from click.testing import Result

import pietools
from pietools import __version__, analysis
from pietools.cli import COMMANDS, command_of
from pietools.settings import AnalysisSettings
from pietools.study import Study
from pietools.study.shipped_files import resource
from pietools.topics.catalogue import TOPICS
from pietools.topics.comparison import Comparison
from pietools.topics.study_reader import StudyReader
from tests.conftest import DENSE, LABELS, PRUNED, make_study
from tests.statistics.characterization_worlds import few_half_samples

HEAVY = ("torch", "polars", "duckdb", "statsmodels", "sklearn", "altair", "rich", "numpy", "pydantic")


def test_help_imports_nothing_heavy() -> None:
    """``pietools --help`` answers before any library is loaded."""
    code = (
        "import sys; from click.testing import CliRunner; from pietools.cli import main; "
        f"assert CliRunner().invoke(main, ['--help']).exit_code == 0; print([m for m in {HEAVY} if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def all_parameters() -> list[tuple[str, click.Option]]:
    """Every option of every command."""
    return [
        (name, parameter)
        for name in COMMANDS
        for parameter in command_of(name).params
        if isinstance(parameter, click.Option)
    ]


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(run: Callable[..., Result], name: str) -> None:
    """With a first sentence and an exit code of 0."""
    result = run(name, "--help")
    assert result.exit_code == 0
    first = str(command_of(name).help).strip().split("\n\n")[0].replace("\n", " ")
    assert first.startswith(COMMANDS[name][2])


def test_every_option_has_help() -> None:
    """No option is left to be guessed."""
    assert [(name, option.name) for name, option in all_parameters() if not option.help] == []


def test_analyze_prints_tables(run: Callable[..., Result], toy: Study) -> None:
    """What a person reads: the answer in sentences and one table; with --all every table, the count of PIEs among them."""
    toy.close()
    result = run("analyze", toy.path, "--permutations", 5, "--seed", 1)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("pruned: no change of accuracy was shown")
    assert "toy/test: 6 examples, 3 classes" in result.output
    assert "5 (83.3 %)" not in result.output
    assert "5 (83.3 %)" in run("analyze", toy.path, "--permutations", 5, "--all", "--no-store").output
    with Study.open(toy.path) as study:
        assert study.results("pies")["n_pies"].item() == 5


@pytest.mark.parametrize("topic", TOPICS)
def test_each_topic_has_a_command(run: Callable[..., Result], toy: Study, topic: str) -> None:
    """Its JSON is what it stored, under a schema of its own; people get its tables; other topics are left alone."""
    toy.close()
    assert run("analyze", toy.path, "--permutations", 10).exit_code == 0
    result = run(topic, toy.path, "--seed", 7, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert (answer.pop("schema"), answer.pop("version"), answer.pop("seed")) == (f"pietools/{topic}/2", __version__, 7)
    assert isinstance(answer.pop("warnings"), list)
    assert list(answer) == [table.name for table in TOPICS[topic].tables]
    with Study.open(toy.path) as study:
        for table, rows in answer.items():
            assert study.results(table).drop("run_id", "is_stale").to_dicts() == rows
        runs = study.sql("select topic, seed from results.runs")
        assert set(runs.filter(seed=7)["topic"]) == set(answer)
    shown = run(topic, toy.path, "--no-store")
    assert shown.exit_code == 0
    assert TOPICS[topic].nothing in shown.stdout or "pruned" in shown.stdout


def test_names_in_brackets_are_printed_as_they_are(run: Callable[..., Result], tmp_path: Path) -> None:
    """A terminal's markup in a name is no markup."""
    with make_study(tmp_path / "s.duckdb", LABELS, {"[red]dense": DENSE, "[/x]": PRUNED}) as study:
        path = study.path
    result = run("analyze", path, "--permutations", 5)
    assert result.exit_code == 0
    assert "[red]dense" in result.output
    assert "[/x]" in result.output


def test_analyze_without_storing(run: Callable[..., Result], toy: Study) -> None:
    """A file that may not be written is not written."""
    toy.close()
    before = toy.path.read_bytes()
    assert json.loads(run("analyze", toy.path, "--no-store", "--json").stdout)["schema"] == "pietools/analyze/1"
    assert toy.path.read_bytes() == before


def test_analyze_writes_report_and_figures(run: Callable[..., Result], toy: Study, tmp_path: Path) -> None:
    """--out makes a folder with everything."""
    toy.close()
    out = tmp_path / "new" / "out"
    result = run("analyze", toy.path, "--out", out, "--format", "svg", "--format", "pdf", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads((out / "analysis.json").read_text()) == json.loads(result.stdout)
    assert (out / "report.html").read_text().startswith("<!doctype html>")
    assert {path.suffix for path in (out / "figures").iterdir()} == {".svg", ".pdf", ".json"}


def test_all_is_computed_when_asked(run: Callable[..., Result], toy: Study) -> None:
    """Without --all what is no answer is null in the JSON."""
    toy.close()
    answers, whole = (
        json.loads(run("analyze", toy.path, "--no-store", "--permutations", 5, "--json", *more).stdout)
        for more in ((), ("--all",))
    )
    assert answers["power"] is None
    assert answers["comparisons"][0]["by_replicates"] is None
    assert [row["n_networks"] for row in whole["comparisons"][0]["by_replicates"]] == [1, 2, 3]
    assert whole["power"]


def test_compare_adds_a_comparison(run: Callable[..., Result], toy: Study) -> None:
    """Any two populations can be compared."""
    toy.close()
    answer = json.loads(run("analyze", toy.path, "--json", "--compare", "pruned", "dense").stdout)
    assert [(row["reference"], row["compressed"]) for row in answer["comparisons"]] == [
        ("dense", "pruned"),
        ("pruned", "dense"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("analyze", "no.duckdb"), "there is no study at"),
        (("analyze", "text.duckdb"), "not a DuckDB file"),
        (
            ("analyze", "toy.duckdb", "--compare", "dense", "prunned"),
            "no population is named 'prunned'. The study has: dense, pruned.",
        ),
        (("analyze", "toy.duckdb", "--out", "text.duckdb"), "cannot read or write text.duckdb"),
        (("analyze", "toy.duckdb", "--compare", "dense", "dense"), "'dense' is to be compared with itself"),
        (("demo", "--out", "."), "is another study: name another folder"),
        (("export", "toy.duckdb", "--out", "."), "is not empty: name a new folder"),
        (("import", ".", "--db", "new.duckdb"), "is no exported study"),
    ],
)
def test_bad_input_is_one_line(
    run: Callable[..., Result], toy: Study, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    """What, found, what to do; exit code 1; the study as it was."""
    toy.close()
    monkeypatch.chdir(toy.path.parent)
    shutil.copy("toy.duckdb", "study.duckdb")
    Path("text.duckdb").write_text("nothing of the kind " * 300)
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert not Path("new.duckdb").exists()
    with Study.open(toy.path) as study:
        assert study.populations().height == 2
        assert study.results("pies").height == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("analyze", "Missing argument"),
        ("analyze x --permutations 0", "0 is not in the range"),
        ("analyze x --margin 1", "1.0 is not in the range 0<x<=0.5. It is a fraction: 0.01 is one percentage point"),
        ("analyze x --property writer", "No such option"),
        ("flips x --subgroup nonsense", "No such option"),
        ("flips x --margin 0.3", "No such option"),
        ("flips x --all", "No such option"),
        ("import x.npz --db y", "say which --dataset and --population"),
        ("nothing", "No such command"),
    ],
)
def test_usage_errors_exit_with_two(run: Callable[..., Result], arguments: str, message: str) -> None:
    """A command that cannot be understood is not the same as one that cannot be done; an option that means nothing is one."""
    result = run(*arguments.split())
    assert result.exit_code == 2
    assert message in result.stderr


def test_options_are_the_declared_settings() -> None:
    """``analyze`` has all, a topic those that mean something to it; the help says the unit, and what holds by default."""
    for name in ("analyze", *TOPICS):
        settings = {parameter.name for parameter in command_of(name).params} & set(AnalysisSettings.model_fields)
        own = AnalysisSettings.model_fields if name == "analyze" else {*TOPICS[name].settings, "seed", "comparisons"}
        assert settings == set(own)
    (margin,) = (option for option in command_of("accuracy").params if option.name == "margin")
    assert isinstance(margin, click.Option)
    assert "a fraction (0.01 is one percentage point)" in str(margin.help)
    assert "[default: the study's, else 0.01]" in str(margin.help)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"permutations": "many"}, "the study's recipe, [analyze]: permutations = 'many': must be a valid integer ("),
        ({"margin": 1.0}, "the study's recipe, [analyze]: margin = 1.0: must be less than or equal to 0.5 ("),
        ({"margn": 0.1}, "the study's recipe, [analyze] has no setting 'margn'. There are: permutations, seed,"),
        ({"comparisons": [["a", "a"]]}, "'a' is to be compared with itself"),
    ],
)
def test_a_stored_recipe_is_checked(
    run: Callable[..., Result], toy: Study, recipe: dict[str, object], message: str
) -> None:
    """Of a study that somebody else made, or an older version: one line, exit code 1."""
    toy.set_recipe({"analyze": recipe})
    toy.close()
    result = run("analyze", toy.path, "--no-store")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert message in result.stderr


@pytest.mark.slow
def test_a_full_disk_is_one_line(toy: Study) -> None:
    """Wherever stdout goes."""
    toy.close()
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "pietools", "analyze", str(toy.path), "--json"]
        answer = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert answer.returncode == 1
    assert "No space left on device" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.slow
def test_the_demo_can_be_run_again(run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """README's first command is not spoiled by having been run before. One compression, once: docs/generate.py runs all."""
    found: list[analysis.Analysis] = []
    analyze, comparisons_of = analysis.analyze, StudyReader._comparisons

    def analyze_once(study: Study, **options: Any) -> analysis.Analysis:
        found[:] = found or [analyze(study, permutations=50, **options)]
        return found[0]

    def supervised_only(reading: StudyReader) -> list[Comparison]:
        reading.evaluated = reading.evaluated.filter(pl.col("population").str.starts_with("supervised/"))
        kept = {"supervised/magnitude-0.9", "supervised/dense-2"}
        return [one for one in comparisons_of(reading) if one.compressed in kept]

    few_half_samples(monkeypatch)
    monkeypatch.setattr(analysis, "analyze", analyze_once)
    monkeypatch.setattr(StudyReader, "_comparisons", supervised_only)
    first, again = (run("demo", "--json", "--out", tmp_path / "demo") for _ in range(2))
    assert (first.exit_code, again.exit_code) == (0, 0), again.output
    assert first.stdout == again.stdout
    comparisons = json.loads(first.stdout)["comparisons"]
    pairs = {row["compressed"].removeprefix("supervised/"): row["n_pairs"] for row in comparisons}
    assert pairs == {"magnitude-0.9": 10, "dense-2": None}
    lines = resource("sql", "cookbook.sql").read_text().splitlines()
    questions = "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";").split(";")
    with Study.open(tmp_path / "demo" / "study.duckdb", read_only=True) as study:
        assert all(study.sql(question).height for question in questions)


TORCH_ADVICE = "install pietools with its extra 'torch'"
BROKEN = "the installation is broken. Install pietools again"


@pytest.mark.parametrize(
    ("missing", "command", "advice"),
    [
        ("torch", "train", TORCH_ADVICE),
        ("torchvision", "collect", TORCH_ADVICE),
        ("safetensors", "collect", TORCH_ADVICE),
        ("pytorch_metric_learning", "train", TORCH_ADVICE),
        ("sklearn", "train", BROKEN),
        ("pandas", "train", BROKEN),
        ("pietools.training.checkpoints.files", "collect", BROKEN),
    ],
)
def test_a_missing_module_is_said_with_what_to_install(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, missing: str, command: str, advice: str
) -> None:
    """Those of the extra torch have it named; others came with the package itself."""

    def import_it(*_: object) -> None:
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.setattr("pietools.study_file.read_study_file", import_it)
    answer = run(command, "STUDY.toml")
    assert answer.exit_code == 1
    assert answer.stderr.startswith(f"Error: 'pietools {command}' needs {missing}, which is not there: {advice}")
    assert answer.stderr.count("\n") == 1


def test_train_without_torch_says_how_to_get_it(tmp_path: Path) -> None:
    """The same where torch really cannot be imported."""
    study = Path(__file__).parents[1] / "data" / "digits" / "STUDY.toml"
    code = f"import sys; sys.modules['torch'] = None; from pietools.cli import main; main(['train', {str(study)!r}])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert answer.returncode == 1
    assert TORCH_ADVICE in answer.stderr
    assert "Traceback" not in answer.stderr


def test_version(run: Callable[..., Result]) -> None:
    """The version of the package."""
    assert run("--version").output == f"pietools {pietools.__version__}\n"
