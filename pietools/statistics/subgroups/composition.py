"""Of what groups are the PIEs made, compared with the other examples?

The examples are random here, a sample of more such examples; the networks, and with them which examples are PIEs, are fixed.
"""

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.tools.multiplicity import adjust
from pietools.statistics.tools.proportions import difference_of_proportions, log_ratio_interval, proportion_interval


def composition(is_pie: np.ndarray, groups: np.ndarray) -> pl.DataFrame:
    """Which groups are more frequent among the PIEs than among the other examples?

    Parameters
    ----------
    is_pie
        Boolean, shape (n,).
    groups
        Group of each example, an index from 0, shape (n,).

    Returns
    -------
    polars.DataFrame
        A row per group: ``group_index``, ``n``, ``n_pies``, ``n_others``; ``share_pies``, the share of the PIEs that belong to
        the group, ``share_others``, the share of the other examples, each with ``_low`` and ``_high`` (95 %, Wilson);
        ``risk_ratio``: probability of being a PIE within the group over that outside it, with ``risk_ratio_low`` and ``_high``
        (95 %, normal on the log scale; null where a count is 0); ``estimate`` (share_pies − share_others), ``p_value`` (Fisher's
        exact test), ``p_adjusted`` (Holm, over the groups), ``conf_low``, ``conf_high`` (95 %, Newcombe), ``flag``
        (``no-pies``, ``only-pies``, ``no-examples``) or null.

    Notes
    -----
    H0: PIEs belong to the group as often as other examples. Random: the examples, drawn independently; the networks, and with
    them which examples are PIEs, are fixed. Log interval: Katz et al. (1978), doi:10.2307/2530610.
    """
    n = np.bincount(groups)
    n_pies = np.bincount(groups, weights=is_pie, minlength=len(n)).astype(np.int64)
    n_others, all_pies = n - n_pies, int(np.count_nonzero(is_pie))
    all_others = len(groups) - all_pies
    difference = difference_of_proportions(n_others, np.array(all_others), n_pies, np.array(all_pies))
    columns = {"group_index": np.arange(len(n)), "n": n, "n_pies": n_pies, "n_others": n_others}
    frame = pl.DataFrame(columns).with_columns(
        *_share("share_pies", n_pies, all_pies),
        *_share("share_others", n_others, all_others),
        *_risk_ratio(n_pies, n, all_pies, len(groups)),
        *difference.select("estimate", "p_value", "conf_low", "conf_high"),
    )
    flag = Flag.NO_PIES if not all_pies else Flag.ONLY_PIES if not all_others else None
    return _compared(frame, flag)


def _compared(frame: pl.DataFrame, flag: str | None) -> pl.DataFrame:
    """Adjust the p-values, and take out what is said of groups without examples."""
    has_examples = pl.col("n") > 0
    facts = ("group_index", "n", "n_pies", "n_others")
    frame = frame.with_columns(pl.when(has_examples).then(pl.exclude(facts)))
    p_value = frame["p_value"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    frame = frame.with_columns(
        p_adjusted=pl.Series(adjust(p_value, "holm")).fill_nan(None),
        flag=pl.when(has_examples).then(pl.lit(flag, pl.String)).otherwise(pl.lit(Flag.NO_EXAMPLES)),
    )
    last = ("estimate", "p_value", "p_adjusted", "conf_low", "conf_high", "flag")
    return frame.select(pl.exclude(last), *last)


def _share(name: str, count: np.ndarray, n: int) -> list[pl.Series]:
    interval = proportion_interval(count, np.array(n))
    return [interval[column].alias(name + suffix) for column, suffix in
            (("estimate", ""), ("conf_low", "_low"), ("conf_high", "_high"))]  # fmt: skip


def _risk_ratio(n_pies: np.ndarray, n: np.ndarray, all_pies: int, n_examples: int) -> list[pl.Series]:
    """Ratio of the probabilities of being a PIE, within over outside, and its interval."""
    outside_pies, outside = all_pies - n_pies, n_examples - n
    ratio, low, high = (np.full(len(n), np.nan) for _ in range(3))
    defined = (n > 0) & (outside_pies > 0) & (all_pies < n_examples)
    ratio[defined] = n_pies[defined] / n[defined] / (outside_pies[defined] / outside[defined])
    some = defined & (n_pies > 0)
    low[some], high[some] = log_ratio_interval(n_pies[some], n[some], outside_pies[some], outside[some])
    names = ("risk_ratio", "risk_ratio_low", "risk_ratio_high")
    return [pl.Series(name, values).fill_nan(None) for name, values in zip(names, (ratio, low, high), strict=True)]
