"""Flips: predictions of single networks that compression changed."""

from pietools.conventions import LEVEL
from pietools.results.table import Row
from pietools.statistics.accuracy.agreement import mean_and_sd_of
from pietools.statistics.pairs.mcnemar import mcnemar
from pietools.statistics.pies.churn import excess_churn
from pietools.topics import answers
from pietools.topics.comparison import Comparison
from pietools.topics.flips.tables import CHURN, FLIPS
from pietools.topics.study_reader import StudyReader

KINDS = ("harmful", "beneficial", "wrong_to_wrong", "total")


def flips(reader: StudyReader) -> list[Row]:
    """Rows of results.flips."""
    return reader.over(_flips, reader.originals())


def churn(reader: StudyReader) -> list[Row]:
    """Rows of results.flips_churn."""
    return reader.over(_churn, reader.several(reader.originals()))


FILL = {CHURN: churn, FLIPS: flips}


def _churn(reader: StudyReader, comparison: Comparison) -> Row:
    found = vars(excess_churn(comparison.votes))
    return comparison.names | {
        {"compressed": "compressed_again"}.get(name, name): value for name, value in found.items()
    }


def _flips(reader: StudyReader, comparison: Comparison) -> Row:
    pairs = answers.flips(comparison.votes)
    n_labelled, changed = reader.n_labelled(comparison.dataset), None
    if n_labelled:
        harmful, beneficial = ((pairs[name] * n_labelled).round().to_numpy() for name in ("harmful", "beneficial"))
        changed = int((mcnemar(harmful, beneficial).two_sided <= LEVEL).sum())
    return {
        **comparison.names,
        "n_pairs": pairs.height,
        **{name: mean_and_sd_of(pairs[name])[0] for name in KINDS},
        "total_sd": mean_and_sd_of(pairs["total"])[1],
        "reference_churn": reader.churn(comparison.reference, comparison.dataset),
        "compressed_churn": reader.churn(comparison.compressed, comparison.dataset),
        "n_pairs_changed": changed,
    }
