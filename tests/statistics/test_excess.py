"""The excess over disjoint sets: a plain version, zero where nothing happened, intervals that hold the truth."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pietools.statistics.pies import excess
from pietools.statistics.pies.excess import disjoint_pies, pie_excess
from pietools.statistics.tools.ballots import Ballots
from pietools.statistics.tools.populations import Populations
from tests.conftest import simulate


def modal(labels: np.ndarray) -> np.ndarray:
    """Modal labels, ties to the lowest class."""
    return np.array([(labels == c).sum(axis=0) for c in range(6)]).argmax(axis=0)


def plain_parts(d1: np.ndarray, d2: np.ndarray, c1: np.ndarray, c2: np.ndarray) -> tuple[float, int, int]:
    """PIEs between, within the dense, within the compressed sets, counted one by one."""
    count = lambda one, other: int((modal(one) != modal(other)).sum())  # noqa: E731
    return (count(d1, c2) + count(d2, c1)) / 2, count(d1, d2), count(c1, c2)


@settings(max_examples=50, deadline=None)
@given(h=st.integers(1, 5), n_classes=st.integers(1, 6), more=st.integers(0, 2), seed=st.integers(0, 10**6))
def test_the_parts_equal_a_plain_count(h: int, n_classes: int, more: int, seed: int) -> None:
    """Leaving out the examples that no set can decide otherwise changes no count."""
    rng = np.random.default_rng(seed)
    reference = rng.integers(0, n_classes, (2 * h + more, 30))
    compressed = np.where(rng.random((2 * h + 1, 30)) < 0.8, reference[0], rng.integers(0, n_classes, (2 * h + 1, 30)))
    ballots = Ballots.count(np.vstack([reference, compressed])).undecided(len(reference), h)
    chosen = [np.array([rng.permutation(len(side))[: 2 * h] for _ in range(4)]) for side in (reference, compressed)]
    found = disjoint_pies(ballots, (len(reference), len(compressed)), *chosen)
    for row, *split in zip(found, *chosen, strict=True):
        d, c = reference[split[0]], compressed[split[1]]
        assert tuple(row) == plain_parts(d[:h], d[h:], c[:h], c[h:])


def test_three_networks_by_enumeration() -> None:
    """With K = 3 sets are single networks; the estimate approaches the mean over all ordered pairs of replicates."""
    rng = np.random.default_rng(4)
    reference, compressed = rng.integers(0, 3, (3, 200)), rng.integers(0, 3, (3, 200))
    found = pie_excess(Populations(reference, compressed, paired=True), seed=0)
    parts = [
        plain_parts(*(side[[k]] for side in (reference, compressed) for k in pair))
        for pair in permutations(range(3), 2)
    ]
    between, of_reference, of_compressed = np.mean(parts, axis=0)
    assert found.set_size == 1
    assert found.between == pytest.approx(between, rel=0.02)
    assert found.estimate == pytest.approx(between - (of_reference + of_compressed) / 2, abs=1.5)


@pytest.mark.parametrize("k", [1, 2])
def test_too_few_networks_have_no_excess(k: int) -> None:
    """Flagged, and nothing is NaN."""
    _, populations = simulate(0, n_networks=k)
    found = pie_excess(Populations(*populations.values(), paired=True), seed=0)
    assert (found.estimate, found.interval.std_error, found.flag) == (None, None, "few-networks")


def test_identical_networks_have_no_interval() -> None:
    """No network disagrees with any other: an excess of 0 that nothing can be said about."""
    labels = np.tile(np.arange(10), (8, 1))
    found = pie_excess(Populations(labels, labels, paired=True), seed=0)
    assert (found.estimate, found.interval.conf_low, found.flag) == (0, None, "no-variance")


def test_swapping_the_populations_keeps_the_excess() -> None:
    """And swaps the baselines; the same splits are drawn when the design is paired."""
    _, populations = simulate(1, n_networks=8)
    there = pie_excess(Populations(populations["dense"], populations["pruned"], paired=True), seed=0)
    back = pie_excess(Populations(populations["pruned"], populations["dense"], paired=True), seed=0)
    assert there.estimate == back.estimate
    assert (there.reference_baseline, there.compressed_baseline) == (back.compressed_baseline, back.reference_baseline)
    assert there.interval.std_error == pytest.approx(back.interval.std_error)


@pytest.mark.parametrize("sizes", [(10, 7), (5, 30), (70, 66), (3, 1_000)])
def test_unequal_numbers_of_networks(sizes: tuple[int, int]) -> None:
    """The smaller population decides the size of the sets."""
    rng = np.random.default_rng(0)
    reference, compressed = (rng.choice(4, (k, 100), p=[0.4, 0.3, 0.2, 0.1]) for k in sizes)
    found = pie_excess(Populations(reference, compressed, paired=False), seed=0)
    assert found.set_size == 3 * min(sizes) // 8
    assert found.interval.std_error is not None
    assert found.flag is None


@pytest.mark.parametrize("paired", [True, False])
def test_the_interval_holds_the_truth(paired: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """40 studies of 10 networks whose labels are drawn from known probabilities; the truth is ½ Σ (q^D − q^C)².

    A binomial with 0.9 gives fewer than 30 of 40 once in a thousand. The full simulation is ``pietools validate``.
    """
    monkeypatch.setattr(excess, "N_SPLITS", 300)
    rng = np.random.default_rng(7)
    p_dense = rng.beta(2, 1, 300)
    p_compressed = np.clip(p_dense - 0.35 * (rng.random(300) < 0.3), 0, 1)
    h = 3 * 10 // 8

    def q(p: np.ndarray) -> np.ndarray:
        # With h = 3 and two classes the modal label is 1 if at least two of three networks say so.
        return p**3 + 3 * p**2 * (1 - p)

    assert h == 3
    truth = ((q(p_dense) - q(p_compressed)) ** 2).sum()
    held, estimates = 0, []
    for seed in range(40):
        shared = rng.random((10, 300))
        other = (
            np.where(rng.random((10, 300)) < 0.5, shared, rng.random((10, 300))) if paired else rng.random((10, 300))
        )
        found = pie_excess(
            Populations((shared < p_dense).astype(int), (other < p_compressed).astype(int), paired=paired), seed=seed
        )
        estimates.append(found.estimate)
        held += found.interval.conf_low <= truth <= found.interval.conf_high
    assert held >= 30
    assert np.mean(estimates) == pytest.approx(truth, abs=3 * np.std(estimates) / 40**0.5)
