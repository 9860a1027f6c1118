"""Flips: predictions of single networks that compression changed."""

from pietools.conventions import LEVEL
from pietools.results.table import Row
from pietools.statistics.accuracy.agreement import mean_and_sd_of
from pietools.statistics.pairs.mcnemar import mcnemar
from pietools.topics.comparison import Comparison
from pietools.topics.flips.tables import FLIPS
from pietools.topics.study_reader import StudyReader

KINDS = ("harmful", "beneficial", "wrong_to_wrong", "total")


def flips(reader: StudyReader) -> list[Row]:
    """Rows of results.flips."""
    return [_flips(reader, comparison) for comparison in reader.each(reader.originals())]


FILL = {FLIPS: flips}


def _flips(reader: StudyReader, comparison: Comparison) -> Row:
    pairs = reader.study.flips(comparison.reference, comparison.compressed, comparison.dataset)
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
