"""A chart as a file: SVG for the web, PDF for LaTeX, PNG for slides, HTML to point at, Vega-Lite to change."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode

from pietools.drawing.style import AnyChart

PNG_SCALE = 2
Spec = dict[str, Any]
# vl-convert carries several versions of Vega-Lite and wants to know which one, as major.minor.
VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


# Of a drawing: its size, which PDF and PNG take for points of 1/72 inch.
SIZE = re.compile(r'width="([\d.]+)(pt|)" height="([\d.]+)(pt|)"')

MARK = "the chart stands here"
ENDINGS = {"vega": "vl.json"}


def written(spec: Spec, drawing: str, name: str, *, dpi: int = 72 * PNG_SCALE) -> bytes:
    """A drawing in a format.

    ``html`` is a page that needs nothing else, in which the marks say what they are; ``vega`` the specification of Vega-Lite with
    its data. The same chart gives the same bytes of SVG; those of PDF differ from one call to the next.
    """
    match name:
        case "pdf":
            return vl_convert.svg_to_pdf(_without_unit(drawing))
        case "png":
            return vl_convert.svg_to_png(_without_unit(drawing), scale=dpi / 72)
        case "html":
            return _page(spec).encode()
        case "vega":
            return json.dumps(spec, ensure_ascii=False).encode()
        case _:
            return drawing.encode()


def _page(spec: Spec) -> str:
    """A page with the chart and all that draws it. The chart is written into a script, where no name may end it."""
    page: str = vl_convert.vegalite_to_html({"description": MARK}, vl_version=VEGA_LITE, bundle=True)
    before, mark, after = page.partition(f'{{"description":"{MARK}"}}')
    assert mark, "vl-convert writes the chart as JSON"
    content = json.dumps(spec).replace("<", "\\u003c")
    return f"{before}{content}{after}"


def _without_unit(drawing: str) -> str:
    return SIZE.sub(r'width="\1" height="\3"', drawing, count=1)


@contextmanager
def unchecked() -> Iterator[None]:
    """Charts are made without asking Vega-Lite's schema of each part: the tests ask it, and it takes longer than drawing."""
    with debug_mode(False):
        yield


def spec_of(chart: AnyChart) -> Spec:
    """A chart as the specification that Vega-Lite draws."""
    # Altair refuses more than 5,000 rows, for the sake of notebooks; a volcano of six comparisons may have them.
    with alt.data_transformers.enable("default", max_rows=None), unchecked():
        spec: Spec = json.loads(chart.to_json(validate=False))
        return spec


def drawn(spec: Spec) -> str:
    """Drawing of a specification as SVG."""
    return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)


def svg(chart: AnyChart) -> str:
    """Drawing of a chart as SVG."""
    return drawn(spec_of(chart))
