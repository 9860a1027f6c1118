"""Does one regime lose more examples than another at equal sparsity? Differences of two counts.

The counts are the excess of PIEs and the number of forgotten examples. The networks are random, the examples fixed. The
counts are of equally many networks, because both depend on how many vote. A regime that loses more accuracy loses more
examples: see :mod:`pietools.statistics.regimes.equal_loss`.
"""

from typing import Any

import numpy as np
import polars as pl

from pietools.statistics.regimes.levels import FEWEST_NETWORKS, MEASURES, Levels, Measured, measured_together, tested

NUMBERS = ("count_a", "count_b", "estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high")
SCHEMA = {
    "measure": pl.String,
    "sparsity": pl.Float64,
    "n_networks": pl.Int64,
    **dict.fromkeys(("loss_a", "loss_b", *NUMBERS), pl.Float64),
    "flag": pl.String,
}


def count_differences(
    a: Levels, b: Levels, given_labels: np.ndarray, *, matched: bool, seed: int | list[int]
) -> pl.DataFrame:
    """Differences A − B of both counts at each sparsity that both regimes have.

    H0: the expected counts are equal. Random: the networks.

    Parameters
    ----------
    a, b
        Predicted labels ≥ 0 of the same examples.
    given_labels
        Shape (n,), −1 where there is none.
    matched
        Whether row k of each population of A has the replicate name of row k of the same population of B: samples then
        draw the same replicates of both, and the error counts what they share. If not, the regimes may have no network
        in common.

    Returns
    -------
    polars.DataFrame
        A row per ``measure`` (``excess``, ``forgotten``) and ``sparsity``: ``n_networks`` K, the smallest population's
        number, to which all are cut by lot; ``loss_a`` and ``loss_b`` (accuracy, dense − compressed), ``count_a``,
        ``count_b``, ``estimate`` with its t_{K−1} test and 95 % interval, and ``flag``: ``few-networks`` (fewer than
        four: nothing is said), ``no-variance`` or null.

    Raises
    ------
    ValueError
        If the examples differ, or ``matched`` regimes differ in design or numbers of networks.
    """
    k = min(*a.sizes, *b.sizes)
    common = [sparsity for sparsity in a.sparsities if sparsity in b.sparsities]
    rows: list[dict[str, Any]] = []
    for name in MEASURES:
        row = {"measure": name, "n_networks": k}
        if k < FEWEST_NETWORKS:
            rows += [{**row, "sparsity": sparsity, "flag": "few-networks"} for sparsity in common]
            continue
        both = measured_together(a, b, name, given_labels, matched=matched, seed=seed)
        for sparsity in common:
            at = a.sparsities.index(sparsity), b.sparsities.index(sparsity)
            rows.append({**row, "sparsity": sparsity, **_difference(*both, at, k, matched=matched)})
    return pl.DataFrame(rows, schema=SCHEMA)


def _difference(a: Measured, b: Measured, at: tuple[int, int], k: int, *, matched: bool) -> dict[str, Any]:
    i, j = at
    samples = a.count.samples[:, i] - b.count.samples[:, j]
    return {
        "loss_a": a.points.value[i],
        "loss_b": b.points.value[j],
        "count_a": a.count.value[i],
        "count_b": b.count.value[j],
        **tested(a.count.value[i] - b.count.value[j], samples, a.kept if matched else [*a.kept, *b.kept], k),
    }
