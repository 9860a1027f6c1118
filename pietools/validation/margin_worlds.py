"""Simulated networks of which it is known why compression loses examples, in one regime or in two.

Over networks, example i of regime r is right with probability σ(ease_ri) in dense networks and σ(ease_ri + shift_ri) in compressed
ones, exactly. A network k is right where its margin is positive,

    margin_ki = ease_ki + logit Φ(z_ki),   z_ki = skill_k + factors_k · direction_i + noise_ki,

and z_ki has variance 1: skill and factors belong to a network and touch all examples, so that examples share networks. The loss of
a network is that of its margin. Every study has new examples and new networks.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit, log_ndtr, logit

from pietools.statistics.tools.populations import Populations

N_CLASSES, N_DIRECTIONS = 5, 3
SD_SKILL, SD_DIRECTION = 0.2, 0.2  # of the unit variance of z
RHO = 0.6  # what the networks of a pair share of the variance of z
SHARED_BY_REGIMES = 0.5  # what the pairs of matched regimes share of what the networks of a pair share
SD_REGIME = 0.3  # by how much the ease of an example differs between regimes
SLOPE, EVEN, HIT = -0.5, -0.5, -2.0
SHARE_HIT = 0.2

# What compression does to log odds of being right; "explain" in one regime, "both" in two regimes of nearly the same difficulty.
MARGIN_WORLDS = {
    "explain-none": "nothing",
    "explain-uniform": "log odds of every example fall by 0.5",
    "explain-scattered": "log odds of a random 20 % of the examples fall by 2",
    "explain-annotation": "log odds fall by 0.5, and by 0.5 per standard deviation of an annotation",
    "explain-difficulty": "log odds fall by 0.5, and by 0.5 per standard deviation of the expected loss",
    "both-none": "nothing in either regime",
    "both-unrelated": "log odds of a random 20 % of the examples fall by 2, of other ones in each regime",
    "both-same": "log odds of the same random 20 % of the examples fall by 2 in both regimes",
}


@dataclass(frozen=True)
class Examples:
    """Shapes (n,) but for ``directions`` (directions, n), and a row per regime in ``ease``, ``shift`` and ``targets``.

    ``annotation`` has mean 0 and standard deviation 1 and correlates with difficulty; ``noise`` with nothing. ``expected_loss``
    is that of regime A, standardized.
    """

    ease: np.ndarray
    shift: np.ndarray
    targets: np.ndarray
    labels: np.ndarray
    rival: np.ndarray
    annotation: np.ndarray
    expected_loss: np.ndarray
    noise: np.ndarray
    directions: np.ndarray

    @property
    def change(self) -> np.ndarray:
        """Expected change of the error rate in each regime."""
        return expit(self.ease) - expit(self.ease + self.shift)


@dataclass(frozen=True)
class Networks:
    """Margins (K, n) of one regime's dense, compressed and further dense networks, and labels that the first two predict."""

    reference: np.ndarray
    compressed: np.ndarray
    second: np.ndarray
    labels: Populations

    @property
    def right(self) -> Populations:
        """Whether networks are right."""
        return Populations(self.reference > 0, self.compressed > 0, self.labels.paired)

    @property
    def difficulty(self) -> np.ndarray:
        """Error rate and margin of the further dense networks, (n, 2)."""
        return np.column_stack([(self.second <= 0).mean(axis=0), -self.second.mean(axis=0)])


@dataclass(frozen=True)
class ExplainedStudy:
    """One regime's networks, or two regimes', on the same examples. ``paired``: regimes are matched too."""

    world: str
    paired: bool
    seed: list[int]
    examples: Examples
    regimes: tuple[Networks, ...]

    @cached_property
    def difficulty(self) -> np.ndarray:
        """Of all regimes, with squares, shape (n, 4) or (n, 8)."""
        columns = np.hstack([regime.difficulty for regime in self.regimes])
        return np.hstack([columns, columns**2])


def draw_explained_study(key: list[int], world: str, n_networks: int, n: int, *, paired: bool) -> ExplainedStudy:
    """New examples, and new networks on them."""
    rng = np.random.default_rng(key)
    examples = draw_examples(rng, world, n)
    seed = draw_z(rng, n_networks, examples.directions) if paired else None
    n_regimes = 2 if world.startswith("both") else 1
    regimes = tuple(_draw_regime(rng, examples, r, n_networks, seed) for r in range(n_regimes))
    return ExplainedStudy(world, paired, [*key, 1], examples, regimes)


def draw_examples(rng: np.random.Generator, world: str, n: int) -> Examples:
    """Three fifths are easy; classes are of equal size."""
    is_easy = rng.random(n) < 0.6
    common = np.where(is_easy, rng.normal(4.5, 1.5, n), rng.normal(0.5, 1.5, n))
    ease = common + SD_REGIME * rng.normal(size=(2, n))
    labels = rng.permutation(np.arange(n) % N_CLASSES)
    rival = (labels + rng.integers(1, N_CLASSES, n)) % N_CLASSES
    annotation = _standardized(-0.5 * _standardized(common) + 0.75**0.5 * rng.normal(size=n))
    targets = np.argsort(rng.random((2, n))) < round(SHARE_HIT * n)
    if world == "both-same":
        targets = targets[[0, 0]]
    loss = expected_loss(ease[0])
    directions = SD_DIRECTION * rng.normal(size=(N_DIRECTIONS, n)) / N_DIRECTIONS**0.5
    noise, shift = rng.normal(size=n), np.zeros((2, n))
    if world == "explain-uniform":
        shift += EVEN
    elif world in ("explain-annotation", "explain-difficulty"):
        shift += EVEN + SLOPE * (annotation if world == "explain-annotation" else loss)
    elif world in ("explain-scattered", "both-unrelated", "both-same"):
        shift += HIT * targets
    return Examples(ease, shift, targets, labels, rival, annotation, loss, noise, directions)


def expected_loss(ease: np.ndarray) -> np.ndarray:
    """Mean loss (n,) over networks, standardized: the mean over 400 quantiles of the noise."""
    quantiles = logit((np.arange(400) + 0.5) / 400)
    return _standardized(np.logaddexp(0, -ease[:, None] - quantiles).mean(axis=1))


def _standardized(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


def _draw_regime(
    rng: np.random.Generator, examples: Examples, r: int, n_networks: int, seed: np.ndarray | None
) -> Networks:
    own, other, second = (draw_z(rng, n_networks, examples.directions) for _ in range(3))
    if seed is not None:
        between = draw_z(rng, n_networks, examples.directions)
        shared = mixed(seed, between, SHARED_BY_REGIMES)
        own, other = (mixed(shared, z, RHO) for z in (own, other))
    ease = examples.ease[r]
    reference, compressed = ease + to_logistic(own), ease + examples.shift[r] + to_logistic(other)
    labels = [_predicted(rng, margins, examples) for margins in (reference, compressed)]
    is_paired = seed is not None
    return Networks(reference, compressed, ease + to_logistic(second), Populations(labels[0], labels[1], is_paired))


def draw_z(rng: np.random.Generator, n_networks: int, directions: np.ndarray) -> np.ndarray:
    """Standard normal numbers (K, n), correlated over the examples of a network."""
    own = (1 - SD_SKILL**2 - (directions**2).sum(axis=0)) ** 0.5
    skill = SD_SKILL * rng.normal(size=(n_networks, 1))
    factors = rng.normal(size=(n_networks, len(directions)))
    return skill + factors @ directions + own * rng.normal(size=(n_networks, directions.shape[1]))


def mixed(one: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    """√share of one, √(1 − share) of the other: the same distribution."""
    return share**0.5 * one + (1 - share) ** 0.5 * other


def to_logistic(z: np.ndarray) -> np.ndarray:
    """Standard normal to standard logistic numbers, quantile by quantile."""
    return log_ndtr(z) - log_ndtr(-z)


def _predicted(rng: np.random.Generator, margins: np.ndarray, examples: Examples) -> np.ndarray:
    """The label where the margin is positive, else mostly the rival."""
    other = (examples.labels + rng.integers(1, N_CLASSES, margins.shape)) % N_CLASSES
    wrong = np.where(rng.random(margins.shape) < 0.8, examples.rival, other)
    return np.where(margins > 0, examples.labels, wrong)
