"""Logistic regression of "is right" on millions of rows, a row per network and example, from counts.

The model's columns depend on the population and the example only, so that the rows of a cell (population, example) differ in
nothing but their outcome: the counts right and wrong are all that the fit needs. Errors are clustered by example and by
network, because each network sees each example.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl

from pietools.statistics.characterize.half_sample_tests import TESTED
from pietools.statistics.characterize.logistic import fit_logistic
from pietools.statistics.tools.estimates import t_test

INTERCEPT = "(intercept)"
ERRORS = ("std_error_examples", "std_error_networks")
COLUMNS = (
    *("term", "n", "estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high"),
    *("odds_ratio", *ERRORS, "flag"),
)


@dataclass(frozen=True)
class Population:
    """Right predictions (K, n), boolean, and the model's columns for each example (n, q), without intercept.

    ``networks`` (K,): a number for each network. Equal numbers in two populations are one cluster: matched networks.
    """

    right: np.ndarray
    design: np.ndarray
    networks: np.ndarray


@dataclass(frozen=True)
class _Fitted:
    """A population with its columns and intercept (n, 1 + q), counts and probabilities (n,)."""

    right: np.ndarray
    networks: np.ndarray
    design: np.ndarray
    n_right: np.ndarray
    probability: np.ndarray


def clustered_logistic(populations: Sequence[Population], names: tuple[str, ...]) -> pl.DataFrame:
    """Logistic regression on the rows (network, example) of all populations, errors clustered by example and by network.

    H0, for each term: its coefficient is 0. Random: the networks and the examples, both.

    Parameters
    ----------
    populations
        All with the same n examples in the same order, and the same q columns.
    names
        Of the columns.

    Returns
    -------
    polars.DataFrame
        A row per term, the intercept first: ``n`` (rows: networks × examples), ``estimate``, ``std_error``, ``statistic``,
        ``df`` (the smaller number of clusters − 1), ``p_value``, ``conf_low``, ``conf_high`` (95 %), ``odds_ratio``;
        ``std_error_examples`` and ``std_error_networks``: clustered one way only; ``flag``: ``separated`` or ``collinear``
        (no fit), ``one-network``, ``one-example`` or ``not-positive`` (the two-way variance of the term is not: no error), or
        null.

    Notes
    -----
    V = V_examples + V_networks − V_rows (Cameron, Gelbach & Miller 2011, doi:10.1198/jbes.2010.07136, equation 2.11), each
    with the factor G/(G − 1) · (N − 1)/(N − q − 1) for its number of clusters G, N the number of rows; V_rows has a cluster
    per network number and example. Coefficients are averages over networks: with a logit they are closer to 0 than those
    within examples.
    """
    if len({population.right.shape[1] for population in populations}) != 1:
        raise ValueError("the populations have different numbers of examples")
    columns = np.concatenate([population.design for population in populations])
    n_right = [population.right.sum(axis=0, dtype=np.int32) for population in populations]
    n_trials = np.repeat([float(len(population.right)) for population in populations], len(n_right[0]))
    terms = (INTERCEPT, *names)
    if np.linalg.matrix_rank(_gram(columns)) < len(terms):
        return _frame(terms, int(n_trials.sum()), {}, "collinear")
    fit = fit_logistic(columns, np.concatenate(n_right), n_trials)
    if not fit.is_finite:
        return _frame(terms, int(n_trials.sum()), {}, "separated")
    fitted = [
        _Fitted(p.right, p.networks, np.column_stack([np.ones(len(p.design)), p.design]), counts, probability)
        for p, counts, probability in zip(
            populations, n_right, np.split(fit.probabilities, len(populations)), strict=True
        )
    ]
    estimate = np.concatenate([fit.intercepts, fit.coefficients])
    return _tests(terms, estimate, fitted, int(n_trials.sum()))


def _gram(columns: np.ndarray) -> np.ndarray:
    """Correlations of the columns and the intercept, on which rank can be judged whatever the units."""
    full = np.column_stack([np.ones(len(columns)), columns])
    size = np.linalg.norm(full, axis=0)
    full /= np.where(size > 0, size, 1)
    return full.T @ full


def _tests(terms: tuple[str, ...], estimate: np.ndarray, fitted: list[_Fitted], n_rows: int) -> pl.DataFrame:
    n_examples = len(fitted[0].n_right)
    n_networks = len(np.unique(np.concatenate([one.networks for one in fitted])))
    if min(n_examples, n_networks) < 2:
        flag = "one-network" if n_networks < 2 else "one-example"
        return _frame(terms, n_rows, {"estimate": estimate}, flag)
    bread = np.linalg.inv(sum(_information(one) for one in fitted))
    # A cluster of V_rows is a network number and an example.
    clusters = (n_examples, n_networks, n_networks * n_examples)
    by_example, by_network, by_row = (
        bread @ meat @ bread * (g / (g - 1)) * ((n_rows - 1) / (n_rows - len(terms)))
        for g, meat in zip(clusters, (_of_examples(fitted), _of_networks(fitted), _of_rows(fitted)), strict=True)
    )
    variance = np.diag(by_example + by_network - by_row)
    tests = [
        t_test(float(b), float(v) ** 0.5, min(clusters) - 1) if v > 0 else {"estimate": float(b)}
        for b, v in zip(estimate, variance, strict=True)
    ]
    numbers = {name: np.array([test.get(name, np.nan) for test in tests]) for name in TESTED}
    # Matched networks whose scores cancel have a variance of 0, give or take rounding.
    numbers |= {
        name: np.sqrt(np.maximum(np.diag(one), 0)) for name, one in zip(ERRORS, (by_example, by_network), strict=True)
    }
    return _frame(terms, n_rows, numbers, None).with_columns(
        flag=pl.when(pl.col("std_error").is_null()).then(pl.lit("not-positive"))
    )


def _information(one: _Fitted) -> np.ndarray:
    weight = len(one.right) * one.probability * (1 - one.probability)
    return one.design.T @ (one.design * weight[:, None])


def _of_examples(fitted: list[_Fitted]) -> np.ndarray:
    """Σ over examples of the outer product of its score."""
    scores = sum(one.design * (one.n_right - len(one.right) * one.probability)[:, None] for one in fitted)
    return scores.T @ scores


def _of_networks(fitted: list[_Fitted]) -> np.ndarray:
    """Σ over network numbers of the outer product of its score."""
    scores: dict[int, np.ndarray] = {}
    for one in fitted:
        expected = one.probability @ one.design
        for network, right in zip(one.networks.tolist(), one.right, strict=True):
            scores[network] = scores.get(network, 0) + right.astype(np.float64) @ one.design - expected
    stacked = np.stack(list(scores.values()))
    return stacked.T @ stacked


def _of_rows(fitted: list[_Fitted]) -> np.ndarray:
    """Σ over network numbers and examples: of single rows, and twice the product of rows of matched networks."""
    total = np.zeros((fitted[0].design.shape[1],) * 2)
    for one in fitted:
        total += _weighted(one, one, one.n_right * (1 - 2 * one.probability) + len(one.right) * one.probability**2)
    for a, b in combinations(fitted, 2):
        _, of_a, of_b = np.intersect1d(a.networks, b.networks, return_indices=True)
        if len(of_a):
            right_a, right_b = a.right[of_a], b.right[of_b]
            # Σ (y_a − p_a)(y_b − p_b) over the matched networks
            both = (right_a & right_b).sum(axis=0) + len(of_a) * a.probability * b.probability
            both = both - right_a.sum(axis=0) * b.probability - right_b.sum(axis=0) * a.probability
            crossed = _weighted(a, b, both)
            total += crossed + crossed.T
    return total


def _weighted(a: _Fitted, b: _Fitted, weight: np.ndarray) -> np.ndarray:
    return a.design.T @ (b.design * weight[:, None])


def _frame(terms: tuple[str, ...], n_rows: int, numbers: dict[str, np.ndarray], flag: str | None) -> pl.DataFrame:
    """The columns of the result, null where there are no numbers."""
    empty = {name: pl.lit(None, pl.Float64) for name in COLUMNS if name not in ("term", "n", "flag")}
    frame = pl.DataFrame({"term": terms}).with_columns(
        n=pl.lit(n_rows, pl.Int64), flag=pl.lit(flag, pl.String), **empty
    )
    frame = frame.with_columns(pl.Series(name, values).fill_nan(None) for name, values in numbers.items())
    ratio = pl.col("estimate").exp()
    return frame.with_columns(odds_ratio=pl.when(ratio.is_finite()).then(ratio)).select(COLUMNS)
