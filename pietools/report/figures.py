"""Charts of an analysis as files: which there are, what they show, what their files are called."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

from pietools.analysis import Analysis
from pietools.drawing.figure import COMPARISON, Figure, file_stem
from pietools.drawing.files import save, svg
from pietools.topics import figures_explanations as explanations
from pietools.topics import figures_losses as losses

__all__ = ["COMPARISON", "Figure", "figures", "file_stem", "save", "svg", "write_figures"]


def figures(analysis: Analysis) -> list[Figure]:
    """Figures of all topics that found something to draw.

    An altered copy of a data set has no figures of accuracy, examples or subgroups of its own, of which there could be hundreds:
    the figure of unseen data holds all copies.
    """
    drawn = (
        *losses.accuracy(analysis),
        *losses.pies(analysis),
        *losses.flips(analysis),
        *losses.examples(analysis),
        *losses.classes(analysis),
        *losses.subgroups(analysis),
        *losses.unseen(analysis),
        *explanations.properties(analysis),
        *explanations.characterize(analysis),
        *explanations.regimes(analysis),
    )
    return list(_with_own_stems(drawn))


def write_figures(analysis: Analysis, folder: Path) -> list[Path]:
    """Write every figure of an analysis as SVG, PDF and PNG; returns the files."""
    return [path for figure in figures(analysis) for path in save(figure.chart, folder, figure.stem)]


def _with_own_stems(drawn: Iterable[Figure]) -> Iterator[Figure]:
    """The figures; names that become one as a file name, on some systems whatever their case, get a number."""
    taken: set[str] = set()
    for figure in drawn:
        numbered = (f"{figure.stem}-{number}" for number in count(2))
        stem = next(stem for stem in chain([figure.stem], numbered) if stem.casefold() not in taken)
        taken.add(stem.casefold())
        yield replace(figure, stem=stem)
