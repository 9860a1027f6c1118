"""The mean over networks, for properties that each network has a value of."""

from collections.abc import Iterable
from itertools import chain

import numpy as np
import polars as pl


def mean_over_networks(name: str, values: Iterable[np.ndarray]) -> pl.Series:
    """Mean of what each network says of every example.

    Parameters
    ----------
    values
        Per network an array of shape (n,), NaN where it has no value.

    Returns
    -------
    polars.Series
        Float64: the mean over the networks that have a value, null where none has.

    Raises
    ------
    ValueError
        If there are no networks, or they have different numbers of examples.
    """
    rest = iter(values)
    first = next(rest, None)
    if first is None:
        raise ValueError(f"{name} needs at least one network")
    total, n_networks = np.zeros(first.shape), np.zeros(first.shape, dtype=np.int64)
    for of_network in chain([first], rest):
        if of_network.shape != first.shape:
            raise ValueError(f"{name} of {of_network.shape} and of {first.shape} examples")
        is_known = ~np.isnan(of_network)
        total += np.where(is_known, of_network, 0)
        n_networks += is_known
    mean = np.divide(total, n_networks, out=np.full(len(total), np.nan), where=n_networks > 0)
    return nulls_for_nan(name, mean)


def nulls_for_nan(name: str, values: np.ndarray) -> pl.Series:
    """Values of shape (n,) as a Series, null where they are NaN."""
    return pl.Series(name, values, dtype=pl.Float64, nan_to_null=True)
