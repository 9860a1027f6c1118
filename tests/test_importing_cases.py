"""Kinds of files that people bring, after public bug reports: each gives its known answer, or the true cause and a cure that works.

The folder that makes them is not part of this repository; where it is absent these tests are skipped. Own small files of every kind
are in test_importing_kinds.py.
"""

import json
import runpy
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from shutil import copyfile
from typing import Any
from warnings import catch_warnings

import numpy as np
import pytest
from click.testing import Result

import pietools
from tests.conftest import SHARED

CASES = SHARED / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not here")
Run = Callable[..., Result]
# Column of the predictions where its name is none of the usual ones.
KEYS = {"saturated.jsonl": "p", "saturated.csv": "p*", "saturated-columns.jsonl": "p*", "by-hand": "ll"}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a case with its files, made once."""
    root = tmp_path_factory.mktemp("cases")
    folders: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in folders:
            copyfile(CASES / "lib.py", root / "lib.py")
            folder = root / name
            folder.mkdir()
            for file in ("make.py", "expected.json"):
                copyfile(CASES / name / file, folder / file)
            with chdir(folder), catch_warnings(action="ignore"):
                runpy.run_path("make.py")
            folders[name] = folder
        return folders[name]

    return make


def expected(folder: Path) -> Any:
    """Right values of a case."""
    return json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def add(run: Run, db: Path, path: Path, population: str, *more: object) -> dict[str, Any]:
    """Import a file, which must succeed."""
    result = run("import", path, "--db", db, "--dataset", "d", "--population", population, "--json", *more)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def check_pair(db: Path, right: dict[str, Any], reference: str = "a", compressed: str = "b") -> None:
    """Accuracies and counts of two networks by the study's macros."""
    with pietools.open(db) as study:
        labels = study.labels()
        before, after = (study.label_matrix(name)[1][0] for name in (reference, compressed))
    was_right, is_right = before == labels, after == labels
    assert was_right.mean() == pytest.approx(right["acc_reference"])
    assert is_right.mean() == pytest.approx(right["acc_compressed"])
    assert (was_right & ~is_right).sum() == right["harmful"]
    assert (~was_right & is_right).sum() == right["beneficial"]
    assert ((before != after) & ~was_right & ~is_right).sum() == right["other"]


LM_EVAL, TIMM, NAMES, BINARY = (
    "02-lm-eval-multiple-choice",
    "03-timm-inference-results",
    "09-names-of-examples-that-look-like-numbers",
    "12-one-score-column",
)
# Pairs of files of a case that the same numbers are known of.
PAIRS = [
    (LM_EVAL, "samples_bf16.jsonl", "samples_int4.jsonl"),
    (LM_EVAL, "by-hand-bf16.jsonl", "by-hand-int4.jsonl"),
    *((TIMM, f"fp32-{kind}", f"int8-{kind}") for kind in ("top1.csv", "top5.parquet", "separate.csv", "all.csv")),
    *((TIMM, f"fp32-{kind}", f"int8-{kind}") for kind in ("all.json", "all.parquet")),
    *((NAMES, "dense.csv", other) for other in ("int8.csv", "int8.parquet", "int8.npz")),
    (NAMES, "int-ids.csv", "float-ids.csv"),
    *((BINARY, f"fp32{kind}", f"int8{kind}") for kind in (".csv", "-list.parquet", "-nested.parquet")),
]


@pytest.mark.parametrize(("case", "reference", "compressed"), PAIRS)
@pytest.mark.slow
def test_pairs(
    run: Run, tmp_path: Path, made: Callable[[str], Path], case: str, reference: str, compressed: str
) -> None:
    """Two networks on the same examples, in every layout."""
    folder = made(case)
    more: list[object] = []
    if case.startswith("03"):
        column = "truth_name" if "top1" in reference else "truth"
        more = ["--labels", f"{folder / 'truth.csv'}:{column}"]
    if reference.startswith("by-hand"):
        more = ["--predictions", "ll"]
    add(run, tmp_path / "s", folder / reference, "a", *more)
    add(run, tmp_path / "s", folder / compressed, "b", "--reference", "a", *more)
    check_pair(tmp_path / "s", expected(folder)["pair"])


def test_two_csv(run: Run, tmp_path: Path, made: Callable[[str], Path]) -> None:
    """One file a network, rows in another order."""
    folder = made("01-two-csv-one-network-each")
    add(run, tmp_path / "s", folder / "dense.csv", "a")
    add(run, tmp_path / "s", folder / "int8.csv", "b", "--reference", "a")
    right = expected(folder)
    check_pair(tmp_path / "s", right | {"acc_reference": right["acc_dense"], "acc_compressed": right["acc_int8"]})


@pytest.mark.parametrize("file", ["wide.csv", "wide.parquet", "wide-names.csv"])
def test_a_column_per_network(run: Run, tmp_path: Path, made: Callable[[str], Path], file: str) -> None:
    """Eight networks, not eight classes; taking them for classes is refused with the option that is right."""
    folder = made("04-one-column-per-network")
    right = expected(folder)
    wrong = run(
        "import",
        folder / file,
        "--db",
        tmp_path / "w",
        "--dataset",
        "d",
        "--population",
        "a",
        "--predictions",
        "dense_seed*",
    )
    assert wrong.exit_code == 1
    assert "--networks" in wrong.stderr or "is no number" in wrong.stderr
    dense = add(run, tmp_path / "s", folder / file, "a", "--networks", "dense_seed*")
    pruned = add(run, tmp_path / "s", folder / file, "b", "--networks", "pruned_seed*", "--reference", "a")
    assert (dense["n_models"], dense["n_classes"]) == (right["networks"], right["classes"])
    assert (dense["top1_mean"], pruned["top1_mean"]) == pytest.approx((right["top1_dense"], right["top1_pruned"]))
    with pietools.open(tmp_path / "s") as study:
        assert study.is_paired("a", "b")
        assert study.pies("a", "b").height == right["n_pies"]
        flips = study.label_matrix("a")[1] != study.label_matrix("b")[1]
        assert flips.mean() == pytest.approx(right["flips_mean"])


RIGHT = ["saturated.csv", "saturated.jsonl", "saturated-columns.jsonl", "late-id.csv", "late-text-pred.jsonl"]
LATE = ["late-label.jsonl", "null-label-first.jsonl", "null-label-first.csv"]


@pytest.mark.parametrize("file", [*RIGHT, *LATE, "late-na.csv", "late-float-pred.jsonl"])
def test_types_come_from_the_whole_column(run: Run, tmp_path: Path, made: Callable[[str], Path], file: str) -> None:
    """Rows after the hundredth count as those before."""
    folder = made("08-csv-types-from-the-first-100-rows")
    right = expected(folder)
    key = KEYS.get(file)
    more = ["--predictions", key] if key else []
    if file == "late-float-pred.jsonl":
        result = run("import", folder / file, "--db", tmp_path / "s", "--dataset", "d", "--population", "a")
        assert result.exit_code == 1
        assert "column 'pred' holds one number for each example (0 to 2.7), but there are 3 classes" in result.stderr
        return
    found = add(run, tmp_path / "s", folder / file, "a", *more)
    name = "top1_na" if file == "late-na.csv" else "top1_rows_150_on" if file in LATE else "top1"
    assert found["top1_mean"] == pytest.approx(right[name])
    if file in LATE:
        assert f"{300 - right['n_labelled_late']} of 300 examples have no label" in found["warnings"][0]
    if file.startswith("saturated"):
        with pietools.open(tmp_path / "s") as study:
            assert study.accuracy("a")["mean_brier"][0] == pytest.approx(right["brier"], abs=1e-5)


@pytest.mark.parametrize(
    "file", ["decimal-names.csv", "zero-names.csv", "big-int.csv", "huge-int.csv", "hex.csv", "dense.csv"]
)
def test_names_stay_as_they_are_written(run: Run, tmp_path: Path, made: Callable[[str], Path], file: str) -> None:
    """Zeros, exponents and twenty digits are letters of a name."""
    path = made("09-names-of-examples-that-look-like-numbers") / file
    add(run, tmp_path / "s", path, "a")
    with pietools.open(tmp_path / "s") as study:
        assert study.keys().to_list() == [line.split(",")[0] for line in path.read_text().splitlines()[1:]]


def test_names_of_networks_stay_as_they_are_written(run: Run, tmp_path: Path, made: Callable[[str], Path]) -> None:
    """Seeds 0, 0.0 and 00 are three names, and that nothing is paired is said."""
    folder = made("09-names-of-examples-that-look-like-numbers")
    add(run, tmp_path / "s", folder / "seed-int.csv", "a", "--replicates", "seed")
    for file, names in (("seed-float", ["0.0", "1.0", "2.0"]), ("seed-padded", ["00", "01", "02"])):
        found = add(run, tmp_path / "s", folder / f"{file}.csv", file, "--replicates", "seed", "--reference", "a")
        assert "they will be compared unpaired" in " ".join(found["warnings"])
        with pietools.open(tmp_path / "s") as study:
            assert study.label_matrix(file)[0]["replicate"].to_list() == names


@pytest.mark.parametrize(("suffix", "kept"), [("npz", "float16"), ("jsonl", "float32")])
@pytest.mark.slow
def test_scores_of_any_offset(run: Run, tmp_path: Path, made: Callable[[str], Path], suffix: str, kept: str) -> None:
    """Log-likelihoods of −1e7 keep their differences, also as float16."""
    folder = made("11-float64-scores-with-an-offset")
    for offset, right in expected(folder).items():
        db = tmp_path / offset
        add(run, db, folder / f"minus-{offset}.{suffix}", "a", "--predictions", "s", "--labels", "y", "--logits", kept)
        with pietools.open(db) as study:
            accuracy = study.accuracy("a").row(0, named=True)
            logits = next(study.each_logits("a"))
            assert (logits.argmax(axis=1) == study.label_matrix("a")[1][0]).mean() > (
                0.99 if kept == "float16" else 0.9999
            )
        assert accuracy["top1"] == pytest.approx(right["top1"])
        assert accuracy["mean_brier"] == pytest.approx(right["brier"], abs=1e-6)
        assert accuracy["mean_loss"] == pytest.approx(right["loss"], abs=1e-6)


@pytest.mark.parametrize("key", ["flat", "column", "nets", "two"])
def test_one_score_for_two_classes(run: Run, tmp_path: Path, made: Callable[[str], Path], key: str) -> None:
    """P(class 1) as (n,), (n, 1) and (K, n, 1), and both probabilities."""
    folder = made("12-one-score-column")
    for file, population, more in (("fp32.npz", "a", ()), ("int8.npz", "b", ("--reference", "a"))):
        add(run, tmp_path / "s", folder / file, population, "--predictions", key, "--labels", "y", *more)
    check_pair(tmp_path / "s", expected(folder)["pair"])


LAYOUTS = {
    "npz": ("dense.npz", "comp.npz", "z", "seeds", "ids"),
    "probabilities": ("dense.npz", "comp.npz", "p", "seeds", "ids"),
    "columns": ("dense-columns.parquet", "comp-columns.parquet", "z*", "seed", "id"),
    "lists": ("dense-lists.parquet", "comp-lists.parquet", "z", "seed", "id"),
    "csv": ("dense.csv", "comp.csv", "z*", "seed", "id"),
    "jsonl": ("dense.jsonl", "comp.jsonl", "z", "seed", "id"),
}


@pytest.mark.parametrize("layout", [*LAYOUTS, "npy"])
@pytest.mark.slow
def test_one_study_in_every_layout(run: Run, tmp_path: Path, made: Callable[[str], Path], layout: str) -> None:
    """The same numbers whatever the file."""
    folder = made("16-one-study-in-six-formats")
    right = expected(folder)
    if layout == "npy":
        for population, name, more in (("a", "dense", ()), ("b", "comp", ("--reference", "a"))):
            add(run, tmp_path / "s", folder / f"{name}-?.npy", population, "--labels", folder / "y.npy",
                "--replicates-from", f"{name}-{{replicate}}.npy", *more)  # fmt: skip
    else:
        dense, comp, key, seed, ids = LAYOUTS[layout]
        options = ("--predictions", key, "--labels", "y", "--replicates", seed, "--examples", ids)
        add(run, tmp_path / "s", folder / dense, "a", *options)
        add(run, tmp_path / "s", folder / comp, "b", "--reference", "a", *options)
    with pietools.open(tmp_path / "s") as study:
        frames = [study.accuracy(name) for name in ("a", "b")]
        assert [frame["top1"].mean() for frame in frames] == pytest.approx(right["top1"])
        assert [frame["top1"].std() for frame in frames] == pytest.approx(right["sd"])
        assert [frame["mean_loss"].mean() for frame in frames] == pytest.approx(right["loss"], rel=1e-5)
        assert [frame["mean_brier"].mean() for frame in frames] == pytest.approx(right["brier"], rel=1e-5)
        assert study.is_paired("a", "b")
        pies = study.pies("a", "b")
        assert pies.height == right["n_pies"]
        labels, before, after = study.labels(), study.label_matrix("a")[1], study.label_matrix("b")[1]
        assert (before != after).mean() == pytest.approx(right["flips"])
        assert ((before == labels) & (after != labels)).mean() == pytest.approx(right["harmful"])
        assert np.array_equal(np.sort(study.keys().to_numpy()), study.keys().sort().to_numpy())
