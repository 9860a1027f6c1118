"""Charts as files: SVG for the web, PDF for LaTeX, PNG for slides."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, count
from pathlib import Path

import altair as alt
import polars as pl
import vl_convert

from pietools import charts
from pietools.analysis import Analysis
from pietools.charts.style import AnyChart

PNG_SCALE = 2
# vl-convert carries several versions of Vega-Lite and wants to know which one, as major.minor.
VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])

COMPARISON = ("compressed", "reference", "dataset")
# A name of a file has at most 255 bytes, and an ending.
MAX_BYTES = 240
# Longer drawings of unseen data are split by comparison.
MAX_ROWS = 80


@dataclass(frozen=True)
class Figure:
    """A chart of a topic, the stem of its files, what it shows in one sentence, and the comparison if it is of one."""

    topic: str
    stem: str
    caption: str
    chart: AnyChart
    comparison: tuple[str, ...] = ()


def figures(analysis: Analysis) -> list[Figure]:
    """Figures of all topics that found something to draw.

    An altered copy of a data set has no figures of accuracy, examples or subgroups of its own, of which there could be hundreds:
    the figure of unseen data holds all copies.
    """
    drawn = (
        *_accuracy(analysis),
        *_pies(analysis),
        *_flips(analysis),
        *_examples(analysis),
        *_classes(analysis),
        *_subgroups(analysis),
        *_unseen(analysis),
    )
    return list(_with_own_stems(drawn))


def write_figures(analysis: Analysis, folder: Path) -> list[Path]:
    """Write every figure of an analysis as SVG, PDF and PNG; returns the files."""
    return [path for figure in figures(analysis) for path in save(figure.chart, folder, figure.stem)]


def save(chart: AnyChart, folder: Path, stem: str) -> list[Path]:
    """Write ``stem``.svg, .pdf and .png into a folder, which is made if it is not there; returns the files.

    The same chart gives the same bytes of SVG; those of PDF differ from one call to the next.
    """
    drawn = svg(chart)
    contents = {
        "svg": drawn.encode(),
        "pdf": vl_convert.svg_to_pdf(drawn),
        "png": vl_convert.svg_to_png(drawn, scale=PNG_SCALE),
    }
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{stem}.{suffix}" for suffix in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.write_bytes(content)
    return paths


def svg(chart: AnyChart) -> str:
    """Drawing of a chart as SVG."""
    return _drawn(chart.to_json())


@lru_cache(maxsize=256)
def _drawn(specification: str) -> str:
    """Drawing of a specification; kept, because the report shows the charts that were saved a moment ago."""
    return vl_convert.vegalite_to_svg(specification, vl_version=VEGA_LITE)


def _accuracy(analysis: Analysis) -> Iterator[Figure]:
    for _, rows in _parts(analysis, "accuracy_change", "estimate"):
        caption = "Change of accuracy, and the margin within which it counts as none."
        yield Figure("accuracy", "accuracy", caption, charts.accuracy_change(rows))
    for (dataset,), rows in _parts(analysis, "accuracy_calibration", "accuracy", "dataset"):
        caption = (
            f"Accuracy against confidence on {dataset}; the interval is that of one network's accuracy in the bin."
        )
        yield Figure("accuracy", file_stem("reliability", dataset), caption, charts.reliability(rows))


def _pies(analysis: Analysis) -> Iterator[Figure]:
    if analysis.pies.height:
        caption = "Examples that are PIEs, and how many would be if compression did nothing."
        yield Figure("pies", "pies", caption, charts.sparsity_curve(analysis.pies))
    for _, rows in _parts(analysis, "pies", "excess_pies"):
        caption = (
            "PIEs between disjoint sets of reference and compressed networks, beyond those within each population."
        )
        yield Figure("pies", "excess", caption, charts.excess(rows))
    for (dataset,), rows in _parts(analysis, "pies_by_replicates", "n_pies", "dataset"):
        caption = f"How the number of PIEs on {dataset} depends on the number of networks."
        yield Figure("pies", file_stem("replicates", dataset), caption, charts.by_replicates(rows))


def _flips(analysis: Analysis) -> Iterator[Figure]:
    if analysis.flips.height:
        caption = "Predictions of single networks that differ from the reference's."
        yield Figure("flips", "flips", caption, charts.flips(analysis.flips))


def _examples(analysis: Analysis) -> Iterator[Figure]:
    for (dataset,), rows in _parts(analysis, "examples", "estimate", "dataset"):
        caption = (
            f"Examples of {dataset} by the number of networks that are right on them, before and after compression."
        )
        yield Figure("examples", file_stem("examples", dataset), caption, charts.networks_right(rows))


def _classes(analysis: Analysis) -> Iterator[Figure]:
    is_tested = pl.col("p_value").count().over(COMPARISON) > 0
    for rows in analysis.classes.filter(is_tested).partition_by(COMPARISON, maintain_order=True):
        names = rows.select(COMPARISON).row(0)
        caption = f"Change of recall per class: {_named(rows)}."
        yield Figure("classes", file_stem("classes", *names), caption, charts.class_change(rows), names)


def _subgroups(analysis: Analysis) -> Iterator[Figure]:
    for names, rows in _parts(analysis, "subgroups", "estimate", "rate", *COMPARISON):
        caption = f"Change of {names[0].replace('_', ' ')} per group: {_named(rows)}."
        yield Figure("subgroups", file_stem("subgroups", *names), caption, charts.group_change(rows))
    for names, rows in _parts(analysis, "subgroups_pies", "estimate", *COMPARISON):
        caption = f"Share of each group among the PIEs and among the other examples: {_named(rows)}."
        yield Figure("subgroups", file_stem("composition", *names), caption, charts.composition(rows))


def _unseen(analysis: Analysis) -> Iterator[Figure]:
    is_long = "unseen" in analysis.tables and analysis.unseen.height > MAX_ROWS
    for names, rows in _parts(analysis, "unseen", "estimate", *(COMPARISON if is_long else ("dataset",))):
        of = _named(rows) if is_long else names[0]
        caption = f"Change of error on unseen data beyond that on clean data: {of}."
        yield Figure("unseen", file_stem("unseen", *names), caption, charts.excess_error(rows))


def _parts(analysis: Analysis, table: str, estimate: str, *by: str) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    """Rows of a result table by the values of columns, in the order they came: parts with an estimate, without altered copies."""
    if table not in analysis.tables:
        return
    rows = analysis.tables[table].filter(~pl.col("dataset").is_in(_copies(analysis)))
    parts = rows.group_by(by, maintain_order=True) if by else [((), rows)]
    yield from ((names, part) for names, part in parts if part[estimate].count())


def _copies(analysis: Analysis) -> list[str]:
    """Names of the altered copies."""
    if "unseen" not in analysis.tables:
        return []
    return analysis.unseen.filter(pl.col("alteration").is_not_null())["unseen"].to_list()


def _named(rows: pl.DataFrame) -> str:
    return "{} against {} on {}".format(*rows.select(COMPARISON).row(0))


def _with_own_stems(drawn: Iterable[Figure]) -> Iterator[Figure]:
    """The figures; names that become one as a file name, on some systems whatever their case, get a number."""
    taken: set[str] = set()
    for figure in drawn:
        numbered = (f"{figure.stem}-{number}" for number in count(2))
        stem = next(stem for stem in chain([figure.stem], numbered) if stem.casefold() not in taken)
        taken.add(stem.casefold())
        yield replace(figure, stem=stem)


def file_stem(*names: str) -> str:
    """File name out of names that may hold anything: ``classes-simclr_int8-simclr_dense-digits_test``."""
    stem = "-".join(re.sub(r"[^\w.+-]+", "_", name) for name in names)
    return stem.encode()[:MAX_BYTES].decode(errors="ignore")
