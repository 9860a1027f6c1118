"""A chart as files: SVG for the web, PDF for LaTeX, PNG for slides."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode

from pietools.drawing.style import AnyChart

PNG_SCALE = 2
# vl-convert carries several versions of Vega-Lite and wants to know which one, as major.minor.
VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


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


@contextmanager
def unchecked() -> Iterator[None]:
    """Charts are made without asking Vega-Lite's schema of each part: the tests ask it, and it takes longer than drawing."""
    with debug_mode(False):
        yield


def svg(chart: AnyChart) -> str:
    """Drawing of a chart as SVG."""
    # Altair refuses more than 5,000 rows, for the sake of notebooks; a volcano of six comparisons may have them.
    with alt.data_transformers.enable("default", max_rows=None), unchecked():
        return _drawn(chart.to_json(validate=False))


@lru_cache(maxsize=256)
def _drawn(specification: str) -> str:
    """Drawing of a specification; kept, because the report shows the charts that were saved a moment ago."""
    return vl_convert.vegalite_to_svg(specification, vl_version=VEGA_LITE)
