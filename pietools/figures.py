"""Charts as files: SVG for the web, PDF for LaTeX, PNG for slides."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
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


@dataclass(frozen=True)
class Figure:
    """A chart of a topic, the stem of its files, and what it shows in one sentence."""

    topic: str
    stem: str
    caption: str
    chart: AnyChart


def figures(analysis: Analysis) -> list[Figure]:
    """Figures of all topics that found something to draw."""
    return [*_over_comparisons(analysis), *_per_comparison(analysis.classes)]


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


def _over_comparisons(analysis: Analysis) -> Iterator[Figure]:
    if analysis.pies.height:
        caption = "Examples that are PIEs, and how many would be if compression did nothing."
        yield Figure("pies", "pies", caption, charts.sparsity_curve(analysis.pies))
        caption = "Predictions of single networks that differ from the reference's."
        yield Figure("flips", "flips", caption, charts.flips(analysis.flips))


def _per_comparison(classes: pl.DataFrame) -> Iterator[Figure]:
    names = ["compressed", "reference", "dataset"]
    is_tested = pl.col("p_value").count().over(names) > 0
    tested = classes.filter(is_tested)
    for rows in tested.partition_by(names, maintain_order=True):
        compressed, reference, dataset = rows.select(names).row(0)
        caption = f"Change of recall per class: {compressed} against {reference} on {dataset}."
        yield Figure("classes", class_stem(rows), caption, charts.class_change(rows))


def class_stem(rows: pl.DataFrame) -> str:
    """Stem of the class chart of one comparison."""
    return file_stem("classes", *rows.select("compressed", "reference", "dataset").row(0))


def file_stem(*names: str) -> str:
    """File name out of names that may hold anything: ``classes-simclr_int8-simclr_dense-digits_test``."""
    return "-".join(re.sub(r"[^\w.+-]+", "_", name) for name in names)
