"""Do differences between classes grow? Intensification, and two distances between error rates per class.

The networks are random, the examples and the classes fixed. Errors come from half-samples of the networks.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.tools.half_samples import NO_INTERVAL, Interval, half_sample_interval, half_samples
from pietools.statistics.tools.populations import check_paired
from pietools.statistics.tools.t_tests import NO_SPREAD

FEWEST_CLASSES = 3
FEWEST_NETWORKS = 4  # of each population, for half-samples
CEV_SDE = {
    "measure": pl.String,
    **dict.fromkeys(("estimate", "std_error", "df", "conf_low", "conf_high", "published"), pl.Float64),
    **dict.fromkeys(("n_classes", "n_left_out"), pl.Int64),
    "flag": pl.String,
}
Rates = tuple[np.ndarray, np.ndarray]  # false positive and false negative rates


@dataclass(frozen=True)
class Slope:
    """Slope of the compressed shifted recalls on the reference ones; above 1, differences between classes grow.

    ``estimate``, ``std_error``, ``df``, ``conf_low`` and ``conf_high`` (95 %) are None where ``flag`` says why: ``few-classes``,
    ``one-network``, ``no-spread``; with ``few-networks`` only the interval is missing. ``n_classes`` have examples.
    """

    estimate: float | None
    std_error: float | None
    df: float | None
    conf_low: float | None
    conf_high: float | None
    n_classes: int
    flag: str | None


def intensification(
    recall_reference: np.ndarray,
    recall_compressed: np.ndarray,
    weights: np.ndarray,
    *,
    paired: bool,
    seed: int | list[int],
) -> Slope:
    """How far compression spreads the classes: 1 keeps every class's distance from accuracy, above 1 distances grow.

    The slope through the origin of E r̃^C_c on E r̃^D_c over classes, r̃ = recall − accuracy of the same network. Random: the
    networks. The examples and the classes are fixed.

    Parameters
    ----------
    recall_reference, recall_compressed
        Shapes (K_D, m) and (K_C, m), in [0, 1]. If ``paired``, row k of one matches row k of the other.
    weights
        Share, or number, of the examples that each class has, shape (m,). Classes with 0 are left out.
    seed
        Of the half-samples.

    Raises
    ------
    ValueError
        If the design is paired and K_D ≠ K_C.

    Notes
    -----
    b = (S_xy − s̄_xy / K) / (S_xx − s̄_xx / K_D). S are mean products over classes of the population means; s̄ are (co)variances
    over networks, averaged over classes. s̄_xx / K_D is noise in the means, which pulls a plain slope towards 0; s̄_xy / K is
    noise that matched networks share, and counts only if ``paired``. The half-samples give the error of
    (numerator − b · denominator) / denominator: the linear part of the ratio, finite where a half-sample has no spread.

    References
    ----------
    Good et al. (2022), arXiv 2206.02976, ask the question, and call slopes above 1 intensification. The correction is that of a
    regression with errors in the variables: Fuller (1987), doi:10.1002/9780470316665, section 1.2.
    """
    check_paired(recall_reference, recall_compressed, paired=paired)
    present = weights > 0
    n_classes, share = int(present.sum()), weights[present] / weights.sum()
    x, y = (
        recall[:, present] - recall[:, present] @ share[:, None] for recall in (recall_reference, recall_compressed)
    )
    n_reference, n_compressed = len(x), len(y)
    if n_classes < FEWEST_CLASSES or min(n_reference, n_compressed) < 2:
        return _slope(
            None, NO_INTERVAL, n_classes, Flag.FEW_CLASSES if n_classes < FEWEST_CLASSES else Flag.ONE_NETWORK
        )
    (numerator,), (denominator,) = _noise_free_products(x, y, *_everyone(n_reference, n_compressed), paired=paired)
    if denominator <= NO_SPREAD**2:
        return _slope(None, NO_INTERVAL, n_classes, Flag.NO_SPREAD)
    estimate = float(numerator / denominator)
    if min(n_reference, n_compressed) < FEWEST_NETWORKS:
        return _slope(estimate, NO_INTERVAL, n_classes, Flag.FEW_NETWORKS)
    halves = half_samples(n_reference, n_compressed, paired=paired, seed=seed)
    numerators, denominators = _noise_free_products(x, y, *halves, paired=paired)
    replications = estimate + (numerators - estimate * denominators) / denominator
    interval = half_sample_interval(estimate, replications, n_reference, n_compressed)
    return _slope(estimate, interval, n_classes, None)


def _noise_free_products(
    x: np.ndarray, y: np.ndarray, members_x: np.ndarray, members_y: np.ndarray, *, paired: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Numerator and denominator of the slope in each sample of networks, memberships of shapes (S, K_D) and (S, K_C)."""
    size_x, size_y = members_x.sum(axis=1), members_y.sum(axis=1)
    mean_x, mean_y = members_x @ x / size_x[:, None], members_y @ y / size_y[:, None]
    numerator, denominator = (mean_x * mean_y).mean(axis=1), (mean_x**2).mean(axis=1)
    variance = (members_x @ (x**2).mean(axis=1) / size_x - denominator) * size_x / (size_x - 1)
    if paired:
        covariance = (members_x @ (x * y).mean(axis=1) / size_x - numerator) * size_x / (size_x - 1)
        numerator = numerator - covariance / size_x
    return numerator, denominator - variance / size_x


def _slope(estimate: float | None, interval: Interval, n_classes: int, flag: str | None) -> Slope:
    return Slope(estimate, **asdict(interval), n_classes=n_classes, flag=flag)


def class_error_rates(labels: np.ndarray, predicted: np.ndarray, n_classes: int) -> Rates:
    """False positive and false negative rate of each network and class, one class against the rest.

    Parameters
    ----------
    labels
        Given labels in 0 … n_classes − 1, shape (n,): leave out examples without one.
    predicted
        Predicted labels in 0 … n_classes − 1, shape (K, n).

    Returns
    -------
    tuple
        Two arrays of shape (K, n_classes): #{predicted c, labelled otherwise} / #{labelled otherwise} and
        #{labelled c, predicted otherwise} / #{labelled c}. A class without examples has NaN for the second, one that has all
        of them NaN for the first.

    Raises
    ------
    ValueError
        If a label is outside its range.
    """
    for given in (labels, predicted):
        if given.size and not 0 <= given.min() <= given.max() < n_classes:
            raise ValueError(f"labels lie in 0 … {n_classes - 1}, not {given.min()} … {given.max()}")
    n_labelled = np.bincount(labels, minlength=n_classes)
    n_predicted = np.array([np.bincount(row, minlength=n_classes) for row in predicted])
    n_right = np.array([np.bincount(row[row == labels], minlength=n_classes) for row in predicted])
    n_otherwise = len(labels) - n_labelled
    return (
        (n_predicted - n_right) / np.where(n_otherwise > 0, n_otherwise, np.nan),
        (n_labelled - n_right) / np.where(n_labelled > 0, n_labelled, np.nan),
    )


def cev_sde(rates_reference: Rates, rates_compressed: Rates, *, paired: bool, seed: int | list[int]) -> pl.DataFrame:
    """Combined error variance and symmetric distance error: how unevenly compression changes the errors of the classes.

    Random: the networks. The examples and the classes are fixed.

    Parameters
    ----------
    rates_reference, rates_compressed
        False positive and false negative rates, two arrays of shape (K_D, m) and two of shape (K_C, m), as
        :func:`class_error_rates` gives them. If ``paired``, row k of one matches row k of the other.
    seed
        Of the half-samples.

    Returns
    -------
    polars.DataFrame
        Rows ``cev`` and ``sde`` of ``measure``: ``estimate`` (less its bias), ``std_error``, ``df``, ``conf_low``, ``conf_high``
        (95 %), ``published`` (the formula as it stands), ``n_classes`` (that count), ``n_left_out`` and ``flag``. A class
        without examples, or without false positives or false negatives in the reference population, has no relative change
        and is left out. ``no-errors``: none is left; ``one-class``: one is left, which has no variance. With ``one-network``,
        ``few-networks`` (below four) and ``few-errors`` (none is left in some half-sample) ``published`` is all there is.

    Raises
    ------
    ValueError
        If the design is paired and K_D ≠ K_C.

    Notes
    -----
    With δ the relative change of a rate's mean over networks, (mean_C − mean_D) / mean_D:
    CEV = mean over classes of (δFPR_c − mean δFPR)² + (δFNR_c − mean δFNR)²; SDE = mean over classes of |δFNR_c − δFPR_c|.

    Both are distances, so noise makes them larger: without any effect they are above 0. The bias is about proportional to 1/K,
    so that half-samples show it: bias = (mean of the half-samples − published) · h / (K − h). That takes all of it from CEV, and
    part of it from SDE where classes lie near balance. An estimate of CEV may be below 0.

    References
    ----------
    Blakeney et al. (2021), arXiv 2106.07849; Blakeney et al. (2022), doi:10.1109/NAS55553.2022.9925287, and their code,
    github.com/gentry-atkinson/CEV_SDE_demo.
    """
    check_paired(rates_reference[0], rates_compressed[0], paired=paired)
    sizes = len(rates_reference[0]), len(rates_compressed[0])
    changes = _relative_changes(rates_reference, rates_compressed, _everyone(*sizes))
    n_classes = int(np.isfinite(changes[0]).sum())
    halves = half_samples(*sizes, paired=paired, seed=seed) if min(sizes) >= FEWEST_NETWORKS else None
    in_halves = _relative_changes(rates_reference, rates_compressed, halves) if halves else None
    rows = [
        _distance("cev", _cev, changes, in_halves, sizes, Flag.ONE_CLASS if n_classes == 1 else None),
        _distance("sde", _sde, changes, in_halves, sizes, None),
    ]
    counts = {"n_classes": n_classes, "n_left_out": changes[0].size - n_classes}
    return pl.DataFrame([row | counts for row in rows], schema=CEV_SDE)


def _everyone(n_reference: int, n_compressed: int) -> tuple[np.ndarray, np.ndarray]:
    """Membership of the one sample that has all networks."""
    return np.ones((1, n_reference), dtype=bool), np.ones((1, n_compressed), dtype=bool)


def _relative_changes(reference: Rates, compressed: Rates, members: tuple[np.ndarray, np.ndarray]) -> Rates:
    """Relative changes of both rates in each sample of networks, shapes (S, m); NaN where one of the two has none."""
    means_d, means_c = (
        [networks @ rate / networks.sum(axis=1, keepdims=True) for rate in rates]
        for networks, rates in zip(members, (reference, compressed), strict=True)
    )
    has_errors = (means_d[0] > 0) & (means_d[1] > 0)
    fpr, fnr = (
        np.divide(c - d, d, out=np.full(d.shape, np.nan), where=has_errors)
        for d, c in zip(means_d, means_c, strict=True)
    )
    return fpr, fnr


def _cev(fpr: np.ndarray, fnr: np.ndarray) -> np.ndarray:
    center = _mean_over_classes(fpr)[:, None], _mean_over_classes(fnr)[:, None]
    return _mean_over_classes((fpr - center[0]) ** 2 + (fnr - center[1]) ** 2)


def _sde(fpr: np.ndarray, fnr: np.ndarray) -> np.ndarray:
    return _mean_over_classes(np.abs(fnr - fpr))


def _mean_over_classes(values: np.ndarray) -> np.ndarray:
    """Mean of each row over the classes that have a value; NaN if none has."""
    n_known = np.isfinite(values).sum(axis=1)
    return np.nansum(values, axis=1) / np.where(n_known > 0, n_known, np.nan)


def _distance(
    measure: str,
    formula: Callable[[np.ndarray, np.ndarray], np.ndarray],
    changes: Rates,
    in_halves: Rates | None,
    sizes: tuple[int, int],
    flag: str | None,
) -> dict[str, str | float | None]:
    """Row of one measure; ``flag`` says beforehand why there is none."""
    published = float(formula(*changes)[0])
    if flag or not np.isfinite(published):
        return {"measure": measure, "flag": flag or Flag.NO_ERRORS}
    row: dict[str, str | float | None] = {"measure": measure, "published": published}
    if in_halves is None:
        return {**row, "flag": Flag.ONE_NETWORK if min(sizes) == 1 else Flag.FEW_NETWORKS}
    replications = formula(*in_halves)
    if not np.isfinite(replications).all():
        return {**row, "flag": Flag.FEW_ERRORS}
    h = min(sizes) // 2
    estimate = published - float(replications.mean() - published) * h / (min(sizes) - h)
    interval = half_sample_interval(estimate, replications, *sizes)
    return {**row, "estimate": estimate, **asdict(interval), "flag": None}
