"""Did the gaps between groups of examples grow? Against relabellings of the networks.

A gap is the largest minus the smallest value over the groups. The networks are random, the examples fixed.
"""

from dataclasses import dataclass

import numpy as np

from pietools.flags import Flag
from pietools.statistics.tools.ballots import relabellings
from pietools.statistics.tools.populations import check_paired

# Relabellings that give the same statistic may differ in the last bits.
_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class GapNull:
    """A gap, its distribution over relabellings, and the p-value; ``null_sd`` is None for a single draw."""

    estimate: float
    null_mean: float
    null_sd: float | None
    null_conf_low: float
    null_conf_high: float
    p_value: float


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Gaps between groups. A gap is the largest minus the smallest value over the groups that have examples.

    ``gap_reference``, ``gap_compressed``: of the mean rates. ``gap_of_changes``: of the changes of the mean rates (p: as large
    or larger). ``change_of_gap``: gap_compressed − gap_reference (p: as far from the mean of the null). ``flag``: why there is
    no test (``one-group``, ``one-network``) or None.
    """

    pairing: str
    n_groups: int
    n_permutations: int
    is_exact: bool
    smallest_p: float
    gap_reference: float | None
    gap_compressed: float | None
    gap_of_changes: GapNull | None = None
    change_of_gap: GapNull | None = None
    flag: str | None = None


def gap_test(
    rates_reference: np.ndarray,
    rates_compressed: np.ndarray,
    *,
    paired: bool,
    n_permutations: int,
    seed: int | list[int],
) -> Gap:
    """Did some groups change more than others, and did the gap between the best and the worst group grow?

    Parameters
    ----------
    rates_reference, rates_compressed
        Shapes (K_D, g) and (K_C, g), in [0, 1]; NaN in a group without examples. If ``paired``, row k of one matches row k of the
        other.
    n_permutations
        Relabellings to draw. All are enumerated instead if there are no more than this, or than 8,192: 2^K matched, (K_D + K_C
        choose K_D) unmatched.

    Notes
    -----
    H0: the networks are exchangeable between the populations (``paired``: within each pair), but for a change that is the same in
    every group: it cancels in a gap. Random: the networks. A gap is a maximum, so its expectation is positive where nothing
    happened: compare it with ``null_mean``. The swaps are those of :func:`.relabelling_null`, and
    p counts the observed labelling among them (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585).
    """
    check_paired(rates_reference, rates_compressed, paired=paired)
    rates = np.vstack([rates_reference, rates_compressed])
    rates = rates[:, np.isfinite(rates).all(axis=0)]
    n_reference, n_compressed = len(rates_reference), len(rates_compressed)
    members, n_all, is_exact = relabellings(n_permutations, n_reference, n_compressed, paired=paired, seed=seed)
    # With equally many networks a relabelling and its mirror image count the same.
    best = (2 if n_reference == n_compressed else 1) / n_all
    enough = rates.shape[1] > 1 and min(n_reference, n_compressed) > 1
    found: dict[str, GapNull] = {}
    if enough:
        observed = np.arange(n_reference + n_compressed) < n_reference
        of_changes, change_of_gap = _gaps(rates, np.vstack([observed, members]))
        found["gap_of_changes"] = _against_null(of_changes, of_changes, is_exact=is_exact)
        # Only with equally many networks the null is symmetric about 0: the mean of fewer varies more, and so widens the gap.
        centre = change_of_gap[1 if is_exact else 0 :].mean()
        found["change_of_gap"] = _against_null(change_of_gap, np.abs(change_of_gap - centre), is_exact=is_exact)
    return Gap(
        pairing="paired" if paired else "unpaired",
        n_groups=rates.shape[1],
        n_permutations=n_all if is_exact else n_permutations,
        is_exact=is_exact,
        smallest_p=best if is_exact else max(best, 1 / (1 + n_permutations)),
        gap_reference=float(np.ptp(rates[:n_reference].mean(axis=0))) if rates.size else None,
        gap_compressed=float(np.ptp(rates[n_reference:].mean(axis=0))) if rates.size else None,
        flag=None if enough else Flag.ONE_GROUP if rates.shape[1] < 2 else Flag.ONE_NETWORK,
        **found,
    )


def _gaps(rates: np.ndarray, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gap of the changes and change of the gap for each relabelling, shapes (1 + M,)."""
    reference = members @ rates / members.sum(axis=1, keepdims=True)
    compressed = ~members @ rates / (~members).sum(axis=1, keepdims=True)
    return np.ptp(compressed - reference, axis=1), np.ptp(compressed, axis=1) - np.ptp(reference, axis=1)


def _against_null(values: np.ndarray, distances: np.ndarray, *, is_exact: bool) -> GapNull:
    """The first value against the others; p by the distances. The observed labelling is one of them if they are all there are."""
    null = values[1:]
    as_far = int((distances[1:] >= distances[0] - _ROUNDING).sum())
    low, high = np.quantile(null, [0.025, 0.975])
    return GapNull(
        estimate=float(values[0]),
        null_mean=float(null.mean()),
        null_sd=float(null.std(ddof=0 if is_exact else 1)) if len(null) > 1 else None,
        null_conf_low=float(low),
        null_conf_high=float(high),
        p_value=as_far / len(null) if is_exact else (1 + as_far) / (1 + len(null)),
    )
