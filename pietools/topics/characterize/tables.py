"""How the tables about why these examples are lost read."""

import polars as pl

from pietools.results.rounding import count, decimal, p_value, points
from pietools.results.shown import (
    AGAINST,
    COMPRESSED,
    NOTE,
    P_ADJUSTED,
    Column,
    P,
    ShownTable,
    estimate_and_interval,
    text,
)

KEYS = ("reference", "compressed", "dataset", "outcome", "property", "measured_on")
ODDS = ("odds_ratio", "odds_ratio_conf_low", "odds_ratio_conf_high")


def _odds(title: str, side: str) -> Column:
    return Column(title, lambda r: decimal(r[f"odds_ratio_{side}"], 2))


def _side_by_side(frame: pl.DataFrame) -> pl.DataFrame:
    """A row per outcome and property of the joint models, with the sides' odds ratios as columns."""
    joint = frame.filter(model="joint")
    sides = joint.pivot("side", index=KEYS, values=[*ODDS, "p_adjusted", "flag"])
    return sides.with_columns(flag=pl.coalesce("flag_difference", "flag_plain"))


def _score(title: str, question: str) -> Column:
    return Column(title, lambda r: decimal(r[f"estimate_{question}"], 2))


PRIMARY = ShownTable(
    "characterize",
    "Why these examples? Odds ratio of staying right per sd of a property, at equal difficulty (95 %); below 1: hurt more",
    (
        COMPRESSED,
        AGAINST,
        text("term", "property"),
        Column("odds ratio", lambda r: estimate_and_interval(r, *ODDS)),
        P,
        P_ADJUSTED,
        Column("accuracy, points per sd", lambda r: points(r["marginal_effect"])),
        text("measured_on", "measured on"),
        NOTE,
    ),
    lambda frame: frame.filter(pl.col("term") != "(compression)"),
)
PIES = ShownTable(
    "characterize_pies",
    "Who becomes a PIE? Odds ratios per sd, all properties at once, beside dense against dense (95 %); the claim is the ratio",
    (
        COMPRESSED,
        AGAINST,
        text("outcome"),
        text("property"),
        _odds("compressed", "compressed"),
        _odds("dense vs dense", "baseline"),
        Column("ratio", lambda r: estimate_and_interval(r, *(f"{name}_difference" for name in ODDS))),
        Column("adjusted p", lambda r: p_value(r["p_adjusted_difference"])),
        _odds("published", "plain"),
        NOTE,
    ),
    _side_by_side,
    in_summary=False,
)
SCORES = ShownTable(
    "characterize_scores",
    "Do properties predict the PIEs, out of fold? Together, one alone, and PIEs of dense against dense networks",
    (
        COMPRESSED,
        AGAINST,
        Column("score", lambda r: r["score"].replace("_", " "), is_text=True),
        Column("PIEs", lambda r: count(r["n_events_compressed"])),
        _score("all properties", "compressed"),
        Column("by chance", lambda r: decimal(r["chance_compressed"], 2)),
        text("alone", "one"),
        _score("alone", "compressed-alone"),
        Column("beyond, p", lambda r: p_value(r["p_value_beyond-alone"])),
        _score("dense vs dense", "baseline"),
        Column("beyond, p", lambda r: p_value(r["p_value_beyond-baseline"])),
        NOTE,
    ),
    lambda frame: frame.pivot(
        "question",
        index=["reference", "compressed", "dataset", "alone", "score"],
        values=["n_events", "chance", "estimate", "conf_low", "conf_high", "p_value", "flag"],
    ).rename({"flag_compressed": "flag"}),
    in_summary=False,
)
TABLES = (PRIMARY, PIES, SCORES)
