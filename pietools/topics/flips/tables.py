"""Result tables about answers that change, and how they read."""

import polars as pl

from pietools.results.column_runs import COMPARISON, FLAG, estimate
from pietools.results.rounding import MISSING, count, percent, percent_and_sd
from pietools.results.shown import AGAINST, COMPRESSED, NOTE, Row, Shown, ShownColumn, number
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
            "the same between two networks of the reference, which do not match: no floor of matched pairs",
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
            ),
            lambda frame: frame.filter(pl.col("n_pairs") > 1),
        ),
    ),
    json=Json("merged"),
)


def _per_10_000(row: Row, name: str) -> str:
    return MISSING if row[name] is None else count(10_000 * row[name])


def _interval_per_10_000(row: Row, name: str, low: str, high: str) -> str:
    if row[low] is None:
        return _per_10_000(row, name)
    return f"{_per_10_000(row, name)} ({count(10_000 * row[low])} to {count(10_000 * row[high])})"


CHURN = Table(
    "flips_churn",
    "comparison and data set",
    "how many answers change because a compressed network takes the place of a dense one, beyond training again?",
    (
        *COMPARISON,
        Column("again", float, "share of the answers that differ between two networks of the reference"),
        Column("replaced", float, "between a network of the reference and a compressed one that does not match it"),
        Column("compressed_again", float, "between two compressed networks"),
        Column("more", float, "replaced minus again"),
        Column("more_std_error", float, "its standard error"),
        Column("more_conf_low", float, "lower end of its 95 % interval"),
        Column("more_conf_high", float, "upper end of its 95 % interval"),
        *estimate("excess churn: the part of more that is answers that moved; the networks are random"),
        Column("less_agreement", float, "the other part: compressed networks agree less among themselves"),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Answers that change, of 10,000: by training again, by a compressed network in place of a dense one, and what is "
            "beyond training again (95 %)",
            (
                COMPRESSED,
                AGAINST,
                ShownColumn("training again", lambda r: _per_10_000(r, "again")),
                ShownColumn("compressed instead", lambda r: _per_10_000(r, "replaced")),
                ShownColumn("more", lambda r: _interval_per_10_000(r, "more", "more_conf_low", "more_conf_high")),
                ShownColumn("answers moved", lambda r: _interval_per_10_000(r, "estimate", "conf_low", "conf_high")),
                ShownColumn("less agreement", lambda r: _per_10_000(r, "less_agreement")),
                NOTE,
            ),
        ),
    ),
    json=Json("object", "excess_churn"),
)
TABLES = (CHURN, FLIPS)
