"""Result tables about single examples by votes, and how they read."""

import polars as pl

from pietools.conventions import LEVEL
from pietools.results.column_runs import COMPARISON, FLAG
from pietools.results.rounding import count, decimal
from pietools.results.shown import (
    AGAINST,
    COMPRESSED,
    MAX_ROWS,
    P_ADJUSTED,
    P,
    Shown,
    ShownColumn,
    first_of_each,
    number,
    text,
)
from pietools.results.table import Column, Json, Table


def _counted(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name, int, meaning, required=required)


SUMMARY = Table(
    "examples_summary",
    "comparison and data set",
    "how many single examples are really forgotten, and what the number of networks can show",
    (
        *COMPARISON,
        Column("test", str, "exact sign test of the pairs (sign) or Fisher's exact test (fisher)", required=True),
        _counted("n_examples", "labelled examples", required=True),
        _counted("n_tested", "those whose margin allows a p small enough (Tarone)", required=True),
        _counted("n_significant", "p ≤ 0.05, uncorrected", required=True),
        _counted("n_forgotten", "significant after Benjamini–Hochberg, worse", required=True),
        _counted("n_recovered", "significant after Benjamini–Hochberg, better", required=True),
        _counted("n_forgotten_by", "worse after Benjamini–Yekutieli", required=True),
        _counted("n_recovered_by", "better after Benjamini–Yekutieli", required=True),
        _counted("n_forgotten_westfall_young", "worse after Westfall–Young"),
        _counted("n_recovered_westfall_young", "better after Westfall–Young"),
        Column("smallest_p", float, "smallest p that the pairing allows", required=True),
        _counted("n_attaining", "examples whose margin attains it", required=True),
        _counted("n_needed", "examples that would have to attain it for them to be significant", required=True),
        Column("is_possible", bool, "whether any example can be significant after correction", required=True),
        _counted("replicates_needed", "networks per population from which one could"),
        Column("shift", float, "empirical Bayes: common shift of the logit of the error rate"),
        _counted("n_likely_forgotten", "examples whose error rate rose by more than delta with probability ≥ 0.9"),
        _counted("n_likely_recovered", "examples whose error rate fell by more than delta with probability ≥ 0.9"),
        Column("expected_false", float, "of the likely ones, expected not to have"),
        Column("delta", float, "rise of the error rate that counts, a fraction", required=True),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Single examples: significant after Benjamini–Hochberg, and likely by empirical Bayes (probability ≥ 0.9)",
            (
                COMPRESSED,
                AGAINST,
                text("test"),
                number("tested", "n_tested", count),
                number("forgotten", "n_forgotten", count),
                number("recovered", "n_recovered", count),
                ShownColumn(
                    "Westfall–Young",
                    lambda r: f"{count(r['n_forgotten_westfall_young'])} + {count(r['n_recovered_westfall_young'])}",
                ),
                number("likely forgotten", "n_likely_forgotten", count),
                number("likely recovered", "n_likely_recovered", count),
                number("networks needed", "replicates_needed", count),
            ),
        ),
    ),
    json=Json("rows", "examples"),
)

EXAMPLES = Table(
    "examples",
    "comparison, data set and example",
    "examples on which the populations differ in how often they are right",
    (
        *COMPARISON,
        Column("example_id", int, "position of the example in the data set", required=True, is_key=True),
        Column("key", str, "its name", required=True),
        Column("label", int, "its given label", required=True),
        Column("n_right_reference", int, "networks of the reference that are right", required=True),
        Column("n_right_compressed", int, "compressed networks that are right", required=True),
        Column("estimate", float, "change of the share of networks that are right", required=True),
        Column("p_value", float, "exact sign test (paired) or Fisher's", required=True),
        Column("smallest_p", float, "smallest p that its margin allows", required=True),
        Column(
            "p_adjusted",
            float,
            "Benjamini–Hochberg over the examples that pass Tarone's filter",
            required=True,
        ),
        Column("p_by", float, "Benjamini–Yekutieli", required=True),
        Column("p_westfall_young", float, "Westfall–Young over relabellings"),
        Column("p_forgotten", float, "posterior probability that the error rate rose by more than delta"),
        Column("p_recovered", float, "posterior probability that it fell by more than delta"),
        Column("posterior_change", float, "posterior mean change of the error rate"),
    ),
    is_answer=True,
    shown=(
        Shown(
            f"The clearest {MAX_ROWS} of the examples with p ≤ 0.05, uncorrected; all are in results.examples",
            (
                COMPRESSED,
                AGAINST,
                text("key"),
                number("right, reference", "n_right_reference", count),
                number("right, compressed", "n_right_compressed", count),
                P,
                P_ADJUSTED,
                number("P(forgotten)", "p_forgotten", decimal, 3),
                number("P(recovered)", "p_recovered", decimal, 3),
            ),
            lambda frame: first_of_each(
                frame.filter(pl.col("p_value") <= LEVEL).sort(
                    "p_value", pl.col("estimate").abs(), "example_id", descending=[False, True, False]
                )
            ),
            is_answer=False,
        ),
    ),
)
