"""How much does one unit stand out in an example's features? The self-supervised quality score."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from pietools.statistics.properties.network_means import mean_over_networks


def q_score(features: Iterable[np.ndarray]) -> pl.Series:
    """((max h − mean h) / std h) / ‖h‖₁ of the L2-normalised latent h, in [0, √(width − 1)]: low if nothing stands out.

    Parameters
    ----------
    features
        Per network of shape (n, width), finite.

    Returns
    -------
    polars.Series
        Mean over networks. A latent whose entries are all the same (so all 0) has none: its z-score is 0/0, and any
        value is a limit.

    Notes
    -----
    The standard deviation is over the entries of h, divided by width. The largest value belongs to a latent of a single
    active unit.

    References
    ----------
    Kalibhat et al. (2022), Measuring self-supervised representation quality for downstream classification using
    discriminative features, arXiv 2203.01881. Corti et al. (2022), arXiv 2207.00200.
    """
    return mean_over_networks("q_score", (_q_score(of_network.astype(np.float64)) for of_network in features))


def _q_score(h: np.ndarray) -> np.ndarray:
    has_spread = (h != h[:, :1]).any(axis=1)
    values = np.full(len(h), np.nan)
    h = h[has_spread]
    # Normalising leaves the z-score as it is and divides the L1 norm by the L2 norm.
    z_score = (h.max(axis=1) - h.mean(axis=1)) / h.std(axis=1)
    values[has_spread] = z_score * np.linalg.norm(h, axis=1) / np.abs(h).sum(axis=1)
    return values
