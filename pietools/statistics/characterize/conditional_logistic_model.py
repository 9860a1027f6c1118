"""The primary model (:mod:`pietools.statistics.characterize.conditional_logistic`) with errors for other networks and examples."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.characterize.conditional_logistic_fits import ConditionalFits
from pietools.statistics.characterize.cross_fitting import (
    N_SPLITS,
    CrossFitted,
    Draw,
    Properties,
    Sets,
    cross_fit,
    halves,
)
from pietools.statistics.characterize.design_matrix import Design, few_events
from pietools.statistics.characterize.fitted import Fitted
from pietools.statistics.characterize.half_sample_tests import (
    FEWEST_NETWORKS,
    adjusted_within,
    half_sample_tests,
    with_odds_ratio,
)
from pietools.statistics.characterize.influences import Influences
from pietools.statistics.tools.populations import Populations

COMPRESSION = "(compression)"
COLUMNS = (
    *("term", "n", "estimate", "std_error", "statistic", "df", "p_value", "p_adjusted", "conf_low", "conf_high"),
    *("odds_ratio", "odds_ratio_conf_low", "odds_ratio_conf_high", "std_error_networks", "std_error_information"),
    *("marginal_effect", "marginal_effect_std_error", "vif", "flag"),
)


@dataclass(frozen=True)
class ConditionalModel:
    """The fitted model.

    ``terms`` has the rows of :func:`conditional_model`. ``fitted`` names those that were fitted, in the order of ``log_odds``,
    the coefficients, and ``marginal``, the marginal effects; both are None if there are none. ``covariance`` (q, q) is that of
    the coefficients, None without errors. ``n_missing`` examples lack a property.
    """

    terms: pl.DataFrame
    fitted: tuple[str, ...]
    log_odds: Fitted | None
    marginal: Fitted | None
    covariance: np.ndarray | None
    n_informative: int
    n_missing: int


def conditional_model(
    right: Populations,
    properties: Properties,
    *,
    seed: int | list[int],
) -> ConditionalModel:
    """Which properties make compression hurt more, among examples of equal difficulty?

    H0, for each property: the odds ratio of being right, compressed against reference, does not change with it. Random: the
    networks, and the examples where they differ in what compression does to them for other reasons.

    Parameters
    ----------
    right
        Whether each network predicts the given label, boolean, (K_D, n) and (K_C, n).
    properties
        Of all n examples. What comes from the reference networks is cross-fitted: a property of one half of them, the counts
        of the other, both directions, 20 splits, averaged.
    seed
        Of splits and half-samples.

    Returns
    -------
    ConditionalModel
        With a row per term, ``(compression)`` first: β₀, the log odds ratio of being right where all properties are at their
        mean; then β of each property, per standard deviation over examples. Negative: compression hurts more where the
        property is higher.

        * ``n`` (informative examples: some network right, some wrong; mean over splits, rounded), ``estimate``, ``std_error``
          (for other networks and other examples, see below), ``statistic``, ``df`` (K − 1), ``p_value``, ``p_adjusted``
          (Benjamini–Hochberg over the properties; of the first row the p itself), ``conf_low``, ``conf_high`` (95 %), and
          the ``odds_ratio`` with its interval;
        * ``std_error_networks``: from half-samples alone, the error for other networks on the same examples;
        * ``std_error_information``: from the inverse information of the one fit, which takes networks, and the two of
          a pair, as independent, and is for comparison; null with cross-fitting, where there is no such fit;
        * ``marginal_effect``: by how much one standard deviation changes the accuracy of a compressed network, averaged over
          examples, and its error: β · mean θ(1 − θ), θ the chance of being right, estimated without bias by
          right · wrong / (K_C (K_C − 1)); null with one compressed network;
        * ``vif``, and ``flag``: why there is no fit (``one-network``, ``no-examples``: none is informative, ``separated``,
          ``constant``, ``collinear``), no error (``few-networks``, ``unstable``: a half-sample is separated,
          ``no-variance``), or what makes it doubtful (``few-events``: fewer than ten informative examples per term,
          ``high-vif``); else null.

    Notes
    -----
    The likelihood takes matched networks as independent. Where compression does nothing that changes nothing. Elsewhere
    estimates lie a little too far from 0 if matched networks answer alike: 0.33 for 0.30 with five pairs that share nine
    tenths of their noise, 0.31 with ten pairs that share half of it. The half-samples are of pairs, and their errors right.

    Half-samples know nothing of examples that are hit for reasons that are not in the model. What these add is in
    :mod:`pietools.statistics.characterize.influences`. The number of examples is taken as large, degrees of freedom are
    those of the networks, and of marginal effects the mean of θ(1 − θ) counts as known.
    """
    n_networks, paired = right.sizes, right.paired
    design = Design.of(properties.of(np.arange(n_networks[0])), properties.names)
    fewest = 1 + properties.needs_networks
    if min(n_networks) < fewest or not design.is_kept.any():
        return _no_fit(design, Flag.ONE_NETWORK if design.is_kept.any() else Flag.NO_EXAMPLES)
    fits = ConditionalFits.of(right, properties, design)
    draw: Draw = partial(halves, paired=paired) if properties.needs_networks else _everyone
    n_splits = N_SPLITS if properties.needs_networks else 1
    found = cross_fit(fits, draw, n_networks, paired=paired, fewest=fewest, seed=seed, n_splits=n_splits)
    if np.isnan(found.estimate).all():
        return _no_fit(design, Flag.SEPARATED if len(fits.examples) else Flag.NO_EXAMPLES)
    coefficients = found.estimate[: len(design.joint) + 1]
    has_errors = min(n_networks) >= FEWEST_NETWORKS
    of_examples = fits.influences(found.splits, coefficients) if has_errors else None
    return _model(found, of_examples, design, n_networks)


def _everyone(rng: np.random.Generator, reference: np.ndarray, compressed: np.ndarray) -> list[Sets]:
    return [Sets(reference, (reference,), (compressed,))]


def _model(
    found: CrossFitted, of_examples: Influences | None, design: Design, n_networks: tuple[int, int]
) -> ConditionalModel:
    q = len(design.joint) + 1
    coefficients, variances, effects = (slice(start, start + q) for start in (0, q, 2 * q))
    spread, n_informative = float(found.estimate[-2]), round(float(found.estimate[-1]))
    log_odds = Fitted(found.estimate[coefficients], found.replications[:, coefficients], of_examples)
    on_accuracy = None if of_examples is None else of_examples.times(spread)
    marginal = Fitted(found.estimate[effects], found.replications[:, effects], on_accuracy)
    tests, no_error = _tests(log_odds, n_networks)
    errors, _ = _tests(marginal, n_networks)
    of_networks, _ = half_sample_tests(log_odds.estimate, log_odds.replications, n_networks)
    doubt = Flag.FEW_EVENTS if few_events(n_informative, n_informative, q) else None
    fitted = (COMPRESSION, *(design.names[j] for j in design.joint))
    flags = [
        why or doubt or flag
        for why, flag in zip(no_error, [None, *(design.flags[j] for j in design.joint)], strict=True)
    ]
    rows = with_odds_ratio(tests).with_columns(
        pl.Series("term", fitted),
        pl.lit(n_informative, pl.Int64).alias("n"),
        of_networks["std_error"].alias("std_error_networks"),
        pl.Series("std_error_information", np.sqrt(found.estimate[variances])).fill_nan(None),
        errors["estimate"].alias("marginal_effect"),
        errors["std_error"].alias("marginal_effect_std_error"),
        pl.Series("fitted_flag", flags, pl.String),
    )
    terms = _in_order(design, rows)
    return ConditionalModel(
        terms, fitted, log_odds, marginal, log_odds.covariance(n_networks), n_informative, design.n_missing
    )


def _tests(fitted: Fitted, n_networks: tuple[int, int]) -> tuple[pl.DataFrame, list[str | None]]:
    beyond = np.diag(fitted.beyond_networks())
    return half_sample_tests(fitted.estimate, fitted.replications, n_networks, beyond_networks=beyond)


def _in_order(design: Design, fitted: pl.DataFrame, flag: str | None = None) -> pl.DataFrame:
    """A row per term, with nulls where it was not fitted."""
    terms = pl.DataFrame(
        {
            "term": [COMPRESSION, *design.names],
            "vif": pl.Series([np.nan, *design.vif]).fill_nan(None),
            "design_flag": pl.Series([flag, *(why or flag for why in design.refusals)], dtype=pl.String),
        }
    ).join(fitted, on="term", how="left", maintain_order="left")
    # The first row is a question of its own.
    return terms.with_columns(
        adjusted_within(terms.with_columns(is_property=pl.col("term") != COMPRESSION), "is_property"),
        flag=pl.coalesce("fitted_flag", "design_flag"),
    ).select(COLUMNS)


def _no_fit(design: Design, flag: str) -> ConditionalModel:
    columns = [name for name in COLUMNS if name not in ("term", "p_adjusted", "vif", "flag")]
    nothing = pl.DataFrame(schema={"term": pl.String} | dict.fromkeys(columns, pl.Float64)).with_columns(
        pl.col("n").cast(pl.Int64), fitted_flag=pl.lit(None, pl.String)
    )
    return ConditionalModel(_in_order(design, nothing, flag), (), None, None, None, 0, design.n_missing)
