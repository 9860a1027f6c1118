"""Did accuracy change, by how much, and by less than a margin that was set beforehand?

A test of "no change" that does not reject shows nothing: "near-lossless" needs a test whose null hypothesis is a loss. The networks
are random, the examples fixed.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import stats

from pietools.flags import Flag
from pietools.statistics.tools.estimates import Estimate
from pietools.statistics.tools.populations import check_paired
from pietools.statistics.tools.t_tests import NO_SPREAD, paired_t, welch_t


@dataclass(frozen=True, kw_only=True)
class Change(Estimate):
    """Change of the mean accuracy, compressed − reference, as fractions, with a 95 % interval; None where it cannot be had.

    ``p_value``: two-sided, H0: no change. ``p_not_worse``: H0: accuracy fell by ``margin`` or more. ``p_equivalent``: H0: it
    changed by ``margin`` or more, up or down. ``flag``: why there is no test of the mean
    (``one-network``, ``no-variance``), or not even an estimate (``no-labels``).
    """

    margin: float
    p_not_worse: float | None = None
    p_equivalent: float | None = None


@dataclass(frozen=True)
class WorstClass:
    """The class for which "fell by less than ``margin``" is shown least, and the p-value of the claim for all classes.

    ``estimate`` is the change of its recall; ``n_tested`` classes have a spread over networks. ``flag``: ``one-network``,
    ``no-variance`` (of some class; p_value is None only if of all), or ``no-labels`` (no class at all).
    """

    class_index: int | None
    estimate: float | None
    p_value: float | None
    margin: float
    n_tested: int
    flag: str | None


def accuracy_change(reference: np.ndarray, compressed: np.ndarray, *, paired: bool, margin: float) -> Change:
    """Change of accuracy, with tests that it is none, at most a loss of ``margin``, and within ± ``margin``.

    Parameters
    ----------
    reference, compressed
        Accuracy of each network, a fraction, shapes (K_D,) and (K_C,); NaN if there are no labels. If ``paired``, entry k of one
        matches entry k of the other.
    margin
        Loss that would not matter, a fraction > 0 (0.005 is half a point), set before looking.

    Notes
    -----
    Random: the networks. ``paired``: paired t tests, else Welch's. ``p_equivalent`` is the larger of two one-sided p-values (TOST);
    it is below α exactly if the 1 − 2α interval lies within ± margin.

    References
    ----------
    Schuirmann (1987), doi:10.1007/BF01068419: TOST.
    """
    _check(reference, compressed, margin, paired=paired)
    if not np.isfinite([reference.sum(), compressed.sum()]).all():
        return Change(estimate=None, margin=margin, flag=Flag.NO_LABELS)
    untested = Change(estimate=float(compressed.mean() - reference.mean()), margin=margin)
    tests = (paired_t if paired else welch_t)(reference[:, None], compressed[:, None])
    if np.isnan(tests["p_value"]).any():
        return replace(
            untested, flag=Flag.ONE_NETWORK if min(len(reference), len(compressed)) < 2 else Flag.NO_VARIANCE
        )
    not_worse, not_better = (float(p[0]) for p in _one_sided(tests, margin))
    found: dict[str, Any] = {name: float(values[0]) for name, values in tests.items()}
    return replace(untested, **found, p_not_worse=not_worse, p_equivalent=max(not_worse, not_better))


def worst_class(
    recall_reference: np.ndarray, recall_compressed: np.ndarray, *, paired: bool, margin: float
) -> WorstClass:
    """Test the claim that no class fell by ``margin`` or more.

    Parameters
    ----------
    recall_reference, recall_compressed
        Recall of each class by each network, finite, shapes (K_D, m) and (K_C, m). If ``paired``, row k of one matches row k of the
        other.
    margin
        Loss of recall that would not matter, a fraction > 0, set before looking.

    Notes
    -----
    H0: some class fell by ``margin`` or more; random: the networks. Each class has a one-sided t test (paired or Welch's), and the
    claim for all has the largest of their p-values: an intersection–union test, which needs no correction for the number of
    classes. A class whose recall has no spread counts by its estimate, as in the limit of its t test: p = 1 if it fell by the
    margin, else it does not raise the maximum.

    References
    ----------
    Berger & Hsu (1996), Bioequivalence trials, intersection–union tests and equivalence confidence sets. doi:10.1214/ss/1032280304
    """
    _check(recall_reference, recall_compressed, margin, paired=paired)
    if not recall_reference.shape[1]:
        return WorstClass(None, None, None, margin, 0, Flag.NO_LABELS)
    tests = (paired_t if paired else welch_t)(recall_reference, recall_compressed)
    change, is_tested = tests["estimate"], np.isfinite(tests["p_value"])
    if not is_tested.any():
        worst = int(change.argmin())
        flag = Flag.ONE_NETWORK if min(len(recall_reference), len(recall_compressed)) < 2 else Flag.NO_VARIANCE
        return WorstClass(worst, float(change[worst]), None, margin, 0, flag)
    fell = change <= -margin + NO_SPREAD
    p_value = np.where(is_tested, _one_sided(tests, margin)[0], fell)
    worst = int(np.lexsort((change, -p_value))[0])
    return WorstClass(
        worst,
        float(change[worst]),
        float(p_value[worst]),
        margin,
        int(is_tested.sum()),
        None if is_tested.all() else Flag.NO_VARIANCE,
    )


def _check(reference: np.ndarray, compressed: np.ndarray, margin: float, *, paired: bool) -> None:
    if margin <= 0:
        raise ValueError(f"a margin is above 0, not {margin}")
    check_paired(reference, compressed, paired=paired)


def _one_sided(tests: dict[str, np.ndarray], margin: float) -> tuple[np.ndarray, np.ndarray]:
    """p-values of t tests whose H0 is a fall by ``margin`` or more, and a rise by ``margin`` or more; NaN where not tested."""
    above = stats.t.sf((tests["estimate"] + margin) / tests["std_error"], tests["df"])
    return above, stats.t.sf((margin - tests["estimate"]) / tests["std_error"], tests["df"])
