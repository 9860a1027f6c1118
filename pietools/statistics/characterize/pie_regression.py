"""Which properties go with being a PIE, or forgotten? One logistic regression over examples.

It does not say that compression is why: examples whose votes are close to a tie are PIEs more often whatever changes, also
between two dense populations. The claim is the difference to that baseline (:mod:`cross_fitted_pie_regression` beside this
module).
"""

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.characterize.design_matrix import Design
from pietools.statistics.characterize.half_sample_tests import adjusted_within, with_odds_ratio
from pietools.statistics.characterize.model_rows import few_events, fitted_rows, model_columns, model_rows
from pietools.statistics.characterize.separation import Regression, logistic_regression

COLUMNS = (
    *("model", "property", "n", "n_events", "estimate", "std_error", "statistic", "df", "p_value", "p_adjusted"),
    *("conf_low", "conf_high", "odds_ratio", "odds_ratio_conf_low", "odds_ratio_conf_high", "marginal_effect"),
    *("vif", "n_missing", "flag"),
)
NUMBERS = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "marginal_effect")


def pie_regression(is_event: np.ndarray, properties: np.ndarray, names: tuple[str, ...]) -> pl.DataFrame:
    """Logistic regression of an outcome on standardized properties, all at once and one by one.

    H0, for each property: the odds of the outcome do not change with it (``joint``: the others held). Random: the examples,
    each on its own; the networks are fixed, so that nothing here speaks of other networks.

    Parameters
    ----------
    is_event
        Whether each example is a PIE, or forgotten: boolean, shape (n,).
    properties
        Shape (n, p), with ``names``. Examples with a missing or infinite one are left out and counted.

    Returns
    -------
    polars.DataFrame
        A row per model (``joint``, ``alone``) and property:

        * ``n``, ``n_events``; ``estimate``: log odds ratio per standard deviation over all examples; ``std_error``,
          ``statistic`` (likelihood-ratio χ²), ``df`` (1), ``p_value``, ``p_adjusted`` (Benjamini–Hochberg within the model),
          ``conf_low``, ``conf_high`` (95 %, Wald); ``odds_ratio`` with its interval;
        * ``marginal_effect``: average over examples of the derivative of the probability, per standard deviation;
        * ``vif``, ``n_missing``, ``flag``: why there is no fit (``no-pies``, ``all-pies``, ``constant``, ``collinear``,
          ``not-converged``), how it was made (``separated``: Firth's penalized likelihood and its profile), what makes
          it doubtful (``few-events``: fewer than ten events, or non-events, per term; ``high-vif``), or null.
    """
    design = Design.of(properties, names)
    is_event = is_event[design.is_kept]
    empty = Flag.NO_PIES if not is_event.any() else Flag.ALL_PIES if is_event.all() else None
    models = model_columns(design) if empty is None else []
    fits = [logistic_regression(design.values[:, columns], is_event) for columns in models]
    return _finish(design, fits, {"n": len(is_event), "n_events": int(is_event.sum())}, empty)


def _finish(design: Design, fits: list[Regression], counts: dict[str, int], empty: str | None) -> pl.DataFrame:
    """The columns of the result: a row per model and property, with nulls for what was not fitted."""
    fitted = fitted_rows(design)
    numbers = {
        name: np.concatenate([getattr(fit, name) for fit in fits]) if fits else np.full(len(fitted), np.nan)
        for name in NUMBERS
    }
    fit_flag = pl.Series([fit.flag for fit in fits for _ in fit.estimate] or [empty] * len(fitted), dtype=pl.String)
    rows = model_rows(design).join(
        fitted.with_columns(**numbers, fit_flag=fit_flag), on=["model", "property"], how="left", maintain_order="left"
    )
    rows = with_odds_ratio(rows.with_columns(pl.col(NUMBERS).fill_nan(None)))
    return (
        rows.with_columns(
            adjusted_within(rows, "model"),
            df=pl.when(pl.col("p_value").is_not_null()).then(1.0),
            **{name: pl.lit(count, pl.Int64) for name, count in counts.items()},
        )
        .with_columns(flag=pl.coalesce("refusal", "fit_flag", few_events(), "doubt"))
        .select(COLUMNS)
    )
