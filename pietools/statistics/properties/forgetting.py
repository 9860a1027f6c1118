"""How did training go for an example? From its predicted label and EL2N after every epoch.

An epoch's prediction is by the network as it stands at the end of the epoch, for all examples alike; Toneva et al. take
the moment at which an example was last seen.
"""

from collections.abc import Callable, Iterable

import numpy as np
import polars as pl

from pietools.statistics.properties.network_means import mean_over_networks


def forgetting_events(epoch_labels: Iterable[np.ndarray], labels: np.ndarray) -> pl.Series:
    """How often right became wrong from one epoch to the next: mean number, in [0, epochs]; null without a label.

    Parameters
    ----------
    epoch_labels
        Labels predicted after each epoch, per network of shape (epochs, n).
    labels
        Given labels, shape (n,), −1 where there is none.

    Returns
    -------
    polars.Series
        A network that never predicts the label counts the number of its epochs, more than it can forget (half as many):
        such an example is harder than any that was forgotten. :func:`never_learned` tells the two apart. A network of
        one epoch has no value.

    References
    ----------
    Toneva et al. (2019), An empirical study of example forgetting during deep neural network learning, arXiv
    1812.05159, section 3; never learned as in their code, ``order_examples_by_forgetting.py``.
    """
    return _mean_of("forgetting_events", _n_forgotten, epoch_labels, labels)


def never_learned(epoch_labels: Iterable[np.ndarray], labels: np.ndarray) -> pl.Series:
    """Share of the networks that predicted the label after no epoch, in [0, 1]; arguments as above."""
    return _mean_of("never_learned", lambda right: np.logical_not(right.any(axis=0)), epoch_labels, labels)


def el2n_early(epoch_el2n: Iterable[np.ndarray], labels: np.ndarray) -> pl.Series:
    """EL2N, ‖p − onehot(y)‖₂, after a tenth of training: mean, in [0, √2]; null without a label.

    Parameters
    ----------
    epoch_el2n
        EL2N after each epoch, per network of shape (epochs, n). Of E epochs the ⌈E/10⌉-th is taken: theirs is the 20th
        of 200.
    labels
        Given labels, shape (n,), −1 where there is none.

    References
    ----------
    Paul et al. (2021), Deep learning on a data diet: finding important examples early in training, arXiv 2107.07075.
    """
    early = (of_network[-(-len(of_network) // 10) - 1] for of_network in epoch_el2n)
    return mean_over_networks("el2n_early", (np.where(labels >= 0, values, np.nan) for values in early))


def _mean_of(
    name: str, measure: Callable[[np.ndarray], np.ndarray], epoch_labels: Iterable[np.ndarray], labels: np.ndarray
) -> pl.Series:
    """Mean of a measure of who is right after which epoch, boolean (epochs, n), where there is a label."""
    values = (np.where(labels >= 0, measure(of_network == labels), np.nan) for of_network in epoch_labels)
    return mean_over_networks(name, values)


def _n_forgotten(right: np.ndarray) -> np.ndarray:
    if len(right) < 2:
        return np.full(right.shape[1], np.nan)
    n_forgotten = np.count_nonzero(right[:-1] & ~right[1:], axis=0)
    return np.where(right.any(axis=0), n_forgotten, len(right))
