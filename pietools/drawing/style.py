"""What all charts share: colours, fonts, the names of comparisons, panels and titles."""

import re
from typing import Any, TypeAlias

import altair as alt
import polars as pl

AnyChart: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart

# Okabe & Ito (2008): told apart with any colour vision, and by lightness in print.
BLUE = "#0072b2"
VERMILLION = "#d55e00"
GREY = "#a6a6a6"
INK = "#222222"
GREEN = "#009e73"

# What a null distribution is called in a legend.
NOTHING = "after shuffling the networks (mean, 95 %)"

# vl-convert drops all text, silently, when no font of the list is there. It carries Liberation Sans itself; browsers
# without it take Arial, which has the same widths.
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
WIDTH = 420
PANEL_WIDTH = 230
# Characters of a name on an axis, and over a panel, that fit its width.
NAME_LENGTH = 42
PANEL_NAME_LENGTH = 36
# Control characters are no XML. Characters beyond 16 bits, emoji, end vl-convert when a limit of Vega cuts one in two.
UNDRAWABLE = re.compile(r"[^ -~\u00a0-\ud7ff\ue000-\ufffd]")

CONFIG: dict[str, Any] = {
    "font": FONT,
    "background": "white",
    "view": {"stroke": None},
    "axis": {"domainColor": INK, "grid": False, "labelColor": INK, "tickColor": INK, "titleColor": INK}
    | {"labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": "normal", "titlePadding": 8, "labelLimit": 260},
    "axisQuantitative": {"labelFlush": False, "grid": True, "gridColor": "#e6e6e6", "tickCount": 6},
    "header": {"labelColor": INK, "labelFontSize": 12, "labelLimit": 400, "labelAnchor": "start"},
    "legend": {"orient": "top", "direction": "horizontal", "title": None, "columns": 3, "labelColor": INK}
    | {"labelFontSize": 11, "labelLimit": 300, "symbolOpacity": 1, "symbolStrokeWidth": 1.5, "columnPadding": 14},
    "title": {"anchor": "start", "color": INK, "fontSize": 14, "subtitleColor": "#555555", "subtitleFontSize": 11.5}
    | {"offset": 10, "subtitlePadding": 5, "frame": "group"},
    "line": {"strokeWidth": 1.5},
    "point": {"size": 60, "opacity": 1, "filled": True},
}


def categories(present: pl.Series, values: dict[str, Any]) -> alt.Scale:
    """Scale that gives each category its colour or shape, and the legend those that are present, in this order."""
    shown = [category for category in values if category in set(present)]
    return alt.Scale(domain=shown, range=[values[category] for category in shown])


def comparison_names(frame: pl.DataFrame) -> pl.Series:
    """Name of each row's comparison: the compressed population, and its reference where it has more than one."""
    n_references = pl.col("reference").n_unique().over("compressed")
    both = pl.format("{} against {}", "compressed", "reference")
    names = frame.select(comparison=pl.when(n_references > 1).then(both).otherwise("compressed"))
    return shortened(names["comparison"])


def with_panels(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Add the column ``panel``, what each row has in those of the columns that differ, and sort by it: first come, first drawn."""
    varying = [name for name in columns if frame[name].n_unique() > 1]
    if not varying:
        return frame.with_columns(panel=pl.lit(""))
    panel = pl.concat_str(pl.col(varying), separator=" · ", ignore_nulls=True)
    first_row = [pl.col("row").min().over(name) for name in varying]
    named = frame.with_columns(shortened(frame.select(panel=panel)["panel"], PANEL_NAME_LENGTH))
    return named.with_row_index("row").sort(*first_row, "row").drop("row")


def in_common(frame: pl.DataFrame, *columns: str) -> list[str]:
    """What all rows share in these columns, for the subtitle."""
    return [
        shortened(frame[name], PANEL_NAME_LENGTH)[0]
        for name in columns
        if frame[name].n_unique() == 1 and frame[name][0] is not None
    ]


def shortened(names: pl.Series, length: int = NAME_LENGTH) -> pl.Series:
    """Names as they are drawn: without what cannot be, cut to a length in the middle or where they still differ.

    Two names never become one.
    """
    distinct = names.unique(maintain_order=True).to_list()
    drawable = [UNDRAWABLE.sub("□", name) for name in distinct]
    candidates = (
        [name if len(name) <= length else f"{name[:head]}…{name[len(name) - length + head :]}" for name in drawable]
        for head in (length // 2, length, 0)
    )
    numbered = [f"{number} {name[:length]}…" for number, name in enumerate(drawable, 1)]
    shown = next((cuts for cuts in candidates if len(set(cuts)) == len(distinct)), numbered)
    return names.replace_strict(distinct, shown, return_dtype=pl.String)


def about(frame: pl.DataFrame) -> str:
    """The comparison that the rows are of, for the subtitle."""
    names = ("compressed", "reference", "dataset")
    compressed, reference, dataset = (shortened(frame[name], PANEL_NAME_LENGTH)[0] for name in names)
    return f"{compressed} against {reference}, {dataset}"


def count_or_range(counts: pl.Series, what: str) -> str:
    """``relabellings: 1,000``, or ``relabellings: 512 to 1,000`` if the rows differ."""
    low, high = min(counts.to_list()), max(counts.to_list())
    return f"{what}: {low:,}" if low == high else f"{what}: {low:,} to {high:,}"


def finished(
    chart: AnyChart,
    frame: pl.DataFrame,
    title: str,
    subtitle: list[str],
    *,
    columns: int = 1,
    own_rows: bool = False,
    own_x: bool = False,
) -> AnyChart:
    """Chart of a frame with title and fonts, as one panel per value of ``panel`` if there are several.

    ``own_rows``: each panel has its own rows on the y axis; ``own_x``: each its own x axis.
    """
    panels = frame["panel"].unique(maintain_order=True).to_list()
    whole: Any = chart
    if len(panels) > 1:
        whole = whole.facet(alt.Facet("panel:N", title=None, sort=panels), columns=columns, spacing=30)
        whole = whole.resolve_scale(y="independent").properties(spacing=6) if own_rows else whole
        whole = whole.resolve_scale(x="independent") if own_x else whole
    lines = [line for line in subtitle if line]
    return whole.properties(title=alt.TitleParams(title, subtitle=lines)).configure(**CONFIG)
