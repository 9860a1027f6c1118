"""Which classes changed more, or less, than accuracy did?

The networks are random, the examples fixed. The recall of class c by network k is shifted by that network's accuracy,
r̃_{c,k} = r_{c,k} − a_k, and the shifted recalls of the two populations are compared: H0 says that their means are equal, that
is, that the class moved as accuracy did.
"""

import warnings

import numpy as np
import polars as pl
from scipy import stats
from statsmodels.stats.multitest import multipletests

LEVEL = 0.05
CORRECTION = "benjamini-hochberg"
# A spread below this is rounding: recalls are multiples of 1/n.
NO_SPREAD = 1e-12


def class_tests(
    recall_reference: np.ndarray,
    recall_compressed: np.ndarray,
    accuracy_reference: np.ndarray,
    accuracy_compressed: np.ndarray,
    *,
    paired: bool,
) -> pl.DataFrame:
    """Test every class in every form that the design allows.

    Parameters
    ----------
    recall_reference, recall_compressed
        Shapes (K_D, m) and (K_C, m), in [0, 1]. If ``paired``, row k of one matches row k of the other.
    accuracy_reference, accuracy_compressed
        Accuracy of each network, shapes (K_D,) and (K_C,).
    paired
        Whether the design is matched; ``paired`` is tested only then.

    Returns
    -------
    polars.DataFrame
        A row per test and class: ``test``, ``class_index`` (column of the recalls), ``estimate`` (change of the shifted
        recall), ``raw_change`` (change of the recall), ``std_error``, ``statistic``, ``df``, ``p_value``, ``p_adjusted``
        (Benjamini–Hochberg; null for ``hooker``, which is published uncorrected), ``conf_low``, ``conf_high`` (95 %) and
        ``flag``: why there is no p-value (``one-network``, ``no-variance``) or null.

    Notes
    -----
    ``paired``: paired t test of r̃. ``welch``: Welch's t test of r̃. ``hooker``: Welch's t test of recalls shifted by their
    population's mean accuracy, as in Hooker et al. (2019), arXiv 1911.05248, section 3.
    """
    shifted = recall_reference - accuracy_reference[:, None], recall_compressed - accuracy_compressed[:, None]
    published = recall_reference - accuracy_reference.mean(), recall_compressed - accuracy_compressed.mean()
    raw_change = recall_compressed.mean(axis=0) - recall_reference.mean(axis=0)
    frames = [
        _adjusted(_welch(*shifted)).with_columns(test=pl.lit("welch")),
        _welch(*published).with_columns(test=pl.lit("hooker")),
    ]
    if paired:
        frames.insert(0, _adjusted(_paired(*shifted)).with_columns(test=pl.lit("paired")))
    return pl.concat(
        [frame.with_columns(raw_change=pl.Series(raw_change), class_index=pl.int_range(pl.len())) for frame in frames],
        how="diagonal",
    )


def default_test(*, paired: bool) -> str:
    """Name of the test that the design calls for; the number of rejections has no say."""
    return "paired" if paired else "welch"


def _paired(reference: np.ndarray, compressed: np.ndarray) -> pl.DataFrame:
    spread = (compressed - reference).std(axis=0)
    return _t_test(reference, compressed, spread, lambda d, c: stats.ttest_rel(c, d, axis=0), enough=len(reference) > 1)


def _welch(reference: np.ndarray, compressed: np.ndarray) -> pl.DataFrame:
    spread = np.maximum(reference.std(axis=0), compressed.std(axis=0))
    enough = min(len(reference), len(compressed)) > 1
    return _t_test(
        reference, compressed, spread, lambda d, c: stats.ttest_ind(c, d, axis=0, equal_var=False), enough=enough
    )


def _t_test(reference, compressed, spread, test, *, enough: bool) -> pl.DataFrame:  # type: ignore[no-untyped-def]
    """One t test per class, only where there is a spread: the others get a flag and no p-value."""
    m = reference.shape[1]
    testable = (spread > NO_SPREAD) & enough
    columns = {
        name: np.full(m, np.nan) for name in ("std_error", "statistic", "df", "p_value", "conf_low", "conf_high")
    }
    estimate = compressed.mean(axis=0) - reference.mean(axis=0)
    if testable.any():
        with warnings.catch_warnings():
            # One side may be constant: its variance is 0 then, which is right.
            warnings.filterwarnings("ignore", "Precision loss occurred", RuntimeWarning)
            result = test(reference[:, testable], compressed[:, testable])
        interval = result.confidence_interval(0.95)
        half_width = (interval.high - interval.low) / 2
        found = {
            "std_error": half_width / stats.t.isf(0.025, result.df),
            "statistic": result.statistic,
            "df": result.df,
            "p_value": result.pvalue,
            "conf_low": interval.low,
            "conf_high": interval.high,
        }
        for name, values in found.items():
            columns[name][testable] = values
    reason = "no-variance" if enough else "one-network"
    return (
        pl.DataFrame({"estimate": estimate, **columns})
        .fill_nan(None)
        .with_columns(flag=pl.Series([None if tested else reason for tested in testable], dtype=pl.String))
    )


def _adjusted(frame: pl.DataFrame) -> pl.DataFrame:
    """Benjamini–Hochberg over the classes that were tested (``multipletests`` answers NaN to all if one is NaN)."""
    p_value = frame["p_value"].to_numpy()
    tested = np.isfinite(p_value)
    p_adjusted = np.full(len(p_value), np.nan)
    if tested.any():
        p_adjusted[tested] = multipletests(p_value[tested], method="fdr_bh")[1]
    return frame.with_columns(p_adjusted=pl.Series(p_adjusted)).with_columns(pl.col("p_adjusted").fill_nan(None))


def count_significant(tests: pl.DataFrame) -> pl.DataFrame:
    """Per test: how many classes were tested, and significant at 0.05 before and after correction (null if uncorrected)."""
    return tests.group_by("test", maintain_order=True).agg(
        n_tested=pl.col("p_value").count(),
        n_significant=(pl.col("p_value") <= LEVEL).sum(),
        n_significant_adjusted=pl.when(pl.first("test") == "hooker")
        .then(None)
        .otherwise((pl.col("p_adjusted") <= LEVEL).sum()),
    )
