"""The examples that people look at, by kind, with their pictures: those first whose answers changed most."""

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import polars as pl
from scipy.special import expit

from pietools.results.gallery import NEVER_AGREED, Entry, Strip
from pietools.topics.comparison import Comparison
from pietools.topics.examples.log_odds_tables import HIT
from pietools.topics.study_reader import StudyReader

IN_REPORT = 12
NAMES = ("reference", "compressed", "dataset")


def strips(
    reader: StudyReader,
    changes: pl.DataFrame,
    *,
    kinds: Iterable[str] = (HIT,),
    most: int = IN_REPORT,
    only: Container[str] = (),
) -> Iterator[Strip]:
    """Examples of each comparison with something compressed.

    Parameters
    ----------
    changes
        Rows of results.examples_changes.
    kinds
        Of :data:`~pietools.results.gallery.KINDS`.
    most
        Examples of a kind and comparison.
    only
        Compressed populations, by default all.

    Notes
    -----
    Most that were hit are still answered as before, where nothing is to be seen: those come first whose votes changed most, of
    them those whose estimated error rate did.
    """
    kinds = tuple(kinds)
    hit_in = _hit_in(reader, changes)
    for comparison in reader.labelled():
        if not reader.is_compressed(comparison.names) or (only and comparison.compressed not in only):
            continue
        rows = changes.filter(**comparison.names)
        for kind in kinds:
            found = _of_kind(comparison, rows, kind)
            if found.height:
                entries = tuple(_entries(reader, comparison, found.head(most).to_dicts(), hit_in))
                yield Strip(**comparison.names, kind=kind, n_found=found.height, entries=entries)


def _hit_in(reader: StudyReader, changes: pl.DataFrame) -> dict[tuple[str, int], list[str]]:
    """Per data set and example the compressed populations that it was hit in."""
    hit = changes.filter(finding=HIT)
    found: dict[tuple[str, int], list[str]] = {}
    for row in hit.select(*NAMES, "example_id").to_dicts():
        if reader.is_compressed(row):
            populations = found.setdefault((row["dataset"], row["example_id"]), [])
            populations += [row["compressed"]] if row["compressed"] not in populations else []
    return found


def _of_kind(comparison: Comparison, rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Examples of a kind, example_id and estimate, in the order in which they are shown.

    Where log odds are known the majority's turning says nothing more.
    """
    if kind == NEVER_AGREED:
        return _never_agreed(comparison)
    if kind not in ("forgotten", "recovered"):
        of_kind = rows.filter((pl.col("finding") == kind) | (pl.col("turned") == kind))
        votes = _votes_moved(comparison, of_kind["example_id"].to_numpy())
        fell = (pl.col("error_reference") - pl.col("error_compressed")).abs()
        ordered = of_kind.with_columns(votes=pl.Series(votes, dtype=pl.Float64))
        return ordered.sort(-pl.col("votes"), -fell, "example_id", nulls_last=True).select("example_id", "estimate")
    if rows["estimate"].count():
        return rows.clear().select("example_id", "estimate")
    pies = comparison.pies.filter(direction=kind)
    is_shown = np.isin(comparison.examples, pies["example_id"].to_numpy())
    before, after = (side[:, is_shown] for side in (comparison.votes.reference, comparison.votes.compressed))
    given = comparison.given_labels[is_shown[comparison.has_label]]
    change = np.abs((before == given).mean(axis=0) - (after == given).mean(axis=0))
    shown = pl.DataFrame({"example_id": comparison.examples[is_shown], "change": change})
    ordered = shown.sort(-pl.col("change"), "example_id")
    return ordered.select("example_id", estimate=pl.lit(None, pl.Float64))


def _votes_moved(comparison: Comparison, examples: np.ndarray) -> np.ndarray:
    """By how much the share of networks that are right changed, of some examples."""
    place = {int(example): n for n, example in enumerate(comparison.examples)}
    columns = [place[int(example)] for example in examples]
    before, after = (side[:, columns] for side in (comparison.votes.reference, comparison.votes.compressed))
    given = np.full(len(comparison.has_label), -1)
    given[comparison.has_label] = comparison.given_labels
    labels = given[columns]
    return np.abs((before == labels).mean(axis=0) - (after == labels).mean(axis=0))


def _never_agreed(comparison: Comparison) -> pl.DataFrame:
    """Examples of which no class has more than half of the votes on either side, those first whose votes are most scattered."""
    shares = [_modal_share(side) for side in (comparison.votes.reference, comparison.votes.compressed)]
    highest = np.maximum(*shares)
    found = np.flatnonzero((highest <= 0.5) & comparison.has_label)
    ordered = found[np.argsort(highest[found], kind="stable")]
    return pl.DataFrame({"example_id": comparison.examples[ordered]}).with_columns(estimate=pl.lit(None, pl.Float64))


def _modal_share(predicted: np.ndarray) -> np.ndarray:
    """Share of networks (rows) that predict the most frequent class of each example; 1 of a single network."""
    return np.max([(predicted == one).mean(axis=0) for one in predicted], axis=0)


def _entries(
    reader: StudyReader,
    comparison: Comparison,
    rows: Sequence[dict[str, Any]],
    hit_in: dict[tuple[str, int], list[str]],
) -> Iterator[Entry]:
    dataset, populations = comparison.dataset, (comparison.reference, comparison.compressed)
    names, given = reader.dataset(dataset)["class_names"], reader.labels(dataset)
    sides = [reader.predicted(name, dataset) for name in populations]
    keys, examples = reader.keys(dataset), [row["example_id"] for row in rows]
    p_label = _mean_probabilities(reader, populations, dataset, examples)
    pictures, texts = reader.study.thumbnails(dataset, examples), reader.study.texts(dataset, examples)
    properties = reader.study.properties_of(dataset, examples)
    for row, p, png in zip_longest(rows, p_label, pictures):
        example = row["example_id"]
        before, after = (side[:, example] for side in sides)
        yield Entry(
            keys[example],
            names[given[example]],
            (int((before == given[example]).sum()), int((after == given[example]).sum())),
            (len(before), len(after)),
            (names[int(np.bincount(before).argmax())], names[int(np.bincount(after).argmax())]),
            row["estimate"],
            p,
            tuple(hit_in.get((dataset, example), ())),
            png,
            texts.get(example),
            tuple(properties.get(example, {}).items()),
            bool(np.bincount(after).max() * 2 > len(after)),
        )


def _mean_probabilities(
    reader: StudyReader, populations: Sequence[str], dataset: str, examples: Sequence[int]
) -> list[tuple[float, float]]:
    """Mean probability of the class of each example before and after; nothing where log odds are not known."""
    rows = reader.labelled_by_key(dataset)
    place = {int(example): n for n, example in enumerate(rows)}
    both = [
        reader.scalars("label_log_odds", name, dataset)[:, [place[one] for one in examples]] for name in populations
    ]
    if not all(np.isfinite(side).all() for side in both):
        return []
    before, after = (expit(side).mean(axis=0).tolist() for side in both)
    return list(zip(before, after, strict=True))
