"""t tests of several numbers at once, with errors from half-samples, and the columns that results of this package share."""

import numpy as np
import polars as pl

from pietools.conventions import CORRECTION
from pietools.flags import Flag
from pietools.statistics.tools.estimates import t_test
from pietools.statistics.tools.half_samples import half_sample_interval
from pietools.statistics.tools.multiplicity import adjust
from pietools.statistics.tools.t_tests import NO_SPREAD

FEWEST_NETWORKS = 4  # of each population, for half-samples
TESTED = ("estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high")


def half_sample_tests(
    estimate: np.ndarray,
    replications: np.ndarray,
    n_networks: tuple[int, int],
    *,
    beyond_networks: np.ndarray | None = None,
) -> tuple[pl.DataFrame, list[str | None]]:
    """Two-sided t tests that numbers are 0, with K − 1 degrees of freedom. Random: the networks, and examples if they add to it.

    Parameters
    ----------
    estimate
        Shape (q,), NaN where there is none.
    replications
        Their values on half-samples, shape (S, q), NaN where a half-sample has none.
    n_networks
        K_D and K_C; K is the smaller.
    beyond_networks
        Variances (q,) that examples add to those of the half-samples.

    Returns
    -------
    polars.DataFrame, list
        A row per number: ``estimate``, ``std_error``, ``statistic``, ``df``, ``p_value``, ``conf_low``, ``conf_high`` (95 %).
        And why there is no error: ``few-networks`` (fewer than four), ``unstable`` (a half-sample has no such number),
        ``no-variance``, or None.
    """
    added = np.zeros(len(estimate)) if beyond_networks is None else beyond_networks
    rows = [
        _test(float(one), values, n_networks, float(variance))
        for one, values, variance in zip(estimate, replications.T, added, strict=True)
    ]
    frame = pl.DataFrame([row for row, _ in rows], schema=dict.fromkeys(TESTED, pl.Float64))
    return frame, [flag for _, flag in rows]


def _test(
    estimate: float, replications: np.ndarray, n_networks: tuple[int, int], beyond_networks: float
) -> tuple[dict[str, float | None], str | None]:
    if np.isnan(estimate):
        return {}, None
    if not len(replications) or min(n_networks) < FEWEST_NETWORKS:
        return {"estimate": estimate}, Flag.FEW_NETWORKS
    if not np.isfinite(replications).all():
        return {"estimate": estimate}, Flag.UNSTABLE
    interval = half_sample_interval(estimate, replications, *n_networks)
    assert interval.std_error is not None  # there are four networks
    if interval.std_error <= NO_SPREAD:
        return {"estimate": estimate}, Flag.NO_VARIANCE
    std_error = (interval.std_error**2 + beyond_networks) ** 0.5
    return dict(t_test(estimate, std_error, min(n_networks) - 1)), None


def half_sample_covariance(replications: np.ndarray, n_networks: tuple[int, int]) -> np.ndarray | None:
    """Covariance matrix (q, q) with the squares of the half-sample errors on its diagonal; None where there are none."""
    k = min(n_networks)
    h = k // 2
    if k < FEWEST_NETWORKS or not len(replications) or not np.isfinite(replications).all():
        return None
    return np.atleast_2d(np.cov(replications, rowvar=False)) * h / (k - h)


def with_odds_ratio(tests: pl.DataFrame) -> pl.DataFrame:
    """The same with ``odds_ratio`` and its interval, ``odds_ratio_conf_low`` to ``odds_ratio_conf_high``.

    Null where it is beyond all numbers.
    """
    names = {"estimate": "odds_ratio", "conf_low": "odds_ratio_conf_low", "conf_high": "odds_ratio_conf_high"}
    found = tests.with_columns(pl.col(name).exp().alias(ratio) for name, ratio in names.items())
    return found.with_columns(pl.when(pl.col(*names.values()).is_finite()).then(pl.col(*names.values())))


def adjusted_within(tests: pl.DataFrame, *keys: str) -> pl.Series:
    """``p_adjusted``: Benjamini–Hochberg among the rows with equal ``keys``, null where there is no ``p_value``."""
    p_values = tests["p_value"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    found = np.full(len(tests), np.nan)
    for rows in tests.select(keys).with_row_index().group_by(keys, maintain_order=True).agg("index")["index"]:
        found[rows] = adjust(p_values[rows], CORRECTION)
    return pl.Series("p_adjusted", found).fill_nan(None)
