"""The result table about flips, and how it reads."""

import polars as pl

from pietools.results.column_runs import COMPARISON
from pietools.results.rounding import percent, percent_and_sd
from pietools.results.shown import AGAINST, COMPRESSED, Shown, ShownColumn, number
from pietools.results.table import Column, Json, Table

FLIPS = Table(
    "flips",
    "comparison and data set",
    "share of predictions that differ, mean over pairs of networks",
    (
        *COMPARISON,
        Column("n_pairs", int, "matched pairs, or all pairs if unpaired", required=True, json="mcnemar.n_pairs"),
        Column("harmful", float, "right to wrong, as a fraction of the labelled examples", json="churn.harmful"),
        Column("beneficial", float, "wrong to right, likewise", json="churn.beneficial"),
        Column("wrong_to_wrong", float, "wrong to another wrong, likewise", json="churn.wrong_to_wrong"),
        Column("total", float, "all that differ, as a fraction of the examples", required=True, json="churn.total"),
        Column("total_sd", float, "standard deviation of total over pairs", json="churn.total_sd"),
        Column(
            "reference_churn",
            float,
            "the same between two networks of the reference: the floor",
            json="churn_floor.reference",
        ),
        Column(
            "compressed_churn",
            float,
            "between two networks of the compressed population",
            json="churn_floor.compressed",
        ),
        Column(
            "n_pairs_changed",
            int,
            "pairs in which harmful and beneficial flips differ in number: McNemar's exact test at 0.05",
            json="mcnemar.n_changed",
        ),
    ),
    is_answer=True,
    shown=(
        Shown(
            "Flips: share of predictions that differ (%), mean over pairs of networks",
            (
                COMPRESSED,
                AGAINST,
                number("right to wrong", "harmful", percent, 2),
                number("wrong to right", "beneficial", percent, 2),
                number("wrong to other wrong", "wrong_to_wrong", percent, 2),
                ShownColumn("total ± sd", lambda r: percent_and_sd(r["total"], r["total_sd"])),
                number("two reference networks", "reference_churn", percent, 2),
            ),
            lambda frame: frame.filter(pl.col("n_pairs") > 1),
        ),
    ),
    json=Json("merged"),
)
TABLES = (FLIPS,)
