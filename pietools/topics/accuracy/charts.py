"""Charts of accuracy: its change with the margin, and calibration."""

import altair as alt
import polars as pl

from pietools.conventions import LEVEL
from pietools.drawing.figure import FigureSpec
from pietools.drawing.forest import forest, in_points, is_significant, with_estimate
from pietools.drawing.style import (
    BLUE,
    GREY,
    INK,
    PANEL_WIDTH,
    VERMILLION,
    AnyChart,
    comparison_names,
    finished,
    in_common,
    with_panels,
)

WITHIN = f"within the margin (equivalence, p ≤ {LEVEL})"
NOT_SHOWN = "not shown to be within it"
COLORS = {WITHIN: BLUE, NOT_SHOWN: VERMILLION}
CHANGE_TITLE = "Change of accuracy (percentage points, 95 % interval)"
PERCENT = ("confidence", "accuracy", "conf_low", "conf_high")


def accuracy_change(accuracy_change: pl.DataFrame) -> AnyChart:
    """Change of accuracy of each comparison with its 95 % interval, over the margin within which it counts as none.

    Parameters
    ----------
    accuracy_change
        Rows of ``results.accuracy_change``. Each data set becomes a panel, of at most 40 rows: those with the smallest p.
    """
    shown, notes = with_estimate(accuracy_change.with_columns(name=comparison_names(accuracy_change)), "dataset")
    kind = pl.when(is_significant("p_equivalent")).then(pl.lit(WITHIN)).otherwise(pl.lit(NOT_SHOWN))
    margin = pl.col("margin").cast(pl.Float64) * 100
    frame = with_panels(in_points(shown).with_columns(kind=kind, lower=-margin, upper=margin), "dataset")
    band = alt.Chart().mark_rect(color=GREY, opacity=0.3).encode(alt.X("lower:Q"), alt.X2("upper"))
    chart = forest(frame, CHANGE_TITLE, COLORS, below=[band])
    width = f"shaded: the margin of ±{frame['upper'][0]:g} percentage points"
    subtitle = " · ".join([*in_common(accuracy_change, "dataset"), width, *notes])
    return finished(chart, frame, "Did accuracy change?", [subtitle], own_rows=True)


def reliability(accuracy_calibration: pl.DataFrame) -> AnyChart:
    """Accuracy against confidence in bins of equal mass, with the diagonal on which confidence is honest.

    Parameters
    ----------
    accuracy_calibration
        Rows of ``results.accuracy_calibration``. Each population and data set becomes a panel.
    """
    frame = with_panels(accuracy_calibration, "dataset", "population").with_columns(
        pl.col(*PERCENT).cast(pl.Float64) * 100
    )
    lowest = min(*frame["confidence"], *frame["conf_low"]) // 10 * 10
    scale = alt.Scale(domain=[lowest, 100], nice=False)
    x = alt.X("confidence:Q", title="Mean confidence (%)", scale=scale)
    y, low, diagonal = (
        alt.Y(f"{column}:Q", title="Accuracy (%, 95 % interval)", scale=scale)
        for column in ("accuracy", "conf_low", "confidence")
    )
    base = alt.Chart().encode(x)
    layers = (
        base.mark_line(strokeDash=[4, 3], strokeWidth=1, color=INK).encode(diagonal),
        base.mark_rule(strokeWidth=2, color=BLUE).encode(low, alt.Y2("conf_high")),
        base.mark_point(color=BLUE, size=30).encode(y, tooltip=_tooltip()),
    )
    chart = alt.layer(*layers, data=frame).properties(width=PANEL_WIDTH, height=PANEL_WIDTH)
    subtitle = [*in_common(frame, "dataset", "population"), "dashed: accuracy equals confidence"]
    return finished(chart, frame, "Is confidence honest?", [" · ".join(subtitle)], columns=3)


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("bin:Q"),
        alt.Tooltip("n:Q", title="examples", format=",.0f"),
        alt.Tooltip("confidence:Q", title="confidence (%)", format=".1f"),
        alt.Tooltip("accuracy:Q", title="accuracy (%)", format=".1f"),
    ]


FIGURES = (
    FigureSpec(
        "accuracy_change",
        accuracy_change,
        "accuracy",
        "Change of accuracy, and the margin within which it counts as none.",
        test="95 % t intervals over networks; equivalence by two one-sided tests.",
        where=pl.min_horizontal("n_reference", "n_compressed") > 1,
        is_answer=True,
        is_first=True,
    ),
    FigureSpec(
        "accuracy_calibration",
        reliability,
        "reliability",
        "Accuracy against confidence on {dataset}; the interval is that of one network's accuracy in the bin.",
        by=("dataset",),
        needs="accuracy",
    ),
)
