"""What is counted of the answers about single examples, by log odds and beside them by votes."""

from collections.abc import Iterator

import numpy as np

from pietools.statistics.examples.posterior import DELTA, FLAGGED
from pietools.statistics.examples.tests import example_tests
from pietools.statistics.log_odds.examples import ExampleChanges, example_changes
from pietools.statistics.log_odds.turned import TurnedAnswers, turned_answers
from pietools.statistics.tools.populations import Populations
from pietools.validation.answers import LEVEL, Found, Share, covered
from pietools.validation.log_odds_hits import HitStudy
from pietools.validation.methods import AT_MOST, FALSE_FLAGS, INTERVAL, NO_CLAIM, RARE

DELTAS = (0.0, 0.1, 0.5)
CURVED = 0.25
"""A trend that is farther from a straight line, nats, is called curved, and then delta is 0.5 (pietools.topics.examples)."""
PER = 1_000  # examples


def ask_changes(study: HitStudy) -> Iterator[Found]:
    """Examples that were hit or spared: found where there are none, false ones, and those that are found."""
    found = example_changes(*study.log_odds, paired=study.paired)
    if not isinstance(found, ExampleChanges):
        return
    ask = _found_in_null if study.world.is_null else _found_in_hit
    for delta in DELTAS:
        yield from ask(study, found.found(delta), delta)
    yield from _by_false_sign_rate(study, found)
    low, high = found.beyond.interval
    truth = study.truth.beyond
    yield covered("interval covers", INTERVAL, low, high, truth)
    if study.world.is_null:
        yield Share("trend called curved", NO_CLAIM, int(found.nonlinearity > CURVED), 1)
    else:
        is_hit = truth != 0
        yield covered("changed examples: interval covers", INTERVAL, low[is_hit], high[is_hit], truth[is_hit])
        yield from _by_votes(study)


def _found_in_null(study: HitStudy, signs: np.ndarray, delta: float) -> Iterator[Found]:
    """Whether anything is found, and how much.

    Where all logits are scaled, squashed or noisier, the expected log odds of an example do change otherwise than those of others
    as hard, a little: nothing is claimed of whether that is found, but of the share of findings that is not so.
    """
    is_found = signs != 0
    yield Share(f"δ = {delta:g}: anything found", AT_MOST if study.world.is_exact else NO_CLAIM, int(is_found.any()), 1)
    yield Share(f"δ = {delta:g}: examples found", NO_CLAIM, int(is_found.sum()), 1)
    if delta and not study.world.is_exact:
        yield Share(f"δ = {delta:g}: false discoveries", AT_MOST, _false_share(study.truth.beyond, signs, delta), 1)


def _found_in_hit(study: HitStudy, signs: np.ndarray, delta: float) -> Iterator[Found]:
    truth = study.truth.beyond
    yield Share(f"δ = {delta:g}: false discoveries", AT_MOST, _false_share(truth, signs, delta), 1)
    n_right = int((~is_false(truth, signs, delta) & (signs != 0)).sum())
    yield Share(f"δ = {delta:g}: changed examples found", NO_CLAIM, n_right, int((truth != 0).sum()))


def is_false(truth: np.ndarray, signs: np.ndarray, delta: float) -> np.ndarray:
    """Examples that are found, by sign, though they did not change by more than delta, or did the other way, (n,)."""
    return np.asarray((signs != 0) & ((np.abs(truth) <= delta) | (np.sign(truth) != signs)))


def _false_share(truth: np.ndarray, signs: np.ndarray, delta: float) -> float:
    return int(is_false(truth, signs, delta).sum()) / max(int((signs != 0).sum()), 1)


def _by_false_sign_rate(study: HitStudy, found: ExampleChanges) -> Iterator[Found]:
    is_sure = found.posterior.false_sign_rate <= LEVEL
    signs = np.where(is_sure, np.sign(found.beyond.estimate), 0)
    if study.world.is_null:
        claim = RARE if study.world.is_exact else NO_CLAIM
        yield Share("false sign rate ≤ 0.05: share of the examples", claim, int(is_sure.sum()), study.n)
        return
    truth = study.truth.beyond
    n_false, n_sure = int(is_false(truth, signs, 0).sum()), int(is_sure.sum())
    yield Share("false sign rate ≤ 0.05: false among them", AT_MOST, n_false, n_sure)
    yield Share("false sign rate ≤ 0.05: changed examples found", NO_CLAIM, n_sure - n_false, int((truth != 0).sum()))


def _by_votes(study: HitStudy) -> Iterator[Found]:
    """The exact tests of right and wrong, beside it."""
    tests = example_tests(_right(study), seed=0, n_permutations=0)
    found = tests["p_adjusted"].to_numpy() <= LEVEL
    signs = np.where(found, np.sign(tests["estimate"].to_numpy()), 0)
    truth = study.truth.beyond
    yield Share("votes: false discoveries", AT_MOST, _false_share(truth, signs, 0), 1)
    n_right = int((found & ~is_false(truth, signs, 0)).sum())
    yield Share("votes: changed examples found", NO_CLAIM, n_right, int((truth != 0).sum()))


def _right(study: HitStudy) -> Populations:
    return Populations(study.margins[0] > 0, study.margins[1] > 0, study.paired)


def ask_turned(study: HitStudy) -> Iterator[Found]:
    """Answers of the majority that turn, against those that truly do, and examples that are flagged."""
    found = turned_answers(*study.margins, paired=study.paired)
    if not isinstance(found, TurnedAnswers):
        return
    per = study.n / PER
    expected = found.p_lost.sum(), found.p_gained.sum()
    for name, number, true, voted in zip(
        ("lost", "gained"), expected, study.truth.turned, turned_votes(_right(study)), strict=True
    ):
        yield Share(f"{name} of 1,000: truth", NO_CLAIM, int(true.sum()), per)
        yield Share(f"{name} of 1,000: expected", NO_CLAIM, float(number), per)
        yield Share(f"{name} of 1,000: by votes", NO_CLAIM, voted, per)
    yield from _flagged(study, found)


def turned_votes(right: Populations) -> tuple[float, float]:
    """Answers of the majority of these networks that are lost, and gained; a tie is half an answer."""
    before, after = ((1 + np.sign(side.mean(axis=0) - 0.5)) / 2 for side in (right.reference, right.compressed))
    return float((before * (1 - after)).sum()), float(((1 - before) * after).sum())


def _flagged(study: HitStudy, found: TurnedAnswers) -> Iterator[Found]:
    """Examples whose error rate rises, or falls, by more than 0.1 with a probability of 0.9."""
    rises, falls = (p >= FLAGGED for p in found.p_rises(DELTA))
    n_flagged = int(rises.sum() + falls.sum())
    rise = study.truth.rise
    if not rise.any():  # also where logits are smaller or squashed, which leaves the largest of them the largest
        yield Share("flagged examples", RARE, n_flagged, study.n)
        return
    for delta, claim in ((DELTA, FALSE_FLAGS), (DELTA / 2, NO_CLAIM)):
        n_true = int((rises & (rise > delta)).sum() + (falls & (rise < -delta)).sum())
        yield Share(f"flagged: share without a change > {delta:g}", claim, n_flagged - n_true, n_flagged)
    yield Share("flagged of 1,000", NO_CLAIM, n_flagged, study.n / PER)
    n_risen = int((rise > DELTA).sum())
    yield Share("error rate rose by > 0.1: flagged", NO_CLAIM, int((rises & (rise > DELTA)).sum()), n_risen)
