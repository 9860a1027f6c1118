"""Result frame in, ``alt.Chart`` out: what was computed is drawn, nothing is computed.

A chart takes the rows of one result frame, of an :class:`~pietools.results.analysis.Analysis` or the table ``results.TABLE``, and
copes with missing labels, one comparison or many, and several regimes and data sets. Of no rows there is no chart. The charts are
those that the topics draw, by the names of their functions.
"""

from typing import Any

from pietools.topics.catalogue import TOPICS

_CHARTS = {figure.chart.__name__: figure.chart for topic in TOPICS.values() for figure in topic.figures}
__all__ = sorted(_CHARTS)


def __getattr__(name: str) -> Any:
    """The chart of that name."""
    if name not in _CHARTS:
        raise AttributeError(f"no chart is named '{name}'. There are: {', '.join(__all__)}.")
    return _CHARTS[name]


def __dir__() -> list[str]:
    return __all__
