"""Groups and tasks of one pair of networks: against R, by hand, and by full enumeration."""

import math
from itertools import product
from time import process_time

import numpy as np
import polars as pl
import pytest
from scipy import stats

from pietools.statistics.pairs.groups import group_tests, n_testable
from pietools.statistics.pairs.mcnemar import mcnemar
from pietools.statistics.pairs.tasks import combined, exchange_p, task_tests
from tests.statistics.pairs_tables import REFERENCE, r_values, within_drawing


def test_groups_agree_with_r() -> None:
    """fisher.test of each group against the others, p.adjust, the smallest p of all tables; one group has nothing discordant."""
    table = pl.read_csv(REFERENCE / "pairs_groups.csv")
    found = group_tests(table["lost"].to_numpy(), table["gained"].to_numpy())
    for name in ("p", "smallest_p", "p_holm", "p_bh"):
        assert found[name].to_list() == pytest.approx(table[name].to_list(), rel=1e-9)


def test_groups_by_hand() -> None:
    """Two groups, 3 lost of 3 and 0 of 3: 1 of 20 tables is as likely on each side."""
    found = group_tests(np.array([3, 0]), np.array([0, 3]))
    assert found["p"].to_list() == pytest.approx([0.1, 0.1])
    assert found["smallest_p"].to_list() == pytest.approx([0.1, 0.1])
    assert found["p_holm"].to_list() == pytest.approx([0.2, 0.2])
    assert n_testable(found["smallest_p"].to_numpy()) == 0
    assert n_testable(np.array([0.01, 0.025, 0.03])) == 1  # at most 0.05 / 3
    assert n_testable(np.array([0.025, 0.2])) == 1


def test_groups_at_the_edges() -> None:
    """No group, one group, nothing discordant: nothing is found."""
    assert group_tests(np.array([], int), np.array([], int)).height == 0
    assert n_testable(np.array([])) == 0
    assert group_tests(np.array([5]), np.array([1]))["p"].to_list() == [1]
    assert group_tests(np.zeros(3, int), np.zeros(3, int))["p_bh"].to_list() == [1, 1, 1]


def test_a_fall_everywhere_is_no_group() -> None:
    """Each of a hundred groups of a million discordant examples loses nine of ten: none stands out, and it is quick."""
    start = process_time()
    found = group_tests(np.full(100, 9_000), np.full(100, 1_000))
    assert found["p"].to_list() == pytest.approx([1] * 100)
    assert process_time() - start < 2


def test_fisher_agrees_with_r() -> None:
    """The tail of χ² with pchisq, from one task to fifty."""
    for name, expected in r_values("fisher ").items():
        *p, n = name.split()
        values = [float(one) for one in p] if int(n) == len(p) else [float(p[0])] * int(n)
        found = combined(np.array(values))
        assert found.p == pytest.approx(expected, rel=1e-9)
        assert found.statistic == pytest.approx(-2 * np.log(values).sum())
        assert found.df == 2 * len(values)


def test_combined_at_the_edges() -> None:
    """One and zero are combined, too; nothing to combine is nothing found, with no negative zero."""
    for nothing in (combined(np.ones(4)), combined(np.array([]))):
        assert (nothing.p, math.copysign(1, nothing.statistic)) == (1, 1)
    assert 0 <= combined(np.array([0.0, 0.5])).p < 1e-300


def test_networks_on_the_same_items_are_no_further_items() -> None:
    """The same answers by three networks: exchanged by item, p is that of one network; of single answers it is far smaller."""
    net = np.repeat([-1, 1, 0], [40, 25, 100])
    one, three = float(mcnemar(40, 25).one_sided), float(mcnemar(120, 75).one_sided)
    found = exchange_p(np.tile(net, 3), np.tile(np.arange(165), 3))
    assert within_drawing(found, one)
    assert found > 20 * three
    tests = task_tests(np.tile(net, 3), np.zeros(495, int), np.tile(np.arange(165), 3), 1)
    assert within_drawing(tests.p_pooled, one)
    assert within_drawing(float(tests.p[0]), one)
    assert tests.worst is not None
    assert within_drawing(tests.worst.p, one)


def test_sign_flips_agree_with_all_of_them() -> None:
    """Nine items of three tasks, two networks: all 512 exchanges."""
    rng = np.random.default_rng(4)
    for scenario in range(4):
        net = rng.choice([-1, 0, 1], (2, 9), p=[0.5, 0.2, 0.3])
        task, item = np.tile(np.repeat([0, 1, 2], 3), 2), np.tile(np.arange(9), 2)
        sums = np.zeros((3, 9))
        np.add.at(sums, (task, item), -net.ravel())
        discordant = np.abs(net).sum(axis=0).reshape(3, 3).sum(axis=1)
        tested = discordant > 0
        flips = np.array(list(product([1, -1], repeat=9)))
        drawn = (flips @ sums.T)[:, tested] / np.sqrt(discordant[tested])
        largest = drawn.max(axis=1)
        tests = task_tests(net.ravel(), task, item, 3, seed=scenario)
        assert tests.worst is not None
        assert tests.worst.statistic == pytest.approx(largest[0])  # the first flip is the identity
        assert tests.worst.index == np.flatnonzero(tested)[drawn[0].argmax()]
        assert within_drawing(tests.worst.p, (largest >= largest[0] - 1e-9).mean())
        totals = flips @ sums.sum(axis=0)
        assert within_drawing(exchange_p(net.ravel(), item, seed=scenario), (totals >= totals[0]).mean())


def test_tasks_by_hand() -> None:
    """6:0, 5:3, 9:9 and nothing: each task's p, Holm's over four, the worst and Bonferroni's of three."""
    counts = [(6, 0), (5, 3), (9, 9), (0, 0)]
    net = np.concatenate([np.repeat([-1, 1, 0], [lost, gained, 5]) for lost, gained in counts])
    task = np.repeat(np.arange(4), [lost + gained + 5 for lost, gained in counts])
    tests = task_tests(net, task, np.arange(len(net)), 4)
    p = [1 / 64, stats.binom.sf(4, 8, 0.5), stats.binom.sf(8, 18, 0.5), 1]
    assert tests.p.tolist() == pytest.approx(p)
    assert tests.p_holm.tolist() == pytest.approx([4 * p[0], 1, 1, 1])
    assert tests.p_pooled == pytest.approx(stats.binom.sf(19, 32, 0.5))
    assert tests.fisher.p == pytest.approx(stats.combine_pvalues(p).pvalue)
    assert tests.worst is not None
    assert (tests.worst.index, tests.worst.statistic) == (0, pytest.approx(math.sqrt(6)))
    assert tests.p_any == pytest.approx(min(3 * min(tests.p_pooled, tests.worst.p, tests.fisher.p), 1))


def test_a_task_where_nothing_changed_is_not_the_worst() -> None:
    """All others gained; the worst of them is named, and its p is that of the tasks that changed: 7 of 8 flips reach −1/√3."""
    tests = task_tests(np.array([0, 0, -1, 1, 1]), np.array([0, 0, 1, 1, 1]), np.arange(5), 2)
    assert tests.worst is not None
    assert (tests.worst.index, tests.worst.statistic) == (1, pytest.approx(-1 / math.sqrt(3)))
    assert within_drawing(tests.worst.p, 7 / 8)


def test_tasks_at_the_edges() -> None:
    """No answer changed: no worst task, every p is 1. What is lost and gained on the same item cancels."""
    tests = task_tests(np.zeros(6, int), np.array([0, 0, 1, 1, 2, 2]), np.arange(6), 3)
    assert tests.worst is None
    assert [*tests.p, *tests.p_holm, tests.p_pooled, tests.fisher.p, tests.p_any] == [1] * 9
    assert exchange_p(np.zeros(3, int), np.arange(3)) == 1
    assert exchange_p(np.array([], int), np.array([], int)) == 1
    cancelled = task_tests(np.array([1, -1]), np.array([0, 0]), np.array([7, 7]), 1)
    assert cancelled.worst is not None
    assert (cancelled.worst.statistic, cancelled.worst.p) == (0, 1)


def test_exchanges_are_reproducible() -> None:
    """By the seed, and no p is 0."""
    rng = np.random.default_rng(0)
    net, item = rng.choice([-1, 0, 1], 200, p=[0.3, 0.5, 0.2]), np.arange(200)
    assert exchange_p(net, item, seed=1) == exchange_p(net, item, seed=1)
    assert len({exchange_p(net, item, seed=seed) for seed in range(5)}) > 1
    assert exchange_p(np.full(100, -1), np.arange(100)) == 1 / 10_000
