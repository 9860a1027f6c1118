"""Is the given label wrong? Confident learning on the networks' mean probabilities.

The probabilities must be of examples that the networks were not trained on: a network that has learned a wrong label by
heart is sure of it, and the score is then worse than none.
"""

import numpy as np
import polars as pl

from pietools.statistics.properties.network_means import nulls_for_nan
from pietools.statistics.tools.silenced import silenced


def label_noise(mean_probabilities: np.ndarray, labels: np.ndarray) -> pl.Series:
    """One minus the quality of the label, in [0, 1]: ½ where the mean is tied between it and another class.

    Parameters
    ----------
    mean_probabilities
        Shape (n, m), out of sample, as of ``mean_probabilities``.
    labels
        Given labels, shape (n,), −1 where there is none: null there.

    Notes
    -----
    Quality is cleanlab's normalized margin, (p_y − max_{c≠y} p_c + 1) / 2. All null with a single class.

    References
    ----------
    Northcutt et al. (2021), Confident learning, arXiv 1911.00068. Kuan & Mueller (2022), Model-agnostic label quality
    scoring to detect real-world label errors.
    """
    from cleanlab.rank import get_label_quality_scores

    has_label = _labelled(mean_probabilities, labels)
    values = np.full(len(labels), np.nan)
    if has_label.any() and mean_probabilities.shape[1] > 1:
        quality = get_label_quality_scores(
            labels[has_label], mean_probabilities[has_label], method="normalized_margin", adjust_pred_probs=False
        )
        values[has_label] = np.clip(1 - quality, 0, 1)
    return nulls_for_nan("label_noise", values)


def is_label_issue(mean_probabilities: np.ndarray, labels: np.ndarray) -> pl.Series:
    """Whether confident learning calls the label an issue: Boolean, null without a label.

    Parameters
    ----------
    mean_probabilities, labels
        As in :func:`label_noise`.

    Notes
    -----
    From the confident joint of given and likely labels, as many examples of each pair of classes as are estimated to be
    wrong, those with the largest p_other − p_y (cleanlab's ``prune_by_noise_rate``). The thresholds are the classes'
    mean confidences, so what is called an issue depends on the other examples. A class's only example is
    never one, nor is a label that is as probable as any other. All null if fewer than two classes are given.
    """
    from cleanlab.filter import find_label_issues

    has_label = _labelled(mean_probabilities, labels)
    values = np.zeros(len(labels), dtype=bool)
    is_known = has_label & (len(np.unique(labels[has_label])) > 1)
    if is_known.any():
        with silenced("May not flag all label issues in class"):
            values[is_known] = find_label_issues(
                labels[is_known], mean_probabilities[is_known], filter_by="prune_by_noise_rate", n_jobs=1
            )
    series = pl.Series("is_label_issue", values)
    return pl.select(pl.when(pl.Series(is_known)).then(series).alias(series.name)).to_series()


def _labelled(mean_probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    n, n_classes = mean_probabilities.shape
    if labels.shape != (n,) or labels.max(initial=-1) >= n_classes:
        raise ValueError(f"labels {labels.shape} do not fit probabilities of {n} examples and {n_classes} classes")
    return labels >= 0
