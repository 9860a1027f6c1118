"""A data set as a shard: keys, labels, properties and pictures of its examples, and which populations the study is to hold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa
from pydantic import TypeAdapter

from pietools.shards.files import check_columns, damaged, described, encode, read_facts, read_rows
from pietools.shards.networks import shard_name
from pietools.shards.places import Place
from pietools.study import Study
from pietools.study.records import Dataset, Population

KIND = "dataset"
COLUMNS = pa.schema(
    [
        pa.field(name, kind, nullable=False)
        for name, kind in (("key", pa.string()), ("label", pa.int32()), ("png", pa.binary()))
    ]
)


@dataclass(frozen=True)
class Described:
    """What a STUDY.toml names: populations, each after the one that it is compared with, and the whole file, resolved."""

    populations: tuple[Population, ...]
    recipe: dict[str, Any]


@dataclass(frozen=True)
class DatasetShard:
    """A data set, its place among those of the STUDY.toml, and what is known of its examples.

    ``properties``: values by name and source; ``pictures``: PNG of each example, or none.
    """

    position: int
    dataset: Dataset
    properties: Mapping[tuple[str, str], pl.Series]
    pictures: list[bytes]
    described: Described

    @property
    def name(self) -> str:
        """Name of the shard's file."""
        return shard_name(KIND, self.dataset.name)

    def encode(self) -> bytes:
        """As a file holds it."""
        dataset = self.dataset
        facts = {
            "kind": KIND,
            "position": self.position,
            "dataset": {one.name: getattr(dataset, one.name) for one in fields(_Said)},
            "properties": [list(names) for names in self.properties],
            "populations": [asdict(population) for population in self.described.populations],
            "recipe": self.described.recipe,
        }
        columns = {"key": pa.array(list(dataset.keys), pa.string()), "label": pa.array(dataset.labels, pa.int32())}
        columns |= {f"property_{i}": values.to_arrow() for i, values in enumerate(self.properties.values())}
        if self.pictures:
            columns["png"] = pa.array(self.pictures, pa.binary())
        return encode(facts, pa.table(columns))


@dataclass(frozen=True)
class _Said:
    """What a data set is beyond its examples, which are rows: see `Dataset`."""

    name: str
    class_names: list[str]
    split: str | None
    content_digest: str | None
    source: str | None
    alteration: str | None
    severity: int | None
    seed: int | None


@dataclass(frozen=True)
class _Facts:
    """What a shard says of itself; ``properties``: names and sources, in the order of their columns."""

    position: int
    dataset: _Said
    properties: list[tuple[str, str]]
    populations: tuple[Population, ...]
    recipe: dict[str, Any]


_AS_FACTS = TypeAdapter(_Facts)


def write_datasets(study: Study, place: Place, described: Described) -> None:
    """Write the data sets of a study that holds no networks yet."""
    for position, row in enumerate(study.datasets().iter_rows(named=True)):
        name = row["name"]
        dataset = study.dataset(name)
        assert dataset is not None
        own = study.properties().filter(dataset=name).select("property", "source")
        shard = DatasetShard(
            position=position,
            dataset=dataset,
            properties={names: study.property_series(name, *names) for names in own.iter_rows()},
            # A copy has those of its source.
            pictures=[] if row["source"] else study.thumbnails(name),
            described=described,
        )
        place.write(shard.name, shard.encode())


def is_dataset(what: str, file: BinaryIO) -> bool:
    """Whether a shard is of a data set."""
    return read_facts(what, file).get("kind") == KIND


def read_dataset(what: str, file: BinaryIO) -> DatasetShard:
    """A shard of a data set; ShardError if it is something else."""
    said, rows = read_rows(what, file)
    facts = described(what, "data set", _AS_FACTS, said)
    check_columns(what, rows, COLUMNS)
    if missing := {"key", "label", *(f"property_{i}" for i in range(len(facts.properties)))} - {*rows.column_names}:
        raise damaged(what, f"it has no column {min(missing)}")
    return DatasetShard(
        position=facts.position,
        dataset=Dataset(keys=rows["key"].to_pylist(), labels=rows["label"].to_numpy(), **vars(facts.dataset)),
        properties={names: _series(rows[f"property_{i}"]) for i, names in enumerate(facts.properties)},
        pictures=rows["png"].to_pylist() if "png" in rows.column_names else [],
        described=Described(facts.populations, facts.recipe),
    )


def _series(column: pa.ChunkedArray) -> pl.Series:
    return pl.Series(pl.from_arrow(column))
