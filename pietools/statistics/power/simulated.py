"""With how many networks would the excess PIEs be found? Simulated from the votes at hand.

The networks are random, the examples fixed.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl

from pietools.statistics.pies.excess import Excess


def simulated_excess_power(
    reference: np.ndarray,
    compressed: np.ndarray,
    n_networks: Sequence[int],
    *,
    paired: bool,
    excess_function: Callable[[np.ndarray, np.ndarray], Excess],
    n_studies: int,
    seed: int | list[int],
) -> pl.DataFrame:
    """Power to find an excess of PIEs with other numbers of networks, by simulating studies from the votes at hand.

    Parameters
    ----------
    reference, compressed
        Predicted labels, shapes (K_D, n) and (K_C, n). If ``paired``, row k of one matches row k of the other.
    n_networks
        Networks per population of the studies to simulate.
    excess_function
        Excess of the labels of a simulated study, such as :func:`pietools.statistics.pies.excess.pie_excess` with design and seed.

    Returns
    -------
    polars.DataFrame
        A row per entry of ``n_networks``: ``n_networks``, ``n_studies``, ``excess`` and ``excess_sd`` (mean and sd over simulated
        studies), ``power`` (share of studies whose interval lies above 0), ``std_error`` (of the power, from so many studies) and
        ``flag``: ``one-network`` (of votes), ``no-difference`` (the votes do not differ by more than chance), or the excess
        function's own.

    Notes
    -----
    Each label of a simulated network is drawn, for each example by itself, from the labels that the networks at hand gave to it;
    ``paired``: from those of one pair, drawn together. Vote shares of K networks differ by chance even if compression did nothing,
    and drawn from as they are they would show an excess almost surely. So labels are swapped between the populations with the
    probability that brings Σ (p^D − p^C)² down to its unbiased estimate.

    Networks are not resampled whole: copies of one network agree with themselves, and modal labels of K networks with copies
    among them are those of fewer networks. The price is that examples are independent here. Those of real networks vary
    together, so real standard errors are larger and real power is lower: compare ``excess_sd`` with the standard error of the
    study at hand, and go by :func:`pietools.statistics.power.t_test.replicates_for_excess` where that is larger.
    """
    swap = _swap_probability(reference, compressed, paired=paired)
    rng = np.random.default_rng(seed)
    rows = []
    for k in n_networks:
        found: dict[str, Any] = {"flag": swap}
        if not isinstance(swap, str):
            draws = (_draw_study(rng, reference, compressed, k, swap, paired=paired) for _ in range(n_studies))
            found = _summary([excess_function(*labels) for labels in draws])
        rows.append({"n_networks": k, "n_studies": n_studies, **found})
    numbers = dict.fromkeys(("excess", "excess_sd", "power", "std_error"), pl.Float64)
    return pl.DataFrame(rows, schema={"n_networks": pl.Int64, "n_studies": pl.Int64, **numbers, "flag": pl.String})


def _swap_probability(reference: np.ndarray, compressed: np.ndarray, *, paired: bool) -> float | str:
    """Probability s of a swap, for which (1 − 2s)² Σ (p^D − p^C)² of the vote shares is unbiased; or why there is none.

    Sums of products of vote shares are shares of pairs of networks that agree. The unbiased ones leave out a network with itself,
    and with its match.
    """
    if min(len(reference), len(compressed)) < 2:
        return "one-network"
    agreements = [_agreement(*labels) for labels in ((reference, reference), (compressed, compressed))]
    across = _agreement(reference, compressed)
    apparent = sum(agreement.mean() for agreement in agreements) - 2 * across.mean()
    between = _off_diagonal_mean(across) if paired else across.mean()
    unbiased = sum(map(_off_diagonal_mean, agreements)) - 2 * between
    return float((1 - (unbiased / apparent) ** 0.5) / 2) if unbiased > 0 else "no-difference"


def _agreement(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Share of examples on which each network of ``first`` agrees with each of ``second``."""
    return np.array([(second == labels).mean(axis=1) for labels in first])


def _off_diagonal_mean(matrix: np.ndarray) -> float:
    return float(matrix[np.triu_indices(len(matrix), 1)].mean() + matrix[np.tril_indices(len(matrix), -1)].mean()) / 2


def _draw_study(
    rng: np.random.Generator, reference: np.ndarray, compressed: np.ndarray, k: int, swap: float, *, paired: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Labels of k networks of each population, shapes (k, n)."""
    if not paired:
        return _draw(rng, reference, compressed, k, swap), _draw(rng, compressed, reference, k, swap)
    shape = k, reference.shape[1]
    pair, example = rng.integers(len(reference), size=shape), np.arange(shape[1])
    is_swapped = rng.random(shape) < swap
    dense, pruned = reference[pair, example], compressed[pair, example]
    return np.where(is_swapped, pruned, dense), np.where(is_swapped, dense, pruned)


def _draw(rng: np.random.Generator, own: np.ndarray, other: np.ndarray, k: int, swap: float) -> np.ndarray:
    shape = k, own.shape[1]
    example = np.arange(shape[1])
    from_own, from_other = (labels[rng.integers(len(labels), size=shape), example] for labels in (own, other))
    return np.where(rng.random(shape) < swap, from_other, from_own)


def _summary(studies: list[Excess]) -> dict[str, Any]:
    if any(study.estimate is None for study in studies):
        return {"flag": studies[0].flag}
    excess = np.array([study.estimate for study in studies])
    found = [study.interval.conf_low is not None and study.interval.conf_low > 0 for study in studies]
    power = float(np.mean(found))
    return {
        "excess": float(excess.mean()),
        "excess_sd": float(excess.std(ddof=1)) if len(excess) > 1 else None,
        "power": power,
        "std_error": (power * (1 - power) / len(studies)) ** 0.5,
        "flag": None,
    }
