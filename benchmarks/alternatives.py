"""What simulated studies in which no example was hit say of methods that were not taken.

    python benchmarks/alternatives.py

The figures stand in docs/decisions.md and beside the constants.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from unittest.mock import patch

import numpy as np

from pietools.statistics.log_odds import examples, turned
from pietools.statistics.log_odds.examples import example_changes
from pietools.statistics.log_odds.natural_spline import knots_at, natural_spline
from pietools.statistics.log_odds.normalisation import Normalised, normalise
from pietools.statistics.log_odds.turned import turned_answers
from pietools.statistics.regimes import log_odds_correlation as correlations
from pietools.statistics.tools.populations import Populations
from pietools.validation.log_odds_hits import HitTruth, draw_hit_study, find_hit_truth

N_STUDIES, N_PAIRED = 200, 800
N_EXAMPLES, N_NETWORKS = 400, 10
SQUASH, SMALLER = 6.0, 0.4


def main() -> None:
    """Print a line per method."""
    for line in chain(_curves(), _matched_pairs(), _scales()):
        print(line, flush=True)


def _curves() -> Iterator[str]:
    """Two regimes with squashed logits: is it said that the same examples were hit?"""
    curves: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
        "a line and a square": lambda column, _: np.column_stack([column, (column - column.mean()) ** 2]),
        "knots from 5 to 95 %": lambda column, _: natural_spline(column, knots_at(column)),
        "knots from the smallest to the largest": natural_spline,
    }
    for name, curve in curves.items():
        with patch.object(correlations, "natural_spline", curve):
            rejected = np.mean([_finds_squashed(seed) for seed in range(N_STUDIES)])
        yield f"squashed logits, {name}: correlated at 0.05 in {rejected:.1%} of studies"


def _finds_squashed(seed: int) -> bool:
    rng = np.random.default_rng(seed)
    easy = rng.normal(2.5, 2.5, N_EXAMPLES)
    regimes, hard = [], []
    for _ in range(2):
        mean = easy + rng.normal(0, 0.3, N_EXAMPLES)
        dense, pruned, further = (mean + 0.5 * rng.normal(size=(N_NETWORKS, N_EXAMPLES)) for _ in range(3))
        regimes.append(Populations(dense, SQUASH * np.tanh(pruned / SQUASH), paired=False))
        hard.append(further.mean(axis=0))
    found = correlations.log_odds_correlation(*regimes, paired=False, difficulty=np.column_stack(hard))
    return found.p_value is not None and found.p_value <= 0.05


def _matched_pairs() -> Iterator[str]:
    """Is any example found by δ = 0.1 where nothing was done?"""
    world, n = "logits: nothing", 1_000
    truths = [find_hit_truth(0, world, data, n=n, n_networks=20) for data in range(4)]
    with patch.object(examples, "FEWEST_DF", 1):
        for k in (2, 3, 4, 5):
            n_wrong = sum(_finds(world, k, number, truths) for number in range(N_PAIRED))
            yield f"{k} matched pairs, nothing done: some example found in {n_wrong / N_PAIRED:.1%} of studies"


def _finds(world: str, k: int, number: int, truths: list[HitTruth]) -> bool:
    data = number % len(truths)
    study = draw_hit_study(
        [0, 1, k, number], world, k, len(truths[data].beyond), paired=True, truth=truths[data], data=data
    )
    found = example_changes(*study.log_odds, paired=True)
    return isinstance(found, examples.ExampleChanges) and bool(found.found(0.1).any())


def _scales() -> Iterator[str]:
    """How many of 1,000 majority answers are said to be lost where all logits are smaller?"""
    for name, scaled in (("as they are", _unscaled), ("divided by the slope", normalise)):
        with patch.object(turned, "normalise", scaled):
            lost = [_n_lost(seed) for seed in range(N_STUDIES // 4)]
        yield f"logits {SMALLER} times as large, margins {name}: {np.mean(lost):.1f} of 1,000 answers lost"


def _n_lost(seed: int) -> float:
    rng = np.random.default_rng(seed)
    mean = rng.normal(2, 2, 1_000)
    dense, pruned = (mean + 0.7 * rng.normal(size=(N_NETWORKS, 1_000)) for _ in range(2))
    found = turned_answers(dense, SMALLER * pruned, paired=False)
    assert isinstance(found, turned.TurnedAnswers)
    return float(found.p_lost.sum())


def _unscaled(reference: np.ndarray, compressed: np.ndarray) -> Normalised:
    found = normalise(reference, compressed)
    return replace(found, slopes=np.ones_like(found.slopes))


if __name__ == "__main__":
    main()
