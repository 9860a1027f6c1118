"""Charts of the PIEs: beside their null, what exceeds it, and how the count depends on the number of networks."""

import altair as alt
import polars as pl

from pietools.drawing.figure import FigureSpec
from pietools.drawing.forest import forest, with_estimate
from pietools.drawing.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    NOTHING,
    PANEL_WIDTH,
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

SERIES = {"n_pies": "PIEs", "forgotten": "of which forgotten", "null_mean": NOTHING}
COLORS = {"PIEs": BLUE, "of which forgotten": VERMILLION, NOTHING: GREY}
SHAPES = {"PIEs": "circle", "of which forgotten": "diamond", NOTHING: "square"}
TITLE = "PIEs (% of examples)"

EXCESS_TITLE = "Excess PIEs (% of examples, 95 % interval)"
EXCESS = {"excess": BLUE}
SETS = {
    "n_pies": "PIEs",
    "between": "disjoint sets: dense against compressed",
    "reference_baseline": "disjoint sets: dense against dense",
    "compressed_baseline": "disjoint sets: compressed against compressed",
}
SET_COLORS = dict(zip(SETS.values(), (BLUE, VERMILLION, INK, GREEN), strict=True))


def sparsity_curve(pies: pl.DataFrame) -> AnyChart:
    """Share of examples that are PIEs, against compression, over the band where it lies after shuffling the networks.

    Parameters
    ----------
    pies
        Rows of ``results.pies``: any number of comparisons, regimes, methods and data sets.

    Notes
    -----
    Sparsity is on a numeric axis, in a panel per data set, regime and method, if every comparison has one, not all have the
    same and no panel has one twice. Otherwise comparisons are named, in a panel per data set.
    """
    by_method = with_panels(pies, "dataset", "regime", "method")
    is_ambiguous = by_method.select("panel", "sparsity").is_duplicated().any()
    subtitle = " · ".join(
        [*in_common(pies, "dataset", "regime"), count_or_range(pies["n_permutations"], "relabellings")]
    )
    if pies["sparsity"].null_count() or pies["sparsity"].n_unique() == 1 or is_ambiguous:
        frame = _by_series(with_panels(pies, "dataset"))
        return finished(_intervals(frame), frame, "PIEs against compression", [subtitle])
    n_methods = pies["method"].n_unique()
    columns = n_methods if n_methods > 1 else pies["regime"].n_unique()
    frame = _by_series(by_method)
    return finished(_curves(frame), frame, "PIEs against sparsity", [subtitle], columns=columns)


def excess(pies: pl.DataFrame) -> AnyChart:
    """PIEs between disjoint sets of reference and compressed networks beyond those within each population, with its 95 % interval.

    Parameters
    ----------
    pies
        Rows of ``results.pies``. Each data set becomes a panel, of at most 40 rows: those with the smallest p.
    """
    percent = 100 / pl.col("n_examples")
    named = pies.with_columns(
        comparison_names(pies).alias("name"),
        kind=pl.lit("excess"),
        estimate=pl.col("excess_pies").cast(pl.Float64) * percent,
        conf_low=pl.col("excess_conf_low").cast(pl.Float64) * percent,
        conf_high=pl.col("excess_conf_high").cast(pl.Float64) * percent,
    )
    shown, notes = with_estimate(named, "dataset")
    # The p of this table is that of the number of PIEs.
    frame = with_panels(shown.with_columns(p_value=None), "dataset")
    sets = count_or_range(shown["excess_set_size"], "networks in each of the disjoint sets")
    subtitle = " · ".join([*in_common(shown, "dataset"), sets, *notes])
    title = "PIEs beyond those between networks of one population"
    return finished(forest(frame, EXCESS_TITLE, EXCESS), frame, title, [subtitle], own_rows=True)


def by_replicates(pies_by_replicates: pl.DataFrame) -> AnyChart:
    """Number of PIEs against the number of networks, of whole populations and of disjoint sets within and between them.

    Parameters
    ----------
    pies_by_replicates
        Rows of ``results.pies_by_replicates``. Each comparison and data set becomes a panel.
    """
    named = pies_by_replicates.with_columns(comparison=comparison_names(pies_by_replicates))
    long = named.unpivot(
        list(SETS), index=["dataset", "comparison", "n_networks"], variable_name="column", value_name="count"
    )
    long = long.drop_nulls("count").with_columns(
        sets=pl.col("column").replace_strict(SETS), is_baseline=pl.col("column").str.ends_with("baseline")
    )
    frame = with_panels(long, "dataset", "comparison")
    subtitle = [*in_common(frame, "dataset", "comparison"), "mean over draws of networks"]
    title = "PIEs by number of networks"
    return finished(_against_networks(frame), frame, title, [" · ".join(subtitle)], columns=3)


def _against_networks(frame: pl.DataFrame) -> AnyChart:
    numbers = frame["n_networks"].unique().sort().to_list()
    scale = alt.Scale(type="log", base=2, padding=14, nice=False)
    x = alt.X("n_networks:Q", title="Networks per population (log scale)", scale=scale, axis=alt.Axis(values=numbers))
    y = alt.Y("count:Q", title="PIEs (examples)", scale=alt.Scale(nice=4))
    legend = alt.Legend(columns=2, labelLimit=0)
    color = alt.Color("sets:N", scale=categories(frame["sets"], SET_COLORS), title=None, legend=legend)
    names = (alt.Tooltip(name) for name in ("comparison:N", "sets:N", "n_networks:Q"))
    tooltip = [*names, alt.Tooltip("count:Q", title="PIEs", format=",.1f")]
    base = alt.Chart().encode(x, y, color, tooltip=tooltip)
    width = WIDTH if frame["panel"].n_unique() == 1 else PANEL_WIDTH
    layers = (
        base.transform_filter(~alt.datum.is_baseline).mark_line(),
        base.transform_filter(alt.datum.is_baseline).mark_line(strokeDash=[4, 3]),
        base.mark_point(size=40),
    )
    return alt.layer(*layers, data=frame).properties(width=width, height=220)


def _by_series(pies: pl.DataFrame) -> pl.DataFrame:
    """Row per comparison and series, in % of the examples; the interval belongs to the null. Unlabelled data have no forgotten."""
    described = pies.with_columns(comparison_names(pies))
    columns = ["panel", "comparison", "sparsity", "p_value", "n_examples", "null_conf_low", "null_conf_high"]
    long = described.with_columns(pl.col(*SERIES).cast(pl.Float64)).unpivot(
        list(SERIES), index=columns, variable_name="column", value_name="count"
    )
    percent = 100 / pl.col("n_examples")
    is_null = pl.col("column") == "null_mean"
    return long.drop_nulls("count").select(
        "panel",
        "comparison",
        "p_value",
        "count",
        series=pl.col("column").replace_strict(SERIES),
        sparsity=pl.col("sparsity").cast(pl.Float64) * 100,
        percent=pl.col("count") * percent,
        low=pl.when(is_null).then(pl.col("null_conf_low") * percent),
        high=pl.when(is_null).then(pl.col("null_conf_high") * percent),
    )


def _curves(frame: pl.DataFrame) -> AnyChart:
    x = alt.X("sparsity:Q", title="Sparsity (% of prunable weights)", scale=alt.Scale(zero=False, padding=14))
    null, observed = _null_and_observed(frame, x)
    # Few and round limits, so that no point lies on the edge.
    scale = alt.Scale(nice=4)
    low, high = alt.Y("low:Q", title=TITLE, scale=scale), alt.Y2("high")
    y = alt.Y("percent:Q", title=TITLE, scale=scale)
    layers = (
        null.mark_area(opacity=0.5).encode(low, high),
        # A panel with one sparsity has an area without width.
        null.mark_rule(strokeWidth=5, opacity=0.6).encode(low, high),
        null.mark_line(strokeDash=[4, 3], strokeWidth=1).encode(y, color=alt.value(INK)),
        observed.mark_line().encode(y),
        observed.mark_point().encode(y, _shape(frame)),
    )
    width = WIDTH if frame["panel"].n_unique() == 1 else PANEL_WIDTH
    return alt.layer(*layers, data=frame).properties(width=width, height=240)


def _intervals(frame: pl.DataFrame) -> AnyChart:
    y = alt.Y("comparison:N", title=None, sort=frame["comparison"].unique(maintain_order=True).to_list())
    null, observed = _null_and_observed(frame, y)
    low, high, x = alt.X("low:Q", title=TITLE), alt.X2("high"), alt.X("percent:Q", title=TITLE)
    layers = (
        null.mark_bar(height=14, opacity=0.6).encode(low, high),
        null.mark_tick(thickness=1.5, size=14).encode(x, color=alt.value(INK)),
        observed.mark_point().encode(x, _shape(frame)),
    )
    return alt.layer(*layers, data=frame).properties(width=WIDTH, height=alt.Step(34))


def _null_and_observed(frame: pl.DataFrame, position: alt.X | alt.Y) -> tuple[alt.Chart, alt.Chart]:
    """Bare charts of the two parts of the data, with what all layers share."""
    color = alt.Color("series:N", scale=categories(frame["series"], COLORS), title=None)
    tooltip = [
        alt.Tooltip("comparison:N"),
        alt.Tooltip("series:N"),
        alt.Tooltip("count:Q", title="examples", format=",.0f"),
        alt.Tooltip("percent:Q", title="% of examples", format=".2f"),
        alt.Tooltip("p_value:Q", title="p", format=".3~g"),
    ]
    base = alt.Chart().encode(position, color, tooltip=tooltip)
    return base.transform_filter(alt.datum.series == NOTHING), base.transform_filter(alt.datum.series != NOTHING)


def _shape(frame: pl.DataFrame) -> alt.Shape:
    return alt.Shape("series:N", scale=categories(frame["series"], SHAPES), title=None)


FIGURES = (
    FigureSpec(
        "pies",
        sparsity_curve,
        "pies",
        "Examples whose majority label changed (PIEs), and how many after shuffling dense and compressed networks.",
        test="Permutation test: the names dense and compressed shuffled among the networks.",
        needs="null_mean",
        where=pl.col("null_mean").is_not_null(),
        is_answer=True,
    ),
    FigureSpec(
        "pies",
        excess,
        "excess",
        "PIEs between disjoint sets of reference and compressed networks, beyond those within each population.",
        test="95 % intervals by the jackknife over networks.",
        needs="excess_pies",
        is_answer=True,
    ),
    FigureSpec(
        "pies_by_replicates",
        by_replicates,
        "replicates",
        "How the number of PIEs on {dataset} depends on the number of networks.",
        by=("dataset",),
        needs="n_pies",
    ),
)
