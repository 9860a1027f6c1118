"""Are the same examples lost in another regime?"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from pietools.flags import Flag
from pietools.results.table import Row
from pietools.statistics.regimes.change_correlation import change_correlation
from pietools.statistics.regimes.overlap import pie_overlap
from pietools.statistics.regimes.pie_correlation import dense_against_dense, pie_correlation
from pietools.statistics.regimes.theory import theory_gain
from pietools.statistics.regimes.transitions import Transitions
from pietools.statistics.regimes.transitions import transitions as count_transitions
from pietools.statistics.tools.populations import Populations
from pietools.topics.log_odds import asked_of_votes
from pietools.topics.regimes.coefficients import coefficients
from pietools.topics.regimes.counts import counts
from pietools.topics.regimes.log_odds_fill import correlations, groups
from pietools.topics.regimes.log_odds_tables import CHANGES, HITS
from pietools.topics.regimes.pairs import Difficulty, Member, Pair, Same, difficulty, members, pairs, right_regime
from pietools.topics.regimes.tables import (
    CHANGE,
    COEFFICIENTS,
    COUNTS,
    EXAMPLES,
    OVERLAP,
    PIES,
    THEORY,
    TRANSITIONS,
)
from pietools.topics.study_reader import StudyReader, once


def changes(reader: StudyReader) -> list[Row]:
    """Rows of results.regimes."""
    return reader.over(_change, _pairs_of_votes(reader))


def overlaps(reader: StudyReader) -> list[Row]:
    """Rows of results.regimes_overlap."""
    return reader.over(_overlap, _pairs_of_votes(reader))


def pies(reader: StudyReader) -> list[Row]:
    """Rows of results.regimes_pies."""
    return reader.rows_of(_pies, pairs(reader))


def transitions(reader: StudyReader) -> list[Row]:
    """Rows of results.regimes_transitions."""
    return reader.rows_of(_groups, _members_of_votes(reader))


def examples(reader: StudyReader) -> list[Row]:
    """Rows of results.regimes_examples."""
    return reader.rows_of(_lost_examples, _members_of_votes(reader))


def theories(reader: StudyReader) -> list[Row]:
    """Rows of results.regimes_theory: what each theory adds in each labelled comparison."""
    rows = []
    for comparison in reader.explainable() if reader.settings.theories else []:
        described = comparison.describe("regime", "method", "sparsity", "bits")
        regime = described.pop("regime")
        member = Member(regime or "", comparison, tuple(described.values()))
        rows += [comparison.names | {"regime": regime} | row for row in _tested(reader, member)]
    return rows


FILL = {
    CHANGES: correlations,
    HITS: groups,
    CHANGE: changes,
    OVERLAP: overlaps,
    PIES: pies,
    COUNTS: counts,
    COEFFICIENTS: coefficients,
    TRANSITIONS: transitions,
    EXAMPLES: examples,
    THEORY: theories,
}


def _pairs_of_votes(reader: StudyReader) -> list[Pair]:
    """Those of which a side has no log odds, or all if everything is asked."""
    return [pair for pair in pairs(reader) if asked_of_votes(reader, [pair.a.comparison, pair.b.comparison])]


def _members_of_votes(reader: StudyReader) -> list[Same]:
    return [same for same in members(reader) if asked_of_votes(reader, [member.comparison for member in same])]


def _change(reader: StudyReader, pair: Pair) -> Row:
    """Correlation of the change in error rate, beyond class and difficulty."""
    one, other = pair.a.comparison, pair.b.comparison
    row = CHANGE.nothing | {
        **pair.names,
        "reference_a": one.reference,
        "compressed_a": one.compressed,
        "reference_b": other.reference,
        "compressed_b": other.compressed,
        "pairing": pair.pairing,
    }
    if not one.is_labelled:
        return row | {"flag": Flag.NO_LABELS}
    hard = difficulty(reader, [pair.a, pair.b])
    found = change_correlation(
        right_regime(pair.a, hard),
        right_regime(pair.b, hard),
        paired=pair.is_paired,
        covariates=hard.columns,
        classes=one.given_labels,
        seed=reader.settings.seed,
    )
    numbers = {name: value for name, value in vars(found).items() if name not in ("statistic", "df")}
    return row | numbers | {"difficulty": hard.kind}


def _overlap(reader: StudyReader, pair: Pair) -> Row:
    found = pie_overlap(
        pair.a.comparison.votes,
        pair.b.comparison.votes,
        paired=pair.is_paired,
        n_permutations=reader.settings.permutations,
        seed=reader.settings.seed,
    )
    low, high = found.null.central_95
    return {
        **pair.names,
        "n_pies_a": found.n_pies_a,
        "n_pies_b": found.n_pies_b,
        "n_both": found.n_both,
        "conf_low": found.interval.conf_low,
        "conf_high": found.interval.conf_high,
        "null_mean": found.null.mean,
        "null_sd": found.null.sd,
        "null_conf_low": low,
        "null_conf_high": high,
        "expected": found.expected,
        "overlap_above_null": found.overlap_above_null,
        "p_value": found.p_value,
        "p_either": found.p_either,
        "jaccard": found.jaccard,
        "kappa": found.kappa,
    }


def _pies(reader: StudyReader, pair: Pair) -> Iterator[Row]:
    """Correlation of PIE indicators, and that of dense-against-dense PIEs of sets of the same size."""
    votes = [member.comparison.votes for member in (pair.a, pair.b)]
    baselines = [_dense(reader, member) for member in (pair.a, pair.b)]
    k = min(size for both in (*votes, *baselines) for size in both.sizes)
    correlated = partial(pie_correlation, seed=reader.settings.seed, classes=votes[0].labels, set_size=3 * k // 8)
    sides = {
        "compressed": correlated(*votes, paired=pair.is_paired),
        "baseline": correlated(*baselines, paired=False),
    }
    for side, found in sides.items():
        yield {
            **pair.names,
            "side": side,
            "estimate": found.estimate,
            "conf_low": found.interval.conf_low,
            "conf_high": found.interval.conf_high,
            "raw": found.raw,
            "attenuation": found.attenuation,
            "set_size": found.set_size,
            "flag": found.flag,
        }


def _dense(reader: StudyReader, member: Member) -> Populations:
    """Two sets of dense networks of a regime: both populations, or halves of the only one."""
    comparison = member.comparison
    names = [name for name in (comparison.reference, reader.second_dense(comparison)) if name]
    return dense_against_dense(*(reader.by_names(name, comparison.dataset) for name in names))


def _names(same: Same) -> Row:
    return {"dataset": same[0].comparison.dataset, "compression": same[0].compression}


@once
def _transitions(reader: StudyReader, same: Same) -> Transitions:
    first = same[0].comparison
    return count_transitions(
        [member.comparison.votes for member in same],
        first.votes.labels if first.is_labelled else None,
        n_permutations=reader.settings.permutations,
        seed=reader.settings.seed,
    )


def _groups(reader: StudyReader, same: Same) -> Iterator[Row]:
    regimes = [member.regime for member in same]
    for row in _transitions(reader, same).groups.to_dicts():
        index = row.pop("regime_index")
        yield _names(same) | row | {"regime": None if index is None else regimes[index]}


def _lost_examples(reader: StudyReader, same: Same) -> list[Row]:
    comparison = same[0].comparison
    is_lost = _transitions(reader, same).is_lost
    keys, labels = reader.keys(comparison.dataset), reader.labels(comparison.dataset)
    rows = []
    for column in np.flatnonzero(is_lost.any(axis=0)):
        losers = [member.regime for member, lost in zip(same, is_lost[:, column], strict=True) if lost]
        group = "all" if len(losers) == len(same) else "only" if len(losers) == 1 else "several"
        example = int(comparison.examples[column])
        rows.append(
            _names(same)
            | {"example_id": example, "key": keys[example], "n_regimes": len(losers), "group": group}
            | {"regimes": ", ".join(losers), "label": int(labels[example]) if labels[example] >= 0 else None}
        )
    return sorted(rows, key=lambda row: row["example_id"])


def _tested(reader: StudyReader, member: Member) -> list[Row]:
    hard = difficulty(reader, [member])
    classes = member.comparison.given_labels
    right = right_regime(member, hard)
    rows = []
    for name in reader.settings.theories:
        hypothesis = _hypothesis(reader, member, name, hard)
        if hypothesis is None:
            continue
        known = np.isfinite(hypothesis)
        gain = theory_gain(
            right.on(known),
            hypothesis[known],
            seed=reader.settings.seed,
            covariates=None if hard.columns is None else hard.columns[known],
            classes=classes[known],
        )
        rows.append({"property": name, "difficulty": hard.kind, **vars(gain)})
    return rows


def _hypothesis(reader: StudyReader, member: Member, name: str, hard: Difficulty) -> np.ndarray | None:
    """A property of the labelled examples, NaN where it is missing, by networks that have no part in the change or by outside."""
    dataset = member.comparison.dataset
    examples = reader.labelled_by_key(dataset)
    outside = reader.outside_numbers(dataset)
    if name in outside:
        return outside[name][1][examples]
    second = reader.second_dense(member.comparison)
    networks = reader.network_properties(second or member.comparison.reference, dataset)
    if name in networks.names and hard.kind is None:
        reader.warn(
            f"{name} is no theory of {member.comparison.compressed} on {dataset}: it would come from the very networks whose "
            "change it is to explain. Eight networks are needed, or a second dense population."
        )
        return None
    if name in networks.names:
        rows = np.arange(networks.n_networks)[:: 1 if second else 2]
        return networks.values(name, rows).fill_null(np.nan).to_numpy()[examples]
    why = f": {networks.flags[name]}" if name in networks.flags else ""
    reader.warn(f"{dataset} has no property '{name}', and no theory of it{why}.")
    return None
