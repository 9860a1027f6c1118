"""The views about training and compression, and how they read."""

from pathlib import Path

import numpy as np
import polars as pl

from pietools.report.training_tables import COMPRESSION, regime_columns, regime_rows
from pietools.study import Dataset, Evaluation, Layer, Model, Population, Study


def regime(loss: str, **facts: object) -> dict[str, dict[str, object]]:
    """A recipe with these facts of its regime."""
    return {"regime": {"name": loss, "loss": loss, "steps": 100, **facts}}


def study(path: Path) -> Study:
    """Two regimes of two networks each, one pruned and one quantized population, and layers of three networks."""
    made = Study.create(path)
    made.add_dataset(Dataset("toy", ["a", "b"], np.array([0, 1]), ["cat", "dog"]))
    made.add_population(Population("one/dense", "dense", regime="one", recipe=regime("one", head="probe")))
    made.add_population(Population("two/dense", "dense", regime="two", recipe=regime("two")))
    made.add_population(
        Population("one/int8", "compressed", regime="one", bits=8, reference="one/dense", recipe=regime("x"))
    )
    made.add_population(Population("one/pruned", "compressed", regime="one", sparsity=0.5, reference="one/dense"))
    layers = {
        "one/dense": [[Layer("first", 4, 0.25, 32, False), Layer("last", 2, 0.0, 32, True)]],
        "one/int8": [[Layer("first", 4, 0.25, 8, False), Layer("last", 2, 0.0, 8, True)]],
        "one/pruned": [
            [Layer("first", 4, 0.0, 32, False), Layer("last", 2, 0.5, 32, True)],
            [Layer("first", 4, 0.0, 32, False), Layer("last", 2, 0.0, 32, True)],
        ],
    }
    for population, networks in layers.items():
        for replicate, of_network in enumerate(networks):
            name = f"{population}{replicate}"
            model = Model(population, str(replicate), None, name, None, 0.25 * replicate, 100 + replicate, of_network)
            made.add_evaluation(model, Evaluation("toy", "labels", name), pl.DataFrame({"predicted_label": [0, 1]}))
    return made


def test_compression_details_by_hand(tmp_path: Path) -> None:
    """Layers hold fewer bits, or zeros where pruning may put them: one by chance in a dense network is none."""
    with study(tmp_path / "s.duckdb") as made:
        rows = made.sql("from compression_details").drop("method").rows()
    assert rows == [
        ("one/dense", None, 0.0, None, 100.0, [], ["first", "last"]),
        ("one/int8", None, 0.0, 8, 100.0, ["first", "last"], []),
        ("one/pruned", 0.5, 0.125, None, 100.5, ["last"], ["first"]),
    ]


def test_only_what_differs_between_the_dense_populations_is_told(tmp_path: Path) -> None:
    """Steps are the same, the loss differs, and a head that one regime lacks differs too; compressed ones do not count."""
    with study(tmp_path / "s.duckdb") as made:
        differences = made.sql("from regime_differences")
    assert differences.rows() == [("loss", "one", "one"), ("loss", "two", "two"), ("head", "one", "probe")]
    rows = regime_rows(differences)
    assert [column.title for column in regime_columns(rows)] == ["fact", "one", "two"]
    assert [[column.show(row) for column in regime_columns(rows)] for row in rows] == [
        ["loss", "one", "two"],
        ["head", "probe", "–"],
    ]


def test_one_regime_differs_from_none(tmp_path: Path) -> None:
    """A study of one regime has no such table."""
    with Study.create(tmp_path / "s.duckdb") as made:
        made.add_population(Population("one/dense", "dense", regime="one", recipe=regime("one")))
        assert made.sql("from regime_differences").height == 0


def test_lists_of_json_read_as_words() -> None:
    """Brackets and quotes are for programs; nothing is none."""
    frame = pl.DataFrame(
        {"fact": ["strong_augment"] * 2, "regime": ["a", "b"], "value": ['["flip","rand-augment"]', "[]"]}
    )
    rows = regime_rows(frame)
    assert [column.show(rows[0]) for column in regime_columns(rows)] == ["strong augment", "flip, rand-augment", "none"]


def test_compression_reads_in_percent_and_kilobytes() -> None:
    """What the report shows of a population."""
    row = {
        "population": "p",
        "realised_sparsity": 0.9,
        "bits": None,
        "n_bytes": 98_576.0,
        "compressed_layers": ["a", "b"],
        "other_layers": [],
    }
    assert [column.show(row) for column in COMPRESSION] == ["p", "90.00", "–", "99", "a, b", "none"]
