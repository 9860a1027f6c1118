"""The statistics of one pair of networks: which are asked, in which worlds, and of how many studies."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from pietools.validation.pair_counts import (
    CHANGED,
    COUNT_WORLDS,
    DETECTABLE_WORLDS,
    MARGIN,
    MARGINAL,
    Counted,
    CountWorld,
    DetectableWorld,
    PairStudies,
    ask_detectable,
    ask_margin,
    ask_mcnemar,
    ask_newcombe,
    ask_tango,
)
from pietools.validation.pair_groups import (
    GROUP_WORLDS,
    ITEM_WORLDS,
    TASK_WORLDS,
    GroupWorld,
    ItemWorld,
    TaskWorld,
    ask_clustered,
    ask_clustered_margin,
    ask_exchange,
    ask_groups,
    ask_tasks,
)
from pietools.validation.pair_reruns import (
    RERUN_WORLDS,
    TRAINED_WORLDS,
    RerunWorld,
    TrainedWorld,
    ask_reruns,
    ask_retraining,
)

PAIR_SIZES = (200, 1_000, 10_000)
PairWorld = CountWorld | DetectableWorld | GroupWorld | TaskWorld | ItemWorld | RerunWorld | TrainedWorld
PAIR_WORLDS: dict[str, PairWorld] = {
    **COUNT_WORLDS,
    **DETECTABLE_WORLDS,
    **GROUP_WORLDS,
    **TASK_WORLDS,
    **ITEM_WORLDS,
    **RERUN_WORLDS,
    **TRAINED_WORLDS,
}


@dataclass(frozen=True)
class PairMethod:
    """A question to many studies at once, and in how many the full table asks it, by world."""

    ask: Callable[[PairStudies], Iterator[Counted]]
    numbers: dict[str, int]


def _numbers(n_studies: int, worlds: Iterable[str]) -> dict[str, int]:
    return dict.fromkeys(worlds, n_studies)


_CHANGED = [world.name for world in CHANGED]
# The exact test takes up to 70 ms, and what happens away from the margin needs no fine count.
_MARGINAL = {world.name: 1_000 if world.change == -MARGIN else 400 for world in MARGINAL}

PAIR_METHODS = {
    "mcnemar": PairMethod(ask_mcnemar, _numbers(10_000, _CHANGED)),
    "detectable_drop": PairMethod(ask_detectable, _numbers(10_000, DETECTABLE_WORLDS)),
    "paired_change": PairMethod(ask_tango, _numbers(4_000, _CHANGED)),
    "newcombe_interval": PairMethod(ask_newcombe, _numbers(4_000, _CHANGED)),
    "margin_test": PairMethod(ask_margin, _MARGINAL),
    "group_tests": PairMethod(ask_groups, _numbers(2_000, GROUP_WORLDS)),
    "task_tests": PairMethod(ask_tasks, _numbers(1_000, TASK_WORLDS)),
    "exchange_p": PairMethod(ask_exchange, _numbers(2_000, ITEM_WORLDS)),
    "clustered_change": PairMethod(ask_clustered, _numbers(4_000, ITEM_WORLDS)),
    "clustered_margin_test": PairMethod(ask_clustered_margin, _numbers(4_000, ITEM_WORLDS)),
    "rerun_floor": PairMethod(ask_reruns, _numbers(2_000, RERUN_WORLDS)),
    "retraining_p": PairMethod(ask_retraining, _numbers(4_000, TRAINED_WORLDS)),
}


def ask_pairs(method: str, world: str, n: int, n_studies: int, seed: int) -> dict[tuple[str, str], np.ndarray]:
    """What a method finds in so many studies of ``n`` examples, by measure and claim.

    Each has a row per study: 0, what was counted, and of how many. All methods are asked of the same studies of a world.
    """
    studies = PairStudies(world, n, n_studies, [seed, 4, crc32(world.encode()), n])
    return {
        (one.measure, one.claim): np.column_stack([np.zeros(n_studies), one.count, np.broadcast_to(one.of, n_studies)])
        for one in PAIR_METHODS[method].ask(studies)
    }
