"""A comparison as the object that ``pietools compare --json`` prints: schema ``pietools/compare/1``.

New keys keep the version; a key that changes its meaning gets another one. docs/json.md describes every key.
"""

from dataclasses import asdict
from typing import Any

import polars as pl

from pietools.pairs.comparison import Comparison
from pietools.pairs.sentences import headline
from pietools.statistics.pairs.margin import Verdict
from pietools.version import __version__

SCHEMA = "pietools/compare/1"
Row = dict[str, Any]


def comparison_json(comparison: Comparison) -> Row:
    """The object as plain dicts, lists, numbers and None."""
    reference, compressed = (asdict(side) for side in comparison.accuracies)
    return {
        "schema": SCHEMA,
        "version": __version__,
        "headline": headline(comparison),
        "warnings": comparison.read.warnings,
        "understood": comparison.read.understood,
        "n": comparison.n,
        "n_unlabelled": comparison.n_unlabelled,
        "n_examples": comparison.n_examples,
        "n_networks": comparison.n_networks,
        "n_classes": comparison.n_classes,
        "reference": reference,
        "compressed": compressed,
        "change": _object(comparison.change),
        "error_change": comparison.error_change,
        **_counts(comparison),
        **_tests(comparison),
        "margin": comparison.margin,
        **_margin(comparison),
        "detectable": comparison.detectable,
        **_tasks(comparison),
        "networks": comparison.networks.to_dicts(),
        "population": _object(comparison.population),
        "groups": _groups(comparison),
        "groupings": [
            {"group": one.group, "n_groups": one.tests.height, "n_testable": one.n_testable}
            for one in comparison.groupings
        ],
        "confidence_bands": [] if comparison.bands is None else comparison.bands.to_dicts(),
        "confusions": comparison.confusions.to_dicts(),
        "log_odds": _object(comparison.log_odds),
        "confidence": _object(comparison.confidence_change),
        "divergence": _object(comparison.divergence),
        "calibration": _calibration(comparison),
        "floor": _object(comparison.floor),
        "reference_again": comparison.retraining,
        "seed": comparison.seed,
        "regressions": comparison.regressions.drop("tag").to_dicts(),
    }


def _object(found: Any) -> Row | None:
    return None if found is None else asdict(found)


def _counts(comparison: Comparison) -> Row:
    """Counts of answers; those that need labels are null without."""
    names = ("lost", "gained", "changed_wrong")
    counts = {name: comparison.counts[name] if comparison.is_labelled else None for name in names}
    return {**counts, "agree": comparison.n - comparison.n_changed, "churn": comparison.n_changed / comparison.n}


def _tests(comparison: Comparison) -> Row:
    tests = comparison.tests
    return {
        "p_one_sided": None if tests is None else float(tests.one_sided),
        "p_two_sided": None if tests is None else float(tests.two_sided),
        "p_mid": None if tests is None else float(tests.mid),
        "p_better": None if tests is None else comparison.p_better,
        "p_by_example": comparison.p_by_example,
    }


def _margin(comparison: Comparison) -> Row:
    test = comparison.margin_test
    if test is None:
        return dict.fromkeys(("verdict", "p_worse", "p_within", "n_needed"))
    return {
        "verdict": str(Verdict(test.verdict)),
        "p_worse": test.p_worse,
        "p_within": test.p_within,
        "n_needed": test.n_needed,
    }


def _tasks(comparison: Comparison) -> Row:
    """Rows of the tasks; the tests over them are null for one task."""
    tests = comparison.task_tests
    pooled = {**{name: comparison.counts[name] for name in ("lost", "gained")}, "p_one_sided": None}
    if comparison.tests is not None:
        pooled["p_one_sided"] = float(comparison.tests.one_sided)  # type: ignore[assignment]
    worst = None
    if tests is not None and tests.worst is not None:
        row = comparison.tasks.row(tests.worst.index, named=True)
        worst = {name: row[name] for name in ("name", "n", "lost", "gained")}
        worst |= {"statistic": tests.worst.statistic, "p": tests.worst.p}
    return {
        "tasks": comparison.tasks.to_dicts(),
        "pooled": pooled if comparison.is_labelled else None,
        "worst_task": worst,
        "fisher": None if tests is None else asdict(tests.fisher),
        "p_any_task": None if tests is None else tests.p_any,
    }


def _groups(comparison: Comparison) -> list[Row]:
    frames = [
        one.tests.select(pl.lit(one.group).alias("group"), "value", "n", "lost", "gained", "p", "p_holm", "p_bh")
        for one in comparison.groupings
    ]
    return pl.concat(frames).to_dicts() if frames else []


def _calibration(comparison: Comparison) -> Row | None:
    errors = comparison.calibration
    if errors is None:
        return None
    return {"reference": errors[0], "compressed": errors[1], "change": errors[1] - errors[0]}
