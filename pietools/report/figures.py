"""The figures of an analysis: which there are, what their captions say, and their files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pietools.drawing.figure import COMPARISON, Figure, with_own_stems
from pietools.drawing.files import ENDINGS, unchecked, written
from pietools.drawing.fitted import fitted
from pietools.results.analysis import Analysis
from pietools.results.rounding import count
from pietools.topics.catalogue import TOPICS

FEW_COMPARISONS = 8


@dataclass(frozen=True)
class Sheet:
    """What figures for a page look like: their width and the size of the axes' titles, points of 1/72 inch, and the formats."""

    width: float
    font_size: float
    formats: tuple[str, ...]


def families() -> list[str]:
    """What figures can be asked for by."""
    return list(dict.fromkeys(spec.stem for topic in TOPICS.values() for spec in topic.figures))


def figures(analysis: Analysis, only: Sequence[str] = ()) -> list[Figure]:
    """Figures of all topics that found something to draw: the answers, or all where everything was asked for.

    An altered copy of a data set has no figures of its own, of which there could be hundreds: the figure of unseen data holds all
    copies. Of many comparisons some have figures of their own: see :func:`drawn_comparisons`. ``only``: those of these families,
    answers or not.
    """
    chosen = None if only else drawn_comparisons(analysis)
    drawn: list[Figure] = []
    with unchecked():
        for topic in TOPICS.values():
            for spec in topic.figures:
                is_asked = spec.stem in only if only else spec.is_answer or analysis.everything
                rows = analysis.tables.get(spec.table) if is_asked else None
                if rows is not None:
                    shown = rows.filter(~rows["dataset"].is_in(analysis.copies))
                    compressions = analysis.comparisons.filter(role="compressed")
                    if spec.of_compressions and compressions.height:
                        shown = shown.join(
                            compressions.select(COMPARISON), on=COMPARISON, how="semi", maintain_order="left"
                        )
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


def caption(figure: Figure, analysis: Analysis) -> str:
    """What a figure shows, the test behind it, and how many examples and networks it is of."""
    accuracy = analysis.tables.get("accuracy")
    if accuracy is None:
        return figure.caption
    rows = accuracy.filter(pl.col("dataset").is_in(list(figure.datasets)))
    rows = rows.filter(pl.col("population").is_in(list(figure.populations))) if figure.populations else rows
    sizes = [_range("n", rows["n_examples"], "examples"), _range("K", rows["n_models"], "networks of a population")]
    return " ".join(
        part for part in (figure.caption, figure.test, f"{', '.join(sizes)}." if rows.height else "") if part
    )


def _range(symbol: str, counts: pl.Series, what: str) -> str:
    """``n = 10,000 examples``, or ``K = 5 to 10 networks``."""
    low, high = (count(end) for end in (min(counts, default=0), max(counts, default=0)))
    return f"{symbol} = {low if low == high else f'{low} to {high}'} {what}"


def write_figures(drawn: Iterable[Figure], folder: Path, formats: Sequence[str] = ("svg",)) -> list[Path]:
    """Write figures with their titles as SVG, PDF, PNG into a folder, which is made if it is not there; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for figure in drawn:
        for name in formats:
            paths.append(folder / f"{figure.stem}.{name}")
            paths[-1].write_bytes(written(figure.spec, figure.svg, name))
    return paths


def write_sheet(figure: Figure, folder: Path, sheet: Sheet) -> list[Path]:
    """Write a figure for a page into a folder: at its width, without a title; returns the files."""
    spec, svg = fitted(figure.spec, sheet.width, sheet.font_size)
    paths = []
    for name in sheet.formats:
        paths.append(folder / f"{figure.stem}.{ENDINGS.get(name, name)}")
        paths[-1].write_bytes(written(spec, svg, name, dpi=300))
    return paths
