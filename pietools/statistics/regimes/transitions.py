"""Which examples are lost in every regime, which in one only, and how many would be if compression did nothing?

The networks are random, the examples fixed. Lost is what the modal label of the dense networks has right and that of
the compressed networks wrong; without given labels, every PIE.
"""

from dataclasses import dataclass
from functools import reduce

import numpy as np
import polars as pl

from pietools.statistics.regimes.lost import count_bits, lost_as_labelled, lost_when_relabelled, seed_of
from pietools.statistics.tools.populations import Populations

SCHEMA = {
    "group": pl.String,
    "regime_index": pl.Int64,
    "n": pl.Int64,
    "expected": pl.Float64,
    "conf_low": pl.Float64,
    "conf_high": pl.Float64,
}


@dataclass(frozen=True)
class Transitions:
    """Examples by the regimes that lost them.

    ``is_lost``: boolean, shape (R, n). ``groups`` has a row each for ``all``, ``only`` one (its number in
    ``regime_index``), ``several`` (but not all, from three regimes on) and ``none``: ``n`` examples, ``expected`` ones
    (the mean over relabellings) and the central 95 % of relabellings, ``conf_low`` and ``conf_high``.
    """

    is_lost: np.ndarray
    groups: pl.DataFrame


def transitions(
    regimes: list[Populations], given_labels: np.ndarray | None, *, n_permutations: int, seed: int | list[int]
) -> Transitions:
    """Cross the examples that each regime lost, beside what is expected when all regimes are relabelled.

    H0 of the expectation: networks are exchangeable between the populations of each regime (within pairs if it is
    paired).

    Parameters
    ----------
    regimes
        Predicted labels ≥ 0 of the same n examples by at least two regimes, which have no network in common.
    given_labels
        Shape (n,), −1 where there is none: such examples are never lost. None: lost is every PIE.

    Raises
    ------
    ValueError
        If there are fewer than two regimes, or their numbers of examples differ.
    """
    n = {regime.n_examples for regime in regimes}
    if len(regimes) < 2 or len(n) > 1:
        raise ValueError(f"at least two regimes of the same examples, not {len(regimes)} of {sorted(n)} examples")
    observed = [lost_as_labelled(regime, given_labels) for regime in regimes]
    relabelled = [
        lost_when_relabelled(regime, given_labels, n_permutations, seed_of(seed, i)) for i, regime in enumerate(regimes)
    ]
    (n_examples,) = n
    found, null = _counts(observed, n_examples), _counts(relabelled, n_examples)
    rows = [
        {"group": group, "regime_index": index, "n": int(count), **_expected(null[group, index])}
        for (group, index), count in found.items()
    ]
    is_lost = np.unpackbits(np.stack(observed), axis=1, count=n_examples).astype(bool)
    return Transitions(is_lost, pl.DataFrame(rows, schema=SCHEMA))


def _counts(lost: list[np.ndarray], n: int) -> dict[tuple[str, int | None], np.ndarray]:
    """Number of examples in each group, of sets given as bits (…, bytes)."""
    counts: dict[tuple[str, int | None], np.ndarray] = {("all", None): count_bits(reduce(np.bitwise_and, lost))}
    for i, own in enumerate(lost):
        others = reduce(np.bitwise_or, (other for j, other in enumerate(lost) if j != i))
        counts["only", i] = count_bits(own & ~others)
    none = n - count_bits(reduce(np.bitwise_or, lost))
    if len(lost) > 2:
        counts["several", None] = n - none - sum(counts.values())
    return counts | {("none", None): none}


def _expected(counts: np.ndarray) -> dict[str, float]:
    low, high = np.quantile(counts, [0.025, 0.975])
    return {"expected": float(counts.mean()), "conf_low": float(low), "conf_high": float(high)}
