"""Result tables about single examples by their log odds, and how they read."""

import polars as pl

from pietools.results.column_runs import COMPARISON, FLAG
from pietools.results.rounding import MISSING, count, decimal, percent
from pietools.results.shown import (
    AGAINST,
    COMPRESSED,
    MAX_ROWS,
    NOTE,
    P_ADJUSTED,
    Row,
    Shown,
    ShownColumn,
    decimal_interval,
    first_of_each,
    number,
    text,
)
from pietools.results.table import Column, Json, Table

HIT, SPARED = "hit", "spared"
LOST, GAINED = "lost", "gained"


def _counted(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name, int, meaning, required=required)


def _share(name: str, meaning: str) -> Column:
    return Column(name, float, meaning)


def _before_and_after(row: Row) -> str:
    before, after = row["hit_error_reference"], row["hit_error_compressed"]
    return MISSING if before is None else f"{percent(before)} → {percent(after)}"


HITS = Table(
    "examples_hits",
    "comparison and data set",
    "how many examples were hit, more than examples as hard as they",
    (
        *COMPARISON,
        Column(
            "method",
            str,
            "log-odds: moderated t tests beyond the trend; votes: exact tests of right and wrong, where log odds are not known",
            required=True,
        ),
        Column("of", str, "label: log odds of the given label; modal label: of the reference's, where none is given"),
        Column("delta", float, "change beyond the trend that is ignored, nats; null by votes"),
        Column(
            "delta_reason", str, "why it is 0.5 and not 0.1: few-networks, curved-trend; asked: it was set; else null"
        ),
        _counted("n_examples", "examples that could be tested or not", required=True),
        _counted("n_tested", "those whose log odds are known of every network", required=True),
        _counted("n_unknown", "examples left out: a probability of 0 or 1 that was rounded has no log odds"),
        _counted("n_hit", "changed for the worse by more than delta, false discovery rate 5 %"),
        _counted("n_spared", "changed for the better by more than delta, likewise"),
        _counted("n_any_change", "changed at all beyond the trend, likewise"),
        _counted("n_large_change", "changed by more than 0.5 nats, likewise"),
        _counted("n_sure", "local false sign rate at most 5 %"),
        Column("control", str, "second dense population that the reference is compared with, or its own halves"),
        _counted("control_n_found", "examples found there by the same method and delta: there should be none"),
        _counted("control_n_any_change", "examples found there to have changed at all"),
        _share(
            "trend_nonlinearity", "distance of the trend from a straight line, standard deviation over examples, nats"
        ),
        _share("prior_df", "degrees of freedom that the common prior of the variances adds; null if it is all"),
        _share("error_reference", "share of wrong answers of reference networks, over the tested examples"),
        _share("error_compressed", "the same of compressed networks"),
        _share("hit_error_reference", "share of wrong answers of reference networks on the examples that were hit"),
        _share("hit_error_compressed", "the same of compressed networks"),
        _counted("n_lost", "probability at least 0.9 that the error rate rose by more than 0.1"),
        _counted("n_gained", "probability at least 0.9 that it fell by more than 0.1"),
        _share(
            "turned_lost",
            "expected number of examples whose majority answer would turn from right to wrong with unlimited networks",
        ),
        _share("turned_gained", "the same from wrong to right"),
        _counted("n_pies", "PIEs among the tested examples"),
        _counted("n_pies_found", "those of them that changed at all beyond the trend"),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Examples that were hit, or spared, more than examples as hard as they (log odds; false discovery rate 5 %)",
            (
                COMPRESSED,
                AGAINST,
                number("ignored up to, nats", "delta", decimal, 2),
                number("hit", "n_hit", count),
                number("spared", "n_spared", count),
                ShownColumn("wrong on the hit, %", _before_and_after),
                number("found between dense networks", "control_n_found", count),
                number("likely lost", "n_lost", count),
                number("gained", "n_gained", count),
                ShownColumn(
                    "PIEs shown to have changed",
                    lambda r: MISSING if r["n_pies"] is None else f"{count(r['n_pies_found'])} of {count(r['n_pies'])}",
                ),
                NOTE,
            ),
            lambda frame: frame.filter(method="log-odds"),
        ),
    ),
    json=Json("object", "examples"),
)

CHANGES = Table(
    "examples_changes",
    "comparison, data set and example",
    "how its log odds changed, beyond what happens to examples as hard; every example that was tested",
    (
        *COMPARISON,
        Column("example_id", int, "position of the example in the data set", required=True, is_key=True),
        Column("key", str, "its name", required=True),
        Column("label", int, "its given label"),
        _share("difficulty", "mean log odds over both populations, nats: the smaller, the harder"),
        _share("change", "change of its log odds on the common scale, nats"),
        _share("trend", "change of examples as hard"),
        _share("estimate", "change beyond the trend, nats"),
        _share("std_error", "its moderated standard error"),
        _share("conf_low", "lower end of its 95 % interval"),
        _share("conf_high", "upper end of its 95 % interval"),
        _share("p_value", "that it is at most delta in size (TREAT); random: the networks"),
        _share("p_adjusted", "p_value adjusted: Benjamini–Hochberg, over the tested examples"),
        _share("p_any_change", "that it is 0 (moderated t)"),
        _share("false_sign_rate", "probability that it is 0 or has the other sign"),
        Column("finding", str, "hit or spared, at a false discovery rate of 5 %; else null"),
        _share("error_reference", "share of reference networks that are expected to be wrong"),
        _share("error_compressed", "the same of compressed networks"),
        _share("p_lost", "probability that this share rose by more than 0.1"),
        _share("p_gained", "probability that it fell by more than 0.1"),
        Column("turned", str, "lost: p_lost at least 0.9; gained: p_gained at least 0.9; else null"),
        Column("is_pie", bool, "whether its modal label changed", required=True),
    ),
    is_answer=True,
    shown=(
        Shown(
            f"The clearest {MAX_ROWS} of the examples that were hit or spared; all tested ones are in results.examples_changes",
            (
                COMPRESSED,
                AGAINST,
                text("key"),
                text("finding"),
                ShownColumn(
                    "change beyond the trend, nats",
                    lambda r: f"{decimal(r['estimate'], 2)} ({decimal_interval(r['conf_low'], r['conf_high'])})",
                ),
                P_ADJUSTED,
                ShownColumn(
                    "wrong, %",
                    lambda r: (
                        MISSING
                        if r["error_reference"] is None
                        else f"{percent(r['error_reference'])} → {percent(r['error_compressed'])}"
                    ),
                ),
                text("turned"),
            ),
            lambda frame: first_of_each(
                frame.filter(pl.col("finding").is_not_null()).sort(
                    "p_value", pl.col("estimate").abs(), "example_id", descending=[False, True, False]
                )
            ),
            is_answer=False,
        ),
    ),
)
