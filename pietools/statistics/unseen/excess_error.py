"""Did compression make networks more fragile on altered copies, and did it change what they lose between training and test data?

The networks are random, the examples and the alterations fixed.
"""

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.tools.estimates import Estimate
from pietools.statistics.tools.multiplicity import adjust
from pietools.statistics.tools.populations import check_paired
from pietools.statistics.tools.t_tests import paired_t, welch_t

TESTED = ("estimate", "std_error", "statistic", "df", "p_value", "p_adjusted", "conf_low", "conf_high")


def excess_error(
    clean_reference: np.ndarray,
    clean_compressed: np.ndarray,
    altered_reference: np.ndarray,
    altered_compressed: np.ndarray,
    *,
    paired: bool,
) -> pl.DataFrame:
    """Did error on altered copies change by more than error on the clean data did?

    Parameters
    ----------
    clean_reference, clean_compressed
        Accuracy of each network on the source, fractions, shapes (K_D,) and (K_C,). If ``paired``, entry k of one matches entry k
        of the other.
    altered_reference, altered_compressed
        Accuracy on each altered copy of it, shapes (a, K_D) and (a, K_C); NaN where a network was not run on a copy.

    Returns
    -------
    polars.DataFrame
        A row per alteration (``alteration_index``) and at the end one for their average (``alteration_index`` null):
        ``accuracy_reference``, ``accuracy_compressed`` (means on the copy), ``relative_change`` (compressed / reference − 1)
        beside ``relative_change_clean``; ``estimate``: the excess error, (e_C(copy) − e_C(clean)) − (e_D(copy) − e_D(clean)) with e
        the mean error, positive if compression made the networks more fragile; ``std_error``, ``statistic``, ``df``,
        ``p_value``, ``p_adjusted`` (Holm, over the alterations; null for the average), ``conf_low``, ``conf_high`` (95 %) and
        ``flag``: why there is no test (``not-evaluated``, ``one-network``, ``no-variance``) or null.

    Notes
    -----
    H0: the expected excess error is 0. Random: the networks. A network's excess is computed first, and for the average the mean
    of its excess over the alterations, so that networks are counted, never networks × alterations. ``paired``: paired t test,
    else Welch's. The average is the primary question; the single alterations are exploratory. Hendrycks & Dietterich (2019),
    arXiv 1903.12261, compare error on copies with clean error; Hooker et al. (2019), arXiv 1911.05248, do so for pruned networks.
    """
    check_paired(clean_reference, clean_compressed, paired=paired)
    lost = [_with_average(clean - altered) for clean, altered in
            ((clean_reference, altered_reference), (clean_compressed, altered_compressed))]  # fmt: skip
    found = (paired_t if paired else welch_t)(lost[0].T, lost[1].T)
    found["p_adjusted"] = np.append(adjust(found["p_value"][:-1], "holm"), np.nan)
    accuracy = [_with_average(altered).mean(axis=1) for altered in (altered_reference, altered_compressed)]
    clean = [np.atleast_1d(accuracies.mean()) for accuracies in (clean_reference, clean_compressed)]
    n_alterations = len(altered_reference)
    frame = pl.DataFrame(
        {
            "alteration_index": [*range(n_alterations), None],
            "accuracy_reference": accuracy[0],
            "accuracy_compressed": accuracy[1],
            "relative_change": _relative_change(*accuracy),
            "relative_change_clean": np.repeat(_relative_change(*clean), n_alterations + 1),
            **{name: found[name] for name in TESTED},
        }
    )
    flags = _flags(found, min(len(clean_reference), len(clean_compressed)), Flag.NOT_EVALUATED)
    return frame.fill_nan(None).with_columns(flag=pl.Series(flags, dtype=pl.String))


def _with_average(by_alteration: np.ndarray) -> np.ndarray:
    """The rows, and at the end their average per network."""
    return np.vstack([by_alteration, by_alteration.mean(axis=0)])


def _relative_change(reference: np.ndarray, compressed: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(reference > 0, compressed / reference - 1, np.nan)


def _flags(found: dict[str, np.ndarray], n_networks: int, unknown: str) -> list[str | None]:
    untested = Flag.ONE_NETWORK if n_networks < 2 else Flag.NO_VARIANCE
    return [
        unknown if not np.isfinite(estimate) else None if np.isfinite(p_value) else untested
        for estimate, p_value in zip(found["estimate"], found["p_value"], strict=True)
    ]


def generalization_gap(train_accuracy: np.ndarray, test_accuracy: np.ndarray) -> Estimate:
    """How much more accurate are the networks on their training data than on test data?

    Parameters
    ----------
    train_accuracy, test_accuracy
        Accuracy of the same networks on the two data sets, fractions, shapes (K,); NaN without labels.

    Notes
    -----
    Mean of train_accuracy − test_accuracy; H0: it is 0. Random: the networks. Paired t test within networks. It is no property of
    the networks alone: augmentation and label noise in the training data change the first term. ``flag``: ``one-network``,
    ``no-variance`` (there is no test), ``no-labels`` (there is no estimate) or None.
    """
    return _estimate(paired_t(test_accuracy[:, None], train_accuracy[:, None]), len(train_accuracy))


def generalization_gap_change(
    train_reference: np.ndarray,
    test_reference: np.ndarray,
    train_compressed: np.ndarray,
    test_compressed: np.ndarray,
    *,
    paired: bool,
) -> Estimate:
    """Did compression change the generalization gap? Compressed − reference.

    Parameters
    ----------
    train_reference, test_reference, train_compressed, test_compressed
        Accuracy of each network, fractions, shapes (K_D,) and (K_C,); NaN without labels. If ``paired``, entry k of the reference
        matches entry k of the compressed.

    Notes
    -----
    H0: the mean gap is the same in both populations. Random: the networks. ``paired``: paired t test, else Welch's.
    """
    check_paired(train_reference, train_compressed, paired=paired)
    reference, compressed = train_reference - test_reference, train_compressed - test_compressed
    found = (paired_t if paired else welch_t)(reference[:, None], compressed[:, None])
    return _estimate(found, min(len(reference), len(compressed)))


def _estimate(found: dict[str, np.ndarray], n_networks: int) -> Estimate:
    values = {name: float(column[0]) if np.isfinite(column[0]) else None for name, column in found.items()}
    return Estimate(**values, flag=_flags(found, n_networks, Flag.NO_LABELS)[0])
