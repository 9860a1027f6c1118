"""Result tables about PIEs, and how they read."""

from dataclasses import replace

import polars as pl

from pietools.results.column_runs import COMPARISON, COMPRESSION, P_HOLM, PAIRING, interval, null
from pietools.results.rounding import MISSING, count, decimal, p_value, percent
from pietools.results.shown import (
    AGAINST,
    COMPRESSED,
    P,
    Row,
    Shown,
    ShownColumn,
    count_and_interval,
    count_interval,
    number,
    text,
)
from pietools.results.table import Column, Json, Table


def _of_null(row: Row) -> str:
    return f"{count(row['null_mean'])} ({count(row['null_conf_low'])}–{count(row['null_conf_high'])})"


def _expected(row: Row) -> str:
    low = row["conf_low"]
    return count_interval(None if low is None else max(low, 0), row["conf_high"])


# The null distribution of their number; without any where a side has one network.
NULL = (
    Column(
        "n_permutations",
        int,
        "relabellings drawn, or enumerated if is_exact",
        json="null.n_permutations",
    ),
    Column("is_exact", bool, "whether all relabellings were enumerated", json="null.is_exact"),
    *null("the number of PIEs", "null"),
    Column("null_difference", float, "n_pies minus null_mean", json="null.difference"),
    Column(
        "p_value",
        float,
        "share of relabellings with at least as many PIEs, the identity counted",
        json="null.p_value",
    ),
    Column(
        "smallest_p",
        float,
        "smallest p that the pairing and the number of relabellings allow",
        json="null.smallest_p",
    ),
    Column("null_flag", str, "why there is no null distribution (one-network); else null", json="null.flag"),
)

PIES = Table(
    "pies",
    "comparison and data set",
    "the PIEs, how many there are after shuffling dense and compressed networks, and how many compression made",
    (
        *COMPARISON,
        *COMPRESSION,
        Column("n_examples", int, "examples", required=True),
        Column("n_reference", int, "networks of the reference", required=True),
        Column("n_compressed", int, "networks of the compressed population", required=True),
        Column("n_pairs", int, "matched pairs of networks; null if unpaired"),
        Column("tie_rule", str, "which of several modal labels counts", required=True),
        Column("n_pies", int, "examples whose modal labels differ", required=True),
        Column("n_pies_untied", int, "PIEs with no tie on either side", required=True),
        Column("forgotten", int, "modal label right before, wrong after; null without labels"),
        Column("recovered", int, "wrong before, right after; null without labels"),
        Column("moved", int, "from wrong to another wrong; null without labels"),
        Column("pairing", str, PAIRING.meaning, required=True, json="null.design"),
        *NULL,
        replace(P_HOLM, json="null.p_holm"),
        Column(
            "excess_pies",
            float,
            "PIEs between disjoint sets of dense and compressed networks beyond those within each: the primary estimate",
            json="excess.estimate",
        ),
        Column("excess_std_error", float, "delete-one jackknife over networks", json="excess.std_error"),
        Column("excess_conf_low", float, "lower end of its 95 % interval", json="excess.conf_low"),
        Column("excess_conf_high", float, "upper end of its 95 % interval", json="excess.conf_high"),
        Column("excess_set_size", int, "networks in each of the disjoint sets", required=True, json="excess.set_size"),
        Column("excess_between", float, "PIEs between a dense and a compressed set", json="excess.between"),
        Column("excess_reference_baseline", float, "PIEs between two dense sets", json="excess.reference_baseline"),
        Column(
            "excess_compressed_baseline",
            float,
            "PIEs between two compressed sets",
            json="excess.compressed_baseline",
        ),
        Column("excess_flag", str, "why there is no excess, or no interval of it; else null", json="excess.flag"),
    ),
    is_answer=True,
    shown=(
        Shown(
            "PIEs: examples on which the modal labels differ",
            (
                COMPRESSED,
                AGAINST,
                ShownColumn("PIEs", lambda r: f"{count(r['n_pies'])} ({percent(r['n_pies'] / r['n_examples'])} %)"),
                number("untied", "n_pies_untied", count),
                number("forgotten", "forgotten", count),
                number("recovered", "recovered", count),
                number("moved", "moved", count),
                ShownColumn("after shuffling", _of_null),
                P,
                ShownColumn(
                    "excess PIEs",
                    lambda r: (
                        MISSING  # below 0: networks that belong together have no names, as a note says
                        if (r["excess_conf_high"] or 0) < 0
                        else count_and_interval(r, "excess_pies", "excess_conf_low", "excess_conf_high")
                    ),
                ),
            ),
            lambda frame: frame.filter(pl.col("null_mean").is_not_null()),
        ),
    ),
    json=Json("merged"),
)

COUNTS = Table(
    "pies_counts",
    "comparison, data set and count",
    "a count of PIEs with its error, from half-samples of the networks",
    (
        *COMPARISON,
        Column("count", str, "n_pies, n_pies_untied, forgotten, recovered or moved", required=True),
        Column("estimate", int, "the count; null without labels"),
        Column("std_error", float, "standard error of the count, from half-samples"),
        *interval("the expected count, the mean over studies of as many networks"),
    ),
    shown=(
        Shown(
            "How many PIEs would studies of as many networks have? (95 %)",
            (COMPRESSED, AGAINST, text("count"), number("found", "estimate", count), ShownColumn("95 %", _expected)),
            is_answer=False,
        ),
    ),
    json=Json("keyed", "intervals"),
)

STABILITY = Table(
    "pies_stability",
    "comparison and data set",
    "would other networks name the same PIEs, and how many do dense networks have against each other?",
    (
        *COMPARISON,
        Column(
            "split_half_jaccard",
            float,
            "overlap of the PIE sets of two disjoint halves of the networks",
            json="stability.jaccard",
        ),
        Column(
            "baseline_population",
            str,
            "second dense population of the dense baseline; null: halves of the reference",
            json="dense_baseline.population",
        ),
        Column(
            "baseline_n_networks", int, "networks on each side of the dense baseline", json="dense_baseline.n_networks"
        ),
        Column("baseline_n_pies", float, "PIEs between dense and dense networks", json="dense_baseline.n_pies"),
        Column(
            "taxicab_mean",
            float,
            "mean taxicab distance of the votes over all examples, in [0, 2]",
            required=True,
            json="null.taxicab_mean",
        ),
        Column("taxicab_null_mean", float, "the same over relabellings", required=True, json="null.taxicab_null_mean"),
        Column(
            "taxicab_p",
            float,
            "share of relabellings with at least that distance",
            required=True,
            json="null.taxicab_p",
        ),
    ),
    shown=(
        Shown(
            "How far can the list of PIEs be trusted?",
            (
                COMPRESSED,
                AGAINST,
                ShownColumn(
                    "dense vs dense", lambda r: f"{count(r['baseline_n_pies'])} (K = {count(r['baseline_n_networks'])})"
                ),
                number("split-half Jaccard", "split_half_jaccard", decimal, 3),
                number("taxicab", "taxicab_mean", decimal, 3),
                number("taxicab, p", "taxicab_p", p_value),
            ),
            is_answer=False,
        ),
    ),
    json=Json("merged"),
)

BY_REPLICATES = Table(
    "pies_by_replicates",
    "comparison, data set and number of networks",
    "how the counts depend on it",
    (
        *COMPARISON,
        Column("n_networks", int, "networks of each population", required=True),
        Column("n_pies", float, "PIEs, mean over draws of as many networks", required=True),
        Column("sd", float, "standard deviation over draws; null for all networks"),
        Column("between", float, "dense against compressed, disjoint sets"),
        Column("reference_baseline", float, "dense against dense, disjoint sets"),
        Column("compressed_baseline", float, "compressed against compressed, disjoint sets"),
    ),
    shown=(
        Shown(
            "PIEs by number of networks; in the last three columns of disjoint sets",
            (
                COMPRESSED,
                AGAINST,
                number("networks", "n_networks", count),
                number("PIEs", "n_pies", count),
                number("dense vs compressed", "between", count),
                number("dense vs dense", "reference_baseline", count),
                number("compressed vs compressed", "compressed_baseline", count),
            ),
            is_answer=False,
        ),
    ),
    json=Json("list", "by_replicates"),
)

TABLES = (PIES, COUNTS, STABILITY, BY_REPLICATES)
