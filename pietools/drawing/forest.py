"""Forest plots: rows of estimates with their intervals, as several topics draw them."""

from collections.abc import Sequence

import altair as alt
import polars as pl

from pietools.conventions import LEVEL
from pietools.drawing.style import INK, WIDTH, AnyChart, categories

MAX_ROWS = 40
COLUMNS = ("estimate", "conf_low", "conf_high")


def with_estimate(frame: pl.DataFrame, *panel: str) -> tuple[pl.DataFrame, list[str]]:
    """Rows that have an estimate, at most 40 per value of the columns: those with the smallest p; and what to say of the others."""
    known = frame.filter(pl.col("estimate").is_not_null())
    rank = pl.col("p_value").fill_null(1).rank("ordinal").over(panel)
    shown = known.filter(rank <= MAX_ROWS)
    notes = [f"without an estimate: {frame.height - known.height:,}"] if known.height < frame.height else []
    if shown.height < known.height:
        notes.append(f"shown: {shown.height:,} of {known.height:,}, those with the smallest p")
    return shown, notes


def in_points(frame: pl.DataFrame, limit: float = 100) -> pl.DataFrame:
    """Changes of fractions with their intervals in percentage points; an interval ends where no change can be, at ± the limit."""
    return frame.with_columns((pl.col(*COLUMNS).cast(pl.Float64) * 100).clip(-limit, limit))


def is_significant(column: str) -> pl.Expr:
    """Whether a p-value is at most the level; a missing one is not."""
    return (pl.col(column) <= LEVEL).fill_null(value=False)


def forest(
    frame: pl.DataFrame,
    title: str,
    colors: dict[str, str],
    shapes: dict[str, str] | None = None,
    *,
    below: Sequence[alt.Chart] = (),
) -> AnyChart:
    """Rows of ``name`` with ``estimate`` and its interval, by ``kind``; a missing interval is not drawn.

    ``title`` is that of the estimates' axis; ``below`` is drawn first.
    """
    y = alt.Y("name:N", title=None, sort=names_of(frame))
    legend = alt.Legend() if len(colors) > 1 else None
    color = alt.Color("kind:N", scale=categories(frame["kind"], colors), title=None, legend=legend)
    tooltip = [
        alt.Tooltip("name:N"),
        *(alt.Tooltip(f"{column}:Q", format="+.2f") for column in COLUMNS),
        alt.Tooltip("p_value:Q", title="p", format=".3~g"),
    ]
    base = alt.Chart().encode(y, color, tooltip=tooltip)
    estimate, low = (alt.X(f"{column}:Q", title=title, scale=alt.Scale(padding=8)) for column in COLUMNS[:2])
    points = base.mark_point().encode(estimate)
    if shapes:
        points = points.encode(alt.Shape("kind:N", scale=categories(frame["kind"], shapes), title=None))
    layers = (
        *(layer.encode(y) for layer in below),
        alt.Chart().mark_rule(strokeWidth=1, color=INK).encode(x=alt.datum(0)),
        base.transform_filter("isValid(datum.conf_low)").mark_rule(strokeWidth=2).encode(low, alt.X2("conf_high")),
        points,
    )
    return alt.layer(*layers, data=frame).properties(width=WIDTH, height=alt.Step(20))


def names_of(frame: pl.DataFrame) -> list[str]:
    """Names of the rows, first come, first drawn."""
    return frame["name"].unique(maintain_order=True).to_list()
