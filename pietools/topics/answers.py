"""What the answers of networks add up to, counted in arrays that are read once, as the macros of sql/macros.sql count in a file."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import polars as pl

from pietools.statistics.tools.ballots import Ballots, masks
from pietools.statistics.tools.populations import Populations

TOP = 5
DIGITS = 12  # of means, as the macro rounds them
MEANS = {"mean_loss": "loss", "mean_brier": "brier", "mean_confidence": "confidence"}
SCALARS = ("label_rank", *MEANS.values())
"""Numbers of each prediction that :func:`accuracies` takes."""


def accuracies(predicted: np.ndarray, labels: np.ndarray, scalars: dict[str, np.ndarray]) -> pl.DataFrame:
    """The macro ``accuracy`` without the names: a row per network, of predicted labels (K, n), labels (n,), scalars (K, n) each."""
    given = labels >= 0
    columns = {
        "n_labelled": np.full(len(predicted), int(given.sum())),
        "top1": _means((predicted == labels)[:, given].astype(float)),
        "top5": _means(np.where(np.isnan(scalars["label_rank"]), np.nan, scalars["label_rank"] < TOP)),
        **{name: _means(scalars[column]).round(DIGITS) for name, column in MEANS.items()},
    }
    return pl.DataFrame(columns, nan_to_null=True)


def _means(values: np.ndarray) -> np.ndarray:
    """Mean of each row over what is known, NaN where nothing is."""
    known = np.isfinite(values)
    n = known.sum(axis=1)
    return np.where(n > 0, np.where(known, values, 0).sum(axis=1) / np.maximum(n, 1), np.nan)


def recalls(predicted: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The macro ``class_recall``: labels that occur (m,), their numbers of examples (m,), and the recalls (K, m)."""
    given = labels >= 0
    classes, place, n = np.unique(labels[given], return_inverse=True, return_counts=True)
    right = predicted[:, given] == labels[given]
    counts = np.stack([np.bincount(place[row], minlength=len(classes)) for row in right])
    return classes, n, counts / n


def squared_votes(ballots: Ballots, n_examples: int) -> int:
    """Sum over examples and classes of the squared number of votes; all networks agree on what is on no ballot."""
    contested = sum(int((votes.astype(np.int64) ** 2).sum()) for votes in ballots.votes)
    return contested + (n_examples - len(ballots.examples)) * ballots.n_networks**2


def churn(ballots: Ballots, n_examples: int) -> float | None:
    """The macro ``churn``: share of predictions that differ between two networks; None for a single one, or no examples."""
    k = ballots.n_networks
    n_pairs = n_examples * k * (k - 1)
    return 1 - (squared_votes(ballots, n_examples) - n_examples * k) / n_pairs if n_pairs else None


def modal_labels(ballots: Ballots, predicted: np.ndarray) -> np.ndarray:
    """The macro ``modal_labels``: the class that most networks predict, ties to the lowest, (n,); of labels (K, n)."""
    return _modal(ballots, np.ones(ballots.n_networks, dtype=bool), predicted[0])


def _modal(ballots: Ballots, members: np.ndarray, agreed: np.ndarray) -> np.ndarray:
    labels = agreed.copy()
    labels[ballots.examples] = ballots.labels_of(ballots.modal_columns(masks(members[None])[0]))
    return labels


def pies(votes: Populations) -> pl.DataFrame:
    """The macro ``pies``: ``position`` of each PIE in the votes, ``direction`` (null without a label), ``is_tied``."""
    ballots, (n_reference, n_compressed) = votes.ballots, votes.sizes
    is_reference = np.arange(n_reference + n_compressed) < n_reference
    before, after = (_modal(ballots, members, votes.reference[0]) for members in (is_reference, ~is_reference))
    ties = [ballots.is_tied(mask) for mask in masks(np.stack([is_reference, ~is_reference]))]
    is_tied = np.zeros(votes.n_examples, dtype=bool)
    is_tied[ballots.examples] = ties[0] | ties[1]
    labels = np.full(votes.n_examples, -1) if votes.labels is None else votes.labels
    found = np.flatnonzero(before != after)
    return pl.DataFrame(
        {
            "position": found,
            "before": before[found],
            "after": after[found],
            "label": labels[found],
            "is_tied": is_tied[found],
        }
    ).select(
        "position",
        direction=pl.when(pl.col("label") < 0)
        .then(None)
        .when(pl.col("before") == pl.col("label"))
        .then(pl.lit("forgotten"))
        .when(pl.col("after") == pl.col("label"))
        .then(pl.lit("recovered"))
        .otherwise(pl.lit("moved")),
        is_tied="is_tied",
    )


def flips(votes: Populations) -> pl.DataFrame:
    """The macro ``flips`` without the names: shares harmful, beneficial, wrong_to_wrong (null without labels) and total.

    A row per pair of networks: matched ones if the design is paired, else every pair.
    """
    k_reference, k_compressed = votes.sizes
    pairs = ((k, k) for k in range(k_reference)) if votes.paired else product(range(k_reference), range(k_compressed))
    labels = np.full(votes.n_examples, -1) if votes.labels is None else votes.labels
    given = labels >= 0
    return pl.DataFrame(
        [_flips(votes.reference[one], votes.compressed[other], labels, given) for one, other in pairs],
        schema=dict.fromkeys(("harmful", "beneficial", "wrong_to_wrong", "total"), pl.Float64),
        orient="row",
    )


def _flips(before: np.ndarray, after: np.ndarray, labels: np.ndarray, given: np.ndarray) -> tuple[float | None, ...]:
    changed = before != after
    if not given.any():
        return None, None, None, float(changed.mean())
    was_right, is_right = before == labels, after == labels
    harmful, beneficial = was_right & ~is_right, ~was_right & is_right
    wrong = changed & ~was_right & ~is_right & given
    n = given.sum()
    return *(float(kind.sum() / n) for kind in (harmful, beneficial, wrong)), float(changed.mean())


def are_matched(one: Sequence[str | None], other: Sequence[str | None]) -> bool:
    """The macro ``pairing``: whether the replicate names of both populations are given and equal."""
    return None not in [*one, *other] and sorted(map(str, one)) == sorted(map(str, other))
