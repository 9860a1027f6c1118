"""Half-samples of PIE counts, stability, numbers of networks, baselines, and accuracy on PIEs."""

import numpy as np
import pytest
from scipy import stats

from pietools.statistics.accuracy.on_pies import accuracy_on_pies
from pietools.statistics.pies.counts import (
    dense_baseline,
    pie_count_intervals,
    pies_by_replicates,
    split_half_jaccard,
)
from pietools.statistics.tools.half_samples import half_sample_interval, half_samples
from pietools.statistics.tools.populations import Populations
from tests.conftest import simulate


def modal(labels: np.ndarray) -> np.ndarray:
    """Modal labels, ties to the lowest class."""
    return np.array([(labels == c).sum(axis=0) for c in range(labels.max() + 1)]).argmax(axis=0)


def test_half_samples_draw_without_replacement() -> None:
    """⌊K/2⌋ networks of each population; matched ones together, unmatched ones apart."""
    reference, compressed = half_samples(9, 9, paired=True, seed=0)
    assert (reference.sum(axis=1) == 4).all()
    assert (reference == compressed).all()
    reference, compressed = half_samples(9, 6, paired=False, seed=0)
    assert (compressed.sum(axis=1) == 3).all()
    assert (reference[:, :6] != compressed).any()


@pytest.mark.parametrize("k", [4, 5, 10, 31])
def test_half_samples_give_the_error_of_a_mean(k: int) -> None:
    """For a mean the delete-d jackknife is s / √K in expectation; the interval is the t interval of K − 1 degrees of freedom."""
    values = np.random.default_rng(k).normal(size=k)
    members, _ = half_samples(k, k, paired=True, seed=0, n_samples=20_000)
    interval = half_sample_interval(values.mean(), (members @ values) / members.sum(axis=1), k, k)
    assert interval.std_error == pytest.approx(values.std(ddof=1) / k**0.5, rel=0.02)
    assert interval.conf_high - values.mean() == pytest.approx(stats.t.isf(0.025, k - 1) * interval.std_error)


def test_fewer_than_four_networks_have_no_interval() -> None:
    """Half of three is one network, which has no modal label to speak of."""
    labels, populations = simulate(0, n_networks=3)
    found = pie_count_intervals(Populations(*populations.values(), paired=True, labels=labels), seed=0)
    assert all(interval.conf_low is None for interval in found.values())


@pytest.mark.parametrize(("k", "is_known"), [(5, False), (10, True)])
def test_untied_counts_need_more_networks(k: int, is_known: bool) -> None:
    """Halves of five networks tie much oftener than five do, so that they have no interval; the other counts do."""
    labels, populations = simulate(0, n_networks=k)
    found = pie_count_intervals(Populations(*populations.values(), paired=True, labels=labels), seed=0)
    assert (found["n_pies_untied"].conf_low is not None) == is_known
    assert found["n_pies"].conf_low is not None


def test_intervals_lie_around_the_counts() -> None:
    """The counts inside are those of a plain count, also where labels are missing."""
    labels, populations = simulate(3, n_networks=8)
    labels[:50] = -1
    found = pie_count_intervals(Populations(*populations.values(), paired=True, labels=labels), seed=0)
    before, after = (modal(predicted) for predicted in populations.values())
    is_pie = before != after
    counts = {
        "n_pies": is_pie.sum(),
        "forgotten": (is_pie & (before == labels)).sum(),
        "recovered": (is_pie & (after == labels)).sum(),
        "moved": (is_pie & (labels >= 0) & (before != labels) & (after != labels)).sum(),
    }
    for name, count in counts.items():
        assert (found[name].conf_low + found[name].conf_high) / 2 == pytest.approx(count)
        assert found[name].std_error > 0


def test_the_interval_of_the_count_covers() -> None:
    """60 matched studies of the same examples: the expected count lies inside at least 49 times (once in 1,000 less at 0.93)."""
    rng = np.random.default_rng(1)
    labels = np.zeros(300, dtype=int)
    p_dense, p_pruned = rng.beta(3, 1, 300), rng.beta(2, 1, 300)
    studies = []
    for _ in range(60):
        shared = rng.random((10, 300))
        studies.append(((shared < p_dense).astype(int), ((shared + rng.random((10, 300))) / 2 < p_pruned).astype(int)))
    expected = np.mean([(modal(d) != modal(c)).sum() for d, c in studies])
    intervals = [
        pie_count_intervals(Populations(d, c, paired=True, labels=labels), seed=0)["n_pies"] for d, c in studies
    ]
    assert sum(one.conf_low <= expected <= one.conf_high for one in intervals) >= 49


def test_halves_agree_on_a_clear_effect() -> None:
    """Halves name the planted PIEs; of networks without an effect they name far fewer of the same."""
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((8, 500)) < 0.97, 0, 1)
    pruned = np.where(rng.random((8, 500)) < 0.97, (np.arange(500) < 100).astype(int), 2)
    assert split_half_jaccard(Populations(dense, pruned, paired=False), seed=0) == pytest.approx(1, abs=0.05)
    _, populations = simulate(1, n_networks=8, damage=0)
    assert split_half_jaccard(Populations(*populations.values(), paired=False), seed=0) < 0.5


def test_split_half_jaccard_of_two_pairs() -> None:
    """The halves are the pairs, whatever the split: PIEs 0 and 1 of the first, 1 and 2 of the second, one of three shared."""
    dense, pruned = np.array([[0, 0, 0], [0, 0, 0]]), np.array([[1, 1, 0], [0, 1, 1]])
    assert split_half_jaccard(Populations(dense, pruned, paired=True), seed=0) == pytest.approx(1 / 3)


def test_stability_of_nothing_is_nothing() -> None:
    """One network, or no PIE in any half."""
    labels = np.tile(np.arange(5), (4, 1))
    for k in (1, 4):
        assert split_half_jaccard(Populations(labels[:k], labels[:k], paired=True), seed=0) is None


@pytest.mark.parametrize(("k", "sizes"), [(1, [1]), (3, [1, 2, 3]), (8, [1, 2, 4, 8]), (10, [1, 2, 4, 8, 10])])
def test_counts_by_number_of_networks(k: int, sizes: list[int]) -> None:
    """Doubling up to K; all networks give the count itself, and single networks the mean number of flips."""
    _, populations = simulate(5, n_networks=k)
    dense, pruned = populations.values()
    found = pies_by_replicates(Populations(dense, pruned, paired=True), seed=0)
    assert found["n_networks"].to_list() == sizes
    assert found["n_pies"][-1] == (modal(dense) != modal(pruned)).sum()
    assert found["n_pies"][0] == pytest.approx((dense != pruned).sum(axis=1).mean(), rel=0.1)
    assert found["between"].null_count() == sum(2 * size > k for size in sizes)


def test_dense_baseline_by_hand() -> None:
    """A second population as large is compared as it is; without one, halves are."""
    first, second = np.array([[0, 0, 1], [0, 1, 1]]), np.array([[1, 0, 1], [1, 0, 1]])
    # modal labels 0 0 1 (ties to the lowest) against 1 0 1
    assert dense_baseline(first, second, seed=0) == (2, 1.0)
    # the two networks differ on the second example only
    assert dense_baseline(first, None, seed=0) == (1, 1.0)
    assert dense_baseline(first[:1], None, seed=0) == (0, None)


def test_accuracy_on_pies_by_hand() -> None:
    """Three pairs; the PIEs that judge a network are those of the two other pairs."""
    labels = np.array([0, 0, 0])
    reference = np.array([[0, 0, 0], [0, 0, 1], [0, 0, 1]])
    compressed = np.array([[1, 0, 0], [1, 0, 1], [1, 0, 0]])
    # Without pair 0: modal labels 0 0 1 and 1 0 0 (tie to 0): PIEs 0 and 2. Network 0 is right on both of them.
    # Without pair 1: 0 0 0 (tie) and 1 0 0: PIE 0, on which network 1 is right. Without pair 2: 0 0 0 (tie), 1 0 0 (tie): PIE 0.
    found = {
        (row["population"], row["subset"]): row
        for row in accuracy_on_pies(Populations(reference, compressed, paired=True, labels=labels)).to_dicts()
    }
    assert found["reference", "pies"]["n_examples"] == pytest.approx((2 + 1 + 1) / 3)
    assert found["reference", "pies"]["accuracy_mean"] == pytest.approx(1.0)
    # Compressed network 0 is wrong on example 0 and right on 2; the others are wrong on example 0.
    assert found["compressed", "pies"]["accuracy_mean"] == pytest.approx((1 / 2 + 0 + 0) / 3)
    assert found["compressed", "all"]["accuracy_mean"] == pytest.approx((2 + 1 + 2) / 9)
    assert found["compressed", "random"]["accuracy_mean"] == found["compressed", "all"]["accuracy_mean"]


def test_leaving_out_removes_the_selection() -> None:
    """Without any effect, networks judged by PIEs that they named themselves fall on them; left out, they do not."""
    falls, selected = [], []
    for seed in range(30):
        labels, populations = simulate(seed, n_networks=4, n=300, damage=0)
        dense, pruned = populations.values()
        found = accuracy_on_pies(Populations(dense, pruned, paired=True, labels=labels))
        by = {(row["population"], row["subset"]): row["accuracy_mean"] for row in found.to_dicts()}
        falls.append(by["compressed", "pies"] - by["reference", "pies"])
        is_pie = modal(dense) != modal(pruned)
        forgotten = is_pie & (modal(dense) == labels)
        selected.append((pruned == labels)[:, forgotten].mean() - (dense == labels)[:, forgotten].mean())
    assert abs(np.mean(falls)) < 3 * np.std(falls) / 30**0.5
    assert np.mean(selected) < -0.3


def test_accuracy_on_pies_where_there_is_nothing_to_say() -> None:
    """One pair cannot be left out of itself; no labels, no accuracy; no PIEs, no accuracy on them."""
    labels, populations = simulate(0, n_networks=1)
    one = accuracy_on_pies(Populations(*populations.values(), paired=True, labels=labels)).filter(subset="pies")
    assert one["accuracy_mean"].to_list() == [None, None]
    nothing = accuracy_on_pies(Populations(*populations.values(), paired=True, labels=np.full(len(labels), -1)))
    assert nothing["accuracy_mean"].null_count() == 8
    same = accuracy_on_pies(
        Populations(
            populations["dense"].repeat(3, axis=0), populations["dense"].repeat(3, axis=0), paired=True, labels=labels
        )
    )
    assert same.filter(subset="pies")["accuracy_mean"].to_list() == [None, None]
