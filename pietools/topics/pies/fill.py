"""PIEs: how many, in which direction, how many there would be if compression did nothing, and how many it made."""

from dataclasses import asdict
from typing import Any

import polars as pl

from pietools.conventions import LEVEL, TIE_RULE
from pietools.flags import Flag
from pietools.statistics.pies.counts import (
    dense_baseline,
    pie_count_intervals,
    pies_by_replicates,
    split_half_jaccard,
)
from pietools.statistics.pies.excess import Excess
from pietools.statistics.tools.relabelling import RelabellingNull, relabelling_null
from pietools.topics.study_reader import Comparison, StudyReader

DIRECTIONS = ("forgotten", "recovered", "moved")


def tables(reader: StudyReader) -> dict[str, pl.DataFrame]:
    """Tables of the topic."""
    found = [(_row(reader, one), _by_replicates(reader, one)) for one in reader.each(reader.originals())]
    return {
        "pies": reader.frame("pies", [row for row, _ in found]),
        "pies_by_replicates": reader.frame("pies_by_replicates", [row for _, rows in found for row in rows]),
    }


def _row(reader: StudyReader, comparison: Comparison) -> dict[str, Any]:
    paired, seed = reader.is_paired(comparison), comparison.seed(reader.settings.seed)
    reference, compressed = reader.predicted(comparison)
    null = relabelling_null(reader.votes(comparison), n_permutations=reader.settings.permutations, seed=seed)
    excess = reader.excess(comparison)
    _warn(reader, comparison, null, excess)
    return {
        **vars(comparison),
        **reader.describe(comparison.compressed, "role", "regime", "method", "sparsity", "bits"),
        "n_examples": reference.shape[1],
        "n_reference": len(reference),
        "n_compressed": len(compressed),
        "n_pairs": len(reference) if paired else None,
        "tie_rule": TIE_RULE,
        **_counts(reader, comparison),
        **_count_intervals(reader, comparison, seed),
        **_null_columns(null),
        **_excess_columns(excess),
        "split_half_jaccard": split_half_jaccard(reader.votes(comparison), seed=seed),
        **_baseline_columns(reader, comparison, seed),
    }


def _counts(reader: StudyReader, comparison: Comparison) -> dict[str, Any]:
    pies = reader.study.pies(comparison.reference, comparison.compressed, comparison.dataset)
    directions = {name: int((pies["direction"] == name).sum()) for name in DIRECTIONS}
    is_labelled = reader.n_labelled(comparison.dataset) > 0
    return {
        "n_pies": pies.height,
        "n_pies_untied": pies.height - int(pies["is_tied"].sum()),
        **(directions if is_labelled else dict.fromkeys(directions)),
    }


def _count_intervals(reader: StudyReader, comparison: Comparison, seed: list[int]) -> dict[str, Any]:
    intervals = pie_count_intervals(reader.votes(comparison), seed=seed)
    unknown = () if reader.n_labelled(comparison.dataset) else DIRECTIONS
    return {
        f"{count}_{name}": getattr(interval, name)
        for count, interval in intervals.items()
        if count not in unknown
        for name in ("std_error", "conf_low", "conf_high")
    }


def _null_columns(null: RelabellingNull) -> dict[str, Any]:
    low, high = null.n_pies.central_95
    return {
        "design": null.pairing,
        "n_permutations": len(null.n_pies.values),
        "is_exact": null.n_pies.is_exact,
        "null_mean": null.n_pies.mean,
        "null_sd": null.n_pies.sd,
        "null_conf_low": low,
        "null_conf_high": high,
        "null_difference": null.n_pies.observed - null.n_pies.mean,
        "p_value": null.n_pies.p_value,
        "smallest_p": null.smallest_p,
        "taxicab_mean": null.taxicab.observed,
        "taxicab_null_mean": null.taxicab.mean,
        "taxicab_p": null.taxicab.p_value,
    }


def _excess_columns(excess: Excess) -> dict[str, Any]:
    named = asdict(excess)
    interval = named.pop("interval")
    return {
        "excess_pies": named.pop("estimate"),
        **{f"excess_{name}": interval[name] for name in ("std_error", "conf_low", "conf_high")},
        **{f"excess_{name}": value for name, value in named.items()},
    }


def _baseline_columns(reader: StudyReader, comparison: Comparison, seed: list[int]) -> dict[str, Any]:
    second = reader.second_dense(comparison)
    matrices = [reader.label_matrix(name, comparison.dataset)[1] for name in (comparison.reference, second) if name]
    n_networks, n_pies = dense_baseline(matrices[0], matrices[1] if second else None, seed=seed)
    return {"baseline_population": second, "baseline_n_networks": n_networks, "baseline_n_pies": n_pies}


def _by_replicates(reader: StudyReader, comparison: Comparison) -> list[dict[str, Any]]:
    found = pies_by_replicates(reader.votes(comparison), seed=comparison.seed(reader.settings.seed))
    return [{**vars(comparison), **row} for row in found.to_dicts()]


def _warn(reader: StudyReader, comparison: Comparison, null: RelabellingNull, excess: Excess) -> None:
    if null.smallest_p > LEVEL:
        reader.warn(f"p cannot be below {null.smallest_p:.3f} with so few networks.", comparison)
    if excess.flag == Flag.FEW_NETWORKS:
        reader.warn("no excess of PIEs with fewer than three networks.", comparison)
    if excess.interval.conf_high is not None and excess.interval.conf_high < 0:
        reader.warn(
            "the excess of PIEs lies below 0, which independent networks cannot give. Are they matched, or of several "
            "architectures? Then name their replicates.",
            comparison,
        )
