"""Several comparisons are several tests: p-values adjusted over those of a topic."""

from collections.abc import Callable

import numpy as np

from pietools.results.table import Row
from pietools.statistics.tools.multiplicity import adjust


def with_holm(rows: list[Row], is_meant: Callable[[Row], bool] = lambda row: True) -> list[Row]:
    """Rows with ``p_holm``: their ``p_value`` adjusted over those of the same data set that are meant; null for the others."""
    adjusted: list[float | None] = [None] * len(rows)
    for dataset in dict.fromkeys(row["dataset"] for row in rows):
        members = [i for i, row in enumerate(rows) if row["dataset"] == dataset and is_meant(row)]
        tested = [i for i in members if rows[i]["p_value"] is not None]
        for i, p in zip(tested, adjust(np.array([rows[i]["p_value"] for i in tested]), "holm"), strict=True):
            adjusted[i] = float(p)
    return [row | {"p_holm": p} for row, p in zip(rows, adjusted, strict=True)]
