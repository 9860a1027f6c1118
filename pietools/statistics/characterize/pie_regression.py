"""Which properties go with being a PIE, or forgotten? One logistic regression over examples.

It does not say that compression is why: examples whose votes are close to a tie are PIEs more often whatever changes, also
between two dense populations. The claim is the difference to that baseline (:mod:`crossed_pie_regression` beside this
module).
"""

import numpy as np
import polars as pl

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


def pie_regression(
    is_event: np.ndarray,
    properties: np.ndarray,
    names: tuple[str, ...],
    *,
    classes: np.ndarray | None = None,
) -> pl.DataFrame:
    """Logistic regression of an outcome on standardized properties, all at once and one by one.

    H0, for each property: the odds of the outcome do not change with it (``joint``: the others held). Random: the examples,
    each on its own; the networks are fixed, so that nothing here speaks of other networks.

    Parameters
    ----------
    is_event
        Whether each example is a PIE, or forgotten: boolean, shape (n,).
    properties
        Shape (n, p), with ``names``. Examples with a missing or infinite one are left out and counted.
    classes
        Class of each example, shape (n,): integers, each class with an intercept of its own. Classes without events, or with
        nothing else, say nothing about the properties and are left out of ``n``.

    Returns
    -------
    polars.DataFrame
        A row per model (``joint``, ``alone``) and property:

        * ``n``, ``n_events``; ``estimate``: log odds ratio per standard deviation over all examples; ``std_error``,
          ``statistic`` (likelihood-ratio χ²), ``df`` (1), ``p_value``, ``p_adjusted`` (Benjamini–Hochberg within the model),
          ``conf_low``, ``conf_high`` (95 %, Wald); ``odds_ratio`` with its interval;
        * ``marginal_effect``: average over examples of the derivative of the probability, per standard deviation;
        * ``vif``, ``n_missing``, ``flag``: why there is no fit (``no-pies``, ``all-pies``, ``constant``, ``collinear``,
          ``not-converged``), how it was made (``separated``: Firth's penalized likelihood and its profile; with classes no
          fit), what makes it doubtful (``few-events``: fewer than ten events, or non-events, per term, classes included;
          ``high-vif``), or null.
    """
    design = Design.of(properties, names, classes)
    is_event = is_event[design.is_kept]
    empty = "no-pies" if not is_event.any() else "all-pies" if is_event.all() else None
    codes = None if classes is None else np.unique(classes[design.is_kept], return_inverse=True)[1]
    rows, groups = informative_classes(is_event, codes)
    values, is_event = design.values[rows], is_event[rows]
    fits = _fit(values, is_event, groups, design) if empty is None and len(rows) else []
    counts = {"n": len(rows), "n_events": int(is_event.sum())}
    # With classes each of which is all PIEs, or none, the classes separate the outcome.
    empty = empty or (None if len(rows) else "separated")
    return _finish(design, fits, counts, empty, 1 if groups is None else int(groups.max(initial=0)) + 1)


def informative_classes(is_event: np.ndarray, classes: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows of classes that have both outcomes, as positions, and the class of each, numbered from 0 without gaps.

    ``classes`` are numbers from 0.
    """
    if classes is None:
        return np.arange(len(is_event)), None
    n_events, n = np.bincount(classes, is_event), np.bincount(classes)
    is_informative = (n_events > 0) & (n_events < n)
    rows = np.flatnonzero(is_informative[classes])
    return rows, (np.cumsum(is_informative) - 1)[classes[rows]]


def _fit(values: np.ndarray, is_event: np.ndarray, groups: np.ndarray | None, design: Design) -> list[Regression]:
    return [logistic_regression(values[:, columns], is_event, groups) for columns in model_columns(design)]


def _finish(
    design: Design, fits: list[Regression], counts: dict[str, int], empty: str | None, n_groups: int
) -> pl.DataFrame:
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
        .with_columns(flag=pl.coalesce("refusal", "fit_flag", few_events(n_groups), "doubt"))
        .select(COLUMNS)
    )
