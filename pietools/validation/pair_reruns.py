"""One network against another beside re-runs of the first, or beside one more trained network: worlds, and what is counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import expit, logit

from pietools.conventions import LEVEL
from pietools.statistics.pairs.reruns import rerun_floor, retraining_p
from pietools.validation.methods import AT_MOST, NO_CLAIM
from pietools.validation.pair_counts import Counted, PairStudies

# Most answers are always 0; the others are 1 with the probability below. Two runs differ in 2 %, two trainings in 10 %.
P_OTHER = 0.3
UNSTABLE, UNSTABLE_TRAINED = 0.05, 0.25
SHIFT_SHARED = 0.5  # of the log odds of all unstable answers, up or down, standard deviation over trainings
P_LABELS = (0.8, 0.1, 0.0, 0.1)  # label 0, 1, what changed answers say, and what no network says


@dataclass(frozen=True)
class RerunWorld:
    """Re-runs of the first network, and the share of the second network's answers that were changed."""

    name: str
    n_reruns: int
    changed: float
    n_networks: ClassVar[int] = 1


@dataclass(frozen=True)
class TrainedWorld:
    """One more network trained like the first; ``is_shared``: a training moves many answers together."""

    name: str
    changed: float
    is_shared: bool = False
    n_networks: ClassVar[int] = 1


RERUN_WORLDS = {
    world.name: world
    for world in (
        RerunWorld("1 re-run, nothing", 1, 0.0),
        RerunWorld("3 re-runs, nothing", 3, 0.0),
        RerunWorld("1 re-run, 2 % of answers changed", 1, 0.02),
        RerunWorld("3 re-runs, 2 % of answers changed", 3, 0.02),
    )
}
TRAINED_WORLDS = {
    world.name: world
    for world in (
        TrainedWorld("trained again, nothing", 0.0),
        TrainedWorld("trained again, 2 % of answers changed", 0.02),
        TrainedWorld("trained again, nothing, but trainings move answers together", 0.0, is_shared=True),
    )
}


def ask_reruns(studies: PairStudies) -> Iterator[Counted]:
    """Is the second network further from the first than re-runs are, and did it lose more?"""
    world = RERUN_WORLDS[studies.world]
    found = []
    for number in range(studies.n_studies):
        rng = studies.rng_of(number)
        is_unstable = rng.random(studies.n) < UNSTABLE
        labels = rng.choice(len(P_LABELS), size=studies.n, p=P_LABELS)
        first, second, *reruns = draw_answers(rng, is_unstable, np.full(world.n_reruns + 2, P_OTHER)[:, None])
        floor = rerun_floor(first, change(rng, second, world.changed), np.array(reruns), labels, seed=number)
        found.append((floor.p_further, floor.p_more_lost))
    rejected = np.array(found, dtype=float) <= LEVEL
    for column, name in enumerate(("p_further", "p_more_lost")):
        yield Counted(f"{name} ≤ 0.05", NO_CLAIM if world.changed else AT_MOST, rejected[:, column])


def ask_retraining(studies: PairStudies) -> Iterator[Counted]:
    """Is the second network further from another training than the first is?"""
    world = TRAINED_WORLDS[studies.world]
    p = []
    for number in range(studies.n_studies):
        rng = studies.rng_of(number)
        is_unstable = rng.random(studies.n) < UNSTABLE_TRAINED
        side = np.where(np.arange(studies.n) % 2, 1, -1) * (SHIFT_SHARED if world.is_shared else 0)
        first, second, other = draw_answers(rng, is_unstable, expit(logit(P_OTHER) + rng.normal(size=(3, 1)) * side))
        p.append(retraining_p(change(rng, second, world.changed), first, other))
    is_null = not world.changed and not world.is_shared
    yield Counted("p ≤ 0.05", AT_MOST if is_null else NO_CLAIM, np.array(p) <= LEVEL)


def draw_answers(rng: np.random.Generator, is_unstable: np.ndarray, p_other: np.ndarray) -> np.ndarray:
    """Answers 0 or 1 of a network per row of ``p_other``."""
    return (is_unstable & (rng.random((len(p_other), len(is_unstable))) < p_other)).astype(np.int64)


def change(rng: np.random.Generator, answers: np.ndarray, share: float) -> np.ndarray:
    """So many answers are another one."""
    return np.where(rng.random(len(answers)) < share, 2, answers)
