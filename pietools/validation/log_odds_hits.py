"""Which examples were hit, and which answers turn, asked of simulated logits: worlds, truths and studies.

The examples are fixed, a few data sets of which each is studied often; the networks are random.
"""

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from pietools.statistics.log_odds.examples import trend_along
from pietools.statistics.log_odds.normalisation import normalise
from pietools.validation.logit_worlds import (
    LogitExamples,
    Parts,
    Treatment,
    draw_logit_examples,
    draw_pairs,
    draw_sizes,
    log_odds_and_margins,
    logits_of,
    nothing,
)

SMALLER, SQUASH, CHURN, FALL, FACTORS = 0.7, 3.0, 1.6, 0.5, 2.0
N_BATCH = 100
Sides = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class HitWorld:
    """What compression does to all examples, and the shares of those of which the label's logit falls, or rises, by 1.5 to 3."""

    name: str
    hit: float = 0.0
    spared: float = 0.0
    fall: float = 0.0
    scale: float = 1.0
    squash: float | None = None
    noise: float = 1.0
    factors: float = 1.0

    @property
    def is_null(self) -> bool:
        """Whether nothing is done to single examples."""
        return not self.hit and not self.spared

    @property
    def is_exact(self) -> bool:
        """Whether the changes beyond the trend are known: only the label's logit is moved, all alike or by what is planted."""
        return (self.scale, self.squash, self.noise, self.factors) == (1.0, None, 1.0, 1.0)

    def planted(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """What is done to the label's logit of single examples, (n,): negative if they are hit."""
        n_hit, n_spared = round(self.hit * n), round(self.spared * n)
        signs = np.repeat([-1.0, 1.0, 0.0], [n_hit, n_spared, n - n_hit - n_spared])
        return rng.permutation(signs) * draw_sizes(rng, n)

    def treatment(self, planted: np.ndarray) -> Treatment:
        """Of the compressed networks."""
        return Treatment(planted - self.fall, self.scale, self.squash, self.noise, self.factors)


HIT_WORLDS = {
    world.name: world
    for world in (
        HitWorld("logits: nothing"),
        HitWorld("logits: 8 % hit", hit=0.08),
        HitWorld("logits: 4 % hit, 4 % spared", hit=0.04, spared=0.04),
        HitWorld("logits: the label's fall", fall=FALL),
        HitWorld("logits: smaller", scale=SMALLER),
        HitWorld("logits: more churn", noise=CHURN),
        HitWorld("logits: stronger factors", factors=FACTORS),
        HitWorld("logits: squashed", squash=SQUASH),
    )
}


@dataclass(frozen=True)
class HitTruth:
    """What is true of a data set.

    ``right``: probability that a dense, a compressed network is right, (2, n). ``beyond``: change of the log odds beyond the trend,
    nats, (n,): what is planted where that is all; else that of the expected log odds, by the method's own line and trend.
    """

    right: np.ndarray
    beyond: np.ndarray

    @property
    def turned(self) -> Sides:
        """Answers of the majority of unlimited networks that turn: lost, and gained, (n,) each."""
        before, after = self.right > 0.5
        return before & ~after, ~before & after

    @property
    def rise(self) -> np.ndarray:
        """By how much the error rate rises, (n,)."""
        return self.right[0] - self.right[1]


@dataclass(frozen=True)
class HitStudy:
    """Log odds and margins of dense and compressed networks, nats, (K, n) each, and what is true of the data set."""

    world: HitWorld
    paired: bool
    log_odds: Sides
    margins: Sides
    truth: HitTruth

    @property
    def n(self) -> int:
        """Number of examples."""
        return int(self.truth.right.shape[1])


def _data(seed: int, name: str, number: int, n: int) -> tuple[LogitExamples, np.ndarray]:
    """Data set with this number in a world, and what is planted in it."""
    rng = np.random.default_rng([seed, 5, crc32(name.encode()), n, number])
    return draw_logit_examples(rng, n), HIT_WORLDS[name].planted(rng, n)


def find_hit_truth(seed: int, name: str, number: int, *, n: int, n_networks: int) -> HitTruth:
    """Simulate a data set at length; dense and compressed networks share their random parts, which leaves expectations alone."""
    world = HIT_WORLDS[name]
    examples, planted = _data(seed, name, number, n)
    holds = nothing(n), world.treatment(planted)
    rng = np.random.default_rng([seed, 6, crc32(name.encode()), n, number])
    n_batches = max(1, n_networks // N_BATCH)
    right, expected = np.zeros((2, n)), np.zeros((2, n))
    for _ in range(n_batches):
        parts = Parts.drawn(rng, N_BATCH, n)
        for side, held in enumerate(holds):
            log_odds, margins = log_odds_and_margins(logits_of(examples, parts, held), examples.labels)
            right[side] += (margins > 0).mean(axis=0) / n_batches
            expected[side] += log_odds.mean(axis=0) / n_batches
    return HitTruth(right, planted if world.is_exact else _beyond(expected))


def _beyond(expected: np.ndarray) -> np.ndarray:
    """Change beyond the trend of what is expected of dense and of compressed networks, (2, n)."""
    found = normalise(expected[:1], expected[1:])
    change = (found.compressed - found.reference)[0]
    return np.asarray(change - trend_along(found.profile, change))


def draw_hit_study(
    key: list[int], name: str, n_networks: int, n: int, *, paired: bool, truth: HitTruth, data: int
) -> HitStudy:
    """New networks on a data set. ``key``: the seed first, then what tells studies from each other."""
    seed, *own = key
    world = HIT_WORLDS[name]
    examples, planted = _data(seed, name, data, n)
    rng = np.random.default_rng([seed, 7, crc32(name.encode()), n, *own])
    parts = draw_pairs(rng, n_networks, n, paired=paired)
    reference, compressed = (
        log_odds_and_margins(logits_of(examples, one, held), examples.labels)
        for one, held in zip(parts, (nothing(n), world.treatment(planted)), strict=True)
    )
    log_odds, margins = zip(reference, compressed, strict=True)
    return HitStudy(world, paired, log_odds, margins, truth)
