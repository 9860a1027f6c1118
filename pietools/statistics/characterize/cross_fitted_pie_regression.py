"""Which properties go with being lost in compression, beyond what goes with a change between two dense populations?

A vote close to a tie changes easily whatever the reason, and what makes it close (loss, agreement) then "explains" PIEs, also
where compression does nothing. Holding networks out does not cure that. So the same regression is fitted twice, on PIEs
between dense and compressed networks and on PIEs between dense networks and other dense networks, and the claim is the
difference of the coefficients.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.characterize.cross_fitting import (
    N_SAMPLES_OF_REGRESSIONS,
    CrossFitted,
    Properties,
    Sets,
    cross_fit,
    set_size,
    thirds,
)
from pietools.statistics.characterize.design_matrix import Design
from pietools.statistics.characterize.half_sample_tests import adjusted_within, half_sample_tests, with_odds_ratio
from pietools.statistics.characterize.logistic import AlikeFits, Observations
from pietools.statistics.characterize.model_rows import few_events, fitted_rows, model_columns, model_rows
from pietools.statistics.characterize.pie_outcomes import PieOutcomes
from pietools.statistics.tools.populations import Populations

SIDES = ("compressed", "baseline", "difference")
_OF_ALL = ("side", "model", "property", "set_size", "p_adjusted", "vif", "n_missing", "flag")
COLUMNS = (
    *("side", "model", "property", "set_size", "n", "n_events", "estimate", "std_error", "statistic", "df", "p_value"),
    *("p_adjusted", "conf_low", "conf_high", "odds_ratio", "odds_ratio_conf_low", "odds_ratio_conf_high"),
    *("marginal_effect", "marginal_effect_std_error", "vif", "n_missing", "flag"),
)


def cross_fitted_pie_regression(
    votes: Populations,
    properties: Properties,
    *,
    seed: int | list[int],
    outcome: str = "pie",
) -> pl.DataFrame:
    """Logistic regression of PIEs on properties, beside the same one for dense-against-dense PIEs, and their difference.

    H0 of the difference, for each property: its coefficient is the same for PIEs between dense and compressed networks as
    between dense ones; it holds if compression does nothing. Random: the networks; the examples are fixed.

    Parameters
    ----------
    votes
        Predicted labels of both populations.
    properties
        Of all n examples. Those from reference networks come from networks that have no part in the PIEs.
    seed
        Of splits and half-samples.
    outcome
        ``pie``, or ``forgotten`` (right to wrong), which needs the given labels.

    Returns
    -------
    polars.DataFrame
        A row per side (``compressed``, ``baseline``, ``difference``), model (``joint``, ``alone``) and property:

        * ``set_size``: networks behind each modal label: a third of the smaller population, rounded down, or half of it if
          properties need no networks; so there are more PIEs than between the whole populations;
        * ``n``, ``n_events``: examples and PIEs, means over splits;
        * ``estimate``: log odds ratio per standard deviation over all examples, mean over 20 splits in which every set took
          every role; ``std_error`` (half-samples), ``statistic``, ``df`` (K − 1), ``p_value``, ``p_adjusted``
          (Benjamini–Hochberg within the side and model), ``conf_low``, ``conf_high`` (95 %); ``odds_ratio`` with its interval
          (``difference``: ratio of odds ratios);
        * ``marginal_effect`` with its half-sample error: average derivative of the probability, per standard deviation;
        * ``vif``, ``n_missing``, ``flag``: why there is no fit (``few-networks``: three dense ones, or two where properties
          need none, and one compressed are the least; ``constant``, ``collinear``, ``no-pies``, ``all-pies``, ``separated``,
          in some split), no error (``few-networks``: six, or four, are the least, ``unstable``: a half-sample has no fit,
          ``no-variance``), or what makes it doubtful (``few-events``: fewer than ten PIEs per term, ``high-vif``), or null.

    Notes
    -----
    Sets 1 and 2 of dense networks and set 2 of compressed ones are disjoint by name from each other and from the networks
    behind the properties; matched networks keep to their set. PIE(D₁, C₂) and PIE(D₁, D₂) then have the same law if
    compression does nothing, and the expected difference is exactly 0. The errors lean to the wide side (1.0 to 1.8 times the
    truth in simulation): a half-sample is split once, while the estimate averages 20 splits.
    """
    n_networks, paired = votes.sizes, votes.paired
    design = Design.of(properties.of(np.arange(n_networks[0])), properties.names)
    h = set_size(min(n_networks), needs_networks=properties.needs_networks)
    kept = design.is_kept
    if h < 1 or not kept.any() or not design.varying:
        flag = Flag.FEW_NETWORKS if h < 1 else None if kept.any() else Flag.NO_EXAMPLES
        return _finish(_nothing(design), design, h, flag)
    outcomes = PieOutcomes.of(votes.on(kept), outcome=outcome)
    fits = _Fits(outcomes, properties, design, defaultdict(AlikeFits))
    draw = partial(thirds, paired=paired, needs_networks=properties.needs_networks)
    fewest = 3 if properties.needs_networks else 2
    found = cross_fit(
        fits, draw, n_networks, paired=paired, fewest=fewest, seed=seed, n_samples=N_SAMPLES_OF_REGRESSIONS
    )
    return _finish(_tests(found, design, n_networks), design, h, None)


@dataclass(frozen=True)
class _Fits:
    """The statistic of a split. For each side: coefficients and marginal effects of all models, rows and events."""

    outcomes: PieOutcomes
    properties: Properties
    design: Design
    fits: defaultdict[tuple[int, int], AlikeFits]  # of each side and model

    def __call__(self, sets: Sets) -> np.ndarray:
        values = self.design.values_by(self.properties, sets.properties)
        return np.concatenate(
            [self._side(side, values, events) for side, events in enumerate(self.outcomes.between(sets))]
        )

    def _side(self, side: int, values: np.ndarray, is_event: np.ndarray) -> np.ndarray:
        n_events = is_event.sum()
        models = model_columns(self.design)
        found = [np.full((2, len(columns)), np.nan) for columns in models]
        if 0 < n_events < len(is_event):
            observations = Observations.of(values, is_event)
            for model, columns in enumerate(models):
                of_model = observations.only(columns)
                reached = self.fits[side, model].fit(of_model)
                if reached is not None:
                    found[model] = np.stack([reached[: len(columns)], of_model.marginal_effects(reached)])
        return np.concatenate([np.concatenate(found, axis=1).ravel(), [len(is_event), n_events]])


def _tests(found: CrossFitted, design: Design, n_networks: tuple[int, int]) -> pl.DataFrame:
    """A row per side and fitted model and property."""
    fitted = fitted_rows(design)
    q = len(fitted)
    # Splits, sides, then coefficients, marginal effects and two counts.
    values = np.vstack([found.estimate, found.replications]).reshape(-1, 2, 2 * q + 2)
    values = np.concatenate([values, values[:, :1] - values[:, 1:]], axis=1)
    of_coefficients, of_effects = (values[:, :, start : start + q].reshape(-1, 3 * q) for start in (0, q))
    tests, why = half_sample_tests(of_coefficients[0], of_coefficients[1:], n_networks)
    effects, _ = half_sample_tests(of_effects[0], of_effects[1:], n_networks)
    n, n_events = np.vstack([values[0, :2, 2 * q :], values[0, :2, 2 * q :].min(axis=0)]).round().astype(np.int64).T
    return with_odds_ratio(tests).with_columns(
        pl.Series("side", np.repeat(SIDES, q)),
        *pl.concat([fitted] * 3).get_columns(),
        effects["estimate"].alias("marginal_effect"),
        effects["std_error"].alias("marginal_effect_std_error"),
        pl.Series("n", np.repeat(n, q)),
        pl.Series("n_events", np.repeat(n_events, q)),
        pl.Series("no_error", why, pl.String),
    )


def _nothing(design: Design) -> pl.DataFrame:
    """No tests, with the columns that tests have."""
    numbers = (name for name in COLUMNS if name not in _OF_ALL and name not in ("n", "n_events"))
    schema = dict.fromkeys(("side", "model", "property", "no_error"), pl.String) | dict.fromkeys(numbers, pl.Float64)
    return pl.DataFrame(schema=schema | {"n": pl.Int64, "n_events": pl.Int64})


def _finish(tests: pl.DataFrame, design: Design, h: int, flag: str | None) -> pl.DataFrame:
    """The columns of the result: a row per side, model and property, with nulls where nothing was fitted."""
    sides = pl.DataFrame({"side": SIDES}).join(model_rows(design), how="cross", maintain_order="left_right")
    rows = sides.join(tests, on=["side", "model", "property"], how="left", maintain_order="left").with_columns(
        set_size=pl.lit(h, pl.Int64), flag=pl.lit(flag, pl.String)
    )
    no_fit = pl.when(pl.col("estimate").is_null()).then(
        pl.when(pl.col("n_events") == 0)
        .then(pl.lit(Flag.NO_PIES))
        .when(pl.col("n_events") == pl.col("n"))
        .then(pl.lit(Flag.ALL_PIES))
        .otherwise(pl.lit(Flag.SEPARATED))
    )
    return rows.with_columns(
        adjusted_within(rows, "side", "model"),
        flag=pl.coalesce("refusal", "flag", no_fit, "no_error", few_events(), "doubt"),
    ).select(COLUMNS)
