"""Files that the code of other projects wrote (tests/fixtures) give the accuracy and predictions that were computed beside them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from pietools.errors import ImportFileError
from pietools.exchange.import_population import Imported, import_population
from pietools.exchange.predictions import Source
from pietools.exchange.read_predictions import read
from pietools.exchange.values import Classes
from pietools.study import Study
from pietools.study.records import Population

FIXTURES = Path(__file__).parent / "fixtures"
EXPECTED = json.loads((FIXTURES / "expected.json").read_text(encoding="utf-8"))
TIMM_LABELS = f"{FIXTURES / 'timm' / 'labels.csv'}:index"
TRUTH = FIXTURES / "fiftyone" / "ground_truth" / "labels.json"
# Files that hold predictions of one network, and not several ways to read an answer.
SINGLE = [
    name
    for name, right in EXPECTED.items()
    if {"predictions", "answers"} & right.keys()
    and not name.startswith(("sklearn/reference-no", "sklearn/compressed-no"))
]


def source_of(name: str) -> Source:
    """What has to be said of a file: where the labels are that it does not hold."""
    source = Source()
    if name.startswith("timm/"):
        column = "label" if Path(name).name in ("top1.csv", "top5-columns.csv") else "index"
        source = replace(source, labels=f"{FIXTURES / 'timm' / 'labels.csv'}:{column}")
    if "/labels" in name:
        source = replace(source, labels=str(TRUTH))
    return source


def imported(tmp_path: Path, name: str, source: Source, population: str = "p") -> tuple[Imported, list[str]]:
    """What was imported of a file, and the predicted classes by name, in the order of the file."""
    with Study.open_or_create(tmp_path / "s.duckdb") as study:
        found = import_population(
            study, [FIXTURES / name], source, dataset="d", population=Population(population, "dense")
        )
        labels = study.label_matrix(population)[1][0]
    return found, [found.class_names[label] for label in labels]


# Names of classes where a file, or what is known of it, has their numbers.
CLASSES = {
    "datasets": ["setosa", "versicolor", "virginica", "siberica"],
    "timm": (FIXTURES / "timm" / "classes.txt").read_text(encoding="utf-8").splitlines(),
    "wandb": ["cat", "dog", "bird"],
}


def accuracy_of(name: str) -> float:
    """Accuracy of a file; of one without labels that of the same model's file that has them."""
    right = EXPECTED[name]
    known = right.get("accuracy", right.get("acc"))
    return float(EXPECTED[f"{name.split('/labels')[0]}/dataset/samples.json"]["accuracy"] if known is None else known)


def in_words(name: str, classes: list[str]) -> list[str]:
    """Classes by name, as far as the program has names."""
    names = CLASSES.get(name.split("/")[0], [])
    return [names[int(one)] if one.isdigit() and names else one for one in classes]


def as_text(classes: Classes, order: Sequence[str] | None) -> list[str]:
    """Classes as the file, or its list of classes, names them."""
    names = classes.names or order
    return [str(value) if names is None else str(names[value]) for value in classes.values]


@pytest.mark.parametrize("name", [name for name in SINGLE if "top1-index" not in name])
def test_each_file_gives_its_accuracy_and_predictions(name: str) -> None:
    """Every program, version and format, without saying what the columns are."""
    found = read(FIXTURES / name, source_of(name))
    assert found.labels is not None
    if found.scores is not None:
        predicted = as_text(Classes(found.scores[0].argmax(axis=1)), found.class_order)
    elif found.top is not None:
        predicted = as_text(Classes(found.top.classes.values[0, :, 0], found.top.classes.names), found.class_order)
    else:
        assert found.predicted is not None
        predicted = as_text(Classes(found.predicted.values[0], found.predicted.names), found.class_order)
    labels = as_text(found.labels, found.class_order)
    assert len(predicted) == EXPECTED[name]["n"]
    assert np.mean([one == right for one, right in zip(predicted, labels, strict=True)]) == pytest.approx(
        accuracy_of(name)
    )
    right = EXPECTED[name].get("predictions", EXPECTED[name].get("answers"))
    if not ("inspect" in name and "sums" in name):  # of answers in words those that are right are one class
        assert in_words(name, predicted) == in_words(
            name, [str("(no answer)" if one is None else one) for one in right]
        )


@pytest.mark.parametrize("name", [name for name in EXPECTED if "quiz" in name and name.startswith("lm_eval")])
def test_items_with_three_to_five_choices(tmp_path: Path, name: str) -> None:
    """What an item does not have is never predicted, and has no probability."""
    with Study.create(tmp_path / "s.duckdb") as study:
        found = import_population(study, [FIXTURES / name], Source(), dataset="d", population=Population("p", "dense"))
        logits = next(study.each_logits("p"))
    lines = [json.loads(line) for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines()]
    n_choices = np.array([len(line["filtered_resps"]) for line in lines])
    assert set(n_choices) == {3, 4, 5}
    assert "items have 3 to 5 choices" in " ".join(found.warnings)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    is_absent = np.arange(5) >= n_choices[:, None]
    assert (probabilities[is_absent] < 1e-40).all()
    scores = [np.array([float(pair[0]) for pair in line["filtered_resps"]]) for line in lines]
    for row, right in zip(probabilities, scores, strict=True):
        assert row[: len(right)] == pytest.approx(np.exp(right) / np.exp(right).sum(), rel=1e-5)


@pytest.mark.parametrize("name", [name for name in EXPECTED if "sums" in name and name.startswith("lm_eval/")])
def test_an_answer_is_extracted_in_one_way(tmp_path: Path, name: str) -> None:
    """Two filters are two answers to every item: one is chosen, and what the harness counts as right is right."""
    with pytest.raises(ImportFileError, match="choose one with --where filter=strict-match"):
        imported(tmp_path, name, Source())
    for one in ("strict-match", "flexible-extract"):
        (tmp_path / one).mkdir()
        found, _ = imported(tmp_path / one, name, Source(where={"filter": one}))
        assert found.top1 == pytest.approx([EXPECTED[name][one]])


def test_the_older_harness_does_not_name_its_filters(tmp_path: Path) -> None:
    """Items are there twice then, and only their order tells the filters apart."""
    name = next(name for name in EXPECTED if "sums" in name and name.startswith("lm_eval_0_4_4/reference"))
    with pytest.raises(ImportFileError, match=r"12 examples with several rows .* --repeated first"):
        imported(tmp_path, name, Source())
    for take, one in (("first", "strict-match"), ("last", "flexible-extract")):
        (tmp_path / take).mkdir()
        found, _ = imported(tmp_path / take, name, Source(repeated=take))
        assert found.top1 == pytest.approx([EXPECTED[name][one]])


def test_the_tasks_of_one_run_are_one_network(run: Callable[..., Result], tmp_path: Path) -> None:
    """Files of a folder are put together, by the names of tasks and items, and the task makes groups."""
    for model, more in (("reference", ()), ("compressed", ("--reference", "reference"))):
        result = run("import", FIXTURES / "lm_eval" / model / "samples_[ql]*.jsonl", "--db", tmp_path / "s.duckdb", "--dataset",
                     "tasks", "--population", model, *more, "--json")  # fmt: skip
        assert result.exit_code == 0, result.output
        acc = [(EXPECTED[name]["n"], EXPECTED[name]["acc"]) for name in EXPECTED
               if name.startswith(f"lm_eval/{model}/") and "acc" in EXPECTED[name]]  # fmt: skip
        assert json.loads(result.stdout)["top1_mean"] == pytest.approx(sum(n * a for n, a in acc) / 36)
    with Study.open(tmp_path / "s.duckdb") as study:
        assert study.sql("select text, count(*) as n from example_properties group by text order by text").rows() == [
            ("letters", 16), ("quiz", 20)]  # fmt: skip
        assert study.keys("tasks")[0] == "letters/0"


def test_tasks_of_different_kinds_stay_apart(run: Callable[..., Result], tmp_path: Path) -> None:
    """Log-likelihoods and generated answers are no one data set."""
    result = run("import", FIXTURES / "lm_eval" / "reference", "--db", tmp_path / "s.duckdb", "--dataset", "d", "--population", "p",
                 "--where", "filter=none")  # fmt: skip
    assert result.exit_code == 1
    assert "has no filter 'none'. It has: strict-match, flexible-extract" in result.stderr
    chosen = run("import", FIXTURES / "lm_eval" / "reference", "--db", tmp_path / "s.duckdb", "--dataset", "d", "--population", "p",
                 "--where", "filter=strict-match")  # fmt: skip
    assert "its tasks are of different kinds (letters: logits, quiz: logits, sums: labels)" in chosen.stderr


@pytest.mark.parametrize("model", ["reference", "compressed"])
def test_fiftyone_fields_of_two_models(tmp_path: Path, model: str) -> None:
    """Which field is meant must be said where there are two."""
    name = "fiftyone/both/dataset/samples.json"
    with pytest.raises(ImportFileError, match=r"which field holds the predictions .* reference, compressed"):
        imported(tmp_path, name, Source())
    found, predicted = imported(tmp_path, name, Source(predictions=model))
    assert found.top1 == pytest.approx([EXPECTED[name][model]["accuracy"]])
    assert predicted == EXPECTED[name][model]["predictions"]


def test_probabilities_of_scikit_learn_in_another_order(tmp_path: Path) -> None:
    """Columns are matched by the names of the classes; the first file's order stays."""
    first, in_order = imported(tmp_path, "sklearn/compressed.csv", Source())
    second, in_other_order = imported(tmp_path, "sklearn/compressed-other-order.parquet", Source(), "q")
    assert first.class_names == second.class_names
    assert in_order == in_other_order


def test_what_timm_calls_label_was_predicted(tmp_path: Path) -> None:
    """Its results hold no given labels: accuracy would be 100 %."""
    found, _ = imported(tmp_path, "timm/reference/top1.csv", Source())
    assert found.top1 == []
    with pytest.raises(ImportFileError, match="'label' is what was predicted"):
        imported(tmp_path, "timm/reference/top1.csv", Source(labels="label"))
    with pytest.raises(ImportFileError, match="They differ in their folders"):
        imported(tmp_path, "timm/reference/top1-index.csv", Source(labels=TIMM_LABELS))


def test_the_best_five_are_evidence_of_their_own(tmp_path: Path) -> None:
    """Accuracy, top-5 accuracy and confidence are known; what depends on all classes is not."""
    name = "timm/reference/top5-index.parquet"
    imported(tmp_path, name, Source(labels=TIMM_LABELS))
    with Study.open(tmp_path / "s.duckdb") as study:
        accuracy = study.accuracy("p").row(0, named=True)
        assert accuracy["top1"] == pytest.approx(EXPECTED[name]["accuracy"])
        assert accuracy["top5"] == pytest.approx(EXPECTED[name]["top5_accuracy"])
        assert accuracy["mean_loss"] is None
        assert 0 < accuracy["mean_confidence"] < 1
        assert study.evaluated()["evidence"].to_list() == ["top-k"]


def test_a_run_that_did_not_end_is_refused(tmp_path: Path) -> None:
    """Its log holds the samples that were done."""
    name = next(name for name in EXPECTED if name.startswith("inspect/reference") and name.endswith(".json"))
    log = json.loads((FIXTURES / name).read_text(encoding="utf-8"))
    (tmp_path / "a.json").write_text(
        json.dumps(log | {"status": "error", "samples": log["samples"][:6]}), encoding="utf-8"
    )
    with pytest.raises(ImportFileError, match="its run ended with status 'error'"):
        read(tmp_path / "a.json", Source())
