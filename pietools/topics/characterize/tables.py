"""Result tables about why these examples are lost, and how they read."""

import polars as pl

from pietools.results.column_runs import COMPARISON, FLAG, MEASURED_ON, ODDS_RATIO, PAIRING, estimate, interval
from pietools.results.rounding import count, decimal, p_value, points
from pietools.results.shown import (
    AGAINST,
    COMPRESSED,
    NOTE,
    P_ADJUSTED,
    P,
    Shown,
    ShownColumn,
    estimate_and_interval,
    number,
    text,
)
from pietools.results.table import Column, Json, Table
from pietools.topics.characterize.change_tables import CHANGES

COMPRESSION = "(compression)"
SIDES = ["compressed", "baseline", "difference", "plain"]
CONTRASTS = ["compressed", "compressed-alone", "baseline", "beyond-alone", "beyond-baseline"]
ODDS = tuple(column.name for column in ODDS_RATIO)
N_MISSING = Column("n_missing", int, "examples left out because a property is missing")
MARGINAL = (
    Column("marginal_effect", float, "change of the probability per standard deviation"),
    Column("marginal_effect_std_error", float, "its standard error"),
)
VIF = Column("vif", float, "variance inflation factor")
_KEYS = ("reference", "compressed", "dataset", "outcome", "property", "measured_on")


def _odds(title: str, side: str) -> ShownColumn:
    return number(title, f"odds_ratio_{side}", decimal, 2)


def _side_by_side(frame: pl.DataFrame) -> pl.DataFrame:
    """A row per outcome and property of the joint models, with the sides' odds ratios as columns."""
    joint = frame.filter(model="joint")
    sides = joint.pivot("side", on_columns=SIDES, index=_KEYS, values=[*ODDS, "p_adjusted", "flag"])
    return sides.with_columns(flag=pl.coalesce("flag_difference", "flag_plain"))


def _score(title: str, contrast: str) -> ShownColumn:
    return number(title, f"estimate_{contrast}", decimal, 2)


PRIMARY = Table(
    "characterize",
    "comparison, data set and term of the primary model",
    "which properties make compression hurt more, at equal difficulty?",
    (
        *COMPARISON,
        PAIRING,
        MEASURED_ON,
        Column("term", str, "a property; (compression): where all are at their mean", required=True, is_key=True),
        Column("n", int, "informative examples: some network right and some wrong"),
        N_MISSING,
        *estimate("log odds ratio of staying right", p_adjusted="Benjamini–Hochberg, over the properties"),
        *ODDS_RATIO,
        Column("std_error_networks", float, "for other networks on the same examples; std_error is for others too"),
        Column("std_error_information", float, "networks taken as independent, for comparison"),
        *MARGINAL,
        VIF,
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Why these examples? Odds ratio of staying right per sd of a property, at equal difficulty (95 %); "
            "below 1: hurt more",
            (
                COMPRESSED,
                AGAINST,
                text("term", "property"),
                ShownColumn("odds ratio", lambda r: estimate_and_interval(r, *ODDS)),
                P,
                P_ADJUSTED,
                number("accuracy, points per sd", "marginal_effect", points),
                text("measured_on", "measured on"),
                NOTE,
            ),
            lambda frame: frame.filter(pl.col("term") != COMPRESSION),
        ),
    ),
    json=Json("rows", "characterize"),
)

PIES = Table(
    "characterize_pies",
    "comparison, data set, outcome, side, model and property",
    "logistic regression of PIEs, beside the same for dense-against-dense PIEs",
    (
        *COMPARISON,
        Column("outcome", str, "pie or forgotten", required=True, is_key=True),
        Column(
            "side",
            str,
            "compressed, baseline (dense against dense), difference: over disjoint sets of networks; plain: the published "
            "form, all networks, examples random",
            required=True,
            is_key=True,
        ),
        Column("model", str, "joint or alone", required=True, is_key=True),
        Column("property", str, "name of the property", required=True, is_key=True),
        MEASURED_ON,
        Column("set_size", int, "networks behind each modal label; null: all"),
        Column("n", int, "examples"),
        Column("n_events", int, "examples with the outcome"),
        *estimate("log odds ratio", p_adjusted="Benjamini–Hochberg, within side and model"),
        *ODDS_RATIO,
        *MARGINAL,
        VIF,
        N_MISSING,
        FLAG,
    ),
    shown=(
        Shown(
            "Who becomes a PIE? Odds ratios per sd, all properties at once, beside dense against dense (95 %); "
            "the claim is the ratio",
            (
                COMPRESSED,
                AGAINST,
                text("outcome"),
                text("property"),
                _odds("compressed", "compressed"),
                _odds("dense vs dense", "baseline"),
                ShownColumn("ratio", lambda r: estimate_and_interval(r, *(f"{name}_difference" for name in ODDS))),
                number("adjusted p", "p_adjusted_difference", p_value),
                _odds("published", "plain"),
                NOTE,
            ),
            _side_by_side,
            is_answer=False,
        ),
    ),
    json=Json("rows", "characterize_pies"),
)

SCORES = Table(
    "characterize_scores",
    "comparison, data set, contrast and score",
    "do properties predict which examples are PIEs?",
    (
        *COMPARISON,
        Column(
            "contrast",
            str,
            "compressed, compressed-alone (one property), baseline (dense against dense), beyond-alone, beyond-baseline",
            required=True,
            is_key=True,
            json="question",
        ),
        Column("alone", str, "the one property"),
        Column("score", str, "auc or average_precision, out of fold", required=True, is_key=True),
        Column("n_events", int, "PIEs"),
        Column("chance", float, "what no knowledge gives"),
        *estimate("the score, or the difference of two"),
        FLAG,
    ),
    shown=(
        Shown(
            "Do properties predict the PIEs, out of fold? Together, one alone, and PIEs of dense against dense networks",
            (
                COMPRESSED,
                AGAINST,
                ShownColumn("score", lambda r: r["score"].replace("_", " "), is_text=True),
                number("PIEs", "n_events_compressed", count),
                _score("all properties", "compressed"),
                number("by chance", "chance_compressed", decimal, 2),
                text("alone", "one"),
                _score("alone", "compressed-alone"),
                number("beyond, p", "p_value_beyond-alone", p_value),
                _score("dense vs dense", "baseline"),
                number("beyond, p", "p_value_beyond-baseline", p_value),
                NOTE,
            ),
            lambda frame: frame.pivot(
                "contrast",
                on_columns=CONTRASTS,
                index=["reference", "compressed", "dataset", "alone", "score"],
                values=["n_events", "chance", "estimate", "conf_low", "conf_high", "p_value", "flag"],
            ).rename({"flag_compressed": "flag"}),
            is_answer=False,
        ),
    ),
    json=Json("rows", "characterize_scores"),
)

SHAPES = Table(
    "characterize_shapes",
    "comparison, data set, property, model and point",
    "the shape of an effect",
    (
        *COMPARISON,
        Column("property", str, "name of the property", required=True, is_key=True),
        Column(
            "model",
            str,
            "conditional (primary model); compressed, baseline: PIEs of one split into disjoint sets of networks, against "
            "dense ones for the baseline",
            required=True,
            is_key=True,
        ),
        Column("value", float, "of the property; null where there is no curve, and flag says why"),
        Column("estimate", float, "log odds (ratio), less that at the median"),
        Column("std_error", float, "standard error of the estimate"),
        *interval("the estimate, at this point"),
        *ODDS_RATIO,
        FLAG,
    ),
)

CALIBRATION = Table(
    "characterize_calibration",
    "comparison, data set and bin",
    "predicted probability of being a PIE against the share that are",
    (
        *COMPARISON,
        Column("bin", int, "number of the bin, from the least probable", required=True),
        Column("n", int, "examples in the bin", required=True),
        Column("predicted", float, "mean out-of-fold probability", required=True),
        Column("observed", float, "share of PIEs", required=True),
        Column("conf_low", float, "lower end of the Wilson 95 % interval; the examples are random"),
        Column("conf_high", float, "upper end of the Wilson 95 % interval"),
    ),
)
TABLES = (CHANGES, PRIMARY, PIES, SCORES, SHAPES, CALIBRATION)
