"""What a topic is: a question, its result tables, how they are filled, and its figures."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pietools.drawing.figure import FigureSpec
    from pietools.results.table import Table

NO_COMPARISON = "No population is compared with another."


@dataclass(frozen=True)
class Topic:
    """A topic of the analysis; what it needs to be run stands in modules of its folder that are imported when asked for.

    ``tables.py`` declares the result tables, ``fill.py`` how each is filled from a study, ``charts.py`` what is drawn.

    Parameters
    ----------
    name
        Name of its folder, its command, its page of methods; its result tables begin with it.
    title
        Heading in the report.
    question, answer
        What it asks, and what it answers with, in sentences.
    settings
        Settings of an analysis that mean something to it, besides the seed and the comparisons.
    nothing
        What to say where it finds nothing.
    more
        Where single examples of it are to be seen.
    """

    name: str
    title: str
    question: str
    answer: str
    settings: tuple[str, ...] = ()
    nothing: str = NO_COMPARISON
    more: str = ""

    @property
    def tables(self) -> "tuple[Table, ...]":
        """Its result tables."""
        return self._module("tables").TABLES

    @property
    def fill(self) -> "dict[Table, Callable[..., Any]]":
        """Per table the function that gives its rows, from a :class:`~pietools.topics.study_reader.StudyReader`."""
        return self._module("fill").FILL

    @property
    def figures(self) -> "tuple[FigureSpec, ...]":
        """What is drawn; a topic without charts draws nothing."""
        has_charts = find_spec(f"pietools.topics.{self.name}.charts") is not None
        return self._module("charts").FIGURES if has_charts else ()

    def _module(self, name: str) -> Any:
        return import_module(f"pietools.topics.{self.name}.{name}")
