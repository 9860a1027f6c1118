"""Unseen data: does compression cost more there, and does one regime generalize better than another?"""

from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from pietools.statistics.crossed_effects import regime_difference
from pietools.statistics.effective_robustness import effective_robustness
from pietools.statistics.unseen import excess_error, generalization_gap, generalization_gap_change
from pietools.topics.reading import Comparison, Reading


def tables(reading: Reading) -> dict[str, pl.DataFrame]:
    """Tables of the topic."""
    fragile, gaps, regimes = [], _population_gaps(reading), []
    for comparison in reading.each(reading.comparisons):
        fragile += _excess_error(reading, comparison)
        gaps += _gap_changes(reading, comparison)
    for one, other in combinations(_dense_by_regime(reading), 2):
        regimes += _regimes(reading, one, other)
    return {
        "unseen": reading.frame("unseen", fragile),
        "unseen_gaps": reading.frame("unseen_gaps", gaps),
        "unseen_regimes": reading.frame("unseen_regimes", regimes),
    }


def _excess_error(reading: Reading, comparison: Comparison) -> list[dict[str, Any]]:
    """A row per unseen data set of which the comparison's data set is the clean one, and one for their average."""
    both = (comparison.reference, comparison.compressed)
    unseen = [
        row
        for row in _unseen_of(reading, comparison.dataset)
        if all(reading.is_evaluated(name, row["name"]) for name in both)
    ]
    if not unseen:
        return []
    clean = (_accuracy(reading, name, comparison.dataset) for name in both)
    altered = (np.array([_accuracy(reading, name, row["name"]) for row in unseen]) for name in both)
    paired = reading.is_paired(comparison)
    rows = excess_error(*clean, *altered, paired=paired).to_dicts()
    shared = {**vars(comparison), "test": "paired" if paired else "welch"}
    about: list[dict[str, Any]] = [
        {"unseen": row["name"], "alteration": row["alteration"], "severity": row["severity"]} for row in unseen
    ]
    return [shared | where | row for where, row in zip([*about, {"unseen": None}], rows, strict=True)]


def _unseen_of(reading: Reading, dataset: str) -> list[dict[str, Any]]:
    """Altered copies of a data set; of the primary one also other test data of the same classes."""
    clean = reading.dataset(dataset)
    return [row for row in reading.datasets.to_dicts() if _is_unseen(row, clean)]


def _is_unseen(row: dict[str, Any], clean: dict[str, Any]) -> bool:
    is_other_test_set = (
        clean["is_primary"]
        and row["source"] is None
        and row["name"] != clean["name"]
        and row["split"] != "train"
        and row["class_names"] == clean["class_names"]
    )
    return bool(row["n_labelled"]) and (row["source"] == clean["name"] or is_other_test_set)


def _train_and_test(reading: Reading) -> list[tuple[str, str]]:
    """Training data, and data of the same classes that are no copies and not training data."""
    rows = [row for row in reading.datasets.to_dicts() if row["source"] is None and row["n_labelled"]]
    return [
        (train["name"], test["name"])
        for train in rows
        for test in rows
        if train["split"] == "train" and test["split"] != "train" and train["class_names"] == test["class_names"]
    ]


def _population_gaps(reading: Reading) -> list[dict[str, Any]]:
    rows = []
    for train, test in _train_and_test(reading):
        for name in reading.populations["name"]:
            if reading.is_evaluated(name, train) and reading.is_evaluated(name, test):
                gap = generalization_gap(_accuracy(reading, name, train), _accuracy(reading, name, test))
                rows.append({"population": name, "train_dataset": train, "dataset": test, **vars(gap)})
    return rows


def _gap_changes(reading: Reading, comparison: Comparison) -> list[dict[str, Any]]:
    both = (comparison.reference, comparison.compressed)
    rows = []
    for train, test in _train_and_test(reading):
        if test == comparison.dataset and all(reading.is_evaluated(name, train) for name in both):
            pairs = (_accuracy(reading, name, dataset) for name in both for dataset in (train, test))
            change = generalization_gap_change(*pairs, paired=reading.is_paired(comparison))
            about = {"reference": comparison.reference, "population": comparison.compressed}
            rows.append({**about, "train_dataset": train, "dataset": test, **vars(change)})
    return rows


def _dense_by_regime(reading: Reading) -> list[dict[str, Any]]:
    """The first dense population of each regime."""
    dense = reading.populations.filter((pl.col("role") == "dense") & pl.col("regime").is_not_null())
    return dense.unique("regime", keep="first", maintain_order=True).to_dicts()


def _regimes(reading: Reading, one: dict[str, Any], other: dict[str, Any]) -> list[dict[str, Any]]:
    """Difference of the dense populations of two regimes on each data set that is not training data."""
    rows = []
    names = one["name"], other["name"]
    for dataset in reading.datasets.to_dicts():
        is_shared = all(reading.is_evaluated(name, dataset["name"]) for name in names)
        if dataset["split"] == "train" or not dataset["n_labelled"] or not is_shared:
            continue
        paired = reading.study.is_paired(*names, dataset["name"])
        right = (reading.right(name, dataset["name"]) for name in names)
        difference = regime_difference(*right, paired=paired)
        shared = {
            "regime_a": one["regime"],
            "regime_b": other["regime"],
            "population_a": names[0],
            "population_b": names[1],
        }
        rows.append(
            {
                **shared,
                "dataset": dataset["name"],
                "design": "paired" if paired else "unpaired",
                **vars(difference),
                **_robustness(reading, names[0], other["regime"], dataset),
            }
        )
    return rows


def _robustness(reading: Reading, population: str, baseline: str, dataset: dict[str, Any]) -> dict[str, Any]:
    """Effective robustness of a population against all networks of another regime, if the data set has a clean one."""
    clean = next((row["name"] for row in reading.datasets.to_dicts() if _is_unseen(dataset, row)), None)
    if clean is None or not reading.is_evaluated(population, clean):
        return {}
    others = [
        row["name"]
        for row in reading.populations.filter(pl.col("regime") == baseline).to_dicts()
        if reading.is_evaluated(row["name"], clean) and reading.is_evaluated(row["name"], dataset["name"])
    ]
    columns = (
        np.concatenate([_accuracy(reading, name, where) for name in others]) for where in (clean, dataset["name"])
    )
    found = effective_robustness(
        _accuracy(reading, population, clean), _accuracy(reading, population, dataset["name"]), *columns
    )
    return {f"robustness_{name}": value for name, value in vars(found).items()}


def _accuracy(reading: Reading, population: str, dataset: str) -> np.ndarray:
    return reading.accuracies(population, dataset)["top1"].cast(pl.Float64).fill_null(np.nan).to_numpy()
