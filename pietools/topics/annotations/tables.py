"""The result tables about what people coded, and how they read."""

from pietools.results.column_runs import COMPARISON, FLAG, interval
from pietools.results.rounding import count, p_value, percent, points
from pietools.results.shown import (
    AGAINST,
    COMPRESSED,
    INTERVAL,
    NOTE,
    P,
    Shown,
    ShownColumn,
    estimate_and_interval,
    number,
    text,
)
from pietools.results.table import Column, Json, Table

CATEGORY = Column("category", str, "category of the codebook", required=True, is_key=True)

ANNOTATIONS = Table(
    "annotations",
    "comparison, data set and category",
    "is it commoner among examples that were hit than among others of their class, about as hard?",
    (
        *COMPARISON,
        CATEGORY,
        Column("n_annotators", int, "people who coded", required=True),
        Column("n_pairs", int, "pairs of a hit example and another that were both coded", required=True),
        Column(
            "share_hit", float, "share of the hit ones that it applies to, as more than half of their annotators say"
        ),
        Column("share_other", float, "the same of the others"),
        Column("estimate", float, "their difference"),
        *interval("the difference: Tango's score interval"),
        Column("n_only_hit", int, "pairs in which it applies to the hit one alone", required=True),
        Column("n_only_other", int, "pairs in which it applies to the other alone", required=True),
        Column("p_value", float, "exact McNemar, two-sided, of no difference"),
        Column("p_adjusted", float, "p_value adjusted: Holm, over the categories of the comparison"),
    ),
    shown=(
        Shown(
            "What people see: share of the hit examples, and of others of their class about as hard",
            (
                COMPRESSED,
                AGAINST,
                text("category"),
                number("pairs", "n_pairs", count),
                number("hit, %", "share_hit", percent),
                number("others, %", "share_other", percent),
                number("difference, points", "estimate", points),
                INTERVAL,
                P,
                number("Holm", "p_adjusted", p_value),
            ),
        ),
    ),
    json=Json("rows", "annotations"),
)

AGREEMENT = Table(
    "annotations_agreement",
    "comparison, data set, category and pair of annotators, or all of them",
    "how far do they agree, beyond chance?",
    (
        *COMPARISON,
        CATEGORY,
        Column("annotator_a", str, "one annotator; null for all of three or more", is_key=True),
        Column("annotator_b", str, "the other; null for all", is_key=True),
        Column("n_examples", int, "examples that all of them coded", required=True),
        Column("agreement", float, "share of pairs of their answers that are the same"),
        Column("estimate", float, "Cohen's kappa; of all, Fleiss': 1 if they always agree, 0 as by chance"),
        Column("std_error", float, "Cohen's: asymptotic; Fleiss': jackknife over examples"),
        *interval("kappa"),
        FLAG,
    ),
    shown=(
        Shown(
            "Agreement of annotators (Cohen's kappa; all: Fleiss')",
            (
                COMPRESSED,
                AGAINST,
                text("category"),
                ShownColumn(
                    "annotators",
                    lambda row: "all" if row["annotator_a"] is None else f"{row['annotator_a']}, {row['annotator_b']}",
                    is_text=True,
                ),
                number("examples", "n_examples", count),
                number("same answer, %", "agreement", percent),
                ShownColumn("kappa (95 %)", estimate_and_interval),
                NOTE,
            ),
        ),
    ),
    json=Json("rows", "annotations_agreement"),
)
TABLES = (ANNOTATIONS, AGREEMENT)
