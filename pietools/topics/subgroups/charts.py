"""Charts of subgroups: how their rates changed, and what the PIEs are made of."""

import altair as alt
import polars as pl

from pietools.conventions import LEVEL
from pietools.drawing.figure import COMPARISON, FigureSpec
from pietools.drawing.forest import (
    COLUMNS,
    forest,
    in_points,
    is_significant,
    names_of,
    with_estimate,
)
from pietools.drawing.style import (
    BLUE,
    GREY,
    VERMILLION,
    WIDTH,
    AnyChart,
    about,
    categories,
    finished,
    in_common,
    shortened,
    with_panels,
)
from pietools.topics.subgroups.tables import RAW

SIGNIFICANT = f"changed (adjusted p ≤ {LEVEL})"
NOT_SIGNIFICANT = "not significant"
CHANGE_COLORS = {SIGNIFICANT: VERMILLION, NOT_SIGNIFICANT: GREY}
KINDS = {"share_pies": "of the PIEs", "share_others": "of the other examples"}
SHARE_COLORS = {"of the PIEs": BLUE, "of the other examples": GREY}
SHARE_TITLE = "Share that belongs to the group (%, 95 % interval)"


def group_change(subgroups: pl.DataFrame) -> AnyChart:
    """Change of each group's rate with its 95 % interval, in a panel per property.

    Parameters
    ----------
    subgroups
        Rows of ``results.subgroups`` of one comparison on one data set and one rate; of a property at most 40 groups, those
        with the smallest p.

    Raises
    ------
    ValueError
        If the rows are of several comparisons, data sets or rates.
    """
    _check(subgroups, "group_change", "rate")
    shown, notes = with_estimate(subgroups.with_columns(name=shortened(subgroups["group"])), "property")
    kind = pl.when(is_significant("p_adjusted")).then(pl.lit(SIGNIFICANT)).otherwise(pl.lit(NOT_SIGNIFICANT))
    frame = with_panels(in_points(shown).with_columns(kind=kind), "property")
    rate = subgroups["rate"][0].replace("_", " ")
    chart = forest(frame, f"Change of {rate} (percentage points, unadjusted 95 % interval)", CHANGE_COLORS)
    return finished(chart, frame, "Which groups changed?", _subtitle(subgroups, notes), own_rows=True)


def composition(subgroups_pies: pl.DataFrame) -> AnyChart:
    """Share of each group among the PIEs, beside its share among the other examples, in a panel per property.

    Parameters
    ----------
    subgroups_pies
        Rows of ``results.subgroups_pies`` of one comparison on one data set; of a property at most 40 groups, those with
        the smallest p.

    Raises
    ------
    ValueError
        If the rows are of several comparisons or data sets.
    """
    _check(subgroups_pies, "composition")
    shown, notes = with_estimate(subgroups_pies.with_columns(name=shortened(subgroups_pies["group"])), "property")
    frame = with_panels(_by_kind(shown), "property")
    return finished(_shares(frame), frame, "Who are the PIEs?", _subtitle(subgroups_pies, notes), own_rows=True)


def _check(frame: pl.DataFrame, chart: str, *columns: str) -> None:
    about_one = ("reference", "compressed", "dataset", *columns)
    if frame.select(about_one).n_unique() > 1:
        raise ValueError(f"{chart} draws rows of one {', '.join(about_one)}: filter the frame first")


def _subtitle(frame: pl.DataFrame, notes: list[str]) -> list[str]:
    more = [*in_common(frame, "property"), *notes]
    return [about(frame), *([" · ".join(more)] if more else [])]


def _by_kind(frame: pl.DataFrame) -> pl.DataFrame:
    """Two rows per group, in %: its share of the PIEs and of the other examples."""
    parts = [
        frame.select(
            "property",
            "name",
            "p_value",
            kind=pl.lit(kind),
            **{
                name: pl.col(column).cast(pl.Float64) * 100
                for name, column in zip(COLUMNS, (share, f"{share}_low", f"{share}_high"), strict=True)
            },
        )
        for share, kind in KINDS.items()
    ]
    return pl.concat(parts).drop_nulls("estimate")


def _shares(frame: pl.DataFrame) -> AnyChart:
    y = alt.Y("name:N", title=None, sort=names_of(frame))
    color = alt.Color("kind:N", scale=categories(frame["kind"], SHARE_COLORS), title=None)
    estimate, low = (alt.X(f"{column}:Q", title=SHARE_TITLE) for column in COLUMNS[:2])
    tooltip = [
        alt.Tooltip("name:N"),
        alt.Tooltip("kind:N"),
        *(alt.Tooltip(f"{column}:Q", format=".2f") for column in COLUMNS),
    ]
    layers = []
    for kind, shift in zip(SHARE_COLORS, (-4, 4), strict=True):
        base = alt.Chart().transform_filter(alt.datum.kind == kind).encode(y, color, tooltip=tooltip)
        known = base.transform_filter("isValid(datum.conf_low)")
        layers += [
            known.mark_rule(strokeWidth=2, yOffset=shift).encode(low, alt.X2("conf_high")),
            base.mark_point(yOffset=shift).encode(estimate),
        ]
    return alt.layer(*layers, data=frame).properties(width=WIDTH, height=alt.Step(26))


FIGURES = (
    FigureSpec(
        "subgroups",
        group_change,
        "subgroups",
        "Change of {rate} per group: {compressed} against {reference} on {dataset}.",
        by=("rate", *COMPARISON),
        where=pl.col("scale") == RAW,
        words={rate: rate.replace("_", " ") for rate in ("false_positive_rate", "false_negative_rate")},
        is_answer=True,
    ),
    FigureSpec(
        "subgroups_pies",
        composition,
        "composition",
        "Share of each group among the PIEs and among the other examples: {compressed} against {reference} on {dataset}.",
        by=COMPARISON,
    ),
)
