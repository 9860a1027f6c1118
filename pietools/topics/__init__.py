"""One module per topic: what it reads from a study, which statistics it calls, and the result tables that it fills.

Every topic is a function of a ``StudyReader`` that returns its result frames by the name of their table.
"""

from collections.abc import Callable

import polars as pl

from pietools.topics.accuracy import fill as accuracy
from pietools.topics.characterize import fill as characterize
from pietools.topics.classes import fill as classes
from pietools.topics.examples import fill as examples
from pietools.topics.flips import fill as flips
from pietools.topics.pies import fill as pies
from pietools.topics.power import fill as power
from pietools.topics.properties import fill as properties
from pietools.topics.regimes import fill as regimes
from pietools.topics.study_reader import StudyReader
from pietools.topics.subgroups import fill as subgroups
from pietools.topics.unseen import fill as unseen

TOPICS: dict[str, Callable[[StudyReader], dict[str, pl.DataFrame]]] = {
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
