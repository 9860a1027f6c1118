"""Charts of what goes with being lost: odds ratios per property, and predicted against observed PIEs."""

from itertools import cycle, islice
from math import ceil, log10
from typing import Any

import altair as alt
import polars as pl

from pietools.conventions import DIFFICULTY
from pietools.drawing.figure import COMPARISON, FigureSpec
from pietools.drawing.forest import COLUMNS, with_estimate
from pietools.drawing.side_by_side import columns_of, cut_at, log_ticks, side_by_side
from pietools.drawing.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    PANEL_NAME_LENGTH,
    PANEL_WIDTH,
    VERMILLION,
    AnyChart,
    comparison_names,
    finished,
    in_common,
    shortened,
    with_panels,
)
from pietools.topics.characterize.shape_charts import effect_shapes
from pietools.topics.characterize.tables import COMPRESSION

# The other three of Okabe & Ito that are dark enough on white, and shapes, for any number of regimes.
REGIME_COLORS = (BLUE, VERMILLION, GREEN, "#cc79a7", "#e69f00", INK, "#56b4e9")
REGIME_SHAPES = ("circle", "diamond", "square", "triangle-up", "triangle-down", "cross")
SIDES = {
    "compressed": "dense against compressed",
    "baseline": "dense against dense",
    "difference": "ratio of the two",
}
SIDE_COLORS = dict(zip(SIDES.values(), (VERMILLION, GREY, BLUE), strict=True))
SIDE_SHAPES = dict(zip(SIDES.values(), ("circle", "square", "diamond"), strict=True))
OUTCOMES = {"pie": "being a PIE", "forgotten": "being forgotten"}
FOREST_TITLE = "Odds ratio (log scale, 95 % interval)"
RATIOS = ("odds_ratio", "odds_ratio_conf_low", "odds_ratio_conf_high")
# No axis goes beyond a thousandfold of the odds, or as far in nats.
MOST_DECADES, MOST_NATS = 3.0, 7.0
EFFECT_TITLE = "Change of log odds per sd (nats, 95 %)"
PERCENT = ("predicted", "observed", "conf_low", "conf_high")


def odds_ratios(characterize: pl.DataFrame) -> AnyChart:
    """Odds ratio of each property in the primary model with its 95 % interval, by regime, in a panel per compression.

    Parameters
    ----------
    characterize
        Rows of ``results.characterize``. A regime is what precedes the last ``/`` of a compressed population's name, as a
        STUDY.toml names it; of each comparison at most 40 properties are drawn, those with the smallest p.
    """
    terms = characterize.filter(pl.col("term") != COMPRESSION)
    shown, notes = with_estimate(_with_regimes(terms), "dataset", "compressed", "reference")
    frame = with_panels(shown.with_columns(name=shortened(shown["term"])), "dataset", "compression")
    frame, cut = _cut_ratios(frame)
    kinds = frame["kind"].unique(maintain_order=True).to_list()
    colors, shapes = (
        dict(zip(kinds, islice(cycle(values), len(kinds)), strict=True)) for values in (REGIME_COLORS, REGIME_SHAPES)
    )
    x = _ratio_axis(frame, FOREST_TITLE)
    meaning = [
        "odds ratio of being right, compressed against dense, per standard deviation of a property",
        "below 1: compression hurts more where the property is high",
    ]
    return finished(
        side_by_side(frame, x, colors, shapes, line=1),
        frame,
        "Where does compression hurt more, at equal difficulty?",
        [" · ".join([*in_common(frame, "dataset", "compression"), *cut, *notes]), *meaning],
        columns=columns_of(frame),
    )


def change_effects(characterize_changes: pl.DataFrame) -> AnyChart:
    """Change of log odds per standard deviation of each property with its 95 % interval, by regime, in a panel per compression.

    Parameters
    ----------
    characterize_changes
        Rows of ``results.characterize_changes``, without difficulty. A regime is what precedes the last ``/`` of a compressed
        population's name; of each comparison at most 40 properties are drawn, those with the smallest p.
    """
    shown, notes = with_estimate(_with_regimes(characterize_changes), "dataset", "compressed", "reference")
    frame = with_panels(shown.with_columns(name=shortened(shown["term"])), "dataset", "compression")
    frame, limit = cut_at(frame, MOST_NATS)
    cut = [] if limit is None else [f"longer intervals end at ±{limit:.2g}"]
    kinds = frame["kind"].unique(maintain_order=True).to_list()
    colors, shapes = (
        dict(zip(kinds, islice(cycle(values), len(kinds)), strict=True)) for values in (REGIME_COLORS, REGIME_SHAPES)
    )
    x = {"title": EFFECT_TITLE, "scale": alt.Scale(nice=False, padding=8)}
    return finished(
        side_by_side(frame, x, colors, shapes, line=0),
        frame,
        "Where does compression take more, at equal difficulty?",
        [
            " · ".join([*in_common(frame, "dataset", "compression"), *cut, *notes]),
            "below 0: examples lose more log odds where the property is high",
        ],
        columns=columns_of(frame),
    )


def pie_odds_ratios(characterize_pies: pl.DataFrame) -> AnyChart:
    """Odds ratio of each property for being a PIE or forgotten: of compressed networks, of dense ones, and the ratio of the two.

    Parameters
    ----------
    characterize_pies
        Rows of ``results.characterize_pies`` of one outcome. The joint model is drawn, without its published form; each
        comparison and data set becomes a panel, of at most 40 rows: those with the smallest p.

    Raises
    ------
    ValueError
        If the rows are of several outcomes.
    """
    if characterize_pies["outcome"].n_unique() > 1:
        raise ValueError("pie_odds_ratios draws one outcome: filter the frame first")
    rows = characterize_pies.filter(pl.col("model") == "joint", pl.col("side").is_in(list(SIDES)))
    named = rows.with_columns(
        comparison_names(rows), name=shortened(rows["property"]), kind=pl.col("side").replace_strict(SIDES)
    )
    shown, notes = with_estimate(named, "dataset", "compressed", "reference")
    frame, cut = _cut_ratios(with_panels(shown, "dataset", "comparison"))
    outcome = OUTCOMES[characterize_pies["outcome"][0]]
    x = _ratio_axis(frame, FOREST_TITLE)
    return finished(
        side_by_side(frame, x, SIDE_COLORS, SIDE_SHAPES, line=1),
        frame,
        f"What goes with {outcome}?",
        [
            " · ".join([*in_common(frame, "dataset", "comparison"), *cut, *notes]),
            "per standard deviation of the property",
        ],
        columns=columns_of(frame),
    )


def calibration(characterize_calibration: pl.DataFrame) -> AnyChart:
    """Share of PIEs against the predicted probability of being one, in bins, with the diagonal on which they are equal.

    Parameters
    ----------
    characterize_calibration
        Rows of ``results.characterize_calibration``. Each comparison and data set becomes a panel.
    """
    named = characterize_calibration.with_columns(
        comparison_names(characterize_calibration), pl.col(*PERCENT).cast(pl.Float64) * 100
    )
    frame = with_panels(named, "dataset", "comparison")
    highest = max(value for column in PERCENT for value in frame[column].drop_nulls())
    # Most bins have next to no PIEs: the root draws them apart.
    scale = alt.Scale(type="sqrt", domain=[0, min(100, 10 * ceil(highest / 10))], nice=False)
    x = alt.X("predicted:Q", title="Predicted, out of fold (% of examples)", scale=scale)
    y, low, diagonal = (
        alt.Y(f"{column}:Q", title="Observed PIEs (% of examples, 95 % interval)", scale=scale)
        for column in ("observed", "conf_low", "predicted")
    )
    tooltip = [alt.Tooltip("n:Q", title="examples"), *(alt.Tooltip(f"{name}:Q", format=".1f") for name in PERCENT)]
    base = alt.Chart().encode(x)
    layers = (
        base.mark_line(strokeDash=[4, 3], strokeWidth=1, color=INK).encode(diagonal),
        base.transform_filter("isValid(datum.conf_low)")
        .mark_rule(strokeWidth=2, color=BLUE)
        .encode(low, alt.Y2("conf_high")),
        base.mark_point(color=BLUE, size=30).encode(y, tooltip=tooltip),
    )
    chart = alt.layer(*layers, data=frame).properties(width=PANEL_WIDTH, height=PANEL_WIDTH)
    subtitle = [
        " · ".join([*in_common(frame, "dataset", "comparison"), "dashed: observed equals predicted"]),
        "bins off the line: a straight line in the properties is not what PIEs depend on",
    ]
    return finished(chart, frame, "Do properties predict the PIEs?", subtitle, columns=3)


def _with_regimes(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``kind``, the regime, and ``compression``: the compressed name before and after its last ``/``."""
    parts = pl.col("compressed").str.extract_groups(r"(?s)^(?:(.*)/)?([^/]*)$")
    n_references = pl.col("reference").n_unique().over("compressed")
    regime, name = parts.struct.field("1").fill_null("no regime"), parts.struct.field("2")
    both = pl.when(n_references > 1).then(pl.format("{} against {}", name, "reference")).otherwise(name)
    named = rows.with_columns(regime.alias("regime"), both.alias("compression"))
    return named.with_columns(kind=shortened(named["regime"], PANEL_NAME_LENGTH))


def _cut_ratios(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Odds ratios as ``estimate`` with its interval, cut where the axis ends, and what to say of that."""
    decades = [pl.col(ratio).cast(pl.Float64).log10().alias(name) for ratio, name in zip(RATIOS, COLUMNS, strict=True)]
    cut, limit = cut_at(frame.with_columns(decades), MOST_DECADES)
    notes = [] if limit is None else [f"longer intervals end at {10**-limit:.2g} and {10**limit:.2g}"]
    return cut.with_columns((10 ** pl.col(*COLUMNS)).name.keep()), notes


def _ratio_axis(frame: pl.DataFrame, title: str) -> dict[str, Any]:
    """Title, scale and axis of odds ratios."""
    numbers = [1.0, *(value for column in COLUMNS for value in frame[column].drop_nulls())]
    scale = alt.Scale(type="log", nice=False, padding=8)
    return {"title": title, "scale": scale, "axis": log_ticks(log10(min(numbers)), log10(max(numbers)))}


FIGURES = (
    FigureSpec(
        "characterize_changes",
        change_effects,
        "effects",
        "Change of log odds per standard deviation of a property, at equal difficulty, on {dataset}.",
        test="95 % t intervals over networks and examples.",
        by=("dataset",),
        where=pl.col("term") != DIFFICULTY,
        is_answer=True,
        is_first=True,
    ),
    FigureSpec(
        "characterize",
        odds_ratios,
        "odds-ratios",
        "What compression does to the odds of being right where a property is higher, at equal difficulty, on {dataset}.",
        test="Conditional logistic regression with 95 % intervals over networks and examples.",
        by=("dataset",),
        where=pl.col("term") != COMPRESSION,
        is_answer=True,
    ),
    FigureSpec(
        "characterize_pies",
        pie_odds_ratios,
        "odds-ratios",
        "Odds ratios of {outcome} on {dataset}, beside those between dense networks.",
        by=("outcome", "dataset"),
        where=(pl.col("model") == "joint") & pl.col("side").is_in(list(SIDES)),
        words=OUTCOMES,
    ),
    FigureSpec(
        "characterize_shapes",
        effect_shapes,
        "shapes",
        "Odds ratios along each property, against its median: {compressed} against {reference} on {dataset}.",
        by=COMPARISON,
        needs="odds_ratio",
    ),
    FigureSpec(
        "characterize_calibration",
        calibration,
        "calibration",
        "Predicted probability of being a PIE against the share of PIEs on {dataset}.",
        by=("dataset",),
        needs="observed",
    ),
)
