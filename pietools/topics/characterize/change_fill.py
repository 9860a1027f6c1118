"""Why these examples? What goes with the change of log odds, at equal difficulty."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from pietools.conventions import DIFFICULTY
from pietools.flags import Flag
from pietools.results.table import Row
from pietools.statistics.characterize.change_regression import (
    Measured,
    Part,
    Term,
    explain_changes,
)
from pietools.statistics.tools.multiplicity import adjust
from pietools.topics.characterize.change_tables import CHANGES
from pietools.topics.characterize.explanation import explanation
from pietools.topics.comparison import Comparison
from pietools.topics.log_odds import log_odds
from pietools.topics.study_reader import StudyReader, once

NOT_BESIDE_DIFFICULTY = ("loss",)
"""What difficulty says already, unless it is asked for."""
Of = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class ExplainedChanges:
    """Log odds of the networks of a comparison, (K, n), on the examples of which everything is known, and what explains them.

    ``of``: difficulty and properties by some of the networks that they are measured on, of which there are ``n_measured``.
    ``too_few``: properties that cannot be measured without one of them.
    """

    names: tuple[str, ...]
    measured_on: str
    is_crossed: bool
    reference: np.ndarray
    compressed: np.ndarray
    paired: bool
    of: Of
    n_measured: int
    n_missing: int
    too_few: tuple[str, ...]

    def terms(self) -> list[Term] | Flag:
        """The regression of compressed against reference networks."""
        if self.n_measured < (4 if self.is_crossed else 2):
            return Flag.FEW_NETWORKS  # one network does not say how well it measures
        if not self.is_crossed:
            measured = Measured.by_networks(self.names, self.of, np.arange(self.n_measured))
            part = Part(measured, np.arange(len(self.reference)), np.arange(len(self.compressed)))
            return explain_changes(self.reference, self.compressed, [part], paired=self.paired)
        halves = [np.arange(start, len(self.reference), 2) for start in (0, 1)]
        parts = [
            Part(
                Measured.by_networks(self.names, self.of, from_),
                changed,
                changed if self.paired else np.arange(len(self.compressed)),
            )
            for from_, changed in (halves, halves[::-1])
        ]
        return explain_changes(self.reference, self.compressed, parts, paired=self.paired)

    def control_terms(self) -> list[Term] | Flag:
        """The same between halves of the reference, where properties come from other networks than these."""
        if self.is_crossed:
            return Flag.FEW_NETWORKS
        measured = Measured.by_networks(self.names, self.of, np.arange(self.n_measured))
        sides = self.reference[::2], self.reference[1::2]
        part = Part(measured, np.arange(len(sides[0])), np.arange(len(sides[1])))
        return explain_changes(*sides, [part], paired=False)


def changes(reader: StudyReader) -> list[Row]:
    """Rows of results.characterize_changes."""
    return reader.rows_of(_changes, reader.explainable())


def _changes(reader: StudyReader, comparison: Comparison) -> Iterator[Row]:
    explained = explained_changes(reader, comparison)
    return iter(()) if explained is None else _rows(comparison, explained)


@once
def explained_changes(reader: StudyReader, comparison: Comparison) -> ExplainedChanges | None:
    """What explains the change of log odds; None without log odds, of this comparison or of networks that measure difficulty."""
    found, explained = log_odds(reader, comparison), explanation(reader, comparison)
    second = reader.second_dense(comparison)
    if found is None:
        return None
    rows = reader.labelled_by_key(comparison.dataset)

    def log_odds_of(population: str) -> np.ndarray:
        return reader.scalars("label_log_odds", population, comparison.dataset)

    if second is not None and not np.isfinite(log_odds_of(second)).all(axis=0).any():
        second = None
    population = second or comparison.reference
    hard = log_odds_of(population)
    asked = reader.settings.explain or ()
    names = tuple(
        name
        for name in (explained.properties.names if explained else ())
        if name not in NOT_BESIDE_DIFFICULTY or name in asked
    )
    fewest = max(1, (len(hard) if second else len(hard) // 2) - 1)
    too_few = tuple(
        name
        for name in names
        if not np.isfinite(_by_networks(reader, comparison, population, (name,))(np.arange(fewest))).any()
    )
    names = tuple(name for name in names if name not in too_few)
    values = _by_networks(reader, comparison, population, names)
    is_known = np.isin(rows, found.examples) & np.isfinite(hard).all(axis=0)
    is_known &= np.isfinite(values(np.arange(len(hard)))).all(axis=1)
    if not is_known.any():
        return None
    sides = found.sides.on(is_known[np.isin(rows, found.examples)])
    return ExplainedChanges(
        names=names,
        measured_on=second or "cross-fitted",
        is_crossed=second is None,
        reference=sides.reference,
        compressed=sides.compressed,
        paired=comparison.is_paired,
        of=lambda networks: (hard[networks][:, is_known].mean(axis=0), values(networks)[is_known]),
        n_measured=len(hard),
        n_missing=int((~is_known).sum()),
        too_few=too_few,
    )


def _by_networks(
    reader: StudyReader,
    comparison: Comparison,
    population: str,
    names: tuple[str, ...],
) -> Callable[[np.ndarray], np.ndarray]:
    """Gives the properties (n, p) of the labelled examples by some of the networks of a population."""
    dataset = comparison.dataset
    rows = reader.labelled_by_key(dataset)
    outside = {name: values[rows] for name, (_, values) in reader.outside_numbers(dataset).items()}
    networks = reader.network_properties(population, dataset)
    everyone = np.arange(networks.n_networks)

    @cache
    def of_all(name: str) -> np.ndarray:
        return networks.values(name, everyone).fill_null(np.nan).to_numpy()[rows]

    def one(name: str, some: np.ndarray) -> np.ndarray:
        if name in outside:
            return outside[name]
        # Of many classes there is time for one measurement, by all networks; its noise is not taken off then.
        if name in networks.large:
            return of_all(name)
        return networks.values(name, some).fill_null(np.nan).to_numpy()[rows]

    def of(some: np.ndarray) -> np.ndarray:
        return np.column_stack([np.empty((len(rows), 0)), *(one(name, some) for name in names)])

    return of


def _rows(comparison: Comparison, explained: ExplainedChanges) -> Iterator[Row]:
    shared = (
        CHANGES.nothing
        | comparison.names
        | {
            "pairing": comparison.pairing,
            "measured_on": explained.measured_on,
            "n": explained.reference.shape[1],
            "n_missing": explained.n_missing,
        }
    )
    yield from (shared | {"term": name, "flag": Flag.FEW_NETWORKS} for name in explained.too_few)
    terms, control = explained.terms(), explained.control_terms()
    if isinstance(terms, Flag):
        yield from (shared | {"term": name, "flag": terms} for name in (DIFFICULTY, *explained.names))
        return
    controls = {} if isinstance(control, Flag) else {term.name: term for term in control}
    p_values = np.array([np.nan if term.p_value is None else term.p_value for term in terms])
    adjusted = [np.nan, *adjust(p_values[1:], "benjamini-hochberg")]
    for term, p_adjusted in zip(terms, adjusted, strict=True):
        row = {name: value for name, value in vars(term).items() if name != "name"}
        beside = controls.get(term.name)
        if beside is not None:
            row |= {
                f"control_{name}": getattr(beside, name) for name in ("estimate", "conf_low", "conf_high", "p_value")
            }
        yield shared | {"term": term.name, "p_adjusted": None if np.isnan(p_adjusted) else float(p_adjusted)} | row
