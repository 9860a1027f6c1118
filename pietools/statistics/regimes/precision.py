"""How much each example says of a correlation of changes: less where networks leave its change uncertain."""

import numpy as np

from pietools.statistics.regimes.residuals import Design
from pietools.statistics.tools.populations import Populations

_LEAST = 0.01  # of the mean variance, added before logarithms: two networks can agree by chance
_EXTREMES = (0.05, 0.95)  # quantiles of the variances that the curve does not leave


def precision_weights(
    a: Populations, b: Populations, covariates: np.ndarray, classes: np.ndarray | None = None
) -> np.ndarray | None:
    """Weights of examples, inverse to the variance of the product of their changes in two regimes.

    Parameters
    ----------
    a, b
        A number of each network and example, (K, n), of the same examples.
    covariates
        Design matrix of the examples, (n, q), of which the noise of networks is a function.
    classes
        Class of each example, (n,).

    Returns
    -------
    ndarray or None
        Shape (n,), with mean 1; None if a population has fewer than two networks, or nothing varies.

    Notes
    -----
    1 / ((τ_A² + v_A(i)) (τ_B² + v_B(i))), with τ² the variance over examples of the expected change, beyond covariates and
    classes, and v(i) that of the mean change of example i over networks. Of K networks v(i) is hardly known, and an example
    would be heavy by chance: its logarithm is a linear function of the covariates. With many networks τ² is all there is, and
    all weights are alike.
    """
    if min(*a.sizes, *b.sizes) < 2:
        return None
    design = Design.of(a.n_examples, covariates, classes)
    basis = np.column_stack([np.ones(a.n_examples), covariates])
    of_a, of_b = (_variances(side, design, basis) for side in (a, b))
    if of_a is None or of_b is None:
        return None
    weights = 1 / (of_a * of_b)
    return np.asarray(weights / weights.mean())


def _variances(side: Populations, design: Design, basis: np.ndarray) -> np.ndarray | None:
    """τ² + v(i), (n,): of an observed change about what is explained of it."""
    rows, groups = side.changes()
    samples = [rows[groups == g] for g in range(int(groups.max()) + 1)]
    noise = np.sum([one.var(axis=0, ddof=1) / len(one) for one in samples], axis=0)
    mean = noise.mean()
    if not mean > 0:
        return None
    left = design.residuals(np.sum([one.mean(axis=0) for one in samples], axis=0)[None])[0]
    logs = np.log(noise + _LEAST * mean)
    smooth = np.exp(np.clip(basis @ np.linalg.lstsq(basis, logs)[0], *np.quantile(logs, _EXTREMES)))
    return np.asarray(max(left @ left / max(design.df, 1) - mean, 0.0) + smooth * (mean / smooth.mean()))
