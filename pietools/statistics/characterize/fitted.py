"""Coefficients with what their errors are made of."""

from dataclasses import dataclass

import numpy as np

from pietools.statistics.characterize.half_sample_tests import half_sample_covariance
from pietools.statistics.characterize.influences import Influences


@dataclass(frozen=True)
class Fitted:
    """Coefficients of one model.

    ``estimate`` (q,) of all networks; ``replications`` (S, q) of half-samples of them; ``influences`` of single examples, None
    where the examples are fixed or there are too few networks for errors.
    """

    estimate: np.ndarray
    replications: np.ndarray
    influences: Influences | None = None

    def on(self, columns: slice) -> "Fitted":
        """Some of the coefficients."""
        influences = None if self.influences is None else self.influences.on(columns)
        return Fitted(self.estimate[columns], self.replications[:, columns], influences)

    def beyond_networks(self) -> np.ndarray:
        """The covariance (q, q) that examples add to that of the half-samples."""
        q = len(self.estimate)
        return np.zeros((q, q)) if self.influences is None else self.influences.covariance_beyond_networks()

    def covariance(self, n_networks: tuple[int, int]) -> np.ndarray | None:
        """Of half-samples of populations of these sizes, and of examples, (q, q); None where there are no errors."""
        of_networks = half_sample_covariance(self.replications, n_networks)
        return None if of_networks is None else of_networks + self.beyond_networks()
