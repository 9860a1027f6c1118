"""The figures of an analysis: which there are, and their files."""

from pathlib import Path

from pietools.drawing.figure import Figure, with_own_stems
from pietools.drawing.files import save
from pietools.results.analysis import Analysis
from pietools.topics.catalogue import TOPICS


def figures(analysis: Analysis) -> list[Figure]:
    """Figures of all topics that found something to draw: the answers, or all where everything was asked for.

    An altered copy of a data set has no figures of its own, of which there could be hundreds: the figure of unseen data holds all
    copies.
    """
    drawn: list[Figure] = []
    for topic in TOPICS.values():
        for spec in topic.figures:
            rows = analysis.tables.get(spec.table)
            if rows is not None and (spec.is_answer or analysis.everything):
                drawn += spec.figures(topic.name, rows.filter(~rows["dataset"].is_in(analysis.copies)))
    return list(with_own_stems(drawn))


def write_figures(analysis: Analysis, folder: Path) -> list[Path]:
    """Write the figures of an analysis as SVG, PDF and PNG; returns the files."""
    return [path for figure in figures(analysis) for path in save(figure.chart, folder, figure.stem)]
