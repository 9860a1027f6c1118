"""Are the same examples PIEs in two regimes? Correlation of PIE indicators, without the networks' noise: a description.

A PIE is a matter of votes near a tie, and examples with such votes are often the same in both regimes whatever
compression does: with compression that hit unrelated examples, this correlation was still 0.84 to 0.92. So it is shown
beside the same of dense against dense networks, and the question itself is answered by
:mod:`pietools.statistics.regimes.change_correlation`. The networks are random, the examples fixed.
"""

from dataclasses import dataclass

import numpy as np

from pietools.flags import Flag
from pietools.statistics.pies.excess import jackknife_variance
from pietools.statistics.regimes.residuals import Design
from pietools.statistics.tools.ballots import masks
from pietools.statistics.tools.half_samples import NO_INTERVAL, Interval, t_interval
from pietools.statistics.tools.populations import Populations, check_regimes
from pietools.statistics.tools.t_tests import NO_SPREAD

N_SPLITS = 400


@dataclass(frozen=True)
class PieCorrelation:
    """Correlation of the probabilities of being a PIE of ``set_size`` networks, with a 95 % interval.

    It is not kept within [−1, 1]. ``raw`` is the mean correlation of PIE indicators of disjoint sets of A and B,
    ``attenuation`` what it would be if the probabilities were the same up to a factor. ``flag``: ``few-networks`` (no
    two disjoint sets), ``few-examples``, ``no-pies`` (a regime has none that two sets share: no correlation),
    ``no-variance`` (no interval), or None.
    """

    estimate: float | None
    interval: Interval
    raw: float | None
    attenuation: float | None
    set_size: int
    flag: str | None


def pie_correlation(
    labels_a: Populations,
    labels_b: Populations,
    *,
    paired: bool,
    seed: int | list[int],
    covariates: np.ndarray | None = None,
    classes: np.ndarray | None = None,
    set_size: int | None = None,
) -> PieCorrelation:
    """Correlation over examples of the PIE indicators of two regimes, corrected for noise.

    Parameters
    ----------
    labels_a, labels_b
        Predicted labels ≥ 0 of the same examples.
    paired
        Whether row k of each population of A has the replicate name of row k of the same population of B. Then the same
        replicates are drawn in both, and those of A₁ are never those of B₂.
    covariates, classes
        What is taken off, as in :func:`change_correlation`.
    set_size
        Number h of networks whose modal labels decide, ⌊3K/8⌋ of the smallest population by default. Correlations of
        sets of different sizes cannot be compared.

    Notes
    -----
    ρ = mean ½ [cov(A₁, B₂) + cov(A₂, B₁)] / √(mean cov(A₁, A₂) · mean cov(B₁, B₂)) over splits into disjoint sets
    1 and 2 of h networks. The error is the delete-one jackknife of its linear part, as in
    :func:`pietools.statistics.pies.excess.pie_excess`.
    """
    check_regimes(labels_a, labels_b, paired=paired)
    k = min(*labels_a.sizes, *labels_b.sizes)
    h = 3 * k // 8 if set_size is None else set_size
    design = Design.of(labels_a.n_examples, covariates, classes)
    if h < 1 or 2 * h > k or design.df < 1:
        flag = Flag.FEW_EXAMPLES if design.df < 1 else Flag.FEW_NETWORKS
        return PieCorrelation(None, NO_INTERVAL, None, None, h, flag)
    rng = np.random.default_rng(seed)
    sets_a = _disjoint_sets(rng, labels_a, h)
    sets_b = sets_a if paired else _disjoint_sets(rng, labels_b, h)
    products = _products(design, [_pies(labels_a, sets_a), _pies(labels_b, sets_b)])
    kept = [*_members(labels_a, sets_a), *([] if paired else _members(labels_b, sets_b))]
    return _estimate(products / design.df, kept, k, h)


Sets = tuple[np.ndarray, np.ndarray]  # of the reference and of the compressed networks, boolean (splits, 2, K)


def _disjoint_sets(rng: np.random.Generator, labels: Populations, h: int) -> Sets:
    def drawn(k: int) -> np.ndarray:
        turn = rng.permuted(np.tile(np.repeat([1, 2, 0], [h, h, k - 2 * h]), (N_SPLITS, 1)), axis=1)
        return np.stack([turn == 1, turn == 2], axis=1)

    reference = drawn(labels.sizes[0])
    return reference, reference if labels.paired else drawn(labels.sizes[1])


def _members(labels: Populations, sets: Sets) -> list[np.ndarray]:
    """Who is in each split at all, boolean (splits, K) per independent sample of networks."""
    return [np.asarray(members.any(axis=1)) for members in (sets[:1] if labels.paired else sets)]


def _pies(labels: Populations, sets: Sets) -> tuple[np.ndarray, np.ndarray]:
    """Examples that can be a PIE at all, and whether they are in sets 1 and 2 of each split, boolean (splits, 2, examples)."""
    n_reference, n_compressed = labels.sizes
    h = int(sets[0][0, 0].sum())
    ballots = labels.undecided(n_reference, h)
    before = masks(np.pad(sets[0].reshape(-1, n_reference), ((0, 0), (0, n_compressed))))
    after = masks(np.pad(sets[1].reshape(-1, n_compressed), ((0, 0), (n_reference, 0))))
    sides = zip(ballots.portions(before), ballots.portions(after), strict=True)
    found = np.concatenate([ballots.modal_columns(one) != ballots.modal_columns(other) for one, other in sides])
    return ballots.examples, found.reshape(len(found) // 2, 2, found.shape[1])


def _products(design: Design, pies: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Inner products of what is left of the indicators of A₁, A₂, B₁, B₂, shape (splits, 4, 4)."""
    examples = np.union1d(pies[0][0], pies[1][0])
    where = [np.searchsorted(examples, own) for own, _ in pies]
    part = design.within(examples)
    values = np.zeros((4, len(examples)))
    found = np.empty((N_SPLITS, 4, 4))
    for split in range(N_SPLITS):
        values[:2, where[0]] = pies[0][1][split]
        values[2:, where[1]] = pies[1][1][split]
        found[split] = part.products(values)
    return found


def _estimate(products: np.ndarray, kept: list[np.ndarray], k: int, h: int) -> PieCorrelation:
    """From products of each split, and who is in it, boolean (splits, K) per independent sample of networks."""
    between = (products[:, 0, 3] + products[:, 1, 2]) / 2
    within = products[:, 0, 1], products[:, 2, 3]
    a, b = (float(values.mean()) for values in within)
    if min(a, b) <= NO_SPREAD:
        return PieCorrelation(None, NO_INTERVAL, None, None, h, Flag.NO_PIES)
    total = np.einsum("sii->si", products).mean(axis=0)
    of_sets = float(total[:2].mean() * total[2:].mean()) ** 0.5
    rho = float(between.mean()) / (a * b) ** 0.5
    linear = rho + (between - between.mean()) / (a * b) ** 0.5 - rho / 2 * (within[0] / a + within[1] / b - 2)
    variance = sum(jackknife_variance(linear, members) for members in kept)
    interval = t_interval(rho, variance**0.5, k) if variance > NO_SPREAD else NO_INTERVAL
    flag = None if variance > NO_SPREAD else Flag.NO_VARIANCE
    return PieCorrelation(rho, interval, float(between.mean()) / of_sets, (a * b) ** 0.5 / of_sets, h, flag)


def dense_against_dense(reference: np.ndarray, second: np.ndarray | None = None) -> Populations:
    """The baseline: as if a second dense population were compressed.

    Parameters
    ----------
    reference
        Predicted labels of the dense population, shape (K, n).
    second
        Those of a second one, of other replicate names. Without it every other network of the reference stands for it,
        which leaves sets half as large: give :func:`pie_correlation` the same ``set_size`` for both.
    """
    if second is not None:
        return Populations(reference, second, paired=False)
    return Populations(reference[::2], reference[1::2], paired=False)
