"""The shape of an effect: log odds along one property, a cubic spline between its outer knots and a line beyond them."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy import stats
from scipy.interpolate import BSpline

from pietools.conventions import CONFIDENCE
from pietools.flags import Flag
from pietools.statistics.characterize.conditional_logistic_model import conditional_model
from pietools.statistics.characterize.cross_fitting import Properties, set_size, thirds
from pietools.statistics.characterize.design_matrix import Design
from pietools.statistics.characterize.half_sample_tests import with_odds_ratio
from pietools.statistics.characterize.logistic import fit_logistic
from pietools.statistics.characterize.pie_outcomes import PieOutcomes
from pietools.statistics.tools.populations import Populations

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
        """Columns (n, knots + 1) of values (n,), NaN where the value is not finite."""
        outer = self.knots[[0, -1]]
        # All B-splines but the last, because the intercept is their sum.
        coefficients = np.eye(len(self.knots) + 2)[:, :-1]
        spline = BSpline(np.concatenate([outer[[0] * 3], self.knots, outer[[1] * 3]]), coefficients, 3)
        values = np.where(np.isfinite(values), values, np.nan)
        inside = np.clip(values, *outer)
        beyond = np.stack([np.minimum(values - outer[0], 0), np.maximum(values - outer[1], 0)], axis=1)
        return spline(inside) + beyond @ spline(outer, 1)

    def contrasts(self, sd: np.ndarray) -> np.ndarray:
        """What the coefficients of columns divided by ``sd`` are to be multiplied with, (points, columns)."""
        return (self.columns(self.points) - self.columns(np.array([self.median]))) / sd


def conditional_shape(
    right: Populations,
    properties: Properties,
    *,
    seed: int | list[int],
) -> Shape:
    """How much more compression hurts along one property, among examples of equal difficulty.

    The primary model (:func:`pietools.statistics.characterize.conditional_logistic_model.conditional_model`, where the arguments
    are explained) with a spline of the only property in ``properties``. Random: the networks; intervals by half-samples and t
    with K − 1 degrees of freedom. Below 0: compression hurts more than at the median. Knots, curve and median are those of the
    informative examples, on which some network is right and some is wrong: often they all lie in one tail of a property, where
    knots at quantiles of all examples would leave columns that are nearly 0.
    """
    if len(properties.names) != 1:
        raise ValueError(f"a shape is of one property, not of {len(properties.names)}")
    everyone = properties.of(np.arange(right.sizes[0]))[:, 0]
    both = np.concatenate([right.reference, right.compressed])
    is_informative = both.any(axis=0) & ~both.all(axis=0)
    if not is_informative.any():
        return _no_shape(Flag.NO_EXAMPLES)
    basis = _Basis.of(everyone[is_informative])
    if len(basis.knots) < 3:
        return _no_shape(Flag.FEW_VALUES)
    columns = basis.columns(everyone)
    design = Design.of(columns, _names(basis))
    of_basis = Properties.fixed(columns, design.names)
    if properties.needs_networks:
        of_basis = replace(
            of_basis, of=lambda networks: basis.columns(properties.of(networks)[:, 0]), needs_networks=True
        )
    model = conditional_model(right, of_basis, seed=seed)
    flag = model.terms["flag"][0]
    if model.log_odds is None:
        return _no_shape(flag)
    covariance = None if model.covariance is None else model.covariance[1:, 1:]
    df = min(right.sizes) - 1
    quantile = float(stats.t.isf((1 - CONFIDENCE) / 2, df)) if df else np.nan
    return Shape(_curve(basis, design, model.log_odds.estimate[1:], covariance, quantile), flag)


def pie_shapes(votes: Populations, properties: Properties, *, seed: int | list[int]) -> tuple[Shape, Shape]:
    """Log odds of being a PIE along one property, between dense and compressed and between dense and dense networks.

    Of one split of the networks, as in :func:`cross_fitted_pie_regression`, and its property: sets of the same sizes, so that
    the two curves are alike if compression does nothing. Random: the examples, each on its own; the networks are fixed.
    ``flag`` also: ``few-networks``, ``no-pies``, ``all-pies``, ``separated``. Knots, curve and median are those of the
    examples on which networks disagree, as in :func:`conditional_shape`: where all agree there are no PIEs, and knots there
    would separate them.
    """
    needs_networks = properties.needs_networks
    if set_size(min(votes.sizes), needs_networks=needs_networks) < 1:
        return _no_shape(Flag.FEW_NETWORKS), _no_shape(Flag.FEW_NETWORKS)
    everyone = (np.arange(k) for k in votes.sizes)
    sets, *_ = thirds(np.random.default_rng(seed), *everyone, paired=votes.paired, needs_networks=needs_networks)
    values = properties.of(sets.properties)[:, 0]
    between, baseline = PieOutcomes.of(votes).between(sets)
    disagree = np.zeros(votes.n_examples, dtype=bool)
    disagree[votes.ballots.examples] = True
    return pie_shape(between, values, shown=disagree), pie_shape(baseline, values, shown=disagree)


def pie_shape(is_event: np.ndarray, values: np.ndarray, *, shown: np.ndarray | None = None) -> Shape:
    """Log odds of being a PIE, or forgotten, along one property, shapes (n,), by logistic regression on its spline.

    Random: the examples, each on its own; the networks are fixed. By itself it says little: see :func:`pie_shapes`.
    ``shown``, boolean (n,): the examples whose quantiles set knots, curve and median, by default all. ``flag`` also:
    ``no-pies``, ``all-pies``, ``separated``.
    """
    values = values.astype(np.float64)
    basis = _Basis.of(values if shown is None else values[shown])
    if len(basis.knots) < 3:
        return _no_shape(Flag.FEW_VALUES)
    design = Design.of(basis.columns(values), _names(basis))
    is_event = is_event[design.is_kept]
    if not 0 < is_event.sum() < len(is_event):
        return _no_shape(Flag.ALL_PIES if is_event.any() else Flag.NO_PIES)
    fit = fit_logistic(design.values[:, design.joint], is_event)
    if not fit.is_finite:
        return _no_shape(Flag.SEPARATED)
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
