"""What topics count in arrays is what macros count in the file: ties, missing labels, unmatched and single networks."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pietools.settings import AnalysisSettings
from pietools.topics import answers
from pietools.topics.comparison import Comparison
from pietools.topics.study_reader import StudyReader
from pietools.topics.subgroups.fill import RATES, _by_network
from tests.conftest import make_study

SIZES = {"dense": 5, "pruned": 5, "fewer": 3, "single": 1}
COUNTED = {"accuracy": "n_examples", "false_positive_rate": "n_negatives", "false_negative_rate": "n_positives"}


@pytest.fixture(params=[(2, True), (4, True), (7, False)], ids=["two classes", "matched", "unmatched"])
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StudyReader]:
    """Networks that often tie, on 80 examples of which a tenth has no label; scalars of some predictions of one network."""
    n_classes, named = request.param
    rng = np.random.default_rng(n_classes)
    labels = np.where(rng.random(80) < 0.1, -1, rng.integers(0, n_classes, 80))
    predicted = {
        name: np.where(rng.random((k, 80)) < 0.5, np.maximum(labels, 0), rng.integers(0, n_classes, (k, 80)))
        for name, k in SIZES.items()
    }
    with make_study(tmp_path / "study.duckdb", labels, predicted, named=named) as study:
        study._database.execute(
            "update predictions set loss = example_id / 7, confidence = 1 / (2 + example_id), label_rank = example_id % 9 "
            "where model_id = 1 and example_id % 3 > 0"
        )
        study.add_property("toy/test", "side", pl.Series(rng.choice(["left", "right", "up"], 80)))
        yield StudyReader(study, AnalysisSettings())


def by_network(reader: StudyReader, population: str, found: pl.DataFrame) -> pl.DataFrame:
    """Rows of a macro in the order of the reader's networks."""
    networks = reader.networks(population, "toy/test").select("model_id")
    return networks.join(found, on="model_id", how="left", maintain_order="left")


@pytest.mark.parametrize("population", SIZES)
def test_one_population(reader: StudyReader, population: str) -> None:
    """Accuracies and means, recalls, churn, modal labels and ties."""
    study = reader.study
    expected = by_network(reader, population, study.accuracy(population))
    found = reader.accuracies(population, "toy/test")
    assert set(found.columns) == set(expected.columns)
    for name in set(found.columns) - {"replicate"}:
        assert found[name].to_list() == pytest.approx(expected[name].to_list(), abs=1e-12), name
    labels, n, recalls = reader.recalls(population, "toy/test")
    of_macro = study.class_recall(population)
    assert labels.tolist() == sorted(set(of_macro["label"]))
    for place, (label, count) in enumerate(zip(labels, n, strict=True)):
        rows = by_network(reader, population, of_macro.filter(label=int(label)))
        assert (rows["n_examples"] == count).all()
        assert recalls[:, place] == pytest.approx(rows["recall"].to_numpy())
    assert reader.churn(population, "toy/test") == pytest.approx(study.churn(population)["total"].item())
    modal = study.modal_labels(population)
    assert reader.modal_labels(population, "toy/test").tolist() == modal["modal_label"].to_list()
    squared = study.vote_sums(population)["sum_squared_votes"].sum()
    assert answers.squared_votes(reader.ballots(population, "toy/test"), 80) == squared


@pytest.mark.parametrize("compressed", ["pruned", "fewer", "single"])
def test_one_comparison(reader: StudyReader, compressed: str) -> None:
    """PIEs with direction and ties, flips of every pair of networks, pairing."""
    study, comparison = reader.study, Comparison(reader, "dense", compressed, "toy/test")
    assert comparison.is_paired == study.is_paired("dense", compressed)
    columns = ["example_id", "direction", "is_tied"]
    assert comparison.pies.select(columns).rows() == study.pies("dense", compressed).select(columns).rows()
    found, expected = answers.flips(comparison.votes), study.flips("dense", compressed)
    assert found.height == expected.height
    for name in found.columns:
        assert sorted(found[name]) == pytest.approx(sorted(expected[name]))


@pytest.mark.parametrize("rate", RATES)
def test_subgroups(reader: StudyReader, rate: str) -> None:
    """Rates of each network and group; with more than two classes no error rate counts any example."""
    names, n, found = _by_network(reader, "pruned", "toy/test", "side", rate)
    of_macro = reader.study.subgroup_rates("pruned", "side")
    for place, name in enumerate(names):
        rows = by_network(reader, "pruned", of_macro.filter(group=name))
        assert (rows[COUNTED[rate]].fill_null(0) == n[place]).all()
        expected = rows[rate].cast(pl.Float64).fill_null(np.nan).to_numpy()
        np.testing.assert_allclose(found[:, place], expected)
    assert set(names) == set(of_macro["group"])


def test_without_labels(tmp_path: Path) -> None:
    """Nothing is right or wrong, and nothing is NaN."""
    rng = np.random.default_rng(0)
    predicted = {name: rng.integers(0, 3, (4, 20)) for name in ("dense", "pruned")}
    with make_study(tmp_path / "study.duckdb", np.full(20, -1), predicted) as study:
        reader = StudyReader(study, AnalysisSettings())
        comparison = Comparison(reader, "dense", "pruned", "toy/test")
        assert reader.accuracies("dense", "toy/test")["top1"].null_count() == 4
        assert comparison.pies["direction"].null_count() == comparison.pies.height > 0
        found = answers.flips(comparison.votes)
        assert found["harmful"].null_count() == 4
        assert found["total"].to_list() == pytest.approx(study.flips("dense", "pruned")["total"].to_list())
