"""Logistic regression on counts, with an intercept for each group (class): maximum likelihood by Newton's method.

Intercepts are eliminated from each step, so that a thousand classes cost little more than one.
"""

from dataclasses import dataclass, replace

import numpy as np

from pietools.statistics.characterize.newton import Expansion, maximize

NEARBY = 0.1  # change of the log odds: what is left after such a step is about its square, and of coefficients less
_LARGEST = 700.0


@dataclass(frozen=True)
class LogisticFit:
    """Coefficients (p,) with their inverse information (p, p), and the intercepts (groups,).

    ``probabilities`` has a probability per row. ``is_finite`` is False where the likelihood has no finite maximum; the
    numbers mean nothing then.
    """

    coefficients: np.ndarray
    intercepts: np.ndarray
    covariance: np.ndarray
    probabilities: np.ndarray
    log_likelihood: float
    is_finite: bool

    @property
    def marginal_effects(self) -> np.ndarray:
        """Average over rows of the derivative of the probability by each property, shape (p,)."""
        return self.coefficients * float((self.probabilities * (1 - self.probabilities)).mean())


def fit_logistic(
    design: np.ndarray,
    n_events: np.ndarray,
    n_trials: np.ndarray | float = 1.0,
    *,
    groups: np.ndarray | None = None,
) -> LogisticFit:
    """Fit logit P(event) = intercept of the group + design · coefficients.

    Parameters
    ----------
    design
        Finite, shape (rows, p), without intercept. May have no columns.
    n_events, n_trials
        Events in each row, shape (rows,), and of how many: 1 where a row is one observation.
    groups
        Group of each row, integers 0 ≤ g < groups, each with events and non-events; without it all rows share one intercept.
    """
    counts = Counts.of(design, n_events, n_trials, groups)
    reached, is_finite = maximize(counts.expand, counts.null_fit(), counts.scale())
    value, probability, _, schur = counts.at(reached)
    try:
        covariance = np.linalg.inv(schur.information)
    except np.linalg.LinAlgError:
        covariance, is_finite = np.full_like(schur.information, np.nan), False
    in_order = np.empty_like(probability)
    in_order[counts.order] = probability
    coefficients, intercepts = np.split(reached, [design.shape[1]])
    return LogisticFit(coefficients, intercepts, covariance, in_order, value, is_finite)


@dataclass
class AlikeFits:
    """Fits to different rows that are much alike: each starts where the one before ended.

    The last step of a search changes no log odds by ``tolerance`` through any one column.
    """

    tolerance: float = NEARBY
    # Of the last fit: coefficients, and how far on average its intercepts were from those without properties.
    end: np.ndarray | None = None

    def fit(self, counts: "Counts") -> np.ndarray | None:
        """Coefficients and intercepts, shape (p + groups,), None if there is no finite fit."""
        null, scale, p = counts.null_fit(), counts.scale(), len(counts.design)
        starts = [null]
        if self.end is not None:
            # What is far from the maximum may have no information: whether there is one is judged from the beginning.
            starts = [null + np.concatenate([self.end[:p], np.repeat(self.end[p], len(null) - p)]), null]
        for start in starts:
            reached, is_finite = maximize(counts.expand, start, scale, self.tolerance)
            if is_finite:
                self.end = np.append(reached[:p], (reached - null)[p:].mean())
                return reached
        return None


@dataclass(frozen=True)
class _Schur:
    """Information of the coefficients with the intercepts eliminated (p, p), and what takes a score to a Newton step."""

    information: np.ndarray
    crossed: np.ndarray  # (p, groups): information between coefficients and intercepts
    of_groups: np.ndarray  # (groups,)

    def step(self, score: np.ndarray, score_of_groups: np.ndarray) -> np.ndarray:
        of_coefficients = np.linalg.solve(self.information, score - self.crossed @ (score_of_groups / self.of_groups))
        of_intercepts = (score_of_groups - of_coefficients @ self.crossed) / self.of_groups
        return np.concatenate([of_coefficients, of_intercepts])


@dataclass(frozen=True)
class Counts:
    """Rows sorted by group, columns of the design contiguous: sums over groups are sums over slices."""

    design: np.ndarray  # (p, rows)
    n_events: np.ndarray
    n_trials: np.ndarray | float
    first: np.ndarray  # first row of each group
    sizes: np.ndarray  # rows of each group
    order: np.ndarray | slice  # where each row was

    @classmethod
    def of(
        cls, design: np.ndarray, n_events: np.ndarray, n_trials: np.ndarray | float, groups: np.ndarray | None
    ) -> "Counts":
        """Counts of the arguments of :func:`fit_logistic`."""
        sizes = np.array([len(design)]) if groups is None else np.bincount(groups)
        # Numbers of 16 bits are sorted in linear time.
        order = (
            slice(None) if groups is None else np.argsort(groups.astype(np.min_scalar_type(len(sizes))), kind="stable")
        )
        trials = n_trials[order] if isinstance(n_trials, np.ndarray) else n_trials
        columns = np.ascontiguousarray(design[order].T, dtype=np.float64)
        events = np.asarray(n_events[order], dtype=np.float64)
        return cls(columns, events, trials, np.cumsum(sizes) - sizes, sizes, order)

    def only(self, columns: list[int]) -> "Counts":
        """The same with these columns of the design."""
        return replace(self, design=self.design[columns])

    def null_fit(self) -> np.ndarray:
        """Coefficients 0 and each group's logit."""
        events = self.by_group(self.n_events)
        others = self.by_group(self.n_trials - self.n_events)
        with np.errstate(divide="ignore"):
            return np.concatenate([np.zeros(len(self.design)), np.log(events) - np.log(others)])

    def scale(self) -> np.ndarray:
        """Largest entry of each column, and 1 for each intercept."""
        return np.concatenate([np.abs(self.design).max(axis=1, initial=0), np.ones(len(self.first))])

    def at(self, parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, _Schur]:
        """Log-likelihood, probabilities, residuals and information."""
        log_odds = self.log_odds(parameters)
        probability, others = event_probabilities(log_odds)
        value = float(self.n_events @ log_odds + (self.n_trials * np.log(others)).sum())
        weights = self.n_trials * (probability * others)
        weighted = self.design * weights
        of_groups, crossed = self.by_group(weights), self.by_group(weighted)
        with np.errstate(divide="ignore", invalid="ignore"):
            information = self.design @ weighted.T - crossed @ (crossed / of_groups).T
        # Not n_events - n_trials · p: of separated data nothing would be left of it but rounding, and the search would end.
        residual = self.n_events * others - (self.n_trials - self.n_events) * probability
        return value, probability, residual, _Schur(information, crossed, of_groups)

    def log_odds(self, parameters: np.ndarray) -> np.ndarray:
        """Log odds of an event in each row."""
        coefficients, intercepts = parameters[: len(self.design)], parameters[len(self.design) :]
        log_odds = coefficients @ self.design
        log_odds += intercepts if len(intercepts) == 1 else np.repeat(intercepts, self.sizes)
        return np.clip(log_odds, -_LARGEST, _LARGEST, out=log_odds)

    def marginal_effects(self, parameters: np.ndarray) -> np.ndarray:
        """Average over rows of the derivative of the probability by each property, shape (p,)."""
        probability, others = event_probabilities(self.log_odds(parameters))
        return parameters[: len(self.design)] * float(probability @ others / len(others))

    def expand(self, parameters: np.ndarray) -> Expansion:
        """Log-likelihood and Newton step."""
        value, _, residual, schur = self.at(parameters)
        with np.errstate(divide="ignore", invalid="ignore"):
            return value, schur.step(self.design @ residual, self.by_group(residual))

    def by_group(self, values: np.ndarray) -> np.ndarray:
        """Sums over the rows of each group."""
        return np.add.reduceat(values, self.first, axis=-1)


def event_probabilities(log_odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of an event, and of none."""
    # NumPy's exponential is several times as fast as SciPy's expit, which needs no clipping.
    odds = np.exp(log_odds)
    others = 1 / (1 + odds)
    return odds * others, others
