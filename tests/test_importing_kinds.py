"""Small files of every kind that people have, and of every way to misread them: the right number, or the true cause and a cure."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result

import pietools
import pietools.study
from pietools.errors import ImportFileError
from pietools.exchange.predictions import Source
from pietools.exchange.read_predictions import read

Run = Callable[..., Result]
N = 120
RNG = np.random.default_rng(12)
LABEL = RNG.integers(0, 12, N)
LOGITS = RNG.normal(size=(N, 12)) + 4 * np.eye(12)[LABEL]
PREDICTED = LOGITS.argmax(axis=1)
TOP1 = float((PREDICTED == LABEL).mean())
PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
NAMES = [f"img_{i:03d}.png" for i in range(N)]
WORDS = ["ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibex", "jay", "kiwi", "lynx"]
TABLE = pl.DataFrame({"id": NAMES, "label": LABEL, "pred": PREDICTED})
SUFFIXES = ["csv", "tsv", "json", "jsonl", "parquet"]


def write(path: Path, frame: pl.DataFrame) -> Path:
    """A table in the format that the suffix says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    {
        ".csv": frame.write_csv,
        ".tsv": lambda file: frame.write_csv(file, separator="\t"),
        ".json": frame.write_json,
        ".jsonl": frame.write_ndjson,
        ".parquet": frame.write_parquet,
    }[path.suffix](path)
    return path


def attempt(run: Run, path: Path, *more: object, population: str = "p", db: str = "s.duckdb") -> Result:
    """Import a file into a study beside it."""
    folder = path if path.is_dir() else path.parent
    return run("import", path, "--db", folder / db, "--dataset", "d", "--population", population, "--json", *more)


def add(run: Run, path: Path, *more: object, population: str = "p", db: str = "s.duckdb") -> dict[str, Any]:
    """Import a file, which must succeed."""
    result = attempt(run, path, *more, population=population, db=db)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def refused(run: Run, path: Path, *more: object, population: str = "p") -> str:
    """Import a file, which must be refused in one line; the line."""
    result = attempt(run, path, *more, population=population)
    assert result.exit_code == 1, result.output
    assert result.stderr.count("\n") == 1
    return result.stderr


def accuracy_of(path: Path, **source: Any) -> float:
    """Accuracy of what is read of a file, without a study."""
    found = read(path, Source(**source))
    assert found.predicted is not None
    assert found.labels is not None
    assert found.predicted.names == found.labels.names
    is_labelled = found.labels.values >= 0
    return float((found.predicted.values[0] == found.labels.values)[is_labelled].mean())


# Classes in columns


@pytest.mark.parametrize(
    ("suffix", "names"),
    [
        *((suffix, [f"p_{c}" for c in range(12)]) for suffix in SUFFIXES),
        ("csv", [f"p_{c:02d}" for c in range(12)]),
        ("parquet", [f"p_{w}" for w in WORDS]),
    ],
)
def test_columns_of_classes_are_ordered_by_their_names(run: Run, tmp_path: Path, names: list[str], suffix: str) -> None:
    """p_10 stands before p_2 in many files, and classes by name stand in any order."""
    is_words = names[0] == "p_ant"
    label = [WORDS[c] for c in LABEL] if is_words else LABEL
    frame = pl.DataFrame({"id": NAMES, "label": label} | {name: PROBABILITIES[:, c] for c, name in enumerate(names)})
    add(run, write(tmp_path / f"a.{suffix}", frame), "--predictions", "p_*")
    shuffled = frame.select("id", "label", *sorted(names, key=lambda name: name[::-1]))
    add(run, write(tmp_path / f"b.{suffix}", shuffled), "--predictions", "p_*", population="q")
    with pietools.open(tmp_path / "s.duckdb") as study:
        assert study.accuracy("p")["top1"].item() == pytest.approx(TOP1)
        assert np.array_equal(study.label_matrix("p")[1], study.label_matrix("q")[1])
        assert next(study.each_logits("p")) == pytest.approx(next(study.each_logits("q")))


def test_classes_of_two_files_must_be_the_same(run: Run, tmp_path: Path) -> None:
    """A class that only one file has, and columns that count from 1 while labels count from 0."""
    frame = pl.DataFrame(
        {"id": NAMES, "label": [WORDS[c] for c in LABEL]} | dict(zip(WORDS, PROBABILITIES.T, strict=True))
    )
    add(run, write(tmp_path / "a.csv", frame))
    other = frame.rename({"lynx": "puma"}).with_columns(label=pl.col("label").replace("lynx", "puma"))
    assert "puma" in refused(run, write(tmp_path / "b.csv", other), population="q")
    from_one = pl.DataFrame({"id": NAMES, "label": LABEL} | {f"p{c + 1}": PROBABILITIES[:, c] for c in range(12)})
    message = refused(run, write(tmp_path / "one" / "c.csv", from_one), "--predictions", "p*")
    assert "scores are of classes 1 to 12, but labels count from 0" in message
    (tmp_path / "names.txt").write_text("\n".join(WORDS))
    named = add(run, tmp_path / "one" / "c.csv", "--predictions", "p*", "--class-names", tmp_path / "names.txt")
    assert named["top1_mean"] == pytest.approx(TOP1)
    both = from_one.with_columns(label=pl.col("label") + 1)
    assert add(run, write(tmp_path / "both" / "c.csv", both), "--predictions", "p*")["top1_mean"] == pytest.approx(TOP1)


# Labels


MISSING = ["NA", "nan", "None", "null", "", "  ", "N/A", "-1", "-100"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
@pytest.mark.parametrize("mark", MISSING)
def test_marks_of_missing_labels(tmp_path: Path, mark: str, suffix: str) -> None:
    """Counted and said; never a class."""
    label = [mark if i % 3 == 0 else str(label) for i, label in enumerate(LABEL)]
    path = write(tmp_path / f"a.{suffix}", TABLE.with_columns(label=pl.Series(label)))
    assert list(read(path, Source()).notes) == ["40 of 120 examples have no label"]
    is_labelled = np.arange(N) % 3 != 0
    assert accuracy_of(path) == pytest.approx((PREDICTED == LABEL)[is_labelled].mean())


def test_a_class_may_be_named_as_a_missing_value(run: Run, tmp_path: Path) -> None:
    """Namibia is NA, if the list of classes says so."""
    words = ["NA", *WORDS[1:]]
    named = TABLE.with_columns(pl.col("label", "pred").replace_strict(dict(enumerate(words))))
    assert "missing values" in refused(run, write(tmp_path / "a.csv", named))
    (tmp_path / "names.txt").write_text("\n".join(words))
    found = add(run, tmp_path / "a.csv", "--class-names", tmp_path / "names.txt")
    assert found["top1_mean"] == pytest.approx(TOP1)
    assert not found["warnings"]


def test_blanks_and_letters_of_classes(run: Run, tmp_path: Path) -> None:
    """'cat ' is 'cat'; 'Cat' beside 'cat' is refused."""
    words = pl.Series([WORDS[c] for c in PREDICTED])
    named = TABLE.with_columns(label=pl.Series([WORDS[c] for c in LABEL]), pred=words)
    found = add(run, write(tmp_path / "a.csv", named.with_columns(pred=words + pl.Series([" ", ""] * (N // 2)))))
    assert (found["n_classes"], found["top1_mean"]) == (12, pytest.approx(TOP1))
    mixed = named.with_columns(pred=words.replace("cat", "Cat"))
    assert "'Cat' and 'cat' look like one class" in refused(run, write(tmp_path / "x" / "b.csv", mixed))
    assert "class 'Cat' is unknown, but data set 'd' has 'cat'" in refused(
        run, write(tmp_path / "b.csv", mixed), population="q"
    )


@pytest.mark.parametrize("dtype", [pl.Float64, pl.Int8, pl.UInt64, pl.Float32, pl.String, pl.Categorical])
def test_types_of_labels(tmp_path: Path, dtype: Any) -> None:
    """Whole numbers however they are stored."""
    cast = (
        pl.col("label", "pred").cast(pl.String).cast(dtype)
        if dtype == pl.Categorical
        else pl.col("label", "pred").cast(dtype)
    )
    path = write(tmp_path / "a.parquet", TABLE.with_columns(cast))
    assert accuracy_of(path) == pytest.approx(TOP1)


def test_truth_values_as_labels(run: Run, tmp_path: Path) -> None:
    """True and False are two classes in every format."""
    frame = pl.DataFrame({"id": NAMES, "label": LABEL > 5, "pred": PREDICTED > 5})
    for suffix in SUFFIXES:
        found = add(run, write(tmp_path / suffix / f"a.{suffix}", frame))
        assert (found["class_names"], found["top1_mean"]) == (["0", "1"], ((LABEL > 5) == (PREDICTED > 5)).mean())


def test_labels_of_another_file(run: Run, tmp_path: Path) -> None:
    """Matched by names; what is missing there is said."""
    truth = write(tmp_path / "truth.csv", TABLE.select("id", "label").reverse())
    alone = write(tmp_path / "a.csv", TABLE.select("id", "pred"))
    assert add(run, alone, "--labels", truth)["top1_mean"] == pytest.approx(TOP1)
    assert add(run, alone, "--labels", f"{truth}:label", db="t")["top1_mean"] == pytest.approx(TOP1)
    write(tmp_path / "truth.csv", TABLE.select("id", "label")[1:])
    assert "1 of 120 examples" in refused(run, alone, "--labels", truth, population="q")


# What cannot be right


@pytest.mark.slow
def test_predictions_that_agree_no_better_than_chance(run: Run, tmp_path: Path) -> None:
    """Counted from 1, classes permuted, rows in another order: each is called by its name, and may be accepted."""
    order = np.random.default_rng(0).permutation(12)
    rows = np.random.default_rng(0).permutation(N)
    wrong = {
        "labels from 0": (LABEL, PREDICTED + 1),
        "in another order: what is predicted": (LABEL, order[PREDICTED]),
        "are the rows in another order": (LABEL, PREDICTED[rows]),
        "match the labels on 0.0%": (LABEL, (LABEL + 6) % 12),
    }
    for number, (cause, (label, predicted)) in enumerate(wrong.items()):
        frame = pl.DataFrame({"id": NAMES, "label": label, "pred": predicted})
        path = write(tmp_path / str(number) / "a.csv", frame)
        assert cause in refused(run, path)
        assert not (path.parent / "s.duckdb").exists()
        assert add(run, path, "--accept-chance")["top1_mean"] == pytest.approx((label == predicted).mean())


def test_a_network_that_says_one_class_is_bad_not_misread(run: Run, tmp_path: Path) -> None:
    """Compression may go that far."""
    assert add(run, write(tmp_path / "a.csv", TABLE.with_columns(pred=pl.lit(3))))["top1_mean"] == (LABEL == 3).mean()


def test_the_best_classes_are_no_scores_of_all(run: Run, tmp_path: Path) -> None:
    """Lists of the best five: refused as scores, read with the classes they are of."""
    best = np.argsort(-PROBABILITIES, axis=1)[:, :5]
    scores = np.take_along_axis(PROBABILITIES, best, axis=1)
    frame = TABLE.select("id", "label").with_columns(idx=pl.Series(best.tolist()), p=pl.Series(scores.tolist()))
    path = write(tmp_path / "a.parquet", frame)
    assert "numbers that are sorted in every row" in refused(run, path, "--predictions", "p")
    assert "whole numbers" in refused(run, path, "--predictions", "idx")
    found = add(run, path, "--predictions", "idx", "--top-k", "p")
    assert found["top1_mean"] == pytest.approx(TOP1)
    columns = TABLE.select("id", "label").with_columns(
        *(pl.Series(f"c{i}", best[:, i]) for i in range(5)), *(pl.Series(f"s{i}", scores[:, i]) for i in range(5))
    )
    wide = add(run, write(tmp_path / "b.csv", columns), "--predictions", "c*", "--top-k", "s*", population="q")
    assert wide["top1_mean"] == pytest.approx(TOP1)
    assert "do not fall" in refused(run, path, "--predictions", "idx", "--top-k", "idx", population="r")
    with pietools.open(tmp_path / "s.duckdb") as study:
        assert study.accuracy("p").drop("model_id").equals(study.accuracy("q").drop("model_id"))


# Scores


def rounded(what: str) -> np.ndarray:
    """Probabilities as programs round them."""
    if what == "bfloat16":
        bits = PROBABILITIES.astype(np.float32).view(np.uint32) + 0x8000
        return (bits & 0xFFFF0000).view(np.float32)
    return {
        "two decimals": PROBABILITIES.round(2),
        "percent": (PROBABILITIES * 100).round(1),
        "bytes": (PROBABILITIES * 255).round().astype(np.uint8),
        "float16": PROBABILITIES.astype(np.float16),
        "logarithms": np.log(PROBABILITIES).round(2),
        "one of twelve": np.eye(12)[PREDICTED],
    }[what]


@pytest.mark.parametrize(
    "what", ["two decimals", "bfloat16", "percent", "bytes", "float16", "logarithms", "one of twelve"]
)
def test_rounded_probabilities(run: Run, tmp_path: Path, what: str) -> None:
    """Divided by their sum, and said; ties of rounding go to the lowest class as everywhere."""
    scores = rounded(what)
    np.savez(tmp_path / "a.npz", s=scores, y=LABEL)
    found = add(run, tmp_path / "a.npz", "--predictions", "s", "--labels", "y")
    assert found["top1_mean"] == pytest.approx((scores.argmax(axis=1) == LABEL).mean())
    write(tmp_path / "b.parquet", TABLE.drop("pred", "id").with_columns(s=pl.Series(scores.astype(float).tolist())))
    assert add(run, tmp_path / "b.parquet", "--predictions", "s", population="q")["top1_mean"] == found["top1_mean"]
    with pietools.open(tmp_path / "s.duckdb") as study:
        right = float(((PROBABILITIES - np.eye(12)[LABEL]) ** 2).sum(axis=1).mean())
        brier = study.accuracy("p")["mean_brier"].item()
        assert brier == pytest.approx(2 * (1 - TOP1) if what == "one of twelve" else right, abs=0.01)
        assert study.evaluated()["evidence"].unique().to_list() == [
            "logits" if what == "logarithms" else "probabilities"
        ]
    said = {
        "two decimals": "rounded probabilities",
        "percent": "are percent",
        "bytes": "as bytes",
        "logarithms": "logarithms of",
    }
    assert said.get(what, "") in " ".join(found["warnings"])


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (1 / (1 + np.exp(-LOGITS)), "multi-label"),
        (PROBABILITIES * 0.83, "rows sum to 0.83 to 0.83"),
        (np.rint(LOGITS), "whole numbers"),
        (np.where(np.arange(12) == 3, np.nan, LOGITS), "NaN or infinite scores, first at example 0"),
        (np.where(np.arange(12) == 3, np.inf, LOGITS), "NaN or infinite scores, first at example 0"),
    ],
)
def test_numbers_that_are_no_scores(run: Run, tmp_path: Path, scores: np.ndarray, message: str) -> None:
    """What they look like is said, and never that rounded probabilities be called logits."""
    np.savez(tmp_path / "a.npz", s=scores, y=LABEL)
    said = refused(run, tmp_path / "a.npz", "--predictions", "s", "--labels", "y")
    assert message in said
    assert ("--kind logits" in said) == (message == "whole numbers")


def test_masked_choices(run: Run, tmp_path: Path) -> None:
    """−∞ is a class that an example does not have, in every precision."""
    scores = LOGITS.copy()
    scores[np.arange(12) >= RNG.integers(3, 13, N)[:, None]] = -np.inf
    right = (scores.argmax(axis=1) == LABEL).mean()
    for dtype in (np.float64, np.float32, np.float16):
        np.savez(tmp_path / "a.npz", s=scores.astype(dtype), y=LABEL)
        found = add(
            run,
            tmp_path / "a.npz",
            "--predictions",
            "s",
            "--labels",
            "y",
            "--logits",
            "float16",
            db=np.dtype(dtype).name,
        )
        assert found["top1_mean"] == pytest.approx(right)
        assert "labelled with a class without a score" in found["warnings"][-1]
        with pietools.open(tmp_path / np.dtype(dtype).name) as study:
            assert np.isfinite(next(study.each_logits("p"))).all()


def test_two_classes_with_one_number(run: Run, tmp_path: Path) -> None:
    """A threshold of its own moves the predictions, not the probabilities; a decision value is a logit."""
    label = (LABEL > 5).astype(int)
    value = np.where(label == 1, 1.0, -1.0) + RNG.normal(size=N)
    p = 1 / (1 + np.exp(-value))
    frame = pl.DataFrame({"id": NAMES, "label": label, "p": p, "v": value})
    path = write(tmp_path / "a.csv", frame)
    for number, (more, right) in enumerate(
        (
            (("--predictions", "p"), p > 0.5),
            (("--predictions", "p", "--threshold", "0.8"), p > 0.8),
            (("--predictions", "v"), value > 0),
            (("--predictions", "v", "--threshold", "-0.5"), value > -0.5),
        )
    ):
        found = add(run, path, *more, population=str(number))
        assert found["top1_mean"] == pytest.approx((right == label).mean())
    with pietools.open(tmp_path / "s.duckdb") as study:
        assert study.accuracy("0")["mean_brier"].item() == pytest.approx(study.accuracy("1")["mean_brier"].item())
        assert study.accuracy("0")["mean_loss"].item() == pytest.approx(
            study.accuracy("2")["mean_loss"].item(), rel=1e-5
        )
        for name, threshold in (("1", np.log(4)), ("3", -0.5)):
            margin = study.sql(
                f"""select e.key, x.logit_margin
                from population_predictions('{name}') as x join examples as e on e.example_id = x.example_id order by e.key"""
            )
            by_key = dict(zip(NAMES, np.where(label == 1, value - threshold, threshold - value), strict=True))
            assert margin["logit_margin"].to_list() == pytest.approx([by_key[key] for key in sorted(NAMES)], abs=1e-3)
    signed = write(tmp_path / "signed" / "a.csv", frame.with_columns(label=2 * pl.col("label") - 1))
    assert "the labels are −1 and 1" in refused(run, signed, "--predictions", "p")


@pytest.mark.parametrize("written", ["json", "numpy", "nested"])
def test_lists_in_cells_of_text(run: Run, tmp_path: Path, written: str) -> None:
    """As a list prints itself; shortened ones are refused."""

    def text(row: np.ndarray) -> str:
        inner = np.array2string(row, threshold=1000) if written == "numpy" else str(row.tolist())
        return f"[{inner}]" if written == "nested" else inner

    frame = TABLE.drop("pred").with_columns(logits=pl.Series([text(row) for row in LOGITS]))
    assert add(run, write(tmp_path / "a.csv", frame))["top1_mean"] == pytest.approx(TOP1)
    short = frame.with_columns(logits=pl.lit("[0.1 0.2 ... 0.3]"))
    assert "shortened with '...'" in refused(run, write(tmp_path / "b.csv", short), population="q")


# Rows, names, networks


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_rows_twice(run: Run, tmp_path: Path, suffix: str) -> None:
    """Which, how many, alike or not; and one of them when asked."""
    alike = write(tmp_path / f"a.{suffix}", pl.concat([TABLE, TABLE[5:8]]))
    message = refused(run, alike)
    assert (
        "3 examples with several rows for one network, first 'img_005.png' (rows 6 and 121), and they are alike"
        in message
    )
    other = TABLE[5:8].with_columns(pred=(pl.col("label") + 1) % 12)
    contradicting = write(tmp_path / f"b.{suffix}", pl.concat([TABLE, other]))
    assert "3 of them contradict each other" in refused(run, contradicting)
    for which, predicted in (
        ("first", PREDICTED),
        ("last", np.concatenate([PREDICTED[:5], other["pred"], PREDICTED[8:]])),
    ):
        found = add(run, contradicting, "--repeated", which, population=which)
        assert found["top1_mean"] == pytest.approx((predicted == LABEL).mean())


def test_names_once_given_stay_required(run: Run, tmp_path: Path) -> None:
    """Rows in another order within classes agree in every label, and in nothing else."""
    add(run, write(tmp_path / "a.csv", TABLE))
    order = np.argsort(LABEL, kind="stable")
    np.savez(tmp_path / "b.npz", pred=PREDICTED[order], label=LABEL[order], ids=np.array(NAMES)[order])
    options = ("--predictions", "pred", "--labels", "label")
    assert "does not say which row is which: name its column or array (--examples)" in refused(
        run, tmp_path / "b.npz", *options, population="q"
    )
    add(run, tmp_path / "b.npz", *options, "--examples", "ids", population="q")
    with pietools.open(tmp_path / "s.duckdb") as study:
        assert np.array_equal(study.label_matrix("p")[1], study.label_matrix("q")[1])


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda name: name.replace("img_", "img_/"), "all others"),
        (lambda name: f"val/{name}", "differ in their folders"),
        (lambda name: name.replace(".png", ".jpg"), "differ in their suffixes"),
    ],
)
def test_names_that_nobody_knows(run: Run, tmp_path: Path, change: Callable[[str], str], cause: str) -> None:
    """How they differ from those that are stored."""
    add(run, write(tmp_path / "a.csv", TABLE))
    other = TABLE.with_columns(id=pl.Series([change(name) for name in NAMES]))
    assert cause in refused(run, write(tmp_path / "b.csv", other), population="q")


def test_classes_seen_later(run: Run, tmp_path: Path) -> None:
    """The list grows, and that is said; of scores it cannot."""
    few = TABLE.with_columns(pl.col("label", "pred").clip(0, 9))
    add(run, write(tmp_path / "a.csv", few))
    more = write(tmp_path / "b.csv", few.with_columns(pred=PREDICTED))
    found = add(run, more, population="q")
    assert found["class_names"] == [str(c) for c in range(12)]
    assert "2 classes are seen for the first time: 10, 11" in " ".join(found["warnings"])
    words = few.with_columns(pl.col("label", "pred").replace_strict(dict(enumerate(WORDS))))
    add(run, write(tmp_path / "words" / "a.csv", words))
    later = words.with_columns(pred=pl.Series([WORDS[c] for c in PREDICTED]))
    assert add(run, write(tmp_path / "words" / "b.csv", later), population="q")["class_names"][-2:] == ["kiwi", "lynx"]
    np.savez(tmp_path / "c.npz", s=LOGITS[:, :10], y=np.clip(LABEL, 0, 9))
    add(run, tmp_path / "c.npz", "--predictions", "s", "--labels", "y", db="t")
    np.savez(tmp_path / "d.npz", s=PREDICTED)
    assert (
        "label 11, but the data set has 10 classes"
        in attempt(run, tmp_path / "d.npz", "--predictions", "s", db="t").stderr
    )


def test_one_file_per_network(run: Run, tmp_path: Path) -> None:
    """Populations and networks by their folders; a folder alone; names that match make pairs."""
    for population, shift in (("fp32", 0), ("int8", 1)):
        for seed in range(3):
            predicted = np.where(np.arange(N) % 40 == seed + shift, (PREDICTED + 1) % 12, PREDICTED)
            write(tmp_path / "runs" / population / f"seed-{seed}" / "pred.csv", TABLE.with_columns(pred=predicted))
    pattern = tmp_path / "runs" / "*" / "*" / "pred.csv"
    result = run("import", pattern, "--db", tmp_path / "s", "--dataset", "d", "--reference", "fp32", "--replicates-from",
                 "runs/{population}/{replicate}/pred.csv")  # fmt: skip
    assert result.exit_code == 0, result.output
    with pietools.open(tmp_path / "s") as study:
        assert study.populations().select("name", "role", "reference").rows() == [
            ("fp32", "dense", None), ("int8", "compressed", "fp32")]  # fmt: skip
        assert study.is_paired("fp32", "int8")
        assert study.label_matrix("int8")[0]["replicate"].to_list() == ["seed-0", "seed-1", "seed-2"]
    folder = run(
        "import", tmp_path / "runs" / "fp32", "--db", tmp_path / "t", "--dataset", "d", "--population", "p", "--json"
    )
    assert json.loads(folder.stdout)["n_models"] == 3
    assert (
        "no file matches"
        in run("import", tmp_path / "no*.csv", "--db", "x", "--dataset", "d", "--population", "p").stderr
    )


def test_networks_in_columns_with_their_scores(run: Run, tmp_path: Path) -> None:
    """A class and its probability for each network; and lists of scores for each."""
    wide = TABLE.drop("pred").with_columns(
        **{f"pred:{name}": PREDICTED for name in "ab"}, **{f"conf:{name}": PROBABILITIES.max(axis=1) for name in "ba"}
    )
    found = add(run, write(tmp_path / "a.csv", wide), "--networks", "pred:*", "--top-k", "conf:*")
    assert (found["n_models"], found["top1_mean"]) == (2, pytest.approx(TOP1))
    lists = TABLE.drop("pred").with_columns(**{f"z_{name}": pl.Series(LOGITS.tolist()) for name in "ab"})
    scored = add(run, write(tmp_path / "b.parquet", lists), "--networks", "z_*", population="q")
    assert (scored["n_models"], scored["top1_mean"]) == (2, pytest.approx(TOP1))
    with pietools.open(tmp_path / "s.duckdb") as study:
        assert study.label_matrix("p")[0]["replicate"].to_list() == ["a", "b"]


# How tables are written


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_encodings_and_ends_of_lines(tmp_path: Path, separator: str, encoding: str, end: str) -> None:
    """Blanks around names and cells, quoted cells, letters beyond ASCII."""
    pairs = enumerate(zip(LABEL, PREDICTED, strict=True))
    rows = [[" id ", "label", "pred "], *([f'"né{separator}{i}"', f" {a}", f"{b} "] for i, (a, b) in pairs)]
    text = end.join(separator.join(row) for row in rows) + end
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    assert accuracy_of(tmp_path / "a.csv") == pytest.approx(TOP1)
    keys = read(tmp_path / "a.csv", Source()).keys
    assert keys is not None
    assert keys[1] == f"né{separator}1"


def test_a_decimal_comma(run: Run, tmp_path: Path) -> None:
    """As spreadsheets write it where lists are separated by semicolons."""
    lines = ["id;label;" + ";".join(f"p{c}" for c in range(12))]
    for name, label, row in zip(NAMES, LABEL, PROBABILITIES, strict=True):
        lines.append(f"{name};{label};" + ";".join(f"{p:.5f}".replace(".", ",") for p in row))
    (tmp_path / "a.csv").write_text("\n".join(lines))
    assert add(run, tmp_path / "a.csv", "--predictions", "p*")["top1_mean"] == pytest.approx(TOP1)


@pytest.mark.parametrize("suffix", [*SUFFIXES, "npz", "npy"])
@pytest.mark.parametrize("compression", ["gz", "zst"])
def test_compressed_files(tmp_path: Path, suffix: str, compression: str) -> None:
    """By what they begin with, whatever they are."""
    plain = tmp_path / f"a.{suffix}"
    more: dict[str, str] = {}
    if suffix == "npz":
        np.savez(plain, pred=PREDICTED, label=LABEL)
        more = {"predictions": "pred", "labels": "label"}
    elif suffix == "npy":
        np.save(plain, PREDICTED)
        np.save(tmp_path / "label.npy", LABEL)
        more = {"labels": str(tmp_path / "label.npy")}
    else:
        write(plain, TABLE)
    data = plain.read_bytes()
    packed = gzip.compress(data) if compression == "gz" else pa.compress(data, "zstd", asbytes=True)
    (path := tmp_path / f"a.{suffix}.{compression}").write_bytes(packed)
    plain.unlink()
    assert accuracy_of(path, **more) == pytest.approx(TOP1)


@pytest.mark.parametrize("orient", ["records", "columns", "index", "split", "table"])
def test_layouts_of_json(run: Run, tmp_path: Path, orient: str) -> None:
    """As pandas writes them."""
    rows = TABLE.to_dicts()
    layouts = {
        "records": rows,
        "columns": {name: {str(i): value for i, value in enumerate(TABLE[name].to_list())} for name in TABLE.columns},
        "index": {row.pop("id"): row for row in TABLE.to_dicts()},
        "split": {"columns": TABLE.columns, "index": list(range(N)), "data": [list(row) for row in TABLE.rows()]},
        "table": {"schema": {"fields": []}, "data": rows},
    }
    (tmp_path / "a.json").write_text(json.dumps(layouts[orient]))
    assert add(run, tmp_path / "a.json")["top1_mean"] == pytest.approx(TOP1)
    with pietools.open(tmp_path / "s.duckdb") as study:
        assert study.keys()[1] == NAMES[1]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "id,label,pred\n1,2\n3,4,5,6\n", "a line has more cells than the first"),
        ("a.csv", 'id,label,pred\n1,2,"3\n', "quotation mark is never closed"),
        ("a.csv", "", "is empty"),
        ("a.csv", "id,label,pred\n", "has no rows"),
        ("a.csv", "id,label,label,pred\n1,2,2,2\n", "has 2 columns named 'label'"),
        ("a.csv", "0.1,0.9\n0.2,0.8\n", "first line holds numbers (0.1, 0.9), not the names of the columns"),
        ("a.jsonl", '{"id": 1, "pred": 1}\n{"id": 2, "pr', "is cut off: its last line, 2, is no whole JSON"),
        ("a.jsonl", '{"id": 1, "pred": 1}\nx\n{"id": 2}', "line 2 is no JSON"),
        ("a.jsonl", "[1, 2]\n[2, 3]\n", "line 1 holds a list, not an object"),
        ("a.json", "3", "holds a number"),
        ("a.json", "[[1, 2]]", "holds a list of a lists"),
        ("a.pt", "x", "a pickle of PyTorch is code"),
        ("a.xlsx", "x", "save the sheet as CSV"),
        ("a.parquet", "PAR1", "cannot be read, it may be truncated or damaged"),
        ("a.eval", "x", "cannot be read, it may be truncated or damaged: it is no archive"),
    ],
)
def test_files_that_are_no_tables(run: Run, tmp_path: Path, name: str, content: str, message: str) -> None:
    """Why, and truncated only where it is."""
    (tmp_path / name).write_text(content)
    assert message in refused(run, tmp_path / name)
    assert not (tmp_path / "s.duckdb").exists()


def test_types_of_parquet_that_polars_panics_on(run: Run, tmp_path: Path) -> None:
    """Decimals of 256 bits are numbers; text that is no UTF-8 is refused; neither prints a trace of Rust."""
    wide = pa.table({"id": NAMES, "label": pa.array(LABEL), "pred": pa.array(PREDICTED).cast(pa.decimal256(40, 2))})
    pq.write_table(wide, tmp_path / "a.parquet")
    assert add(run, tmp_path / "a.parquet")["top1_mean"] == pytest.approx(TOP1)
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(np.array([0, 1], np.int32).tobytes()), pa.py_buffer(b"\xff")]
    )
    pq.write_table(pa.table({"id": broken, "pred": [1]}), tmp_path / "b.parquet")
    assert "column 'id' is damaged" in refused(run, tmp_path / "b.parquet", population="q")


def test_class_names_of_hugging_face(run: Run, tmp_path: Path) -> None:
    """Numbers with a list of names in the schema, in this order."""
    features = {name: {"_type": "ClassLabel", "names": WORDS[::-1]} for name in ("label", "pred")}
    table = TABLE.with_columns(pl.col("label", "pred")).to_arrow()
    described = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(described, tmp_path / "a.parquet")
    found = add(run, tmp_path / "a.parquet")
    assert (found["class_names"], found["top1_mean"]) == (WORDS[::-1], pytest.approx(TOP1))
    pq.write_table(table.replace_schema_metadata({"huggingface": "{"}), tmp_path / "b.parquet")
    assert add(run, tmp_path / "b.parquet", db="t")["class_names"] == [str(c) for c in range(12)]


# Without storing


def test_a_dry_run_stores_nothing(run: Run, tmp_path: Path) -> None:
    """It says the same, of a new study and of one that is there."""
    path = write(tmp_path / "a.csv", TABLE)
    dry = attempt(run, path, "--dry-run")
    assert not (tmp_path / "s.duckdb").exists()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.csv"]
    real = add(run, path)
    assert json.loads(dry.stdout) == real | {"dry_run": True}
    before = (tmp_path / "s.duckdb").read_bytes()
    again = run("import", path, "--db", tmp_path / "s.duckdb", "--dataset", "d", "--population", "q", "--dry-run")
    assert "nothing was stored (--dry-run)" in again.stdout
    assert (tmp_path / "s.duckdb").read_bytes() == before


def test_what_a_study_holds_and_taking_it_out(run: Run, tmp_path: Path) -> None:
    """A first import without labels is taken out and done again."""
    add(run, write(tmp_path / "a.csv", TABLE.drop("label")))
    labelled = write(tmp_path / "b.csv", TABLE)
    assert "pietools remove STUDY --dataset d" in refused(run, labelled, population="q")
    db = tmp_path / "s.duckdb"
    assert run("info", db).stdout.splitlines() == [
        "data set d: 120 examples (img_000.png, img_001.png, img_002.png, …), no labels, 12 classes",
        "population p (dense): networks: 1 on d (labels)",
    ]
    assert (
        run("remove", db, "--dataset", "d").stdout == "Removed: predictions of 1 network, data set d, population p.\n"
    )
    assert "holds nothing yet" in run("info", db).stdout
    add(run, labelled)
    add(run, labelled, "--reference", "p", population="q")
    assert "q refers to it" in run("remove", db, "--population", "p").stderr
    assert run("remove", db, "--population", "q").exit_code == 0
    found = json.loads(run("info", db, "--json").stdout)
    assert [one["name"] for one in found["populations"]] == ["p"]
    assert run("remove", db).exit_code == 2


# What a stranger found


STRAY = {
    "one cell that is no number": (["0"] * 60 + ["error"] + ["1"] * 59, "but 1 other cells, first 'error' in row 61"),
    "scores of which one is no number": (["0.25"] * 60 + ["oom"] + ["0.5"] * 59, "first 'oom' in row 61"),
    "thousands": (["1,485"] * 60 + ["802"] * 60, "a score rather than a class"),
    "a missing prediction": (["1"] * 119 + ["-1"], "1 missing value, first in row 120"),
}


@pytest.mark.parametrize("case", STRAY)
@pytest.mark.parametrize("labelled", [True, False])
def test_one_cell_makes_no_names_of_numbers(run: Run, tmp_path: Path, case: str, labelled: bool) -> None:
    """A column of numbers stays one, and the odd cell is named."""
    cells, message = STRAY[case]
    frame = TABLE.with_columns(pred=pl.Series(cells), label=pl.Series([WORDS[c % 2] for c in LABEL]))
    path = write(tmp_path / "a.csv", frame if labelled else frame.drop("label"))
    assert message in refused(run, path)


def test_a_decimal_comma_and_percent_signs_of_one_column(run: Run, tmp_path: Path) -> None:
    """The probability of the second of two classes, as spreadsheets write it."""
    label, p = (LABEL > 5).astype(int), PROBABILITIES[:, 6:].sum(axis=1)
    right = ((p > 0.5) == label).mean()
    for number, cells in enumerate(([f"{x:.4f}".replace(".", ",") for x in p], [f"{100 * x:.2f}%" for x in p])):
        frame = TABLE.drop("pred").with_columns(label=pl.Series(label), prob=pl.Series(cells))
        assert add(run, write(tmp_path / "a.csv", frame), population=str(number))["top1_mean"] == pytest.approx(right)


def test_truth_values_with_a_list_of_classes_that_begins_with_true(run: Run, tmp_path: Path) -> None:
    """They are names then, in whatever format."""
    (tmp_path / "names.txt").write_text("\ufeffTrue \nFalse\n\n")
    frame = pl.DataFrame({"id": NAMES, "label": LABEL > 5, "pred": PREDICTED > 5})
    for suffix in SUFFIXES:
        add(run, write(tmp_path / f"a.{suffix}", frame), "--class-names", tmp_path / "names.txt", population=suffix)
    with pietools.open(tmp_path / "s.duckdb") as study:
        assert study.sql("select class_names from datasets")["class_names"].to_list() == [["True", "False"]]
        assert np.array_equal(study.labels() == 0, LABEL > 5)
        assert all(np.array_equal(study.label_matrix(suffix)[1][0] == 0, PREDICTED > 5) for suffix in SUFFIXES)


def test_numbers_do_not_name_classes_that_were_sorted(run: Run, tmp_path: Path) -> None:
    """Names came first, in no order but the alphabet's: which is class 0 must be said."""
    words = WORDS[::-1]
    named = TABLE.with_columns(pl.col("label", "pred").replace_strict(dict(enumerate(words))))
    add(run, write(tmp_path / "a.csv", named))
    numbers = write(tmp_path / "b.csv", TABLE.drop("label"))
    np.savez(tmp_path / "c.npz", s=LOGITS, ids=np.array(NAMES))
    scores = (tmp_path / "c.npz", "--predictions", "s", "--examples", "ids")
    assert "nothing says which number is which" in refused(run, numbers, population="q")
    assert "nothing says which number is which" in refused(run, *scores, population="q")
    (tmp_path / "names.txt").write_text("\n".join(words))
    assert "give the same classes in the same order, or leave the option out" in refused(
        run, numbers, "--class-names", tmp_path / "names.txt", population="q"
    )
    assert run("remove", tmp_path / "s.duckdb", "--dataset", "d").exit_code == 0
    for population, more in (("p", (tmp_path / "a.csv",)), ("q", (numbers,)), ("r", scores)):
        found = add(run, more[0], *more[1:], "--class-names", tmp_path / "names.txt", population=population)
        assert found["top1_mean"] == pytest.approx(TOP1)


def test_classes_that_the_columns_name(run: Run, tmp_path: Path) -> None:
    """NA is a class where a column scores it."""
    words = ["NA", "None", *WORDS[2:]]
    frame = pl.DataFrame(
        {"id": NAMES, "label": [words[c] for c in LABEL]}
        | {f"p_{w}": p for w, p in zip(words, PROBABILITIES.T, strict=True)}
    )
    found = add(run, write(tmp_path / "a.csv", frame), "--predictions", "p_*")
    assert (found["warnings"], found["top1_mean"]) == ([], pytest.approx(TOP1))


def test_marks_among_names_of_classes(run: Run, tmp_path: Path) -> None:
    """−1 is no label where classes have names, too."""
    named = TABLE.with_columns(pl.col("label", "pred").replace_strict(dict(enumerate(WORDS))))
    found = add(
        run,
        write(tmp_path / "a.csv", named.with_columns(label=pl.concat([pl.Series(["-1", "-100"]), named["label"][2:]]))),
    )
    assert found["n_classes"] == 12
    assert "2 of 120 examples have no label" in found["warnings"][0]


def test_letters_that_are_written_in_two_ways(run: Run, tmp_path: Path) -> None:
    """A letter with its accent is one or two characters of Unicode."""
    composed = TABLE.with_columns(id=pl.Series([f"é{name}" for name in NAMES]), label=pl.lit("ñ"), pred=pl.lit("ñ"))
    decomposed = composed.with_columns(pl.col(pl.String).str.normalize("NFD"))
    add(run, write(tmp_path / "a.csv", composed))
    assert add(run, write(tmp_path / "b.jsonl", decomposed), population="q")["n_classes"] == 1


def test_one_list_that_is_longer_is_damaged(run: Run, tmp_path: Path) -> None:
    """Items with fewer choices come in numbers; a list without an end is cut off."""
    lists = [row.tolist() for row in LOGITS]
    lists[70] = [*lists[70], 0.5]
    frame = TABLE.drop("pred").with_columns(logits=pl.Series(lists))
    assert "a list of 13 numbers in row 71, where 119 rows have 12" in refused(run, write(tmp_path / "a.jsonl", frame))
    texts = [str(row.tolist()) for row in LOGITS]
    texts[-1] = texts[-1][:-20]
    cut = TABLE.drop("pred").with_columns(logits=pl.Series(texts))
    assert "a list without an end in row 120" in refused(run, write(tmp_path / "b.csv", cut))


def test_choices_with_probabilities(run: Run, tmp_path: Path) -> None:
    """Lists of 3 to 5 that sum to 1 each."""
    lists = [(row[: 3 + i % 3] / row[: 3 + i % 3].sum()).tolist() for i, row in enumerate(PROBABILITIES)]
    label = np.array([int(np.argmax(row)) for row in lists])
    found = add(run, write(tmp_path / "a.jsonl", pl.DataFrame({"id": NAMES, "label": label, "probs": lists})))
    assert (found["n_classes"], found["top1_mean"]) == (5, 1)
    with pietools.open(tmp_path / "s.duckdb") as study:
        assert study.evaluated()["evidence"].to_list() == ["probabilities"]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"s": PROBABILITIES * 83, "y": LABEL}, "no probabilities of 12 classes"),
        ({"s": np.stack([LOGITS, PROBABILITIES]), "y": LABEL}, "holds? probabilities for network 1"),
        ({"s": np.stack([PREDICTED, LABEL], axis=1), "y": LABEL}, "networks come first"),
        ({"s": np.tile(PREDICTED[:, None], (1, 5))}, "120 networks on 5 examples"),
        ({"s": np.maximum(PROBABILITIES[:, 0], 0.5), "y": LABEL % 2}, "never below 0.5"),
        ({"s": np.sort(LOGITS, axis=1), "y": LABEL}, "are sorted in every row"),
        ({"s": LOGITS.astype(object), "y": LABEL}, "holds Python objects"),
    ],
)
def test_arrays_that_look_like_others(run: Run, tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    """Percent without a class, networks of two kinds, exchanged axes, confidences, sorted scores, pickles."""
    np.savez(tmp_path / "a.npz", **arrays)
    more = ("--labels", "y") if "y" in arrays else ()
    assert re.search(message, refused(run, tmp_path / "a.npz", "--predictions", "s", *more))


def test_a_header_in_the_middle(run: Run, tmp_path: Path) -> None:
    """Two files put together; empty lines are nothing."""
    text = TABLE.write_csv()
    (tmp_path / "a.csv").write_text(text + "\n\n")
    assert add(run, tmp_path / "a.csv")["n_examples"] == N
    (tmp_path / "b.csv").write_text(text + text)
    assert "row 121 repeats the names of the columns" in refused(run, tmp_path / "b.csv", population="q")
    (tmp_path / "c.csv").write_bytes(text.replace("\n", "\r").encode())
    assert add(run, tmp_path / "c.csv", population="q")["top1_mean"] == pytest.approx(TOP1)
    (tmp_path / "d.json").write_text('{"a": {"b": 1}, "a.b": 0}')
    assert "two values named 'a.b'" in refused(run, tmp_path / "d.json", "--predictions", "a.b", population="q")


def test_shuffled_names_are_names(run: Run, tmp_path: Path) -> None:
    """The numbers of the examples in another order are no order."""
    order = [0, *range(N - 2, 0, -1), N - 1]
    frame = pl.DataFrame({"id": order, "label": LABEL[order], "pred": PREDICTED[order]})
    add(run, write(tmp_path / "a.csv", frame))
    assert "does not say which row is which" in refused(
        run, write(tmp_path / "b.csv", TABLE.select("pred")), population="q"
    )


def test_files_of_several_populations_in_python(tmp_path: Path) -> None:
    """The same as the command, as objects."""
    for population in ("fp32", "int8"):
        write(tmp_path / "runs" / population / "a.csv", TABLE)
    with pietools.study.Study.create(tmp_path / "s.duckdb") as study:
        pattern = tmp_path / "runs" / "*" / "*.csv"
        found = pietools.import_predictions(
            study, pattern, dataset="d", reference="fp32", replicates_from="{population}/{replicate}.csv"
        )
        assert [(one.population, one.n_added, one.top1) for one in found] == [
            ("fp32", 1, [pytest.approx(TOP1)]),
            ("int8", 1, [pytest.approx(TOP1)]),
        ]
        with pytest.raises(ImportFileError, match="there is no file"):
            pietools.import_predictions(study, "no.csv", dataset="d", population="q")


def test_a_list_of_classes_is_all_of_them(run: Run, tmp_path: Path) -> None:
    """What it does not name is no class."""
    named = TABLE.with_columns(pl.col("label", "pred").replace_strict(dict(enumerate(WORDS))))
    (tmp_path / "names.txt").write_text("\n".join(WORDS))
    odd = named.with_columns(pred=pl.concat([pl.Series(["puma"]), named["pred"][1:]]))
    assert "no class is named 'puma'" in refused(
        run, write(tmp_path / "a.csv", odd), "--class-names", tmp_path / "names.txt"
    )


def test_what_a_newcomer_met(run: Run, tmp_path: Path) -> None:
    """Columns of classes without an option, numbered columns in any order, one list of classes in two orders, zeros either way."""
    columns = {f"prob_{c}": PROBABILITIES[:, c] for c in (3, 11, 0, *range(1, 3), *range(4, 11))}
    frame = pl.DataFrame({"id": [str(i) for i in range(N)], "label": LABEL} | columns)
    found = add(run, write(tmp_path / "a.csv", frame))
    assert (found["class_names"], found["top1_mean"]) == ([str(c) for c in range(12)], pytest.approx(TOP1))
    bare = frame.rename(lambda name: name.removeprefix("prob_"))
    assert add(run, write(tmp_path / "b.csv", bare), db="t")["class_names"] == [str(c) for c in range(12)]
    padded = frame.with_columns(id=pl.col("id").str.zfill(6))
    assert "They differ in leading zeros" in refused(run, write(tmp_path / "c.csv", padded), population="q")
    (tmp_path / "names.txt").write_text("\n".join(str(c) for c in range(11, -1, -1)))
    more = ("--class-names", tmp_path / "names.txt")
    assert "give the same classes in the same order" in refused(run, tmp_path / "a.csv", *more, population="q")


def test_networks_that_are_no_pairs_are_said_to_be_none(run: Run, tmp_path: Path) -> None:
    """Names that overlap in part, and none at all."""
    wide = TABLE.drop("pred").with_columns(
        **{f"{side}_{name}": PREDICTED for side, names in (("a", "xyz"), ("b", "yzw")) for name in names}
    )
    path = write(tmp_path / "a.csv", wide)
    add(run, path, "--networks", "a_*")
    found = add(run, path, "--networks", "b_*", "--reference", "p", population="q")
    assert "p: x, y, z; q: w, y, z: they will be compared unpaired" in " ".join(found["warnings"])
    alone = add(run, write(tmp_path / "b.csv", TABLE), "--reference", "p", population="r")
    assert "r: without a name: they will be compared unpaired" in " ".join(alone["warnings"])


def test_that_classes_were_sorted_is_exported(run: Run, tmp_path: Path) -> None:
    """A study that went through a folder of Parquet knows it still."""
    named = TABLE.with_columns(pl.col("label", "pred").replace_strict(dict(enumerate(WORDS))))
    add(run, write(tmp_path / "a.csv", named))
    assert run("export", tmp_path / "s.duckdb", "--out", tmp_path / "out").exit_code == 0
    assert run("import", tmp_path / "out", "--db", tmp_path / "t.duckdb").exit_code == 0
    result = attempt(run, write(tmp_path / "b.csv", TABLE.drop("label")), population="q", db="t.duckdb")
    assert "nothing says which number is which" in result.stderr
