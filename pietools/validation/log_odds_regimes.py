"""Were the same examples hit in two regimes? Asked of simulated logits of two regimes, of which it is known what was hit in either.

Every study has new examples and new networks. An example that is hit falls by the same in both regimes, so that what is true is
exact: the correlation, over examples, of what was done to their log odds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from pietools.statistics.regimes.change_correlation import ChangeCorrelation, change_correlation
from pietools.statistics.regimes.log_odds_correlation import log_odds_correlation
from pietools.statistics.tools.populations import Populations
from pietools.validation.answers import Found, Share, covered, rejected
from pietools.validation.log_odds_hits import SMALLER
from pietools.validation.logit_worlds import (
    HIT_SIZES,
    RHO,
    SHARED_BY_REGIMES,
    LogitExamples,
    Parts,
    Treatment,
    draw_logit_examples,
    draw_sizes,
    log_odds_and_margins,
    logits_of,
    nothing,
)
from pietools.validation.methods import AT_MOST, INTERVAL, NO_CLAIM

SHARE_HIT = 0.08  # probability that an example is hit, in each regime
SD_REGIME = 0.3  # by how much the mean of the label's logit differs between regimes
NOTHING, SAME, HALF, UNRELATED = "nothing", "same examples", "half of them the same", "unrelated examples"


@dataclass(frozen=True)
class RegimeWorld:
    """``hit``: what of the first regime's hit examples the second hits; ``scale``: of all logits of compressed networks."""

    hit: str
    scale: float = 1.0

    @property
    def name(self) -> str:
        """As the table calls it."""
        return f"two regimes: {self.hit}" + ("" if self.scale == 1 else ", smaller logits")

    @property
    def is_null(self) -> bool:
        """Whether what is done to examples in one regime has nothing to do with what is done in the other."""
        return self.hit in (NOTHING, UNRELATED)

    @property
    def truth(self) -> float | None:
        """Correlation over examples of what was done to their log odds; None where nothing was."""
        return None if self.hit == NOTHING else {SAME: 1.0, HALF: half_correlation(), UNRELATED: 0.0}[self.hit]


def half_correlation() -> float:
    """Where a share p of the examples is hit in each regime, by S, and half of these, by the same S, in both.

    (p/2 · E S² − (p E S)²) / (p · E S² − (p E S)²), with S uniform: 0.458.
    """
    low, high = HIT_SIZES
    mean = (low + high) / 2
    squares, squared = SHARE_HIT * (mean**2 + (high - low) ** 2 / 12), (SHARE_HIT * mean) ** 2
    return (squares / 2 - squared) / (squares - squared)


REGIME_WORLDS = {
    world.name: world
    for scale in (1.0, SMALLER)
    for world in (RegimeWorld(hit, scale) for hit in (NOTHING, UNRELATED, HALF, SAME))
}


@dataclass(frozen=True)
class RegimeStudy:
    """Log odds, nats, and right answers of both regimes; mean log odds and error rates of further networks of each, (n, 2)."""

    world: RegimeWorld
    paired: bool
    seed: list[int]
    labels: np.ndarray
    log_odds: tuple[Populations, ...]
    right: tuple[Populations, ...]
    hardness: np.ndarray
    error_rates: np.ndarray


def draw_hits(rng: np.random.Generator, hit: str, n: int) -> np.ndarray:
    """What is done to the label's logit of each example, nats, (2, n)."""
    sizes, where = draw_sizes(rng, n), rng.uniform(size=n)
    if hit == NOTHING:
        return np.zeros((2, n))
    # Half a step on: half of the hit ones are hit again.
    start = SHARE_HIT / 2 if hit == HALF else 0
    again = rng.uniform(size=n) if hit == UNRELATED else where - start
    chosen = np.stack([where < SHARE_HIT, (again >= 0) & (again < SHARE_HIT)])
    return np.where(chosen, -sizes, 0.0)


def draw_regime_study(key: list[int], name: str, n_networks: int, n: int, *, paired: bool) -> RegimeStudy:
    """New examples, and new networks on them. ``key``: the seed first, then what tells studies from each other."""
    world = REGIME_WORLDS[name]
    full = [key[0], 9, crc32(name.encode()), n, *key[1:]]
    rng = np.random.default_rng(full)
    examples = draw_logit_examples(rng, n)
    done = draw_hits(rng, world.hit, n)
    shared = Parts.drawn(rng, n_networks, n) if paired else None
    regimes = [_draw_regime(rng, examples, Treatment(one, world.scale), n_networks, shared) for one in done]
    log_odds, right, hardness, error_rates = zip(*regimes, strict=True)
    return RegimeStudy(
        world,
        paired,
        [*full, 1],
        examples.labels,
        log_odds,
        right,
        np.column_stack(hardness),
        np.column_stack(error_rates),
    )


def _draw_regime(
    rng: np.random.Generator, examples: LogitExamples, treatment: Treatment, n_networks: int, shared: Parts | None
) -> tuple[Populations, Populations, np.ndarray, np.ndarray]:
    """Log odds, right answers, and the mean log odds and error rates (n,) of further networks, of one regime."""
    n = len(examples)
    mine = examples.moved((SD_REGIME * rng.standard_normal(n)).astype(np.float32))
    own, other, second = (Parts.drawn(rng, n_networks, n) for _ in range(3))
    if shared is not None:
        pairs = shared.mixed(Parts.drawn(rng, n_networks, n), SHARED_BY_REGIMES)
        own, other = (pairs.mixed(one, RHO) for one in (own, other))
    held = nothing(n), treatment, nothing(n)
    dense, compressed, further = (
        log_odds_and_margins(logits_of(mine, parts, one), mine.labels)
        for parts, one in zip((own, other, second), held, strict=True)
    )
    is_paired = shared is not None
    return (
        Populations(dense[0], compressed[0], is_paired),
        Populations(dense[1] > 0, compressed[1] > 0, is_paired),
        further[0].mean(axis=0),
        (further[1] <= 0).mean(axis=0),
    )


def ask_log_odds_correlation(study: RegimeStudy) -> Iterator[Found]:
    """By log odds, by their ranks, and beside them by error rates."""
    for name, by_ranks in (("log odds", False), ("ranks", True)):
        found = log_odds_correlation(
            *study.log_odds,
            paired=study.paired,
            difficulty=study.hardness,
            classes=study.labels,
            by_ranks=by_ranks,
            seed=study.seed,
        )
        # Ranks within a network are another scale, on which an example does not fall by the same in both regimes.
        yield from _against_truth(study.world, name, found, NO_CLAIM if by_ranks else INTERVAL)
    columns = np.hstack([study.hardness, study.error_rates])
    by_error_rates = change_correlation(
        *study.right,
        paired=study.paired,
        covariates=np.hstack([columns, columns**2]),
        classes=study.labels,
        seed=study.seed,
    )
    yield from _against_truth(study.world, "error rates", by_error_rates, NO_CLAIM)


def _against_truth(world: RegimeWorld, name: str, found: ChangeCorrelation, claim: str) -> Iterator[Found]:
    yield rejected(f"{name}: p ≤ 0.05", AT_MOST if world.is_null else NO_CLAIM, found.p_value)
    if world.truth is None or found.estimate is None or found.conf_low is None or found.conf_high is None:
        return
    yield covered(f"{name}: interval covers", claim, found.conf_low, found.conf_high, world.truth)
    yield Share(f"{name}: estimate less truth", NO_CLAIM, found.estimate - world.truth, 1)
    yield Share(f"{name}: width of the interval", NO_CLAIM, found.conf_high - found.conf_low, 1)
