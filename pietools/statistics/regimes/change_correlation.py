"""Did the same examples become harder in two regimes? Correlation of the change in error rate, without networks' noise.

The networks are random, and the examples. With δ_i the expected change of the error rate of example i, less what a
design matrix and the classes explain, the estimate is of

    ρ = cov(δ^A, δ^B) / √(var δ^A · var δ^B)

over examples. A covariance of observed changes would hold the noise of the networks; between disjoint sets 1 and 2 of
replicates, cov(A₁, B₂), cov(A₁, A₂) and cov(B₁, B₂), there is none. As changes are means over networks, the mean over
all splits into disjoint sets of any size is the mean over pairs of different replicates, which is taken instead,
exactly and without drawing.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from pietools.conventions import LEVEL
from pietools.flags import Flag
from pietools.statistics.regimes.beyond_networks import variance_beyond_networks
from pietools.statistics.regimes.residuals import Design
from pietools.statistics.tools.estimates import Estimate, t_test
from pietools.statistics.tools.half_samples import t_interval
from pietools.statistics.tools.populations import Populations, check_regimes
from pietools.statistics.tools.t_tests import NO_SPREAD
from pietools.statistics.tools.u_statistics import FEWEST_NETWORKS, pair_sum_variance, pair_weights


@dataclass(frozen=True, kw_only=True)
class ChangeCorrelation(Estimate):
    """ρ with a 95 % interval; it is not kept within [−1, 1].

    ``covariance``, ``variance_a`` and ``variance_b`` are its parts, in squared error rates. ``statistic`` and
    ``p_value`` test that the covariance is 0, which needs no ρ. ``p_change_a`` and ``p_change_b`` (one-sided): does
    compression change error rates in A, in B, at all? ``raw`` is the plain correlation of the mean changes, ``attenuation``
    what it would be about, with so many networks, if ρ were 1. ``n_networks`` is the smallest of the populations.
    ``flag``: ``one-network``, ``few-examples`` (nothing can be had), ``few-networks`` (fewer than four: no errors),
    ``no-variance`` (networks, or the regimes, are all alike: no interval), ``no-change`` (a variance is not positive:
    no ρ), ``weak-change`` (one is not significant at 0.05, so that ρ may be a ratio of noise; its interval says how far
    it can be trusted) or None.
    """

    covariance: float | None = None
    variance_a: float | None = None
    variance_b: float | None = None
    p_change_a: float | None = None
    p_change_b: float | None = None
    raw: float | None = None
    attenuation: float | None = None
    n_networks: int = 0


def change_correlation(
    right_a: Populations,
    right_b: Populations,
    *,
    paired: bool,
    covariates: np.ndarray | None = None,
    classes: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    seed: int | list[int] = 0,
) -> ChangeCorrelation:
    """Correlation over examples of the change in error rate in two regimes, corrected for noise.

    H0 of the test: the expected changes are uncorrelated over examples. Random: the networks and the examples.

    Parameters
    ----------
    right_a, right_b
        Whether each network is right, boolean, of the same examples. If a regime is paired, a replicate's change is the
        difference within its pair.
    paired
        Whether row k of both regimes has the same replicate name, hence the same seed: then row k of A never meets row
        k of B, and an error counts what they share. If not, the regimes may have no network in common.
    covariates
        Design matrix of the examples, shape (n, q), such as difficulty and its square. It has to come from other
        networks than these: difficulty of these very networks shares their noise, and would correlate the residuals of
        different replicates (in simulated studies it gave 1.1 for 0.5). Compression that moves all logits alike changes
        error rates most at medium difficulty, which a straight line does not take off: 0.52 became 0.44 with it, and
        0.20 with a square.
    classes
        Class of each example, shape (n,): an intercept for each.
    weights
        Of the examples, shape (n,), with mean 1: covariance and variances are weighted sums. They are taken as they are.
    seed
        Of the splits of the networks that tell how examples differ.

    Raises
    ------
    ValueError
        If the examples or the rows do not match, or a covariate is not finite.

    Notes
    -----
    Variances are those of :func:`pair_sum_variance`, and what examples add to them
    (:func:`variance_beyond_networks`), for ρ of its linear part, with t_{K−1}. This does not depend on modal labels, and
    half-samples would give errors that are far too large: in simulated studies their 95 % intervals covered 98 to 100 %,
    those of pair sums 93 to 100 %, and the test of no correlation rejected 0 to 2 % with half-samples, 0 to 8 % with pair
    sums.

    References
    ----------
    Spearman (1904), doi:10.2307/1412159, for the correction.
    """
    check_regimes(right_a, right_b, paired=paired)
    (a, groups_a), (b, groups_b) = right_a.changes(), right_b.changes()
    n_networks = min(*right_a.sizes, *right_b.sizes)
    design = Design.of(right_a.n_examples, covariates, classes, weights)
    if n_networks < 2 or design.df < 1:
        return ChangeCorrelation(n_networks=n_networks, flag=Flag.ONE_NETWORK if n_networks < 2 else Flag.FEW_EXAMPLES)
    groups, in_a, in_b = _units(groups_a, groups_b, paired=paired)
    left = design.residuals(np.vstack([a, b]))
    gram = left @ left.T / design.df
    kernels = _kernels(gram, groups, in_a, in_b)
    found = _estimate(kernels, _of_means(gram, groups_a, groups_b), n_networks)
    if n_networks < FEWEST_NETWORKS:
        return replace(found, flag=Flag.FEW_NETWORKS if found.estimate is not None else Flag.NO_CHANGE)
    in_units = [_placed(rows, units, len(groups)) for rows, units in ((left[: len(a)], in_a), (left[len(a) :], in_b))]
    return _with_errors(found, _Errors(kernels, groups, in_units[0], in_units[1], design.df, seed))


def _units(groups_a: np.ndarray, groups_b: np.ndarray, *, paired: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sample of each independent unit, and which units the rows of A and of B are: paired rows are the same."""
    n_a, n_b = len(groups_a), len(groups_b)
    if paired:
        return groups_a, np.arange(n_a), np.arange(n_b)
    return np.concatenate([groups_a, groups_b + groups_a.max() + 1]), np.arange(n_a), n_a + np.arange(n_b)


def _placed(rows: np.ndarray, units: np.ndarray, n_units: int) -> np.ndarray:
    """Rows of a regime as rows of units (U, n), 0 for those of the other."""
    if len(units) == n_units:
        return rows
    table = np.zeros((n_units, rows.shape[1]))
    table[units] = rows
    return table


def _kernels(gram: np.ndarray, groups: np.ndarray, in_a: np.ndarray, in_b: np.ndarray) -> tuple[np.ndarray, ...]:
    """Of the covariance and the two variances: symmetric, and summed over pairs of units they are the estimates."""
    weights, n_a = pair_weights(groups), len(in_a)

    def placed(rows: np.ndarray, columns: np.ndarray, block: np.ndarray) -> np.ndarray:
        table = np.zeros(weights.shape)
        table[np.ix_(rows, columns)] = block
        return weights * (table + table.T)

    return (
        placed(in_a, in_b, gram[:n_a, n_a:]),
        placed(in_a, in_a, gram[:n_a, :n_a]),
        placed(in_b, in_b, gram[n_a:, n_a:]),
    )


def _of_means(gram: np.ndarray, groups_a: np.ndarray, groups_b: np.ndarray) -> tuple[float, float, float]:
    """Covariance and variances of the mean changes as they are, noise and all."""
    shares = [1 / np.bincount(groups)[groups] for groups in (groups_a, groups_b)]
    n_a = len(shares[0])
    return (
        float(shares[0] @ gram[:n_a, n_a:] @ shares[1]),
        float(shares[0] @ gram[:n_a, :n_a] @ shares[0]),
        float(shares[1] @ gram[n_a:, n_a:] @ shares[1]),
    )


def _estimate(kernels: tuple[np.ndarray, ...], of_means: tuple[float, ...], n_networks: int) -> ChangeCorrelation:
    covariance, *variances = (float(kernel.sum()) / 2 for kernel in kernels)
    rho = _correlation(covariance, *variances)
    return ChangeCorrelation(
        covariance=covariance,
        variance_a=variances[0],
        variance_b=variances[1],
        raw=_correlation(*of_means),
        n_networks=n_networks,
        estimate=rho,
        attenuation=None if rho is None else _attenuation(variances, of_means),
    )


def _correlation(covariance: float, variance_a: float, variance_b: float) -> float | None:
    if min(variance_a, variance_b) <= NO_SPREAD**2:
        return None
    return covariance / (variance_a * variance_b) ** 0.5


def _attenuation(variances: list[float], of_means: tuple[float, ...]) -> float:
    return (variances[0] * variances[1] / (of_means[1] * of_means[2])) ** 0.5


@dataclass(frozen=True)
class _Errors:
    """What errors of linear combinations of the covariance and the two variances are made of."""

    kernels: tuple[np.ndarray, ...]
    groups: np.ndarray
    a: np.ndarray
    b: np.ndarray
    df: int
    seed: int | list[int]

    def of_networks(self, weights: tuple[float, float, float]) -> float:
        """Variance of a combination if other networks were asked."""
        kernel = sum(weight * kernel for weight, kernel in zip(weights, self.kernels, strict=True))
        return pair_sum_variance(np.asarray(kernel), self.groups)

    def std_error(self, weights: tuple[float, float, float]) -> float:
        """Standard error of a combination if other networks were asked about other examples."""
        per_example = np.array(weights) / self.df
        beyond = variance_beyond_networks(self.a, self.b, self.groups, per_example, seed=self.seed)
        return (self.of_networks(weights) + beyond) ** 0.5


def _with_errors(found: ChangeCorrelation, errors: _Errors) -> ChangeCorrelation:
    """The tests of the parts, and the interval of ρ from its linear part."""
    rho = found.estimate
    covariance, a, b = (float(kernel.sum()) / 2 for kernel in errors.kernels)
    of_parts = [errors.of_networks(weights) ** 0.5 for weights in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    if min(of_parts) <= NO_SPREAD * max(a, b):
        return replace(found, flag=Flag.NO_VARIANCE if rho is not None else Flag.NO_CHANGE)
    df = found.n_networks - 1
    test = t_test(covariance, errors.std_error((1, 0, 0)), df)
    # That compression changes nothing is a hypothesis about these examples, or any: only networks are left to chance.
    p_a, p_b = (float(stats.t.sf(v / error, df)) for v, error in zip((a, b), of_parts[1:], strict=True))
    parts = {"statistic": test["statistic"], "p_value": test["p_value"], "df": test["df"]}
    found = replace(found, p_change_a=p_a, p_change_b=p_b, **parts)  # type: ignore[arg-type]
    if rho is None:
        return replace(found, flag=Flag.NO_CHANGE)
    linear = 1 / (a * b) ** 0.5, -rho / (2 * a), -rho / (2 * b)
    interval = t_interval(rho, errors.std_error(linear), found.n_networks)
    if not interval.std_error or interval.std_error <= NO_SPREAD:
        return replace(found, flag=Flag.NO_VARIANCE)
    return replace(
        found,
        std_error=interval.std_error,
        conf_low=interval.conf_low,
        conf_high=interval.conf_high,
        flag=Flag.WEAK_CHANGE if max(p_a, p_b) > LEVEL else None,
    )
