"""Why these examples? Least squares of the change of log odds on properties of the examples, with the properties' noise taken off.

Votes change where they are contested, whatever hit the example, so that a model of votes finds difficulty, and what goes with it,
where compression hit examples at random. Log odds change by what was done to them. And a property that networks measure is known
with an error, which makes its coefficient too small and gives the rest to what correlates with it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy import linalg

from pietools.conventions import DIFFICULTY
from pietools.flags import Flag
from pietools.statistics.log_odds.natural_spline import knots_at, natural_spline, slopes
from pietools.statistics.tools.estimates import Estimate, t_test

N_FOLDS = 5
LEAST_RELIABLE = 0.1
"""What networks' noise makes more than nine tenths of is not fitted: a property, or how difficulty bends."""
HIGHEST_VIF = 10.0
FEWEST_MEASURING = 4
"""Where fewer networks measure and err alike over examples, 95 % intervals held the truth in 85 to 88 % of simulated studies."""
MOST_LEVERAGE = 0.5
REFUSED = (Flag.CONSTANT, Flag.COLLINEAR, Flag.NOISY)
_ALIASED = 1e-6


@dataclass(frozen=True)
class Measured:
    """Properties of examples, and how far they can be trusted.

    ``difficulty``: mean log odds of networks that have no part in the change, (n,), ``values`` (n, p) of the properties ``names``,
    and ``left_out``: without each of the networks that they were measured on, both again, ((n,), (n, p)); empty if nothing was
    measured on networks.
    """

    names: tuple[str, ...]
    difficulty: np.ndarray
    values: np.ndarray
    left_out: tuple[tuple[np.ndarray, np.ndarray], ...] = ()

    @classmethod
    def by_networks(
        cls, names: tuple[str, ...], of: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], networks: np.ndarray
    ) -> "Measured":
        """What ``of`` says by all of the networks of these numbers, and by all but each."""
        left_out = tuple(of(np.delete(networks, k)) for k in range(len(networks))) if len(networks) > 1 else ()
        return cls(names, *of(networks), left_out)


@dataclass(frozen=True)
class Part:
    """Changes and the properties that explain them, from different networks.

    ``reference`` and ``compressed``: numbers of the networks whose change it is.
    """

    measured: Measured
    reference: np.ndarray
    compressed: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Term(Estimate):
    """Change of log odds (nats) per standard deviation of what a property would be without noise.

    ``reliability``: share of the property's variance that is no noise. ``r2_gain``: what it adds, out of fold, to the share of the
    variance of the expected change that is explained. ``vif``: variance inflation factor among the properties and difficulty.
    ``flag`` beside an estimate: ``few-networks`` (fewer than four measured the properties), ``high-vif``.
    """

    name: str
    reliability: float | None = None
    vif: float | None = None
    r2_gain: float | None = None


def explain_changes(
    reference: np.ndarray, compressed: np.ndarray, parts: list[Part], *, paired: bool
) -> list[Term] | Flag:
    """Regress the change of log odds on difficulty (a natural spline) and properties, jointly.

    H0 of each test: at equal difficulty and other properties, the expected change does not vary with the property. Random: the
    networks, and the examples.

    Parameters
    ----------
    reference, compressed
        Log odds, (K_D, n) and (K_C, n), nats, as they are: what all of a network's log odds have in common goes into the intercept
        and the slope along difficulty.
    parts
        One part where properties come from other networks than the changes; where they come from halves of the reference, one for
        each half, of which the mean is taken.
    paired
        Whether row k of one matches row k of the other.

    Returns
    -------
    list of Term, or Flag
        The first is the difficulty: the mean slope along its spline, per standard deviation of the mean log odds (above 0: the
        harder lost more). ``few-networks`` where there is no error to be had; ``few-examples`` with fewer than ten per column;
        ``noisy`` where difficulty is nearly all noise.

    Notes
    -----
    β = (X′X/n − E)⁻¹ X′d/n, with E the mean covariance of the errors of X, by the jackknife over the networks that it was measured
    on (for means over networks that is their variance / K). A term is β times the standard deviation that its property would have
    without noise, which is no constant: what raises a variance lowers β. Its variance has the networks' part, from the β of single
    replicates; the examples', Σψψ′/n² with ψ of both factors, that of β being [x(d − x′β) + Eβ] / (1 − leverage), less what the
    networks' noise contributes to it, which would be counted twice, and less what another spread of the property would; and that of
    the networks which measured, as far as they err alike over examples. Degrees of freedom are Satterthwaite's.

    References
    ----------
    Fuller (1987), Measurement Error Models, doi:10.1002/9780470316665, section 2.2; Buonaccorsi (2010), doi:10.1201/9781420066586.
    """
    if min(len(reference), len(compressed)) < 2 or any(len(part.reference) < 2 for part in parts):
        return Flag.FEW_NETWORKS
    columns = [_Columns.of(part.measured) for part in parts]
    if reference.shape[1] < 10 * columns[0].x.shape[1]:
        return Flag.FEW_EXAMPLES
    if any(one.reliability[0] <= LEAST_RELIABLE for one in columns):
        return Flag.NOISY
    return _Regression(reference, compressed, parts, columns, paired).terms()


@dataclass(frozen=True)
class _Columns:
    """Design matrix, scaled, with the covariance of its errors; ``contrasts`` make coefficients of the terms, (1 + p, columns).

    ``scaled``: the column of whose standard deviation each term is, (1 + p,).
    ``left_out``: the design matrix without each of the networks that it was measured on.
    """

    names: tuple[str, ...]
    x: np.ndarray
    error: np.ndarray
    contrasts: np.ndarray
    scaled: np.ndarray
    reliability: np.ndarray
    vif: np.ndarray
    flags: list[Flag | None]
    left_out: list[np.ndarray]

    @classmethod
    def of(cls, measured: Measured) -> "_Columns":
        """Difficulty as a natural spline, or as a line where noise leaves too little of the spline."""
        knots = knots_at(measured.difficulty)
        found = cls._with_knots(measured, knots)
        return found if found.are_reliable(max(1, len(knots) - 1)) else cls._with_knots(measured, knots[[0, -1]])

    def are_reliable(self, n_spline: int) -> bool:
        """Whether the columns of difficulty are more than noise in every direction."""
        columns = slice(1, 1 + n_spline)
        as_they_are = self.x[:, columns].T @ self.x[:, columns] / len(self.x)
        if np.linalg.eigvalsh(as_they_are)[0] <= _ALIASED**2:
            return False
        noise = linalg.eigh(self.error[columns, columns], as_they_are, eigvals_only=True)
        return float(noise[-1]) < 1 - LEAST_RELIABLE

    @classmethod
    def _with_knots(cls, measured: Measured, knots: np.ndarray) -> "_Columns":
        own = _stacked(measured.difficulty, measured.values, knots)
        sd = own.std(axis=0)
        sd = np.where(sd > _ALIASED * np.maximum(np.abs(own).max(axis=0), 1e-300), sd, np.inf)
        # What a network adds to all examples alike is no error of theirs: the intercept has it.
        centre = measured.difficulty.mean()
        x, *left_out = (
            _with_intercept(_centred(_stacked(difficulty - difficulty.mean() + centre, values, knots)) / sd)
            for difficulty, values in ((measured.difficulty, measured.values), *measured.left_out)
        )
        error = _jackknife_covariance(left_out, x.shape[1])
        moments = x.T @ x / len(x) - error
        n_spline = own.shape[1] - len(measured.names)
        flags, used = _which_can_be_fitted(moments, n_spline, len(measured.names))
        reliability = np.diag(moments)[[1, *range(1 + n_spline, x.shape[1])]]
        true_sd = np.sqrt(np.maximum(reliability, 0))
        contrasts = np.zeros((1 + len(measured.names), x.shape[1]))
        slope = slopes(measured.difficulty, knots).mean(axis=0) / sd[:n_spline]
        contrasts[0, 1 : 1 + n_spline] = slope * sd[0] * true_sd[0]
        contrasts[np.arange(1, len(contrasts)), np.arange(1 + n_spline, x.shape[1])] = true_sd[1:]
        place = {column: place for place, column in enumerate(used)}
        # A property that is not fitted has a coefficient of 0, of whichever column.
        scaled = np.array([1, *(place.get(1 + n_spline + j, 1) for j in range(len(measured.names)))])
        return cls(
            names=(DIFFICULTY, *measured.names),
            x=x[:, used],
            error=error[np.ix_(used, used)],
            contrasts=contrasts[:, used],
            scaled=scaled,
            reliability=reliability,
            vif=_variance_inflation(moments, n_spline, used),
            flags=flags,
            left_out=[one[:, used] for one in left_out],
        )

    @property
    def moments(self) -> np.ndarray:
        """Moments that the columns would have without errors."""
        return np.asarray(self.x.T @ self.x / len(self.x) - self.error)

    @property
    def moments_inverse(self) -> np.ndarray:
        """Their inverse."""
        return np.linalg.inv(self.moments)

    def influences(self, x: np.ndarray, change: np.ndarray, beta: np.ndarray) -> np.ndarray:
        """Part of each example in the terms, (n, 1 + p): in the coefficients, and in the standard deviations they are given per.

        ``x`` is this design matrix, or it without one of the networks.
        """
        scores = x * (change - x @ beta)[:, None] + self.error @ beta
        leverage = np.minimum(((self.x @ self.moments_inverse) * self.x).sum(axis=1) / len(self.x), MOST_LEVERAGE)
        of_coefficients = scores / (1 - leverage)[:, None] @ (self.contrasts @ self.moments_inverse).T
        terms, variance = self.contrasts @ beta, np.diag(self.moments)[self.scaled]
        return np.asarray(of_coefficients + terms * (x[:, self.scaled] ** 2 - 1) / (2 * variance))

    def variance_of_scales(self, beta: np.ndarray) -> np.ndarray:
        """Part of the variance of :meth:`influences` that comes of other examples having another spread, (1 + p,).

        It does not count: terms are per standard deviation over these examples. Of a standardised column with reliability r the
        square has the variance E x⁴ − 1, of which normal noise makes 2 (1 − r²).
        """
        x, reliability = self.x[:, self.scaled], np.diag(self.moments)[self.scaled]
        squares = np.maximum((x**4).mean(axis=0) - 1 - 2 * (1 - reliability**2), 0)
        return np.asarray((self.contrasts @ beta / (2 * reliability)) ** 2 * squares / len(x))

    def variance_by_networks(self, change: np.ndarray, beta: np.ndarray) -> np.ndarray:
        """What the networks that properties were measured on add to the variance of the terms, (1 + p,), by the jackknife.

        Only what they have in common over examples, which may come out below 0: errors of single examples are in the examples'
        part.
        """
        k, n = len(self.left_out), len(self.x)
        if k < 2:
            return np.zeros(len(self.contrasts))
        parts = np.stack([self.influences(x, change, beta) for x in self.left_out]) / n
        parts -= parts.mean(axis=0)
        together, single = (parts.sum(axis=1) ** 2).sum(axis=0), (parts**2).sum(axis=(0, 1))
        return np.asarray((k - 1) / k * (together - single))


def _centred(columns: np.ndarray) -> np.ndarray:
    return np.asarray(columns - columns.mean(axis=0))


def _with_intercept(columns: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(columns)), columns])


def _jackknife_covariance(left_out: list[np.ndarray], n_columns: int) -> np.ndarray:
    """Mean covariance, over examples, of the errors of the columns."""
    if not left_out:
        return np.zeros((n_columns, n_columns))
    k = len(left_out)
    mean = np.asarray(sum(left_out) / k)
    return np.asarray(sum((one - mean).T @ (one - mean) for one in left_out) * (k - 1) / k / len(mean))


def _stacked(difficulty: np.ndarray, values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    return np.column_stack([natural_spline(difficulty, knots), values])


def _which_can_be_fitted(moments: np.ndarray, n_spline: int, p: int) -> tuple[list[Flag | None], np.ndarray]:
    """Why a property cannot be fitted beside those before it, difficulty first; and the columns that are fitted."""
    flags: list[Flag | None] = [None]
    used = list(range(1 + n_spline))
    for j in range(1 + n_spline, 1 + n_spline + p):
        if moments[j, j] <= LEAST_RELIABLE:
            flags.append(Flag.CONSTANT if moments[j, j] == 0 else Flag.NOISY)
            continue
        before = moments[np.ix_(used, used)]
        left = moments[j, j] - moments[j, used] @ np.linalg.lstsq(before, moments[used, j], rcond=None)[0]
        flags.append(Flag.COLLINEAR if left <= _ALIASED + 0.01 * moments[j, j] else None)
        used += [j] if flags[-1] is None else []
    return flags, np.array(used)


def _variance_inflation(moments: np.ndarray, n_spline: int, used: np.ndarray) -> np.ndarray:
    """1 / (1 − R²) of difficulty itself, as a line, and each property among each other; NaN where not in use."""
    p = moments.shape[1] - 1 - n_spline
    linear = np.concatenate([[1], [j for j in used if j > n_spline]]).astype(int)
    scale = np.sqrt(np.maximum(np.diag(moments)[linear], np.finfo(float).tiny))
    found = np.full(1 + p, np.nan)
    inverse = np.linalg.pinv(moments[np.ix_(linear, linear)] / np.outer(scale, scale))
    found[np.where(linear == 1, 0, linear - n_spline)] = np.diag(inverse)
    return found


@dataclass(frozen=True)
class _Regression:
    reference: np.ndarray
    compressed: np.ndarray
    parts: list[Part]
    columns: list[_Columns]
    paired: bool

    def terms(self) -> list[Term]:
        estimate, of_networks, examples, of_measuring = self._summed()
        n = self.reference.shape[1]
        networks = [(rows.var(axis=0, ddof=1) / len(rows), len(rows)) for rows in of_networks]
        gains = self._gains()
        names, flags = self.columns[0].names, self._flags()
        terms = []
        for j, name in enumerate(names):
            term = Term(
                name=name,
                reliability=float(min(columns.reliability[j] for columns in self.columns)),
                vif=_or_none(max(columns.vif[j] for columns in self.columns)),
                flag=flags[j],
            )
            beyond = [(examples[j], n - 1), *((part[j], k - 1) for part, k in of_measuring)]
            # Differences of variances: the networks' alone where they come out below 0.
            parts = [
                *((part[j], k - 1) for part, k in networks),
                *(beyond if sum(part for part, _ in beyond) > 0 else []),
            ]
            variance = float(sum(part for part, _ in parts))
            if flags[j] not in REFUSED and variance > 0:
                effective = variance**2 / sum(part**2 / known for part, known in parts)
                tested = t_test(float(estimate[j]), variance**0.5, float(effective))
                term = replace(term, r2_gain=gains[j], **tested)  # type: ignore[arg-type]
            elif flags[j] not in REFUSED:
                term = replace(term, flag=Flag.NO_VARIANCE)
            terms.append(term)
        return terms

    def _flags(self) -> list[Flag | None]:
        found = []
        are_few = any(0 < len(columns.left_out) < FEWEST_MEASURING for columns in self.columns)
        for of_parts, vifs in zip(
            zip(*(columns.flags for columns in self.columns), strict=True),
            zip(*(columns.vif for columns in self.columns), strict=True),
            strict=True,
        ):
            refused = next((flag for flag in of_parts if flag is not None), None)
            doubtful = Flag.FEW_NETWORKS if are_few else Flag.HIGH_VIF if max(vifs) > HIGHEST_VIF else None
            found.append(refused or doubtful)
        return found

    def _summed(self) -> tuple[np.ndarray, list[np.ndarray], np.ndarray, list[tuple[np.ndarray, int]]]:
        """Mean over the parts: estimates, rows by networks (samples of independent ones), and the variances of the rest.

        That is of the examples, and of the networks that measured in each part, with their number.
        """
        n, m = self.reference.shape[1], len(self.parts)
        n_terms = len(self.columns[0].contrasts)
        estimate, doubled, psi = np.zeros(n_terms), np.zeros(n_terms), np.zeros((n, n_terms))
        of_measuring: list[tuple[np.ndarray, int]] = []
        in_both: list[tuple[np.ndarray, np.ndarray]] = []
        of_pairs, of_reference, of_compressed = [], [], np.zeros((len(self.compressed), psi.shape[1]))
        for part, columns in zip(self.parts, self.columns, strict=True):
            x = columns.x
            moments_inverse = columns.moments_inverse
            weights = columns.contrasts @ moments_inverse @ x.T / n
            dense, pruned = self.reference[part.reference], self.compressed[part.compressed]
            change = pruned.mean(axis=0) - dense.mean(axis=0)
            beta = moments_inverse @ (x.T @ change / n)
            estimate = estimate + weights @ change / m
            psi += columns.influences(x, change, beta) / m
            doubled = doubled + columns.variance_of_scales(beta) / m
            if self.paired:
                differences = pruned - dense
                of_pairs.append(differences @ weights.T / m)
                noise = _noise(_beyond(differences, x, moments_inverse))
            else:
                of_reference.append(dense @ weights.T / m)
                of_compressed[part.compressed] += pruned @ weights.T / m
                beyond = _beyond(pruned, x, moments_inverse)
                noise = _noise(_beyond(dense, x, moments_inverse)) + _noise(beyond)
                in_both.append((weights, beyond))
            doubled = doubled + (weights**2 * noise).sum(axis=1) / m**2
            if columns.left_out:
                of_measuring.append((columns.variance_by_networks(change, beta) / m**2, len(columns.left_out)))
        for (one, left), (other, right) in combinations(in_both, 2):
            # The same compressed networks are in the changes of both halves.
            shared = (left * right).sum(axis=0) / (len(left) - 1) / len(left)
            doubled = doubled + 2 * (one * shared * other).sum(axis=1) / m**2
        examples = (psi**2).sum(axis=0) / n**2 - doubled
        return estimate, of_pairs or [*of_reference, of_compressed], examples, of_measuring

    def _gains(self) -> list[float | None]:
        """What each term adds to the explained share of the variance of the expected change, out of fold."""
        part, columns = self.parts[0], self.columns[0]
        dense, pruned = self.reference[part.reference], self.compressed[part.compressed]
        dense, pruned = (side - side.mean(axis=1, keepdims=True) for side in (dense, pruned))
        change = pruned.mean(axis=0) - dense.mean(axis=0)
        if self.paired:
            noise = (pruned - dense).var(axis=0, ddof=1).mean() / len(dense)
        else:
            noise = dense.var(axis=0, ddof=1).mean() / len(dense) + pruned.var(axis=0, ddof=1).mean() / len(pruned)
        variance = change.var() - noise
        if variance <= 0:
            return [None] * len(columns.names)
        folds = _Folds.of(columns.x, change)
        full = folds.error(np.ones(columns.x.shape[1], dtype=bool))
        return [
            None if (contrast == 0).all() else float((folds.error(contrast == 0) - full) / variance)
            for contrast in columns.contrasts
        ]


def _beyond(rows: np.ndarray, x: np.ndarray, moments_inverse: np.ndarray) -> np.ndarray:
    """Networks (K, n) less what the columns explain of each, and less their mean."""
    left = rows - rows @ x @ moments_inverse @ x.T / len(x)
    return np.asarray(left - left.mean(axis=0))


def _noise(beyond: np.ndarray) -> np.ndarray:
    """Variance of the mean of such networks, (n,)."""
    return np.asarray((beyond**2).sum(axis=0) / (len(beyond) - 1) / len(beyond))


@dataclass(frozen=True)
class _Folds:
    """Sums of products of the columns (folds, q, q), of these and the change (folds, q), and of its squares (folds,)."""

    columns: np.ndarray
    both: np.ndarray
    change: np.ndarray
    n: int

    @classmethod
    def of(cls, x: np.ndarray, change: np.ndarray) -> "_Folds":
        """Of the examples in folds at random, always the same: any order of the examples may have a pattern."""
        fold = np.random.default_rng(0).permutation(len(change)) % N_FOLDS
        parts = [(x[fold == number], change[fold == number]) for number in range(N_FOLDS)]
        return cls(
            np.stack([own.T @ own for own, _ in parts]),
            np.stack([own.T @ y for own, y in parts]),
            np.array([y @ y for _, y in parts]),
            len(change),
        )

    def error(self, used: np.ndarray) -> float:
        """Mean squared error of predictions, from some of the columns, for examples that had no part in the fit."""
        squares = 0.0
        for columns, both, change in zip(
            self.columns[:, used][:, :, used], self.both[:, used], self.change, strict=True
        ):
            fitted = (self.columns.sum(axis=0)[np.ix_(used, used)] - columns) / self.n
            # To predict from noisy properties, the noise stays in: least squares as it is.
            beta = np.linalg.lstsq(fitted, (self.both.sum(axis=0)[used] - both) / self.n, rcond=None)[0]
            squares += float(change - 2 * beta @ both + beta @ columns @ beta)
        return squares / self.n


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
