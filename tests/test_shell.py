"""Questions in SQL, and what doctor says."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from pietools.cli import main
from pietools.exchange.study_folder import export_folder, import_folder
from pietools.statistics.tools.scalars import scalars_from_logits
from pietools.study import Dataset, Evaluation, Model, Population, Study


@pytest.mark.parametrize(
    ("query", "form", "expected"),
    [
        ("select count(*) as n from models", "csv", "n\n6\n"),
        ("select n_pies from (select count(*) as n_pies from pies('dense', 'pruned'))", "csv", "n_pies\n5\n"),
        ("select class_names from datasets", "csv", 'class_names\n"[""class 0"", ""class 1"", ""class 2""]"\n'),
        ("select 1.5 as x, null as y, true as z", "json", [{"x": "1.5", "y": None, "z": True}]),
    ],
)
def test_a_query_is_answered(run: Callable[..., Result], toy: Study, query: str, form: str, expected: object) -> None:
    """As CSV and as JSON, by the macros of the study."""
    toy.close()
    done = run("shell", toy.path, query, "--format", form)
    assert done.exit_code == 0, done.output
    assert (json.loads(done.output) if form == "json" else done.output) == expected


def test_a_study_is_only_read(run: Callable[..., Result], toy: Study, tmp_path: Path) -> None:
    """And no other file: in one line each, and nothing is there afterwards."""
    toy.close()
    before = toy.path.read_bytes()
    (tmp_path / "secret.csv").write_text("x\n1\n")
    for query in (
        "drop table models",
        "delete from examples",
        "selec",
        "select * from nosuch",
        f"from '{tmp_path}/secret.csv'",
        f"copy models to '{tmp_path}/out.csv'",
        f"attach '{tmp_path}/other.duckdb'",
        "install httpfs",
        "",
        " ; ",
    ):
        done = run("shell", toy.path, query)
        assert (done.exit_code, done.output.count("\n")) == (1, 1), query
    assert toy.path.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"toy.duckdb", "secret.csv"}


def test_a_conversation_goes_on_after_a_mistake(toy: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements over several lines, the list of what can be asked, and an end; from a pipe the first mistake ends it."""
    toy.close()
    said = "select count(*) as n_networks\nfrom models;\nselect nosuch;\n.tables\n.help\n.quit\nselect 'not asked';\n"
    piped = CliRunner().invoke(main, ["shell", str(toy.path), "--format", "csv"], input=said)
    assert (piped.exit_code, piped.output.splitlines()[:2]) == (1, ["n_networks", "6"])
    assert (
        CliRunner().invoke(main, ["shell", str(toy.path), "--format", "csv"], input="select 1 as x").output == "x\n1\n"
    )
    with monkeypatch.context() as patch:
        patch.setattr("pietools.cli.shell._is_typed", lambda: True)
        done = CliRunner().invoke(main, ["shell", str(toy.path)], input=said)
    assert done.exit_code == 0, done.output
    assert "n_networks" in done.output
    assert "Error: Binder Error" in done.output
    assert "pies(reference, compressed, dataset)" in done.output
    assert "results.examples_changes" in done.output
    assert "not asked" not in done.output


def test_many_columns_stand_below_each_other(run: Callable[..., Result], answered: Path) -> None:
    """A row that does not fit side by side is a list; of many rows the first are shown."""
    done = run("shell", answered, "from results.examples_hits limit 1")
    assert any(line.split()[:2] == ["n_examples", "400"] for line in done.output.splitlines())
    done = run("shell", answered, "select example_id from examples where dataset_id = 1")
    assert "400 rows, the first 40 are shown" in done.output


def test_doctor_says_what_is_there(run: Callable[..., Result], answered: Path, toy: Study, tmp_path: Path) -> None:
    """Versions; of a study whether it is whole and answered; what is no study is one line."""
    done = run("doctor")
    assert done.exit_code == 0
    assert done.output.startswith("pietools ")
    assert "duckdb 2" in done.output
    done = run("doctor", answered)
    assert "every row can be read" in done.output
    assert "toy/test: 400 examples, 400 pictures" in done.output
    assert "analyzed: the answer is of the predictions that are there" in done.output
    toy.close()
    assert "has no answer yet: run 'pietools analyze" in run("doctor", toy.path).output
    shutil.copyfile(toy.path, tmp_path / "broken.duckdb")
    (tmp_path / "broken.duckdb").write_bytes(toy.path.read_bytes()[:5000])
    done = run("doctor", tmp_path / "broken.duckdb")
    assert done.exit_code == 1
    assert done.output.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize(
    ("encoding", "expected"), [("ascii", "- kappa ?"), ("cp1252", "- kappa ?"), ("utf-8", "− κ 中")]
)
def test_any_terminal_can_print_it(toy: Study, encoding: str, expected: str) -> None:
    """Where letters are missing their likes stand in, and the command ends well."""
    toy.close()
    command = [sys.executable, "-m", "pietools", "shell", str(toy.path), "select '−' as a, 'κ' as b, '中' as c"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert done.stdout.decode(encoding).split()[-3:] == expected.split()


def test_a_name_gives_the_terminal_no_orders(run: Callable[..., Result], tmp_path: Path) -> None:
    """Neither colours, nor a title of the window, nor writing from right to left: of classes, examples, data sets, in errors."""
    rows = "image,label,prediction\na\x1b[31m,x\u202ey,x\u202ey\nb,\x1b]0;evil\x07,y\nc,x\u202ey,x\u202ey\nd,y,y\n"
    (tmp_path / "p.csv").write_text(rows, encoding="utf-8")
    command = ("import", tmp_path / "p.csv", "--db", tmp_path / "s.duckdb", "--dataset", "d\x1b[1m", "--population")
    printed = [
        run(*command, "dense\x1b[2J"),
        run(*command, "pruned", "--reference", "nosuch\x1b[5m"),
        run("info", tmp_path / "s.duckdb"),
        run("accuracy", tmp_path / "s.duckdb"),
        run("shell", tmp_path / "s.duckdb", "select key, class_names from examples join datasets using (dataset_id)"),
        run("shell", tmp_path / "s.duckdb", "select '\x1b[31m' from nosuch"),
    ]
    assert all(done.output for done in printed)
    assert not set("\x1b\x07\u202e") & set("".join(done.output for done in printed))
    assert "a\ufffd[31m" in printed[0].output


@pytest.mark.parametrize("logits_dtype", ["float32", "float16", "none"])
def test_doctor_finds_predictions_that_were_changed(
    run: Callable[..., Result], tmp_path: Path, logits_dtype: str
) -> None:
    """By their checksum, which an export and an import keep; a network of before there were checksums is said."""
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(2, 50, 4)).astype(np.float32), rng.integers(0, 4, 50)
    path, back = tmp_path / "s.duckdb", tmp_path / "back.duckdb"
    with Study.create(path) as study:
        study.add_dataset(Dataset("d", [str(i) for i in range(50)], labels, list("abcd")))
        study.add_population(Population("p", "dense"))
        for k in range(2):
            predictions = scalars_from_logits(logits[k], labels)
            study.add_evaluation(
                Model("p", str(k)), Evaluation("d", "logits", str(k)), predictions, logits[k], logits_dtype
            )
        export_folder(study, tmp_path / "folder")
    import_folder(tmp_path / "folder", back)
    assert "of 2 of 2 networks and data sets are what was stored" in run("doctor", back, "--full").output
    changes = ["update predictions set loss = loss + 1e-6 where example_id = 7 and model_id = 2"]
    if logits_dtype != "none":
        changes.append("delete from logits where model_id = 2")
    for change in changes:
        changed = tmp_path / "changed.duckdb"
        changed.write_bytes(path.read_bytes())
        with Study.open(changed) as study:
            study.sql(change)
        assert "replicate '1' of 'p' on 'd' are not what was stored" in run("doctor", changed, "--full").output
    with Study.open(path) as study:
        study.sql("update evaluations set content_digest = null where model_id = 1")
    assert "of 1 of 2 networks" in run("doctor", path, "--full").output
    with Study.open(path) as study:
        study.sql("update evaluations set content_digest = null")
    assert "no predictions have a checksum" in run("doctor", path, "--full").output
    assert "name one" in run("doctor", "--full").output
