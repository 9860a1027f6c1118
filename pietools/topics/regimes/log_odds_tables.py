"""Result tables about whether two regimes lose the same examples, by log odds, and how they read."""

import polars as pl

from pietools.results.column_runs import FLAG, PAIRING, REGIMES, SAME_COMPRESSION, interval
from pietools.results.rounding import MISSING, count, decimal, p_value
from pietools.results.shown import (
    NOTE,
    P,
    Row,
    Shown,
    ShownColumn,
    count_interval,
    decimal_interval,
    estimate_and_interval,
    number,
    text,
)
from pietools.results.table import Column, Json, Table


def _both(row: Row) -> str:
    if row["n_hit_both"] is None:
        return MISSING
    expected = count_interval(row["null_conf_low"], row["null_conf_high"])
    return f"{count(row['n_hit_both'])} ({expected})"


CHANGES = Table(
    "regimes_changes",
    "data set, compression and pair of regimes",
    "were the same examples hit?",
    (
        *SAME_COMPRESSION,
        *REGIMES,
        Column("reference_a", str, "reference of regime a", required=True),
        Column("compressed_a", str, "compressed population of regime a", required=True),
        Column(
            "reference_b",
            str,
            "reference of regime b; a regime with itself: its second dense population",
            required=True,
        ),
        Column("compressed_b", str, "compressed population of regime b", required=True, is_key=True),
        PAIRING,
        Column(
            "difficulty",
            str,
            "what was taken off besides class, as a spline: log odds of held-out (second dense populations) or half (half of the "
            "networks)",
        ),
        Column("n", int, "examples whose log odds are known in both regimes"),
        Column("estimate", float, "disattenuated correlation of the change of normalised log odds"),
        Column("std_error", float, "standard error of the estimate"),
        *interval(),
        Column("p_value", float, "two-sided, of no correlation"),
        Column(
            "p_holm",
            float,
            "p_value adjusted over the pairs of regimes on the data set (Holm); null for one with itself",
        ),
        Column("raw", float, "correlation of the mean changes as they are"),
        Column("attenuation", float, "what raw would be if the estimate were 1"),
        Column("covariance", float, "covariance of the expected changes, squared nats"),
        Column("variance_a", float, "variance of the expected change in regime a"),
        Column("variance_b", float, "variance of the expected change in regime b"),
        Column(
            "p_change_a", float, "one-sided: does compression change log odds in a at all, beyond difficulty and class?"
        ),
        Column("p_change_b", float, "one-sided: does it in b?"),
        Column("rank_estimate", float, "the same correlation by normal scores of the ranks within each network"),
        Column("rank_conf_low", float, "lower end of its 95 % interval"),
        Column("rank_conf_high", float, "upper end of its 95 % interval"),
        Column("n_hit_a", int, "examples hit in a, as results.examples_hits has them"),
        Column("n_hit_b", int, "examples hit in b"),
        Column("n_hit_both", int, "examples hit in both"),
        Column("null_mean", float, "n_hit_both if the hits of a and b were unrelated among examples as hard"),
        Column("null_conf_low", float, "2.5 % quantile of that"),
        Column("null_conf_high", float, "97.5 % quantile of that"),
        Column("overlap_p", float, "that they are unrelated, one-sided"),
        Column("n_networks", int, "networks of the smallest population"),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "The same examples? Correlation of the change of log odds, without the networks' noise (95 %)",
            (
                text("compression"),
                text("regime_a", "regime"),
                ShownColumn(
                    "and", lambda r: "itself" if r["regime_a"] == r["regime_b"] else r["regime_b"], is_text=True
                ),
                ShownColumn("correlation", estimate_and_interval),
                P,
                number("over pairs", "p_holm", p_value),
                ShownColumn("by ranks", lambda r: decimal_interval(r["rank_conf_low"], r["rank_conf_high"])),
                ShownColumn("hit in both (if unrelated)", _both),
                number("attenuation", "attenuation", decimal, 2),
                NOTE,
            ),
            lambda frame: frame.filter(pl.col("n").is_not_null()),
        ),
    ),
    json=Json("rows", "regimes_changes"),
)

HITS = Table(
    "regimes_hits",
    "data set, compression and group of regimes",
    "how many examples are hit in all regimes, in one only, in none?",
    (
        *SAME_COMPRESSION,
        Column("group", str, "all, only (one regime), several, none", required=True, is_key=True),
        Column("regime", str, "the one regime", is_key=True),
        Column(
            "delta",
            float,
            "change of log odds beyond the trend from which an example counts as hit, nats",
            required=True,
        ),
        Column("n", float, "expected number of examples, by the posterior of each", required=True),
        Column("expected", float, "the same if regimes hit unrelated examples among those as hard", required=True),
    ),
    is_answer=True,
    shown=(
        Shown(
            "Examples hit in all regimes, in one, in none (expected numbers by the posterior)",
            (
                text("compression"),
                ShownColumn("hit in", lambda r: f"only {r['regime']}" if r["regime"] else r["group"], is_text=True),
                number("examples", "n", count),
                number("if unrelated", "expected", count),
            ),
        ),
    ),
    json=Json("rows", "regimes_hits"),
)
