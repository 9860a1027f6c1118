"""Unseen data: does compression cost more there, and does one regime generalize better than another?"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.results.table import Row
from pietools.statistics.tools.estimates import Estimate
from pietools.statistics.unseen.effective_robustness import effective_robustness
from pietools.statistics.unseen.excess_error import excess_error, generalization_gap, generalization_gap_change
from pietools.statistics.unseen.regime_difference import regime_difference
from pietools.study import LABEL_NOISE
from pietools.topics.comparison import Comparison
from pietools.topics.study_reader import StudyReader
from pietools.topics.unseen.tables import GENERALIZATION, GENERALIZES, ROBUSTNESS, UNSEEN


def unseen(reader: StudyReader) -> list[Row]:
    """Rows of results.unseen."""
    return reader.rows_of(_excess_error, reader.comparisons)


def gaps(reader: StudyReader) -> list[Row]:
    """Rows of results.unseen_gaps: of each population, then its change in each comparison."""
    changes = reader.rows_of(_gap_changes, reader.comparisons)
    return _population_gaps(reader) + changes


def regimes(reader: StudyReader) -> list[Row]:
    """Rows of results.unseen_regimes."""
    return [_difference(reader, pair) for pair in _pairs(reader)]


def robustness(reader: StudyReader) -> list[Row]:
    """Rows of results.unseen_robustness."""
    return [row for pair in _pairs(reader) for row in _robustness(reader, pair)]


FILL = {UNSEEN: unseen, GENERALIZATION: gaps, GENERALIZES: regimes, ROBUSTNESS: robustness}


def _excess_error(reader: StudyReader, comparison: Comparison) -> list[Row]:
    """A row per unseen data set of which the comparison's data set is the clean one, and one for their average."""
    both = (comparison.reference, comparison.compressed)
    unseen = [
        row
        for row in _unseen_of(reader, comparison.dataset)
        if all(reader.is_evaluated(name, row["name"]) for name in both)
    ]
    if not unseen:
        return []
    where = [comparison.dataset, *(row["name"] for row in unseen)]
    (clean_reference, *reference), (clean_compressed, *compressed) = (_accuracies(reader, name, where) for name in both)
    altered = np.array(reference), np.array(compressed)
    found = excess_error(clean_reference, clean_compressed, *altered, paired=comparison.is_paired)
    rows = found.drop("alteration_index").to_dicts()
    if any(row["flag"] == Flag.NOT_EVALUATED for row in rows):
        reader.warn(
            "some unseen data have no excess error, because not all networks that were run on "
            f"{comparison.dataset} were run on them.",
            f"{comparison.compressed} against {comparison.reference}",
        )
    shared = comparison.names | {"test": comparison.t_test}
    about: list[Row] = [
        {"unseen": row["name"], "alteration": row["alteration"], "severity": row["severity"]} for row in unseen
    ]
    average: Row = {"unseen": None, "alteration": None, "severity": None}
    return [shared | which | row for which, row in zip([*about, average], rows, strict=True)]


def _unseen_of(reader: StudyReader, dataset: str) -> list[Row]:
    """Altered copies of a data set; of the primary one also other test data of the same classes."""
    clean = reader.dataset(dataset)
    return [row for row in reader.datasets.to_dicts() if _is_unseen(row, clean)]


def _is_unseen(row: dict[str, Any], clean: dict[str, Any]) -> bool:
    # Label noise leaves the inputs as they are: accuracy falls on it without any shift of the data.
    if clean["split"] == "train" or row["alteration"] == LABEL_NOISE:
        return False
    is_other_test_set = (
        clean["is_primary"]
        and row["source"] is None
        and row["name"] != clean["name"]
        and row["split"] != "train"
        and row["class_names"] == clean["class_names"]
    )
    return bool(row["n_labelled"]) and (row["source"] == clean["name"] or is_other_test_set)


def _train_and_test(reader: StudyReader) -> list[tuple[str, str]]:
    """Training data, and data of the same classes that are no copies and not training data."""
    rows = [row for row in reader.datasets.to_dicts() if row["source"] is None and row["n_labelled"]]
    return [
        (train["name"], test["name"])
        for train in rows
        for test in rows
        if train["split"] == "train" and test["split"] != "train" and train["class_names"] == test["class_names"]
    ]


def _population_gaps(reader: StudyReader) -> list[Row]:
    rows = []
    for train, test in _train_and_test(reader):
        for name in reader.populations["name"]:
            if reader.is_evaluated(name, train) and reader.is_evaluated(name, test):
                gap = generalization_gap(*_known(_accuracies(reader, name, [train, test])))
                rows.append(
                    {"population": name, "reference": None, "train_dataset": train, "dataset": test, **vars(gap)}
                )
    return rows


def _gap_changes(reader: StudyReader, comparison: Comparison) -> list[Row]:
    both = (comparison.reference, comparison.compressed)
    rows = []
    for train, test in _train_and_test(reader):
        if test == comparison.dataset and all(reader.is_evaluated(name, train) for name in both):
            tested, trained = zip(*(_accuracies(reader, name, [test, train]) for name in both), strict=True)
            change = _gap_change(*trained, *tested, paired=comparison.is_paired)
            about = {"reference": comparison.reference, "population": comparison.compressed}
            rows.append({**about, "train_dataset": train, "dataset": test, **vars(change)})
    return rows


@dataclass(frozen=True)
class _Pair:
    """The first dense populations of two regimes, on a data set that both were run on and that is not training data."""

    one: dict[str, Any]
    other: dict[str, Any]
    dataset: dict[str, Any]

    @property
    def names(self) -> Row:
        """The columns that name a pair in the result tables."""
        return {
            "regime_a": self.one["regime"],
            "regime_b": self.other["regime"],
            "population_a": self.one["name"],
            "population_b": self.other["name"],
            "dataset": self.dataset["name"],
        }


def _pairs(reader: StudyReader) -> list[_Pair]:
    """Every two regimes, in both orders."""
    dense = reader.populations.filter((pl.col("role") == "dense") & pl.col("regime").is_not_null())
    first = dense.unique("regime", keep="first", maintain_order=True).to_dicts()
    return [
        _Pair(one, other, dataset)
        for one, other in permutations(first, 2)
        for dataset in reader.datasets.to_dicts()
        if dataset["split"] != "train" and dataset["n_labelled"] and dataset["alteration"] != LABEL_NOISE
        if all(reader.is_evaluated(population["name"], dataset["name"]) for population in (one, other))
    ]


def _difference(reader: StudyReader, pair: _Pair) -> Row:
    names = pair.one["name"], pair.other["name"]
    paired = reader.are_matched(*names, pair.dataset["name"])
    difference = regime_difference(*(reader.right(name, pair.dataset["name"]) for name in names), paired=paired)
    return pair.names | {"pairing": "paired" if paired else "unpaired"} | vars(difference)


def _robustness(reader: StudyReader, pair: _Pair) -> Iterator[Row]:
    """A row if the data set has a clean one: a against the line through all networks of regime b."""
    population, dataset = pair.one["name"], pair.dataset
    clean = next((row["name"] for row in reader.datasets.to_dicts() if _is_unseen(dataset, row)), None)
    if clean is None or not reader.is_evaluated(population, clean):
        return
    others = [
        row["name"]
        for row in reader.populations.filter(pl.col("regime") == pair.other["regime"]).to_dicts()
        if reader.is_evaluated(row["name"], clean) and reader.is_evaluated(row["name"], dataset["name"])
    ]
    where = [clean, dataset["name"]]
    line = np.hstack([_known(_accuracies(reader, name, where)) for name in others])
    found = vars(effective_robustness(*_known(_accuracies(reader, population, where)), *line))
    yield pair.names | {name: value for name, value in found.items() if name != "intercept"}


def _gap_change(
    train_reference: np.ndarray,
    train_compressed: np.ndarray,
    test_reference: np.ndarray,
    test_compressed: np.ndarray,
    *,
    paired: bool,
) -> Estimate:
    """Change of the gap over the networks, or the pairs, that were run on both data sets."""
    if paired:
        known = _known(np.array([train_reference, test_reference, train_compressed, test_compressed]))
        return generalization_gap_change(*known, paired=True)
    reference, compressed = (
        _known(np.array(side)) for side in ((train_reference, test_reference), (train_compressed, test_compressed))
    )
    return generalization_gap_change(*reference, *compressed, paired=False)


def _known(accuracies: np.ndarray) -> np.ndarray:
    """The networks (columns) that have all of these accuracies."""
    return accuracies[:, np.isfinite(accuracies).all(axis=0)]


def _accuracies(reader: StudyReader, population: str, datasets: list[str]) -> np.ndarray:
    """Accuracy of the same networks on each data set, (data sets, networks), in the order of the first; NaN where not run."""
    networks = reader.accuracies(population, datasets[0]).select("model_id")
    found = [
        networks.join(reader.accuracies(population, name), on="model_id", how="left", maintain_order="left")["top1"]
        for name in datasets
    ]
    return np.array([column.cast(pl.Float64).fill_null(np.nan).to_numpy() for column in found])
