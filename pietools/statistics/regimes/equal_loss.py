"""Does one regime lose more examples than another that lost as much accuracy? Counts interpolated between sparsities.

The networks are random, the examples fixed. For every sparsity of regime A, that sparsity of B is sought at which B has
lost as much accuracy, between two adjacent ones that were measured; B's count there is theirs, interpolated. As the
loss itself is uncertain, B is matched anew in every sample of networks.
"""

from itertools import product
from typing import Any

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.regimes.differences import NUMBERS
from pietools.statistics.regimes.levels import MEASURES, Counted, Measured, Sampled, check_comparable, tested

SCALES = ("points", "relative")
SCHEMA = {
    "measure": pl.String,
    "scale": pl.String,
    "sparsity_a": pl.Float64,
    "sparsity_b": pl.Float64,
    "loss": pl.Float64,
    "n_networks": pl.Int64,
    **dict.fromkeys(NUMBERS, pl.Float64),
    "flag": pl.String,
}


def equal_loss_differences(a: Measured, b: Measured, *, paired: bool) -> pl.DataFrame:
    """Differences A − B of both counts, at each sparsity of A and the loss of accuracy that A has there.

    H0: the expected counts at equal loss are equal. Random: the networks. Parameters, errors and what is raised as in
    :func:`pietools.statistics.regimes.differences.count_differences`.

    Returns
    -------
    polars.DataFrame
        A row per ``measure``, ``scale`` of the loss (``points``: fall of the accuracy; ``relative``: rise of the error
        rate as a share of the dense one) and sparsity of A: ``sparsity_a``, ``sparsity_b`` (interpolated), ``loss``,
        ``n_networks``, ``count_a``, ``count_b``, ``estimate`` with its t_{K−1} test and 95 % interval, and ``flag``:
        ``few-networks`` (fewer than four), ``no-errors`` (dense networks that make none have no relative rise),
        ``extrapolation`` (no two adjacent sparsities of B have A's loss between them), ``indistinguishable`` (the two
        differ in loss by no more than their error, so that a point between them means nothing), ``no-variance`` or
        null.

    Notes
    -----
    Where no two sparsities have A's loss between them in a sample of networks, the line through those of all
    networks is followed.
    """
    check_comparable(a, b, paired=paired)
    k, sparsities = a.n_networks, b.levels.sparsities
    rows: list[dict[str, Any]] = []
    for name, scale, (i, sparsity) in product(MEASURES, SCALES, enumerate(a.levels.sparsities)):
        row = {"measure": name, "scale": scale, "sparsity_a": sparsity, "n_networks": k, "flag": Flag.FEW_NETWORKS}
        if a.counted:
            row |= _at_level(a.counted[name], b.counted[name], i, scale, sparsities, k, paired=paired)
        rows.append(row)
    return pl.DataFrame(rows, schema=SCHEMA)


def _at_level(
    a: Counted, b: Counted, level: int, scale: str, sparsities: tuple[float, ...], k: int, *, paired: bool
) -> dict[str, Any]:
    """Columns from ``loss`` on for one level of A."""
    if scale == "relative" and not (a.has_errors and b.has_errors):
        return {"flag": Flag.NO_ERRORS}
    loss_a, loss_b = (one.relative if scale == "relative" else one.points for one in (a, b))
    known = {"loss": loss_a.value[level], "count_a": a.count.value[level]}
    segment = _segment(loss_b.value, loss_a.value[level])
    if segment is None:
        return known | {"flag": Flag.EXTRAPOLATION}
    gap = np.diff(loss_b.samples)[:, segment]
    of_gap = tested(float(np.diff(loss_b.value)[segment]), gap, b.kept, k)
    if of_gap.get("conf_low", of_gap["estimate"]) <= 0 <= of_gap.get("conf_high", of_gap["estimate"]):
        return known | {"flag": Flag.INDISTINGUISHABLE}
    weights, samples = _weights(loss_a, loss_b, level, segment)
    count_b = float(weights @ b.count.value)
    differences = a.count.samples[:, level] - (samples * b.count.samples).sum(axis=1)
    kept = a.kept if paired else [*a.kept, *b.kept]
    return (
        known
        | {"sparsity_b": float(weights @ np.array(sparsities)), "count_b": count_b}
        | tested(float(a.count.value[level]) - count_b, differences, kept, k)
    )


def _segment(losses: np.ndarray, target: float) -> int | None:
    """The first two adjacent levels that have the target between them."""
    between = np.flatnonzero((losses[:-1] - target) * (losses[1:] - target) <= 0)
    return int(between[0]) if len(between) else None


def _weights(loss_a: Sampled, loss_b: Sampled, level: int, segment: int) -> tuple[np.ndarray, np.ndarray]:
    """Weight of each level of B, of all networks (levels,) and in each sample (S, levels)."""
    target, losses = loss_a.samples[:, level, None], loss_b.samples
    between = (losses[:, :-1] - target) * (losses[:, 1:] - target) <= 0
    segments = np.where(between.any(axis=1), between.argmax(axis=1), segment)
    both = (
        _interpolation(loss_b.value[None], loss_a.value[[level]], np.array([segment])),
        _interpolation(losses, target[:, 0], segments),
    )
    return both[0][0], both[1]


def _interpolation(losses: np.ndarray, target: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Linear weights (rows, levels) that give each row's losses its target; halves where two levels have the same loss."""
    rows = np.arange(len(losses))
    low, high = losses[rows, segments], losses[rows, segments + 1]
    gap = np.where(high == low, 1, high - low)
    share = np.where(high == low, 0.5, (target - low) / gap)
    weights = np.zeros(losses.shape)
    weights[rows, segments], weights[rows, segments + 1] = 1 - share, share
    return weights
