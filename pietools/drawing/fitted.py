"""A chart for a page: exactly as wide as its column, in letters of one size, without the title that a caption replaces."""

import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from pietools.drawing.files import Spec, drawn

POINTS_PER = {"cm": 72 / 2.54, "mm": 72 / 25.4, "in": 72.0, "bp": 1.0, "pt": 72 / 72.27}
"""Points of PDF (1/72 inch) per unit; pt is TeX's."""
COLUMNS = {"thesis": "15cm", "article": "345pt", "ieee-column": "252pt"}
"""Widths that have a name: a thesis on A4 with 3 cm margins, LaTeX's article at 10 pt, a column of IEEEtran."""
NARROWEST, WIDEST = 72.0, 1440.0
TALLEST = 590.0  # what A4 has beside margins and a caption

# Of the style that all charts have: the size of an axis title, and what a panel needs to be read.
FONT_SIZE = 12
LEAST_PANEL = 110
PER_LETTER = 5.9  # px, at that size
SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)" viewBox="0 0 [\d.]+ [\d.]+"')


def points_of(width: str) -> float:
    """Points of ``thesis``, ``article``, ``ieee-column``, or a number with its unit, such as ``12cm``.

    Raises
    ------
    ValueError
        If it is none of these, or no width of a page.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(cm|mm|in|bp|pt)", COLUMNS.get(width, width))
    if not found:
        raise ValueError(
            f"'{width}' is no width: say {', '.join(COLUMNS)}, or a number with its unit such as 12cm or 4.5in"
        )
    points = float(found[1]) * POINTS_PER[found[2]]
    if not NARROWEST <= points <= WIDEST:
        raise ValueError(f"a width of {width} is out of range: a page has 1in to 20in")
    return points


def fitted(spec: Spec, points: float, font_size: float) -> tuple[Spec, str]:
    """A specification of Vega-Lite that fills a width, and its drawing as SVG.

    Parameters
    ----------
    spec
        A finished chart.
    points
        Width, 1/72 inch.
    font_size
        Of the axes' titles, points; all else keeps its proportion to it.

    Notes
    -----
    All is drawn at the size of the style and then scaled as a whole, so that marks and letters keep their proportions. Axes and
    names take what they need; panels share what is left, in fewer columns where they would become too narrow, and the legend
    has fewer columns where it is wider than the page. Letters become smaller than asked for only where a panel of the least width
    does not fit beside its names, or the figure would be taller than a page.
    """
    scale = font_size / FONT_SIZE
    target = points / scale
    untitled = {name: value for name, value in spec.items() if name != "title"}
    found, svg = min(_attempts(untitled, target), key=lambda made: abs(_width(made[1]) - target))
    width, height = _size(svg)
    return found, _sized(svg, points, min(scale, points / width, TALLEST / height))


def _attempts(spec: Spec, target: float) -> Iterator[tuple[Spec, str]]:
    """Drawings of about the width, wider layouts first; the first that fits ends it."""
    for columns in range(int(spec.get("columns", 1)), 0, -1):
        least = _with_panels(_laid_out(spec, columns, 1), LEAST_PANEL)
        narrowest = least, drawn(least)
        if _width(narrowest[1]) > target + 0.5:
            yield narrowest
            continue
        for legend in (3, 2, 1):
            made = _narrowed(_laid_out(spec, columns, legend), target)
            yield made
            if abs(_width(made[1]) - target) < 1:
                return


def _laid_out(spec: Spec, columns: int, legend: int) -> Spec:
    """The chart with so many columns of panels, and of the legend."""
    config = spec["config"] | {"legend": spec["config"]["legend"] | {"columns": legend}}
    return {**spec, "config": config} | ({"columns": columns} if "facet" in spec else {})


def _narrowed(spec: Spec, target: float) -> tuple[Spec, str]:
    """The chart with panels so wide that it fills the width, if they can be: a secant of the whole width over the panels'."""
    columns = int(spec.get("columns", 1)) if "facet" in spec else 1
    panel = max(_widths(spec), default=target)
    made, svg = spec, drawn(spec)
    for _ in range(4):
        missing = target - _width(svg)
        if abs(missing) < 0.5 or (panel == LEAST_PANEL and missing < 0):
            break
        panel = max(LEAST_PANEL, panel + missing / columns)
        made = _with_panels(spec, panel)
        svg = drawn(made)
    return made, svg


def _with_panels(spec: Spec, width: float) -> Spec:
    """The chart with panels of this width, and the titles of their x axes broken to fit it."""
    share = width / max(_widths(spec), default=width)
    letters = max(18, round(width / PER_LETTER))

    def changed(name: str, value: Any) -> Any:
        if name == "width" and isinstance(value, int | float):
            return value * share
        if name in ("x", "color", "fill") and isinstance(value, dict) and isinstance(value.get("title"), str):
            return value | {"title": textwrap.wrap(value["title"], letters)}
        return value

    result: Spec = _walked(spec, changed)
    return result


def _walked(value: Any, changed: Callable[[str, Any], Any]) -> Any:
    """A specification without its data, each key changed."""
    if isinstance(value, list):
        return [_walked(one, changed) for one in value]
    if isinstance(value, dict):
        return {
            name: one if name in ("datasets", "config") else _walked(changed(name, one), changed)
            for name, one in value.items()
        }
    return value


def _widths(spec: Any) -> Iterator[float]:
    """Widths of panels, which the size of marks is not."""
    if isinstance(spec, list):
        for one in spec:
            yield from _widths(one)
    elif isinstance(spec, dict):
        for name, value in spec.items():
            if name == "width" and isinstance(value, int | float):
                yield value
            elif name not in ("datasets", "config", "mark"):
                yield from _widths(value)


def _width(svg: str) -> float:
    return _size(svg)[0]


def _size(svg: str) -> tuple[float, float]:
    found = SIZE.search(svg)
    assert found is not None, "vl-convert names the size of every drawing"
    return float(found[1]), float(found[2])


def _sized(svg: str, points: float, scale: float) -> str:
    """The drawing at a scale, in the middle of a sheet of exactly so many points."""
    width, height = _size(svg)
    sheet, left = points / scale, (width - points / scale) / 2
    size = f'width="{points:.2f}pt" height="{height * scale:.2f}pt" viewBox="{left:.3f} 0 {sheet:.3f} {height:g}"'
    return SIZE.sub(size, svg, count=1)
