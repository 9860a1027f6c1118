"""One module per topic: what it reads from a study, which statistics it calls, and the result tables that it fills.

Every topic is a function of a :class:`~pietools.topics.reading.Reading` that returns its result frames by the name of their table.
"""

from collections.abc import Callable

import polars as pl

from pietools.topics import (
    accuracy,
    characterize,
    classes,
    examples,
    flips,
    pies,
    power,
    properties,
    regimes,
    subgroups,
    unseen,
)
from pietools.topics.reading import Reading

TOPICS: dict[str, Callable[[Reading], dict[str, pl.DataFrame]]] = {
    "accuracy": accuracy.tables,
    "pies": pies.tables,
    "flips": flips.tables,
    "examples": examples.tables,
    "classes": classes.tables,
    "subgroups": subgroups.tables,
    "unseen": unseen.tables,
    "properties": properties.tables,
    "characterize": characterize.tables,
    "regimes": regimes.tables,
    "power": power.tables,
}
