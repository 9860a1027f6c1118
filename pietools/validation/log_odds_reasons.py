"""Why log odds changed: worlds in which it is known, and what the regression on properties says of them.

In most of them margins are log odds (pietools.validation.margin_worlds); in the others compression does something to all logits of
ten classes. Every study has new examples and new networks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from pietools.conventions import DIFFICULTY
from pietools.statistics.characterize.change_regression import Measured, Part, Term, explain_changes
from pietools.validation.answers import Found, Share, covered, rejected
from pietools.validation.log_odds_hits import CHURN, SMALLER, SQUASH
from pietools.validation.logit_worlds import (
    Parts,
    Treatment,
    draw_logit_examples,
    draw_pairs,
    log_odds_and_margins,
    logits_of,
    nothing,
)
from pietools.validation.margin_worlds import SLOPE, draw_explained_study
from pietools.validation.methods import AT_MOST, INTERVAL, NO_CLAIM

ANNOTATION = "annotation"
RELIABILITY = 0.7  # of the annotation where networks measure it
N_ELSEWHERE = 32  # networks by whose log odds the annotation goes with difficulty
CORRELATION = -0.5  # of annotation and mean log odds
Sides = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class ReasonWorld:
    """A world of margins, by its name, or what compression does to all logits."""

    name: str
    margins: str | None = None
    scale: float = 1.0
    squash: float | None = None
    noise: float = 1.0

    @property
    def slope(self) -> float:
        """Change of the log odds per standard deviation of the annotation, at equal difficulty."""
        return SLOPE if self.margins == "explain-annotation" else 0.0

    @property
    def has_even_difficulty(self) -> bool:
        """Whether easy and hard examples change alike, at equal annotation; where all logits change, they do not."""
        return self.margins not in (None, "explain-difficulty")


REASON_WORLDS = {
    world.name: world
    for world in (
        ReasonWorld("reasons: nothing", "explain-none"),
        ReasonWorld("reasons: the label's fall", "explain-uniform"),
        ReasonWorld("reasons: scattered hits", "explain-scattered"),
        ReasonWorld("reasons: annotation", "explain-annotation"),
        ReasonWorld("reasons: difficulty", "explain-difficulty"),
        ReasonWorld("reasons: smaller logits", scale=SMALLER),
        ReasonWorld("reasons: squashed logits", squash=SQUASH),
        ReasonWorld("reasons: more churn", noise=CHURN),
    )
}


@dataclass(frozen=True)
class ReasonStudy:
    """Log odds (K, n) of dense, compressed and further dense networks, nats, on examples with an annotation.

    ``annotation``: as it is, (n,); ``by_networks``: as each of the further networks measures it, (K, n).
    """

    world: ReasonWorld
    paired: bool
    reference: np.ndarray
    compressed: np.ndarray
    second: np.ndarray
    annotation: np.ndarray
    by_networks: np.ndarray


def draw_reason_study(key: list[int], name: str, n_networks: int, n: int, *, paired: bool) -> ReasonStudy:
    """New examples, and new networks on them. ``key``: the seed first, then what tells studies from each other."""
    world = REASON_WORLDS[name]
    full = [key[0], 8, crc32(name.encode()), n, *key[1:]]
    if world.margins is not None:
        study = draw_explained_study(full, world.margins, n_networks, n, paired=paired)
        networks, annotation = study.regimes[0], study.examples.annotation
        sides = networks.reference, networks.compressed, networks.second
    else:
        rng = np.random.default_rng(full)
        sides, annotation = _draw_logits(rng, world, n_networks, n, paired=paired)
    # So that the mean over the networks has the reliability.
    noise = (n_networks * (1 - RELIABILITY) / RELIABILITY) ** 0.5
    rng = np.random.default_rng([*full, 1])
    by_networks = annotation + noise * rng.standard_normal((n_networks, n))
    return ReasonStudy(world, paired, *sides, annotation, by_networks)


def _draw_logits(
    rng: np.random.Generator, world: ReasonWorld, n_networks: int, n: int, *, paired: bool
) -> tuple[Sides, np.ndarray]:
    """Log odds of dense, compressed and further dense networks, and an annotation that goes with difficulty and nothing else.

    It is made of the mean log odds of networks that have no other part: at equal expected log odds it says nothing of the change.
    """
    examples, dense = draw_logit_examples(rng, n), nothing(n)
    holds = dense, Treatment(dense.shift, world.scale, world.squash, world.noise), dense
    parts = (*draw_pairs(rng, n_networks, n, paired=paired), Parts.drawn(rng, n_networks, n))
    reference, compressed, second = (
        log_odds_and_margins(logits_of(examples, one, held), examples.labels)[0]
        for one, held in zip(parts, holds, strict=True)
    )
    elsewhere = np.mean(
        [
            log_odds_and_margins(logits_of(examples, Parts.drawn(rng, 1, n), dense), examples.labels)[0][0]
            for _ in range(N_ELSEWHERE)
        ],
        axis=0,
    )
    hardness = (elsewhere - elsewhere.mean()) / elsewhere.std()
    annotation = CORRELATION * hardness + (1 - CORRELATION**2) ** 0.5 * rng.standard_normal(n)
    return (reference, compressed, second), (annotation - annotation.mean()) / annotation.std()


def parts_of(study: ReasonStudy) -> dict[str, list[Part]]:
    """Difficulty and annotation by the further networks, and by one half of the reference for the changes of the other."""
    everyone = np.arange(len(study.reference))

    def measured(side: np.ndarray, annotation: np.ndarray | None, networks: np.ndarray) -> Measured:
        def of(some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            values = study.annotation if annotation is None else annotation[some].mean(axis=0)
            return side[some].mean(axis=0), values[:, None]

        return Measured.by_networks((ANNOTATION,), of, networks)

    halves = everyone[::2], everyone[1::2]
    return {
        "second population": [Part(measured(study.second, None, everyone), everyone, everyone)],
        "second population, noisy annotation": [
            Part(measured(study.second, study.by_networks, everyone), everyone, everyone)
        ],
        "cross-fitted": [
            Part(measured(study.reference, None, from_), changed, changed if study.paired else everyone)
            for from_, changed in (halves, halves[::-1])
        ],
    }


def ask_reasons(study: ReasonStudy) -> Iterator[Found]:
    """Are properties found that have no effect, and do intervals hold the effect of the annotation?"""
    for source, parts in parts_of(study).items():
        terms = explain_changes(study.reference, study.compressed, parts, paired=study.paired)
        if isinstance(terms, list):
            by_name = {term.name: term for term in terms}
            yield from _asked_of(study.world, source, by_name[ANNOTATION], by_name[DIFFICULTY])


def _asked_of(world: ReasonWorld, source: str, annotation: Term, difficulty: Term) -> Iterator[Found]:
    claim = NO_CLAIM if world.slope else AT_MOST
    yield rejected(f"{source}: annotation: p ≤ 0.05", claim, annotation.p_value)
    claim = AT_MOST if world.has_even_difficulty else NO_CLAIM
    yield rejected(f"{source}: difficulty: p ≤ 0.05", claim, difficulty.p_value)
    if world.slope and annotation.estimate is not None:
        low, high = annotation.conf_low, annotation.conf_high
        yield covered(f"{source}: annotation: interval covers", INTERVAL, low, high, world.slope)
        yield Share(f"{source}: annotation: estimate / truth", NO_CLAIM, annotation.estimate / world.slope, 1)
