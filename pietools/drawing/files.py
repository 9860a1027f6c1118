"""A chart as files: SVG for the web, PDF for LaTeX, PNG for slides."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode

from pietools.drawing.style import AnyChart

PNG_SCALE = 2
FORMATS: dict[str, Callable[[str], bytes]] = {
    "svg": str.encode,
    "pdf": vl_convert.svg_to_pdf,
    "png": lambda drawn: vl_convert.svg_to_png(drawn, scale=PNG_SCALE),
}
# vl-convert carries several versions of Vega-Lite and wants to know which one, as major.minor.
VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def save(drawn: str, folder: Path, stem: str, formats: Iterable[str] = ("svg",)) -> list[Path]:
    """Write a drawing as ``stem``.svg, .pdf, .png into a folder, which is made if it is not there; returns the files.

    The same chart gives the same bytes of SVG; those of PDF differ from one call to the next.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{stem}.{name}" for name in formats}
    for name, path in paths.items():
        path.write_bytes(FORMATS[name](drawn))
    return list(paths.values())


@contextmanager
def unchecked() -> Iterator[None]:
    """Charts are made without asking Vega-Lite's schema of each part: the tests ask it, and it takes longer than drawing."""
    with debug_mode(False):
        yield


def svg(chart: AnyChart) -> str:
    """Drawing of a chart as SVG."""
    # Altair refuses more than 5,000 rows, for the sake of notebooks; a volcano of six comparisons may have them.
    with alt.data_transformers.enable("default", max_rows=None), unchecked():
        return vl_convert.vegalite_to_svg(chart.to_json(validate=False), vl_version=VEGA_LITE)
