"""Are the same examples lost in another regime?"""

from functools import partial
from typing import Any

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.regimes.change_correlation import change_correlation
from pietools.statistics.regimes.overlap import pie_overlap
from pietools.statistics.regimes.pie_correlation import PieCorrelation, dense_against_dense, pie_correlation
from pietools.statistics.regimes.theory import theory_gain
from pietools.statistics.regimes.transitions import transitions
from pietools.statistics.tools.populations import Populations
from pietools.topics.regimes.coefficients import coefficients
from pietools.topics.regimes.counts import counts
from pietools.topics.regimes.pairs import (
    Difficulty,
    Member,
    Pair,
    difficulty,
    label_regime,
    members,
    pairs,
    right_regime,
)
from pietools.topics.study_reader import StudyReader

Row = dict[str, Any]


def tables(reader: StudyReader) -> dict[str, pl.DataFrame]:
    """Tables of the topic."""
    same = members(reader)
    both = [pair for regimes in same for pair in pairs(reader, regimes)]
    lost = [_transitions(reader, regimes) for regimes in reader.each(same)]
    return {
        "regimes": reader.frame("regimes", [_row(reader, pair) for pair in both]),
        "regimes_counts": reader.frame("regimes_counts", counts(reader, same)),
        "regimes_coefficients": reader.frame("regimes_coefficients", coefficients(reader, both)),
        "regimes_transitions": reader.frame("regimes_transitions", [row for rows, _ in lost for row in rows]),
        "regimes_theory": reader.frame("regimes_theory", _theories(reader)),
        "regimes_examples": pl.concat([reader.frame("regimes_examples", []), *(frame for _, frame in lost)]),
    }


def _row(reader: StudyReader, pair: Pair) -> Row:
    one, other = pair.a.comparison, pair.b.comparison
    is_labelled = bool(reader.n_labelled(one.dataset))
    return {
        **pair.names,
        "reference_a": one.reference,
        "compressed_a": one.compressed,
        "reference_b": other.reference,
        "compressed_b": other.compressed,
        "design": "matched" if pair.matched else "unmatched",
        **(_change(reader, pair) if is_labelled else {"flag": Flag.NO_LABELS}),
        **_pies(reader, pair),
        **_overlap(reader, pair),
    }


def _change(reader: StudyReader, pair: Pair) -> Row:
    """Correlation of the change in error rate."""
    dataset = pair.a.comparison.dataset
    rows = reader.labelled(dataset)
    classes = reader.labels(dataset)[rows]
    hard = difficulty(reader, [pair.a, pair.b])
    found = change_correlation(
        right_regime(reader, pair.a, hard),
        right_regime(reader, pair.b, hard),
        paired=pair.matched,
        covariates=hard.columns,
        classes=classes,
        seed=reader.settings.seed,
    )
    columns = {name: value for name, value in vars(found).items() if name not in ("statistic", "df")}
    return {**columns, "difficulty": hard.kind}


def _pies(reader: StudyReader, pair: Pair) -> Row:
    """Correlation of PIE indicators, beside that of dense-against-dense PIEs of sets of the same size."""
    dataset = pair.a.comparison.dataset
    labels = reader.labels(dataset)[reader.by_key(dataset)]
    a, b = (label_regime(reader, member) for member in (pair.a, pair.b))
    baselines = [_baseline(reader, member) for member in (pair.a, pair.b)]
    k = min(size for regime in (a, b, *baselines) for size in regime.sizes)
    correlated = partial(pie_correlation, seed=reader.settings.seed, classes=labels, set_size=3 * k // 8)
    found = correlated(a, b, paired=pair.matched)
    baseline = correlated(*baselines, paired=False)
    return {
        **_pie_columns("pies", found),
        "pies_raw": found.raw,
        "pies_attenuation": found.attenuation,
        "pies_set_size": found.set_size,
        **_pie_columns("baseline", baseline),
    }


def _baseline(reader: StudyReader, member: Member) -> Populations:
    second = reader.second_dense(member.comparison)
    dataset = member.comparison.dataset
    order = reader.by_key(dataset)
    names = [name for name in (member.comparison.reference, second) if name]
    return dense_against_dense(*(reader.label_matrix(name, dataset)[1][:, order] for name in names))


def _pie_columns(prefix: str, found: PieCorrelation) -> Row:
    return {
        f"{prefix}_estimate": found.estimate,
        f"{prefix}_conf_low": found.interval.conf_low,
        f"{prefix}_conf_high": found.interval.conf_high,
        f"{prefix}_flag": found.flag,
    }


def _overlap(reader: StudyReader, pair: Pair) -> Row:
    found = pie_overlap(
        label_regime(reader, pair.a),
        label_regime(reader, pair.b),
        paired=pair.matched,
        n_permutations=reader.settings.permutations,
        seed=reader.settings.seed,
    )
    low, high = found.null.central_95
    return {
        "n_pies_a": found.n_pies_a,
        "n_pies_b": found.n_pies_b,
        "n_both": found.n_both,
        "n_both_conf_low": found.interval.conf_low,
        "n_both_conf_high": found.interval.conf_high,
        "null_mean": found.null.mean,
        "null_conf_low": low,
        "null_conf_high": high,
        "overlap_above_null": found.overlap_above_null,
        "overlap_p": found.p_value,
        "overlap_p_either": found.p_either,
        "jaccard": found.jaccard,
        "kappa": found.kappa,
        "expected": found.expected,
    }


def _transitions(reader: StudyReader, regimes: list[Member]) -> tuple[list[Row], pl.DataFrame]:
    """Rows of results.regimes_transitions and of results.regimes_examples."""
    dataset = regimes[0].comparison.dataset
    names = {"dataset": dataset, "compression": regimes[0].compression}
    order = reader.by_key(dataset)
    labels = reader.labels(dataset)[order]
    found = transitions(
        [label_regime(reader, member) for member in regimes],
        labels if reader.n_labelled(dataset) else None,
        n_permutations=reader.settings.permutations,
        seed=reader.settings.seed,
    )
    regime_names = [member.regime for member in regimes]
    rows = [
        names | row | {"regime": None if row["regime_index"] is None else regime_names[row["regime_index"]]}
        for row in found.groups.to_dicts()
    ]
    is_lost = np.empty_like(found.is_lost)
    is_lost[:, order] = found.is_lost
    return rows, _lost_examples(reader, names, regime_names, is_lost)


def _lost_examples(reader: StudyReader, names: Row, regimes: list[str], is_lost: np.ndarray) -> pl.DataFrame:
    keys, labels = reader.keys(names["dataset"]), reader.labels(names["dataset"])
    rows = []
    for example in np.flatnonzero(is_lost.any(axis=0)):
        losers = [regime for regime, lost in zip(regimes, is_lost[:, example], strict=True) if lost]
        group = "all" if len(losers) == len(regimes) else "only" if len(losers) == 1 else "several"
        rows.append(
            names
            | {"example_id": int(example), "key": keys[int(example)], "n_regimes": len(losers), "group": group}
            | {"regimes": ", ".join(losers), "label": int(labels[example]) if labels[example] >= 0 else None}
        )
    return reader.frame("regimes_examples", rows)


def _theories(reader: StudyReader) -> list[Row]:
    """What each theory adds in each labelled comparison."""
    rows = []
    for comparison in reader.explainable() if reader.settings.theories else []:
        described = reader.describe(comparison.compressed, "regime", "method", "sparsity", "bits")
        regime = described.pop("regime")
        member = Member(regime or "", comparison, tuple(described.values()))
        rows += [{**vars(comparison), "regime": regime, **row} for row in _tested(reader, member)]
    return rows


def _tested(reader: StudyReader, member: Member) -> list[Row]:
    hard = difficulty(reader, [member])
    dataset = member.comparison.dataset
    classes = reader.labels(dataset)[reader.labelled(dataset)]
    right = right_regime(reader, member, hard)
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
    examples = reader.labelled(dataset)
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
