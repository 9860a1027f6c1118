"""Annotations: which categories are commoner among hit examples, and do annotators agree?"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.results.table import Row
from pietools.statistics.annotations.agreement import Agreement, cohen, fleiss
from pietools.statistics.pairs.difference import paired_change
from pietools.statistics.pairs.mcnemar import mcnemar
from pietools.statistics.tools.multiplicity import adjust
from pietools.study import Sample
from pietools.topics.annotations.tables import AGREEMENT, ANNOTATIONS
from pietools.topics.study_reader import StudyReader


def categories(reader: StudyReader) -> list[Row]:
    """Rows of results.annotations."""
    return [row for sample, coded in _coded(reader) for row in _of_sample(sample, coded)]


def agreement(reader: StudyReader) -> list[Row]:
    """Rows of results.annotations_agreement."""
    return [row for sample, coded in _coded(reader) for row in _agreement(sample, coded)]


FILL = {ANNOTATIONS: categories, AGREEMENT: agreement}


def _coded(reader: StudyReader) -> Iterator[tuple[Sample, pl.DataFrame]]:
    """Each sample of which something was coded."""
    for sample in reader.study.samples():
        coded = reader.study.coded(sample)
        if coded.height and sample.predictions_digest != reader.study.predictions_digest(sample):
            reader.warn("coded by hand for other networks of these names: left out.", sample.compressed)
        elif coded.height:
            yield sample, coded


def _of_sample(sample: Sample, coded: pl.DataFrame) -> Iterator[Row]:
    """A row per category; that it applies is what more than half of those say who coded the example."""
    n_annotators = coded["annotator"].n_unique()
    rows = []
    for category in sample.codebook:
        of_category = coded.filter(category=category.name)
        shares = dict(of_category.group_by("example_id").agg(pl.col("is_present").mean()).iter_rows())
        pairs = [(hit, other) for hit, other in sample.pairs if hit in shares and other in shares]
        applies = np.array([[shares[one] > 0.5 for one in pair] for pair in pairs], bool).reshape(-1, 2)
        rows.append((category.name, applies))
    tests = [float(mcnemar(*_only(applies)).two_sided) if len(applies) else np.nan for _, applies in rows]
    for (name, applies), p, p_adjusted in zip(rows, tests, adjust(np.array(tests), "holm"), strict=True):
        yield _names(sample) | _row(name, applies, n_annotators, float(p), float(p_adjusted))


def _row(name: str, applies: np.ndarray, n_annotators: int, p: float, p_adjusted: float) -> Row:
    only_hit, only_other = _only(applies)
    n = len(applies)
    row: Row = {
        "category": name,
        "n_annotators": n_annotators,
        "n_pairs": n,
        "n_only_hit": only_hit,
        "n_only_other": only_other,
    }
    if not n:
        numbers = ("share_hit", "share_other", "estimate", "conf_low", "conf_high", "p_value", "p_adjusted")
        return row | dict.fromkeys(numbers)
    change = paired_change(only_other, only_hit, n)
    return row | {
        "share_hit": float(applies[:, 0].mean()),
        "share_other": float(applies[:, 1].mean()),
        "estimate": change.estimate,
        "conf_low": change.conf_low,
        "conf_high": change.conf_high,
        "p_value": p,
        "p_adjusted": p_adjusted,
    }


def _only(applies: np.ndarray) -> tuple[int, int]:
    """Pairs in which a category applies to the hit example alone, and to the other alone."""
    return int((applies[:, 0] & ~applies[:, 1]).sum()), int((applies[:, 1] & ~applies[:, 0]).sum())


def _agreement(sample: Sample, coded: pl.DataFrame) -> Iterator[Row]:
    """Rows of each category: every pair of annotators, and all if they are more than two."""
    people = sorted(coded["annotator"].unique())
    for category in sample.codebook:
        of_category = coded.filter(category=category.name)
        said = [
            dict(of_category.filter(annotator=one).select("example_id", "is_present").iter_rows()) for one in people
        ]
        for first, second in combinations(range(len(people)), 2):
            both = _of_all([said[first], said[second]])
            found = cohen(both[:, 0], both[:, 1])
            yield _names(sample) | _agreed(category.name, people[first], people[second], len(both), found)
        if len(people) > 2:
            everyone = _of_all(said)
            yield _names(sample) | _agreed(
                category.name, None, None, len(everyone), fleiss(everyone.sum(axis=1), len(people))
            )


def _of_all(said: Sequence[dict[int, bool]]) -> np.ndarray:
    """What each (column) said of the examples (rows) that all of them coded."""
    shared = sorted(set(said[0]).intersection(*said[1:]))
    return np.array([[one[example] for one in said] for example in shared], bool).reshape(-1, len(said))


def _agreed(category: str, first: str | None, second: str | None, n: int, found: Agreement) -> Row:
    why = Flag.NO_VARIANCE if n else Flag.NO_EXAMPLES
    return {
        "category": category,
        "annotator_a": first,
        "annotator_b": second,
        "n_examples": n,
        "agreement": found.agreement,
        "estimate": found.kappa,
        "std_error": found.std_error,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "flag": why if found.kappa is None else None,
    }


def _names(sample: Sample) -> Row:
    return {"reference": sample.reference, "compressed": sample.compressed, "dataset": sample.dataset}
