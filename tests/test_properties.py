"""Properties measured outside, altered copies, and the groups that they make: counted by hand (conftest.py shows the votes)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import Result

from pietools.analysis import analyze
from pietools.errors import StudyError
from pietools.exchange.study_folder import export_folder, import_folder
from pietools.study import Study
from pietools.study.records import Dataset, Population
from tests.conftest import DENSE, LABELS, PRUNED, add_labels, make_study
from tests.test_macros import shell

Run = Callable[..., Result]
KEYS = [f"e{i}" for i in range(6)]
SCORE = [0.5, 0.25, None, 2.0, 0.0, 1.0]
SEX = ["f", "m", None, "f", "m", "f"]


@pytest.fixture
def table(tmp_path: Path, toy: Study) -> Path:
    """A number, a text and a truth value per example, in another order than the data set's; the study is closed."""
    toy.close()
    path = tmp_path / "properties.parquet"
    rows = {
        "key": KEYS,
        "score": SCORE,
        "sex": SEX,
        "odd": [False, True, False, None, False, True],
        "whole": [1, 2, 3, 4, 5, 6],
    }
    pl.DataFrame(rows).reverse().write_parquet(path)
    return path


def arguments(path: Path, *more: object, dataset: str = "toy/test") -> list[object]:
    """The usual command."""
    return ["import", path, "--db", path.parent / "toy.duckdb", "--dataset", dataset, *more]


ALL = (
    "--property",
    "score",
    "--property",
    "gender=sex",
    "--property",
    "odd",
    "--property",
    "whole",
    "--examples",
    "key",
)


def test_a_table_of_properties(run: Run, table: Path) -> None:
    """Numbers, truth values and text arrive at the example of their key; nothing is a missing value."""
    result = run(*arguments(table, *ALL, "--source", "paper"))
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "toy/test: 6 examples",
        "score, paper: 5 values",
        "gender, paper: 5 values",
        "odd, paper: 5 values",
        "whole, paper: 6 values",
    ]
    with Study.open(table.parent / "toy.duckdb") as study:
        assert study.property("score").rows() == [
            (0, 0.5, None),
            (1, 0.25, None),
            (3, 2, None),
            (4, 0, None),
            (5, 1, None),
        ]
        assert study.property("gender")["text"].to_list() == ["f", "m", "f", "m", "f"]
        assert study.property("odd")["number"].to_list() == [0, 1, 0, 0, 1]
        assert study.properties().rows() == [
            ("toy/test", "gender", "paper", 5, False),
            ("toy/test", "odd", "paper", 5, True),
            ("toy/test", "score", "paper", 5, True),
            ("toy/test", "whole", "paper", 6, True),
        ]


@pytest.mark.parametrize("suffix", ["npz", "csv", "jsonl", "parquet"])
def test_every_format_gives_the_same(run: Run, toy: Study, tmp_path: Path, suffix: str) -> None:
    """NaN in an array is the null of a table, an empty text too."""
    toy.close()
    path = tmp_path / f"p.{suffix}"
    frame = pl.DataFrame({"key": KEYS, "score": SCORE, "sex": SEX}).reverse()
    if suffix == "npz":
        np.savez(
            path, key=np.array(KEYS[::-1]), score=frame["score"].to_numpy(), sex=np.array(frame["sex"].fill_null(""))
        )
    else:
        write = {
            "csv": pl.DataFrame.write_csv,
            "jsonl": pl.DataFrame.write_ndjson,
            "parquet": pl.DataFrame.write_parquet,
        }
        write[suffix](frame, path)
    assert run(*arguments(path, "--property", "score", "--property", "sex", "--examples", "key")).exit_code == 0
    with Study.open(tmp_path / "toy.duckdb") as study:
        assert study.property("score")["number"].to_list() == [0.5, 0.25, 2, 0, 1]
        assert study.property("sex")["example_id"].to_list() == [0, 1, 3, 4, 5]


def test_an_npy_file_is_one_property(run: Run, toy: Study, tmp_path: Path) -> None:
    """In the order of the data set; it has no room for a second one or for names."""
    toy.close()
    np.save(tmp_path / "p.npy", np.arange(6, dtype=np.float32))
    assert run(*arguments(tmp_path / "p.npy", "--property", "depth")).exit_code == 0
    with Study.open(tmp_path / "toy.duckdb") as study:
        assert study.property("depth")["number"].to_list() == [0, 1, 2, 3, 4, 5]
    assert "use npz" in run(*arguments(tmp_path / "p.npy", "--property", "a", "--property", "b")).stderr


def test_importing_twice_adds_nothing_and_a_contradiction_is_refused(run: Run, table: Path) -> None:
    """In one line that names the first example; another source stands beside it, and must then be named."""
    first, second = (json.loads(run(*arguments(table, *ALL, "--json")).stdout) for _ in range(2))
    assert first["schema"] == "pietools/import-properties/1"
    assert first["n_added"] == {"score": 5, "gender": 5, "odd": 5, "whole": 6}
    assert second["n_added"] == {"score": 0, "gender": 0, "odd": 0, "whole": 0}
    assert second["n_values"] == first["n_values"] == first["n_added"]
    assert "they were there already" in run(*arguments(table, *ALL)).stdout
    other = ("--property", "gender=sex", "--property", "score=whole", "--examples", "key")
    result = run(*arguments(table, *other))
    assert result.exit_code == 1
    assert "contradicts what is stored on 6 of 6 examples, first 'e0': stored 0.5, found 1." in result.stderr
    assert result.stderr.count("\n") == 1
    assert run(*arguments(table, *other, "--source", "me")).exit_code == 0
    with Study.open(table.parent / "toy.duckdb") as study:
        with pytest.raises(StudyError, match=r"several sources. Say which: score@imported, score@me\.$"):
            study.property("score")
        assert study.property("score@me")["number"].to_list() == [1, 2, 3, 4, 5, 6]
        assert study.property("score@imported").height == 5


def test_a_value_in_place_of_a_missing_one_is_a_contradiction(toy: Study) -> None:
    """Also the other way round: what is stored does not change."""
    toy.add_property("toy/test", "p", pl.Series([1, None, 3, 4, 5, 6]))
    for second, message in ((2, "stored nothing, found 2"), (None, None)):
        values = pl.Series([1, second, 3, 4, 5, 6])
        if message is None:
            assert toy.add_property("toy/test", "p", values) == 0
        else:
            with pytest.raises(StudyError, match=message):
                toy.add_property("toy/test", "p", values)
    with pytest.raises(StudyError, match=r"on 1 of 6 examples, first 'e5': stored 6, found nothing"):
        toy.add_property("toy/test", "p", pl.Series([1, None, 3, 4, 5, None]))


REFUSED: dict[str, tuple[object, str, str]] = {
    "too short": (np.arange(5), "p", "has 6 examples, found 5 values of property 'p'"),
    "nothing": (np.full(6, np.nan), "p", "has no value: all 6 are missing"),
    "only nulls": (pl.Series([None] * 6), "p", "has no value"),
    "infinite": (np.array([0, 1, 2, 3, np.inf, 5]), "p", "infinite values, first at example 4"),
    "no double": (np.array([0, 1, 2, 3, 4, 2**53 + 1]), "p", "give them as text"),
    "two axes": (np.zeros((6, 2)), "p", "Allowed: numbers, booleans, or text"),
    "bytes": (np.array([b"a"] * 6), "p", "Allowed: numbers, booleans, or text"),
    "the label's name": (np.arange(6), "class", "cannot be named 'class'"),
    "a crossing": (np.arange(6), "a*b", "without [*] and @"),
    "a source in the name": (np.arange(6), "a@b", "without [*] and @"),
    "blanks": (np.arange(6), " p", "cannot be named ' p'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_values_that_do_not_fit_are_refused(toy: Study, case: str) -> None:
    """Nothing is stored then."""
    values, name, message = REFUSED[case]
    with pytest.raises(StudyError, match=message):
        toy.add_property("toy/test", name, values)
    assert toy.properties().height == 0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--property", "age"), "has no column 'age'. It has: key, score, sex, odd, whole"),
        (("--property", "score", "--examples", "sex"), "column 'sex' has 2 missing names, first in row 4"),
        (("--property", "score", "--examples", "whole"), "example 'e0' of data set 'toy/test' is missing"),
        (("--property", "whole", "--property", "class=sex"), "cannot be named 'class'"),
        (("--property", "score", "--source", "a*b"), "the source of a property cannot be 'a*b'"),
    ],
)
def test_files_that_do_not_fit_are_refused(run: Run, table: Path, more: tuple[str, ...], message: str) -> None:
    """One line, exit code 1, all or nothing."""
    if "sex" in more:
        pl.read_parquet(table).with_columns(
            sex=pl.when(pl.col("key") == "e1").then(None).otherwise("sex")
        ).write_parquet(table)
    result = run(*arguments(table, *more))
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    with Study.open(table.parent / "toy.duckdb") as study:
        assert study.properties().height == 0


def test_a_property_needs_a_data_set_that_is_there(run: Run, table: Path) -> None:
    """And a study; neither is made for it."""
    assert "no data set is named 'toy'. The study has: toy/test." in run(*arguments(table, *ALL, dataset="toy")).stderr
    assert (
        "there is no study"
        in run("import", table, "--db", table.parent / "no.duckdb", "--dataset", "d", "--property", "score").stderr
    )
    shorter = table.with_name("short.parquet")
    pl.read_parquet(table)[:4].write_parquet(shorter)
    assert "4 values, but data set 'toy/test' has 6 examples" in run(*arguments(shorter, "--property", "score")).stderr


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--property", "score", "--population", "dense"), "--population says something of predictions"),
        (("--property", "score", "--copy-of", "toy/test"), "--copy-of says something of predictions"),
        (("--property", "score", "--property", "score=sex"), "two --property of one name"),
        (("--population", "dense", "--source", "me"), "--source is the source of a --property"),
        (("--population", "dense", "--copy-of", "toy/test"), "both --copy-of and --alteration"),
        (("--population", "dense", "--severity", "3"), "both --copy-of and --alteration"),
        (("--population", "dense", "--severity", "6"), "1<=x<=5"),
    ],
)
def test_options_that_contradict_each_other(run: Run, table: Path, more: tuple[str, ...], message: str) -> None:
    """Usage errors."""
    result = run(*arguments(table, *more))
    assert result.exit_code == 2
    assert message in result.stderr


# Altered copies

COPY = ("--copy-of", "toy/test", "--alteration", "gaussian-noise", "--severity", "3")


@pytest.fixture
def npz(tmp_path: Path, toy: Study) -> Path:
    """Predictions on the copy, in another order; the study is closed."""
    toy.close()
    order = np.array([3, 1, 5, 0, 2, 4])
    np.savez(
        tmp_path / "noise.npz",
        dense=DENSE[:, order],
        label=LABELS[order],
        key=np.array(KEYS)[order],
        names=np.array(list("012")),
    )
    return tmp_path / "noise.npz"


def copy_arguments(path: Path, *more: str, dataset: str = "toy/noise") -> list[object]:
    """The usual command for a copy, aligned by the names of the examples."""
    usual = ("--population", "dense", "--predictions", "dense", "--replicates", "names", "--examples", "key")
    return arguments(path, *usual, *more, dataset=dataset)


def test_an_altered_copy_has_the_examples_of_its_source(run: Run, npz: Path) -> None:
    """Keys, labels, classes and example ids are the source's; predictions are put in its order."""
    assert run(*copy_arguments(npz, *COPY, "--labels", "label")).exit_code == 0
    with Study.open(npz.parent / "toy.duckdb") as study:
        row = study.datasets().row(1, named=True)
        assert [row[name] for name in ("name", "source", "alteration", "severity", "is_primary", "n_labelled")] == [
            "toy/noise", "toy/test", "gaussian-noise", 3, False, 5]  # fmt: skip
        copy, source = study.dataset("toy/noise"), study.dataset("toy/test")
        assert copy is not None
        assert source is not None
        assert (copy.source, copy.severity, copy.keys, copy.class_names) == (
            "toy/test",
            3,
            source.keys,
            source.class_names,
        )
        assert study.modal_labels("dense", "toy/noise").equals(study.modal_labels("dense", "toy/test"))
    again = run(*copy_arguments(npz, "--json"))  # what was said once need not be said again
    assert json.loads(again.stdout)["n_added"] == 0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--copy-of", "toy/test", "--alteration", "blur"), "is stored with alteration gaussian-noise, found blur"),
        ((*COPY[:4], "--severity", "4"), "is stored with severity 3, found 4"),
        (("--split", "train"), "is stored with split None, found train"),
    ],
)
def test_a_copy_is_what_it_was_said_to_be(run: Run, npz: Path, more: tuple[str, ...], message: str) -> None:
    """Another alteration is another data set."""
    assert run(*copy_arguments(npz, *COPY)).exit_code == 0
    result = run(*copy_arguments(npz, *more))
    assert result.exit_code == 1
    assert message in result.stderr


def test_what_is_no_copy_is_refused(run: Run, npz: Path) -> None:
    """Other labels, another length, other keys, a copy of a copy, a source that is not there."""
    arrays = dict(np.load(npz))
    for changes, message in (
        ({"label": arrays["label"][::-1]}, "contradict those of data set 'toy/noise', a copy of 'toy/test',"),
        (
            {name: arrays[name][..., :5] for name in ("dense", "label", "key")},
            "1 of 6 examples of data set 'toy/noise', a copy of",
        ),
        ({"key": np.array(list("uvwxyz"))}, "example 'e0' of data set 'toy/noise', a copy of 'toy/test', is missing"),
    ):
        other = npz.with_name("other.npz")
        np.savez(other, **{**arrays, **changes})
        result = run(*copy_arguments(other, *COPY, "--labels", "label"))
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        assert message in result.stderr
    assert run(*copy_arguments(npz, *COPY)).exit_code == 0
    twice = ("--copy-of", "toy/noise", "--alteration", "blur")
    assert "is an altered copy itself" in run(*copy_arguments(npz, *twice, dataset="toy/both")).stderr
    absent = ("--copy-of", "toy/none", "--alteration", "blur")
    assert "no data set is named 'toy/none'" in run(*copy_arguments(npz, *absent, dataset="toy/both")).stderr


def a_copy(**changes: object) -> Dataset:
    """A copy of the toy data set."""
    usual = {"source": "toy/test", "alteration": "blur", "severity": 2, "seed": 7}
    usual |= {"keys": KEYS, "labels": LABELS, "class_names": ["class 0", "class 1", "class 2"]}
    return Dataset("toy/blur", **{**usual, **changes})  # type: ignore[arg-type]


def test_what_is_added_as_a_copy_must_be_one(toy: Study) -> None:
    """The same through Python, where keys, labels and classes are given anew."""
    for changes, message in (
        ({"alteration": None}, "has both a data set that it is a copy of and an alteration"),
        ({"source": None}, "has both a data set that it is a copy of and an alteration"),
        ({"severity": 0}, "severity 0. Allowed: 1 to 5"),
        ({"source": "toy"}, "no data set is named 'toy'"),
    ):
        with pytest.raises(StudyError, match=message):
            toy.add_dataset(a_copy(**changes))
    other = Dataset(
        "toy/blur", KEYS[::-1], LABELS, ["class 0", "class 1", "class 2"], source="toy/test", alteration="blur"
    )
    with pytest.raises(
        StudyError, match="is no copy of 'toy/test': data set 'toy/test': the labels or keys contradict"
    ):
        toy.add_dataset(other)
    assert toy.add_dataset(a_copy()) == toy.add_dataset(a_copy()) == 2
    with pytest.raises(StudyError, match="is stored with seed 7, found 8"):
        toy.add_dataset(a_copy(seed=8))


def test_label_noise_has_other_labels_and_the_same_examples(toy: Study) -> None:
    """A copy with planted labels differs in labels, not in keys, and is no unseen data for compression or regimes."""
    noise = a_copy(alteration="label-noise", severity=None)
    with pytest.raises(StudyError, match="the labels or keys contradict"):
        toy.add_dataset(replace(noise, keys=KEYS[::-1]))
    with pytest.raises(StudyError, match="the labels or keys contradict"):
        toy.add_dataset(a_copy(labels=LABELS[::-1]))
    toy.add_dataset(replace(noise, labels=np.array([0, 1, 1, 2, 1, -1])))
    assert toy.labels("toy/blur").tolist() == [0, 1, 1, 2, 1, -1]
    for regime in ("supervised", "simclr"):
        toy.add_population(Population(regime, "dense", regime=regime))
    for name, predicted in (("dense", DENSE), ("pruned", PRUNED), ("supervised", DENSE), ("simclr", PRUNED)):
        for dataset in ("toy/test", "toy/blur"):
            if (name, dataset) not in (("dense", "toy/test"), ("pruned", "toy/test")):
                add_labels(toy, name, dataset, predicted, ["0", "1", "2"])
    analysis = analyze(toy, topics=["unseen", "accuracy"], permutations=10, store=False)
    assert "toy/blur" in analysis.accuracy["dataset"].to_list()
    assert not analysis.unseen.height
    assert set(analysis.unseen_regimes["dataset"]) == {"toy/test"}


def test_copies_inherit_what_they_lack(toy: Study) -> None:
    """A property of the source holds for its copies, until one is measured on the copy itself."""
    toy.add_dataset(a_copy())
    toy.add_property("toy/test", "score", np.arange(6))
    toy.add_property("toy/test", "sex", pl.Series(SEX))
    assert toy.property("score", "toy/blur")["number"].to_list() == [0, 1, 2, 3, 4, 5]
    toy.add_property("toy/blur", "score", np.arange(6) + 10)
    assert toy.property("score", "toy/blur")["number"].to_list() == [10, 11, 12, 13, 14, 15]
    assert toy.property("score")["number"].to_list() == [0, 1, 2, 3, 4, 5]
    toy.add_property("toy/blur", "sharpness", np.arange(6))
    with pytest.raises(StudyError, match=r"data set 'toy/test' has no property 'sharpness'. It has: score, sex\. \("):
        toy.property("sharpness")
    with pytest.raises(
        StudyError, match=r"data set 'toy/blur' has no property 'age'. It has: score, sex, sharpness\. \("
    ):
        toy.property("age", "toy/blur")


def test_the_digest_of_the_inputs_knows_copies_and_properties(toy: Study) -> None:
    """Results that were stored before are stale; the order in which values are added is nothing."""
    digests = [toy.input_digest()]
    for add in (
        lambda: toy.add_dataset(a_copy()),
        lambda: toy.add_property("toy/test", "a", np.arange(6)),
        lambda: toy.add_property("toy/test", "b", pl.Series(SEX)),
    ):
        add()
        digests.append(toy.input_digest())
    assert len(set(digests)) == 4


def test_properties_are_exported_and_older_folders_have_none(toy: Study, tmp_path: Path) -> None:
    """They come back, and a folder of before is read without them."""
    toy.add_property("toy/test", "sex", pl.Series(SEX))
    folder = export_folder(toy, tmp_path / "new")
    import_folder(folder, tmp_path / "back.duckdb")
    with Study.open(tmp_path / "back.duckdb") as back:
        assert back.property("sex").equals(toy.property("sex"))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["schema"] = "pietools/export/1"  # has no checksum of itself
    del manifest["manifest_sha256"], manifest["sha256"]["example_properties.parquet"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "example_properties.parquet").unlink()
    import_folder(folder, tmp_path / "old.duckdb")
    with Study.open(tmp_path / "old.duckdb") as old:
        assert old.properties().height == 0


# Groups


def group_sizes(study: Study, property_name: str) -> dict[str, int]:
    """Number of examples by group, in the order of the groups."""
    groups = study.subgroups(property_name)
    assert groups["example_id"].to_list() == list(range(groups.height))
    assert sorted(groups["group_id"].unique()) == list(range(groups["group_id"].n_unique()))
    return dict(groups.group_by("group_id", "group").len().sort("group_id").select("group", "len").rows())


def test_groups_are_values_and_missing_is_last(toy: Study) -> None:
    """Numbers are ordered as numbers and shown without .0, text as text; the given label is a property too."""
    toy.add_property("toy/test", "number", np.array([10, 2, 2, np.nan, 0.5, 10]))
    toy.add_property("toy/test", "sex", pl.Series(SEX))
    assert group_sizes(toy, "number") == {"0.5": 1, "2": 2, "10": 2, "missing": 1}
    assert group_sizes(toy, "sex") == {"f": 3, "m": 2, "missing": 1}
    assert group_sizes(toy, "class") == {"class 0": 2, "class 1": 2, "class 2": 1, "missing": 1}
    assert group_sizes(toy, "sex * number") == {
        "f × 10": 2, "f × missing": 1, "m × 0.5": 1, "m × 2": 1, "missing × 2": 1}  # fmt: skip
    assert group_sizes(toy, "number*sex*class")["2 × m × class 0"] == 1


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Study]:
    """Sixteen examples of two classes and two networks: the first is always right, the second says 1."""
    labels = np.array([0, 1] * 8)
    with make_study(tmp_path / "many.duckdb", labels, {"dense": np.array([labels, np.ones(16, dtype=int)])}) as study:
        yield study


def test_many_numbers_are_cut_at_their_quartiles(many: Study) -> None:
    """NumPy's quartiles; the last bin is closed; ten values are not many."""
    # quartiles of 0 … 15: 3.75, 7.5, 11.25
    many.add_property("toy/test", "depth", np.arange(16))
    assert group_sizes(many, "depth") == {"[0, 3.75)": 4, "[3.75, 7.5)": 4, "[7.5, 11.25)": 4, "[11.25, 15]": 4}
    many.add_property("toy/test", "ten", np.arange(16) % 10)
    assert list(group_sizes(many, "ten")) == [str(i) for i in range(10)]
    values = np.random.default_rng(0).normal(size=16)
    many.add_property("toy/test", "normal", values)
    edges = np.quantile(values, [0.25, 0.5, 0.75])
    assert many.subgroups("normal")["group_id"].to_list() == np.searchsorted(edges, values, side="right").tolist()
    # half of the values are 0: the first two edges are one, and no bin is empty
    many.add_property("toy/test", "zeros", np.maximum(np.arange(16) - 6, 0))
    many.add_property("toy/test", "zeros and more", np.where(np.arange(16) < 5, 0, np.arange(16)))
    assert group_sizes(many, "zeros") == {"0": 7, **{str(i): 1 for i in range(1, 10)}}
    assert group_sizes(many, "zeros and more") == {"[0, 7.5)": 8, "[7.5, 11.25)": 4, "[11.25, 15]": 4}
    # edges that four digits would not keep apart
    many.add_property("toy/test", "year", 1000 + np.arange(16) / 64)
    assert next(iter(group_sizes(many, "year"))) == "[1000, 1000.05859375)"


def test_rates_of_two_classes(many: Study) -> None:
    """Class 1 is the positive one; a group without negatives has no false positive rate."""
    many.add_property("toy/test", "half", pl.Series(["a"] * 6 + ["b"] * 10))
    rates = many.subgroup_rates("dense", "half")
    assert rates.columns[:7] == [
        "model_id",
        "replicate",
        "group",
        "n_examples",
        "accuracy",
        "false_positive_rate",
        "false_negative_rate",
    ]
    assert rates.drop("model_id", "group_id").rows() == [
        ("0", "a", 6, 1, 0, 0, 3, 3),
        ("0", "b", 10, 1, 0, 0, 5, 5),
        ("1", "a", 6, 0.5, 1, 0, 3, 3),
        ("1", "b", 10, 0.5, 1, 0, 5, 5),
    ]
    by_class = many.subgroup_rates("dense", "class").filter(replicate="1")
    assert by_class["false_positive_rate"].to_list() == [1, None]
    assert by_class["false_negative_rate"].to_list() == [None, 0]


def test_rates_of_three_classes(toy: Study) -> None:
    """Accuracy only, on the labelled examples; by class it is the recall."""
    toy.add_property("toy/test", "sex", pl.Series(SEX))
    rates = toy.subgroup_rates("dense", "sex").filter(replicate="0")
    # labelled: f 0, 3; m 1, 4; missing 2. Right: 0 and 1
    assert rates.select("group", "n_examples", "accuracy").rows() == [("f", 2, 0.5), ("m", 2, 0.5), ("missing", 1, 0)]
    assert rates["false_positive_rate"].null_count() == rates["n_positives"].null_count() == 3
    recall = toy.class_recall("pruned").sort("model_id", "label")["recall"].to_list()
    assert toy.subgroup_rates("pruned", "class")["accuracy"].to_list() == recall


def test_groups_are_a_partition(many: Study) -> None:
    """Every example has one group, one group id is one name, and the mean of the groups' rates is the accuracy."""
    rng = np.random.default_rng(0)
    for digits in (0, 0, 1, 1, 2, 17, 17, 17):
        values = np.round(rng.normal(size=16) * 10.0 ** rng.integers(-3, 6), digits)
        values[rng.permutation(16)[: rng.integers(0, 15)]] = np.nan
        name = f"property {many.properties().height}"
        many.add_property("toy/test", name, values)
        groups, rates = many.subgroups(name), many.subgroup_rates("dense", name).filter(replicate="1")
        assert groups["example_id"].to_list() == list(range(16))
        assert (
            groups["group_id"].n_unique() == groups["group"].n_unique() == groups.select("group_id", "group").n_unique()
        )
        assert groups["group_id"].max() == groups["group"].n_unique() - 1
        assert (rates["n_examples"] * rates["accuracy"]).sum() == pytest.approx(8)
        assert (groups["group"] == "missing").to_list() == np.isnan(values).tolist()


@pytest.mark.parametrize("asked", ["age", "sex*age", "", "sex*", "class*age", "sex@me"])
def test_a_misspelt_property_is_an_error(toy: Study, asked: str) -> None:
    """No macro answers it with an empty table, alone or in a crossing."""
    toy.add_property("toy/test", "sex", pl.Series(SEX))
    with pytest.raises(StudyError, match=r"data set 'toy/test' has no property '.*'. It has: sex\."):
        toy.subgroups(asked)
    with pytest.raises(StudyError, match=r"has no property"):
        toy.subgroup_rates("dense", asked)
    with pytest.raises(StudyError, match="no population is named 'dens'"):
        toy.subgroup_rates("dens", "sex")


def test_the_released_shell_gives_the_same_groups(toy: Study) -> None:
    """The macros stored in the file are the same."""
    toy.add_property("toy/test", "sex", pl.Series(SEX))
    toy.add_property("toy/test", "score", np.arange(6))
    expected = toy.subgroup_rates("pruned", "sex*class").write_csv(null_value="NULL").splitlines()
    toy.close()
    answer = shell(toy.path, "from subgroup_rates('pruned', 'sex*class')")
    assert answer.returncode == 0, answer.stderr
    assert len(answer.stdout.splitlines()) == len(expected)
    assert shell(toy.path, "select count(*) from example_property('score')").stdout.split() == ["count_star()", "6"]
    assert "has no property 'age'" in shell(toy.path, "from subgroups('age')").stderr
