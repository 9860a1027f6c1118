"""Subgroups: which were hit, did compression pull them apart, and who are the PIEs?"""

from typing import Any

import numpy as np
import polars as pl

from pietools.errors import StudyError
from pietools.statistics.subgroups.composition import composition
from pietools.statistics.subgroups.gaps import gap_test
from pietools.statistics.subgroups.tests import subgroup_tests, worst_group
from pietools.statistics.tools.proportions import proportion_interval
from pietools.topics.study_reader import Comparison, StudyReader

# A rate, and the column of subgroup_rates that says how many examples it counts.
RATES = {"accuracy": "n_examples", "false_positive_rate": "n_negatives", "false_negative_rate": "n_positives"}
MAX_GROUPS = 100


def tables(reader: StudyReader) -> dict[str, pl.DataFrame]:
    """Tables of the topic."""
    groups, gaps, pies = [], [], []
    for comparison in reader.each(reader.originals()):
        for name in _properties(reader, comparison.dataset):
            if reader.n_labelled(comparison.dataset):
                for rate in RATES:
                    found = _rate(reader, comparison, name, rate)
                    groups += found[0]
                    gaps += found[1]
            pies += _pies(reader, comparison, name)
    return {
        "subgroups": reader.frame("subgroups", groups),
        "subgroups_gaps": reader.frame("subgroups_gaps", gaps),
        "subgroups_pies": reader.frame("subgroups_pies", pies),
    }


def _properties(reader: StudyReader, dataset: str) -> list[str]:
    """The properties that are asked for, or all that the data set has; NAME@SOURCE where a name has several sources."""
    known = reader.study.known_properties(dataset)
    if reader.settings.properties is not None:
        return [name for name in reader.settings.properties if _is_known(reader, known, name, dataset)]
    several = known.filter(pl.col("property").is_duplicated())["property"].to_list()
    names = [
        f"{row['property']}@{row['source']}" if row["property"] in several else row["property"]
        for row in known.to_dicts()
    ]
    return [name for name in names if not _is_too_fine(reader, name, dataset)]


def _is_known(reader: StudyReader, known: pl.DataFrame, name: str, dataset: str) -> bool:
    """Whether a data set has every part of a crossing; what no data set of the study has is an error."""
    parts = {part.strip().split("@")[0] for part in name.split("*")} - {"class"}
    everywhere = set(reader.study.properties()["property"])
    if unknown := sorted(parts - everywhere):
        has = ", ".join(sorted(everywhere)) or "none; import one with 'pietools import --property', or ask for class"
        raise StudyError(f"no data set has a property '{unknown[0]}'. The study has: {has}.")
    if missing := sorted(parts - set(known["property"])):
        reader.warn(f"{dataset} has no property '{missing[0]}' and is left out of {name}.")
    return not missing


def _is_too_fine(reader: StudyReader, name: str, dataset: str) -> bool:
    n_groups = reader.groups(name, dataset)["group_id"].n_unique()
    if n_groups > MAX_GROUPS:
        reader.warn(f"{name} of {dataset} has {n_groups} groups and is left out; ask for it with --property {name}.")
    return n_groups > MAX_GROUPS


def _rate(
    reader: StudyReader, comparison: Comparison, name: str, rate: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of the groups and of their gap, none if the rate is not defined for this data set."""
    names, n, reference = _rates(reader, comparison.reference, comparison.dataset, name, rate)
    _, _, compressed = _rates(reader, comparison.compressed, comparison.dataset, name, rate)
    if not n.any():
        return [], []
    paired = reader.is_paired(comparison)
    shared = {**vars(comparison), "property": name, "rate": rate, "test": "paired" if paired else "welch"}
    tests = subgroup_tests(reference, compressed, n, paired=paired)
    worst = worst_group(tests, is_error=rate != "accuracy")
    rows = tests.with_columns(pl.Series("group", names)).to_dicts()
    if rate == "accuracy":
        modal = _modal(reader, comparison, name)
        rows = [row | columns for row, columns in zip(rows, modal, strict=True)]
    gap = gap_test(
        reference,
        compressed,
        paired=paired,
        n_permutations=reader.settings.permutations,
        seed=comparison.seed(reader.settings.seed),
    )
    gap_row = {
        column: value for column, value in vars(gap).items() if column not in ("gap_of_changes", "change_of_gap")
    }
    gap_row["design"] = gap_row.pop("pairing")
    for statistic in ("gap_of_changes", "change_of_gap"):
        null = getattr(gap, statistic)
        gap_row |= {} if null is None else {f"{statistic}_{column}": value for column, value in vars(null).items()}
    if worst is not None:
        gap_row |= {
            "worst_reference": names[worst.reference_index],
            "worst_compressed": names[worst.compressed_index],
            "hit_most": names[worst.hit_index],
        }
    return [shared | row for row in rows], [shared | gap_row]


def _rates(
    reader: StudyReader, population: str, dataset: str, name: str, rate: str
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Groups (g,), the examples that each counts (g,), and the rates (networks, g) in the order of label_matrix."""
    networks, _ = reader.label_matrix(population, dataset)
    rates = reader.subgroup_rates(population, name, dataset)
    groups = rates.unique("group_id").sort("group_id")
    # Columns are named by number: a group may be called anything.
    wide = networks.select("model_id").join(
        rates.pivot("group_id", index="model_id", values=rate), on="model_id", how="left", maintain_order="left"
    )
    by_group = wide.select(str(number) for number in groups["group_id"]).cast(pl.Float64).fill_null(np.nan).to_numpy()
    return groups["group"].to_list(), groups[RATES[rate]].fill_null(0).to_numpy(), by_group


def _modal(reader: StudyReader, comparison: Comparison, name: str) -> list[dict[str, Any]]:
    """Accuracy of the modal label of both populations, a row per group with labels, with exact intervals over examples."""
    groups = reader.groups(name, comparison.dataset)
    found: list[dict[str, Any]] = []
    for side, population in (("reference", comparison.reference), ("compressed", comparison.compressed)):
        modal = reader.study.modal_labels(population, comparison.dataset).select("example_id", "is_correct")
        counts = (
            groups.join(modal, on="example_id")
            .drop_nulls("is_correct")
            .group_by("group_id")
            .agg(pl.col("is_correct").sum(), n=pl.len())
            .sort("group_id")
        )
        interval = proportion_interval(counts["is_correct"].to_numpy(), counts["n"].to_numpy(), "clopper-pearson")
        columns = {"estimate": "", "conf_low": "_conf_low", "conf_high": "_conf_high"}
        rows = interval.select(pl.col(old).alias(f"modal_{side}{new}") for old, new in columns.items()).to_dicts()
        found = [one | other for one, other in zip(found, rows, strict=True)] if found else rows
    return found


def _pies(reader: StudyReader, comparison: Comparison, name: str) -> list[dict[str, Any]]:
    groups = reader.groups(name, comparison.dataset)
    pies = reader.study.pies(comparison.reference, comparison.compressed, comparison.dataset)
    found = composition(
        groups["example_id"].is_in(pies["example_id"].to_list()).to_numpy(), groups["group_id"].to_numpy()
    )
    names = groups.unique("group_id").sort("group_id")["group"]
    return [
        {**vars(comparison), "property": name, "group": names[row["group_index"]], **row} for row in found.to_dicts()
    ]
