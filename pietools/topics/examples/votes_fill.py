"""Single examples by votes: which are forgotten, and could this number of networks tell?"""

import polars as pl

from pietools.flags import Flag
from pietools.results.table import Row
from pietools.statistics.examples.posterior import Posterior, error_rate_posterior
from pietools.statistics.examples.tests import Detectability, count_examples, detectability, example_tests
from pietools.topics.comparison import Comparison
from pietools.topics.examples.votes_tables import EXAMPLES
from pietools.topics.log_odds import asked_of_votes
from pietools.topics.study_reader import StudyReader, once

CORRECTIONS = {
    "benjamini-hochberg": "",
    "benjamini-yekutieli": "_by",
    "westfall-young": "_westfall_young",
}


def summary(reader: StudyReader) -> list[Row]:
    """Rows of results.examples_summary."""
    return reader.over(_summary, asked_of_votes(reader, reader.tested()))


def examples(reader: StudyReader) -> pl.DataFrame:
    """Rows of results.examples: the examples that are not right equally often."""
    found = reader.over(_examples, asked_of_votes(reader, reader.tested()))
    return pl.concat([EXAMPLES.frame([]), *found])


def found_by_votes(reader: StudyReader, comparison: Comparison) -> Row:
    """What stands in results.examples_hits where votes are all that is known."""
    if not comparison.is_labelled:
        return {"flag": Flag.NO_LABELS}
    tests, _ = _tests(reader, comparison)
    found = {row["correction"]: row for row in count_examples(tests).to_dicts()}["benjamini-hochberg"]
    n_tested = int(tests["flag"].is_null().sum())
    return {"n_tested": n_tested, "n_hit": found["n_forgotten"], "n_spared": found["n_recovered"]}


@once
def _tests(reader: StudyReader, comparison: Comparison) -> tuple[pl.DataFrame, Posterior]:
    """Tests of the labelled examples in the order of their keys, and the posterior of their error rates."""
    right = comparison.labelled.right
    tests = example_tests(right, seed=comparison.seed, n_permutations=reader.settings.permutations)
    return tests, error_rate_posterior(right, delta=reader.settings.delta)


def _summary(reader: StudyReader, comparison: Comparison) -> Row:
    tests, posterior = _tests(reader, comparison)
    sizes = comparison.votes.sizes
    possible = detectability(tests, *sizes, paired=comparison.is_paired)
    if not possible.is_possible and min(sizes) < possible.replicates_needed:
        reader.warn(
            "by votes alone, no single example can be significant after Benjamini–Hochberg with so few networks; "
            f"{possible.replicates_needed} per population could do.",
            comparison,
        )
    return {
        **comparison.names,
        "test": "sign" if comparison.is_paired else "fisher",
        **_detectable(possible),
        **_counts(tests),
        **_likely(posterior),
        "delta": reader.settings.delta,
    }


def _detectable(possible: Detectability) -> Row:
    return {
        "n_examples": possible.n_examples,
        "n_tested": possible.n_tested,
        "smallest_p": possible.smallest_p,
        "n_attaining": possible.n_attaining,
        "n_needed": possible.n_needed,
        "is_possible": possible.is_possible,
        "replicates_needed": possible.replicates_needed,
    }


def _counts(tests: pl.DataFrame) -> Row:
    found = {row.pop("correction"): row for row in count_examples(tests).to_dicts()}
    directions = ("n_forgotten", "n_recovered")
    counts = {f"{name}{suffix}": found[of][name] for of, suffix in CORRECTIONS.items() for name in directions}
    return {"n_significant": found["none"]["n_significant"], **counts}


def _likely(posterior: Posterior) -> Row:
    is_fitted = posterior.shift is not None
    return {
        "shift": posterior.shift,
        "n_likely_forgotten": posterior.n_forgotten if is_fitted else None,
        "n_likely_recovered": posterior.n_recovered if is_fitted else None,
        "expected_false": posterior.expected_false,
        "flag": posterior.flag,
    }


def _examples(reader: StudyReader, comparison: Comparison) -> pl.DataFrame:
    tests, posterior = _tests(reader, comparison)
    example_ids = reader.labelled_by_key(comparison.dataset)
    rows = (
        pl.concat([tests, posterior.examples], how="horizontal")
        .with_columns(
            example_id=example_ids,
            label=reader.labels(comparison.dataset)[example_ids],
            key=reader.keys(comparison.dataset).gather(example_ids),
        )
        .filter(pl.col("estimate") != 0)
        .sort("example_id")
        .with_columns(pl.lit(value).alias(name) for name, value in comparison.names.items())
    )
    return EXAMPLES.frame(rows.select(EXAMPLES.schema.names()))
