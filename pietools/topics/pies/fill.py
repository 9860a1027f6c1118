"""PIEs: how many, in which direction, how many there are after shuffling the networks, and how many compression made."""

from pietools.conventions import LEVEL, TIE_RULE
from pietools.flags import Flag
from pietools.results.table import Row, nulls
from pietools.statistics.pies.counts import dense_baseline, pie_count_intervals, pies_by_replicates, split_half_jaccard
from pietools.statistics.pies.excess import Excess
from pietools.statistics.tools.relabelling import RelabellingNull, relabelling_null
from pietools.topics.comparison import Comparison
from pietools.topics.multiplicity import with_holm
from pietools.topics.pies.tables import BY_REPLICATES, COUNTS, NULL, PIES, STABILITY
from pietools.topics.study_reader import DESCRIBED, StudyReader, once

DIRECTIONS = ("forgotten", "recovered", "moved")
ERRORS = ("std_error", "conf_low", "conf_high")


def pies(reader: StudyReader) -> list[Row]:
    """Rows of results.pies."""
    rows = reader.over(_pies, reader.originals())
    return with_holm(rows, reader.is_compressed)


def counts(reader: StudyReader) -> list[Row]:
    """Rows of results.pies_counts."""
    return reader.rows_of(_intervals, reader.several(reader.originals()))


def stability(reader: StudyReader) -> list[Row]:
    """Rows of results.pies_stability."""
    return reader.over(_stability, reader.several(reader.originals()))


def by_replicates(reader: StudyReader) -> list[Row]:
    """Rows of results.pies_by_replicates."""
    return [
        comparison.names | row
        for comparison in reader.each(reader.several(reader.originals()))
        for row in pies_by_replicates(comparison.votes, seed=comparison.seed).to_dicts()
    ]


FILL = {PIES: pies, COUNTS: counts, STABILITY: stability, BY_REPLICATES: by_replicates}


def _pies(reader: StudyReader, comparison: Comparison) -> Row:
    null = None if reader.is_single(comparison) else _null(reader, comparison)
    excess = comparison.excess
    n_reference, n_compressed = comparison.votes.sizes
    if null is not None:
        _warn(reader, comparison, null, excess)
    return {
        **comparison.names,
        **comparison.describe(*DESCRIBED),
        "n_examples": comparison.votes.n_examples,
        "n_reference": n_reference,
        "n_compressed": n_compressed,
        "n_pairs": n_reference if comparison.is_paired else None,
        "tie_rule": TIE_RULE,
        **_counts(comparison),
        "pairing": comparison.pairing,
        **_null_columns(null),
        **_excess_columns(excess),
    }


@once
def _null(reader: StudyReader, comparison: Comparison) -> RelabellingNull:
    return relabelling_null(comparison.votes, n_permutations=reader.settings.permutations, seed=comparison.seed)


def _counts(comparison: Comparison) -> Row:
    found = comparison.pies
    directions = {name: int((found["direction"] == name).sum()) for name in DIRECTIONS}
    return {
        "n_pies": found.height,
        "n_pies_untied": found.height - int(found["is_tied"].sum()),
        **(directions if comparison.is_labelled else dict.fromkeys(directions)),
    }


def _null_columns(null: RelabellingNull | None) -> Row:
    """The null distribution; with one network on a side there is none to be had."""
    if null is None:
        return nulls(NULL) | {"null_flag": Flag.ONE_NETWORK}
    low, high = null.n_pies.central_95
    return {
        "n_permutations": len(null.n_pies.values),
        "is_exact": null.n_pies.is_exact,
        "null_mean": null.n_pies.mean,
        "null_sd": null.n_pies.sd,
        "null_conf_low": low,
        "null_conf_high": high,
        "null_difference": null.n_pies.observed - null.n_pies.mean,
        "p_value": null.n_pies.p_value,
        "smallest_p": null.smallest_p,
        "null_flag": None,
    }


def _excess_columns(excess: Excess) -> Row:
    return {
        "excess_pies": excess.estimate,
        "excess_std_error": excess.interval.std_error,
        "excess_conf_low": excess.interval.conf_low,
        "excess_conf_high": excess.interval.conf_high,
        "excess_set_size": excess.set_size,
        "excess_between": excess.between,
        "excess_reference_baseline": excess.reference_baseline,
        "excess_compressed_baseline": excess.compressed_baseline,
        "excess_flag": excess.flag,
    }


def _intervals(reader: StudyReader, comparison: Comparison) -> list[Row]:
    """A row per count; of directions only the name where there are no labels."""
    counted = _counts(comparison)
    intervals = pie_count_intervals(comparison.votes, seed=comparison.seed)
    return [
        comparison.names
        | {"count": count, "estimate": counted[count]}
        | {name: None if counted[count] is None else getattr(interval, name) for name in ERRORS}
        for count, interval in intervals.items()
    ]


def _stability(reader: StudyReader, comparison: Comparison) -> Row:
    second = reader.second_dense(comparison)
    reference = reader.predicted(comparison.reference, comparison.dataset)
    other = reader.predicted(second, comparison.dataset) if second else None
    n_networks, n_pies = dense_baseline(reference, other, seed=comparison.seed)
    taxicab = _null(reader, comparison).taxicab
    return {
        **comparison.names,
        "split_half_jaccard": split_half_jaccard(comparison.votes, seed=comparison.seed),
        "baseline_population": second,
        "baseline_n_networks": n_networks,
        "baseline_n_pies": n_pies,
        "taxicab_mean": taxicab.observed,
        "taxicab_null_mean": taxicab.mean,
        "taxicab_p": taxicab.p_value,
    }


def _warn(reader: StudyReader, comparison: Comparison, null: RelabellingNull, excess: Excess) -> None:
    if null.smallest_p > LEVEL:
        reader.warn(
            f"with so few networks no number of PIEs could be significant: no p can be below {null.smallest_p:.2f}. That says "
            "nothing about compression.",
            comparison,
        )
    if excess.flag == Flag.FEW_NETWORKS:
        reader.warn("no excess of PIEs with fewer than three networks.", comparison)
    if excess.interval.conf_high is not None and excess.interval.conf_high < 0:
        reader.warn(
            "the excess of PIEs lies below 0, which independent networks cannot give. Are they matched, or of several "
            "architectures? Then name their replicates.",
            comparison,
        )
