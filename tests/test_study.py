"""The study file: what it refuses, what twice is once, and that a file from a stranger runs nothing."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import pietools
from pietools.errors import StudyError
from pietools.exchange.study_folder import export_folder, import_folder
from pietools.statistics.tools.scalars import scalars_from_labels, scalars_from_logits
from pietools.study import Study
from pietools.study.network_order import network_signatures
from pietools.study.records import Dataset, EpochPredictions, Evaluation, LayerPredictions, Model, Population, Recording
from pietools.study.shipped_files import resource
from tests.conftest import DENSE, LABELS, PRUNED, make_study, simulate


def evaluation(digest: str = "e", **said: object) -> Evaluation:
    """Labels on the toy data set."""
    return Evaluation("toy/test", "labels", digest, **said)  # type: ignore[arg-type]


def test_open_gives_the_study(toy: Study) -> None:
    """``pietools.open`` reads what was written."""
    toy.close()
    with pietools.open(toy.path, read_only=True) as study:
        assert study.populations()["name"].to_list() == ["dense", "pruned"]
        assert study.populations()["reference"].to_list() == [None, "dense"]
        assert study.datasets()["n_labelled"].item() == 5
        assert study.evaluated()["n_models"].to_list() == [3, 3]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """And none is made."""
    with pytest.raises(StudyError, match="there is no study at"):
        Study.open(tmp_path / "no.duckdb")
    assert not list(tmp_path.iterdir())


def test_files_that_are_no_study_are_refused(tmp_path: Path) -> None:
    """Text, a folder, another DuckDB file: each says what it is."""
    text = tmp_path / "text.duckdb"
    text.write_text("nothing of the kind " * 300)
    with pytest.raises(StudyError, match="not a DuckDB file"):
        Study.open(text)
    with pytest.raises(StudyError, match="is a folder"):
        Study.open(tmp_path)
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as connection:
        connection.execute("create table t (a integer)")
    for read_only in (True, False):
        with pytest.raises(StudyError, match="a DuckDB file but no study"):
            Study.open(other, read_only=read_only)


def test_a_newer_schema_is_refused(toy: Study) -> None:
    """With what to do about it."""
    toy._database.set_fact("schema_version", 99)
    toy.close()
    with pytest.raises(StudyError, match="schema version 99, this pietools reads up to 8: upgrade pietools"):
        Study.open(toy.path)


def test_creating_over_a_file_is_refused(toy: Study) -> None:
    """A study is not overwritten."""
    with pytest.raises(StudyError, match="exists"):
        Study.create(toy.path)
    with pytest.raises(StudyError, match="there is no folder"):
        Study.create(toy.path.parent / "no" / "s.duckdb")


def test_definitions_stored_in_a_file_are_not_run(toy: Study) -> None:
    """Macros of this version shadow what a stranger stored under their names; the next writer puts the file right."""
    hostile = "create or replace macro pies(reference, compressed, dataset := null) as table select 42 as example_id"
    toy._database.execute(hostile)
    toy._database.set_fact("definitions_digest", "another")
    toy.close()
    with Study.open(toy.path, read_only=True) as study:
        assert study.pies("dense", "pruned").height == 5
    Study.open(toy.path).close()
    with duckdb.connect(str(toy.path), read_only=True) as connection:
        assert connection.sql("select count(*) from pies('dense', 'pruned')").fetchall() == [(5,)]


def test_a_query_cannot_reach_other_files(toy: Study) -> None:
    """External access is off and stays off."""
    with pytest.raises(StudyError):
        toy.sql("select * from read_csv('/etc/passwd')")
    with pytest.raises(StudyError):
        toy._database.execute("set enable_external_access = true")


def test_the_same_dataset_twice_is_once(toy: Study) -> None:
    """And another one of the same name is refused with what differs."""
    stored = toy.dataset("toy/test")
    assert stored is not None
    assert toy.add_dataset(stored) == 1
    changed = stored.labels.copy()
    changed[2] = 0
    keys, names = list(stored.keys), list(stored.class_names)
    with pytest.raises(StudyError, match="contradict the stored ones on 1 examples, first 'e2': stored 1, found 0"):
        toy.add_dataset(Dataset("toy/test", keys, changed, names))
    with pytest.raises(StudyError, match="stored with 6 examples, found 5"):
        toy.add_dataset(Dataset("toy/test", keys[:5], changed[:5], names))
    with pytest.raises(StudyError, match="stored with 3 classes, found 2"):
        toy.add_dataset(Dataset("toy/test", keys, stored.labels, names[:2]))
    with pytest.raises(StudyError, match="two examples with the key 'a'"):
        toy.add_dataset(Dataset("new", ["a", "b", "a"], changed[:3], names))
    assert toy.datasets().height == 1


def test_another_description_of_a_population_is_refused(toy: Study) -> None:
    """A population keeps its role, method and reference."""
    assert toy.add_population(Population("pruned", "compressed", reference="dense")) == 2
    with pytest.raises(StudyError, match="population 'pruned' is stored with role compressed, found control"):
        toy.add_population(Population("pruned", "control"))
    with pytest.raises(StudyError, match="role 'big'"):
        toy.add_population(Population("other", "big"))
    with pytest.raises(StudyError, match="no population is named 'nobody'"):
        toy.add_population(Population("other", "compressed", reference="nobody"))
    assert toy.populations().height == 2


def test_the_same_evaluation_twice_is_once(toy: Study) -> None:
    """A second copy adds nothing; other predictions of the same network are refused."""
    model = Model("dense", "9", model_digest="weights")
    predictions = scalars_from_labels(DENSE[0])
    assert toy.add_evaluation(model, evaluation(), predictions)
    assert not toy.add_evaluation(model, evaluation(), predictions)
    assert toy.has_evaluation(model, evaluation(), "none")
    assert toy.accuracy("dense").height == 4
    with pytest.raises(StudyError, match="stored on 'toy/test' with other predictions"):
        toy.add_evaluation(model, evaluation("other"), predictions)
    with pytest.raises(StudyError, match="model_digest weights, found other"):
        toy.add_evaluation(Model("dense", "9", model_digest="other"), evaluation(), predictions)


def test_a_network_counts_once(toy: Study) -> None:
    """The same checkpoint in two populations would give no PIEs by construction."""
    toy.add_evaluation(Model("dense", "9", model_digest="weights"), evaluation(), scalars_from_labels(DENSE[0]))
    with pytest.raises(StudyError, match="the same network as replicate '9' of 'dense'"):
        toy.add_evaluation(Model("pruned", "9", model_digest="weights"), evaluation(), scalars_from_labels(DENSE[0]))
    assert toy.accuracy("pruned").height == 3


def test_a_network_without_a_name_counts_once(toy: Study) -> None:
    """Its weights tell who it is: run in another way it is refused, on another data set it is the same network."""
    model, predictions = Model("dense", None, model_digest="weights"), scalars_from_labels(DENSE[0])
    assert toy.add_evaluation(model, evaluation(), predictions)
    with pytest.raises(StudyError, match="a network of 'dense' is stored on 'toy/test' with other predictions"):
        toy.add_evaluation(model, evaluation("autocast"), predictions)
    toy.add_dataset(Dataset("toy/train", [f"e{i}" for i in range(6)], LABELS, ["a", "b", "c"]))
    assert toy.add_evaluation(model, Evaluation("toy/train", "labels", "e"), predictions)
    assert toy.sql("select count(*) from models where model_digest = 'weights'").item() == 1


def test_a_network_in_another_population_is_no_news(toy: Study) -> None:
    """Asking whether it is stored says that it is, under which name."""
    toy.add_evaluation(Model("dense", None, model_digest="weights"), evaluation(), scalars_from_labels(DENSE[0]))
    with pytest.raises(StudyError, match="a network of 'pruned' is the same network as a network of 'dense'"):
        toy.has_evaluation(Model("pruned", None, model_digest="weights"), evaluation(), "none")
    with pytest.raises(StudyError, match="with logits as none, not float16"):
        toy.has_evaluation(Model("dense", None, model_digest="weights"), evaluation(), "float16")


def test_an_evaluation_covers_every_example(toy: Study) -> None:
    """Five predictions for six examples leave no trace."""
    with pytest.raises(StudyError, match="has 6 examples, found 5 predictions"):
        toy.add_evaluation(Model("dense", "9"), evaluation(), scalars_from_labels(DENSE[0][:5]))
    assert toy.accuracy("dense").height == 3


def test_a_failed_transaction_leaves_the_study_as_it_was(toy: Study) -> None:
    """Also when transactions are nested."""

    def fail() -> None:
        with toy.transaction():
            toy.add_population(Population("new", "control"))
            with toy.transaction():
                toy.add_evaluation(Model("new", "0"), evaluation(), scalars_from_labels(DENSE[0]))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert toy.populations().height == 2
    toy.add_population(Population("new", "control"))


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_logits_come_back(tmp_path: Path, dtype: str) -> None:
    """As written for float32; for float16 rounded less the largest of the row; the scalars were computed before."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(6, 3)).astype(np.float32)
    with make_study(tmp_path / "s.duckdb", LABELS, {"dense": DENSE}) as study:
        scalars = scalars_from_logits(logits, LABELS)
        study.add_evaluation(Model("dense", "9"), Evaluation("toy/test", "logits", "e"), scalars, logits, dtype)
        rows = study.sql("select * from logits order by example_id")
        if dtype == "float32":
            assert np.array_equal(np.array(rows["logits"].to_list(), dtype=np.float32), logits)
        else:
            half = np.frombuffer(b"".join(rows["logits_half"]), dtype="<f2").reshape(6, 3)
            assert np.array_equal(half, (logits - logits.max(axis=1, keepdims=True)).astype(np.float16))
        loss = study.sql("select loss from predictions where loss is not null order by example_id")["loss"]
        assert loss.to_list() == scalars["loss"].drop_nulls().to_list()


def test_label_matrix_does_not_depend_on_the_order_of_insertion(tmp_path: Path) -> None:
    """Named networks come by name, unnamed ones by what they predict."""
    labels, populations = simulate(0)
    for named in (True, False):
        matrices = []
        for name, step in (("a", 1), ("b", -1)):
            path = tmp_path / f"{name}{named}.duckdb"
            with make_study(path, labels, {"dense": populations["dense"][::step]}, named=named) as study:
                if named and step == -1:
                    study._database.execute("update models set replicate = 5 - replicate::int")
                matrices.append(study.label_matrix("dense")[1])
        assert np.array_equal(*matrices)


def test_unnamed_networks_have_one_order_also_where_they_are_alike(tmp_path: Path) -> None:
    """Few examples and two classes: confusion tables coincide, and still no order of insertion shows."""
    labels, populations = simulate(1, n_networks=12, n=40, n_classes=2)
    rng = np.random.default_rng(0)
    matrices = []
    for i in range(4):
        path = tmp_path / f"{i}.duckdb"
        with make_study(path, labels, {"dense": rng.permutation(populations["dense"])}, named=False) as study:
            matrices.append(study.label_matrix("dense")[1])
    assert all(np.array_equal(matrices[0], matrix) for matrix in matrices)


def test_signatures_see_no_order_of_examples() -> None:
    """They tell networks apart, and stay when examples are permuted."""
    labels, populations = simulate(2, n_networks=12, n=40, n_classes=2)
    order = np.random.default_rng(0).permutation(40)
    signatures = network_signatures(labels, populations["dense"])
    assert len(set(signatures)) == 12
    assert network_signatures(labels[order], populations["dense"][:, order]) == signatures


def test_reasons_are_not_read_off_the_path(toy: Study, tmp_path: Path) -> None:
    """A folder named block, or my-read-only, is no lock and no permission."""
    for folder in ("block", "Could not set lock", "my-read-only"):
        path = tmp_path / folder / "s.duckdb"
        path.parent.mkdir()
        path.write_bytes(b"DUCK" * 2000)
        with pytest.raises(StudyError, match=r"not a DuckDB file|cannot be opened") as caught:
            Study.open(path)
        assert "another process" not in str(caught.value)
        assert "permission" not in str(caught.value)


def test_a_foreign_file_with_our_tables_is_no_study(tmp_path: Path) -> None:
    """Names alone do not make one."""
    path = tmp_path / "foreign.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table study (a integer); create table datasets (a integer); create table predictions (a int)"
        )
    with pytest.raises(StudyError, match="a DuckDB file but no study"):
        Study.open(path)


def test_a_full_disk_leaves_no_file(tmp_path: Path) -> None:
    """A study that could not be made is removed, with its log."""
    np.savez(tmp_path / "runs.npz", dense=DENSE, label=LABELS)
    arguments = "runs.npz --db s.duckdb --dataset d --population p --predictions dense"
    command = f"ulimit -f 40; exec {sys.executable} -m pietools import {arguments}"
    answer = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["runs.npz"]


def test_results_are_replaced_and_become_stale(toy: Study) -> None:
    """A second run leaves one set of rows; predictions added later make it stale."""
    for _ in range(2):
        analysis = pietools.analyze(toy, permutations=10)
    assert toy.results("pies").height == 1
    assert toy.sql("select count(*) from results.runs").item() == len(analysis.tables)
    assert not toy.results("pies")["is_stale"].item()
    toy.add_evaluation(Model("dense", "9"), evaluation(), scalars_from_labels(DENSE[0]))
    assert toy.results("pies")["is_stale"].item()


def test_a_study_that_is_being_written_says_so(toy: Study, tmp_path: Path) -> None:
    """One writing process; another gets a line, not a traceback."""
    code = f"import pietools; pietools.open({str(toy.path)!r})"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "is in use by" in answer.stderr


def test_damaged_facts_are_named(toy: Study) -> None:
    """JSON columns are checked by DuckDB; the recipe comes back as it went in."""
    assert toy.recipe() is None
    toy.set_recipe({"study": {"seed": 3}})
    assert toy.recipe() == {"study": {"seed": 3}}


def test_append_goes_by_column_name(toy: Study) -> None:
    """Arrow columns in another order land where they belong."""
    rows = pa.table({"key": ["a"], "label": pa.array([1], pa.int32()), "example_id": pa.array([0], pa.int32()),
                     "dataset_id": pa.array([7], pa.int32())})  # fmt: skip
    toy.append_table("examples", rows)
    assert toy.sql("select * from examples where dataset_id = 7").row(0) == (7, 0, "a", 1)


def test_class_names_are_kept(toy: Study) -> None:
    """Position is the class index."""
    assert toy.sql("select class_names[1] as first from datasets")["first"].item() == "class 0"
    assert isinstance(toy.datasets(), pl.DataFrame)
    assert PRUNED.shape == (3, 6)


def columns(study: Study) -> pl.DataFrame:
    """Describe the tables of what was measured."""
    return study.sql(
        """select table_name, column_name, data_type, is_nullable, comment from duckdb_columns()
           where schema_name = 'main' and not internal and database_name <> 'temp' order by table_name, column_name"""
    )


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6, 7])
def test_a_study_of_an_older_version_is_brought_up_to_date(toy: Study, tmp_path: Path, version: int) -> None:
    """Its predictions stay, its results go, its tables are those of a new one; opening it without writing is refused."""
    pietools.analyze(toy, permutations=10)
    expected, described = toy.pies("dense", "pruned"), columns(toy)
    for table in ("features", "layer_predictions", "epoch_predictions", "layers") if version < 3 else ():
        toy.sql(f"drop table {table}")
    for table in ("texts", "annotation_samples", "annotation_examples", "annotations") if version < 7 else ():
        toy.sql(f"drop table {table}")
    toy.sql("alter table evaluations drop column content_digest")
    if version < 6:
        for column in ("label_log_odds", "logit_margin"):
            toy.sql(f"alter table predictions drop column {column}")
        toy.sql("drop table thumbnails")
    if version == 1:
        toy.sql("alter table predictions drop column brier")
        toy.sql("drop table example_properties")
    toy.sql(f"update study set value = '{version}' where key = 'schema_version'")
    toy.sql("delete from study where key = 'results_digest'")
    toy.close()
    with pytest.raises(StudyError, match=rf"schema version {version}, this pietools reads 8: open it once for writing"):
        Study.open(tmp_path / "toy.duckdb", read_only=True)
    with Study.open(tmp_path / "toy.duckdb") as study:
        assert study.pies("dense", "pruned").equals(expected)
        assert study.results("pies").height == 0
        assert "mean_brier" in study.accuracy("dense").columns
        assert study.properties().height == 0
        assert columns(study).equals(described)
    with Study.open(tmp_path / "toy.duckdb", read_only=True) as study:
        assert study.pies("dense", "pruned").equals(expected)


RECORDING = Recording(
    features=np.arange(12, dtype=np.float32).reshape(6, 2) / 8,
    layers=LayerPredictions(["conv", "softmax"], np.array([[0, 0, 1, 1, 2, 2], [0, 1, 2, 0, 1, 2]])),
    epochs=EpochPredictions(
        np.array([[0, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 0], [0, 0, 1, 2, 1, 0]], dtype=np.uint8),
        np.linspace(0, 1.4, 18, dtype=np.float32).reshape(3, 6),
    ),
)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_what_was_recorded_comes_back(toy: Study, dtype: str) -> None:
    """Features, labels of layers and epochs are read as they were written, in the order of label_matrix."""
    for replicate in ("2", "1", "0"):
        factor = int(replicate) + 1
        recording = replace(RECORDING, features=RECORDING.features * factor)
        added = toy.add_recording(Model("dense", replicate), "toy/test", recording, dtype)
        assert added == ["features", "layer_predictions", "epoch_predictions"]
    features = toy.features("dense")
    assert features.dtype == np.float32
    assert np.array_equal(features, np.stack([RECORDING.features * factor for factor in (1, 2, 3)]))
    layers, epochs = toy.layer_predictions("dense"), toy.epoch_predictions("dense", "toy/test")
    assert layers.names == RECORDING.layers.names
    assert np.array_equal(layers.labels, np.stack([RECORDING.layers.labels] * 3))
    assert np.array_equal(epochs.labels, np.stack([RECORDING.epochs.labels] * 3))
    assert np.array_equal(epochs.el2n, np.stack([RECORDING.epochs.el2n] * 3))


def test_a_recording_is_added_once(toy: Study) -> None:
    """What is there stays as it is, what is missing is added, and the predictions are not touched."""
    model, predictions = Model("dense", "0"), toy.table("predictions")
    assert toy.recorded(model, "toy/test") == set()
    first = Recording(features=RECORDING.features)
    assert toy.add_recording(model, "toy/test", first, "float32") == ["features"]
    other = replace(RECORDING, features=RECORDING.features + 1)
    assert toy.add_recording(model, "toy/test", other, "float32") == ["layer_predictions", "epoch_predictions"]
    assert toy.recorded(model, "toy/test") == {"features", "layer_predictions", "epoch_predictions"}
    assert toy.sql("select count(*) as n, sum(features[1]) as total from features").row(0) == (6, 3.75)
    assert toy.table("predictions").equals(predictions)


def test_a_recording_without_predictions_is_refused(toy: Study) -> None:
    """So is one of another number of examples, and reading what is not there."""
    with pytest.raises(StudyError, match="'dense' has no predictions on 'toy/test' to record more of"):
        toy.add_recording(Model("dense", "9"), "toy/test", RECORDING)
    with pytest.raises(StudyError, match="the data set has 6 examples, found 5 in what is to be added to features"):
        toy.add_recording(Model("dense", "0"), "toy/test", replace(RECORDING, features=RECORDING.features[:5]))
    assert toy.recorded(Model("dense", "0"), "toy/test") == set()
    with pytest.raises(StudyError, match="replicate '0' of 'dense' has no features on the primary data set: ask for"):
        toy.features("dense")


def test_forgetting_events_are_counted_by_the_cookbook(toy: Study) -> None:
    """Right after one epoch and wrong after the next, by hand: labels 0 0 1 2 1 – in three epochs."""
    question = next(q for q in resource("sql", "cookbook.sql").read_text().split(";") if "epoch_predictions" in q)
    assert toy.sql(question).row(0, named=True)["n_examples"] == 0
    toy.add_recording(Model("dense", "0"), "toy/test", RECORDING)
    # e0 is right, wrong, right: one event. e1 wrong, wrong, right; e2 and e4 always right; e3 wrong, wrong, right: none.
    assert toy.sql(question).row(0, named=True) == {
        "n_examples": 5, "n_forgotten": 1, "mean_events": 0.2, "n_never_learned": 0
    }  # fmt: skip


def test_thumbnails_come_back(toy: Study, tmp_path: Path) -> None:
    """One PNG per example; the same again adds nothing, others are refused; they travel with an export, all or none."""
    pictures = [b"\x89PNG\r\n\x1a\n" + bytes([i]) for i in range(6)]
    assert toy.thumbnails() == []
    assert toy.add_thumbnails("toy/test", pictures)
    assert not toy.add_thumbnails("toy/test", pictures)
    assert toy.thumbnails() == toy.thumbnails("toy/test") == pictures
    for wrong, message in (
        (pictures[:5], "has 6 examples, found 5 thumbnails"),
        ([*pictures[:5], b"GIF89a"], "thumbnail 5 of data set 'toy/test' is no PNG"),
        (pictures[::-1], "has other thumbnails"),
    ):
        with pytest.raises(StudyError, match=message):
            toy.add_thumbnails("toy/test", wrong)
    export_folder(toy, tmp_path / "exported")
    import_folder(tmp_path / "exported", tmp_path / "again.duckdb")
    with Study.open(tmp_path / "again.duckdb") as again:
        assert again.thumbnails() == pictures
        again.sql("delete from thumbnails where example_id = 3")
    with pytest.raises(StudyError, match="has thumbnails, but not one for each of its examples"):
        Study.open(tmp_path / "again.duckdb")


def test_the_first_thumbnail_is_looked_at_too(toy: Study) -> None:
    """Something that is no PNG is refused wherever it stands."""
    for wrong in (0, 5):
        pictures = [b"\x89PNG\r\n\x1a\n"] * 6
        pictures[wrong] = b"GIF89a"
        with pytest.raises(StudyError, match=f"thumbnail {wrong} of data set 'toy/test' is no PNG"):
            toy.add_thumbnails("toy/test", pictures)
