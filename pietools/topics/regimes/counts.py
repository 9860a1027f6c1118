"""Does one regime lose more examples than another: at equal compression, and at equal loss of accuracy?"""

from hashlib import sha256
from itertools import combinations
from typing import Any

from pietools.results.table import Row
from pietools.statistics.regimes.differences import count_differences
from pietools.statistics.regimes.equal_loss import equal_loss_differences
from pietools.statistics.regimes.levels import Levels, Measured, measure
from pietools.topics.regimes.pairs import Member, members
from pietools.topics.study_reader import StudyReader

COMPRESSION = "compression"
# Per regime the members of one ladder, by rising sparsity.
Ladder = dict[str, list[Member]]


def counts(reader: StudyReader) -> list[Row]:
    """Rows of results.regimes_counts."""
    return reader.rows_of(_compared, _ladders(reader))


def _ladders(reader: StudyReader) -> list[Ladder]:
    """Sparsities of one method belong together; any other compression is a ladder of one level."""
    found: dict[Any, Ladder] = {}
    for same in members(reader):
        comparison, (method, sparsity, bits) = same[0].comparison, same[0].kind
        if not comparison.is_labelled:
            continue
        is_level = sparsity is not None and bits is None
        ladder = found.setdefault((comparison.dataset, method if is_level else same[0].kind), {})
        for member in same:
            ladder.setdefault(member.regime, []).append(member)
    return [{regime: sorted(members, key=_sparsity) for regime, members in ladder.items()} for ladder in found.values()]


def _sparsity(member: Member) -> float:
    return member.kind[1] or 0.0


def _compared(reader: StudyReader, ladder: Ladder) -> list[Row]:
    """Every two regimes; the one whose loss the other is brought to by interpolation is each of them in turn."""
    measured = _measured(reader, ladder)
    rows = []
    for one, other in combinations(ladder, 2):
        is_paired = measured[one].seed == measured[other].seed
        differences = count_differences(measured[one], measured[other], paired=is_paired)
        rows += [_named(ladder, one, other, row | {"equal": COMPRESSION}) for row in differences.to_dicts()]
        for a, b in ((one, other), (other, one)):
            if len(ladder[b]) > 1:
                differences = equal_loss_differences(measured[a], measured[b], paired=is_paired)
                rows += [_named(ladder, a, b, row | {"equal": row.pop("scale")}) for row in differences.to_dicts()]
    return rows


def _named(ladder: Ladder, a: str, b: str, row: Row) -> Row:
    """With the columns of results.regimes_counts."""
    is_equal_compression = row["equal"] == COMPRESSION
    sparsity = row.pop("sparsity") if is_equal_compression else row["sparsity_a"]
    member = next(member for member in ladder[a] if _sparsity(member) == sparsity)
    names = {"dataset": member.comparison.dataset, "compression": member.compression, "regime_a": a, "regime_b": b}
    if is_equal_compression:
        return row | names | {"sparsity_a": member.kind[1], "sparsity_b": member.kind[1]}
    loss = row.pop("loss")
    return row | names | {"loss_a": loss, "loss_b": loss}


def _measured(reader: StudyReader, ladder: Ladder) -> dict[str, Measured]:
    """Each regime once, all at the same number of networks."""
    levels = {regime: _levels(members) for regime, members in ladder.items()}
    n_networks = min(size for one in levels.values() for size in one.sizes)
    measured = {}
    for regime, one in levels.items():
        comparison = ladder[regime][0].comparison
        names = reader.replicates(comparison.reference, comparison.dataset) if one.paired else [regime]
        # Matched regimes draw the same replicates, any other has a seed of its own.
        seed = [reader.settings.seed, _number(names)]
        measured[regime] = measure(one, n_networks, seed)
    return measured


def _levels(members: list[Member]) -> Levels:
    return Levels(tuple(member.comparison.votes for member in members), tuple(_sparsity(member) for member in members))


def _number(names: list[str]) -> int:
    return int.from_bytes(sha256("\0".join(names).encode()).digest()[:8], "big")
