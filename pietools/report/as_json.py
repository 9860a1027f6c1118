"""An analysis as the object that ``pietools analyze --json`` prints: schema ``pietools/analyze/1``.

Declaration order; counts of the null in examples, churn in fractions, missing is null. New keys keep the version; a key that
changes its meaning gets another one. docs/json.md describes every key.
"""

from typing import Any

import polars as pl

from pietools.analysis import Analysis
from pietools.conventions import CORRECTION
from pietools.statistics.classes.tests import count_significant
from pietools.version import __version__

SCHEMA = "pietools/analyze/1"
# Topics whose tables are lists under their own names. Tables of single examples and points of curves are in the study.
LISTS = (
    *("subgroups", "subgroups_gaps", "subgroups_pies", "unseen", "unseen_gaps", "unseen_regimes", "power"),
    *("characterize", "regimes", "properties_summary", "properties_groups", "properties_planted"),
    *(
        "characterize_pies",
        "characterize_scores",
    ),
    *("regimes_counts", "regimes_coefficients", "regimes_transitions", "regimes_theory"),
)
ERRORS = ("std_error", "conf_low", "conf_high")
Row = dict[str, Any]


def analysis_json(analysis: Analysis) -> dict[str, Any]:
    """The object as plain dicts, lists, numbers and None."""
    return {
        **_head(analysis, SCHEMA),
        "datasets": analysis.datasets.select(
            "name", "split", "is_primary", "n_examples", "n_classes", "n_labelled", "source", "alteration", "severity"
        ).to_dicts(),
        "populations": [{"name": row.pop("population"), **row} for row in analysis.accuracy.to_dicts()],
        "comparisons": [_comparison(analysis, row) for row in analysis.pies.to_dicts()],
        "examples": analysis.examples_summary.to_dicts(),
        **{name: analysis.tables[name].to_dicts() for name in LISTS},
    }


def topic_json(analysis: Analysis, topic: str) -> dict[str, Any]:
    """What one topic found: the rows of each of its result tables, under the schema ``pietools/TOPIC/1``."""
    tables = {name: frame.to_dicts() for name, frame in analysis.tables.items()}
    return {**_head(analysis, f"pietools/{topic}/1"), **tables}


def _head(analysis: Analysis, schema: str) -> Row:
    return {
        "schema": schema,
        "version": __version__,
        "seed": analysis.settings.seed,
        "warnings": analysis.warnings,
    }


def _comparison(analysis: Analysis, row: Row) -> Row:
    """One comparison: a row of results.pies, its columns sorted into objects, with what the other topics say of it."""
    names = {name: row[name] for name in ("reference", "compressed", "dataset")}
    intervals = {
        count: {name: row.pop(f"{count}_{name}") for name in ERRORS}
        for count in ("n_pies", "n_pies_untied", "forgotten", "recovered", "moved")
    }
    null = {name: row.pop(name) for name in ("design", "n_permutations", "is_exact")}
    null |= _pop(row, "null_") | {name: row.pop(name) for name in ("p_value", "smallest_p")}
    others = {name: row.pop(name) for name in ("taxicab_mean", "taxicab_null_mean", "taxicab_p")}
    excess = row.pop("excess_pies")
    jaccard = row.pop("split_half_jaccard")
    parts = {prefix: _pop(row, f"{prefix}_") for prefix in ("excess", "jaccard", "baseline")}
    flips = analysis.flips.row(by_predicate=_is(names), named=True)
    return {
        **row,
        "intervals": intervals,
        "null": null | others,
        "excess_pies": excess,
        "excess": {"estimate": excess, **parts["excess"]},
        "dense_baseline": None if parts["baseline"]["n_pies"] is None else parts["baseline"],
        "split_half_jaccard": jaccard,
        "stability": {"jaccard": jaccard, **parts["jaccard"]},
        "by_replicates": _rows(analysis.pies_by_replicates, names),
        "churn": {name: flips[name] for name in ("harmful", "beneficial", "wrong_to_wrong", "total")},
        "churn_floor": {"reference": flips["reference_churn"], "compressed": flips["compressed_churn"]},
        "mcnemar": {"n_pairs": flips["n_pairs"], "n_changed": flips["n_pairs_changed"]},
        "accuracy_change": next(iter(_rows(analysis.accuracy_change, names)), None),
        "accuracy_on_pies": _rows(analysis.accuracy_on_pies, names),
        "classes": _classes(analysis, names),
    }


def _pop(row: Row, prefix: str) -> Row:
    """Columns that begin with a prefix, taken out of the row, without it."""
    return {name.removeprefix(prefix): row.pop(name) for name in [*row] if name.startswith(prefix)}


def _rows(frame: pl.DataFrame, names: Row) -> list[Row]:
    return frame.filter(_is(names)).drop(*names).to_dicts()


def _classes(analysis: Analysis, names: Row) -> Row | None:
    """Numbers of significant classes, those of the default test first; None without labels."""
    rows = analysis.classes.filter(_is(names))
    if not rows.height:
        return None
    tests = {row.pop("test"): row for row in count_significant(rows).to_dicts()}
    default = rows.filter("is_default")["test"][0]
    found = {"paired": None, **tests}
    summary = _rows(analysis.classes_summary, names)[0]
    return {"test": default, "correction": CORRECTION, **tests[default], "tests": found, "distortion": summary}


def _is(names: Row) -> pl.Expr:
    return pl.all_horizontal(pl.col(name) == value for name, value in names.items())
