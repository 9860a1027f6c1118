"""PIEs between sets of networks, for any sets: between populations, and within the reference population as their baseline."""

from dataclasses import dataclass

import numpy as np

from pietools.statistics.characterize.cross_fitting import Sets
from pietools.statistics.tools.ballots import Ballots, masks, members_of
from pietools.statistics.tools.populations import Populations

OUTCOMES = ("pie", "forgotten")


@dataclass(frozen=True)
class PieOutcomes:
    """Votes of all networks; ``right``: column of the given label, None if the outcome is ``pie``."""

    ballots: Ballots
    n_reference: int
    n_examples: int
    right: np.ndarray | None

    @classmethod
    def of(cls, votes: Populations, *, outcome: str = "pie") -> "PieOutcomes":
        """Outcomes of the predicted labels of two populations.

        ``pie``: the modal labels differ. ``forgotten``: the first is the given label (n,), −1 where there is none, and the
        second is not. Ties go to the lowest label.

        Raises
        ------
        ValueError
            If there is no such outcome, or ``forgotten`` is asked without labels.
        """
        if outcome not in OUTCOMES or (outcome == "forgotten" and votes.labels is None):
            raise ValueError(f"outcome is pie, or forgotten where labels are given, not {outcome}")
        right = None if outcome == "pie" or votes.labels is None else votes.ballots.column_of(votes.labels)
        return cls(votes.ballots, votes.sizes[0], votes.n_examples, right)

    def between(self, sets: Sets) -> tuple[np.ndarray, np.ndarray]:
        """Outcomes (n,) from the first set of dense networks to the compressed ones, and to the second set of dense ones."""
        numbers = (*sets.reference, self.n_reference + sets.compressed[0])
        modal = [self.ballots.modal_columns(mask) for mask in masks(members_of(numbers, self.ballots.n_networks))]
        before, dense, compressed = modal
        return self._changed(before, compressed), self._changed(before, dense)

    def _changed(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        changed = before != after
        if self.right is not None:
            changed &= before == self.right
        is_event = np.zeros(self.n_examples, dtype=bool)
        is_event[self.ballots.examples] = changed
        return is_event
