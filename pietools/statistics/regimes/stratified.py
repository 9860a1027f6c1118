"""Are PIEs of one regime PIEs of the other, among examples of one class and difficulty? A description.

Here the PIEs are taken as they are: the examples are the sample and the networks fixed. Strata never hold all of what
makes an example hard, so that these tests find an association where compression does nothing: with shared difficulty
and no effect at all, 10.6 PIEs were expected in both regimes and 89 were. Whether compression matters is for
:mod:`pietools.statistics.regimes.overlap`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

SMALLEST_EXPECTED = 5
N_BINS = 5


@dataclass(frozen=True)
class StratifiedAssociation:
    """PIEs in both regimes: observed, expected if independent, and expected if independent within strata.

    ``odds_ratio`` is Mantel and Haenszel's, with a 95 % interval (Robins, Breslow and Greenland's) and the p-value of
    the Cochran–Mantel–Haenszel test without continuity correction. ``homogeneity_p_value``: Breslow and Day's test with
    Tarone's correction that the odds ratio is the same in all ``n_strata_homogeneity`` strata in which every expected
    cell is at least 5; None with fewer than two of them. ``flag``: ``no-pies`` (a regime has none, or nothing else, in
    every stratum: no odds ratio), ``separated`` (the odds ratio is 0 or infinite) or None.
    """

    n_both: int
    expected: float
    expected_within: float
    odds_ratio: float | None
    conf_low: float | None
    conf_high: float | None
    statistic: float | None
    p_value: float | None
    n_strata: int
    homogeneity_statistic: float | None
    homogeneity_p_value: float | None
    n_strata_homogeneity: int
    flag: str | None


def stratified_association(is_pie_a: np.ndarray, is_pie_b: np.ndarray, strata: np.ndarray) -> StratifiedAssociation:
    """Association of the PIEs of two regimes within strata.

    H0 (Cochran–Mantel–Haenszel): PIEs of A and of B are independent within each stratum. Random: the examples.

    Parameters
    ----------
    is_pie_a, is_pie_b
        Boolean, shapes (n,).
    strata
        Stratum of each example, shape (n,), integers: see :func:`class_difficulty_strata`. Strata in which a regime has
        only PIEs or none say nothing of the odds ratio and are left out of it; ``n_strata`` counts the others.

    References
    ----------
    Mantel & Haenszel (1959), doi:10.1093/jnci/22.4.719; Tarone (1985), doi:10.1093/biomet/72.1.91.
    """
    codes = np.unique(strata, return_inverse=True)[1]
    cell = codes * 4 + 2 * ~is_pie_a + ~is_pie_b
    tables = np.bincount(cell, minlength=4 * (int(codes.max(initial=-1)) + 1)).reshape(-1, 2, 2).astype(np.float64)
    margins = tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :]
    expected = margins / tables.sum(axis=(1, 2))[:, None, None]
    says = (margins > 0).all(axis=(1, 2))
    return StratifiedAssociation(
        n_both=int((is_pie_a & is_pie_b).sum()),
        expected=float(is_pie_a.sum()) * float(is_pie_b.sum()) / max(len(is_pie_a), 1),
        expected_within=float(expected[:, 0, 0].sum()),
        n_strata=int(says.sum()),
        **_pooled(tables[says]),
        **_homogeneity(tables[says & (expected >= SMALLEST_EXPECTED).all(axis=(1, 2))]),
    )


def _pooled(tables: np.ndarray) -> dict[str, Any]:
    """Mantel and Haenszel's test and odds ratio."""
    nothing = dict.fromkeys(("odds_ratio", "conf_low", "conf_high", "statistic", "p_value"))
    if not len(tables):
        return nothing | {"flag": "no-pies"}
    from statsmodels.stats.contingency_tables import StratifiedTable

    stratified = StratifiedTable(list(tables))
    test = stratified.test_null_odds(correction=False)
    # Its p-value is 1 − cdf, which is 0 from statistics of 70 on.
    tested = nothing | {"statistic": float(test.statistic), "p_value": float(stats.chi2.sf(test.statistic, 1))}
    agree, disagree = tables[:, 0, 0] * tables[:, 1, 1], tables[:, 0, 1] * tables[:, 1, 0]
    if not (agree.any() and disagree.any()):
        return tested | {"flag": "separated"}
    low, high = stratified.oddsratio_pooled_confint()
    return tested | {
        "odds_ratio": float(stratified.oddsratio_pooled),
        "conf_low": float(low),
        "conf_high": float(high),
        "flag": None,
    }


def _homogeneity(tables: np.ndarray) -> dict[str, Any]:
    """Breslow and Day's test with Tarone's correction; statsmodels' divides 0 by 0 where the odds ratio is 1."""
    found: dict[str, Any] = {
        "homogeneity_statistic": None,
        "homogeneity_p_value": None,
        "n_strata_homogeneity": len(tables),
    }
    n, first = tables.sum(axis=(1, 2)), tables[:, 0, 0]
    agree, disagree = (first * tables[:, 1, 1] / n).sum(), (tables[:, 0, 1] * tables[:, 1, 0] / n).sum()
    if len(tables) < 2 or not min(agree, disagree):
        return found
    ratio = agree / disagree
    rows, columns = tables[:, 0].sum(axis=1), tables[:, :, 0].sum(axis=1)
    b = ratio * (rows + columns) + n - rows - columns
    fitted = 2 * ratio * rows * columns / (b + np.sqrt(b**2 - 4 * ratio * (ratio - 1) * rows * columns))
    cells = fitted, rows - fitted, columns - fitted, n - rows - columns + fitted
    variance = 1 / sum(1 / cell for cell in cells)
    tarone = (first.sum() - fitted.sum()) ** 2 / variance.sum()
    statistic = float(((first - fitted) ** 2 / variance).sum() - tarone)
    p_value = float(stats.chi2.sf(statistic, len(tables) - 1))
    return found | {"homogeneity_statistic": statistic, "homogeneity_p_value": p_value}


def class_difficulty_strata(classes: np.ndarray, difficulty: np.ndarray) -> np.ndarray:
    """Class by fifth of the difficulty, as one number per example, shape (n,)."""
    cuts = np.quantile(difficulty, np.arange(1, N_BINS) / N_BINS)
    return classes * N_BINS + np.searchsorted(cuts, difficulty, side="right")
