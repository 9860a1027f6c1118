"""Which properties matter more in one regime than in the other? Differences of coefficients.

The networks are random, and the examples where the fits say what single examples do. The coefficients may be those of the
model within examples, or marginal effects: coefficients on the logit scale are not comparable where regimes differ in noise.
"""

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
from scipy import stats

from pietools.flags import Flag
from pietools.statistics.characterize.fitted import Fitted
from pietools.statistics.tools.estimates import Estimate, t_test
from pietools.statistics.tools.multiplicity import adjust
from pietools.statistics.tools.t_tests import NO_SPREAD

FAILED = 0.05  # at most this share of half-samples may have no fit
NUMBERS = ("estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high")


@dataclass(frozen=True)
class CoefficientDifferences:
    """``terms`` has a row per coefficient; the others are the joint F test that no coefficient differs.

    ``flag`` says why there is no joint test: ``few-networks`` (fewer than four: no errors), ``unstable``,
    ``few-networks`` (not K > 2q), ``singular`` (coefficients depend on each other, or do not vary), or None.
    """

    terms: pl.DataFrame
    statistic: float | None
    df: tuple[int, int] | None
    p_value: float | None
    flag: str | None


def coefficient_differences(
    a: Fitted, b: Fitted, terms: list[str], *, n_networks: int, paired: bool
) -> CoefficientDifferences:
    """Difference A − B of each coefficient with t_{K−1}, and all of them jointly with F(q, K − q).

    H0: the expected coefficients are equal. Random: the networks, and the examples if both fits have their influences.

    Parameters
    ----------
    a, b
        Fits of ⌊K/2⌋ of K networks a population in each half-sample. Half-samples whose fit failed (not finite) are
        left out, if they are no more than 5 %.
    terms
        Name of each coefficient.
    n_networks
        K, of the smallest population.
    paired
        Whether row s of both replications is of the same replicate names, and network k of one belongs to network k of the
        other. If not, the regimes share no network.

    Returns
    -------
    CoefficientDifferences
        ``terms``: ``term``, the columns of :class:`pietools.statistics.tools.estimates.Estimate` and ``p_adjusted`` (Holm)
        before the interval. ``flag``: ``few-networks``, ``unstable``, ``no-variance``, or null.

    Notes
    -----
    The covariance V is that of the half-samples times h / (K − h), h = ⌊K/2⌋, and what examples add to it: see
    :mod:`pietools.statistics.characterize.influences`. d′V⁻¹d is Hotelling's T² with K − 1
    degrees of freedom, so that (K − q) / (q (K − 1)) · T² is F(q, K − q). With K near q it tests with a covariance that
    is hardly known; K > 2q is required.

    References
    ----------
    Hotelling (1931), doi:10.1214/aoms/1177732979. Shao & Wu (1989), doi:10.1214/aos/1176347263, for the factor.
    """
    difference = a.estimate - b.estimate
    h = n_networks // 2
    covariance = _covariance(a.replications, b.replications, paired=paired)
    if h < 2 or covariance is None:
        # A number that no half-sample has takes more networks.
        is_had = all(np.isfinite(one.replications).all(axis=1).any() for one in (a, b))
        flag = Flag.UNSTABLE if h >= 2 and is_had else Flag.FEW_NETWORKS
        rows = [Estimate(estimate=float(d), flag=flag) for d in difference]
        return CoefficientDifferences(_frame(terms, rows), None, None, None, flag)
    covariance = covariance * h / (n_networks - h) + _beyond_networks(a, b, paired=paired)
    rows = [_term(float(d), float(v), n_networks - 1) for d, v in zip(difference, np.diag(covariance), strict=True)]
    return CoefficientDifferences(_frame(terms, rows), *_joint(difference, covariance, n_networks))


def _covariance(a: np.ndarray, b: np.ndarray, *, paired: bool) -> np.ndarray | None:
    """Covariance of the difference over half-samples, (q, q); None if too many fits failed or too few are left."""
    q = a.shape[1]
    parts = [a - b] if paired else [a, b]
    parts_fitted = [part[np.isfinite(part).all(axis=1)] for part in parts]
    if any(len(kept) < max((1 - FAILED) * len(part), q + 1) for kept, part in zip(parts_fitted, parts, strict=True)):
        return None
    return sum((np.cov(kept, rowvar=False).reshape(q, q) for kept in parts_fitted), start=np.zeros((q, q)))


def _beyond_networks(a: Fitted, b: Fitted, *, paired: bool) -> np.ndarray | float:
    """What examples that both regimes were asked about add to the covariance of the difference, (q, q)."""
    if a.influences is None or b.influences is None:
        return 0.0
    return a.influences.minus(b.influences, paired=paired).covariance_beyond_networks()


def _term(difference: float, variance: float, df: int) -> Estimate:
    if variance <= NO_SPREAD**2:
        return Estimate(estimate=difference, flag=Flag.NO_VARIANCE)
    return Estimate(**t_test(difference, variance**0.5, df))  # type: ignore[arg-type]


def _joint(
    difference: np.ndarray, covariance: np.ndarray, k: int
) -> tuple[float | None, tuple[int, int] | None, float | None, str | None]:
    q = len(difference)
    if k <= 2 * q:
        return None, None, None, Flag.FEW_NETWORKS
    scale = np.sqrt(np.diag(covariance))
    if scale.min() <= NO_SPREAD or np.linalg.matrix_rank(covariance / scale[:, None] / scale, tol=1e-9) < q:
        return None, None, None, Flag.SINGULAR
    t_squared = float(difference @ np.linalg.solve(covariance, difference))
    statistic = (k - q) / (q * (k - 1)) * t_squared
    return statistic, (q, k - q), float(stats.f.sf(statistic, q, k - q)), None


def _frame(terms: list[str], rows: list[Estimate]) -> pl.DataFrame:
    columns = {"flag": pl.String, **dict.fromkeys(NUMBERS, pl.Float64)}
    frame = pl.DataFrame([asdict(row) for row in rows], schema=columns)
    p_values = frame["p_value"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    adjusted = pl.Series("p_adjusted", adjust(p_values, "holm")).fill_nan(None)
    return frame.with_columns(adjusted, pl.Series("term", terms)).select(
        "term", *NUMBERS[:5], "p_adjusted", *NUMBERS[5:], "flag"
    )
