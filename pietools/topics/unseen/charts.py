"""Chart of unseen data: what compression cost there beyond what it cost on clean data."""

import polars as pl

from pietools.drawing.figure import COMPARISON, FigureSpec
from pietools.drawing.forest import forest, in_points, with_estimate
from pietools.drawing.style import BLUE, INK, AnyChart, comparison_names, finished, in_common, shortened, with_panels

AVERAGE = "average over all"
ONE = "one data set"
COLORS = {ONE: BLUE, AVERAGE: INK}
SHAPES = {ONE: "circle", AVERAGE: "M0,-1.3L1.3,0L0,1.3L-1.3,0Z"}
TITLE = "Excess error (percentage points, 95 % interval)"


def excess_error(unseen: pl.DataFrame) -> AnyChart:
    """Change of error on each unseen data set beyond that on the clean one, with its 95 % interval, and the average over all.

    Parameters
    ----------
    unseen
        Rows of ``results.unseen``. Each comparison and clean data set becomes a panel, of at most 40 rows besides the
        average: those with the smallest p.
    """
    named = unseen.with_columns(comparison=comparison_names(unseen))
    is_average = pl.col("unseen").is_null()
    shown, notes = with_estimate(named.filter(~is_average), "dataset", "comparison")
    rows = pl.concat([shown, named.filter(is_average & pl.col("estimate").is_not_null())])
    frame = rows.with_columns(
        name=shortened(rows["unseen"].fill_null(AVERAGE)),
        kind=pl.when(is_average).then(pl.lit(AVERAGE)).otherwise(pl.lit(ONE)),
    )
    # A difference of two changes.
    frame = with_panels(in_points(frame, 200), "dataset", "comparison")
    subtitle = " · ".join([*in_common(frame, "dataset", "comparison"), *notes])
    chart = forest(frame, TITLE, COLORS, SHAPES)
    return finished(chart, frame, "Does compression cost more on unseen data?", [subtitle], own_rows=True)


FIGURES = (
    FigureSpec(
        "unseen",
        excess_error,
        "unseen",
        "Change of error on unseen data beyond that on clean data: {dataset}.",
        by=("dataset",),
        by_if_long=COMPARISON,
        is_answer=True,
    ),
)
