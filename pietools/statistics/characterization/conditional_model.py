"""The primary model with errors that count networks: see :mod:`pietools.statistics.characterization.conditional`."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from pietools.statistics.characterization.conditional import fit_conditional
from pietools.statistics.characterization.cross_fitting import (
    N_SPLITS,
    Draw,
    Properties,
    Sets,
    check_shapes,
    cross_fit,
    halves,
)
from pietools.statistics.characterization.design_matrix import Design, few_events
from pietools.statistics.characterization.half_sample_tests import (
    adjusted_within,
    half_sample_covariance,
    half_sample_tests,
    with_odds_ratio,
)

COMPRESSION = "(compression)"
COLUMNS = (
    *("term", "n", "estimate", "std_error", "statistic", "df", "p_value", "p_adjusted", "conf_low", "conf_high"),
    *("odds_ratio", "odds_ratio_conf_low", "odds_ratio_conf_high", "std_error_information"),
    *("marginal_effect", "marginal_effect_std_error", "vif", "flag"),
)


@dataclass(frozen=True)
class ConditionalModel:
    """The fitted model.

    ``terms`` has the rows of :func:`conditional_model`. ``fitted`` names those that were fitted, in the order of
    ``coefficients`` and ``effects`` (q,), the marginal ones, and of both on the half-samples (S, q): ``replications`` and
    ``effect_replications``. ``covariance`` (q, q) is that of the half-samples. None where there is none; ``n_missing`` examples
    lack a property.
    """

    terms: pl.DataFrame
    fitted: tuple[str, ...]
    coefficients: np.ndarray | None
    covariance: np.ndarray | None
    replications: np.ndarray | None
    effects: np.ndarray | None
    effect_replications: np.ndarray | None
    n_informative: int
    n_missing: int


def conditional_model(
    right_reference: np.ndarray,
    right_compressed: np.ndarray,
    properties: Properties,
    *,
    paired: bool,
    seed: int | list[int],
) -> ConditionalModel:
    """Which properties make compression hurt more, among examples of equal difficulty?

    H0, for each property: the odds ratio of being right, compressed against reference, does not change with it. Random: the
    networks; the examples are fixed.

    Parameters
    ----------
    right_reference, right_compressed
        Whether each network predicts the given label, boolean, shapes (K_D, n) and (K_C, n). If ``paired``, row k of one
        matches row k of the other.
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
          (half-samples), ``statistic``, ``df`` (K − 1), ``p_value``, ``p_adjusted`` (Benjamini–Hochberg over the properties;
          of the first row the p itself), ``conf_low``, ``conf_high`` (95 %), and the ``odds_ratio`` with its interval;
        * ``std_error_information``: from the inverse information of the one fit, which takes networks, and the two of
          a pair, as independent, and is for comparison; null with cross-fitting, where there is no such fit;
        * ``marginal_effect``: by how much one standard deviation changes the accuracy of a compressed network, averaged over
          examples, and its half-sample error: β · mean θ(1 − θ), θ the chance of being right, estimated without bias by
          right · wrong / (K_C (K_C − 1)); null with one compressed network;
        * ``vif``, and ``flag``: why there is no fit (``one-network``, ``no-examples``: none is informative,
          ``separated``, ``constant``,
          ``collinear``), no error (``few-networks``, ``unstable``: a half-sample is separated, ``no-variance``), or what
          makes it doubtful (``few-events``: fewer than ten informative examples per term, ``high-vif``); else null.

    Raises
    ------
    ValueError
        If the design is paired and K_D ≠ K_C, or the shapes do not fit.

    Notes
    -----
    The likelihood takes matched networks as independent. Where compression does nothing that changes nothing. Elsewhere
    estimates lie a little too far from 0 if matched networks answer alike: 0.33 for 0.30 with five pairs that share nine
    tenths of their noise, 0.31 with ten pairs that share half of it. The half-samples are of pairs, and their errors right.
    """
    n_networks = len(right_reference), len(right_compressed)
    check_shapes(right_reference, right_compressed, paired=paired)
    design = Design.of(properties.of(np.arange(n_networks[0])), properties.names)
    fewest = 1 + properties.needs_networks
    if min(n_networks) < fewest or not design.is_kept.any():
        return _no_fit(design, "one-network" if design.is_kept.any() else "no-examples")
    fits = _Fits.of(right_reference, right_compressed, properties, design)
    draw: Draw = partial(halves, paired=paired) if properties.needs_networks else _everyone
    n_splits = N_SPLITS if properties.needs_networks else 1
    found = cross_fit(fits, draw, n_networks, paired=paired, fewest=fewest, seed=seed, n_splits=n_splits)
    if np.isnan(found.estimate).all():
        return _no_fit(design, "separated" if len(fits.examples) else "no-examples")
    return _model(found.estimate, found.replications, design, n_networks)


def _everyone(rng: np.random.Generator, reference: np.ndarray, compressed: np.ndarray) -> list[Sets]:
    return [Sets(reference, (reference,), (compressed,))]


@dataclass(frozen=True)
class _Fits:
    """The statistic of a split: coefficients, their variances by the information, marginal effects, informative examples."""

    right_reference: np.ndarray
    right_compressed: np.ndarray
    properties: Properties
    design: Design
    examples: np.ndarray  # those whose predictions these are: the others are informative for no networks

    @classmethod
    def of(
        cls, right_reference: np.ndarray, right_compressed: np.ndarray, properties: Properties, design: Design
    ) -> "_Fits":
        n_right = right_reference.sum(axis=0, dtype=np.int32) + right_compressed.sum(axis=0, dtype=np.int32)
        is_told = (n_right > 0) & (n_right < len(right_reference) + len(right_compressed))
        examples = np.flatnonzero(design.is_kept & is_told)
        return cls(right_reference[:, examples], right_compressed[:, examples], properties, design, examples)

    def __call__(self, sets: Sets) -> np.ndarray:
        reference, compressed = sets.reference[0], sets.compressed[0]
        n_compressed = self.right_compressed[compressed].sum(axis=0, dtype=np.int32)
        n_right = self.right_reference[reference].sum(axis=0, dtype=np.int32) + n_compressed
        values = self.design.standardize(self.properties.of(sets.properties)[self.examples])[:, self.design.joint]
        k = len(compressed)
        fit = fit_conditional(n_right, n_compressed, values, (len(reference), k))
        if not fit.is_finite:
            return np.full(3 * len(fit.coefficients) + 1, np.nan)
        pairs = k * (k - 1) * len(self.design.values)
        spread = (n_compressed * (k - n_compressed)).sum() / pairs if pairs else np.nan
        variances = (
            np.full(len(fit.coefficients), np.nan) if self.properties.needs_networks else np.diag(fit.covariance)
        )
        return np.concatenate([fit.coefficients, variances, fit.coefficients * spread, [fit.n_informative]])


def _model(
    estimate: np.ndarray, replications: np.ndarray, design: Design, n_networks: tuple[int, int]
) -> ConditionalModel:
    q = len(design.joint) + 1
    coefficients, variances, effects = (estimate[start : start + q] for start in (0, q, 2 * q))
    n_informative = round(float(estimate[-1]))
    tests, no_error = half_sample_tests(coefficients, replications[:, :q], n_networks)
    errors, _ = half_sample_tests(effects, replications[:, 2 * q : 3 * q], n_networks)
    doubt = "few-events" if few_events(n_informative, n_informative, q) else None
    fitted = (COMPRESSION, *(design.names[j] for j in design.joint))
    flags = [
        why or doubt or flag
        for why, flag in zip(no_error, [None, *(design.flags[j] for j in design.joint)], strict=True)
    ]
    rows = with_odds_ratio(tests).with_columns(
        pl.Series("term", fitted),
        pl.lit(n_informative, pl.Int64).alias("n"),
        pl.Series("std_error_information", np.sqrt(variances)).fill_nan(None),
        errors["estimate"].alias("marginal_effect"),
        errors["std_error"].alias("marginal_effect_std_error"),
        pl.Series("fitted_flag", flags, pl.String),
    )
    return ConditionalModel(
        _in_order(design, rows),
        fitted,
        coefficients,
        half_sample_covariance(replications[:, :q], n_networks),
        replications[:, :q],
        effects,
        replications[:, 2 * q : 3 * q],
        n_informative,
        design.n_missing,
    )


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
    return ConditionalModel(_in_order(design, nothing, flag), (), None, None, None, None, None, 0, design.n_missing)
