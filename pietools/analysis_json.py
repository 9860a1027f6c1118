"""An analysis as the object that ``pietools analyze --json`` prints: schema ``pietools/analyze/1``.

Declaration order; counts of the null in examples, churn in fractions, missing is null. New keys keep the version; a key that
changes its meaning gets another one.
"""

from typing import Any

import polars as pl

from pietools import __version__
from pietools.analysis import Analysis
from pietools.statistics.classes import CORRECTION, count_significant

SCHEMA = "pietools/analyze/1"
# Topics that later versions fill: their keys are there, so that readers need no special case.
OTHER_TOPICS = ("examples", "subgroups", "unseen", "characterize", "regimes")


def analysis_json(analysis: Analysis) -> dict[str, Any]:
    """The object as plain dicts, lists, numbers and None."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "seed": analysis.seed,
        "warnings": analysis.warnings,
        "datasets": analysis.datasets.select(
            "name", "split", "is_primary", "n_examples", "n_classes", "n_labelled"
        ).to_dicts(),
        "populations": [{"name": row.pop("population"), **row} for row in analysis.accuracy.to_dicts()],
        "comparisons": [_comparison(analysis, row) for row in analysis.pies.to_dicts()],
        **{topic: [] for topic in OTHER_TOPICS},
    }


def _comparison(analysis: Analysis, pies: dict[str, Any]) -> dict[str, Any]:
    null = {
        "design": pies.pop("design"),
        "n_permutations": pies.pop("n_permutations"),
        "is_exact": pies.pop("is_exact"),
    }
    null |= {name: pies.pop(f"null_{name}") for name in ("mean", "sd", "conf_low", "conf_high", "difference")}
    null |= {name: pies.pop(name) for name in ("p_value", "smallest_p")}
    names = {name: pies[name] for name in ("reference", "compressed", "dataset")}
    flips = analysis.flips.row(by_predicate=_is(names), named=True)
    return {
        **pies,
        "null": null,
        "excess_pies": None,
        "dense_baseline": None,
        "split_half_jaccard": None,
        "churn": {name: flips[name] for name in ("harmful", "beneficial", "wrong_to_wrong", "total")},
        "classes": _classes(analysis.classes, names),
    }


def _classes(classes: pl.DataFrame, names: dict[str, str]) -> dict[str, Any] | None:
    """Numbers of significant classes, those of the default test first; None without labels."""
    rows = classes.filter(_is(names))
    if not rows.height:
        return None
    tests = {row.pop("test"): row for row in count_significant(rows).to_dicts()}
    default = rows.filter("is_default")["test"][0]
    found = {"paired": None, **tests}
    return {"test": default, "correction": CORRECTION, **tests[default], "tests": found}


def _is(names: dict[str, str]) -> pl.Expr:
    return pl.all_horizontal(pl.col(name) == value for name, value in names.items())
