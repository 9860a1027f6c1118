"""Is label noise found where it was planted? How well a score separates labels that were replaced from the others."""

from dataclasses import dataclass

import numpy as np

from pietools.flags import Flag
from pietools.statistics.characterize.out_of_fold import scores


@dataclass(frozen=True)
class PlantedNoise:
    """Of n labels ``n_planted`` were replaced; ``prevalence`` is their share and the average precision of no knowledge.

    ``auc``: probability that the score of a replaced label is larger than that of another (ties count half).
    ``n_issues`` labels are called wrong; ``precision`` is the share of these that were replaced, ``recall`` the share of the
    replaced ones that are among them, None where there is nothing to divide by. ``flag``: ``nothing-planted`` (all labels were
    replaced, or none) or None.
    """

    n: int
    n_planted: int
    prevalence: float | None
    auc: float | None
    average_precision: float | None
    n_issues: int | None
    precision: float | None
    recall: float | None
    flag: str | None


def planted_noise(is_planted: np.ndarray, score: np.ndarray, is_issue: np.ndarray | None) -> PlantedNoise:
    """Judge a label-noise score by the truth.

    Parameters
    ----------
    is_planted
        Whether each label was replaced, boolean, shape (n,).
    score
        Finite, larger where the label looks wrong, shape (n,).
    is_issue
        Which labels are called wrong, boolean, shape (n,), or None.
    """
    n, n_planted = len(is_planted), int(is_planted.sum())
    prevalence = n_planted / n if n else None
    if n_planted in (0, n):
        return PlantedNoise(n, n_planted, prevalence, None, None, None, None, None, Flag.NOTHING_PLANTED)
    auc, precision = scores(is_planted, score)
    if is_issue is None:
        return PlantedNoise(n, n_planted, prevalence, auc, precision, None, None, None, None)
    n_issues, n_found = int(is_issue.sum()), int((is_issue & is_planted).sum())
    found = n_found / n_issues if n_issues else None
    return PlantedNoise(n, n_planted, prevalence, auc, precision, n_issues, found, n_found / n_planted, None)
