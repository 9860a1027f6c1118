"""Which regimes can be compared: the same compression of networks that were trained in different ways."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pietools.statistics.tools.populations import Populations
from pietools.study import SECOND_DENSE
from pietools.topics.comparison import Comparison
from pietools.topics.study_reader import DESCRIBED, StudyReader, once

HELD_OUT, HALF = "held-out", "half"
# Half of the networks for difficulty leaves four for the change.
FEWEST_FOR_HALVES = 8
Kind = tuple[str | None, float | None, int | None]
Same = tuple["Member", ...]  # of several regimes, on one data set and of one compression


@dataclass(frozen=True)
class Member:
    """One regime's dense and compressed networks on a data set."""

    regime: str
    comparison: Comparison
    kind: Kind

    @property
    def compression(self) -> str:
        """What was done to the networks, without the name of the regime."""
        name, prefix = self.comparison.compressed, f"{self.regime}/"
        if name.startswith(prefix):
            return name.removeprefix(prefix)
        return "-".join(f"{part:g}" if isinstance(part, float) else str(part) for part in self.kind if part is not None)


@dataclass(frozen=True)
class Pair:
    """The same compression in two regimes on one data set; ``is_paired``: their replicates have the same names."""

    a: Member
    b: Member
    is_paired: bool

    @property
    def pairing(self) -> str:
        """``paired`` or ``unpaired``."""
        return "paired" if self.is_paired else "unpaired"

    @property
    def names(self) -> dict[str, str]:
        """The columns that name a pair in the result tables."""
        return {
            "dataset": self.a.comparison.dataset,
            "compression": self.a.compression,
            "regime_a": self.a.regime,
            "regime_b": self.b.regime,
        }


def members(reader: StudyReader) -> list[Same]:
    """Those compressions that several regimes have."""
    return [same for same in compressed_regimes(reader) if len(same) > 1]


@once
def compressed_regimes(reader: StudyReader) -> list[Same]:
    """Per data set and compression one member for each regime that has it, in the order of the study."""
    found: dict[tuple[str, Kind], dict[str, Member]] = {}
    for comparison in reader.compressions():
        described = comparison.describe(*DESCRIBED)
        reference = reader.describe(comparison.reference, "role", "regime")
        is_usable = (
            described["role"] == "compressed"
            and reference == {"role": "dense", "regime": described["regime"]}
            and described["regime"] is not None
        )
        if is_usable:
            kind = described["method"], described["sparsity"], described["bits"]
            of_regimes = found.setdefault((comparison.dataset, kind), {})
            first = of_regimes.setdefault(described["regime"], Member(described["regime"], comparison, kind))
            if first.comparison != comparison:
                reader.warn(
                    f"left out of the comparison of regimes: {first.comparison.compressed} has the same method, sparsity and bits.",
                    f"{comparison.compressed} on {comparison.dataset}",
                )
    return [tuple(of_regimes.values()) for of_regimes in found.values()]


@once
def pairs(reader: StudyReader) -> list[Pair]:
    """Every two regimes with the same compression; paired if the replicates of all four populations have the same names."""
    return [
        Pair(
            a,
            b,
            a.comparison.is_paired and b.comparison.is_paired and _replicates(reader, a) == _replicates(reader, b),
        )
        for same in members(reader)
        for a, b in combinations(same, 2)
    ]


@once
def pairs_with_itself(reader: StudyReader) -> list[Pair]:
    """Regimes whose second dense networks were compressed as the first were: what a regime has in common with itself."""
    found = []
    for same in compressed_regimes(reader):
        for member in same:
            again = next((one for one in reader.several(reader.originals()) if _is_again(reader, member, one)), None)
            if again is not None:
                found.append(Pair(member, Member(member.regime, again, member.kind), is_paired=False))
    return found


def _is_again(reader: StudyReader, member: Member, other: Comparison) -> bool:
    """Whether a comparison is of the same compression in the same regime, of networks from fresh seeds."""
    described = other.describe("role", "regime", "method", "sparsity", "bits")
    reference = reader.describe(other.reference, "regime", "method")
    return (
        other.dataset == member.comparison.dataset
        and described.pop("role") == "control"
        and tuple(described.values()) == (member.regime, *member.kind)
        and reference == {"regime": member.regime, "method": SECOND_DENSE}
    )


def _replicates(reader: StudyReader, member: Member) -> list[str]:
    return reader.replicates(member.comparison.reference, member.comparison.dataset)


@dataclass(frozen=True)
class Difficulty:
    """How hard the labelled examples are for networks that have no part in the change: columns (n, q), or None.

    ``kind``: ``held-out`` (second dense populations), ``half`` (every other reference network), or None: nothing can be held
    out.
    """

    kind: str | None
    columns: np.ndarray | None

    def left_for_change(self, networks: np.ndarray) -> np.ndarray:
        """The networks (K, n) of a population that have no part in the difficulty."""
        return networks[1::2] if self.kind == HALF else networks


def difficulty(reader: StudyReader, regimes: list[Member]) -> Difficulty:
    """Error rates and mean margins of other dense networks of some regimes, with their squares.

    Compression moves all logits somewhat, which changes error rates most at medium difficulty: hence the squares.
    """
    seconds = [reader.second_dense(member.comparison) for member in regimes]
    populations = [second or member.comparison.reference for second, member in zip(seconds, regimes, strict=True)]
    dataset = regimes[0].comparison.dataset
    right = [reader.right(population, dataset) for population in populations]
    n_networks = min(min(member.comparison.votes.sizes) for member in regimes)
    kind = HELD_OUT if all(seconds) else HALF if n_networks >= FEWEST_FOR_HALVES else None
    step = 2 if kind == HALF else 1
    measures = [1 - matrix[::step].mean(axis=0) for matrix in right]
    margins = [reader.network_properties(population, dataset).by_network("margin") for population in populations]
    rows = reader.labelled_by_key(dataset)
    known = [-margin[::step, rows].mean(axis=0) for margin in margins if margin is not None]
    columns = np.column_stack([*measures, *known])
    return Difficulty(kind, np.hstack([columns, columns**2]) if kind else None)


def right_regime(member: Member, hard: Difficulty) -> Populations:
    """Right answers on the labelled examples, of the networks that have no part in the difficulty."""
    right = member.comparison.labelled.right
    return Populations(hard.left_for_change(right.reference), hard.left_for_change(right.compressed), right.paired)
