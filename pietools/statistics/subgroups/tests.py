"""Which groups of examples did compression hit, and which is the worst?

The groups are a partition of the examples: by a property, by the given label, or by a crossing. A rate is the accuracy of one
network on the examples of one group, or its false positive or false negative rate there. The networks are random, the examples
fixed.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.tools.multiplicity import adjust
from pietools.statistics.tools.populations import check_paired
from pietools.statistics.tools.t_tests import paired_t, welch_t

TESTED = ("estimate", "std_error", "statistic", "df", "p_value", "p_adjusted", "conf_low", "conf_high")


def subgroup_tests(
    rates_reference: np.ndarray, rates_compressed: np.ndarray, n: np.ndarray, *, paired: bool
) -> pl.DataFrame:
    """Test every group twice: did its rate change, and did it change otherwise than the rate over all examples?

    Parameters
    ----------
    rates_reference, rates_compressed
        Shapes (K_D, g) and (K_C, g), in [0, 1]; NaN in a group without examples. If ``paired``, row k of one matches row k of the
        other.
    n
        Examples that each group's rate counts, shape (g,): for a false positive rate the negatives.

    Returns
    -------
    polars.DataFrame
        A row per group: ``group_index`` (column of the rates), ``n``, ``mean_reference``, ``mean_compressed``,
        ``relative_change`` (mean_compressed / mean_reference − 1; null if the rate was 0), ``estimate`` (mean_compressed −
        mean_reference), ``std_error``, ``statistic``, ``df``, ``p_value``, ``p_adjusted`` (Holm, over the groups), ``conf_low``,
        ``conf_high`` (95 %, not adjusted); the same from ``shifted_estimate`` to ``shifted_conf_high`` for the rate minus the
        network's rate over all examples; and ``flag``: why there is no p_value (``no-examples``, ``one-network``,
        ``no-variance``) or null. The shifted p-values are also null if there is only one group with examples.

    Notes
    -----
    H0: the mean rate of the group is the same in both populations; shifted: it changed as the rate over all examples did.
    Random: the networks. ``paired``: paired t test, else Welch's. The shifted rates sum to zero, weighted by ``n``: one group
    that is hit makes the others look better (see docs/methods/classes.md).
    """
    check_paired(rates_reference, rates_compressed, paired=paired)
    known = (n > 0) & np.isfinite(rates_reference).all(axis=0) & np.isfinite(rates_compressed).all(axis=0)
    reference, compressed = (np.where(known, rates, np.nan) for rates in (rates_reference, rates_compressed))
    tested = _tested(reference, compressed, paired=paired)
    overall = (_overall(rates, n, known)[:, None] for rates in (reference, compressed))
    shifted = _tested(
        *(rates - total for rates, total in zip((reference, compressed), overall, strict=True)), paired=paired
    )
    means = reference.mean(axis=0), compressed.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative_change = np.where(means[0] > 0, means[1] / means[0] - 1, np.nan)
    frame = pl.DataFrame(
        {
            "group_index": np.arange(len(n)),
            "n": np.asarray(n),
            "mean_reference": means[0],
            "mean_compressed": means[1],
            "relative_change": relative_change,
            **tested,
            **{f"shifted_{name}": values for name, values in shifted.items()},
        }
    )
    flags = _flags(known, tested["p_value"], min(len(reference), len(compressed)))
    return frame.fill_nan(None).with_columns(flag=pl.Series(flags, dtype=pl.String))


def _tested(reference: np.ndarray, compressed: np.ndarray, *, paired: bool) -> dict[str, np.ndarray]:
    found = (paired_t if paired else welch_t)(reference, compressed)
    found["p_adjusted"] = adjust(found["p_value"], "holm")
    return {name: found[name] for name in TESTED}


def _overall(rates: np.ndarray, n: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Each network's rate over all examples, shape (K,)."""
    return rates[:, known] @ (n[known] / n[known].sum()) if known.any() else np.full(len(rates), np.nan)


def _flags(known: np.ndarray, p_value: np.ndarray, n_networks: int) -> list[str | None]:
    untested = Flag.ONE_NETWORK if n_networks < 2 else Flag.NO_VARIANCE
    return [
        Flag.NO_EXAMPLES if not has_examples else None if np.isfinite(p) else untested
        for has_examples, p in zip(known, p_value, strict=True)
    ]


@dataclass(frozen=True)
class WorstGroup:
    """The group with the worst mean rate in each population, and the one that lost most; None if no group has examples.

    The worst of several estimated rates is worse than it would be in new networks: it is chosen for having come out badly.
    """

    reference_index: int
    reference_rate: float
    compressed_index: int
    compressed_rate: float
    hit_index: int
    hit_change: float


def worst_group(tests: pl.DataFrame, *, is_error: bool = False) -> WorstGroup | None:
    """The worst group before and after compression, and the one that compression hit most.

    Parameters
    ----------
    tests
        Rows of :func:`subgroup_tests`, of one comparison.
    is_error
        Whether the rates are error rates, so that the largest is the worst.
    """
    groups = tests.drop_nulls("estimate")
    if not groups.height:
        return None
    found = []
    for column in ("mean_reference", "mean_compressed", "estimate"):
        worst = groups.sort(column, "group_index", descending=[is_error, False]).row(0, named=True)
        found += [int(worst["group_index"]), float(worst[column])]
    return WorstGroup(*found)  # type: ignore[arg-type]
