"""Rows of result frames, written by hand, for the tests of charts and report."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from pietools.analysis import Analysis
from pietools.study import Study
from pietools.topics import TOPICS
from pietools.topics.study_reader import Settings


@cache
def schemas() -> dict[str, pl.Schema]:
    """Columns and types of every result table."""
    with tempfile.TemporaryDirectory() as folder, Study.create(Path(folder) / "empty.duckdb") as study:
        tables = study.sql("select table_name from duckdb_tables() where schema_name = 'results'")["table_name"]
        return {name: study.result_schema(name) for name in tables if name != "runs"}


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as the frame of a result table; what they do not say is null."""
    return pl.DataFrame(
        [{column: row.get(column) for column in schemas()[name]} for row in rows], schema=schemas()[name]
    )


def make_analysis(class_names: list[str] | None = None, **frames: pl.DataFrame) -> Analysis:
    """One comparison on one data set; ``frames`` replace its own, the tables that nothing is said of are empty."""
    datasets = frames.pop("datasets", frame(dataset_row()))
    tables = {
        "accuracy": frame(accuracy_row("dense"), accuracy_row("pruned")),
        "pies": frame(pies_row()),
        "flips": frame(flips_row()),
        "classes": classes_frame(3, class_names),
    } | frames
    whole = {name: table(name, tables[name].to_dicts() if name in tables else []) for name in schemas()}
    assert set(TOPICS) - {"examples"} <= set(whole)
    return Analysis(Settings(), datasets, whole, ["mind the gap"])


def pies_row(compressed: str = "pruned", **changes: Any) -> dict[str, Any]:
    """A comparison with 90 PIEs of 1,000 examples, where 40 (30 to 50) would be if compression did nothing."""
    row = {"reference": "dense", "compressed": compressed, "dataset": "toy/test", "role": "compressed"}
    row |= {"regime": None, "method": None, "sparsity": None, "bits": None}
    row |= {"n_examples": 1000, "n_reference": 10, "n_compressed": 10, "n_pairs": 10, "tie_rule": "lowest"}
    row |= {"n_pies": 90, "n_pies_untied": 60, "forgotten": 50, "recovered": 25, "moved": 15}
    row |= {"design": "paired", "n_permutations": 1000, "is_exact": False, "null_mean": 40.4, "null_sd": 5.0}
    row |= {
        "null_conf_low": 30.0,
        "null_conf_high": 50.0,
        "null_difference": 49.6,
        "p_value": 1 / 1001,
        "smallest_p": 1 / 1001,
    }
    row |= {"excess_pies": 44.0, "excess_conf_low": 31.0, "excess_conf_high": 57.0, "excess_set_size": 3}
    return row | changes


def flips_row(compressed: str = "pruned", **changes: Any) -> dict[str, Any]:
    """A comparison in which 12 % of the predictions differ."""
    row = {"reference": "dense", "compressed": compressed, "dataset": "toy/test", "n_pairs": 10}
    return (
        row | {"harmful": 0.06, "beneficial": 0.02, "wrong_to_wrong": 0.04, "total": 0.12, "total_sd": 0.01} | changes
    )


def accuracy_row(population: str, **changes: Any) -> dict[str, Any]:
    """A population of ten networks of which only the predicted labels are known."""
    row = {"population": population, "dataset": "toy/test", "role": "dense", "reference": None, "evidence": "labels"}
    row |= {"n_models": 10, "n_examples": 1000, "top1_mean": 0.8125, "top1_sd": 0.0125, "top5_mean": None}
    return row | {"top5_sd": None, "kappa": 0.7, "n_tied": 12, "n_near_ties": None} | changes


def dataset_row(**changes: Any) -> dict[str, Any]:
    """A data set of 1,000 labelled examples."""
    row = {"name": "toy/test", "n_examples": 1000, "n_classes": 10, "n_labelled": 1000, "alteration": None}
    return row | changes


def classes_frame(n: int, names: list[str] | None = None) -> pl.DataFrame:
    """Tests of n classes whose estimates rise from −10 points by one each; those of 8 points and more are significant."""
    estimates = [-0.1 + 0.01 * i for i in range(n)]
    default = pl.DataFrame(
        {
            "reference": "dense",
            "compressed": "pruned",
            "dataset": "toy/test",
            "test": "paired",
            "is_default": True,
            "label": range(n),
            "class_name": names or [f"class {i}" for i in range(n)],
            "n": 100,
            "estimate": estimates,
            "raw_change": [estimate - 0.02 for estimate in estimates],
            "p_value": [0.001 if abs(estimate) > 0.0799 else 0.5 for estimate in estimates],
            "p_adjusted": [0.01 if abs(estimate) > 0.0799 else 0.5 for estimate in estimates],
            "conf_low": [estimate - 0.03 for estimate in estimates],
            "conf_high": [estimate + 0.03 for estimate in estimates],
            "flag": pl.Series([None] * n, dtype=pl.String),
        }
    )
    published = default.with_columns(
        test=pl.lit("hooker"), is_default=pl.lit(value=False), p_adjusted=pl.lit(None, pl.Float64)
    )
    return pl.concat([default, published])


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows as a frame."""
    return pl.DataFrame(list(rows), infer_schema_length=None)
