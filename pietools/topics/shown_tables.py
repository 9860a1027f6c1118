"""Which tables people see, on the command line and in the report, and how each column reads. Nothing is computed here."""

from pietools.results.shown import ShownTable
from pietools.topics.accuracy import tables as accuracy
from pietools.topics.characterize import tables as characterize
from pietools.topics.classes import tables as classes
from pietools.topics.examples import tables as examples
from pietools.topics.flips import tables as flips
from pietools.topics.pies import tables as pies
from pietools.topics.power import tables as power
from pietools.topics.properties import tables as properties
from pietools.topics.regimes import tables as regimes
from pietools.topics.subgroups import tables as subgroups
from pietools.topics.unseen import tables as unseen

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
