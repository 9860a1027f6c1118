"""Properties of examples: what the networks, and whoever measured outside, say of each; and what the forgotten ones are like."""

from typing import Any

import numpy as np
import polars as pl

from pietools.topics.properties.catalogue import PROPERTIES
from pietools.statistics.properties.groups import by_group
from pietools.statistics.properties.planted import planted_noise
from pietools.study import LABEL_NOISE
from pietools.topics.study_reader import SECOND_DENSE, Comparison, StudyReader

NETWORKS = "networks"
GROUPS = ("forgotten", "recovered", "moved", "pie", "other")


def tables(reader: StudyReader) -> dict[str, pl.DataFrame]:
    """Tables of the topic."""
    measured = _measured(reader)
    values = [_values(reader, *one) for one in reader.each(measured)]
    planted = [row for one in measured for row in _planted(reader, *one)]
    groups = [row for one in reader.compressions() for row in _groups(reader, one)]
    return {
        "properties_summary": reader.frame("properties_summary", _summary(reader, measured)),
        "properties_groups": reader.frame("properties_groups", groups),
        "properties_planted": reader.frame("properties_planted", planted),
        "properties": pl.concat([reader.frame("properties", []), *values]),
    }


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
    """Rows of results.properties."""
    networks, keys = reader.network_properties(population, dataset), reader.keys(dataset)
    schema = reader.study.result_schema("properties")
    shared = {"population": population, "dataset": dataset, "example_id": np.arange(len(keys)), "key": keys}
    frames = [pl.DataFrame(shared | {"property": name, "value": networks.values(name)}) for name in networks.names]
    return pl.concat(
        [pl.DataFrame(schema=schema), *(one.select(schema.names()).cast(schema) for one in frames)]
    ).drop_nulls()


def _summary(reader: StudyReader, measured: list[tuple[str, str]]) -> list[dict[str, Any]]:
    rows = []
    for population, dataset in measured:
        networks = reader.network_properties(population, dataset)
        for name in PROPERTIES:
            about = {"population": population, "dataset": dataset, "property": name, "source": NETWORKS}
            flag = networks.flags.get(name)
            rows.append(about | ({"n": 0, "flag": flag} if flag else _described(networks.values(name))))
    for dataset in dict.fromkeys(dataset for _, dataset in measured):
        for name, (source, numbers) in reader.outside_numbers(dataset).items():
            about = {"dataset": dataset, "property": name, "source": source}
            rows.append(about | _described(pl.Series(numbers, nan_to_null=True)))
    return rows


def _described(values: pl.Series) -> dict[str, Any]:
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


def _planted(reader: StudyReader, population: str, dataset: str) -> list[dict[str, Any]]:
    """A row if the data set is a copy with replaced labels whose label noise can be measured."""
    described = reader.dataset(dataset)
    networks = reader.network_properties(population, dataset)
    if described["alteration"] != LABEL_NOISE or "label_noise" not in networks.names:
        return []
    given, original = reader.labels(dataset), reader.labels(described["source"])
    is_known = (given >= 0) & (original >= 0)
    score, issue = (networks.values(name).to_numpy()[is_known] for name in ("label_noise", "is_label_issue"))
    found = planted_noise((given != original)[is_known], score, issue == 1)
    return [{"population": population, "dataset": dataset, "source": described["source"], **vars(found)}]


def _groups(reader: StudyReader, comparison: Comparison) -> list[dict[str, Any]]:
    """Distribution of each property among the forgotten, the recovered, the moved and the other examples."""
    pies = reader.study.pies(comparison.reference, comparison.compressed, comparison.dataset)
    keys = reader.keys(comparison.dataset)
    directions = pies.select("example_id", pl.col("direction").fill_null("pie"))
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
        {**vars(comparison), "property": name, "source": source, **row}
        for name, (source, values) in found.items()
        for row in by_group(values, groups, GROUPS).to_dicts()
    ]
