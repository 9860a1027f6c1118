"""Single pairs of networks: the examples are random, the two networks fixed."""

from pietools.results.table import Row
from pietools.statistics.pairs.difference import detectable_drop, paired_change
from pietools.statistics.pairs.margin import margin_test
from pietools.statistics.pairs.mcnemar import mcnemar
from pietools.topics.comparison import Comparison
from pietools.topics.pairs.tables import PAIRS
from pietools.topics.study_reader import StudyReader

COUNTS = ("n", "n_unlabelled", "lost", "gained", "changed_wrong", "agree", "churn")


def pairs(reader: StudyReader) -> list[Row]:
    """Rows of results.pairs."""
    return [
        row
        for comparison in reader.each(reader.originals())
        if reader.is_single(comparison)
        for row in _pairs(reader, comparison)
    ]


FILL = {PAIRS: pairs}


def _pairs(reader: StudyReader, comparison: Comparison) -> list[Row]:
    names = comparison.reference, comparison.compressed
    reader.warn(
        "one network on a side. What is said of the two holds for these two: that compression did it, and not another run, "
        "only several networks on both sides can show.",
        comparison,
    )
    before, after = (
        dict(reader.accuracies(name, comparison.dataset).select("model_id", "top1").rows()) for name in names
    )
    return [
        _pair(reader, comparison, row)
        | {
            "reference_accuracy": before[row["reference_model_id"]],
            "compressed_accuracy": after[row["compressed_model_id"]],
        }
        for row in reader.study.change_counts(*names, comparison.dataset).to_dicts()
    ]


def _pair(reader: StudyReader, comparison: Comparison, row: Row) -> Row:
    """What is said of a pair besides its accuracies."""
    margin = reader.settings.margin
    found = PAIRS.nothing | {
        **comparison.names,
        "reference_network": row["reference_replicate"],
        "compressed_network": row["compressed_replicate"],
        **{name: row[name] for name in COUNTS},
        "margin": margin,
    }
    if row["lost"] is None:
        return found
    lost, gained, n = row["lost"], row["gained"], row["n"] - row["n_unlabelled"]
    tests, change, test = mcnemar(lost, gained), paired_change(lost, gained, n), margin_test(lost, gained, n, margin)
    return found | {
        "estimate": change.estimate,
        "conf_low": change.conf_low,
        "conf_high": change.conf_high,
        "p_one_sided": float(tests.one_sided),
        "p_better": float(mcnemar(gained, lost).one_sided),
        "p_two_sided": float(tests.two_sided),
        "p_mid": float(tests.mid),
        "p_worse": test.p_worse,
        "p_within": test.p_within,
        "verdict": str(test.verdict),
        "n_needed": test.n_needed,
        "detectable": detectable_drop(lost + gained, n),
    }
