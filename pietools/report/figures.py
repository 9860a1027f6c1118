"""The figures of an analysis: which there are, and their files."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from pietools.drawing.figure import COMPARISON, Figure, with_own_stems
from pietools.drawing.files import ENDINGS, unchecked, written
from pietools.results.analysis import Analysis
from pietools.topics.catalogue import TOPICS

FEW_COMPARISONS = 8


def figures(analysis: Analysis) -> list[Figure]:
    """Figures of all topics that found something to draw: the answers, or all where everything was asked for.

    An altered copy of a data set has no figures of its own, of which there could be hundreds: the figure of unseen data holds all
    copies. Of many comparisons some have figures of their own: see :func:`drawn_comparisons`.
    """
    chosen = drawn_comparisons(analysis)
    drawn: list[Figure] = []
    with unchecked():
        for topic in TOPICS.values():
            for spec in topic.figures:
                rows = analysis.tables.get(spec.table)
                if rows is not None and (spec.is_answer or analysis.everything):
                    shown = rows.filter(~rows["dataset"].is_in(analysis.copies))
                    if chosen is not None and set(COMPARISON) <= {*spec.by, *spec.by_if_long}:
                        shown = shown.join(chosen, on=COMPARISON, how="semi", maintain_order="left")
                    drawn += spec.figures(topic.name, shown)
    return list(with_own_stems(drawn))


def drawn_comparisons(analysis: Analysis) -> pl.DataFrame | None:
    """Of many comparisons those with the most PIEs beyond chance, or with too few networks to say, controls last; None: all."""
    pies = analysis.tables.get("pies")
    if pies is None or pies.height <= FEW_COMPARISONS or analysis.everything:
        return None
    is_beyond_chance = pl.col("excess_conf_low").is_null() | (pl.col("excess_conf_low") > 0)
    order = [pl.col("role") == "control", -pl.col("excess_pies")]
    chosen = pies.with_row_index().filter(is_beyond_chance).sort(order, nulls_last=True)
    return chosen.head(FEW_COMPARISONS).sort("index").select(COMPARISON)


def write_figures(drawn: Iterable[Figure], folder: Path, formats: Sequence[str] = ("svg",)) -> list[Path]:
    """Write figures as SVG, PDF, PNG into a folder, which is made if it is not there; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for figure in drawn:
        for name in formats:
            paths.append(folder / f"{figure.stem}.{ENDINGS.get(name, name)}")
            paths[-1].write_bytes(written(figure.spec, figure.svg, name))
    return paths
