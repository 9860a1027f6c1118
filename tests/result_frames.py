"""Rows of result frames, written by hand, for the tests of charts and report."""

from typing import Any

import polars as pl

from pietools.results.analysis import Analysis
from pietools.results.table import Table
from pietools.settings import AnalysisSettings
from pietools.topics.catalogue import TOPICS

TABLES: dict[str, Table] = {table.name: table for topic in TOPICS.values() for table in topic.tables}


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as the frame of a result table; what they do not say is null."""
    return pl.DataFrame([TABLES[name].nothing | row for row in rows], schema=TABLES[name].schema)


def make_analysis(class_names: list[str] | None = None, *, everything: bool = True, **frames: pl.DataFrame) -> Analysis:
    """One comparison on one data set; ``frames`` replace its own, the tables that nothing is said of are empty."""
    datasets = frames.pop("datasets", frame(dataset_row()))
    tables = {
        "accuracy": frame(accuracy_row("dense"), accuracy_row("pruned")),
        "pies": frame(pies_row()),
        "flips": frame(flips_row()),
        "classes": classes_frame(3, class_names),
    } | frames
    whole = {name: table(name, tables[name].to_dicts() if name in tables else []) for name in TABLES}
    comparisons = whole["pies"].select(
        "reference", "compressed", "dataset", "role", "regime", "method", "sparsity", "bits"
    )
    return Analysis(AnalysisSettings(), datasets, comparisons, whole, ["mind the gap"], everything=everything)


def pies_row(compressed: str = "pruned", **changes: Any) -> dict[str, Any]:
    """A comparison with 90 PIEs of 1,000 examples, where 40 (30 to 50) would be if compression did nothing."""
    row = {"reference": "dense", "compressed": compressed, "dataset": "toy/test", "role": "compressed"}
    row |= {"regime": None, "method": None, "sparsity": None, "bits": None}
    row |= {"n_examples": 1000, "n_reference": 10, "n_compressed": 10, "n_pairs": 10, "tie_rule": "lowest"}
    row |= {"n_pies": 90, "n_pies_untied": 60, "forgotten": 50, "recovered": 25, "moved": 15}
    row |= {"pairing": "paired", "n_permutations": 1000, "is_exact": False, "null_mean": 40.4, "null_sd": 5.0}
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


def counts_row(**changes: Any) -> dict[str, Any]:
    """Three classes that were tested by pairs, one of which changed otherwise than accuracy."""
    row = {"reference": "dense", "compressed": "pruned", "dataset": "toy/test", "test": "paired", "is_default": True}
    row |= {"n_tested": 3, "n_significant": 1, "n_significant_adjusted": 1, "n_expected_by_chance": 0.15}
    return row | changes


def dataset_row(**changes: Any) -> dict[str, Any]:
    """A data set of 1,000 labelled examples."""
    row = {"name": "toy/test", "n_examples": 1000, "n_classes": 10, "n_labelled": 1000, "is_primary": True}
    row |= dict.fromkeys(("split", "source", "alteration", "severity"))
    return row | changes


def classes_frame(n: int, names: list[str] | None = None) -> pl.DataFrame:
    """Tests of n classes whose estimates rise from −10 points by one each; those of 8 points and more are significant."""
    estimates = pl.Series([-0.1 + 0.01 * i for i in range(n)], dtype=pl.Float64)
    is_significant = estimates.abs() > 0.0799
    shifted = pl.DataFrame(
        {
            "reference": "dense",
            "compressed": "pruned",
            "dataset": "toy/test",
            "test": "paired",
            "is_default": True,
            "scale": "shifted",
            "label": range(n),
            "class_name": names or [f"class {i}" for i in range(n)],
            "n": 100,
            "estimate": estimates,
            "p_value": [0.001 if significant else 0.5 for significant in is_significant],
            "p_adjusted": [0.01 if significant else 0.5 for significant in is_significant],
            "conf_low": estimates - 0.03,
            "conf_high": estimates + 0.03,
        }
    )
    raw = shifted.with_columns(pl.col("estimate") - 0.02, scale=pl.lit("raw"))
    return pl.concat([shifted, raw])


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows as a frame."""
    return pl.DataFrame(list(rows), infer_schema_length=None)
