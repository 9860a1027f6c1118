"""Charts of one pair of networks: by how much accuracy changed, and how sure the reference was of the answers that changed."""

import altair as alt
import polars as pl

from pietools.drawing.forest import forest, in_points
from pietools.drawing.style import BLUE, CONFIG, GREY, INK, VERMILLION, WIDTH, AnyChart, categories, shortened

KINDS = {"worse": VERMILLION, "better": BLUE, "neither is shown": GREY}
CHANGES = {
    "lost": VERMILLION,
    "gained": BLUE,
    "wrong to another wrong": GREY,
    "changed (no labels)": INK,
}


def change_of_accuracy(rows: pl.DataFrame, margin: float) -> AnyChart:
    """Changes of accuracy with their intervals, beside the margin.

    Parameters
    ----------
    rows
        ``name``, ``estimate``, ``conf_low``, ``conf_high`` (fractions) and ``p_value`` (one-sided), a row for each pair.
    margin
        Largest fall that would not matter, a fraction.
    """
    kind = (
        pl.when(pl.col("conf_high") < 0)
        .then(pl.lit("worse"))
        .when(pl.col("conf_low") > 0)
        .then(pl.lit("better"))
        .otherwise(pl.lit("neither is shown"))
    )
    frame = in_points(rows).with_columns(shortened(rows["name"]), kind=kind)
    within = alt.Chart().mark_rect(color="#e6e6e6").encode(x=alt.datum(-100 * margin), x2=alt.datum(0))
    chart = forest(frame, "Change of accuracy (percentage points, 95 %; grey: the margin)", KINDS, below=[within])
    return chart.configure(**CONFIG)


def changed_by_confidence(bands: pl.DataFrame) -> AnyChart:
    """Share of answers that changed, by the probability that the reference gave them.

    Parameters
    ----------
    bands
        ``low``, ``high``, ``n``, ``changed``, ``lost`` and ``gained`` (null without labels), counts.
    """
    name = pl.format(
        "{} to {}", *(pl.col(end).round(2).cast(pl.String).str.strip_suffix(".0") for end in ("low", "high"))
    )
    parts = bands.with_columns(
        pl.col("lost", "gained").cast(pl.Int64),
        name=name,
    ).with_columns(
        **{
            "wrong to another wrong": pl.col("changed") - pl.col("lost") - pl.col("gained"),
            "changed (no labels)": pl.when(pl.col("lost").is_null()).then("changed"),
        }
    )
    long = parts.unpivot(list(CHANGES), index=["name", "n"], variable_name="kind", value_name="count").drop_nulls(
        "count"
    )
    long = long.with_columns(
        percent=100 * pl.col("count") / pl.col("n"),
        position=pl.col("kind").replace_strict(list(CHANGES), range(len(CHANGES))),
    )
    bars = alt.Chart(long).mark_bar(height=16, stroke="white", strokeWidth=0.5)
    chart = bars.encode(
        x=alt.X("percent:Q", title="Answers that changed (% of the band)"),
        y=alt.Y("name:N", title="Probability that the reference gave its answer", sort=parts["name"].to_list()),
        color=alt.Color("kind:N", scale=categories(long["kind"], CHANGES), title=None),
        order=alt.Order("position:Q"),
        tooltip=["name:N", "kind:N", "count:Q", alt.Tooltip("percent:Q", title="% of the band", format=".1f")],
    )
    return chart.properties(width=WIDTH, height=alt.Step(30)).configure(**CONFIG)
