"""Which groups of examples were hit more than the rest?"""

import numpy as np
import polars as pl

from pietools.conventions import CORRECTION, LEVEL
from pietools.statistics.pairs.log_factorials import log_factorials
from pietools.statistics.tools.multiplicity import adjust

_ROUNDING = 1 + 1e-7  # tables that are equally likely may differ in the last bits


def group_tests(lost: np.ndarray, gained: np.ndarray) -> pl.DataFrame:
    """Fisher's exact test of each group against all others, among the examples on which exactly one network is right.

    Parameters
    ----------
    lost, gained
        Per group the examples that only the first network, and only the second, has right; integers, shape (groups,).

    Returns
    -------
    polars.DataFrame
        A row per group: ``p``, two-sided: the probability of all tables of the same margins that are not more likely than the one
        observed; ``smallest_p`` that the margins allow; ``p_holm`` and ``p_bh``, adjusted over the groups.

    Notes
    -----
    H0: what is discordant in the group is as often lost as elsewhere. Random: the examples, given how many of each group are
    discordant and how many are lost in all. An overall fall is no finding if it is the same share of what is discordant.

    References
    ----------
    Fisher (1935), The logic of inductive inference, doi:10.2307/2342435. Holm (1979). Benjamini & Hochberg (1995),
    doi:10.1111/j.2517-6161.1995.tb02031.x
    """
    lost, gained = np.asarray(lost, np.int64), np.asarray(gained, np.int64)
    n, n_lost = int((lost + gained).sum()), int(lost.sum())
    table = log_factorials(n)
    found = np.array([_fisher(table, int(a), int(a + b), n_lost, n) for a, b in zip(lost, gained, strict=True)])
    p, smallest = found.reshape(-1, 2).T
    return pl.DataFrame({"p": p, "smallest_p": smallest, "p_holm": adjust(p, "holm"), "p_bh": adjust(p, CORRECTION)})


def n_testable(smallest_p: np.ndarray) -> int:
    """How many groups could be significant after Bonferroni's correction, whatever had been lost in them."""
    return int((np.asarray(smallest_p) <= LEVEL / max(len(smallest_p), 1)).sum())


def _fisher(table: np.ndarray, lost: int, discordant: int, n_lost: int, n: int) -> tuple[float, float]:
    """Two-sided p of a hypergeometric count, and the smallest that there could be."""
    k = np.arange(max(0, discordant + n_lost - n), min(discordant, n_lost) + 1)
    log_p = (
        table[discordant]
        - table[k]
        - table[discordant - k]
        + table[n - discordant]
        - table[n_lost - k]
        - table[n - discordant - n_lost + k]
        - (table[n] - table[n_lost] - table[n - n_lost])
    )
    p = np.exp(log_p)
    return (
        min(float(p[p <= p[lost - k[0]] * _ROUNDING].sum()), 1.0),
        min(float(p[p <= p.min() * _ROUNDING].sum()), 1.0),
    )
