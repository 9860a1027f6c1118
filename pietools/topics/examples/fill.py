"""Single examples: which are really forgotten, and could this number of networks tell?"""

from typing import Any

import numpy as np
import polars as pl

from pietools.statistics.examples.posterior import Posterior, error_rate_posterior
from pietools.statistics.examples.tests import count_examples, detectability, example_tests
from pietools.topics.study_reader import Comparison, StudyReader


def tables(reader: StudyReader) -> dict[str, pl.DataFrame]:
    """Tables of the topic."""
    labelled = [one for one in reader.originals() if reader.n_labelled(one.dataset)]
    found = [_compare(reader, one) for one in reader.each(labelled)]
    return {
        "examples_summary": reader.frame("examples_summary", [row for row, _ in found]),
        "examples": pl.concat([reader.frame("examples", []), *(examples for _, examples in found)]),
    }


def _compare(reader: StudyReader, comparison: Comparison) -> tuple[dict[str, Any], pl.DataFrame]:
    paired, settings = reader.is_paired(comparison), reader.settings
    right = reader.votes(comparison).right
    seed = comparison.seed(settings.seed)
    tests = example_tests(right, seed=seed, n_permutations=settings.permutations)
    posterior = error_rate_posterior(right, delta=settings.delta)
    possible = detectability(tests, *right.sizes, paired=paired)
    if not possible.is_possible and min(right.sizes) < possible.replicates_needed:
        reader.warn(
            "no single example can be significant after Benjamini–Hochberg with so few networks; "
            f"{possible.replicates_needed} per population could do.",
            comparison,
        )
    summary = {
        **vars(comparison),
        "test": "sign" if paired else "fisher",
        **vars(possible),
        **_counts(tests),
        **_posterior_columns(posterior),
        "delta": settings.delta,
    }
    return summary, _examples(reader, comparison, tests, posterior)


def _counts(tests: pl.DataFrame) -> dict[str, Any]:
    found = {row.pop("correction"): row for row in count_examples(tests).to_dicts()}
    suffixes = {"benjamini-hochberg": "", "benjamini-yekutieli": "_by", "westfall-young": "_westfall_young"}
    directions = ("n_forgotten", "n_recovered")
    counts = {f"{name}{suffix}": found[of][name] for of, suffix in suffixes.items() for name in directions}
    return {"n_significant": found["none"]["n_significant"], **counts}


def _posterior_columns(posterior: Posterior) -> dict[str, Any]:
    is_fitted = posterior.shift is not None
    return {
        "shift": posterior.shift,
        "n_likely_forgotten": posterior.n_forgotten if is_fitted else None,
        "n_likely_recovered": posterior.n_recovered if is_fitted else None,
        "expected_false": posterior.expected_false,
        "flag": posterior.flag,
    }


def _examples(reader: StudyReader, comparison: Comparison, tests: pl.DataFrame, posterior: Posterior) -> pl.DataFrame:
    """Rows of the examples that are not right equally often."""
    labels = reader.labels(comparison.dataset)
    labelled = np.flatnonzero(labels >= 0)
    keys = reader.keys(comparison.dataset)
    schema = reader.study.result_schema("examples")
    return (
        pl.concat([tests, posterior.examples], how="horizontal")
        .with_columns(example_id=labelled, label=labels[labelled], key=keys.gather(labelled))
        .filter(pl.col("estimate") != 0)
        .with_columns(pl.lit(value).alias(name) for name, value in vars(comparison).items())
        .select(schema.names())
        .cast(schema)
    )
