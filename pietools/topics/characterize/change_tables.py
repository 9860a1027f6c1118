"""The primary result table about why these examples: the change of log odds explained, and how it reads."""

import polars as pl

from pietools.conventions import DIFFICULTY
from pietools.results.column_runs import COMPARISON, FLAG, MEASURED_ON, PAIRING, estimate
from pietools.results.rounding import decimal
from pietools.results.shown import (
    AGAINST,
    COMPRESSED,
    NOTE,
    P_ADJUSTED,
    Shown,
    ShownColumn,
    decimal_interval,
    estimate_and_interval,
    number,
    text,
)
from pietools.results.table import Column, Json, Table

CHANGES = Table(
    "characterize_changes",
    "comparison, data set and property",
    "which properties make compression take more, at equal difficulty?",
    (
        *COMPARISON,
        PAIRING,
        MEASURED_ON,
        Column("term", str, "a property; difficulty: mean log odds, along its spline", required=True, is_key=True),
        Column("n", int, "examples whose log odds and properties are all known"),
        Column("n_missing", int, "labelled examples left out, because one of them is not"),
        *estimate(
            "change of log odds, nats, per standard deviation that the property would have without noise",
            p_adjusted="Benjamini–Hochberg, over the properties without difficulty",
        ),
        Column("reliability", float, "share of the property's variance that is no noise of networks"),
        Column(
            "r2_gain", float, "what it adds to the explained share of the variance of the expected change, out of fold"
        ),
        Column("vif", float, "variance inflation factor among the properties and difficulty"),
        Column("control_estimate", float, "the same for dense against dense networks, halves of the reference"),
        Column("control_conf_low", float, "lower end of its 95 % interval"),
        Column("control_conf_high", float, "upper end of its 95 % interval"),
        Column("control_p_value", float, "two-sided, of no effect"),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Why these examples? Change of log odds (nats) per sd of a property, at equal difficulty (95 %); below 0: loses more",
            (
                COMPRESSED,
                AGAINST,
                text("term", "property"),
                ShownColumn("change", estimate_and_interval),
                P_ADJUSTED,
                ShownColumn(
                    "dense again",
                    lambda r: decimal_interval(r["control_conf_low"], r["control_conf_high"]),
                ),
                number("explains, share", "r2_gain", decimal, 3),
                number("reliability", "reliability", decimal, 2),
                NOTE,
            ),
            lambda frame: frame.filter(pl.col("term") != DIFFICULTY),
        ),
    ),
    json=Json("rows", "characterize_changes"),
)
