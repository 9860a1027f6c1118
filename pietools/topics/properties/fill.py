"""Properties of examples: what the networks, and whoever measured outside, say of each; and what the forgotten ones are like."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from pietools.results.table import Row
from pietools.statistics.properties.groups import by_group
from pietools.statistics.properties.planted import planted_noise
from pietools.study import LABEL_NOISE, SECOND_DENSE
from pietools.topics.comparison import Comparison
from pietools.topics.properties.catalogue import PROPERTIES
from pietools.topics.properties.tables import GROUPS, PLANTED, SUMMARY
from pietools.topics.properties.tables import PROPERTIES as VALUES
from pietools.topics.study_reader import StudyReader

NETWORKS = "networks"
NUMBERS = ("n", "mean", "sd", "minimum", "median", "maximum")
DIRECTIONS = ("forgotten", "recovered", "moved", "pie", "other")


def summary(reader: StudyReader) -> list[Row]:
    """Rows of results.properties_summary."""
    measured = _measured(reader)
    of_networks = [row for one in reader.each(measured) for row in _summary(reader, *one)]
    datasets = dict.fromkeys(dataset for _, dataset in measured)
    return of_networks + [row for dataset in datasets for row in _outside(reader, dataset)]


def groups(reader: StudyReader) -> list[Row]:
    """Rows of results.properties_groups."""
    return reader.rows_of(_groups, reader.compressions())


def planted(reader: StudyReader) -> list[Row]:
    """Rows of results.properties_planted."""
    return [row for one in reader.each(_measured(reader)) for row in _planted(reader, *one)]


def values(reader: StudyReader) -> pl.DataFrame:
    """Rows of results.properties."""
    return pl.concat([VALUES.frame([]), *(_values(reader, *one) for one in reader.each(_measured(reader)))])


FILL = {SUMMARY: summary, GROUPS: groups, PLANTED: planted, VALUES: values}


def _measured(reader: StudyReader) -> list[tuple[str, str]]:
    """Dense populations, second ones, and what others are compared with, by the data sets whose inputs are unaltered."""
    references = {one.reference for one in reader.comparisons}
    wanted = [
        row["name"]
        for row in reader.populations.to_dicts()
        if row["role"] == "dense" or row["method"] == SECOND_DENSE or row["name"] in references
    ]
    return [
        (population, dataset)
        for population in wanted
        for dataset in reader.datasets["name"]
        if reader.is_evaluated(population, dataset) and not reader.is_altered(dataset)
    ]


def _values(reader: StudyReader, population: str, dataset: str) -> pl.DataFrame:
    networks, keys = reader.network_properties(population, dataset), reader.keys(dataset)
    shared = {"population": population, "dataset": dataset, "example_id": np.arange(len(keys)), "key": keys}
    frames = [pl.DataFrame(shared | {"property": name, "value": networks.values(name)}) for name in networks.names]
    return pl.concat([VALUES.frame([]), *(VALUES.frame(frame.drop_nulls("value")) for frame in frames)])


def _summary(reader: StudyReader, population: str, dataset: str) -> Iterator[Row]:
    networks = reader.network_properties(population, dataset)
    for name in PROPERTIES:
        about = {"population": population, "dataset": dataset, "property": name, "source": NETWORKS}
        flag = networks.flags.get(name)
        yield (
            about | (dict.fromkeys(NUMBERS) | {"n": 0} if flag else _described(networks.values(name))) | {"flag": flag}
        )


def _outside(reader: StudyReader, dataset: str) -> Iterator[Row]:
    for name, (source, numbers) in reader.outside_numbers(dataset).items():
        about = {"population": None, "dataset": dataset, "property": name, "source": source, "flag": None}
        yield about | _described(pl.Series(numbers, nan_to_null=True))


def _described(values: pl.Series) -> Row:
    # In order, so that sums do not depend on that of the examples.
    known = values.drop_nulls().sort()
    return {
        "n": known.len(),
        "mean": known.mean(),
        "sd": known.std(),
        "minimum": known.min(),
        "median": known.median(),
        "maximum": known.max(),
    }


def _planted(reader: StudyReader, population: str, dataset: str) -> list[Row]:
    """A row if the data set is a copy with replaced labels whose label noise can be measured."""
    described = reader.dataset(dataset)
    if described["alteration"] != LABEL_NOISE:
        return []
    networks = reader.network_properties(population, dataset)
    if "label_noise" not in networks.names:
        return []
    given, original = reader.labels(dataset), reader.labels(described["source"])
    is_known = (given >= 0) & (original >= 0)
    score, issue = (networks.values(name).to_numpy()[is_known] for name in ("label_noise", "is_label_issue"))
    found = planted_noise((given != original)[is_known], score, issue == 1)
    return [{"population": population, "dataset": dataset, "source": described["source"], **vars(found)}]


def _groups(reader: StudyReader, comparison: Comparison) -> list[Row]:
    """Distribution of each property among the forgotten, the recovered, the moved and the other examples."""
    keys = reader.keys(comparison.dataset)
    directions = comparison.pies.select("example_id", pl.col("direction").fill_null("pie"))
    groups = (
        pl.DataFrame({"example_id": pl.Series(range(len(keys)), dtype=directions.schema["example_id"])})
        .join(directions, on="example_id", how="left", maintain_order="left")["direction"]
        .fill_null("other")
    )
    measured_on = reader.second_dense(comparison) or comparison.reference
    networks = reader.network_properties(measured_on, comparison.dataset)
    found = {name: (measured_on, networks.values(name)) for name in networks.names}
    outside = reader.outside_numbers(comparison.dataset)
    found |= {name: (source, pl.Series(numbers, nan_to_null=True)) for name, (source, numbers) in outside.items()}
    return [
        comparison.names | {"property": name, "source": source} | row
        for name, (source, values) in found.items()
        for row in by_group(values, groups, DIRECTIONS).to_dicts()
    ]
