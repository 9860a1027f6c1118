"""Logistic regression where one outcome is so rare that a property separates it: Firth's fit in place of an infinite one."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from pietools.conventions import CONFIDENCE
from pietools.flags import Flag
from pietools.statistics.characterize.logistic import LogisticFit, fit_logistic
from pietools.statistics.tools.silenced import silenced

_PRECISION = 1e-8
_MAX_ITERATIONS = 500


@dataclass(frozen=True)
class Regression:
    """Coefficients (p,) without the intercept, with errors, likelihood-ratio χ² on one degree of freedom, p and interval.

    ``flag``: ``separated`` (Firth's fit) or ``not-converged`` (NaN) or None. Numbers that could not be had are NaN.
    """

    estimate: np.ndarray
    std_error: np.ndarray
    statistic: np.ndarray
    p_value: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    marginal_effect: np.ndarray
    flag: str | None


def logistic_regression(design: np.ndarray, is_event: np.ndarray) -> Regression:
    """Maximum likelihood, or Firth's penalized likelihood where some coefficient would be infinite.

    Parameters
    ----------
    design
        Standardized, of full rank beside the intercept, shape (n, p).
    is_event
        Boolean, shape (n,), both values present.

    Notes
    -----
    Random: the examples, each on its own; the networks behind the outcome are fixed. H0 of each p: the coefficient is 0.
    Errors and intervals of the maximum likelihood fit are Wald's, those of Firth's fit come from the profile of the penalized
    likelihood.

    References
    ----------
    Firth (1993), doi:10.1093/biomet/80.1.27. Heinze & Schemper (2002), A solution to the problem of separation in logistic
    regression, doi:10.1002/sim.1047. Konis (2007), Linear programming algorithms for detecting separated data in binary
    logistic regression models.
    """
    fit = fit_logistic(design, is_event)
    if fit.is_finite:
        return _likelihood_tests(fit, design, is_event)
    from firthmodels import detect_separation

    return _firth(design, is_event) if detect_separation(design, is_event).separation else _nothing(design.shape[1])


def _likelihood_tests(fit: LogisticFit, design: np.ndarray, is_event: np.ndarray) -> Regression:
    std_errors = np.sqrt(np.diag(fit.covariance))
    without = [fit_logistic(np.delete(design, j, axis=1), is_event) for j in range(design.shape[1])]
    statistics = np.array([max(0.0, 2 * (fit.log_likelihood - reduced.log_likelihood)) for reduced in without])
    half_width = float(stats.norm.isf((1 - CONFIDENCE) / 2)) * std_errors
    return Regression(
        fit.coefficients,
        std_errors,
        statistics,
        stats.chi2.sf(statistics, 1),
        fit.coefficients - half_width,
        fit.coefficients + half_width,
        fit.marginal_effects,
        None,
    )


def _firth(design: np.ndarray, is_event: np.ndarray) -> Regression:
    from firthmodels import FirthLogisticRegression

    # What did not converge is NaN, and says so.
    with silenced():
        fit = FirthLogisticRegression(gtol=_PRECISION, xtol=_PRECISION, max_iter=_MAX_ITERATIONS).fit(design, is_event)
        if not fit.converged_:
            return _nothing(design.shape[1])
        columns = list(range(design.shape[1]))
        fit.lrt(columns)
        interval = fit.conf_int(1 - CONFIDENCE, "pl", columns, _MAX_ITERATIONS, _PRECISION)[:-1]
    probabilities = fit.predict_proba(design)[:, 1]
    weights = probabilities * (1 - probabilities)
    with_intercept = np.column_stack([design, np.ones(len(design))])
    # Firth's own: the information at the estimate. The library's errors come from the penalized likelihood's augmented data.
    information = with_intercept.T @ (with_intercept * weights[:, None])
    return Regression(
        fit.coef_,
        np.sqrt(np.diag(np.linalg.inv(information)))[:-1],
        np.square(fit.coef_ / fit.lrt_bse_[:-1]),
        fit.lrt_pvalues_[:-1],
        interval[:, 0],
        interval[:, 1],
        fit.coef_ * float(weights.mean()),
        Flag.SEPARATED,
    )


def _nothing(n_columns: int, flag: str = Flag.NOT_CONVERGED) -> Regression:
    nothing = np.full(n_columns, np.nan)
    return Regression(nothing, nothing, nothing, nothing, nothing, nothing, nothing, flag)
