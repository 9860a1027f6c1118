"""Chart of the per-class tests."""

import altair as alt
import polars as pl

from pietools.conventions import LEVEL
from pietools.drawing.figure import COMPARISON, FigureSpec
from pietools.drawing.style import (
    GREY,
    INK,
    VERMILLION,
    WIDTH,
    AnyChart,
    about,
    categories,
    finished,
    shortened,
    with_panels,
)
from pietools.topics.classes.tables import RAW as RAW_SCALE
from pietools.topics.classes.tables import SHIFTED

EXTREME = 15

SIGNIFICANT = "minus accuracy: significant"
NOT_SIGNIFICANT = "minus accuracy: not significant"
RAW = "raw change"
COLORS = {SIGNIFICANT: VERMILLION, NOT_SIGNIFICANT: GREY, RAW: INK}
SHAPES = {SIGNIFICANT: "circle", NOT_SIGNIFICANT: "circle", RAW: "M-.25,-1H.25V1H-.25Z"}
TITLE = "Change of recall (percentage points, unadjusted 95 % interval)"


def class_change(classes: pl.DataFrame) -> AnyChart:
    """Change of each class's recall minus that of accuracy, with its 95 % interval, and the raw change beside it.

    Parameters
    ----------
    classes
        Rows of ``results.classes`` of one comparison on one data set. The default test is drawn; of more than 30 classes, the
        15 lowest and the 15 highest estimates.

    Raises
    ------
    ValueError
        If the rows are of several comparisons.
    """
    if classes.select("reference", "compressed", "dataset").n_unique() > 1:
        raise ValueError("class_change draws one comparison on one data set: filter the frame first")
    tested = _in_points(classes.filter("is_default"))
    subtitle = [
        about(classes),
        f"{tested['is_significant'].sum():,} of {tested['p_adjusted'].count():,} tested classes significant (adjusted p ≤ {LEVEL})",
    ]
    frame, rows = _shown(tested)
    if frame.height < tested.height:
        subtitle[-1] += f"; shown: {EXTREME} lowest, {EXTREME} highest"
    by_kind = _by_kind(with_panels(frame))
    return finished(_intervals(by_kind, rows), by_kind, "Which classes changed otherwise than accuracy?", subtitle)


def _in_points(tests: pl.DataFrame) -> pl.DataFrame:
    """What is drawn, in percentage points, from the lowest estimate to the highest; a name that occurs twice gets its label."""
    name = (
        pl.when(pl.col("class_name").is_duplicated())
        .then(pl.format("{} ({})", "class_name", "label"))
        .otherwise("class_name")
    )
    is_significant = (pl.col("p_adjusted") <= LEVEL).fill_null(value=False)
    raw = tests.filter(scale=RAW_SCALE).select("label", raw_change="estimate")
    tests = tests.filter(scale=SHIFTED).join(raw, on="label", how="left", maintain_order="left")
    named = tests.with_columns(shortened(tests.select(name)["class_name"]).alias("class"))
    return named.sort("estimate", "label").select(
        "class",
        "n",
        "p_adjusted",
        is_significant.alias("is_significant"),
        pl.col("estimate", "raw_change", "conf_low", "conf_high").cast(pl.Float64) * 100,
        kind=pl.when(is_significant).then(pl.lit(SIGNIFICANT)).otherwise(pl.lit(NOT_SIGNIFICANT)),
    )


def _shown(tested: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Classes to draw, and the rows of the axis: their names, with a gap where classes were left out."""
    n_hidden = tested.height - 2 * EXTREME
    if n_hidden <= 0:
        return tested, tested["class"].to_list()
    lowest, highest = tested.head(EXTREME), tested.tail(EXTREME)
    gap = f"… {n_hidden:,} between …"
    return pl.concat([lowest, highest]), [*lowest["class"], gap, *highest["class"]]


def _by_kind(frame: pl.DataFrame) -> pl.DataFrame:
    """Two rows per class: the estimate with its interval, and the raw change."""
    raw = frame.with_columns(kind=pl.lit(RAW), change="raw_change", conf_low=None, conf_high=None)
    return pl.concat([frame.with_columns(change="estimate"), raw], how="vertical_relaxed")


def _intervals(frame: pl.DataFrame, rows: list[str]) -> AnyChart:
    color = alt.Color("kind:N", scale=categories(frame["kind"], COLORS), title=None)
    shape = alt.Shape("kind:N", scale=categories(frame["kind"], SHAPES), title=None)
    y = alt.Y("class:N", title=None, scale=alt.Scale(domain=rows))
    change, low = (alt.X(f"{column}:Q", title=TITLE) for column in ("change", "conf_low"))
    base = alt.Chart().encode(y, color, tooltip=_tooltip())
    layers = (
        alt.Chart().mark_rule(strokeWidth=1, color=INK).encode(x=alt.datum(0)),
        base.transform_filter(alt.datum.kind != RAW).mark_rule(strokeWidth=2).encode(low, alt.X2("conf_high")),
        base.mark_point().encode(change, shape),
    )
    return alt.layer(*layers, data=frame).properties(width=WIDTH, height=alt.Step(17))


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("class:N"),
        alt.Tooltip("n:Q", title="examples", format=",d"),
        alt.Tooltip("estimate:Q", title="change minus accuracy (points)", format="+.2f"),
        alt.Tooltip("raw_change:Q", title="raw change (points)", format="+.2f"),
        alt.Tooltip("p_adjusted:Q", title="adjusted p", format=".3~g"),
    ]


FIGURES = (
    FigureSpec(
        "classes",
        class_change,
        "classes",
        "Change of recall per class: {compressed} against {reference} on {dataset}.",
        test="Paired or Welch's t tests over networks, Benjamini–Hochberg over the classes.",
        by=COMPARISON,
        needs="p_value",
        is_answer=True,
    ),
)
