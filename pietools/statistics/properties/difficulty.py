"""How hard is an example for the networks? From their logits, or their predicted labels alone.

Loss, margin and EL2N are means of what a study keeps of every prediction (:mod:`pietools.statistics.tools.scalars`), so that
no logits are read again. Entropy is of the mean probabilities, agreement of the votes. The networks are what is
averaged over, the examples stand each for itself.
"""

from collections.abc import Iterable

import numpy as np
import polars as pl

from pietools.statistics.properties.network_means import mean_over_networks, nulls_for_nan
from pietools.statistics.tools.ballots import Ballots
from pietools.statistics.tools.scalars import CHUNK


def loss(scalars: Iterable[pl.DataFrame]) -> pl.Series:
    """Mean of −log p_y in nats, ≥ 0, y the given label; null without one.

    Parameters
    ----------
    scalars
        Per network a frame of n rows as of ``scalars_from_logits``; its column ``loss`` is used.
    """
    return _mean_scalar("loss", scalars, pl.col("loss"))


def margin(scalars: Iterable[pl.DataFrame]) -> pl.Series:
    """Mean of p_y − max_{c≠y} p_c, in [−1, 1]; null without a label. From the column ``margin`` of frames as above.

    The margin of the mean probabilities would be 1 − 2 · label_noise: no second property. This one differs from it
    where the networks' second choices do.
    """
    return _mean_scalar("margin", scalars, pl.col("margin"))


def el2n(scalars: Iterable[pl.DataFrame]) -> pl.Series:
    """Mean of ‖p − onehot(y)‖₂ after training, in [0, √2]; null without a label. From the column ``brier``, its square.

    References
    ----------
    Paul et al. (2021), Deep learning on a data diet, arXiv 2107.07075, definition 2.3; there early in training, on
    training examples: see :func:`~pietools.statistics.properties.forgetting.el2n_early`.
    """
    return _mean_scalar("el2n", scalars, pl.col("brier").sqrt())


def _mean_scalar(name: str, scalars: Iterable[pl.DataFrame], value: pl.Expr) -> pl.Series:
    as_numbers = value.cast(pl.Float64).fill_null(float("nan"))
    return mean_over_networks(name, (frame.select(as_numbers).to_series().to_numpy() for frame in scalars))


def mean_probabilities(logits: Iterable[np.ndarray]) -> np.ndarray:
    """Mean over networks of the softmax, float64, shape (n, m): what entropy and label_noise are of.

    Parameters
    ----------
    logits
        Finite, per network of shape (n, m). Logarithms of probabilities will do.
    """
    total, n_networks = None, 0
    for of_network in logits:
        total = np.zeros(of_network.shape) if total is None else total
        _add_softmax(total, of_network)
        n_networks += 1
    if total is None:
        raise ValueError("mean probabilities need at least one network")
    return total / n_networks


def _add_softmax(total: np.ndarray, logits: np.ndarray) -> None:
    from scipy.special import softmax

    # Chunks that stay in the cache, as in scalars; float16 is for keeping, not for sums.
    dtype = np.result_type(logits, np.float32)
    for start in range(0, len(logits), CHUNK):
        total[start : start + CHUNK] += softmax(logits[start : start + CHUNK].astype(dtype, copy=False), axis=1)


def entropy(mean_probabilities: np.ndarray) -> pl.Series:
    """Entropy of the mean probabilities, shape (n, m), in nats: in [0, log m]. It needs no label."""
    from scipy.stats import entropy as shannon_entropy

    return nulls_for_nan("entropy", np.maximum(shannon_entropy(mean_probabilities, axis=1), 0))


def agreement(predicted_labels: np.ndarray) -> pl.Series:
    """Share of the networks that predict the modal label, in [1/K, 1]; ties need no rule. It needs no given label.

    Parameters
    ----------
    predicted_labels
        Shape (K, n). All null with one network, which always agrees with itself.
    """
    n_networks, n = predicted_labels.shape
    if n_networks < 2:
        return nulls_for_nan("agreement", np.full(n, np.nan))
    ballots = Ballots.count(predicted_labels)
    most = np.zeros(len(ballots.examples), dtype=np.int64)
    for votes in ballots.votes:
        np.maximum(most[: len(votes)], votes, out=most[: len(votes)])
    n_votes = np.full(n, n_networks)
    n_votes[ballots.examples] = most
    return nulls_for_nan("agreement", n_votes / n_networks)
