"""What people coded by hand: which examples are to be coded, and what was said of each. Who codes is not told which were hit."""

import json
from collections.abc import Mapping

import polars as pl

from pietools.errors import StudyError
from pietools.study.database import Database, to_json
from pietools.study.records import Category, Sample

RESULTS = ("annotations", "annotations_agreement")  # the result tables that are made of it


def samples(database: Database) -> list[Sample]:
    """All samples, in the order in which they were drawn."""
    rows = database.sql(
        """select s.*, d.name as dataset from annotation_samples as s join datasets as d using (dataset_id) order by s.sample_id"""
    )
    found = []
    for row in rows.to_dicts():
        pairs = database.sql(
            """select hit.example_id as hit, other.example_id as other from annotation_examples as hit
               join annotation_examples as other on other.sample_id = hit.sample_id and other.pair = hit.pair
               where hit.sample_id = ? and hit.is_hit and not other.is_hit order by hit.pair""",
            [row["sample_id"]],
        )
        codebook = tuple(Category(one["name"], one["meaning"]) for one in json.loads(row["codebook"]))
        names = {
            name: row[name]
            for name in ("dataset", "reference", "compressed", "seed", "predictions_digest", "sample_id")
        }
        found.append(Sample(**names, codebook=codebook, pairs=tuple(pairs.iter_rows())))
    return found


def add_sample(database: Database, sample: Sample) -> int:
    """Store a sample, all of it or nothing; returns its sample_id."""
    with database.transaction():
        sample_id = database.value("select coalesce(max(sample_id), 0) + 1 from annotation_samples")
        codebook = to_json([{"name": one.name, "meaning": one.meaning} for one in sample.codebook])
        database.execute(
            "insert into annotation_samples values (?, dataset_id_of(?), ?, ?, ?, ?, ?)",
            [
                sample_id,
                sample.dataset,
                sample.reference,
                sample.compressed,
                sample.seed,
                codebook,
                sample.predictions_digest,
            ],
        )
        sides = [
            {"pair": pair, "example_id": example, "is_hit": is_hit}
            for pair, both in enumerate(sample.pairs)
            for example, is_hit in zip(both, (True, False), strict=True)
        ]
        rows = pl.DataFrame(sides, schema={"pair": pl.Int32, "example_id": pl.Int32, "is_hit": pl.Boolean})
        database.append(
            "annotation_examples", rows.select(pl.lit(sample_id, pl.Int32).alias("sample_id"), pl.all()).to_arrow()
        )
    return int(sample_id)


def code(database: Database, sample: Sample, example: int, annotator: str, present: Mapping[str, bool]) -> None:
    """Store what an annotator says of an example, every category of the codebook, in the place of what was said before.

    Results that were made of annotations go: they would be of others.

    Raises
    ------
    StudyError
        If the example is not in the sample, or not every category of the codebook is answered, or another.
    """
    if example not in {one for pair in sample.pairs for one in pair}:
        raise StudyError(f"example {example} is not in the sample.")
    if set(present) != {one.name for one in sample.codebook} or not annotator.strip():
        raise StudyError("an example is coded by somebody, with each category of the codebook.")
    with database.transaction():
        database.execute(
            "delete from annotations where sample_id = ? and example_id = ? and annotator = ?",
            [sample.sample_id, example, annotator],
        )
        for name, is_present in present.items():
            database.execute(
                "insert into annotations values (?, ?, ?, ?, ?, now())",
                [sample.sample_id, example, annotator, name, bool(is_present)],
            )
        for table in RESULTS:
            database.execute(f"delete from results.{table}")
            database.execute("delete from results.runs where topic = ?", [table])


def coded(database: Database, sample: Sample) -> pl.DataFrame:
    """What was said: annotator, example_id, category, is_present."""
    return database.sql(
        """select annotator, example_id, category, is_present from annotations where sample_id = ?
           order by annotator, example_id, category""",
        [sample.sample_id],
    )
