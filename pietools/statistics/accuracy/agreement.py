"""How accurate are the networks of a population, and how far do they agree with each other?"""

import numpy as np
import polars as pl


def fleiss_kappa(n_votes: np.ndarray, sum_squared_votes: np.ndarray, n_examples: int, n_networks: int) -> float | None:
    """Fleiss' kappa: agreement of the networks of one population beyond chance.

    Parameters
    ----------
    n_votes
        Votes that each class got over all examples, shape (m,).
    sum_squared_votes
        Sum over examples of the squared votes of each class, shape (m,). (Sums instead of the examples × classes table, which
        has 400 MB for ImageNet.)

    Returns
    -------
    float or None
        1 if all agree everywhere, 0 at chance; None with fewer than two networks or if only one class is ever predicted.

    References
    ----------
    Fleiss (1971), Measuring nominal scale agreement among many raters. doi:10.1037/h0031619
    """
    if n_networks < 2:
        return None
    agreement = (sum_squared_votes.sum() / n_examples - n_networks) / (n_networks * (n_networks - 1))
    by_chance = ((n_votes / (n_examples * n_networks)) ** 2).sum()
    return None if by_chance == 1 else float((agreement - by_chance) / (1 - by_chance))


def mean_and_sd(values: np.ndarray) -> tuple[float | None, float | None]:
    """Mean and sample standard deviation (n − 1) over networks, shape (K,); the sd of one network is None.

    NaN stands for "not known": the mean is None if any value is.
    """
    if not len(values) or not np.isfinite(values).all():
        return None, None
    return float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else None


def mean_and_sd_of(values: pl.Series) -> tuple[float | None, float | None]:
    """The same of a column, to the last bit whatever the order of its rows; null stands for "not known"."""
    return mean_and_sd(np.sort(values.cast(pl.Float64).fill_null(float("nan")).to_numpy()))
