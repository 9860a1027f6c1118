"""Which single examples were forgotten? An exact test for every example, and how far the number of networks can carry it.

The networks are random, the examples fixed. An example is tested by how many networks of each population are right on it:
Fisher's exact test if the populations are unmatched, the exact sign test on discordant pairs (McNemar's exact test) if they are
matched. Both depend on two counts only, so that a table over all counts replaces n tests.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import stats

from pietools.conventions import LEVEL
from pietools.flags import Flag
from pietools.statistics.tools.ballots import masks, relabellings
from pietools.statistics.tools.multiplicity import adjust
from pietools.statistics.tools.populations import Populations

CORRECTIONS = {
    "none": "p_value",
    "benjamini-hochberg": "p_adjusted",
    "benjamini-yekutieli": "p_by",
    "westfall-young": "p_westfall_young",
}
_COUNTS = ("n_right_reference", "n_right_compressed", "n_harmful", "n_beneficial")
_NUMBERS = ("estimate", "p_value", "smallest_p", "p_adjusted", "p_by", "p_westfall_young")
_COLUMNS = dict.fromkeys(_COUNTS, pl.Int64) | dict.fromkeys(_NUMBERS, pl.Float64) | {"flag": pl.String}
# Tables that are equally probable in theory may differ in the last bits; R's fisher.test allows the same.
_SAME = 1 + 1e-7


def example_tests(
    right: Populations,
    *,
    seed: int | list[int],
    n_permutations: int = 1000,
    level: float = LEVEL,
) -> pl.DataFrame:
    """Test every example: is it right equally often in both populations?

    H0: the networks are equally often right on this example; ``paired``: a pair that disagrees about it is as likely to be
    right-then-wrong as wrong-then-right. Random: the networks.

    Parameters
    ----------
    right
        Whether each network predicts the given label, boolean, (K_D, n) and (K_C, n).
    seed, n_permutations
        Of the relabellings for Westfall–Young, all of them if there are no more than 8,192; 0 leaves it out (its column is null).
    level
        False discovery rate that the filter is made for: read ``p_adjusted`` and ``p_by`` at this level.

    Returns
    -------
    polars.DataFrame
        A row per example, in their order: ``n_right_reference``, ``n_right_compressed``, ``n_harmful`` and ``n_beneficial``
        (pairs right→wrong and wrong→right; null if unpaired), ``estimate`` (change of the share of networks that are right),
        ``p_value`` (two-sided), ``smallest_p`` (the smallest that the margin allows), ``p_adjusted`` (Benjamini–Hochberg) and
        ``p_by`` (Benjamini–Yekutieli) over the examples that pass the filter, 1 for the others, ``p_westfall_young``
        (step-down min-p over all examples), ``flag``: why an example is not among those corrected over, ``no-variance`` (its margin
        allows only p = 1 whatever the labels: all networks agree, or no pair disagrees) or ``filtered``; else null.

    Notes
    -----
    The margin is the number of right predictions of both populations, or the number of discordant pairs; it says nothing
    about the direction. Examples whose ``smallest_p`` cannot survive are left out before the correction, which costs the others
    nothing (Tarone 1990, doi:10.2307/2531456, for a false discovery rate Gilbert 2005, doi:10.1111/j.1467-9876.2005.00475.x).
    Benjamini–Hochberg assumes positive dependence between examples, Benjamini–Yekutieli nothing; Westfall & Young (1993) uses the
    dependence itself: it relabels whole networks, and controls the family-wise error.
    """
    n_networks, paired = right.sizes, right.paired
    columns, margin, count = _counts(right)
    table = sign_table(n_networks[0]) if paired else fisher_table(*n_networks)
    p_value = table[margin, count]
    smallest_p = table.min(axis=1)[margin]
    tested = passes_filter(smallest_p, level)
    p_westfall_young = None
    if n_permutations:
        members, _, is_exact = relabellings(n_permutations, *n_networks, paired=paired, seed=seed)
        offset = columns["n_right_reference"] - count
        voted = np.vstack([right.reference, right.compressed])
        p_westfall_young = _westfall_young(voted, margin, offset, table, p_value, members, n_more=0 if is_exact else 1)
    is_varying = (margin > 0) & (paired | (margin < sum(n_networks)))
    return pl.DataFrame(
        {
            **columns,
            "estimate": right.compressed.mean(axis=0) - right.reference.mean(axis=0),
            "p_value": p_value,
            "smallest_p": smallest_p,
            "p_adjusted": _over_tested(p_value, tested, "benjamini-hochberg"),
            "p_by": _over_tested(p_value, tested, "benjamini-yekutieli"),
            "p_westfall_young": p_westfall_young,
            "flag": np.select([tested, is_varying], ["", Flag.FILTERED], Flag.NO_VARIANCE),
        },
        schema=_COLUMNS,
    ).with_columns(pl.col("flag").replace("", None))


def _counts(right: Populations) -> tuple[dict[str, np.ndarray | None], np.ndarray, np.ndarray]:
    """Columns of counts, and where to look in the table: margin, and what of it fell to the reference."""
    n_right_reference, n_right_compressed = right.reference.sum(axis=0), right.compressed.sum(axis=0)
    columns: dict[str, np.ndarray | None]
    columns = {"n_right_reference": n_right_reference, "n_right_compressed": n_right_compressed}
    if not right.paired:
        columns |= {"n_harmful": None, "n_beneficial": None}
        return columns, n_right_reference + n_right_compressed, n_right_reference
    n_both = (right.reference & right.compressed).sum(axis=0)
    n_harmful, n_beneficial = n_right_reference - n_both, n_right_compressed - n_both
    columns |= {"n_harmful": n_harmful, "n_beneficial": n_beneficial}
    return columns, n_harmful + n_beneficial, n_harmful


def fisher_table(n_reference: int, n_compressed: int) -> np.ndarray:
    """Two-sided p-values of Fisher's exact test, by right predictions of all networks and of the reference.

    Shape (K_D + K_C + 1, K_D + 1). As in R, p sums the probabilities of all tables of that margin that are no more probable than
    the one at hand; 1 where the counts are impossible.
    """
    n_networks = n_reference + n_compressed
    margin = np.arange(n_networks + 1)
    pmf = stats.hypergeom.pmf(np.arange(n_reference + 1), n_networks, n_reference, margin[:, None])
    p_value = np.array([(row <= row[:, None] * _SAME) @ row for row in pmf])
    return np.where(pmf > 0, np.minimum(p_value, 1), 1.0)


def sign_table(n_pairs: int) -> np.ndarray:
    """Two-sided p-values of the exact sign test, by discordant pairs and how many of them are right→wrong: shape (K + 1, K + 1)."""
    n_discordant, n_harmful = np.arange(n_pairs + 1)[:, None], np.arange(n_pairs + 1)
    fewer = np.minimum(n_harmful, n_discordant - n_harmful)
    p_value = 2 * stats.binom.cdf(fewer, n_discordant, 0.5)
    return np.where(fewer < 0, 1.0, np.minimum(p_value, 1))


def passes_filter(smallest_p: np.ndarray, level: float) -> np.ndarray:
    """Which tests can be significant at all after correction over those that can (Tarone 1990).

    With m(k) the number of tests whose smallest p is at most level / k, the filter keeps those of the smallest k with m(k) ≤ k.
    """
    k = np.arange(1, len(smallest_p) + 1)
    m = np.searchsorted(np.sort(smallest_p), level / k, side="right")
    enough = np.flatnonzero(m <= k)
    return smallest_p <= level / k[enough[0]] if len(enough) else np.zeros(len(smallest_p), dtype=bool)


def _over_tested(p_value: np.ndarray, tested: np.ndarray, method: str) -> np.ndarray:
    return np.nan_to_num(adjust(np.where(tested, p_value, np.nan), method), nan=1.0)


def _westfall_young(
    right: np.ndarray,
    margin: np.ndarray,
    offset: np.ndarray,
    table: np.ndarray,
    p_value: np.ndarray,
    members: np.ndarray,
    *,
    n_more: int,
) -> np.ndarray:
    """Step-down min-p, Westfall & Young (1993), algorithm 2.8; ``n_more``: 1 where the identity is not among the relabellings.

    Networks that are right on an example are a mask, so that a relabelling costs one popcount per example: right predictions
    of the new reference, less ``offset``, are the count to look up. Examples with the same mask share all their p-values.
    """
    voted, first, which = np.unique(
        masks(np.ascontiguousarray(right.T)), axis=0, return_index=True, return_inverse=True
    )
    order = np.argsort(-p_value[first], kind="stable")  # largest p first: the minima accumulate from there
    voted, first = np.ascontiguousarray(voted[order].T), first[order]
    row = margin[first] * table.shape[1] - offset[first]
    observed = p_value[first] * _SAME
    as_small = np.zeros(len(first), dtype=np.int64)
    for mask in masks(members):
        n_right = np.bitwise_count(voted & mask[:, None]).sum(axis=0, dtype=np.int64)
        as_small += np.minimum.accumulate(table.ravel()[row + n_right]) <= observed
    stepwise = np.maximum.accumulate((n_more + as_small[::-1]) / (n_more + len(members)))[::-1]
    adjusted = np.empty(len(first))
    adjusted[order] = stepwise
    return adjusted[which]


@dataclass(frozen=True)
class Detectability:
    """What the number of networks can detect at all.

    ``smallest_p`` is the smallest p-value of the design, ``n_attaining`` the number of examples whose margin allows it.
    ``n_needed`` is how many examples must attain it so that they survive Benjamini–Hochberg over the ``n_tested`` that pass
    the filter. ``is_possible``: whether any example would survive if each were as extreme as its own margin
    allows. ``replicates_needed`` is the smallest equal number of networks with which one example that goes from always right to
    always wrong could survive among all examples, whatever the others do.
    """

    smallest_p: float
    n_examples: int
    n_tested: int
    n_attaining: int
    n_needed: int
    is_possible: bool
    replicates_needed: int


def detectability(
    tests: pl.DataFrame, n_reference: int, n_compressed: int, *, paired: bool, level: float = LEVEL
) -> Detectability:
    """Can these numbers of networks show that single examples were forgotten?

    Parameters
    ----------
    tests
        What :func:`example_tests` gave at the same ``level``.
    n_reference, n_compressed
        Numbers of networks, K_D and K_C.

    Notes
    -----
    With a examples at p-value p among m, Benjamini–Hochberg at q lets them survive if a · q / m ≥ p.
    """
    smallest = tests["smallest_p"].to_numpy()
    tested = tests["flag"].is_null().to_numpy()
    smallest_p = float((sign_table(n_reference) if paired else fisher_table(n_reference, n_compressed)).min())
    n_attaining = int((smallest <= smallest_p * _SAME).sum())
    return Detectability(
        smallest_p=smallest_p,
        n_examples=len(smallest),
        n_tested=int(tested.sum()),
        n_attaining=n_attaining,
        n_needed=max(1, math.ceil(smallest_p * int(tested.sum()) / level)),
        is_possible=bool((adjust(smallest[tested], "benjamini-hochberg") <= level).any()),
        replicates_needed=_replicates_needed(level / max(len(smallest), 1), paired=paired),
    )


def _replicates_needed(threshold: float, *, paired: bool) -> int:
    """The smallest K whose smallest p-value, 2 / 2^K or 2 / (2K choose K), is at most the threshold."""
    return next(k for k in itertools.count(1) if threshold * (2**k if paired else math.comb(2 * k, k)) >= 2)


def count_examples(tests: pl.DataFrame, level: float = LEVEL) -> pl.DataFrame:
    """Significant examples by each correction.

    Returns
    -------
    polars.DataFrame
        A row per ``correction`` (``none``, ``benjamini-hochberg``, ``benjamini-yekutieli``, ``westfall-young``):
        ``n_significant``, and of these ``n_forgotten`` (fewer compressed networks are right) and ``n_recovered``; null where
        it was not computed.
    """
    rows = []
    for correction, column in CORRECTIONS.items():
        found = tests.filter(pl.col(column) <= level)["estimate"]
        is_computed = not tests.height or tests[column].null_count() < tests.height
        counts = {"n_significant": len(found), "n_forgotten": (found < 0).sum(), "n_recovered": (found > 0).sum()}
        rows.append({"correction": correction, **(counts if is_computed else dict.fromkeys(counts))})
    return pl.DataFrame(rows, schema_overrides=dict.fromkeys(("n_significant", "n_forgotten", "n_recovered"), pl.Int64))
