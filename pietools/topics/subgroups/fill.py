"""Subgroups: which were hit, did compression pull them apart, and who are the PIEs?"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from pietools.errors import StudyError
from pietools.results.column_runs import null
from pietools.results.table import Row, nulls
from pietools.statistics.subgroups.composition import composition
from pietools.statistics.subgroups.gaps import Gap, gap_test
from pietools.statistics.subgroups.tests import subgroup_tests, worst_group
from pietools.statistics.tools.proportions import proportion_interval
from pietools.topics.comparison import Comparison
from pietools.topics.study_reader import StudyReader, once
from pietools.topics.subgroups.tables import (
    CHANGE_OF_GAP,
    GAP_OF_CHANGES,
    GAPS,
    GROUPS,
    MODAL,
    RAW,
    SHIFTED,
    WHO_ARE_PIES,
)

# As the macro subgroup_rates has them; an error rate is of two classes, and counts the examples of one.
RATES = "accuracy", "false_positive_rate", "false_negative_rate"
LABEL_OF = {"false_positive_rate": 0, "false_negative_rate": 1}
MAX_GROUPS = 100
T_TEST = ("estimate", "std_error", "statistic", "df", "p_value", "p_adjusted", "conf_low", "conf_high")
WORST = ("worst_reference", "worst_compressed", "hit_most")


def groups(reader: StudyReader) -> list[Row]:
    """Rows of results.subgroups."""
    return [row for rates in _rates(reader) for row in _groups(rates)]


def gaps(reader: StudyReader) -> list[Row]:
    """Rows of results.subgroups_gaps."""
    return [row for rates in _rates(reader) for row in _gaps(reader, rates)]


def modal(reader: StudyReader) -> list[Row]:
    """Rows of results.subgroups_modal."""
    return [
        row
        for comparison in reader.each(reader.tested())
        for subgroup in _subgroups(reader, comparison.dataset)
        for row in _modal(reader, comparison, subgroup)
    ]


def who_are_pies(reader: StudyReader) -> list[Row]:
    """Rows of results.subgroups_pies."""
    return [
        row
        for comparison in reader.each(reader.several(reader.originals()))
        for subgroup in _subgroups(reader, comparison.dataset)
        for row in _composition(reader, comparison, subgroup)
    ]


FILL = {GROUPS: groups, GAPS: gaps, MODAL: modal, WHO_ARE_PIES: who_are_pies}


@dataclass(frozen=True)
class _Rates:
    """A rate of each group: their names (g,), the examples that it counts (g,), and the rates by network (K, g)."""

    comparison: Comparison
    subgroup: str
    rate: str
    names: list[str]
    n: np.ndarray
    reference: np.ndarray
    compressed: np.ndarray

    @property
    def shared(self) -> Row:
        """Columns that rows of groups and of gaps have."""
        return {
            **self.comparison.names,
            "property": self.subgroup,
            "rate": self.rate,
            "test": self.comparison.t_test,
        }

    @cached_property
    def tests(self) -> pl.DataFrame:
        """Tests of the groups, raw and shifted."""
        return subgroup_tests(self.reference, self.compressed, self.n, paired=self.comparison.is_paired)


@once
def _rates(reader: StudyReader) -> list[_Rates]:
    """Every rate that is defined, of every comparison and subgroup."""
    found = []
    for comparison in reader.each(reader.tested()):
        for subgroup in _subgroups(reader, comparison.dataset):
            for rate in RATES:
                names, n, reference = _by_network(reader, comparison.reference, comparison.dataset, subgroup, rate)
                _, _, compressed = _by_network(reader, comparison.compressed, comparison.dataset, subgroup, rate)
                if n.any():
                    found.append(_Rates(comparison, subgroup, rate, names, n, reference, compressed))
    return found


def _by_network(
    reader: StudyReader, population: str, dataset: str, subgroup: str, rate: str
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names of the groups (g,), how many examples a rate counts (g,), and the rate by network (K, g), NaN if it counts none."""
    found = reader.groups(subgroup, dataset)
    labels = reader.labels(dataset)[found["example_id"]]
    found, examples = found.filter(labels >= 0), found["example_id"].to_numpy()[labels >= 0]
    labels = labels[labels >= 0]
    numbers, place = np.unique(found["group_id"], return_inverse=True)
    names = dict(found.select("group_id", "group").unique().rows())
    predicted, counted = reader.predicted(population, dataset)[:, examples], _counted(reader, dataset, rate, labels)
    is_meant = predicted == labels if rate == "accuracy" else predicted != labels
    n = np.bincount(place[counted], minlength=len(numbers))
    sums = np.stack([np.bincount(place[counted & row], minlength=len(numbers)) for row in is_meant])
    return [names[number] for number in numbers], n, np.where(n > 0, sums / np.maximum(n, 1), np.nan)


def _counted(reader: StudyReader, dataset: str, rate: str, labels: np.ndarray) -> np.ndarray:
    """Which examples a rate counts: all, or those of one of two classes; with more classes none."""
    if rate == "accuracy":
        return np.ones(len(labels), dtype=bool)
    return (labels == LABEL_OF[rate]) & (len(reader.dataset(dataset)["class_names"]) == 2)


def _groups(rates: _Rates) -> Iterator[Row]:
    """Two rows per group, one per scale."""
    for name, row in zip(rates.names, rates.tests.to_dicts(), strict=True):
        means = ("n", "mean_reference", "mean_compressed", "relative_change", "flag")
        shared = rates.shared | {"group": name} | {column: row[column] for column in means}
        yield shared | {"scale": RAW} | {column: row[column] for column in T_TEST}
        yield shared | {"scale": SHIFTED} | {column: row[f"shifted_{column}"] for column in T_TEST}


def _gaps(reader: StudyReader, rates: _Rates) -> Iterator[Row]:
    """Two rows, one per measure of the gap."""
    comparison = rates.comparison
    gap = gap_test(
        rates.reference,
        rates.compressed,
        paired=comparison.is_paired,
        n_permutations=reader.settings.permutations,
        seed=comparison.seed,
    )
    shared = rates.shared | _gap_columns(gap) | {"pairing": comparison.pairing} | _worst(rates)
    for measure in (GAP_OF_CHANGES, CHANGE_OF_GAP):
        of_null = getattr(gap, measure)
        nothing = {"estimate": None, "p_value": None, **nulls(null("nothing"))}
        yield shared | {"measure": measure} | (nothing if of_null is None else vars(of_null))


def _gap_columns(gap: Gap) -> Row:
    return {
        "n_groups": gap.n_groups,
        "n_permutations": gap.n_permutations,
        "is_exact": gap.is_exact,
        "smallest_p": gap.smallest_p,
        "gap_reference": gap.gap_reference,
        "gap_compressed": gap.gap_compressed,
        "flag": gap.flag,
    }


def _worst(rates: _Rates) -> Row:
    worst = worst_group(rates.tests, is_error=rates.rate != "accuracy")
    if worst is None:
        return dict.fromkeys(WORST)
    indices = worst.reference_index, worst.compressed_index, worst.hit_index
    return {column: rates.names[index] for column, index in zip(WORST, indices, strict=True)}


def _modal(reader: StudyReader, comparison: Comparison, subgroup: str) -> Iterator[Row]:
    """Accuracy of the modal label of both populations, a row per group with labels, with exact intervals over examples."""
    found = reader.groups(subgroup, comparison.dataset)
    given = reader.labels(comparison.dataset)[found["example_id"]]
    for side, population in (("reference", comparison.reference), ("compressed", comparison.compressed)):
        modal_labels = reader.modal_labels(population, comparison.dataset)[found["example_id"]]
        counts = (
            found.with_columns(is_correct=modal_labels == given)
            .filter(given >= 0)
            .group_by("group_id", "group")
            .agg(pl.col("is_correct").sum(), n=pl.len())
            .sort("group_id")
        )
        interval = proportion_interval(counts["is_correct"].to_numpy(), counts["n"].to_numpy(), "clopper-pearson")
        numbers = interval.select("estimate", "conf_low", "conf_high").to_dicts()
        for group, row in zip(counts["group"], numbers, strict=True):
            yield comparison.names | {"property": subgroup, "group": group, "population": side} | row


def _composition(reader: StudyReader, comparison: Comparison, subgroup: str) -> Iterator[Row]:
    found = reader.groups(subgroup, comparison.dataset)
    is_pie = found["example_id"].is_in(comparison.pies["example_id"].to_list()).to_numpy()
    names = found.unique("group_id").sort("group_id")["group"]
    for row in composition(is_pie, found["group_id"].to_numpy()).to_dicts():
        yield comparison.names | {"property": subgroup, "group": names[row.pop("group_index")]} | row


@once
def _subgroups(reader: StudyReader, dataset: str) -> list[str]:
    """What is asked for, or all properties that the data set has; NAME@SOURCE where a name has several sources."""
    known = reader.study.known_properties(dataset)
    if reader.settings.subgroups is not None:
        return [name for name in reader.settings.subgroups if _is_known(reader, known, name, dataset)]
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
        reader.warn(f"{name} of {dataset} has {n_groups} groups and is left out; ask for it with --subgroup {name}.")
    return n_groups > MAX_GROUPS
