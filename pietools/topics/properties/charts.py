"""Chart of properties: what the forgotten, the recovered, the moved and the other examples are like."""

from typing import Any

import altair as alt
import polars as pl

from pietools.drawing.figure import COMPARISON, FigureSpec
from pietools.drawing.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    PANEL_NAME_LENGTH,
    VERMILLION,
    AnyChart,
    about,
    categories,
    count_or_range,
    finished,
    shortened,
    with_panels,
)
from pietools.topics.properties.catalogue import PROPERTIES

GROUPS = {"forgotten": VERMILLION, "recovered": BLUE, "moved": GREEN, "pie": VERMILLION, "other": GREY}
QUANTILES = ("q05", "q25", "q50", "q75", "q95")
MARKS = "line: 5–95 %, box: 25–75 %, tick: median, diamond: mean"
DIAMOND = "M0,-1.3L1.3,0L0,1.3L-1.3,0Z"
COLUMNS = 3


def property_groups(properties_groups: pl.DataFrame) -> AnyChart:
    """Distribution of each property among the forgotten, the recovered, the moved and the other examples, by its quantiles.

    Parameters
    ----------
    properties_groups
        Rows of ``results.properties_groups`` of one comparison on one data set. Each property becomes a panel with its own
        axis.

    Raises
    ------
    ValueError
        If the rows are of several comparisons or data sets.
    """
    if properties_groups.select("reference", "compressed", "dataset").n_unique() > 1:
        raise ValueError("property_groups draws one comparison on one data set: filter the frame first")
    numbers = pl.col(*QUANTILES, "mean").cast(pl.Float64)
    known = properties_groups.filter(pl.col("q50").is_not_null()).with_columns(numbers, name=with_units())
    frame = with_panels(known, "name").with_columns(name=shortened(known["name"], PANEL_NAME_LENGTH))
    groups = [group for group in GROUPS if group in set(frame["group"])]
    counts = [count_or_range(frame.filter(group=group)["n"], group) for group in groups]
    names = frame["name"].unique(maintain_order=True).to_list()
    chart: Any = finished(
        _boxes(frame, groups, names),
        frame,
        "What are the forgotten examples like?",
        [about(frame), " · ".join(["examples", *counts]), MARKS],
        columns=COLUMNS,
    )
    return chart.resolve_scale(x="independent") if len(names) > 1 else chart


def with_units() -> pl.Expr:
    """Name of each row's property, and its unit where it has one: ``loss (nats)``."""
    units = {name: f"{name} ({one.unit})" for name, one in PROPERTIES.items() if one.unit}
    return pl.col("property").replace(units)


def _boxes(frame: pl.DataFrame, groups: list[str], names: list[str]) -> AnyChart:
    title = names[0] if len(names) == 1 else None
    y = alt.Y("group:N", title=None, sort=groups)
    color = alt.Color("group:N", scale=categories(frame["group"], GROUPS), legend=None)
    q05, q25, q50, mean = (
        alt.X(f"{column}:Q", title=title, scale=alt.Scale(zero=False, padding=8), axis=alt.Axis(tickCount=4))
        for column in ("q05", "q25", "q50", "mean")
    )
    base = alt.Chart().encode(y, color, tooltip=_tooltip())
    layers = (
        base.mark_rule(strokeWidth=2).encode(q05, alt.X2("q95")),
        base.mark_bar(height=12).encode(q25, alt.X2("q75")),
        base.mark_tick(thickness=2, size=16).encode(q50, color=alt.value(INK)),
        base.mark_point(shape=DIAMOND, size=28, fill="white", stroke=INK, strokeWidth=1).encode(mean),
    )
    return alt.layer(*layers, data=frame).properties(width=190 if len(names) > 1 else 420, height=alt.Step(24))


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("name:N", title="property"),
        alt.Tooltip("source:N"),
        alt.Tooltip("group:N"),
        alt.Tooltip("n:Q", title="examples", format=",d"),
        *(alt.Tooltip(f"{column}:Q", format=".3~g") for column in ("mean", *QUANTILES)),
    ]


FIGURES = (
    FigureSpec(
        "properties_groups",
        property_groups,
        "properties",
        "Properties of the forgotten, the recovered, the moved and the other examples: {compressed} against {reference} on "
        "{dataset}.",
        by=COMPARISON,
        needs="q50",
    ),
)
