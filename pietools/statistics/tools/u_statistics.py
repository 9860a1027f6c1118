"""Sums over pairs of different networks: estimates without the noise of single networks, and their variance.

The product of what two different networks say of an example has the product of their expectations as its own: the noise
of a network never meets itself. Averaged over all pairs this is the limit of the mean over many random splits into two
disjoint sets, of whatever size, wherever the statistic of a set is a mean over its networks.
"""

import numpy as np

FEWEST_NETWORKS = 4  # the residuals of three networks have no degrees of freedom


def pair_weights(groups: np.ndarray) -> np.ndarray:
    """Weight of each ordered pair of networks in a mean over pairs of different networks, shape (U, U).

    ``groups`` says to which sample each network belongs, shape (U,): 1 / (K_g K_h) between samples, 1 / (K_g (K_g − 1))
    within one and 0 for a network with itself. Samples of one network have no pairs.
    """
    size = np.bincount(groups)[groups]
    weights = 1 / (size[:, None] * np.maximum(size[None, :] - (groups[:, None] == groups), 1))
    np.fill_diagonal(weights, 0)
    return weights


def pair_sum_variance(kernel: np.ndarray, groups: np.ndarray) -> float:
    """Variance of a sum over pairs of networks Σ_{u<v} kernel_uv. Random: the networks.

    Parameters
    ----------
    kernel
        Symmetric, shape (U, U), zero on the diagonal.
    groups
        To which sample each network belongs, 0, 1, …, shape (U,). Networks of different samples are independent.

    Notes
    -----
    Each block of two samples, or of a sample with itself, is an additive table: kernel_uv = mean + effect_u +
    effect_v + residual_uv. The effects of a network add up over the blocks to its influence λ_u, and

        Var = Σ_g K_g Var(λ_u) + Σ_{u<v} Var(residual_uv) .

    Influences from row sums hold residuals too, which are taken off. What is left is never below 0, so that the
    variance is 1.4 to 1.9 times too large on average where networks have no influence but in pairs. The jackknife
    counts the second sum twice, and half-samples three times, because the samples that they draw share their pairs.

    References
    ----------
    Hoeffding (1948), doi:10.1214/aoms/1177730196, for the decomposition; Efron & Stein (1981),
    doi:10.1214/aos/1176345462, for the bias of the jackknife.
    """
    n_groups = int(groups.max()) + 1
    influence, noise, of_pairs = np.zeros(len(groups)), np.zeros(n_groups), 0.0
    for g in range(n_groups):
        own = groups == g
        k = int(own.sum())
        row, residual = _within(kernel[np.ix_(own, own)])
        influence[own] += row
        noise[g] += (k - 1) ** 2 / (k - 2) * residual
        of_pairs += k * (k - 1) / 2 * residual
        for h in range(g + 1, n_groups):
            other = groups == h
            rows, columns, residual = _between(kernel[np.ix_(own, other)])
            influence[own] += rows
            influence[other] += columns
            noise[g] += other.sum() * residual
            noise[h] += k * residual
            of_pairs += k * other.sum() * residual
    linear = sum((groups == g).sum() * (influence[groups == g].var(ddof=1) - noise[g]) for g in range(n_groups))
    return float(max(linear, 0.0) + of_pairs)


def _within(block: np.ndarray) -> tuple[np.ndarray, float]:
    """Effects of networks, times K − 1, and the residual variance of a symmetric block."""
    k = len(block)
    mean = block.sum() / (k * (k - 1))
    effect = (block.sum(axis=1) - (k - 1) * mean) / (k - 2)
    residual = block - mean - effect[:, None] - effect
    np.fill_diagonal(residual, 0)
    return (k - 1) * effect, float((residual**2).sum() / (k * (k - 3)))


def _between(block: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Effects of rows and of columns, times how many they meet, and the residual variance of a block of two samples."""
    n_rows, n_columns = block.shape
    rows, columns = block.mean(axis=1) - block.mean(), block.mean(axis=0) - block.mean()
    residual = block - block.mean() - rows[:, None] - columns
    return rows * n_columns, columns * n_rows, float((residual**2).sum() / ((n_rows - 1) * (n_columns - 1)))
