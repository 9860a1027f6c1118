"""Does one regime lose more examples than another at equal sparsity? Differences of two counts.

The counts are the excess of PIEs and the number of forgotten examples. The networks are random, the examples fixed. The
counts are of equally many networks, because both depend on how many vote. A regime that loses more accuracy loses more
examples: see :mod:`pietools.statistics.regimes.equal_loss`.
"""

from typing import Any

import polars as pl

from pietools.flags import Flag
from pietools.statistics.regimes.levels import MEASURES, Counted, Measured, check_comparable, tested

NUMBERS = ("count_a", "count_b", "estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high")
SCHEMA = {
    "measure": pl.String,
    "sparsity": pl.Float64,
    "n_networks": pl.Int64,
    **dict.fromkeys(("loss_a", "loss_b", *NUMBERS), pl.Float64),
    "flag": pl.String,
}


def count_differences(a: Measured, b: Measured, *, paired: bool) -> pl.DataFrame:
    """Differences A − B of both counts at each sparsity that both regimes have.

    H0: the expected counts are equal. Random: the networks.

    Parameters
    ----------
    a, b
        Each measured once, by :func:`pietools.statistics.regimes.levels.measure`, at the same number of networks.
    paired
        Whether row k of each population of A has the replicate name of row k of the same population of B: with the same
        seed samples draw the same replicates of both, and the error counts what they share. If not, the regimes may have
        no network in common, and have seeds of their own.

    Returns
    -------
    polars.DataFrame
        A row per ``measure`` (``excess``, ``forgotten``) and ``sparsity``: ``n_networks`` K, to which all
        populations were cut by lot; ``loss_a`` and ``loss_b`` (accuracy, dense − compressed), ``count_a``,
        ``count_b``, ``estimate`` with its t_{K−1} test and 95 % interval, and ``flag``: ``few-networks`` (fewer than
        four: nothing is said), ``no-variance`` or null.

    Raises
    ------
    ValueError
        If the regimes were measured on other examples, at another number of networks, or with seeds that do not go with
        ``paired``; or if matched ones differ in design or numbers of networks.
    """
    check_comparable(a, b, paired=paired)
    sparsities, of_b = a.levels.sparsities, b.levels.sparsities
    common = [(i, of_b.index(sparsity)) for i, sparsity in enumerate(sparsities) if sparsity in of_b]
    rows: list[dict[str, Any]] = []
    for name in MEASURES:
        for i, j in common:
            row = {"measure": name, "sparsity": sparsities[i], "n_networks": a.n_networks, "flag": Flag.FEW_NETWORKS}
            if a.counted:
                row |= _difference(a.counted[name], b.counted[name], (i, j), a.n_networks, paired=paired)
            rows.append(row)
    return pl.DataFrame(rows, schema=SCHEMA)


def _difference(a: Counted, b: Counted, at: tuple[int, int], k: int, *, paired: bool) -> dict[str, Any]:
    i, j = at
    samples = a.count.samples[:, i] - b.count.samples[:, j]
    return {
        "loss_a": a.points.value[i],
        "loss_b": b.points.value[j],
        "count_a": a.count.value[i],
        "count_b": b.count.value[j],
        **tested(a.count.value[i] - b.count.value[j], samples, a.kept if paired else [*a.kept, *b.kept], k),
    }
