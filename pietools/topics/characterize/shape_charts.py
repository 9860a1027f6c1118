"""Chart of the shapes of effects: odds ratios along each property."""

from typing import Any

import altair as alt
import polars as pl

from pietools.drawing.side_by_side import log_ticks
from pietools.drawing.style import (
    BLUE,
    GREY,
    INK,
    PANEL_NAME_LENGTH,
    PANEL_WIDTH,
    VERMILLION,
    AnyChart,
    about,
    categories,
    finished,
    in_common,
    shortened,
)
from pietools.topics.properties.charts import with_units

QUESTIONS = {
    "conditional": "being right, compressed against dense",
    "compressed": "being a PIE",
    "baseline": "being a PIE",
}
CURVES = {
    "conditional": "at equal difficulty",
    "compressed": "dense against compressed",
    "baseline": "dense against dense",
}
CURVE_COLORS = dict(zip(CURVES.values(), (BLUE, VERMILLION, GREY), strict=True))
SHAPE_TITLE = "Odds ratio (log scale)"
RATIOS = ("odds_ratio", "odds_ratio_conf_low", "odds_ratio_conf_high")
# The axis of curves shows at least a threefold and at most a tenfold of the odds.
CURVE_DECADES = 0.5, 1.0


def effect_shapes(characterize_shapes: pl.DataFrame) -> AnyChart:
    """Odds ratio along each property against its median, with a pointwise 95 % band, of the primary model and of PIEs.

    Parameters
    ----------
    characterize_shapes
        Rows of ``results.characterize_shapes`` of one comparison on one data set. A row of panels per property: one panel for the
        primary model, one for PIEs beside dense-against-dense PIEs. The axis ends where the curves do, or at a tenfold of the
        odds; curves and bands may leave it.

    Raises
    ------
    ValueError
        If the rows are of several comparisons or data sets.
    """
    if characterize_shapes.select("reference", "compressed", "dataset").n_unique() > 1:
        raise ValueError("effect_shapes draws one comparison on one data set: filter the frame first")
    known = characterize_shapes.filter(pl.col("odds_ratio").is_not_null())
    named = known.with_columns(
        name=with_units(),
        kind=pl.col("model").replace_strict(CURVES),
        question=pl.col("model").replace_strict(QUESTIONS),
    )
    named = named.with_columns(name=shortened(named["name"], PANEL_NAME_LENGTH))
    frame = named.with_columns(panel=pl.format("{}: {}", "name", "question"))
    n_without = frame.filter(pl.col("odds_ratio_conf_low").is_null()).select("name", "kind").n_unique()
    subtitle = ["against the median of the property", "shaded: 95 % at each point"]
    subtitle += [f"curves without an interval: {n_without}"] if n_without else []
    missing = characterize_shapes.filter(pl.col("odds_ratio").is_null()).select("property", "model").n_unique()
    subtitle += [f"curves that could not be fitted: {missing}"] if missing else []
    lines = [" · ".join([about(frame), *in_common(frame, "property")]), " · ".join(subtitle)]
    return finished(_curves(frame), frame, "The shape of each effect", lines, columns=2, own_x=True)


def _curves(frame: pl.DataFrame) -> AnyChart:
    """A panel."""
    furthest = float(frame["odds_ratio"].log10().abs().max())  # type: ignore[arg-type]
    limit = min(max(furthest, CURVE_DECADES[0]), CURVE_DECADES[1])
    scale = alt.Scale(type="log", domain=[10**-limit, 10**limit], nice=False)
    axis: dict[str, Any] = {"title": SHAPE_TITLE, "scale": scale, "axis": log_ticks(-limit, limit)}
    # Far outside, where nothing is drawn; beyond that there are numbers that JSON does not know.
    frame = frame.with_columns(pl.col(*RATIOS).cast(pl.Float64).clip(1e-12, 1e12))
    color = alt.Color("kind:N", scale=categories(frame["kind"], CURVE_COLORS), title=None)
    x = alt.X("value:Q", title="Value of the property", scale=alt.Scale(zero=False, nice=False))
    tooltip = [alt.Tooltip("name:N"), *(alt.Tooltip(f"{column}:Q", format=".3~g") for column in ("value", *RATIOS))]
    base = alt.Chart().encode(x, color, tooltip=tooltip)
    layers = (
        alt.Chart().mark_rule(strokeWidth=1, color=INK).encode(y=alt.datum(1)),
        base.transform_filter("isValid(datum.odds_ratio_conf_low)")
        .mark_area(opacity=0.25, clip=True)
        .encode(alt.Y("odds_ratio_conf_low:Q", **axis), alt.Y2("odds_ratio_conf_high")),
        base.mark_line(strokeWidth=2, clip=True).encode(alt.Y("odds_ratio:Q", **axis)),
    )
    return alt.layer(*layers, data=frame).properties(width=PANEL_WIDTH + 30, height=150)
