"""Which classes changed more, or less, than accuracy did?

The networks are random, the examples fixed. The recall of class c by network k is shifted by that network's accuracy,
r̃_{c,k} = r_{c,k} − a_k, and the shifted recalls of the two populations are compared: H0 says that their means are equal, that
is, that the class moved as accuracy did.
"""

import numpy as np
import polars as pl

from pietools.conventions import CORRECTION, LEVEL
from pietools.flags import Flag
from pietools.statistics.tools.multiplicity import adjust, max_t
from pietools.statistics.tools.populations import check_paired
from pietools.statistics.tools.t_tests import hedges_g, paired_t, welch_t

COLUMNS = (
    *("test", "class_index", "estimate", "std_error", "statistic", "df", "p_value", "p_adjusted", "p_holm", "p_max_t"),
    *("conf_low", "conf_high", "effect", "effect_conf_low", "effect_conf_high", "hedges_g"),
    *(
        "raw_change",
        "raw_conf_low",
        "raw_conf_high",
        "raw_p_value",
        "logit_effect",
        "logit_p_value",
        "logit_p_adjusted",
    ),
    "flag",
)
Two = tuple[np.ndarray, np.ndarray]  # the same of the reference and of the compressed population


def class_tests(
    recall_reference: np.ndarray,
    recall_compressed: np.ndarray,
    accuracy_reference: np.ndarray,
    accuracy_compressed: np.ndarray,
    *,
    paired: bool,
    n: np.ndarray | None = None,
    seed: int | list[int] = 0,
) -> pl.DataFrame:
    """Test every class in every form that the design allows.

    Parameters
    ----------
    recall_reference, recall_compressed
        Shapes (K_D, m) and (K_C, m), in [0, 1]. If ``paired``, row k of one matches row k of the other. NaN in a class without
        examples.
    accuracy_reference, accuracy_compressed
        Accuracy of each network, shapes (K_D,) and (K_C,): the mean of its recalls, weighted by ``n``.
    paired
        Whether the design is matched; ``paired`` is tested only then.
    n
        Number of examples of each class, shape (m,). Without it classes are taken to be of equal size, and nothing is said on
        the logit scale, which needs counts.
    seed
        Of the sign flips behind ``p_max_t``, where there are more than 10,000.

    Returns
    -------
    polars.DataFrame
        A row per test and class:

        * ``test``, ``class_index`` (column of the recalls), ``estimate`` (change of the shifted recall r̃), ``std_error``,
          ``statistic``, ``df``, ``p_value``, ``conf_low``, ``conf_high`` (95 %);
        * ``p_adjusted`` (Benjamini–Hochberg), ``p_holm``, ``p_max_t`` (only ``paired``: see :func:`multiplicity.max_t`);
        * ``effect``: change of r_c − a_{−c}, where a_{−c} is the accuracy on all examples outside the class, which is the
          change of r̃_c / (1 − w_c) with w_c the share of the class; the t is the same. ``effect_conf_low``, ``effect_conf_high``;
        * ``hedges_g``: change of r̃ in units of √((s²_D + s²_C) / 2), corrected for small samples; from three networks on;
        * ``raw_change``, ``raw_conf_low``, ``raw_conf_high``, ``raw_p_value``: the same t test of the recall itself;
        * ``logit_effect``, ``logit_p_value``, ``logit_p_adjusted`` (Benjamini–Hochberg): the same t test of
          logit r_c − logit a_{−c}, each (count + ½) / (n + 1);
        * ``flag``: why there is no p-value (``no-examples``, ``one-class``, ``one-network``, ``no-variance``) or null. A
          ``raw_p_value`` or ``logit_p_value`` is also null where that scale has no spread.

    Raises
    ------
    ValueError
        If the design is paired and K_D ≠ K_C, or the accuracies are not the means weighted by ``n``.

    Notes
    -----
    ``paired``: paired t test of r̃. ``welch``: Welch's t test of r̃. ``hooker``: Welch's t test of recalls shifted by their
    population's mean accuracy, as in Hooker et al. (2019), arXiv 1911.05248, section 3; it stays as published, uncorrected, and
    has no other scale: all columns from ``effect`` on but ``raw_change`` are null.

    Hedges' g with unequal variances: Delacre et al. (2021), doi:10.31234/osf.io/tu6mp; df of the average variance of
    correlated samples: Cousineau & Goulet-Pelletier (2021), doi:10.20982/tqmp.17.1.p051.
    """
    m = recall_reference.shape[1]
    share = np.full(m, 1 / m) if n is None else n / n.sum()
    recalls = np.where(share > 0, recall_reference, np.nan), np.where(share > 0, recall_compressed, np.nan)
    accuracies = accuracy_reference, accuracy_compressed
    _check(recalls, accuracies, n, paired=paired)
    found = {"paired": _design_columns(recalls, accuracies, n, share, paired=True, seed=seed)} if paired else {}
    found["welch"] = _design_columns(recalls, accuracies, n, share, paired=False, seed=seed)
    found["hooker"] = hooker_2019(recalls, accuracies, share)
    flags = _flags(recalls, share)
    return pl.concat([_frame(test, columns, flags) for test, columns in found.items()])


def default_test(*, paired: bool) -> str:
    """Name of the test that the design calls for; the number of rejections has no say."""
    return "paired" if paired else "welch"


def count_significant(tests: pl.DataFrame) -> pl.DataFrame:
    """Per test: how many classes were tested, how many are significant at 0.05, and how many would be by chance.

    Parameters
    ----------
    tests
        Rows of :func:`class_tests`, of one comparison.

    Returns
    -------
    polars.DataFrame
        A row per test: ``n_tested``, ``n_significant`` (uncorrected), ``n_significant_adjusted`` (null for ``hooker``, which is
        published uncorrected), ``n_significant_holm``, ``n_significant_max_t``, ``n_significant_logit`` (adjusted; each null where
        no class has such a p-value) and ``n_expected_by_chance``, 0.05 · n_tested: what is expected of ``n_significant`` if
        every class moved as accuracy did.
    """
    counted = {"holm": "p_holm", "max_t": "p_max_t", "logit": "logit_p_adjusted"}
    # Results that were stored before these columns came say nothing of them.
    absent = [pl.lit(None, pl.Float64).alias(column) for column in counted.values() if column not in tests.columns]
    return (
        tests.with_columns(absent)
        .group_by("test", maintain_order=True)
        .agg(
            n_tested=pl.col("p_value").count(),
            n_significant=(pl.col("p_value") <= LEVEL).sum(),
            n_significant_adjusted=pl.when(pl.first("test") == "hooker")
            .then(None)
            .otherwise((pl.col("p_adjusted") <= LEVEL).sum()),
            **{
                f"n_significant_{name}": pl.when(pl.col(column).count() > 0).then((pl.col(column) <= LEVEL).sum())
                for name, column in counted.items()
            },
            n_expected_by_chance=LEVEL * pl.col("p_value").count(),
        )
    )


def _check(recalls: Two, accuracies: Two, n: np.ndarray | None, *, paired: bool) -> None:
    check_paired(*recalls, paired=paired)
    for recall, accuracy in zip(recalls, accuracies, strict=True):
        if n is not None and not np.allclose(np.nansum(recall * n, axis=1) / n.sum(), accuracy, rtol=0, atol=1e-6):
            raise ValueError("the accuracies are not the means of the recalls weighted by n")


def _design_columns(
    recalls: Two, accuracies: Two, n: np.ndarray | None, share: np.ndarray, *, paired: bool, seed: int | list[int]
) -> dict[str, np.ndarray]:
    """Columns of the test of r̃ that the design allows, with its corrections, and of the same test on the other scales."""
    t_test = paired_t if paired else welch_t
    shifted = _shifted(recalls, accuracies, share)
    columns = t_test(*shifted)
    tested = np.isfinite(columns["p_value"])
    outside = np.where(share < 1, 1 - share, np.nan)
    raw = t_test(*recalls)
    columns |= {
        "p_adjusted": adjust(columns["p_value"], CORRECTION),
        "p_holm": adjust(columns["p_value"], "holm"),
        "effect": columns["estimate"] / outside,
        "effect_conf_low": columns["conf_low"] / outside,
        "effect_conf_high": columns["conf_high"] / outside,
        "hedges_g": hedges_g(*shifted, paired=paired),
        "raw_change": raw["estimate"],
        **{f"raw_{name}": raw[name] for name in ("conf_low", "conf_high", "p_value")},
    }
    if paired:
        columns["p_max_t"] = np.full(len(share), np.nan)
        columns["p_max_t"][tested] = max_t((shifted[1] - shifted[0])[:, tested], seed=seed)
    if n is not None:
        logit = t_test(*(_logit_contrast(recall, n) for recall in recalls))
        columns |= {"logit_effect": logit["estimate"], "logit_p_value": logit["p_value"]}
        columns["logit_p_adjusted"] = adjust(logit["p_value"], CORRECTION)
    return columns


def hooker_2019(recalls: Two, accuracies: Two, share: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of the test as Hooker et al. (2019) published it: Welch's, shifted by the population's mean accuracy."""
    means = accuracies[0].mean(keepdims=True), accuracies[1].mean(keepdims=True)
    return {
        **welch_t(*_shifted(recalls, means, share)),
        "raw_change": recalls[1].mean(axis=0) - recalls[0].mean(axis=0),
    }


def _shifted(recalls: Two, accuracies: Two, share: np.ndarray) -> Two:
    """Recalls less accuracy; 0 for a class that is all there is, whose recall is the accuracy."""
    reference, compressed = (
        np.where(share < 1, recall - accuracy[:, None], 0.0)
        for recall, accuracy in zip(recalls, accuracies, strict=True)
    )
    return reference, compressed


def _logit_contrast(recall: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Difference logit r_c − logit a_{−c}, shape (K, m); NaN for a class without examples or without others beside it."""
    right = recall * n
    n_outside = n.sum() - n
    right_outside = np.nansum(right, axis=1, keepdims=True) - right
    inside = np.log((right + 0.5) / (n - right + 0.5))
    outside = np.log((right_outside + 0.5) / (n_outside - right_outside + 0.5))
    return np.where(n_outside > 0, inside - outside, np.nan)


def _flags(recalls: Two, share: np.ndarray) -> np.ndarray:
    """Why a class cannot be tested, if it cannot, shape (m,)."""
    reason = Flag.NO_VARIANCE if min(len(recalls[0]), len(recalls[1])) > 1 else Flag.ONE_NETWORK
    absent = np.isnan(recalls[0]).any(axis=0) | np.isnan(recalls[1]).any(axis=0)
    return np.select([absent, share == 1], [Flag.NO_EXAMPLES, Flag.ONE_CLASS], reason)


def _frame(test: str, columns: dict[str, np.ndarray], flags: np.ndarray) -> pl.DataFrame:
    """Rows of one test, every column in its place; what is not said or not a number is null."""
    is_tested = np.isfinite(columns["p_value"])
    unsaid = {name: np.full(len(flags), np.nan) for name in COLUMNS if name not in columns}
    return (
        pl.DataFrame({**unsaid, **columns})
        .fill_nan(None)
        .with_columns(
            test=pl.lit(test),
            class_index=pl.int_range(pl.len()),
            flag=pl.Series(
                [None if tested else str(flag) for tested, flag in zip(is_tested, flags, strict=True)], dtype=pl.String
            ),
        )
        .select(COLUMNS)
    )
