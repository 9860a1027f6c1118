"""What a study survives: a kill, a full disk, another process, a stranger's file, a damaged one."""

# ruff: noqa: PT012 - what is tested is how whole blocks end

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pietools.errors import StudyError
from pietools.exchange.study_folder import export_folder, import_folder
from pietools.statistics.tools.scalars import scalars_from_labels
from pietools.study import Study
from pietools.study.database import STORAGE, Database
from pietools.study.integrity import PER_EXAMPLE
from pietools.study.records import Dataset, Evaluation, Model, Population
from tests.conftest import DENSE, LABELS, PRUNED, make_study
from tests.test_study import RECORDING


def names(folder: Path) -> list[str]:
    """What is in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def python(code: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in another process."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)


# Created whole or not at all


def test_a_study_that_is_being_made_takes_nobodys_place(tmp_path: Path) -> None:
    """Of two that are made at the same path the first stays, with what is in it."""
    path = tmp_path / "s.duckdb"
    with pytest.raises(StudyError, match="exists: open it"), Study.create_whole(path):
        make_study(path, LABELS, {"dense": DENSE}).close()
    assert names(tmp_path) == ["s.duckdb"]
    with Study.open(path) as study:
        assert study.accuracy("dense").height == 3


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A study can be made there, and takes nobody's place."""

    def refuse(*paths: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "s.duckdb"
    make_study(path, LABELS, {"dense": DENSE}).close()
    with pytest.raises(StudyError, match="exists"), Study.create_whole(tmp_path / "t.duckdb"):
        path.rename(tmp_path / "t.duckdb")
    assert names(tmp_path) == ["t.duckdb"]
    with Study.open(tmp_path / "t.duckdb") as study:
        assert study.accuracy("dense").height == 3


KILLED = """
import os, sys
from pathlib import Path
import pietools.study, pietools.exchange.study_folder as study_folder
from pietools.study import Study, database
def kill(*arguments): os.kill(os.getpid(), 9)
where, path, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
if where == "create":
    database.Database._make_results = kill
    Study.create(path)
elif where == "import":
    Study.set_recipe = kill
    study_folder.import_folder(folder, path)
else:
    study_folder.MANIFEST = type("Kill", (), {"__rtruediv__": kill})()
    study_folder.export_folder(Study.open(path, read_only=True), folder)
"""


@pytest.mark.slow
def test_a_kill_while_a_study_is_made_is_in_nobodys_way(toy: Study, tmp_path: Path) -> None:
    """Neither the empty one of an import nor a whole one of a folder: the same command works the next time."""
    toy.set_recipe({"study": {"seed": 1}})
    folder = export_folder(toy, tmp_path / "folder")
    for where in ("create", "import"):
        path = tmp_path / f"{where}.duckdb"
        assert python(KILLED, where, path, folder).returncode == -signal.SIGKILL
        assert not path.exists()
    Study.create(tmp_path / "create.duckdb").close()
    import_folder(folder, tmp_path / "import.duckdb")
    with Study.open(tmp_path / "import.duckdb") as study:
        assert study.pies("dense", "pruned").equals(toy.pies("dense", "pruned"))


@pytest.mark.slow
def test_a_kill_while_a_study_is_exported_is_in_nobodys_way(toy: Study, tmp_path: Path) -> None:
    """The folder is there when it is whole."""
    toy.close()
    folder = tmp_path / "folder"
    assert python(KILLED, "export", toy.path, folder).returncode == -signal.SIGKILL
    assert not folder.exists()
    with Study.open(toy.path, read_only=True) as study:
        export_folder(study, folder)
    import_folder(folder, tmp_path / "back.duckdb")


def test_an_export_takes_no_folder_that_is_used(toy: Study, tmp_path: Path) -> None:
    """Not even one that somebody else fills in the meantime; an empty one is taken."""
    folder = tmp_path / "folder"
    folder.mkdir()
    export_folder(toy, folder)
    with pytest.raises(StudyError, match="is not empty"):
        export_folder(toy, folder)
    toy.close()
    assert names(tmp_path) == ["folder", "toy.duckdb"]


def test_an_empty_study_that_failed_leaves_nothing(tmp_path: Path) -> None:
    """If this process made it, and nothing is in it."""
    for path in (tmp_path / "s.duckdb", tmp_path / "t.duckdb"):
        with pytest.raises(StudyError, match="role 'big'"), Study.open_or_create(path) as study:
            study.add_population(Population("p", "big"))
    assert names(tmp_path) == []
    Study.create(tmp_path / "s.duckdb").close()
    with pytest.raises(StudyError, match="role 'big'"), Study.open_or_create(tmp_path / "s.duckdb") as study:
        study.add_population(Population("p", "big"))
    assert names(tmp_path) == ["s.duckdb"]


def test_a_property_alone_is_kept(tmp_path: Path) -> None:
    """It was measured; a data set alone is what the next try says again."""
    for name in ("s.duckdb", "t.duckdb"):
        with pytest.raises(StudyError, match="role 'big'"), Study.create(tmp_path / name) as study:
            study.add_dataset(Dataset("d", ["a"], np.array([0]), ["x"]))
            if name == "t.duckdb":
                study.add_property("d", "p", np.array([1.0]))
            study.add_population(Population("p", "big"))
    assert names(tmp_path) == ["t.duckdb"]


def test_a_study_that_was_replaced_is_not_removed(tmp_path: Path) -> None:
    """Who made an empty study deletes that one, not another that has its name by then."""
    path = tmp_path / "s.duckdb"
    make_study(tmp_path / "other.duckdb", LABELS, {"dense": DENSE}).close()
    with pytest.raises(RuntimeError), Study.create(path):
        (tmp_path / "other.duckdb").replace(path)
        raise RuntimeError
    with Study.open(path) as study:
        assert study.accuracy("dense").height == 3


def test_in_doubt_a_study_is_kept(tmp_path: Path) -> None:
    """Where DuckDB answers no more, as after a full disk, nobody knows that nothing is stored."""
    path = tmp_path / "s.duckdb"
    with pytest.raises(StudyError), make_study(path, LABELS, {"dense": DENSE}) as study:
        study._database._connection.close()
        study.datasets()
    with Study.open(path) as study:
        assert study.accuracy("dense").height == 3


def test_a_log_without_its_study_is_kept(tmp_path: Path) -> None:
    """It may hold data; a new study would delete it."""
    log = tmp_path / "s.duckdb.wal"
    log.write_bytes(b"data")
    with pytest.raises(StudyError, match=r"s\.duckdb\.wal is there without s\.duckdb"):
        Study.create(tmp_path / "s.duckdb")
    assert names(tmp_path) == [log.name]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_loses_no_network(small_disk: Path) -> None:
    """All that was said to be stored is there when there is room again, and the error says where."""
    rng = np.random.default_rng(0)
    n, path, stored = 50_000, small_disk / "s.duckdb", 0
    with pytest.raises(StudyError) as caught, Study.create(path) as study:
        study.add_dataset(Dataset("d", [str(i) for i in range(n)], np.zeros(n, int), [str(c) for c in range(1000)]))
        study.add_population(Population("p", "dense"))
        for k in range(1000):
            predictions = scalars_from_labels(rng.integers(0, 1000, n))
            study.add_evaluation(Model("p", str(k)), Evaluation("d", "labels", str(k)), predictions)
            stored += 1
    assert stored > 3
    if (small_disk / "s.duckdb.wal").exists():
        assert "keep both together" in str(caught.value)
    subprocess.run(["mount", "-o", "remount,size=100m", str(small_disk)], check=True)
    with Study.open(path) as study:
        assert study.evaluated()["n_models"].item() >= stored


def test_closing_brings_everything_into_the_file(toy: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a log that could be left behind; where there is no room, an error says so."""
    toy.close()
    assert names(toy.path.parent) == ["toy.duckdb"]
    execute = Database.execute

    def full(database: Database, statements: str, params: object = None) -> None:
        if statements == "checkpoint":
            raise StudyError("No space left on device")
        execute(database, statements, params)  # type: ignore[arg-type]

    with (
        pytest.raises(StudyError, match=r"kept in it and in toy\.duckdb\.wal beside it: keep both"),
        Study.open(toy.path) as s,
    ):
        s.set_recipe({"study": {"seed": 1}})
        monkeypatch.setattr(Database, "execute", full)


class Interrupted:
    """A connection on which Ctrl-C comes during one kind of statement, with what DuckDB's client makes of it."""

    def __init__(self, connection: Any, statement: str) -> None:
        self.connection, self.statement = connection, statement

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def execute(self, statement: str, params: object = None) -> Any:
        """Run it, or be interrupted."""
        if statement.startswith(self.statement):
            raise RuntimeError("Query interrupted")
        return self.connection.execute(statement, params)


@pytest.mark.parametrize("statement", ["insert into examples", "commit"])
def test_an_interrupt_changes_nothing(toy: Study, statement: str) -> None:
    """Ctrl-C during a query is no error of DuckDB, its transaction is undone, and the study answers on."""
    connection = toy._database._connection
    toy._database._connection = Interrupted(connection, statement)
    with pytest.raises(KeyboardInterrupt), toy.transaction():
        toy.add_population(Population("new", "control"))
        toy.add_dataset(Dataset("new", ["a"], np.array([0]), ["x"]))
    toy._database._connection = connection
    assert (toy.populations().height, toy.datasets().height) == (2, 1)
    toy.add_population(Population("new", "control"))
    toy.close()
    with Study.open(toy.path) as study:
        assert study.populations().height == 3


def test_a_failed_commit_ends_the_transaction(toy: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is that of the commit, and the next transaction is a new one."""
    execute = Database.execute

    def fail(database: Database, statements: str, params: object = None) -> None:
        if statements == "commit":
            raise StudyError("the disk is full")
        execute(database, statements, params)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Database, "execute", fail)
        with pytest.raises(StudyError, match="the disk is full"), toy.transaction():
            toy.add_population(Population("new", "control"))
    with toy.transaction():
        toy.add_population(Population("other", "control"))
    assert toy.populations()["name"].to_list() == ["dense", "pruned", "other"]


# What is no study


@pytest.mark.parametrize("opened", [Study.create, Study.open, Study.open_or_create])
def test_a_path_that_is_no_file_is_refused(opened: Callable[[Path], Study], tmp_path: Path) -> None:
    """DuckDB would keep :memory: nowhere, and cut a path at NUL."""
    for path, message in ((Path(":memory:"), "is no file"), (tmp_path / "a\0b", "NUL")):
        with pytest.raises(StudyError, match=message):
            opened(path)
    assert names(tmp_path) == []


def test_other_files_are_told_apart(tmp_path: Path) -> None:
    """A CSV file, which DuckDB opens too, is to be imported; a pipe is not waited for."""
    table, pipe, empty = (tmp_path / name for name in ("dense.csv", "pipe", "empty.duckdb"))
    table.write_text("a,b\n1,2\n")
    os.mkfifo(pipe)
    empty.touch()
    for path, message in ((table, "a CSV file: import it first"), (pipe, "is no file"), (empty, "not a DuckDB file")):
        with pytest.raises(StudyError, match=message):
            Study.open(path)
    with pytest.raises(StudyError, match="is no file"):
        Study.open("/dev/null")
    assert empty.stat().st_size == 0


def test_sql_is_read_as_utf_8(tmp_path: Path) -> None:
    """Whatever the locale says."""
    code = "import sys; from pietools.study import Study; Study.create(sys.argv[1]).close()"
    options = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert python(code, tmp_path / "s.duckdb", **options).stderr == ""
    with Study.open(tmp_path / "s.duckdb") as study:
        comment = study.sql("select comment from duckdb_columns() where comment like '%onehot%'").item(0, 0)
    assert "‖probabilities − onehot(label)‖₂" in comment


# A stranger's study

FOREIGN = {
    "create macro max(x) as 42": "function max",
    'create macro "+"(a, b) as 42': r"function \+",
    "create macro duckdb_functions() as table select 1": "function duckdb_functions",
    "create macro pies(a) as 42": "function pies",
    "create view mine as select 1 as a": "view mine",
    "create view results.mine as select 1 as a": "view results.mine",
    "create type mood as enum ('a', 'b')": "type mood",
    "create schema other": "schema other",
}


@pytest.mark.parametrize("statement", FOREIGN)
def test_a_study_that_defines_something_is_refused(toy: Study, statement: str) -> None:
    """Functions, views, types, schemas and triggers that are not pietools' are named, however the file is opened."""
    toy._database._connection.execute(statement)
    toy.close()
    for read_only in (True, False):
        with pytest.raises(StudyError, match=rf"defines what no study does.*: {FOREIGN[statement]}\."):
            Study.open(toy.path, read_only=read_only)


def test_a_study_with_a_trigger_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only files of the newest storage format can have one."""
    monkeypatch.setitem(STORAGE, "storage_compatibility_version", "v2.0.0")
    statement = (
        "create trigger x after insert on examples for each statement insert into logits (select 1, 1, 1, null, null)"
    )
    with make_study(tmp_path / "s.duckdb", LABELS, {"dense": DENSE}) as study:
        study._database._connection.execute(statement)
    with pytest.raises(StudyError, match=r"defines what no study does.*: trigger x\."):
        Study.open(tmp_path / "s.duckdb")


# A damaged study

BROKEN = {
    "update predictions set example_id = 1 where example_id = 0 and model_id = 2": "model_id 2 has in predictions 6 rows",
    "delete from predictions where example_id = 5 and model_id = 3": "model_id 3 has in predictions 5 rows",
    "delete from predictions where model_id = 3": "model_id 3 has in predictions 0 rows",
    "insert into predictions by name select * replace (0 as example_id) from predictions where model_id = 1 limit 1": "7 rows",
    "update predictions set example_id = 6 where example_id = 5": "not one of each",
    "update predictions set predicted_label = 3 where example_id = 5": "classes that are not there",
    "update predictions set predicted_label = -1 where example_id = 5": "classes that are not there",
    "update predictions set label_rank = 7 where example_id = 5": "classes that are not there",
    "update predictions set loss = 'nan' where example_id = 5": "predictions has loss .* no finite number",
    "update predictions set margin = '-infinity' where example_id = 5": "no finite number",
    "delete from evaluations where model_id = 2": "6 rows on 'toy/test'.*, and no evaluation",
    "update examples set example_id = 1 where example_id = 0": "has not one row for each of its 6 examples",
    "delete from examples where example_id = 0": "has not one row for each of its 6 examples",
    "update examples set key = 'e0'": "two rows of examples have the same dataset_id, key",
    "update examples set label = 3 where example_id = 0": "a label that is no class",
    "update datasets set is_primary = false": "0 are primary, not one",
    "update datasets set class_names = ['a', 'a', 'b']": "two classes of one name",
    "update datasets set source_dataset_id = 7": "source_dataset_id 7, which is none of datasets",
    "update datasets set source_dataset_id = 1": "copy of a copy",
    "update populations set reference_id = 9 where population_id = 2": "reference_id 9, which is none of populations",
    "update models set population_id = 9 where model_id = 1": "population_id 9, which is none",
    "update models set replicate = '0'": "two rows of models have the same population_id, replicate",
    "update populations set sparsity = 'nan'": "sparsity that is no finite number",
    "insert into example_properties values (1, 6, 'p', 's', 1, null)": "property 'p' has values of examples that are not there",
    "insert into example_properties values (1, 1, 'p', 's', 1, 'a')": "not one number or text each",
    "insert into example_properties values (1, 1, 'p', 's', 1, null), (1, 1, 'p', 's', 2, null)": "two rows of example_prop",
    "update study set value = '[]' where key = 'recipe'": "the recipe is no object",
    "update study set value = '\"5\"' where key = 'schema_version'": "holds no schema_version",
    "alter table predictions alter predicted_label type varchar": "table predictions has other columns",
    "drop table layers": "the table layers has other columns",
    "delete from layer_predictions where example_id = 0": "in layer_predictions 5 rows",
    "update features set example_id = 1 where example_id = 0": "in features 6 rows",
    "update epoch_predictions set epoch = 1": "in epoch_predictions 18 rows",
}


@pytest.mark.parametrize("statement", BROKEN)
@pytest.mark.slow
def test_a_damaged_study_is_refused(toy: Study, statement: str) -> None:
    """Each rule is asked when a file is opened; the line says what is broken."""
    toy.set_recipe({"study": {"seed": 1}})
    toy.add_recording(Model("dense", "0"), "toy/test", RECORDING)
    toy._database.execute(statement)
    toy.close()
    for read_only in (True, False):
        with pytest.raises(StudyError, match=BROKEN[statement]) as caught:
            Study.open(toy.path, read_only=read_only)
        assert "\n" not in str(caught.value)


def test_a_sound_study_is_accepted_in_any_order_of_rows(toy: Study) -> None:
    """Rows may lie in another order, as after a repair in the shell."""
    toy.add_recording(Model("dense", "0"), "toy/test", RECORDING)
    for table in PER_EXAMPLE:
        toy._database.execute(f"create table moved as from {table} order by hash(example_id), model_id desc")
        toy._database.execute(f"delete from {table}; insert into {table} from moved; drop table moved")
    expected = toy.pies("dense", "pruned")
    toy.close()
    with Study.open(toy.path, read_only=True) as study:
        assert study.pies("dense", "pruned").equals(expected)


def test_matrices_are_never_filled_by_halves(toy: Study) -> None:
    """A row twice and one missing is an error also where the file was changed while it was open."""
    toy._database.execute("update predictions set example_id = 1 where example_id = 0 and model_id = 2")
    with pytest.raises(StudyError, match="lacks predictions of examples, or has some twice"):
        toy.label_matrix("dense")


def test_what_would_be_refused_later_is_not_added(toy: Study) -> None:
    """Classes that are not there, numbers that are none, classes of one name."""
    keys, predictions = ["a", "b"], scalars_from_labels(DENSE[0])
    with pytest.raises(StudyError, match="a class from 0 to 0, or -1"):
        toy.add_dataset(Dataset("new", keys, np.array([0, 1]), ["x"]))
    with pytest.raises(StudyError, match="needs a label for each of its 2 keys"):
        toy.add_dataset(Dataset("new", keys, np.array([0]), ["x"]))
    with pytest.raises(StudyError, match="two classes of one name"):
        toy.add_dataset(Dataset("new", keys, np.array([0, 1]), ["x", "x"]))
    with pytest.raises(StudyError, match="has 3 classes, found predicted_label from 1 to 3"):
        toy.add_evaluation(
            Model("dense", "9"), Evaluation("toy/test", "labels", "e"), scalars_from_labels(PRUNED[0] + 1)
        )
    with pytest.raises(StudyError, match="loss that is no finite number"):
        broken = predictions.with_columns(loss=np.full(6, np.inf, dtype=np.float32))
        toy.add_evaluation(Model("dense", "9"), Evaluation("toy/test", "logits", "e"), broken)
    assert toy.accuracy("dense").height == 3


def test_an_exported_folder_is_checked_too(toy: Study, tmp_path: Path) -> None:
    """What breaks a rule does not become a study."""
    toy._database.execute("update predictions set predicted_label = 3 where example_id = 5")
    with pytest.raises(StudyError, match="classes that are not there"):
        import_folder(export_folder(toy, tmp_path / "folder"), tmp_path / "back.duckdb")
    toy.close()
    assert names(tmp_path) == ["folder", "toy.duckdb"]


# Results of another version


def test_results_of_another_definition_are_made_anew(toy: Study) -> None:
    """A reader gets the predictions and is told to analyze; a writer gets this version's tables, without rows."""
    toy._database.execute("drop schema results cascade; create schema results; create table results.pies (a integer)")
    toy._database.set_fact("results_digest", "another")
    toy.close()
    with Study.open(toy.path, read_only=True) as study:
        assert study.pies("dense", "pruned").height == 5
        with pytest.raises(StudyError, match=r"are another version's: run 'pietools analyze .*toy\.duckdb'"):
            study.results("pies")
    with Study.open(toy.path) as study:
        assert study.results("pies").height == 0
        assert "n_pies" in study.results("pies").columns
    with Study.open(toy.path, read_only=True) as study:
        assert study.results("pies").height == 0


# What a study says of itself


def test_a_study_shows_what_it_holds(toy: Study) -> None:
    """Path, data sets and populations in a line, and that it is closed."""
    assert repr(toy) == f"<Study {toy.path}, data sets: toy/test, populations: dense, pruned>"
    toy.close()
    assert repr(toy) == f"<Study {toy.path}, closed>"


def test_a_property_of_networks_is_pointed_out(toy: Study) -> None:
    """``property`` is of what was measured outside; the others are results."""
    with pytest.raises(StudyError, match=r"no property 'loss'.*such as loss: results\('properties'\) after analyze"):
        toy.property("loss")
