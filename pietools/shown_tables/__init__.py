"""Which tables people see, on the command line and in the report, and how each column reads. Nothing is computed here."""

from pietools.shown_tables import (
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
from pietools.shown_tables.columns import ShownTable

TABLES: dict[str, tuple[ShownTable, ...]] = {
    "accuracy": accuracy.TABLES,
    "pies": pies.TABLES,
    "flips": flips.TABLES,
    "examples": examples.TABLES,
    "classes": classes.TABLES,
    "subgroups": subgroups.TABLES,
    "unseen": unseen.TABLES,
    "properties": properties.TABLES,
    "characterize": characterize.TABLES,
    "regimes": regimes.TABLES,
    "power": power.TABLES,
}
