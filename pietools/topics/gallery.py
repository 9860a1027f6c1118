"""The examples that people look at: those that were hit, and now are most often answered wrongly, with their pictures."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import polars as pl

from pietools.results.gallery import Entry, Strip
from pietools.topics.comparison import Comparison
from pietools.topics.examples.log_odds_tables import HIT
from pietools.topics.study_reader import StudyReader

IN_REPORT = 12


def strips(reader: StudyReader, changes: pl.DataFrame) -> Iterator[Strip]:
    """Of each comparison with something compressed, from the rows of results.examples_changes.

    Most that were hit are still answered as before, where nothing is to be seen: those come first whose error rate rose most.
    """
    rise = pl.col("error_compressed") - pl.col("error_reference")
    hit = changes.filter(finding=HIT).sort(-rise, "p_value", "example_id", nulls_last=True)
    for comparison in reader.labelled():
        found = hit.filter(**comparison.names)
        if found.height and reader.is_compressed(comparison.names):
            entries = tuple(_entries(reader, comparison, found.head(IN_REPORT).to_dicts()))
            yield Strip(**comparison.names, n_found=found.height, entries=entries)


def _entries(reader: StudyReader, comparison: Comparison, rows: Sequence[dict[str, Any]]) -> Iterator[Entry]:
    names, given = reader.dataset(comparison.dataset)["class_names"], reader.labels(comparison.dataset)
    sides = [reader.predicted(name, comparison.dataset) for name in (comparison.reference, comparison.compressed)]
    pictures = reader.study.thumbnails(comparison.dataset, [row["example_id"] for row in rows])
    for row, png in zip_longest(rows, pictures):
        example = row["example_id"]
        before, after = (side[:, example] for side in sides)
        yield Entry(
            row["key"],
            names[given[example]],
            (int((before == given[example]).sum()), int((after == given[example]).sum())),
            (len(before), len(after)),
            (names[int(np.bincount(before).argmax())], names[int(np.bincount(after).argmax())]),
            row["estimate"],
            png,
        )
