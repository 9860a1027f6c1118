"""How accurate are the networks on PIEs? Each one is judged on PIEs that the others named.

A PIE was chosen because the networks at hand changed there, so that their own accuracy on it falls by selection alone: on the
embedded study, at sparsity 0.9, a fall of 15.2 points became 11.1 once each network was left out of its own selection. The networks
are random, the examples fixed.
"""

import numpy as np
import polars as pl

from pietools.statistics.accuracy.agreement import mean_and_sd
from pietools.statistics.tools.ballots import masks
from pietools.statistics.tools.populations import Populations

SUBSETS = ("pies", "non-pies", "random", "all")
SCHEMA = {
    "population": pl.String,
    "subset": pl.String,
    "n_examples": pl.Float64,
    "accuracy_mean": pl.Float64,
    "accuracy_sd": pl.Float64,
}


def accuracy_on_pies(votes: Populations) -> pl.DataFrame:
    """Top-1 accuracy on PIEs, on all other examples, on a random subset of as many examples, and on all.

    Parameters
    ----------
    votes
        Predicted labels of both populations, and the given labels; examples without one are left out.

    Returns
    -------
    polars.DataFrame
        A row per ``population`` (``reference``, ``compressed``) and ``subset``: ``n_examples`` (mean over networks),
        ``accuracy_mean`` and ``accuracy_sd`` over networks, null where there is nothing to average. ``pies`` and ``non-pies``:
        the PIEs of all networks but k, and (``paired``) but its match, judge network k. ``random``: the mean over all subsets,
        and the standard deviation over the drawing of one subset.

    Raises
    ------
    ValueError
        If no labels are given.

    References
    ----------
    Hooker et al. (2019), arXiv 1911.05248, section 4, where the sets are built with the network that they judge.
    """
    if votes.labels is None:
        raise ValueError("accuracy needs the given labels")
    is_labelled, right = votes.labels >= 0, votes.right
    rows = []
    for side, (name, of_side) in enumerate((("reference", right.reference), ("compressed", right.compressed))):
        is_pie = np.array([_pies_without(votes, k, side)[is_labelled] for k in range(len(of_side))])
        is_judged = min(votes.sizes) > 1 or (not votes.paired and len(of_side) > 1)
        rows += _rows(name, of_side, is_pie if is_judged else is_pie[:0])
    return pl.DataFrame(rows, schema=SCHEMA)


def _pies_without(votes: Populations, k: int, side: int) -> np.ndarray:
    """Whether each example is a PIE when network k of a side (0 reference, 1 compressed), and its match, is left out."""
    n_reference, n_networks = votes.sizes[0], sum(votes.sizes)
    is_reference = np.arange(n_networks) < n_reference
    left_out = [k, n_reference + k] if votes.paired else [k + side * n_reference]
    is_used = np.ones(n_networks, dtype=bool)
    is_used[left_out] = False
    before, after = masks(np.stack([is_used & is_reference, is_used & ~is_reference]))
    is_pie = np.zeros(votes.n_examples, dtype=bool)
    is_pie[votes.ballots.examples] = votes.ballots.modal_columns(before) != votes.ballots.modal_columns(after)
    return is_pie


def _rows(population: str, right: np.ndarray, is_pie: np.ndarray) -> list[dict]:
    """Rows of one population from what is right (K, n) and each network's PIEs (K, n), none with too few networks."""
    n_pies = is_pie.sum(axis=1)
    accuracy = right.mean(axis=1) if right.shape[1] else np.full(len(right), np.nan)
    overall = mean_and_sd(accuracy)
    n_drawn, n = (float(n_pies.mean()) if len(n_pies) else 0.0), right.shape[1]
    found = {
        "pies": (n_drawn, *_on(right, is_pie)),
        "non-pies": (n - n_drawn if len(n_pies) else 0.0, *_on(right, ~is_pie)),
        "random": (n_drawn, overall[0] if n_drawn else None, _sd_of_draw(overall[0], n_drawn, n)),
        "all": (float(n), *overall),
    }
    return [
        {"population": population, "subset": subset, **dict(zip(list(SCHEMA)[2:], found[subset], strict=True))}
        for subset in SUBSETS
    ]


def _on(right: np.ndarray, is_in: np.ndarray) -> tuple[float | None, float | None]:
    """Mean and sd over networks of the accuracy on each network's own subset; networks with an empty one are left out."""
    some = is_in.any(axis=1)
    return mean_and_sd((right[: len(is_in)] & is_in)[some].sum(axis=1) / is_in[some].sum(axis=1))


def _sd_of_draw(accuracy: float | None, n_drawn: float, n: int) -> float | None:
    """Standard deviation of the accuracy on ``n_drawn`` of n examples drawn without replacement."""
    if accuracy is None or not n_drawn or n < 2:
        return None
    return float((accuracy * (1 - accuracy) / n_drawn * (n - n_drawn) / (n - 1)) ** 0.5)
