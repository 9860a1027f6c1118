"""Do properties predict what compression loses better than they predict what changes between dense populations anyway?"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.characterize.cross_fitting import (
    N_SAMPLES_OF_REGRESSIONS,
    Properties,
    Sets,
    cross_fit,
    set_size,
    thirds,
)
from pietools.statistics.characterize.design_matrix import Design
from pietools.statistics.characterize.half_sample_tests import half_sample_tests
from pietools.statistics.characterize.logistic import AlikeFits
from pietools.statistics.characterize.out_of_fold import SCORES, predictions, scores
from pietools.statistics.characterize.pie_outcomes import PieOutcomes
from pietools.statistics.tools.populations import Populations

COLUMNS = (
    *("comparison", "score", "n_events", "chance", "estimate", "std_error", "statistic", "df", "p_value"),
    *("conf_low", "conf_high", "flag"),
)
COMPARISONS = ("compressed", "compressed-alone", "baseline", "beyond-alone", "beyond-baseline")


def cross_fitted_scores(
    votes: Populations,
    properties: Properties,
    *,
    seed: int | list[int],
    alone: str = "loss",
    outcome: str = "pie",
) -> pl.DataFrame:
    """Out-of-fold scores for PIEs, against one property alone and against dense-against-dense PIEs.

    H0: properties predict the outcome no better than chance; no better together than the one alone; PIEs between dense and
    compressed networks no better than those between dense ones. Random: the networks; the examples are fixed.

    Parameters
    ----------
    votes, properties, outcome
        As in :func:`pietools.statistics.characterize.cross_fitted_pie_regression.cross_fitted_pie_regression`, with the same sets.
    seed
        Of splits, folds and half-samples.
    alone
        The property that all together are measured against.

    Returns
    -------
    polars.DataFrame
        A row per score (``auc``, ``average_precision``) and comparison: ``compressed`` and ``baseline`` (all properties),
        ``compressed-alone`` (the one), ``beyond-alone`` (compressed − compressed-alone), ``beyond-baseline`` (compressed −
        baseline); ``n_events``: mean over 20 splits (of the rarer, for a difference); ``chance``: what no knowledge gives, ½
        or the prevalence, or the difference of these; ``estimate``, the mean over splits, ``std_error`` (half-samples),
        ``conf_low``, ``conf_high`` (95 %); ``statistic``, ``df``, ``p_value`` of estimate − chance, none for the average
        precision beyond the baseline: it depends on the prevalence, which differs; ``flag``: ``few-networks``, ``unfit`` (in
        some split there are fewer than five events, or they are separated), ``unstable`` (in some half-sample),
        ``no-variance``, or null.
    """
    n_networks, paired = votes.sizes, votes.paired
    design = Design.of(properties.of(np.arange(n_networks[0])), properties.names)
    h = set_size(min(n_networks), needs_networks=properties.needs_networks)
    kept = design.is_kept
    if h < 1 or not kept.any() or alone not in [design.names[j] for j in design.joint]:
        flag = Flag.FEW_NETWORKS if h < 1 else Flag.CONSTANT if kept.any() else Flag.NO_EXAMPLES
        return _frame(np.full(_WIDTH, np.nan), np.empty((0, _WIDTH)), n_networks, flag)
    outcomes = PieOutcomes.of(votes.on(kept), outcome=outcome)
    fits = tuple(AlikeFits() for _ in range(3))
    statistic = _Scores(outcomes, properties, design, design.names.index(alone), seed, fits)

    def draw(rng: np.random.Generator, d: np.ndarray, c: np.ndarray) -> list[Sets]:
        # One turn of each split: a score takes five fits and two sortings.
        return thirds(rng, d, c, paired=paired, needs_networks=properties.needs_networks)[:1]

    fewest = 3 if properties.needs_networks else 2
    found = cross_fit(
        statistic, draw, n_networks, paired=paired, fewest=fewest, seed=seed, n_samples=N_SAMPLES_OF_REGRESSIONS
    )
    return _frame(found.estimate, found.replications, n_networks, None)


# Of compressed, compressed alone, baseline: two scores, two chances, number of events.
_WIDTH = 15


@dataclass(frozen=True)
class _Scores:
    """The statistic of a split."""

    outcomes: PieOutcomes
    properties: Properties
    design: Design
    alone: int
    seed: int | list[int]
    fits: tuple[AlikeFits, ...]  # of each row

    def __call__(self, sets: Sets) -> np.ndarray:
        values = self.design.values_by(self.properties, sets.properties)
        is_pie, is_baseline = self.outcomes.between(sets)
        columns = self.design.joint
        rows = ((is_pie, columns), (is_pie, [self.alone]), (is_baseline, columns))
        return np.concatenate(
            [self._row(is_event, values[:, used], fits) for (is_event, used), fits in zip(rows, self.fits, strict=True)]
        )

    def _row(self, is_event: np.ndarray, values: np.ndarray, fits: AlikeFits) -> np.ndarray:
        probabilities, flag = predictions(values, is_event, self.seed, fits)
        reached = (np.nan, np.nan) if flag else scores(is_event, probabilities)
        return np.array([*reached, 0.5, is_event.mean(), is_event.sum()])


def _frame(
    estimate: np.ndarray, replications: np.ndarray, n_networks: tuple[int, int], flag: str | None
) -> pl.DataFrame:
    # Splits, then compressed, alone, baseline and two differences.
    values = np.vstack([estimate, replications]).reshape(-1, 3, 5)
    differences = values[:, :1] - values[:, 1:]
    values = np.concatenate([values, differences], axis=1)
    n_events = [*values[0, :3, 4], values[0, :2, 4].min(), values[0, [0, 2], 4].min()]
    parts = []
    for j, score in enumerate(SCORES):
        beyond = values[:, :, j] - values[:, :, 2 + j]
        tests, why = half_sample_tests(beyond[0], beyond[1:], n_networks)
        part = tests.with_columns(
            pl.Series("comparison", COMPARISONS),
            pl.lit(score).alias("score"),
            pl.Series("n_events", n_events).fill_nan(None).round().cast(pl.Int64),
            pl.Series("chance", values[0, :, 2 + j]).fill_nan(None),
            pl.Series("why", why, pl.String),
        )
        parts.append(part.with_columns(pl.col("estimate", "conf_low", "conf_high") + pl.col("chance")))
    unfit = pl.when(pl.col("estimate").is_null()).then(pl.lit(Flag.UNFIT))
    # Average precision rises faster than prevalence: between two prevalences no difference is that of no knowledge.
    is_tested = (pl.col("comparison") != "beyond-baseline") | (pl.col("score") == "auc")
    untested = [pl.when(is_tested).then(name) for name in ("chance", "statistic", "df", "p_value")]
    found = pl.concat(parts).with_columns(*untested)
    return found.with_columns(flag=pl.coalesce(pl.lit(flag, pl.String), unfit, "why")).select(COLUMNS)
