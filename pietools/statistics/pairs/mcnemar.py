"""McNemar's exact test: is one of two networks right more often than the other?"""

from dataclasses import dataclass

import numpy as np

from pietools.statistics.pairs.log_factorials import log_factorials, upper_tail_of_half


@dataclass(frozen=True)
class McNemar:
    """p-values of McNemar's exact test, each a float or an array of the shape of the counts.

    ``one_sided``: H1 is that more was lost than gained. ``two_sided``: that they differ. ``mid``: two-sided, with half the
    probability of what was observed, which the discreteness of the test makes it too cautious by.
    """

    one_sided: np.ndarray
    two_sided: np.ndarray
    mid: np.ndarray


def mcnemar(lost: np.ndarray | int, gained: np.ndarray | int) -> McNemar:
    """Test of the examples on which exactly one of two networks is right.

    Parameters
    ----------
    lost, gained
        Examples that the first network has right and the second wrong, and the reverse; integers, of the same shape.

    Notes
    -----
    H0: an example on which the two differ is as often lost as gained. Random: the examples; the two networks are fixed. So it says
    that these two networks differ, and nothing about another training run. With X binomial of ``lost + gained`` trials and
    probability ½: one-sided P(X ≥ lost); two-sided min(1, 2 P(X ≥ the larger)); mid-p the two-sided p less P(X = the larger).

    References
    ----------
    McNemar (1947), doi:10.1007/BF02295996. Fagerland, Lydersen & Laake (2013), The McNemar test for binary matched-pairs data:
    mid-p and asymptotic are better than exact conditional, doi:10.1186/1471-2288-13-91.
    """
    lost, gained = np.broadcast_arrays(np.asarray(lost, np.int64), np.asarray(gained, np.int64))
    n, larger = lost + gained, np.maximum(lost, gained)
    table = log_factorials(int(n.max(initial=0)))
    two_sided = np.minimum(2 * upper_tail_of_half(larger, n), 1.0)
    point = np.exp(table[n] - table[larger] - table[n - larger] - n * np.log(2))
    mid = np.where(lost == gained, 1 - point / 2, two_sided - point)
    return McNemar(upper_tail_of_half(lost, n), two_sided, mid)
