"""Chart of the flips: predictions of single networks that differ between reference and compressed."""

import altair as alt
import polars as pl

from pietools.drawing.figure import FigureSpec
from pietools.drawing.style import (
    BLUE,
    GREY,
    INK,
    VERMILLION,
    WIDTH,
    AnyChart,
    categories,
    comparison_names,
    count_or_range,
    finished,
    in_common,
    with_panels,
)

COLORS = {"harmful": VERMILLION, "beneficial": BLUE, "wrong to another wrong": GREY, "any (no labels)": INK}
COLUMNS = {
    "harmful": "harmful",
    "beneficial": "beneficial",
    "wrong_to_wrong": "wrong to another wrong",
    "total": "any (no labels)",
}


def flips(flips: pl.DataFrame) -> AnyChart:
    """Share of predictions that differ, by kind: right to wrong, wrong to right, wrong to another wrong; mean over pairs.

    Parameters
    ----------
    flips
        Rows of ``results.flips``. Each data set becomes a panel; without labels only the total is known and drawn.
    """
    frame = with_panels(_by_kind(flips), "dataset")
    names = frame["comparison"].unique(maintain_order=True).to_list()
    bars = alt.Chart(frame).mark_bar(height=16, stroke="white", strokeWidth=0.5)
    chart = bars.encode(
        x=alt.X("percent:Q", title="Predictions that differ (% of examples, mean over pairs of networks)"),
        y=alt.Y("comparison:N", title=None, sort=names),
        color=alt.Color("kind:N", scale=categories(frame["kind"], COLORS), title=None),
        order=alt.Order("position:Q"),
        tooltip=["comparison:N", "kind:N", alt.Tooltip("percent:Q", title="% of examples", format=".2f")],
    )
    chart = chart.properties(width=WIDTH, height=alt.Step(30))
    subtitle = " · ".join([*in_common(flips, "dataset"), count_or_range(flips["n_pairs"], "pairs of networks")])
    return finished(chart, frame, "Predictions turned over", [subtitle])


def _by_kind(flips: pl.DataFrame) -> pl.DataFrame:
    """Row per comparison and kind, in %; the total only where the kinds are unknown."""
    known = flips["harmful"].is_not_null()
    parts = flips.select(
        "dataset",
        comparison_names(flips),
        pl.col("harmful", "beneficial", "wrong_to_wrong").cast(pl.Float64),
        total=pl.when(known).then(None).otherwise("total"),
    )
    long = parts.unpivot(list(COLUMNS), index=["dataset", "comparison"], variable_name="column", value_name="fraction")
    position = pl.col("column").replace_strict({name: index for index, name in enumerate(COLUMNS)})
    return long.drop_nulls("fraction").select(
        "dataset",
        "comparison",
        position=position,
        kind=pl.col("column").replace_strict(COLUMNS),
        percent=100 * pl.col("fraction"),
    )


FIGURES = (
    FigureSpec(
        "flips",
        flips,
        "flips",
        "Predictions of single networks that differ from the reference's.",
        needs="total",
        where=pl.col("n_pairs") > 1,
        is_answer=True,
    ),
)
