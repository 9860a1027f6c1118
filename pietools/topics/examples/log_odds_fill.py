"""Single examples by their log odds: which were hit, more than examples as hard as they, and which answers turn."""

import numpy as np
import polars as pl

from pietools.results.table import Row
from pietools.statistics.log_odds.examples import ExampleChanges
from pietools.statistics.tools.multiplicity import adjust
from pietools.topics.comparison import Comparison
from pietools.topics.examples.log_odds_tables import CHANGES, GAINED, HIT, HITS, LOST, SPARED
from pietools.topics.examples.votes_fill import found_by_votes
from pietools.topics.log_odds import changes, control, log_odds, turned
from pietools.topics.study_reader import StudyReader, once

DELTA, LARGE_DELTA = 0.1, 0.5
FEW_NETWORKS = 5
"""With so few networks a side delta is the large one."""
CURVED = 0.25
"""A trend that is farther from a straight line, nats, is called curved."""
SURE, LIKELY = 0.05, 0.9
RISE = 0.1


def hits(reader: StudyReader) -> list[Row]:
    """Rows of results.examples_hits."""
    return reader.over(_hits, reader.several(reader.originals()))


def changed_examples(reader: StudyReader) -> pl.DataFrame:
    """Rows of results.examples_changes."""
    rows = reader.over(_examples, reader.several(reader.originals()))
    return pl.concat([CHANGES.frame([]), *rows])


def _hits(reader: StudyReader, comparison: Comparison) -> Row:
    found, data = changes(reader, comparison), log_odds(reader, comparison)
    n_examples = reader.n_labelled(comparison.dataset) or comparison.votes.n_examples
    row = HITS.nothing | comparison.names | {"method": "votes", "n_examples": n_examples, "n_tested": 0}
    if data is None:
        return row | found_by_votes(reader, comparison)
    row |= {"method": "log-odds", "of": data.of, "n_unknown": data.n_unknown}
    if not isinstance(found, ExampleChanges):
        return row | {"flag": found}
    delta, reason = delta_of(reader, comparison, found)
    signs = found.found(delta)
    return row | {
        "delta": delta,
        "delta_reason": reason,
        "n_tested": len(signs),
        "n_hit": int((signs < 0).sum()),
        "n_spared": int((signs > 0).sum()),
        "n_any_change": _n_found(found, 0),
        "n_large_change": _n_found(found, LARGE_DELTA),
        "n_sure": int((found.posterior.false_sign_rate <= SURE).sum()),
        "trend_nonlinearity": found.nonlinearity,
        "prior_df": found.beyond.prior_df if np.isfinite(found.beyond.prior_df) else None,
        **_control(reader, comparison, delta),
        **_errors(comparison, data.examples, signs < 0),
        **_turned(reader, comparison),
        **_pies(comparison, data.examples, found),
    }


def _n_found(found: ExampleChanges, delta: float) -> int:
    return int(np.count_nonzero(found.found(delta)))


def delta_of(reader: StudyReader, comparison: Comparison, found: ExampleChanges) -> tuple[float, str | None]:
    """Change that is ignored, and why it is not the usual one."""
    if reader.settings.delta_log_odds is not None:
        return reader.settings.delta_log_odds, "asked"
    if min(comparison.votes.sizes) <= FEW_NETWORKS:
        return LARGE_DELTA, "few-networks"
    return (LARGE_DELTA, "curved-trend") if found.nonlinearity > CURVED else (DELTA, None)


def _control(reader: StudyReader, comparison: Comparison, delta: float) -> Row:
    name, between = control(reader, comparison)
    if between is None:
        return {}
    row = {"control": name, "control_n_found": _n_found(between, delta), "control_n_any_change": _n_found(between, 0)}
    if row["control_n_found"]:
        reader.warn(
            f"{row['control_n_found']} examples are found to differ between dense and dense networks ({name}), where nothing was "
            "compressed: what is found of single examples is to be doubted.",
            comparison,
        )
    return row


def _errors(comparison: Comparison, examples: np.ndarray, is_hit: np.ndarray) -> Row:
    """Shares of wrong answers, over all tested examples and over those that were hit."""
    if not comparison.is_labelled:
        return {}
    tested = np.isin(comparison.examples[comparison.has_label], examples)
    right = comparison.labelled.right
    sides = {"reference": right.reference[:, tested], "compressed": right.compressed[:, tested]}
    shares = {f"error_{name}": 1 - side.mean() for name, side in sides.items()}
    if is_hit.any():
        shares |= {f"hit_error_{name}": 1 - side[:, is_hit].mean() for name, side in sides.items()}
    return {name: float(value) for name, value in shares.items()}


def _turned(reader: StudyReader, comparison: Comparison) -> Row:
    found = turned(reader, comparison)
    if found is None:
        return {}
    _, answers = found
    rises, falls = _rises(reader, comparison)
    return {
        "n_lost": int((rises >= LIKELY).sum()),
        "n_gained": int((falls >= LIKELY).sum()),
        "turned_lost": float(answers.p_lost.sum()),
        "turned_gained": float(answers.p_gained.sum()),
    }


@once
def _rises(reader: StudyReader, comparison: Comparison) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that the error rate of an example rises, and falls, by more than what counts."""
    found = turned(reader, comparison)
    assert found is not None
    return found[1].p_rises(RISE)


def _pies(comparison: Comparison, examples: np.ndarray, found: ExampleChanges) -> Row:
    is_pie = np.isin(examples, comparison.pies["example_id"].to_numpy())
    return {"n_pies": int(is_pie.sum()), "n_pies_found": int((is_pie & (found.found(0) != 0)).sum())}


def _examples(reader: StudyReader, comparison: Comparison) -> pl.DataFrame:
    """Rows of every tested example, in the order of the data set."""
    found, data = changes(reader, comparison), log_odds(reader, comparison)
    if data is None or not isinstance(found, ExampleChanges):
        return CHANGES.frame([])
    delta, _ = delta_of(reader, comparison, found)
    low, high = found.beyond.interval
    p_values = found.p_values(delta)
    labels = reader.labels(comparison.dataset)[data.examples]
    rows = pl.DataFrame(
        {
            "example_id": data.examples,
            "key": reader.keys(comparison.dataset).gather(data.examples),
            "label": pl.Series(labels).replace(-1, None),
            "difficulty": found.profile,
            "change": found.change,
            "trend": found.trend,
            "estimate": found.beyond.estimate,
            "std_error": found.beyond.std_error,
            "conf_low": low,
            "conf_high": high,
            "p_value": p_values,
            "p_adjusted": adjust(p_values, "benjamini-hochberg"),
            "p_any_change": found.p_values(0),
            "false_sign_rate": found.posterior.false_sign_rate,
            "finding": _in_words(found.found(delta), HIT, SPARED),
            "is_pie": np.isin(data.examples, comparison.pies["example_id"].to_numpy()),
        }
    )
    rows = rows.join(_answers(reader, comparison), on="example_id", how="left").sort("example_id")
    return CHANGES.frame(rows.with_columns(pl.lit(value).alias(name) for name, value in comparison.names.items()))


@once
def _answers(reader: StudyReader, comparison: Comparison) -> pl.DataFrame:
    """Expected error rates of single examples, and which of them turn, by example_id."""
    found = turned(reader, comparison)
    empty: list[float] = []
    if found is None:
        examples, before, after, rises, falls = (np.array(empty) for _ in range(5))
    else:
        examples, answers = found
        (before, after), (rises, falls) = answers.error_rates(), _rises(reader, comparison)
    signs = np.where(rises >= LIKELY, -1, np.where(falls >= LIKELY, 1, 0))
    return pl.DataFrame(
        {
            "example_id": examples.astype(np.int64),
            "error_reference": before,
            "error_compressed": after,
            "p_lost": rises,
            "p_gained": falls,
            "turned": _in_words(signs, LOST, GAINED),
        }
    )


def _in_words(signs: np.ndarray, negative: str, positive: str) -> pl.Series:
    """A word where a sign is −1 or 1, null where it is 0."""
    words = {-1: negative, 0: None, 1: positive}
    return pl.Series([words[int(sign)] for sign in signs], dtype=pl.String)
