"""Forest plots with a line per kind in each row, such as per regime, on an axis that a few exploding intervals do not stretch."""

from math import ceil, floor
from typing import Any

import altair as alt
import polars as pl

from pietools.drawing.forest import COLUMNS, names_of
from pietools.drawing.style import INK, PANEL_WIDTH, WIDTH, AnyChart, categories

# Intervals that are so many times as long as a typical one are cut.
TYPICAL_INTERVALS = 4


def side_by_side(
    frame: pl.DataFrame, x: dict[str, Any], colors: dict[str, str], shapes: dict[str, str], *, line: float
) -> AnyChart:
    """Rows of ``name``, and in each a line per ``kind``: its ``estimate``, and its interval where there is one.

    ``x``: title, scale and axis of the estimates; ``line``: where they say that there is nothing.
    """
    kinds = [kind for kind in colors if kind in set(frame["kind"])]
    several = len(kinds) > 1
    # As a share of the row, in which each kind has as much.
    gap = 1 / (len(kinds) + 1)
    legend = alt.Legend() if several else None
    color = alt.Color("kind:N", scale=categories(frame["kind"], colors), title=None, legend=legend)
    shape = alt.Shape("kind:N", scale=categories(frame["kind"], shapes), title=None, legend=legend)
    y = alt.Y("name:N", title=None, sort=names_of(frame))
    base = alt.Chart().encode(
        y.scale(paddingInner=gap, paddingOuter=gap / 2) if several else y, color, tooltip=_tooltip()
    )
    base = base.encode(yOffset=alt.YOffset("kind:N", sort=kinds)) if several else base
    layers = (
        alt.Chart().mark_rule(strokeWidth=1, color=INK).encode(x=alt.datum(line)),
        base.transform_filter("isValid(datum.conf_low)")
        .mark_rule(strokeWidth=2)
        .encode(alt.X("conf_low:Q", **x), alt.X2("conf_high")),
        base.mark_point(size=45).encode(alt.X("estimate:Q", **x), shape),
    )
    width = WIDTH if columns_of(frame) == 1 else PANEL_WIDTH
    step = alt.Step(11, **{"for": "offset"}) if several else alt.Step(20)
    return alt.layer(*layers, data=frame).properties(width=width, height=step)


def columns_of(frame: pl.DataFrame) -> int:
    """Panels side by side: one or two below each other, up to six in two columns, more in three."""
    n_panels = frame["panel"].n_unique()
    return 1 if n_panels < 3 else 2 if n_panels < 7 else 3


def cut_at(frame: pl.DataFrame, furthest: float, *, at_least: float = 0.0) -> tuple[pl.DataFrame, float | None]:
    """Rows whose intervals end where the axis does, and where that is; None: nowhere, since no interval goes so far.

    An axis holds all estimates, and all intervals but those that are four times as long as a typical (median) one; it ends between
    ± ``at_least`` and ± ``furthest``.
    """
    length = pl.col("conf_high") - pl.col("conf_low")
    ends = pl.max_horizontal(pl.col("conf_low", "conf_high").abs())
    far, usual, most = frame.select(
        pl.col("estimate").abs().max(),
        ends.filter(length <= TYPICAL_INTERVALS * length.median()).max().alias("usual"),
        ends.max().alias("most"),
    ).row(0)
    limit = min(furthest, max(far, usual or 0, at_least))
    if max(far, most or 0) <= limit:
        return frame, None
    return frame.with_columns(pl.col(*COLUMNS).clip(-limit, limit)), limit


def log_ticks(low: float, high: float) -> alt.Axis:
    """Ticks between powers of ten: at 1, 2 and 5 where there is room."""
    steps = (1, 2, 5) if high - low < 2.5 else (1,)
    values = [float(f"{step}e{decade}") for decade in range(floor(low) - 1, ceil(high) + 1) for step in steps]
    return alt.Axis(values=values, format="~g", labelFlush=14)


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("name:N"),
        alt.Tooltip("kind:N"),
        *(alt.Tooltip(f"{column}:Q", format=".3~g") for column in COLUMNS),
        alt.Tooltip("p_value:Q", title="p", format=".3~g"),
    ]
