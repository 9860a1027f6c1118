"""How deep in the network is an example decided? From the labels that a k-NN probe predicts at each layer.

Layers count from 0, what the first convolution or linear layer sees. The number of layers, one more than the last,
stands where even the last probe disagrees: nothing recorded is deep enough. Depths are of one architecture, which the
networks share.
"""

from collections.abc import Iterable

import numpy as np
import polars as pl

from pietools.statistics.properties.network_means import mean_over_networks


def prediction_depth(layer_labels: Iterable[np.ndarray], predicted_labels: Iterable[np.ndarray]) -> pl.Series:
    """First layer from which on all probes agree with the network's own prediction: mean depth, in [0, layers].

    Parameters
    ----------
    layer_labels
        Labels of the probes, per network of shape (layers, n), from the input on.
    predicted_labels
        Labels that the network itself predicts, per network of shape (n,).

    References
    ----------
    Baldock et al. (2021), Deep learning through the lens of example difficulty, arXiv 2106.09647, section 2.1.
    """
    pairs = zip(layer_labels, predicted_labels, strict=True)
    return mean_over_networks("prediction_depth", (_depth(probes, predicted) for probes, predicted in pairs))


def label_depth(layer_labels: Iterable[np.ndarray], labels: np.ndarray) -> pl.Series:
    """First layer from which on all probes agree with the given label: mean, in [0, layers]; null without a label.

    An example that a network gets wrong is mostly of the greatest depth there, so that this one contains the error
    rate.

    References
    ----------
    Corti et al. (2022), Studying the impact of magnitude pruning on contrastive learning methods, arXiv 2207.00200.
    """
    depths = (np.where(labels >= 0, _depth(probes, labels), np.nan) for probes in layer_labels)
    return mean_over_networks("label_depth", depths)


def _depth(probes: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Layers before the run of agreement that lasts to the end, shape (n,)."""
    if probes.shape[1:] != target.shape:
        raise ValueError(f"labels of layers of shape {probes.shape} do not fit labels of shape {target.shape}")
    agrees_from_here_on = np.logical_and.accumulate(probes[::-1] == target, axis=0)
    return (len(probes) - np.count_nonzero(agrees_from_here_on, axis=0)).astype(np.float64)
