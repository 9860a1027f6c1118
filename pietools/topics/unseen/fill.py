"""Unseen data: does compression cost more there, and does one regime generalize better than another?"""

from itertools import permutations
from typing import Any

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.tools.estimates import Estimate
from pietools.statistics.unseen.effective_robustness import effective_robustness
from pietools.statistics.unseen.excess_error import excess_error, generalization_gap, generalization_gap_change
from pietools.statistics.unseen.regime_difference import regime_difference
from pietools.study import LABEL_NOISE
from pietools.topics.study_reader import Comparison, StudyReader


def tables(reader: StudyReader) -> dict[str, pl.DataFrame]:
    """Tables of the topic."""
    fragile, gaps, regimes = [], _population_gaps(reader), []
    for comparison in reader.each(reader.comparisons):
        fragile += _excess_error(reader, comparison)
        gaps += _gap_changes(reader, comparison)
    for one, other in permutations(_dense_by_regime(reader), 2):
        regimes += _regimes(reader, one, other)
    return {
        "unseen": reader.frame("unseen", fragile),
        "unseen_gaps": reader.frame("unseen_gaps", gaps),
        "unseen_regimes": reader.frame("unseen_regimes", regimes),
    }


def _excess_error(reader: StudyReader, comparison: Comparison) -> list[dict[str, Any]]:
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
    paired = reader.is_paired(comparison)
    altered = np.array(reference), np.array(compressed)
    rows = excess_error(clean_reference, clean_compressed, *altered, paired=paired).to_dicts()
    if any(row["flag"] == Flag.NOT_EVALUATED for row in rows):
        reader.warn(
            "some unseen data have no excess error, because not all networks that were run on "
            f"{comparison.dataset} were run on them.",
            f"{comparison.compressed} against {comparison.reference}",
        )
    shared = {**vars(comparison), "test": "paired" if paired else "welch"}
    about: list[dict[str, Any]] = [
        {"unseen": row["name"], "alteration": row["alteration"], "severity": row["severity"]} for row in unseen
    ]
    return [shared | which | row for which, row in zip([*about, {"unseen": None}], rows, strict=True)]


def _unseen_of(reader: StudyReader, dataset: str) -> list[dict[str, Any]]:
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


def _population_gaps(reader: StudyReader) -> list[dict[str, Any]]:
    rows = []
    for train, test in _train_and_test(reader):
        for name in reader.populations["name"]:
            if reader.is_evaluated(name, train) and reader.is_evaluated(name, test):
                gap = generalization_gap(*_known(_accuracies(reader, name, [train, test])))
                rows.append({"population": name, "train_dataset": train, "dataset": test, **vars(gap)})
    return rows


def _gap_changes(reader: StudyReader, comparison: Comparison) -> list[dict[str, Any]]:
    both = (comparison.reference, comparison.compressed)
    rows = []
    for train, test in _train_and_test(reader):
        if test == comparison.dataset and all(reader.is_evaluated(name, train) for name in both):
            tested, trained = zip(*(_accuracies(reader, name, [test, train]) for name in both), strict=True)
            change = _gap_change(*trained, *tested, paired=reader.is_paired(comparison))
            about = {"reference": comparison.reference, "population": comparison.compressed}
            rows.append({**about, "train_dataset": train, "dataset": test, **vars(change)})
    return rows


def _dense_by_regime(reader: StudyReader) -> list[dict[str, Any]]:
    """The first dense population of each regime."""
    dense = reader.populations.filter((pl.col("role") == "dense") & pl.col("regime").is_not_null())
    return dense.unique("regime", keep="first", maintain_order=True).to_dicts()


def _regimes(reader: StudyReader, one: dict[str, Any], other: dict[str, Any]) -> list[dict[str, Any]]:
    """Difference of the dense populations of two regimes on each data set that is not training data."""
    rows = []
    names = one["name"], other["name"]
    for dataset in reader.datasets.to_dicts():
        is_test = dataset["split"] != "train" and dataset["n_labelled"] and dataset["alteration"] != LABEL_NOISE
        if not is_test or not all(reader.is_evaluated(name, dataset["name"]) for name in names):
            continue
        paired = reader.study.is_paired(*names, dataset["name"])
        # In the order of the keys, so that the order of import changes no digit.
        by_key = reader.keys(dataset["name"]).gather(np.flatnonzero(reader.labels(dataset["name"]) >= 0)).arg_sort()
        right = (reader.right(name, dataset["name"])[:, by_key] for name in names)
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
                **_robustness(reader, names[0], other["regime"], dataset),
            }
        )
    return rows


def _robustness(reader: StudyReader, population: str, baseline: str, dataset: dict[str, Any]) -> dict[str, Any]:
    """Effective robustness of a population against all networks of another regime, if the data set has a clean one."""
    clean = next((row["name"] for row in reader.datasets.to_dicts() if _is_unseen(dataset, row)), None)
    if clean is None or not reader.is_evaluated(population, clean):
        return {}
    others = [
        row["name"]
        for row in reader.populations.filter(pl.col("regime") == baseline).to_dicts()
        if reader.is_evaluated(row["name"], clean) and reader.is_evaluated(row["name"], dataset["name"])
    ]
    where = [clean, dataset["name"]]
    line = np.hstack([_known(_accuracies(reader, name, where)) for name in others])
    found = effective_robustness(*_known(_accuracies(reader, population, where)), *line)
    return {f"robustness_{name}": value for name, value in vars(found).items()}


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
