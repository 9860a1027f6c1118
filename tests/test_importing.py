"""Predictions made elsewhere: every format gives the same study, and what does not fit is refused in one line."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

import numpy as np
import polars as pl
import pytest
from click.testing import Result

import pietools
from pietools.study import Study
from tests.conftest import DENSE, LABELS, PRUNED, simulate

Run = Callable[..., Result]


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    """Labels, and predictions of two populations with replicate names."""
    path = tmp_path / "runs.npz"
    np.savez(
        path, dense=DENSE, pruned=PRUNED, label=LABELS, names=np.array(["a", "b", "c"]), keys=np.array(list("uvwxyz"))
    )
    return path


def arguments(
    path: Path, *more: str, population: str = "dense", key: str = "dense", db: str = "s.duckdb"
) -> list[object]:
    """The usual command."""
    return ["import", path, "--db", path.parent / db, "--dataset", "toy/test", "--population", population, "--predictions", key,
            "--labels", "label", *more]  # fmt: skip


def test_npz_of_labels(run: Run, npz: Path) -> None:
    """Two populations of one archive, matched by name, compared as conftest counts by hand."""
    first = run(*arguments(npz, "--replicates", "names"))
    assert first.exit_code == 0, first.output
    assert first.stdout.splitlines() == [
        f"{npz}: npz: predictions 'dense', labels of 3 networks × 6 examples",
        "toy/test: 6 examples, 3 classes: 0, 1, 2",
        "First example: '0', labelled '0', predicted '0'",
        "dense: 3 networks, mean top-1 accuracy 40.0% (20.0% to 60.0%)",
    ]
    assert first.stderr == f"Note: {npz}: 1 of 6 examples have no label\n"
    more = ("--replicates", "names", "--reference", "dense", "--method", "int8", "--bits", "8")
    assert run(*arguments(npz, *more, population="pruned", key="pruned")).exit_code == 0
    with Study.open(npz.parent / "s.duckdb") as study:
        assert study.is_paired("dense", "pruned")
        assert study.pies("dense", "pruned").height == 5
        assert study.populations()["role"].to_list() == ["dense", "compressed"]
        assert study.populations()["bits"].to_list() == [None, 8]


def test_importing_twice_is_importing_once(run: Run, npz: Path) -> None:
    """With names and without; unnamed networks that are really equal are kept as often as they occur."""
    np.savez(npz, dense=np.vstack([DENSE, DENSE[:1]]), label=LABELS, names=np.array(["a", "b", "c", "d"]))
    for more, db in ((("--replicates", "names"), "named"), ((), "unnamed")):
        added = [json.loads(run(*arguments(npz, "--json", *more, db=db)).stdout)["n_added"] for _ in range(2)]
        assert added == [4, 0]


def test_equal_predictions_are_a_warning(run: Run, npz: Path) -> None:
    """Two networks with the same predictions are unlikely to be two networks."""
    np.savez(npz, dense=np.vstack([DENSE, DENSE[:1]]), label=LABELS)
    assert "1 of 4 networks repeat another's predictions exactly" in run(*arguments(npz)).stderr


def test_other_predictions_of_the_same_replicate_are_refused(run: Run, npz: Path) -> None:
    """A replicate's predictions do not change."""
    run(*arguments(npz, "--replicates", "names"))
    result = run(*arguments(npz, "--replicates", "names", key="pruned"))
    assert result.exit_code == 1
    assert "replicate 'a' of 'dense' is stored on 'toy/test' with other predictions" in result.stderr


def scores(seed: int = 0) -> np.ndarray:
    """Logits of 3 networks on 6 examples and 3 classes."""
    return np.random.default_rng(seed).normal(size=(3, 6, 3)).astype(np.float32)


def test_logits_and_probabilities_give_the_same_scalars(run: Run, npz: Path) -> None:
    """Probabilities are logits but for an offset; which of them there are is found out, and another word for them is refused."""
    logits = scores()
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    np.savez(npz, logits=logits, probabilities=probabilities, label=LABELS)
    assert run(*arguments(npz, key="logits", population="l")).exit_code == 0
    assert run(*arguments(npz, key="probabilities", population="p")).exit_code == 0
    with Study.open(npz.parent / "s.duckdb") as study:
        rows = study.sql("select population, avg(loss) as loss, avg(entropy) as entropy, sum(label_rank) as rank "
                         "from prediction_details group by population order by population")  # fmt: skip
        assert rows["loss"][0] == pytest.approx(rows["loss"][1], rel=1e-5)
        assert rows["entropy"][0] == pytest.approx(rows["entropy"][1], rel=1e-4)
        assert rows["rank"][0] == rows["rank"][1]
        assert study.evaluated()["evidence"].to_list() == ["logits", "probabilities"]
    named = run(*arguments(npz, "--kind", "logits", key="probabilities", population="q"))
    assert "say --kind probabilities" in named.stderr
    assert "say --kind logits" in run(*arguments(npz, "--kind", "probabilities", key="logits", population="q")).stderr


def long_table() -> pl.DataFrame:
    """The toy predictions as one row per network and example, shuffled."""
    rows = [
        {
            "net": "abc"[k],
            "image": "uvwxyz"[i],
            "said": int(DENSE[k, i]),
            "label": None if LABELS[i] < 0 else int(LABELS[i]),
        }
        for k in range(3)
        for i in range(6)
    ]
    return pl.DataFrame(rows).sample(fraction=1, shuffle=True, seed=1)


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
def test_tables(run: Run, tmp_path: Path, suffix: str) -> None:
    """A table in any order is aligned by the names of network and example."""
    path = tmp_path / f"runs.{suffix}"
    write = {"parquet": pl.DataFrame.write_parquet, "csv": pl.DataFrame.write_csv, "jsonl": pl.DataFrame.write_ndjson}
    write[suffix](long_table(), path)
    result = run(*arguments(path, "--replicates", "net", "--examples", "image", key="said"))
    assert result.exit_code == 0, result.output
    with Study.open(tmp_path / "s.duckdb") as study:
        modal = study.modal_labels("dense").sort("key")
        assert modal["modal_label"].to_list() == [0, 0, 2, 0, 0, 0]
        assert modal["label"].to_list() == [0, 0, 1, 2, 1, None]


def test_table_of_class_names_and_score_columns(run: Run, tmp_path: Path) -> None:
    """Text labels are looked up; one column per class is found by a pattern; a list column does too."""
    names = ["cat", "dog", "eel"]
    text = long_table().with_columns(pl.col("said", "label").replace_strict(dict(enumerate(names))))
    text.write_csv(tmp_path / "text.csv")
    assert (
        run(*arguments(tmp_path / "text.csv", "--replicates", "net", "--examples", "image", key="said")).exit_code == 0
    )
    logits = scores()[0]
    wide = pl.DataFrame(
        {"image": list("uvwxyz"), **{f"logit_{c}": logits[:, c] for c in range(3)}, "z": logits.tolist()}
    )
    wide.write_parquet(tmp_path / "wide.parquet")
    (tmp_path / "names.txt").write_text("\n".join(names))
    for key, population in (("logit_*", "wide"), ("z", "list")):
        more = ("import", tmp_path / "wide.parquet", "--db", tmp_path / "s.duckdb", "--dataset", "toy/test", "--population",
                population, "--predictions", key, "--examples", "image")  # fmt: skip
        assert "nothing says which number is which" in run(*more).stderr  # the names were sorted, not given
        result = run(*more, "--class-names", tmp_path / "names.txt")
        assert result.exit_code == 0, result.output
    with Study.open(tmp_path / "s.duckdb") as study:
        assert study.sql("select class_names from datasets")["class_names"].to_list() == [names]
        assert study.votes("wide").sort("example_id").equals(study.votes("list").sort("example_id"))


def test_npy_files_add_networks(run: Run, tmp_path: Path) -> None:
    """One file per network, labels in a file of their own."""
    np.save(tmp_path / "label.npy", LABELS)
    for k in range(3):
        np.save(tmp_path / f"{k}.npy", DENSE[k])
    result = run("import", *(tmp_path / f"{k}.npy" for k in range(3)), "--db", tmp_path / "s.duckdb", "--dataset", "d",
                 "--population", "dense", "--labels", tmp_path / "label.npy")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "3 networks, mean top-1 accuracy 40.0%" in result.output


def test_keys_align_a_second_file(run: Run, npz: Path) -> None:
    """Examples in another order are put right by their keys."""
    order = np.array([3, 1, 5, 0, 2, 4])
    other = npz.with_name("other.npz")
    np.savez(
        other,
        pruned=PRUNED[:, order],
        label=LABELS[order],
        names=np.array(["a", "b", "c"]),
        keys=np.array(list("uvwxyz"))[order],
    )
    more = ("--replicates", "names", "--examples", "keys")
    run(*arguments(npz, *more))
    assert run(*arguments(other, *more, "--reference", "dense", population="pruned", key="pruned")).exit_code == 0
    with Study.open(npz.parent / "s.duckdb") as study:
        assert study.pies("dense", "pruned")["key"].to_list() == ["v", "w", "x", "y", "z"]


def test_an_example_without_a_name_is_missed(run: Run, npz: Path) -> None:
    """An empty name is none, and a file that lacks an example is refused, in one line."""
    for keys, population, message in (
        (["u", "v", "w", "x", "y", "z"], "dense", ""),
        (["", "v", "w", "x", "y", "z"], "pruned", "column 'example keys' has 1 missing name, first in row 1"),
        (["t", "v", "w", "x", "y", "z"], "pruned", "1 of 6 examples of data set 'toy/test' are missing, first 'u'"),
        (
            ["a", "b", "c", "d", "e", "f"],
            "pruned",
            "example 'u' of data set 'toy/test' is missing, and so are all others",
        ),
    ):
        np.savez(npz, dense=DENSE, label=LABELS, keys=np.array(keys))
        result = run(*arguments(npz, "--examples", "keys", population=population))
        assert result.exit_code == bool(message)
        assert message in result.stderr


def broken(arrays: dict[str, np.ndarray], **changes: np.ndarray) -> dict[str, np.ndarray]:
    """The toy archive with some arrays changed."""
    return {**arrays, **changes}


def test_probabilities_that_differ_by_an_ulp_keep_their_order(run: Run, npz: Path) -> None:
    """Their logarithms tie in float32; label and rank go by the probabilities."""
    rng = np.random.default_rng(0)
    probabilities = np.full((1, 500, 10), 0.1, dtype=np.float32)
    best = rng.integers(0, 10, 500)
    probabilities[0, np.arange(500), best] = np.nextafter(np.float32(0.1), np.float32(1))
    np.savez(npz, p=probabilities, label=best)
    result = run(*arguments(npz, "--kind", "probabilities", "--json", key="p"))
    assert json.loads(result.stdout)["top1_mean"] == 1
    with Study.open(npz.parent / "s.duckdb") as study:
        assert study.sql("select max(label_rank) as worst from predictions")["worst"].item() == 0


def test_labels_only_import_twice_with_logits(run: Run, npz: Path) -> None:
    """Another form of the logits is another wish, and is refused rather than ignored."""
    np.savez(npz, logits=scores(), label=LABELS, names=np.array(["a", "b", "c"]))
    more = ("--replicates", "names", "--logits")
    assert run(*arguments(npz, *more, "none", key="logits")).exit_code == 0
    result = run(*arguments(npz, *more, "float32", key="logits"))
    assert result.exit_code == 1
    assert "with logits as none, not float32" in result.stderr


ARRAYS = {"dense": DENSE, "label": LABELS, "names": np.array(["a", "b", "c"])}
NAN = scores()
NAN[1, 2, 0] = np.nan
REFUSED = {
    "labels of the wrong length": (
        broken(ARRAYS, label=LABELS[:5]),
        (),
        "5 labels for predictions of 3 networks on 6 examples",
    ),
    "labels that contradict": (
        broken(ARRAYS, label=np.array([0, 0, 1, 2, 2, -1])),
        (),
        "contradict those of data set 'toy/test' on 1 of 6",
    ),
    "a label beyond the classes": (
        broken(ARRAYS, dense=DENSE + 1),
        (),
        "label 3, but the data set has 3 classes, 0 to 2",
    ),
    "other classes": (
        broken(ARRAYS, dense=np.random.default_rng(0).normal(size=(3, 6, 4))),
        (),
        "scores of 4 classes, but data set 'toy/test' has 3",
    ),
    "other examples": (
        {**ARRAYS, "dense": DENSE[:, :4], "label": LABELS[:4]},
        (),
        "4 examples, but data set 'toy/test' has 6",
    ),
    "NaN": (broken(ARRAYS, dense=NAN), (), "network 1 has NaN or infinite scores, first at example 2"),
    "repeated replicates": (
        broken(ARRAYS, names=np.array(["a", "b", "a"])),
        ("--replicates", "names"),
        "replicate 'a' occurs twice",
    ),
    "too few replicates": (
        broken(ARRAYS, names=np.array(["a"])),
        ("--replicates", "names"),
        "1 replicate names for predictions of 3",
    ),
    "an array that is not there": (
        ARRAYS,
        ("--replicates", "models"),
        "has no array 'models'. It has: dense, label, names",
    ),
    "predictions that are text": (
        broken(ARRAYS, dense=np.array([[["a"] * 3] * 6])),
        (),
        "Allowed: integers or class names (networks × examples)",
    ),
    "negative predictions": (broken(ARRAYS, dense=DENSE - 1), (), "a predicted label is missing or negative"),
    "a reference that is not there": (ARRAYS, ("--reference", "nobody"), "no population is named 'nobody'"),
    "labels called logits": (ARRAYS, ("--kind", "logits"), "are labels, not logits"),
    "logits beyond float16": (
        broken(ARRAYS, dense=1e5 * (1 + scores())),
        ("--logits", "float16"),
        "do not fit into float16",
    ),
    "labels in two columns": (broken(ARRAYS, label=np.stack([LABELS] * 2, 1)), (), "labels of shape (6, 2)"),
    "a single label": (broken(ARRAYS, label=np.array(1)), (), "labels of shape ()"),
    "labels that are text": (
        broken(ARRAYS, label=np.array(list("aabcb "))),
        (),
        "none of its classes (a, b, c) is one of data set 'toy/test' (0, 1, 2)",
    ),
    "labels that are no text": (broken(ARRAYS, label=np.array([b"\xff"] * 6)), (), "holds bytes that are no UTF-8"),
    "complex labels": (broken(ARRAYS, label=LABELS.astype(complex)), (), "type complex128"),
    "huge labels": (broken(ARRAYS, dense=np.full((3, 6), 2**63, dtype=np.uint64)), (), "whole numbers beyond 2⁶³"),
    "a sparsity that is none": (ARRAYS, ("--sparsity", "nan"), "sparsity nan. Allowed: 0 to 1"),
    "no class names": (ARRAYS, ("--class-names", "/dev/null"), "must hold the name of a class in every line"),
    "labels that are fractions": (broken(ARRAYS, label=LABELS + 0.5), (), "holds fractions, first 0.5"),
}


@pytest.fixture(scope="module")
def imported_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with the dense population, made once."""
    folder = tmp_path_factory.mktemp("once")
    np.savez(folder / "runs.npz", **ARRAYS)
    with Study.create(folder / "s.duckdb") as study:
        pietools.import_predictions(
            study,
            folder / "runs.npz",
            dataset="toy/test",
            population="dense",
            predictions="dense",
            labels="label",
            replicates="names",
        )
    return folder / "s.duckdb"


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused(run: Run, npz: Path, imported_once: Path, case: str) -> None:
    """One line, exit code 1, study unchanged to the byte."""
    copyfile(imported_once, npz.parent / "s.duckdb")
    before = (npz.parent / "s.duckdb").read_bytes()
    arrays, more, message = REFUSED[case]
    other = npz.with_name("other.npz")
    np.savez(other, **arrays)
    result = run(*arguments(other, *more, population="new"))
    assert result.exit_code == 1, result.output
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    with Study.open(npz.parent / "s.duckdb", read_only=True) as study:
        assert study.populations()["name"].to_list() == ["dense"]
        assert study.accuracy("dense").height == 3
    assert len((npz.parent / "s.duckdb").read_bytes()) == len(before)


@pytest.mark.parametrize("share", [0, 0.01, 0.2, 0.4, 0.6, 0.8, 0.99])
@pytest.mark.slow
def test_a_truncated_archive_is_refused(run: Run, npz: Path, share: float) -> None:
    """Broken off at the beginning, within an array, within the directory at the end; and no study is left behind."""
    whole = npz.read_bytes()
    for length in range(int(share * len(whole)), int(share * len(whole)) + 3):
        npz.write_bytes(whole[:length])
        result = run(*arguments(npz, db="new.duckdb"))
        assert result.exit_code == 1
        assert "cannot be read, it may be truncated" in result.stderr
        assert result.stderr.count("\n") == 1
    assert not (npz.parent / "new.duckdb").exists()


@pytest.mark.slow
def test_a_damaged_archive_is_refused(run: Run, npz: Path) -> None:
    """A flipped bit is one line, or an array that does not fit; never a traceback."""
    whole = npz.read_bytes()
    for position in range(0, len(whole), 97):
        npz.write_bytes(whole[:position] + bytes([whole[position] ^ 64]) + whole[position + 1 :])
        result = run(*arguments(npz, db=f"{position}.duckdb"))
        assert result.exit_code in (0, 1)
        assert result.stderr.count("\n") <= 1


def test_an_archive_that_is_an_array_is_refused(run: Run, npz: Path) -> None:
    """The name promises what the content does not hold."""
    with npz.open("wb") as file:
        np.save(file, DENSE)
    assert "it is no npz archive" in run(*arguments(npz)).stderr


def test_a_refused_first_import_leaves_no_file(run: Run, npz: Path) -> None:
    """An empty study would look like one."""
    assert run(*arguments(npz, "--reference", "nobody", db="new.duckdb")).exit_code == 1
    assert not (npz.parent / "new.duckdb").exists()


@pytest.mark.parametrize(
    ("rows", "more", "message"),
    [
        (
            lambda t: pl.concat([t, t[:1]]),
            ("--replicates", "net", "--examples", "image"),
            "1 example with several rows for one network, first 'v' (rows 1 and 19), and they are alike",
        ),
        (lambda t: t[:0], ("--replicates", "net"), "has no rows"),
        (lambda t: t.with_columns(net=pl.lit(None, pl.String)), ("--replicates", "net"), "'net' has 18 missing names"),
        (
            lambda t: t.with_columns(image=pl.lit(None, pl.String)),
            ("--examples", "image"),
            "'image' has 18 missing names",
        ),
        (lambda t: t.with_columns(image=pl.concat_list("image")), ("--examples", "image"), "holds lists, not names"),
        (lambda t: t.with_columns(said=pl.concat_list(pl.lit("a"))), ("--replicates", "net"), "holds lists of String"),
        (lambda t: t.with_columns(said=pl.lit("cat")), ("--replicates", "net"), "one is text and the other numbers"),
        (
            lambda t: t[:-1],
            ("--replicates", "net", "--examples", "image"),
            "network 'a' has no row of example 'v'; of 18 rows 1 is missing",
        ),
        (
            lambda t: t.drop("image")[:-1],
            ("--replicates", "net"),
            "different numbers of rows, 5 to 6: name the examples (--examples)",
        ),
        (lambda t: t, ("--examples", "image"), "name the column of the networks (--replicates)"),
        (lambda t: t, ("--replicates", "model"), "has no column 'model'. It has: net, image, said, label"),
        (
            lambda t: t.with_columns(said=pl.col("said") + 0.5),
            ("--examples", "image", "--replicates", "net"),
            "holds one number for each example (0.5 to 2.5), but there are 3 classes",
        ),
        (
            lambda t: t.with_columns(said=pl.when(pl.col("image") == "u").then(None).otherwise("said")),
            ("--replicates", "net"),
            "column 'said' has 3 missing values, first in row",
        ),
    ],
)
def test_tables_that_do_not_fit_are_refused(
    run: Run, tmp_path: Path, rows: Callable, more: tuple[str, ...], message: str
) -> None:
    """Duplicates, gaps, columns that are not there or of another type."""
    path = tmp_path / "runs.parquet"
    rows(long_table()).write_parquet(path)
    result = run(*arguments(path, *more, key="said"))
    assert result.exit_code == 1
    assert message in result.stderr


def test_files_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    """A path that is not there, a kind that is not known, a table that is none."""
    for name, message in (
        ("no.npz", "there is no file"),
        ("x.mat", "cannot read '.mat' files"),
        ("x.parquet", "cannot be read"),
    ):
        if name.startswith("x"):
            (tmp_path / name).write_bytes(b"nothing")
        result = run(*arguments(tmp_path / name))
        assert result.exit_code == 1
        assert message in result.stderr


def test_the_size_of_the_archive_is_no_matter(run: Run, npz: Path) -> None:
    """Labels as the smallest integer type are the same labels."""
    labels, populations = simulate(0)
    for dtype, db in ((np.int64, "a"), (np.uint8, "b")):
        np.savez(npz, dense=populations["dense"].astype(dtype), label=labels.astype(dtype))
        assert run(*arguments(npz, db=db)).exit_code == 0
    digests = []
    for db in ("a", "b"):
        with Study.open(npz.parent / db) as study:
            digests.append(study.input_digest())
    assert digests[0] == digests[1]
