"""One network against another by what is lost and gained: worlds, and what is counted of tests, intervals and verdicts.

A world says which share of the examples only the first network has right, and which only the second. The examples are drawn anew in
every study; nothing else is random.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pietools.conventions import LEVEL
from pietools.statistics.pairs.difference import detectable_drop, newcombe_interval, paired_change
from pietools.statistics.pairs.margin import Verdict, margin_test
from pietools.statistics.pairs.mcnemar import mcnemar
from pietools.validation.methods import ASYMPTOTIC_AT_MOST, AT_MOST, CAUTIOUS, EIGHTY, INTERVAL, NO_CLAIM

MARGIN = 0.01
WRONG_TOGETHER = 0.2  # of the examples on which both are right or both wrong
# With fewer discordant examples than this, on average, Newcombe's interval covers more than it says.
FEW = 10


@dataclass(frozen=True)
class Counted:
    """So much of so much in each study: shapes (S,)."""

    measure: str
    claim: str
    count: np.ndarray
    of: np.ndarray | int = 1


@dataclass(frozen=True)
class PairStudies:
    """Studies of one world with ``n`` examples each. Fewer of them are the first of more."""

    world: str
    n: int
    n_studies: int
    seed: list[int]

    @property
    def rng(self) -> np.random.Generator:
        """Of all studies."""
        return np.random.default_rng(self.seed)

    def rng_of(self, number: int) -> np.random.Generator:
        """Of one study."""
        return np.random.default_rng([*self.seed, number])


@dataclass(frozen=True)
class CountWorld:
    """``discordant``: examples of which exactly one network is right, in percent; ``fall`` of accuracy, in points."""

    discordant: float
    fall: float
    n_networks: ClassVar[int] = 1

    @property
    def name(self) -> str:
        """As the table calls it."""
        return f"{self.discordant:g} % discordant, {_fall_name(self.fall)}"

    @property
    def change(self) -> float:
        """Of accuracy, a fraction."""
        return -self.fall / 100

    @property
    def shares(self) -> tuple[float, float]:
        """Probabilities that an example is lost, and gained."""
        return (self.discordant + self.fall) / 200, (self.discordant - self.fall) / 200


@dataclass(frozen=True)
class DetectableWorld:
    """So many examples differ, in percent, and accuracy falls by what ``detectable_drop`` names."""

    discordant: float
    n_networks: ClassVar[int] = 1

    @property
    def name(self) -> str:
        """As the table calls it."""
        return f"{self.discordant:g} % discordant, the detectable fall"


def _fall_name(fall: float) -> str:
    return f"fall of {fall:g} point{'' if fall == 1 else 's'}" if fall else "nothing"


def _worlds(falls: tuple[float, ...]) -> list[CountWorld]:
    """With every share of discordant examples that allows the fall."""
    return [CountWorld(share, fall) for fall in falls for share in (2, 10, 30) if fall <= share]


CHANGED, MARGINAL = _worlds((0, 1, 2, 5)), _worlds((0, 0.5, 1, 1.5, 2, 4))
DETECTABLE = [DetectableWorld(share) for share in (2, 10, 30)]
COUNT_WORLDS = {world.name: world for world in _worlds((0, 0.5, 1, 1.5, 2, 4, 5))}
DETECTABLE_WORLDS = {world.name: world for world in DETECTABLE}


def draw_counts(studies: PairStudies, shares: tuple[float, float], n: int) -> np.ndarray:
    """Lost, gained and other examples of each study, shape (S, 3)."""
    lost, gained = shares
    return studies.rng.multinomial(n, [lost, gained, 1 - lost - gained], size=studies.n_studies)


def by_counts(counts: np.ndarray, answer: Callable[..., object]) -> np.ndarray:
    """What ``answer`` gives for each row of counts, asked once for equal rows."""
    different, number = np.unique(counts, axis=0, return_inverse=True)
    return np.array([answer(*map(int, row)) for row in different])[number.ravel()]


def ask_mcnemar(studies: PairStudies) -> Iterator[Counted]:
    """The exact test: level, and power."""
    world = COUNT_WORLDS[studies.world]
    counts, number = np.unique(draw_counts(studies, world.shares, studies.n), axis=0, return_inverse=True)
    found = mcnemar(counts[:, 0], counts[:, 1])
    exact, mid = (NO_CLAIM, NO_CLAIM) if world.fall else (AT_MOST, ASYMPTOTIC_AT_MOST)
    for name, claim, p in (
        ("one-sided p ≤ 0.05", exact, found.one_sided),
        ("two-sided p ≤ 0.05", exact, found.two_sided),
        ("mid p ≤ 0.05", mid, found.mid),
    ):
        yield Counted(name, claim, (p <= LEVEL)[number.ravel()])


def ask_detectable(studies: PairStudies) -> Iterator[Counted]:
    """The one-sided test where accuracy falls by what it is said to find in 80 %."""
    discordant = DETECTABLE_WORLDS[studies.world].discordant / 100
    drop = detectable_drop(round(discordant * studies.n), studies.n)
    if drop is None:
        return
    rate = max(discordant, drop)
    counts = draw_counts(studies, ((rate + drop) / 2, (rate - drop) / 2), studies.n)
    p = by_counts(counts[:, :2], lambda lost, gained: float(mcnemar(lost, gained).one_sided))
    yield Counted("one-sided p ≤ 0.05 at the detectable fall", EIGHTY, p <= LEVEL)


def ask_tango(studies: PairStudies) -> Iterator[Counted]:
    """Tango's interval."""
    world = COUNT_WORLDS[studies.world]

    def covers(lost: int, gained: int) -> bool:
        found = paired_change(lost, gained, studies.n)
        return found.conf_low <= world.change <= found.conf_high

    counts = draw_counts(studies, world.shares, studies.n)[:, :2]
    yield Counted("interval covers", INTERVAL, by_counts(counts, covers))


def ask_newcombe(studies: PairStudies) -> Iterator[Counted]:
    """Newcombe's interval of the same studies."""
    world = COUNT_WORLDS[studies.world]

    def covers(lost: int, gained: int, others: int) -> bool:
        both_wrong = round(others * WRONG_TOGETHER)
        low, high = newcombe_interval(lost, gained, others - both_wrong, both_wrong)
        return low <= world.change <= high

    is_cautious = world.discordant / 100 * studies.n < FEW
    counts = draw_counts(studies, world.shares, studies.n)
    yield Counted("interval covers", CAUTIOUS if is_cautious else INTERVAL, by_counts(counts, covers))


def ask_margin(studies: PairStudies) -> Iterator[Counted]:
    """The three-way answer at a margin of one point: wrong ones, right ones, and whether ``n_needed`` examples are enough."""
    world = COUNT_WORLDS[studies.world]
    verdicts = _verdicts(studies, world, studies.n)
    if world.change == -MARGIN:
        for verdict in (Verdict.WORSE, Verdict.WITHIN):
            yield Counted(f"at the margin: {verdict}", AT_MOST, verdicts == verdict)
        return
    right, wrong = (Verdict.WORSE, Verdict.WITHIN) if world.change < -MARGIN else (Verdict.WITHIN, Verdict.WORSE)
    yield Counted("wrong answer", AT_MOST, verdicts == wrong)
    yield Counted("right answer", NO_CLAIM, verdicts == right)
    n_needed = needed_in(world, studies.n)
    if n_needed is not None:
        yield Counted("right answer among n_needed examples", EIGHTY, _verdicts(studies, world, n_needed) == right)


def _verdicts(studies: PairStudies, world: CountWorld, n: int) -> np.ndarray:
    counts = draw_counts(studies, world.shares, n)[:, :2]
    return by_counts(counts, lambda lost, gained: margin_test(lost, gained, n, MARGIN).verdict)


def needed_in(world: CountWorld, n: int) -> int | None:
    """``n_needed`` by a study of ``n`` examples that found just what is expected; None where that is no whole number."""
    expected = np.array(world.shares) * n
    lost, gained = (int(count) for count in np.round(expected))
    if not np.allclose(expected, (lost, gained)):
        return None
    return margin_test(lost, gained, n, MARGIN).n_needed
