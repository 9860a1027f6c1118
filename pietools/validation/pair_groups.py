"""One network against another in groups and tasks, and several pairs of networks on the same items: worlds, and what is counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pietools.conventions import LEVEL
from pietools.statistics.pairs.difference import clustered_change
from pietools.statistics.pairs.groups import group_tests
from pietools.statistics.pairs.margin import Verdict, clustered_margin_test
from pietools.statistics.pairs.mcnemar import mcnemar
from pietools.statistics.pairs.tasks import exchange_p, task_tests
from pietools.validation.methods import ASYMPTOTIC_AT_MOST, AT_MOST, INTERVAL, NO_CLAIM
from pietools.validation.pair_counts import MARGIN, Counted, PairStudies

N_GROUPS, N_HIT, HIT = 20, 2, 0.10
DISCORDANT = np.linspace(0.04, 0.16, N_GROUPS)  # share of each group on which exactly one network is right
N_TASKS, WORSE_TASK, FALL_OF_TASK = 5, 2, 0.05
N_PAIRS = 4  # of networks that answer the same items
LEANING, FEW_LEANING, SHARE_SHOWN = 0.15, 0.02, 0.6
BY_CHANCE = 0.13  # of an answer to another item to differ, times the share of leaning ones


@dataclass(frozen=True)
class GroupWorld:
    """Twenty groups of equal size: shares of their examples that are lost and gained; how many of the first ones are hit."""

    name: str
    lost: np.ndarray
    gained: np.ndarray
    n_hit: int = 0
    is_null: bool = False
    n_networks: ClassVar[int] = 1


@dataclass(frozen=True)
class TaskWorld:
    """Five tasks of equal size, answered by so many pairs of networks; accuracy of one task may fall."""

    name: str
    fall: float
    n_networks: int = 1


@dataclass(frozen=True)
class ItemWorld:
    """Several pairs of networks on the same items, the fall of accuracy in points, and the share of items that lean to a side."""

    name: str
    fall: float
    leaning: float = LEANING
    n_networks: ClassVar[int] = N_PAIRS


_IS_HIT = np.arange(N_GROUPS) % (N_GROUPS // N_HIT) == N_GROUPS // N_HIT // 2
_ORDER = np.argsort(~_IS_HIT, kind="stable")  # those that are hit come first
_SHARES = DISCORDANT[_ORDER]

GROUP_WORLDS = {
    world.name: world
    for world in (
        GroupWorld("20 groups, nothing", _SHARES / 2, _SHARES / 2, is_null=True),
        GroupWorld("20 groups, three of five discordant are lost in each", _SHARES * 0.6, _SHARES * 0.4, is_null=True),
        GroupWorld("20 groups, each falls by 2 points", _SHARES / 2 + 0.01, _SHARES / 2 - 0.01),
        GroupWorld(
            "20 groups, two fall by 10 points", _SHARES / 2 + HIT * (np.arange(N_GROUPS) < N_HIT), _SHARES / 2, N_HIT
        ),
    )
}
TASK_WORLDS = {
    world.name: world
    for world in (
        TaskWorld("5 tasks, nothing", 0.0),
        TaskWorld("5 tasks, one falls by 5 points", FALL_OF_TASK),
        TaskWorld("5 tasks, 4 pairs on the same items, nothing", 0.0, N_PAIRS),
    )
}
ITEM_WORLDS = {
    world.name: world
    for world in (
        ItemWorld("4 pairs on the same items, nothing", 0),
        ItemWorld("4 pairs on the same items, fall of 1 point", 1),
        ItemWorld("4 pairs on the same items, fall of 2 points", 2),
        ItemWorld("4 pairs on the same items, fall of 4 points", 4),
        ItemWorld("4 pairs on the same items, few of which change, nothing", 0, FEW_LEANING),
        ItemWorld("4 pairs on the same items, few of which change, fall of 1 point", 1, FEW_LEANING),
    )
}


def ask_groups(studies: PairStudies) -> Iterator[Counted]:
    """Fisher's test of each group against the others."""
    world = GROUP_WORLDS[studies.world]
    shares = np.column_stack([world.lost, world.gained, 1 - world.lost - world.gained])
    counts = studies.rng.multinomial(studies.n // N_GROUPS, shares, size=(studies.n_studies, N_GROUPS))
    lost, gained = counts[:, :, 0], counts[:, :, 1]
    p, holm, bh = _p_of_groups(lost, gained)
    if not world.n_hit:
        claim = AT_MOST if world.is_null else NO_CLAIM
        yield Counted("each group: p ≤ 0.05", claim, (p <= LEVEL).sum(axis=1), N_GROUPS)
        yield Counted("any group: p_holm ≤ 0.05", claim, holm.min(axis=1) <= LEVEL)
        yield Counted("any group: p_bh ≤ 0.05", claim, bh.min(axis=1) <= LEVEL)
        return
    found = bh <= LEVEL
    is_worse = found & (_lost_share(lost, gained) > _lost_share(*_elsewhere(lost, gained)))
    n_found = np.maximum(found.sum(axis=1), 1)
    for measure, claim, which in (
        ("p_bh ≤ 0.05: false discoveries of a loss", AT_MOST, is_worse),
        ("p_bh ≤ 0.05: undamaged groups, either way", NO_CLAIM, found),
    ):
        yield Counted(measure, claim, which[:, world.n_hit :].sum(axis=1) / n_found)
    yield Counted("p_bh ≤ 0.05: hit groups found", NO_CLAIM, is_worse[:, : world.n_hit].sum(axis=1), world.n_hit)


def _p_of_groups(lost: np.ndarray, gained: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """p, p_holm and p_bh of each study and group."""
    tests = [group_tests(*row) for row in zip(lost, gained, strict=True)]
    p, holm, bh = (np.array([test[name].to_numpy() for test in tests]) for name in ("p", "p_holm", "p_bh"))
    return p, holm, bh


def _elsewhere(*counts: np.ndarray) -> list[np.ndarray]:
    return [count.sum(axis=1, keepdims=True) - count for count in counts]


def _lost_share(lost: np.ndarray, gained: np.ndarray) -> np.ndarray:
    return lost / np.maximum(lost + gained, 1)


def ask_tasks(studies: PairStudies) -> Iterator[Counted]:
    """Is the second network worse in any of five tasks?"""
    world = TASK_WORLDS[studies.world]
    item = np.arange(studies.n)
    task = item % N_TASKS
    found = []
    for number in range(studies.n_studies):
        net = _net_of_tasks(studies.rng_of(number), task, world)
        items, tasks = (np.tile(numbers, world.n_networks) for numbers in (item, task))
        tests = task_tests(net.ravel(), tasks, items, N_TASKS, seed=number)
        worst = tests.worst.p if tests.worst else 1.0
        found.append((worst, tests.p_any, tests.fisher.p, tests.p_pooled, tests.p_holm.min()))
    rejected = np.array(found) <= LEVEL
    for column, name in enumerate(("worst.p", "p_any", "fisher.p", "p_pooled", "any task: p_holm")):
        yield Counted(f"{name} ≤ 0.05", NO_CLAIM if world.fall else AT_MOST, rejected[:, column])


def _net_of_tasks(rng: np.random.Generator, task: np.ndarray, world: TaskWorld) -> np.ndarray:
    """−1 for a lost answer, 1 for one that is gained, shape (pairs, items)."""
    if world.n_networks > 1:
        return draw_items(rng, len(task), world.fall)
    discordant = np.linspace(DISCORDANT[0], DISCORDANT[-1], N_TASKS)[task] / 2
    fall = np.where(task == WORSE_TASK, world.fall / 2, 0)
    drawn = rng.random((1, len(task)))
    return (drawn > 1 - discordant + fall).astype(np.int64) - (drawn < discordant + fall)


def draw_items(rng: np.random.Generator, n: int, fall: float, leaning: float = LEANING) -> np.ndarray:
    """−1 for a lost answer, 1 for a gained one, shape (pairs, items); ``fall`` of accuracy in points.

    Some items lean to one side, the same for all pairs, of which each shows it with a probability of 0.6; on the others answers
    differ by chance.
    """
    p_lost = 0.5 + fall / 200 / (leaning * SHARE_SHOWN)
    side = np.where(rng.random(n) < p_lost, -1, 1)
    is_leaning = rng.random(n) < leaning
    drawn = rng.random((N_PAIRS, n))
    own = BY_CHANCE * leaning / 2
    by_chance = (drawn > 1 - own).astype(np.int64) - (drawn < own)
    return np.where(is_leaning, side * (drawn < SHARE_SHOWN), by_chance)


def ask_exchange(studies: PairStudies) -> Iterator[Counted]:
    """Items exchanged as wholes, and the exact test that takes answers for independent."""
    world = ITEM_WORLDS[studies.world]
    found = []
    for number in range(studies.n_studies):
        net = draw_items(studies.rng_of(number), studies.n, world.fall, world.leaning).ravel()
        pooled = mcnemar(int((net < 0).sum()), int((net > 0).sum())).one_sided
        found.append((exchange_p(net, np.tile(np.arange(studies.n), N_PAIRS), seed=number), float(pooled)))
    rejected = np.array(found) <= LEVEL
    yield Counted("p ≤ 0.05", NO_CLAIM if world.fall else AT_MOST, rejected[:, 0])
    yield Counted("pooled exact p ≤ 0.05, which counts answers", NO_CLAIM, rejected[:, 1])


def ask_clustered(studies: PairStudies) -> Iterator[Counted]:
    """The interval that counts items."""
    world = ITEM_WORLDS[studies.world]
    found = [clustered_change(net, N_PAIRS) for net in _net_of_items(studies, world)]
    truth = -world.fall / 100
    yield Counted("interval covers", INTERVAL, np.array([one.conf_low <= truth <= one.conf_high for one in found]))


def ask_clustered_margin(studies: PairStudies) -> Iterator[Counted]:
    """The three-way answer that counts items, at a margin of one point."""
    world = ITEM_WORLDS[studies.world]
    nets = _net_of_items(studies, world)
    verdicts = np.array([clustered_margin_test(net, N_PAIRS, MARGIN).verdict for net in nets])
    is_beyond = world.fall / 100 > MARGIN
    if world.fall / 100 == MARGIN:
        for verdict in (Verdict.WORSE, Verdict.WITHIN):
            yield Counted(f"at the margin: {verdict}", ASYMPTOTIC_AT_MOST, verdicts == verdict)
        return
    yield Counted("wrong answer", AT_MOST, verdicts == (Verdict.WITHIN if is_beyond else Verdict.WORSE))
    yield Counted("right answer", NO_CLAIM, verdicts == (Verdict.WORSE if is_beyond else Verdict.WITHIN))


def _net_of_items(studies: PairStudies, world: ItemWorld) -> Iterator[np.ndarray]:
    """For each study, by item, how many pairs gained it less how many lost it."""
    for number in range(studies.n_studies):
        yield draw_items(studies.rng_of(number), studies.n, world.fall, world.leaning).sum(axis=0)
