"""Several tasks that two networks were asked: pooled, the worst of them, and their p-values combined."""

import math
from dataclasses import dataclass

import numpy as np

from pietools.statistics.pairs.mcnemar import mcnemar
from pietools.statistics.tools.multiplicity import adjust

N_FLIPS = 9_999
_BATCH = 500
_ROUNDING = 1e-9


@dataclass(frozen=True)
class WorstTask:
    """The task with the largest (lost − gained) / √(lost + gained), and the probability of one as large in any task by chance."""

    index: int
    statistic: float
    p: float


@dataclass(frozen=True)
class Fisher:
    """Fisher's statistic −2 Σ ln p, its degrees of freedom and its p-value."""

    statistic: float
    df: int
    p: float


@dataclass(frozen=True)
class TaskTests:
    """``p`` and ``p_holm`` per task, shape (tasks,); ``worst`` and ``fisher``; ``p_any``: the least of three, Bonferroni's."""

    p: np.ndarray
    p_holm: np.ndarray
    p_pooled: float
    worst: WorstTask | None
    fisher: Fisher
    p_any: float


def task_tests(net: np.ndarray, task: np.ndarray, item: np.ndarray, n_tasks: int, *, seed: int = 0) -> TaskTests:
    """Is the second network worse in any of the tasks?

    Parameters
    ----------
    net
        +1 for an answer that was gained, −1 for one that was lost, 0 for others, shape (answers,).
    task
        Number of the task of each answer, from 0.
    item
        Number of what was asked: answers of several networks to one item have the same.
    seed
        Of the sign flips.

    Notes
    -----
    H0: the two networks answer alike, so that the two answers to an item could be exchanged. Random: which of the two is which,
    item by item; all answers to one item are exchanged together. ``worst``: 9,999 drawn exchanges and the identity (Phipson &
    Smyth 2010, doi:10.2202/1544-6115.1585). Each task has the one-sided exact McNemar test, with Holm's correction. Pooled: the
    same test of all answers. Where items are answered by several networks, both are :func:`exchange_p`. Fisher's combination takes
    the tasks as independent; p-values of counts are discrete, which makes it cautious.

    References
    ----------
    Kübler et al. (2026), arXiv 2602.10144: pooled, worst task and Fisher's combination, Bonferroni over the three. Fisher (1925).
    """
    lost, gained = (np.bincount(task, weights=net == sign, minlength=n_tasks).astype(np.int64) for sign in (-1, 1))
    if len(np.unique(item)) == len(item):
        p = mcnemar(lost, gained).one_sided
        p_pooled = float(mcnemar(int(lost.sum()), int(gained.sum())).one_sided)
    else:
        p = np.array([exchange_p(net[task == t], item[task == t], seed=seed) for t in range(n_tasks)])
        p_pooled = exchange_p(net, item, seed=seed)
    worst, fisher = _worst(net, task, item, lost, gained, seed), combined(p)
    several = [p_pooled, worst.p if worst else 1.0, fisher.p]
    return TaskTests(p, adjust(p, "holm"), p_pooled, worst, fisher, min(3 * min(several), 1.0))


def combined(p: np.ndarray) -> Fisher:
    """Fisher's combination of independent p-values. H0: all their null hypotheses are true."""
    half = abs(float(np.log(np.maximum(p, np.finfo(np.float64).tiny)).sum()))
    # Of an even number of degrees of freedom the χ² tail is a Poisson sum.
    logs = [k * math.log(half) - math.lgamma(k + 1) if half else -math.inf * (k > 0) for k in range(max(len(p), 1))]
    tail = sum(math.exp(log - half) for log in (0.0 if math.isnan(log) else log for log in logs))
    return Fisher(2 * half, 2 * len(p), min(tail, 1.0))


def exchange_p(net: np.ndarray, item: np.ndarray, *, seed: int = 0) -> float:
    """Was more lost than gained? p-value, the two answers to each item exchanged at random; see :func:`task_tests`.

    It holds where several networks answer the same items, of which the exact test makes independent answers.
    """
    totals = _by_item(net, np.zeros(len(net), np.int64), item, 1)[:, 0]
    found = _Exchanges(totals[:, None], np.ones(1), seed)
    return found.p_of(-totals.sum())


def _worst(
    net: np.ndarray, task: np.ndarray, item: np.ndarray, lost: np.ndarray, gained: np.ndarray, seed: int
) -> WorstTask | None:
    discordant = lost + gained
    if not discordant.any():
        return None
    is_tested = discordant > 0
    scale = 1 / np.sqrt(np.maximum(discordant, 1))
    statistics = np.where(is_tested, (lost - gained) * scale, -np.inf)
    index = int(statistics.argmax())
    found = _Exchanges(_by_item(net, task, item, len(lost))[:, is_tested], scale[is_tested], seed)
    return WorstTask(index, float(statistics[index]), found.p_of(float(statistics[index])))


def _by_item(net: np.ndarray, task: np.ndarray, item: np.ndarray, n_tasks: int) -> np.ndarray:
    """Gained less lost answers to each item that has any, by task, shape (items, tasks)."""
    _, number = np.unique(item, return_inverse=True)
    sums = np.zeros((int(number.max(initial=-1)) + 1, n_tasks))
    np.add.at(sums, (number, task), net)
    return sums[np.abs(sums).any(axis=1)]


class _Exchanges:
    """Largest scaled sum of lost less gained answers under random exchanges."""

    def __init__(self, sums: np.ndarray, scale: np.ndarray, seed: int) -> None:
        # Items with the same sums in all tasks are exchanged by one binomial draw.
        patterns, counts = np.unique(sums, axis=0, return_counts=True) if len(sums) else (sums, np.empty(0, np.int64))
        random = np.random.default_rng(seed)
        largest = []
        for start in range(0, N_FLIPS, _BATCH):
            draws = random.binomial(counts, 0.5, size=(min(_BATCH, N_FLIPS - start), len(counts)))
            largest.append(((2 * draws - counts) @ patterns * scale).max(axis=1))
        self._largest = np.concatenate(largest)

    def p_of(self, observed: float) -> float:
        """Share of exchanges as large, the identity counted."""
        as_large = int((self._largest >= observed - _ROUNDING * max(1.0, abs(observed))).sum())
        return (1 + as_large) / (N_FLIPS + 1)
