"""Chart of single examples by their log odds: change beyond the trend against the evidence for it."""

import altair as alt
import polars as pl

from pietools.conventions import LEVEL
from pietools.drawing.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    PANEL_WIDTH,
    VERMILLION,
    WIDTH,
    AnyChart,
    categories,
    comparison_names,
    finished,
    in_common,
    with_panels,
)
from pietools.topics.examples.log_odds_tables import HIT, SPARED

MOST_PANELS = 6
MOST_POINTS, CLEAREST = 150, 20
"""Examples of a kind in a panel that are drawn one by one: of more every second, third and so on, and the clearest in any case."""
CELLS = 40
UNCHANGED = "PIE, not shown to have changed"
KINDS = {"hit": VERMILLION, "spared": BLUE, UNCHANGED: GREEN}
X_TITLE = "Change beyond examples as hard (nats)"
Y_TITLE = "Evidence, −log10 p"


def volcano(examples_changes: pl.DataFrame) -> AnyChart:
    """Each example's change beyond the trend against −log10 of the p of any change: hit, spared, PIEs; the others in grey cells.

    Parameters
    ----------
    examples_changes
        Rows of ``results.examples_changes``. A panel for each comparison in which something was found, at most the six with most;
        where nothing was, the first.
    """
    frame, notes = _chosen(examples_changes)
    frame = with_panels(frame, "dataset", "comparison")
    cells = frame.filter(pl.col("kind").is_null()).group_by("panel", "x", "y", maintain_order=True).len("n")
    rank = pl.col("p_any_change").rank("ordinal").over("panel", "kind")
    step = (pl.len().over("panel", "kind") / MOST_POINTS).ceil().cast(pl.UInt32)
    points = frame.filter(pl.col("kind").is_not_null()).filter((rank <= CLEAREST) | (rank % step == 0))
    size = WIDTH if frame["panel"].n_unique() == 1 else PANEL_WIDTH
    both = pl.concat(
        [
            cells.select("panel", pl.lit(None, pl.String).alias("kind"), "x", "y", "n"),
            points.select("panel", "kind", "estimate", "evidence", "key", "p_adjusted"),
        ],
        how="diagonal",
    )
    chart = alt.layer(_cells(both), _points(both), data=both).properties(width=size, height=size * 0.8)
    subtitle = [
        " · ".join([*in_common(frame, "dataset", "comparison"), *notes]),
        f"hit or spared: false discovery rate {LEVEL:.0%}, about {MOST_POINTS} of a kind are drawn; grey: others",
    ]
    return finished(chart, both, "Which examples were hit?", subtitle, columns=2)


def _chosen(changes: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Rows of the comparisons that are drawn, with kind and places; and what to say of the others."""
    named = changes.with_columns(
        comparison_names(changes),
        kind=pl.when(pl.col("finding") == HIT)
        .then(pl.lit("hit"))
        .when(pl.col("finding") == SPARED)
        .then(pl.lit("spared"))
        .when("is_pie")
        .then(pl.lit(UNCHANGED)),
        evidence=-pl.col("p_any_change").clip(1e-30).log10(),
    )
    found = named.group_by("comparison", maintain_order=True).agg(n=pl.col("finding").count())
    most = found.filter(pl.col("n") > 0).sort("n", descending=True, maintain_order=True).head(MOST_PANELS)
    drawn = (most if most.height else found.head(1))["comparison"].implode()
    frame = named.filter(pl.col("comparison").is_in(drawn))
    nothing = found.filter(pl.col("n") == 0).height
    notes = [f"nothing found in {nothing} other comparisons"] if most.height and nothing else []
    if found.filter(pl.col("n") > 0).height > MOST_PANELS:
        notes.append(f"the {MOST_PANELS} with most")
    widest, highest = frame.select(pl.col("estimate").abs().max(), pl.col("evidence").max().alias("high")).row(0)
    across, up = 2 * max(widest, 1e-9) / CELLS, max(highest, 1e-9) / CELLS
    return frame.with_columns(
        x=(pl.col("estimate") / across).round() * across, y=(pl.col("evidence") / up).floor() * up + up / 2
    ), notes


def _cells(frame: pl.DataFrame) -> alt.Chart:
    most = max([2, *frame["n"].drop_nulls().to_list()])
    return (
        alt.Chart()
        .transform_filter("isValid(datum.n)")
        .mark_square(color=GREY, size=30, aria=False)
        .encode(
            alt.X("x:Q", title=X_TITLE),
            alt.Y("y:Q", title=Y_TITLE),
            alt.Opacity("n:Q", scale=alt.Scale(type="log", domain=[1, most], range=[0.25, 1]), legend=None),
            tooltip=[alt.Tooltip("n:Q", title="examples", format=",d")],
        )
    )


def _points(frame: pl.DataFrame) -> alt.Chart:
    return (
        alt.Chart()
        .transform_filter("isValid(datum.kind)")
        .mark_circle(size=22, opacity=0.9, stroke=INK, strokeWidth=0.2)
        .encode(
            alt.X("estimate:Q", title=X_TITLE),
            alt.Y("evidence:Q", title=Y_TITLE),
            alt.Color("kind:N", scale=categories(frame["kind"], KINDS), title=None),
            tooltip=[
                alt.Tooltip("key:N"),
                alt.Tooltip("kind:N"),
                alt.Tooltip("estimate:Q", title="nats", format="+.2f"),
                alt.Tooltip("p_adjusted:Q", title="adjusted p", format=".3~g"),
            ],
        )
    )
