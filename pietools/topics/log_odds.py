"""Log odds of the networks of a comparison, and what they say of its examples: read and computed once, for several topics."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pietools.flags import Flag
from pietools.statistics.log_odds.examples import ExampleChanges, example_changes
from pietools.statistics.log_odds.turned import TurnedAnswers, turned_answers
from pietools.statistics.tools.populations import Populations
from pietools.statistics.tools.scalars import log_odds_of_logits
from pietools.topics.comparison import Comparison
from pietools.topics.study_reader import StudyReader, once

OF_LABEL, OF_MODAL = "label", "modal label"
MOST_OF_MODAL = 80.0
"""Log odds of a modal label beyond, nats, may be a probability that was rounded to 0 and stored as a logit."""
HALVES = "halves of the reference"


@dataclass(frozen=True, eq=False)
class LogOdds:
    """Log odds of one class of each example by the networks of two populations, where all of them are known.

    ``sides``: (K_D, n) and (K_C, n), nats. ``examples``: example_id of each, in the order of the keys, (n,). ``n_unknown``:
    examples left out, since some network's are not known. ``of``: the given label, or where none is given the reference's modal
    one.
    """

    sides: Populations
    examples: np.ndarray
    n_unknown: int
    of: str


@once
def log_odds(reader: StudyReader, comparison: Comparison) -> LogOdds | None:
    """The log odds of a comparison; None where they are not known of any example."""
    names = comparison.reference, comparison.compressed
    if comparison.is_labelled:
        examples = reader.labelled_by_key(comparison.dataset)
        sides = [reader.scalars("label_log_odds", name, comparison.dataset) for name in names]
        found = _known(sides, examples, paired=comparison.is_paired, of=OF_LABEL)
        n_with = sum(int(np.isfinite(side).any(axis=1).sum()) for side in sides) if found is None else 0
        if n_with:
            reader.warn(
                f"log odds are known of {n_with} of {sum(map(len, sides))} networks, and of no example by all: single examples "
                "are asked by votes. Collect or import the others with logits or probabilities.",
                comparison,
            )
        return found
    if any("logits" not in reader.study.recordings(name, comparison.dataset) for name in names):
        return None
    examples = reader.by_key(comparison.dataset)
    classes = reader.modal_labels(comparison.reference, comparison.dataset)
    sides = []
    for name in names:
        of_modal = [log_odds_of_logits(one, classes)[0] for one in reader.study.each_logits(name, comparison.dataset)]
        side = np.stack(of_modal)[:, examples]
        sides.append(np.where(np.abs(side) <= MOST_OF_MODAL, side, np.nan))
    return _known(sides, examples, paired=comparison.is_paired, of=OF_MODAL)


def _known(sides: list[np.ndarray], examples: np.ndarray, *, paired: bool, of: str) -> LogOdds | None:
    known = np.logical_and(*(np.isfinite(side).all(axis=0) for side in sides))
    if not known.any():
        return None
    return LogOdds(Populations(sides[0], sides[1], paired).on(known), examples[known], int((~known).sum()), of)


@once
def changes(reader: StudyReader, comparison: Comparison) -> ExampleChanges | Flag | None:
    """What log odds say of single examples; None without log odds, and why where they say nothing."""
    found = log_odds(reader, comparison)
    if found is None:
        return None
    return example_changes(found.sides.reference, found.sides.compressed, paired=found.sides.paired)


@once
def control(reader: StudyReader, comparison: Comparison) -> tuple[str | None, ExampleChanges | None]:
    """The same between dense and dense networks: a second dense population, or halves of the reference; and which."""
    found, second = log_odds(reader, comparison), reader.second_dense(comparison)
    if found is None:
        return None, None
    name, sides = HALVES, (found.sides.reference[::2], found.sides.reference[1::2])
    if second is not None and found.of == OF_LABEL:
        other = reader.scalars("label_log_odds", second, comparison.dataset, found.examples)
        if np.isfinite(other).all():
            name, sides = second, (found.sides.reference, other)
    # Whatever is compared with one reference has the same control, if log odds of the same examples are known.
    key = "between dense", comparison.dataset, comparison.reference, name, found.of, found.examples.tobytes()
    between = reader.answer(key, lambda: example_changes(*sides, paired=False))
    return (name, between) if isinstance(between, ExampleChanges) else (None, None)


@once
def turned(reader: StudyReader, comparison: Comparison) -> tuple[np.ndarray, TurnedAnswers] | None:
    """Which answers turn with unlimited networks, and example_id of each example; None without logit margins."""
    if not comparison.is_labelled:
        return None
    examples = reader.labelled_by_key(comparison.dataset)
    names = comparison.reference, comparison.compressed
    sides = [reader.scalars("logit_margin", name, comparison.dataset) for name in names]
    found = _known(sides, examples, paired=comparison.is_paired, of=OF_LABEL)
    if found is None:
        return None
    answers = turned_answers(found.sides.reference, found.sides.compressed, paired=comparison.is_paired)
    return (found.examples, answers) if isinstance(answers, TurnedAnswers) else None


def asked_of_votes(reader: StudyReader, comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Those of the comparisons that votes are asked about: where log odds are not known, or all if everything is asked."""
    return [one for one in comparisons if reader.everything or log_odds(reader, one) is None]
