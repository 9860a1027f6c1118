"""Logistic regression: maximum likelihood by Newton's method.

The intercept is eliminated from each step: columns that are nearly constant where there is information, as splines have them, leave
an information matrix that is better inverted without it.
"""

from dataclasses import dataclass, replace

import numpy as np

from pietools.statistics.characterize.newton import Expansion, maximize

NEARBY = 0.1  # change of the log odds: what is left after such a step is about its square, and of coefficients less
_LARGEST = 700.0


@dataclass(frozen=True)
class LogisticFit:
    """Coefficients (p,) without the intercept, and their covariance by the inverse information (p, p).

    ``probabilities`` has a probability per row. ``is_finite`` is False where the likelihood has no finite maximum; the
    numbers mean nothing then.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    probabilities: np.ndarray
    log_likelihood: float
    is_finite: bool

    @property
    def marginal_effects(self) -> np.ndarray:
        """Average over rows of the derivative of the probability by each property, shape (p,)."""
        return self.coefficients * float((self.probabilities * (1 - self.probabilities)).mean())


def fit_logistic(design: np.ndarray, is_event: np.ndarray) -> LogisticFit:
    """Fit logit P(event) = design · coefficients + intercept.

    Parameters
    ----------
    design
        Finite, shape (rows, p), without intercept. May have no columns.
    is_event
        Whether each row is an event, boolean, shape (rows,), both present.

    Returns
    -------
    LogisticFit
        With ``is_finite`` False where the data are separated.
    """
    observations = Observations.of(design, is_event)
    reached, is_finite = maximize(observations.expand, observations.null_fit(), observations.scale())
    value, probabilities, _, information = observations.at(reached)
    try:
        covariance = np.linalg.inv(information.of_coefficients)
    except np.linalg.LinAlgError:
        covariance, is_finite = np.full_like(information.of_coefficients, np.nan), False
    return LogisticFit(reached[:-1], covariance, probabilities, value, is_finite)


@dataclass
class AlikeFits:
    """Fits to different rows that are much alike: each starts where the one before ended.

    The last step of a search changes no log odds by ``tolerance`` through any one column.
    """

    tolerance: float = NEARBY
    end: np.ndarray | None = None  # of the last fit: how far it was from the one without properties

    def fit(self, observations: "Observations") -> np.ndarray | None:
        """Coefficients and intercept, shape (p + 1,), None if there is no finite fit."""
        null, scale = observations.null_fit(), observations.scale()
        # What is far from the maximum may have no information: whether there is one is judged from the beginning.
        for start in [null] if self.end is None else [null + self.end, null]:
            reached, is_finite = maximize(observations.expand, start, scale, self.tolerance)
            if is_finite:
                self.end = reached - null
                return reached
        return None


@dataclass(frozen=True)
class Information:
    """Information of the coefficients with the intercept eliminated (p, p), beside that of the intercept and of both (p,)."""

    of_coefficients: np.ndarray
    of_intercept: np.ndarray  # a single number
    of_both: np.ndarray

    def step(self, score: np.ndarray, score_of_intercept: np.ndarray) -> np.ndarray:
        """Newton step (p + 1,) from a score."""
        part = self.of_both * (score_of_intercept / self.of_intercept)
        of_coefficients = np.linalg.solve(self.of_coefficients, score - part)
        return np.append(of_coefficients, (score_of_intercept - of_coefficients @ self.of_both) / self.of_intercept)


@dataclass(frozen=True)
class Observations:
    """Rows of a regression, the columns of the design contiguous. Parameters are the coefficients, and the intercept last."""

    design: np.ndarray  # (p, rows)
    is_event: np.ndarray  # (rows,), 0 and 1

    @classmethod
    def of(cls, design: np.ndarray, is_event: np.ndarray) -> "Observations":
        """Of the arguments of :func:`fit_logistic`."""
        return cls(np.ascontiguousarray(design.T, dtype=np.float64), is_event.astype(np.float64))

    def only(self, columns: list[int]) -> "Observations":
        """The same with these columns of the design."""
        return replace(self, design=self.design[columns])

    def null_fit(self) -> np.ndarray:
        """Coefficients 0 and the logit of all rows."""
        n_events = self.is_event.sum()
        with np.errstate(divide="ignore"):
            logit = np.log(n_events) - np.log(len(self.is_event) - n_events)
        return np.append(np.zeros(len(self.design)), logit)

    def scale(self) -> np.ndarray:
        """Largest entry of each column, and 1 for the intercept."""
        return np.append(np.abs(self.design).max(axis=1, initial=0), 1)

    def at(self, parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, Information]:
        """Log-likelihood, probabilities of an event and of none, and information."""
        log_odds = self.log_odds(parameters)
        probability, others = event_probabilities(log_odds)
        value = float(self.is_event @ log_odds + np.log(others).sum())
        weights = probability * others
        weighted = self.design * weights
        total, of_both = over_rows(weights), over_rows(weighted)
        with np.errstate(divide="ignore", invalid="ignore"):
            of_coefficients = self.design @ weighted.T - np.outer(of_both, of_both / total)
        return value, probability, others, Information(of_coefficients, total, of_both)

    def log_odds(self, parameters: np.ndarray) -> np.ndarray:
        """Log odds of an event in each row."""
        log_odds = parameters[:-1] @ self.design
        log_odds += parameters[-1]
        return np.clip(log_odds, -_LARGEST, _LARGEST, out=log_odds)

    def marginal_effects(self, parameters: np.ndarray) -> np.ndarray:
        """Average over rows of the derivative of the probability by each property, shape (p,)."""
        probability, others = event_probabilities(self.log_odds(parameters))
        return parameters[:-1] * float(probability @ others / len(others))

    def expand(self, parameters: np.ndarray) -> Expansion:
        """Log-likelihood and Newton step."""
        value, probability, others, information = self.at(parameters)
        # Not is_event − p: of separated data nothing would be left of it but rounding, and the search would end.
        residual = self.is_event * others - (1 - self.is_event) * probability
        with np.errstate(divide="ignore", invalid="ignore"):
            return value, information.step(self.design @ residual, over_rows(residual))


def event_probabilities(log_odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of an event, and of none."""
    # NumPy's exponential is several times as fast as SciPy's expit, which needs no clipping.
    odds = np.exp(log_odds)
    others = 1 / (1 + odds)
    return odds * others, others


def over_rows(values: np.ndarray) -> np.ndarray:
    """Sums over the last axis."""
    # One after another, where np.sum goes in pairs: splines can have a condition number of 1e10, and show the difference.
    return np.add.reduceat(values, [0], axis=-1)[..., 0]
