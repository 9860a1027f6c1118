"""How accurate are the networks on PIEs? Each one is judged on PIEs that the others named.

A PIE was chosen because the networks at hand changed there, so that their own accuracy on it falls by selection alone: on the
embedded study, at sparsity 0.9, a fall of 15.2 points became 11.1 once each network was left out of its own selection. The networks
are random, the examples fixed.
"""

import numpy as np
import polars as pl

from pietools.statistics.accuracy.agreement import mean_and_sd
from pietools.statistics.tools.ballots import Ballots, masks

SUBSETS = ("pies", "non-pies", "random", "all")
SCHEMA = {
    "population": pl.String,
    "subset": pl.String,
    "n_examples": pl.Float64,
    "accuracy_mean": pl.Float64,
    "accuracy_sd": pl.Float64,
}


def accuracy_on_pies(
    reference: np.ndarray, compressed: np.ndarray, labels: np.ndarray, *, paired: bool
) -> pl.DataFrame:
    """Top-1 accuracy on PIEs, on all other examples, on a random subset of as many examples, and on all.

    Parameters
    ----------
    reference, compressed
        Predicted labels ≥ 0, shapes (K_D, n) and (K_C, n). If ``paired``, row k of one matches row k of the other.
    labels
        Given labels, shape (n,), −1 where there is none: those examples are left out.

    Returns
    -------
    polars.DataFrame
        A row per ``population`` (``reference``, ``compressed``) and ``subset``: ``n_examples`` (mean over networks),
        ``accuracy_mean`` and ``accuracy_sd`` over networks, null where there is nothing to average. ``pies`` and ``non-pies``:
        the PIEs of all networks but k, and (``paired``) but its match, judge network k. ``random``: the mean over all subsets,
        and the standard deviation over the drawing of one subset.

    References
    ----------
    Hooker et al. (2019), arXiv 1911.05248, section 4, where the sets are built with the network that they judge.
    """
    has_label = labels >= 0
    sides, labels = (reference[:, has_label], compressed[:, has_label]), labels[has_label]
    ballots = Ballots.count(np.vstack(sides))
    is_reference = np.arange(len(reference) + len(compressed)) < len(reference)
    rows = []
    for side, name in enumerate(("reference", "compressed")):
        right = sides[side] == labels
        is_pie = np.array(
            [_pies_without(ballots, is_reference, k, side, len(labels), paired=paired) for k in range(len(right))]
        )
        rows += _rows(
            name, right, is_pie if min(map(len, sides)) > 1 or (not paired and len(right) > 1) else is_pie[:0]
        )
    return pl.DataFrame(rows, schema=SCHEMA)


def _pies_without(ballots: Ballots, is_reference: np.ndarray, k: int, side: int, n: int, *, paired: bool) -> np.ndarray:
    """Whether each example is a PIE when network k of a side (0 reference, 1 compressed), and its match, is left out."""
    n_reference = int(is_reference.sum())
    left_out = [k, n_reference + k] if paired else [k + side * n_reference]
    is_used = np.ones(len(is_reference), dtype=bool)
    is_used[left_out] = False
    before, after = masks(np.stack([is_used & is_reference, is_used & ~is_reference]))
    found = np.zeros(n, dtype=bool)
    found[ballots.examples] = ballots.modal_columns(before) != ballots.modal_columns(after)
    return found


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
