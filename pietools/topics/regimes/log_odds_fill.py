"""Were the same examples hit in two regimes, by their log odds?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pietools.flags import Flag
from pietools.results.table import Row
from pietools.statistics.log_odds.examples import ExampleChanges
from pietools.statistics.regimes.change_correlation import ChangeCorrelation
from pietools.statistics.regimes.hit_sets import hit_groups, hit_overlap
from pietools.statistics.regimes.log_odds_correlation import log_odds_correlation
from pietools.statistics.tools.populations import Populations
from pietools.topics.examples.log_odds_fill import delta_of
from pietools.topics.log_odds import changes, log_odds
from pietools.topics.multiplicity import with_holm
from pietools.topics.regimes.log_odds_tables import CHANGES, HITS
from pietools.topics.regimes.pairs import (
    FEWEST_FOR_HALVES,
    HALF,
    HELD_OUT,
    Member,
    Pair,
    Same,
    members,
    pairs,
    pairs_with_itself,
)
from pietools.topics.study_reader import StudyReader

OF_CORRELATION = (
    "estimate",
    "std_error",
    "conf_low",
    "conf_high",
    "p_value",
    "raw",
    "attenuation",
    "covariance",
    "variance_a",
    "variance_b",
    "p_change_a",
    "p_change_b",
    "n_networks",
    "flag",
)


def correlations(reader: StudyReader) -> list[Row]:
    """Rows of results.regimes_changes; those of a regime with itself come last, where it was compressed twice."""
    rows = reader.over(_row, [*pairs(reader), *pairs_with_itself(reader)])
    return with_holm(rows, lambda row: row["regime_a"] != row["regime_b"])


def groups(reader: StudyReader) -> list[Row]:
    """Rows of results.regimes_hits."""
    return reader.rows_of(_groups, members(reader))


def _row(reader: StudyReader, pair: Pair) -> Row:
    one, other = pair.a.comparison, pair.b.comparison
    row = CHANGES.nothing | {
        **pair.names,
        "reference_a": one.reference,
        "compressed_a": one.compressed,
        "reference_b": other.reference,
        "compressed_b": other.compressed,
        "pairing": pair.pairing,
    }
    of_a, of_b = log_odds(reader, one), log_odds(reader, other)
    if of_a is None or of_b is None or not one.is_labelled:
        return row | {"flag": Flag.NO_LOG_ODDS if one.is_labelled else Flag.NO_LABELS}
    both = np.intersect1d(of_a.examples, of_b.examples, assume_unique=True)
    order = reader.labelled_by_key(one.dataset)
    examples = order[np.isin(order, both)]
    if not len(examples):
        return row | {"flag": Flag.NO_EXAMPLES}
    row |= {"n": len(examples), **_overlap(reader, pair, examples)}
    held_out = _held_out(reader, pair, examples)
    if held_out is None:
        return row | {"flag": Flag.NO_DIFFICULTY}
    kind, columns, sides = held_out
    correlated = _correlated(reader, pair, examples, columns, sides)
    by_ranks = _correlated(reader, pair, examples, columns, sides, by_ranks=True)
    return row | {
        "difficulty": kind,
        **{name: getattr(correlated, name) for name in OF_CORRELATION},
        "rank_estimate": by_ranks.estimate,
        "rank_conf_low": by_ranks.conf_low,
        "rank_conf_high": by_ranks.conf_high,
    }


def _correlated(
    reader: StudyReader,
    pair: Pair,
    examples: np.ndarray,
    columns: np.ndarray,
    sides: list[Populations],
    *,
    by_ranks: bool = False,
) -> ChangeCorrelation:
    return log_odds_correlation(
        *sides,
        paired=pair.is_paired,
        difficulty=columns,
        classes=reader.labels(pair.a.comparison.dataset)[examples],
        by_ranks=by_ranks,
        seed=reader.settings.seed,
    )


def _held_out(
    reader: StudyReader, pair: Pair, examples: np.ndarray
) -> tuple[str, np.ndarray, list[Populations]] | None:
    """Mean log odds of networks that have no part in either change, and the log odds of those that have."""
    regimes = pair.a, pair.b
    dataset = pair.a.comparison.dataset
    sides = [_sides(reader, member, examples) for member in regimes]
    seconds = [reader.second_dense(member.comparison) for member in regimes]
    if all(seconds) and pair.a.regime != pair.b.regime:
        hard = [reader.scalars("label_log_odds", str(name), dataset, examples) for name in seconds]
        if all(np.isfinite(one).all() for one in hard):
            return HELD_OUT, np.column_stack([one.mean(axis=0) for one in hard]), sides
    if min(size for side in sides for size in side.sizes) < FEWEST_FOR_HALVES:
        return None
    hard = [side.reference[::2] for side in sides]
    rest = [Populations(side.reference[1::2], side.compressed[1::2], side.paired) for side in sides]
    return HALF, np.column_stack([one.mean(axis=0) for one in hard]), rest


def _sides(reader: StudyReader, member: Member, examples: np.ndarray) -> Populations:
    names = member.comparison.reference, member.comparison.compressed
    both = [reader.scalars("label_log_odds", name, member.comparison.dataset, examples) for name in names]
    return Populations(both[0], both[1], member.comparison.is_paired)


def _overlap(reader: StudyReader, pair: Pair, examples: np.ndarray) -> Row:
    on = [_on(reader, member, examples) for member in (pair.a, pair.b)]
    if on[0] is None or on[1] is None:
        return {}
    hit_a, hit_b = (one.changes.found(one.delta)[one.rows] < 0 for one in (on[0], on[1]))
    overlap = hit_overlap(hit_a, hit_b, on[0].profile + on[1].profile)
    return {
        "n_hit_a": overlap.n_a,
        "n_hit_b": overlap.n_b,
        "n_hit_both": overlap.n_both,
        "null_mean": overlap.expected,
        "null_conf_low": overlap.null_conf_low,
        "null_conf_high": overlap.null_conf_high,
        "overlap_p": overlap.p_value,
    }


@dataclass(frozen=True)
class _On:
    """Changes in one regime, the rows of the examples that are asked about, (n,), and the change that is ignored there."""

    changes: ExampleChanges
    rows: np.ndarray
    delta: float

    @property
    def profile(self) -> np.ndarray:
        """Mean log odds of these examples, (n,)."""
        return self.changes.profile[self.rows]


def _on(reader: StudyReader, member: Member, examples: np.ndarray) -> _On | None:
    found, data = changes(reader, member.comparison), log_odds(reader, member.comparison)
    if data is None or not isinstance(found, ExampleChanges):
        return None
    # Both are in the order of the keys.
    rows = np.flatnonzero(np.isin(data.examples, examples))
    return _On(found, rows, delta_of(reader, member.comparison, found)[0])


def _groups(reader: StudyReader, same: Same) -> Iterator[Row]:
    data = [log_odds(reader, member.comparison) for member in same]
    if any(one is None for one in data):
        return
    order = reader.labelled_by_key(same[0].comparison.dataset)
    in_all = np.all([np.isin(order, one.examples) for one in data if one is not None], axis=0)
    on = [one for member in same if (one := _on(reader, member, order[in_all])) is not None]
    if len(on) < len(same) or not in_all.any():
        return
    delta = max(one.delta for one in on)
    p_hit = np.stack([one.changes.posterior.below(-delta)[one.rows] for one in on])
    counted: dict[tuple[str, str | None], list[float]] = {}
    for group in hit_groups(p_hit, np.sum([one.profile for one in on], axis=0)):
        n_regimes = len(group.regimes)
        name = {0: "none", len(same): "all", 1: "only"}.get(n_regimes, "several")
        key = name, same[group.regimes[0]].regime if name == "only" else None
        total = counted.setdefault(key, [0.0, 0.0])
        total[0] += group.n
        total[1] += group.expected
    for (name, regime), (n, expected) in counted.items():
        yield HITS.nothing | {
            "dataset": same[0].comparison.dataset,
            "compression": same[0].compression,
            "group": name,
            "regime": regime,
            "delta": delta,
            "n": n,
            "expected": expected,
        }
