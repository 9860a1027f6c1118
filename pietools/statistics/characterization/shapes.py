"""The shape of an effect: log odds along one property, a cubic spline between its outer knots and a line beyond them."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import stats

from pietools.statistics.characterization.conditional_model import conditional_model
from pietools.statistics.characterization.cross_fitting import Properties
from pietools.statistics.characterization.design_matrix import Design
from pietools.statistics.characterization.half_sample_tests import with_odds_ratio
from pietools.statistics.characterization.logistic import fit_logistic
from pietools.statistics.estimates import CONFIDENCE

KNOTS = (0.05, 0.275, 0.5, 0.725, 0.95)
N_POINTS = 41
_ENDS = 0.025, 0.975
COLUMNS = (
    "value",
    "estimate",
    "std_error",
    "conf_low",
    "conf_high",
    "odds_ratio",
    "odds_ratio_conf_low",
    "odds_ratio_conf_high",
)


@dataclass(frozen=True)
class Shape:
    """Log odds, or log odds ratio, along one property, less that at its median.

    ``curve`` has a row per point from the 2.5 % to the 97.5 % quantile: ``value``, ``estimate``, ``std_error`` (0 at the
    median), ``conf_low``, ``conf_high`` (pointwise 95 %), and ``odds_ratio`` with its interval. Empty where there is no fit;
    ``flag`` says why (``few-values``: fewer than three knots are distinct, and what the fits say), or why there are no
    errors.
    """

    curve: pl.DataFrame
    flag: str | None


@dataclass(frozen=True)
class _Basis:
    """Spline columns of one property, and their difference to the median's at the points of the curve."""

    knots: np.ndarray
    points: np.ndarray
    median: float

    @classmethod
    def of(cls, values: np.ndarray) -> "_Basis":
        """Knots at the 5, 27.5, 50, 72.5 and 95 % quantiles (Harrell 2015, doi:10.1007/978-3-319-19425-7, section 2.4.6)."""
        finite = values[np.isfinite(values)]
        if not len(finite):
            return cls(np.empty(0), np.empty(0), np.nan)
        low, median, high = np.quantile(finite, [_ENDS[0], 0.5, _ENDS[1]])
        points = np.unique(np.append(np.linspace(low, high, N_POINTS), median))
        return cls(np.unique(np.quantile(finite, KNOTS)), points, float(median))

    def columns(self, values: np.ndarray) -> np.ndarray:
        """Columns (n, knots + 1) of values (n,), NaN where the value is."""
        from sklearn.preprocessing import SplineTransformer

        spline = SplineTransformer(
            degree=3, knots=self.knots[:, None], extrapolation="linear", include_bias=False, handle_missing="error"
        ).fit(self.knots[:, None])
        is_known = np.isfinite(values)
        found = np.full((len(values), len(self.knots) + 1), np.nan)
        found[is_known] = spline.transform(values[is_known, None])
        return found

    def contrasts(self, sd: np.ndarray) -> np.ndarray:
        """What the coefficients of columns divided by ``sd`` are to be multiplied with, (points, columns)."""
        return (self.columns(self.points) - self.columns(np.array([self.median]))) / sd


def conditional_shape(
    right_reference: np.ndarray,
    right_compressed: np.ndarray,
    properties: Properties,
    *,
    paired: bool,
    seed: int | list[int],
) -> Shape:
    """How much more compression hurts along one property, among examples of equal difficulty.

    The primary model (:func:`pietools.statistics.characterization.conditional_model.conditional_model`, where the arguments
    are explained) with a spline of the only property in ``properties``. Random: the networks; intervals by half-samples and t
    with K − 1 degrees of freedom. Below 0: compression hurts more than at the median.
    """
    if len(properties.names) != 1:
        raise ValueError(f"a shape is of one property, not of {len(properties.names)}")
    everyone = properties.of(np.arange(len(right_reference)))[:, 0]
    basis = _Basis.of(everyone)
    if len(basis.knots) < 3:
        return _no_shape("few-values")
    design = Design.of(basis.columns(everyone), _names(basis))
    of_basis = Properties(
        design.names, lambda networks: basis.columns(properties.of(networks)[:, 0]), properties.needs_networks
    )
    model = conditional_model(right_reference, right_compressed, of_basis, paired=paired, seed=seed)
    flag = model.terms["flag"][0]
    if model.coefficients is None:
        return _no_shape(flag)
    covariance = None if model.covariance is None else model.covariance[1:, 1:]
    df = min(len(right_reference), len(right_compressed)) - 1
    quantile = float(stats.t.isf((1 - CONFIDENCE) / 2, df)) if df else np.nan
    return Shape(_curve(basis, design, model.coefficients[1:], covariance, quantile), flag)


def pie_shape(is_event: np.ndarray, values: np.ndarray) -> Shape:
    """Log odds of being a PIE, or forgotten, along one property, shapes (n,), by logistic regression on its spline.

    Random: the examples, each on its own; the networks are fixed. Show it beside the shape for dense-against-dense PIEs.
    ``flag`` also: ``no-pies``, ``all-pies``, ``separated``.
    """
    values = values.astype(np.float64)
    basis = _Basis.of(values)
    if len(basis.knots) < 3:
        return _no_shape("few-values")
    design = Design.of(basis.columns(values), _names(basis))
    is_event = is_event[design.is_kept]
    if not 0 < is_event.sum() < len(is_event):
        return _no_shape("all-pies" if is_event.any() else "no-pies")
    fit = fit_logistic(design.values[:, design.joint], is_event)
    if not fit.is_finite:
        return _no_shape("separated")
    quantile = float(stats.norm.isf((1 - CONFIDENCE) / 2))
    return Shape(_curve(basis, design, fit.coefficients, fit.covariance, quantile), None)


def _names(basis: _Basis) -> tuple[str, ...]:
    return tuple(f"spline {j}" for j in range(len(basis.knots) + 1))


def _curve(
    basis: _Basis, design: Design, coefficients: np.ndarray, covariance: np.ndarray | None, quantile: float
) -> pl.DataFrame:
    contrasts = basis.contrasts(design.sd)[:, design.joint]
    estimate = contrasts @ coefficients
    if covariance is None:
        std_error = np.full(len(estimate), np.nan)
    else:
        std_error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", contrasts, covariance, contrasts), 0))
    numbers = {
        "value": basis.points,
        "estimate": estimate,
        "std_error": std_error,
        "conf_low": estimate - quantile * std_error,
        "conf_high": estimate + quantile * std_error,
    }
    return with_odds_ratio(pl.DataFrame(numbers).fill_nan(None)).select(COLUMNS)


def _no_shape(flag: str) -> Shape:
    return Shape(pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.Float64)), flag)
