"""Charts of regimes: are the same examples lost, does one lose more, and do the same properties matter?"""

from collections.abc import Mapping

import altair as alt
import polars as pl

from pietools.conventions import LEVEL
from pietools.drawing.figure import FigureSpec
from pietools.drawing.forest import COLUMNS, forest, in_points, is_significant, names_of, with_estimate
from pietools.drawing.side_by_side import columns_of, cut_at, side_by_side
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
    finished,
    in_common,
    shortened,
    with_panels,
)
from pietools.topics.regimes.tables import MARGINAL

CHANGE, RAW, CEILING = "change in error rate, corrected for noise", "as observed", "as observed, if it were 1"
CORRELATIONS = {CHANGE: BLUE, RAW: INK, CEILING: INK}
CORRELATION_SHAPES = {CHANGE: "circle", RAW: "cross", CEILING: "triangle-left"}
CORRELATION_TITLE = "Correlation over examples (95 % interval)"
# Corrected correlations can exceed 1, of which more is noise.
FURTHEST_CORRELATION = 1.5

OF_LOG_ODDS, OF_RANKS = "change of log odds", "by ranks within each network"
HIT_CORRELATION_TITLE = "Correlation over examples, corrected for noise (95 % interval)"

BOTH = "PIEs in both (95 %)"
OVERLAP = {BOTH: BLUE, NOTHING: GREY}
OVERLAP_SHAPES = {BOTH: "circle", NOTHING: "square"}
OVERLAP_TITLE = "PIEs in both regimes (examples)"

EQUAL = {
    "compression": "at equal compression",
    "points": "at equal loss of accuracy (points)",
    "relative": "at equal rise of the error rate (%)",
}
EQUAL_COLORS = dict(zip(EQUAL.values(), (BLUE, VERMILLION, GREEN), strict=True))
EQUAL_SHAPES = dict(zip(EQUAL.values(), ("circle", "diamond", "square"), strict=True))
MEASURES = {"excess": "excess PIEs", "forgotten": "forgotten examples"}
LOSS_TITLE = "Difference (examples, 95 % interval)"
LINEAR = alt.Scale(padding=8, nice=False)

DIFFERS, NOT_SHOWN = f"differs (p ≤ {LEVEL}, adjusted over the properties)", "not significant"
DIFFERENCE_COLORS = {DIFFERS: VERMILLION, NOT_SHOWN: GREY}
EFFECTS = {
    "log odds ratio": "Difference of log odds ratios (95 % interval)",
    MARGINAL: "Difference (percentage points, 95 % interval)",
}
JOINT = "(joint)"

LOST = "lost"
LOST_COLORS = {LOST: BLUE, NOTHING: INK}
LOST_TITLE = "Lost examples"


def change_correlations(regimes: pl.DataFrame) -> AnyChart:
    """Correlation of the change in error rate between two regimes, corrected and as observed.

    Parameters
    ----------
    regimes
        Rows of ``results.regimes``. Each compression and data set becomes a panel with a row per pair of regimes.
    """
    parts = {
        CHANGE: ("estimate", "conf_low", "conf_high", "p_value"),
        RAW: ("raw", None, None, None),
        CEILING: ("attenuation", None, None, None),
    }
    frame, limit = cut_at(_of_pairs(regimes, parts), FURTHEST_CORRELATION, at_least=FURTHEST_CORRELATION)
    cut = [] if limit is None else [f"longer intervals end at ±{limit:.3g}"]
    return _drawn(frame, "Are the same examples hit?", CORRELATION_TITLE, CORRELATIONS, CORRELATION_SHAPES, cut)


def hit_correlations(regimes_changes: pl.DataFrame) -> AnyChart:
    """Correlation of the change of log odds between two regimes, and of one with itself, corrected; and by ranks.

    Parameters
    ----------
    regimes_changes
        Rows of ``results.regimes_changes``. Each compression and data set becomes a panel with a row per pair of regimes.
    """
    parts = {
        OF_LOG_ODDS: ("estimate", "conf_low", "conf_high", "p_value"),
        OF_RANKS: ("rank_estimate", "rank_conf_low", "rank_conf_high", "p_value"),
    }
    itself = pl.when(pl.col("regime_a") == pl.col("regime_b")).then(pl.lit("itself")).otherwise("regime_b")
    named = regimes_changes.with_columns(regime_b=itself)
    frame, limit = cut_at(_of_pairs(named, parts), FURTHEST_CORRELATION, at_least=FURTHEST_CORRELATION)
    cut = [] if limit is None else [f"longer intervals end at ±{limit:.3g}"]
    colors = {OF_LOG_ODDS: VERMILLION, OF_RANKS: GREY}
    shapes = {OF_LOG_ODDS: "circle", OF_RANKS: "diamond"}
    return _drawn(frame, "Are the same examples hit?", HIT_CORRELATION_TITLE, colors, shapes, cut)


def overlaps(regimes_overlap: pl.DataFrame) -> AnyChart:
    """Examples that are PIEs in both of two regimes, over the range after shuffling dense and compressed networks.

    Parameters
    ----------
    regimes_overlap
        Rows of ``results.regimes_overlap``. Each compression and data set becomes a panel with a row per pair of regimes.
    """
    parts = {
        NOTHING: ("null_mean", "null_conf_low", "null_conf_high", "p_value"),
        BOTH: ("n_both", "conf_low", "conf_high", "p_value"),
    }
    frame = _of_pairs(regimes_overlap, parts)
    return _drawn(frame, "Are the same examples PIEs?", OVERLAP_TITLE, OVERLAP, OVERLAP_SHAPES, [])


def _of_pairs(regimes: pl.DataFrame, parts: Mapping[str, tuple[str | None, ...]]) -> pl.DataFrame:
    """A row per pair of regimes and kind of number, in panels of a compression and data set."""
    return with_panels(_by_kind(regimes.with_columns(_pairs(regimes, "–")), parts), "dataset", "compression")


def _drawn(
    frame: pl.DataFrame, title: str, x_title: str, colors: dict[str, str], shapes: dict[str, str], notes: list[str]
) -> AnyChart:
    x = {"title": x_title, "scale": LINEAR}
    subtitle = " · ".join([*in_common(frame, "dataset", "compression"), *notes])
    return finished(
        side_by_side(frame, x, colors, shapes, line=0),
        frame,
        title,
        [subtitle],
        columns=columns_of(frame),
        own_rows=_has_own_rows(frame),
    )


def losses(regimes_counts: pl.DataFrame) -> AnyChart:
    """Difference of what two regimes lose, with its 95 % interval.

    Parameters
    ----------
    regimes_counts
        Rows of ``results.regimes_counts`` of one measure. Each compression and data set becomes a panel with a row per pair of
        regimes, of at most 40 rows: those with the smallest p. Where a pair is matched in one direction only, that one is drawn,
        with its sign turned if it is the other one.

    Raises
    ------
    ValueError
        If the rows are of several measures.
    """
    if regimes_counts["measure"].n_unique() > 1:
        raise ValueError("losses draws one measure: filter the frame first")
    rows = _one_direction(regimes_counts)
    named = rows.with_columns(_pairs(rows, "−"), kind=pl.col("equal").replace_strict(EQUAL))
    shown, notes = with_estimate(named, "dataset", "compression")
    frame, limit = cut_at(with_panels(shown, "dataset", "compression"), float("inf"))
    notes += [] if limit is None else [f"longer intervals end at ±{limit:,.0f}"]
    subtitle = " · ".join([*in_common(frame, "dataset", "compression"), *notes])
    x = {"title": LOSS_TITLE, "scale": LINEAR}
    return finished(
        side_by_side(frame, x, EQUAL_COLORS, EQUAL_SHAPES, line=0),
        frame,
        f"Does one regime have more {MEASURES[rows['measure'][0]]}?",
        [subtitle],
        columns=columns_of(frame),
        own_rows=_has_own_rows(frame),
    )


def _one_direction(counts: pl.DataFrame) -> pl.DataFrame:
    """Rows with an estimate, each pair of regimes in the order in which it comes first; of two directions that order."""
    known = counts.filter(pl.col("estimate").is_not_null())
    names = list(dict.fromkeys(counts["regime_a"].to_list() + counts["regime_b"].to_list()))
    number = {name: pl.col(name).replace_strict(names, range(len(names))) for name in ("regime_a", "regime_b")}
    is_turned = number["regime_a"] > number["regime_b"]
    turned = (
        known.filter(is_turned)
        .rename({"regime_a": "regime_b", "regime_b": "regime_a"})
        .with_columns(-pl.col("estimate"), conf_low=-pl.col("conf_high"), conf_high=-pl.col("conf_low"))
    )
    return pl.concat([known.filter(~is_turned), turned.select(known.columns)]).unique(
        ["dataset", "compression", "measure", "equal", "regime_a", "regime_b"], keep="first", maintain_order=True
    )


def coefficient_differences(regimes_coefficients: pl.DataFrame) -> AnyChart:
    """Difference of each property's effect between two regimes with its 95 % interval.

    Parameters
    ----------
    regimes_coefficients
        Rows of ``results.regimes_coefficients`` of one effect. Each pair of regimes, compression and data set becomes a
        panel, of at most 40 properties: those with the smallest p.

    Raises
    ------
    ValueError
        If the rows are of several effects.
    """
    if regimes_coefficients["effect"].n_unique() > 1:
        raise ValueError("coefficient_differences draws one effect: filter the frame first")
    effect = regimes_coefficients["effect"][0]
    terms = regimes_coefficients.filter(pl.col("term") != JOINT)
    named = terms.with_columns(_pairs(terms, "−").alias("pair"), name=shortened(terms["term"]))
    shown, notes = with_estimate(named, "dataset", "compression", "pair")
    kind = pl.when(is_significant("p_adjusted")).then(pl.lit(DIFFERS)).otherwise(pl.lit(NOT_SHOWN))
    frame = with_panels(shown.with_columns(kind=kind), "dataset", "compression", "pair")
    # A difference of two changes.
    frame = in_points(frame, 200) if effect == MARGINAL else frame
    frame, limit = cut_at(frame, float("inf"))
    notes += [] if limit is None else [f"longer intervals end at ±{limit:.3g}"]
    columns = columns_of(frame)
    chart = forest(frame, EFFECTS[effect], DIFFERENCE_COLORS).properties(width=WIDTH if columns == 1 else PANEL_WIDTH)
    meaning = "effect on accuracy, per standard deviation" if effect == MARGINAL else "per standard deviation"
    subtitle = " · ".join([*in_common(frame, "dataset", "compression", "pair"), meaning, *notes])
    return finished(
        chart, frame, "Do the same properties matter?", [subtitle], columns=columns, own_rows=_has_own_rows(frame)
    )


def transitions(regimes_transitions: pl.DataFrame) -> AnyChart:
    """Examples that are lost in all regimes, in several, or in one only, beside how many after shuffling the networks.

    Parameters
    ----------
    regimes_transitions
        Rows of ``results.regimes_transitions``; those of no regime are not drawn. Each compression and data set becomes a
        panel.
    """
    rows = regimes_transitions.filter(pl.col("group") != "none")
    only = pl.format("only in {}", "regime")
    name = pl.when(pl.col("regime").is_not_null()).then(only).otherwise(pl.format("in {}", "group"))
    named = rows.with_columns(shortened(rows.select(name=name)["name"]))
    parts = {NOTHING: ("expected", "conf_low", "conf_high", None), LOST: ("n", None, None, None)}
    frame = with_panels(_by_kind(named, parts), "dataset", "compression")
    chart = _lost(frame)
    subtitle = " · ".join(in_common(frame, "dataset", "compression"))
    return finished(
        chart,
        frame,
        "Lost in all regimes, or only in one?",
        [subtitle],
        columns=columns_of(frame),
        own_rows=_has_own_rows(frame),
    )


def _pairs(frame: pl.DataFrame, between: str) -> pl.Series:
    """Names of the two regimes."""
    return shortened(frame.select(name=pl.format(f"{{}} {between} {{}}", "regime_a", "regime_b"))["name"])


def _has_own_rows(frame: pl.DataFrame) -> bool:
    """Whether panels differ in their rows, so that each needs its own axis."""
    return frame.select("panel", "name").n_unique() < frame["panel"].n_unique() * frame["name"].n_unique()


def _by_kind(frame: pl.DataFrame, parts: Mapping[str, tuple[str | None, ...]]) -> pl.DataFrame:
    """Row per row of the frame and kind, whose estimate, interval and p are in other columns; those without estimate left out."""
    numbers = (*COLUMNS, "p_value")
    long = [
        frame.select(
            "dataset",
            "compression",
            "name",
            kind=pl.lit(kind),
            **{
                name: (pl.col(column) if column else pl.lit(None)).cast(pl.Float64)
                for name, column in zip(numbers, columns, strict=True)
            },
        )
        for kind, columns in parts.items()
    ]
    return pl.concat(long).drop_nulls("estimate")


def _lost(frame: pl.DataFrame) -> AnyChart:
    """Bars of what is lost, and over them the range after shuffling."""
    color = alt.Color("kind:N", scale=categories(frame["kind"], LOST_COLORS), title=None)
    y = alt.Y("name:N", title=None, sort=names_of(frame))
    tooltip = [alt.Tooltip(name) for name in ("name:N", "kind:N")]
    tooltip += [alt.Tooltip(f"{column}:Q", format=",.4~g") for column in COLUMNS]
    base = alt.Chart().encode(y, color, tooltip=tooltip)
    null = base.transform_filter(alt.datum.kind == NOTHING)
    count, low = (alt.X(f"{column}:Q", title=LOST_TITLE) for column in COLUMNS[:2])
    layers = (
        base.transform_filter(alt.datum.kind == LOST).mark_bar(height=16).encode(count),
        null.mark_rule(strokeWidth=2).encode(low, alt.X2("conf_high")),
        null.mark_tick(thickness=3, size=12).encode(count),
    )
    width = WIDTH if columns_of(frame) == 1 else PANEL_WIDTH
    return alt.layer(*layers, data=frame).properties(width=width, height=alt.Step(26))


FIGURES = (
    FigureSpec(
        "regimes_changes",
        hit_correlations,
        "hit-correlations",
        "Correlation between regimes of the change of log odds on {dataset}, corrected for noise (and so at times above 1), and by "
        "ranks; itself: the same regime, its second dense networks compressed.",
        test="95 % intervals over networks and examples.",
        by=("dataset",),
        where=pl.col("flag").is_null(),
        is_answer=True,
        is_first=True,
    ),
    FigureSpec(
        "regimes",
        change_correlations,
        "correlations",
        "Correlation between regimes of the change in error rate on {dataset}, corrected for noise and as observed.",
        test="95 % intervals over networks and examples.",
        by=("dataset",),
        is_answer=True,
    ),
    FigureSpec(
        "regimes_overlap",
        overlaps,
        "overlaps",
        "Examples of {dataset} that are PIEs in both regimes, and how many after shuffling dense and compressed networks.",
        by=("dataset",),
        needs="n_both",
    ),
    FigureSpec(
        "regimes_counts",
        losses,
        "regime-losses",
        "Difference between regimes of {measure} on {dataset}.",
        by=("measure", "dataset"),
        words=MEASURES,
    ),
    FigureSpec(
        "regimes_coefficients",
        coefficient_differences,
        "regime-effects",
        "Difference between regimes of each property's {effect}: {compression} on {dataset}.",
        by=("effect", "compression", "dataset"),
        where=pl.col("term") != JOINT,
    ),
    FigureSpec(
        "regimes_transitions",
        transitions,
        "transitions",
        "Examples of {dataset} lost in all regimes, in several or in one only.",
        by=("dataset",),
        needs="n",
        is_answer=True,
    ),
)
