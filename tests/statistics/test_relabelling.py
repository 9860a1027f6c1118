"""The null distribution of the PIE count: bit masks against a plain count, exact enumeration, level."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pietools.statistics.tools import ballots
from pietools.statistics.tools.populations import Populations
from pietools.statistics.tools.relabelling import relabelling_null
from tests.conftest import simulate


def plain_n_pies(labels: np.ndarray, is_reference: np.ndarray) -> int:
    """PIEs by counting votes class by class; argmax takes the lowest class on a tie."""
    n_classes = labels.max() + 1

    def modal(rows: np.ndarray) -> np.ndarray:
        return np.array([(rows == c).sum(axis=0) for c in range(n_classes)]).argmax(axis=0)

    return int((modal(labels[is_reference]) != modal(labels[~is_reference])).sum())


def plain_counts(reference: np.ndarray, compressed: np.ndarray, *, paired: bool) -> list[int]:
    """The count of every relabelling, in no particular order."""
    k, total = len(reference), len(reference) + len(compressed)
    labels = np.vstack([reference, compressed])
    if paired:
        subsets = [[j + k * swapped for j, swapped in enumerate(swaps)] for swaps in product((0, 1), repeat=k)]
    else:
        subsets = [list(subset) for subset in combinations(range(total), k)]
    return [plain_n_pies(labels, np.isin(np.arange(total), subset)) for subset in subsets]


@settings(max_examples=60, deadline=None)
@given(
    n_reference=st.integers(1, 5), n_compressed=st.integers(1, 5), n_classes=st.integers(1, 6),
    n_examples=st.integers(1, 40), seed=st.integers(0, 10**6),
)  # fmt: skip
def test_unmatched_enumeration_equals_a_plain_count(
    n_reference: int, n_compressed: int, n_classes: int, n_examples: int, seed: int
) -> None:
    """Masks, popcounts and both pruning rules change no count."""
    rng = np.random.default_rng(seed)
    reference = rng.integers(0, n_classes, (n_reference, n_examples))
    compressed = rng.integers(0, n_classes, (n_compressed, n_examples))
    null = relabelling_null(Populations(reference, compressed, paired=False), n_permutations=10**6, seed=0)
    assert null.n_pies.is_exact
    assert sorted(null.n_pies.values) == sorted(plain_counts(reference, compressed, paired=False))
    is_reference = np.arange(n_reference + n_compressed) < n_reference
    assert null.n_pies.observed == plain_n_pies(np.vstack([reference, compressed]), is_reference)


@settings(max_examples=60, deadline=None)
@given(n_pairs=st.integers(1, 7), n_classes=st.integers(1, 5), agreement=st.floats(0, 1), seed=st.integers(0, 10**6))
def test_matched_enumeration_equals_a_plain_count(n_pairs: int, n_classes: int, agreement: float, seed: int) -> None:
    """Only swaps within pairs, whether pairs agree often or never."""
    rng = np.random.default_rng(seed)
    reference = rng.integers(0, n_classes, (n_pairs, 30))
    compressed = np.where(rng.random((n_pairs, 30)) < agreement, reference, rng.integers(0, n_classes, (n_pairs, 30)))
    null = relabelling_null(Populations(reference, compressed, paired=True), n_permutations=10**6, seed=0)
    assert null.n_pies.is_exact
    assert len(null.n_pies.values) == 2**n_pairs
    assert sorted(null.n_pies.values) == sorted(plain_counts(reference, compressed, paired=True))


def plain_taxicab(labels: np.ndarray, is_reference: np.ndarray) -> float:
    """Mean over examples of the distance of the vote shares, class by class."""
    shares = [
        [(rows == c).mean(axis=0) for c in range(labels.max() + 1)]
        for rows in (labels[is_reference], labels[~is_reference])
    ]
    return float(np.abs(np.array(shares[0]) - np.array(shares[1])).sum(axis=0).mean())


@settings(max_examples=40, deadline=None)
@given(
    n_reference=st.integers(1, 4),
    n_compressed=st.integers(1, 4),
    n_classes=st.integers(1, 5),
    seed=st.integers(0, 10**6),
)
def test_the_taxicab_distance_equals_a_plain_count(
    n_reference: int, n_compressed: int, n_classes: int, seed: int
) -> None:
    """Observed and of every relabelling, class by class."""
    predicted = np.random.default_rng(seed).integers(0, n_classes, (n_reference + n_compressed, 20))
    votes = Populations(predicted[:n_reference], predicted[n_reference:], paired=False)
    null = relabelling_null(votes, n_permutations=10**6, seed=0)
    is_reference = np.arange(len(predicted)) < n_reference
    assert null.taxicab.observed == pytest.approx(plain_taxicab(predicted, is_reference))
    subsets = combinations(range(len(predicted)), n_reference)
    plain = [plain_taxicab(predicted, np.isin(np.arange(len(predicted)), subset)) for subset in subsets]
    assert np.allclose(sorted(null.taxicab.values), sorted(plain))


@pytest.mark.parametrize(("n_reference", "n_compressed"), [(30, 30), (33, 31), (100, 90), (200, 200), (3, 150)])
def test_any_number_of_networks(n_reference: int, n_compressed: int) -> None:
    """Masks of one word, exactly one word, and several."""
    rng = np.random.default_rng(n_reference)
    labels = rng.choice(8, size=(n_reference + n_compressed, 50), p=[0.3, 0.3, 0.1, 0.1, 0.1, 0.04, 0.03, 0.03])
    null = relabelling_null(
        Populations(labels[:n_reference], labels[n_reference:], paired=False), n_permutations=5, seed=1
    )
    assert not null.n_pies.is_exact
    assert null.n_pies.observed == plain_n_pies(labels, np.arange(len(labels)) < n_reference)


def test_drawn_relabellings_approach_the_enumeration(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Monte Carlo mean is within its error of the exact one, for both designs; few are enumerated whatever is asked for."""
    _, populations = simulate(0, n_networks=5, n=300)
    for paired in (True, False):
        exact = relabelling_null(Populations(*populations.values(), paired=paired), n_permutations=31, seed=0)
        with monkeypatch.context() as patched:
            patched.setattr(ballots, "ENUMERATED", 0)
            drawn = relabelling_null(Populations(*populations.values(), paired=paired), n_permutations=31, seed=0)
        assert exact.n_pies.is_exact
        assert not drawn.n_pies.is_exact
        assert abs(drawn.n_pies.mean - exact.n_pies.mean) < 4 * exact.n_pies.sd / np.sqrt(31)


def test_p_value_by_hand() -> None:
    """Two pairs: the identity and its mirror image give the observed count, so p = 2 / 4."""
    reference, compressed = np.array([[0, 0, 0], [0, 0, 1]]), np.array([[1, 1, 1], [1, 1, 1]])
    # identity: D = {0,0}, {0,0}, {0,1}: modes 0 0 0 against 1 1 1: 3 PIEs; one swap: {0,1} both sides (ties to 0) on examples
    # 0 and 1, and on example 2 {0,1} against {1,1} or {1,1} against {0,1}: 1 PIE
    null = relabelling_null(Populations(reference, compressed, paired=True), n_permutations=100, seed=0)
    assert sorted(null.n_pies.values) == [1, 1, 3, 3]
    assert null.n_pies.observed == 3
    assert null.n_pies.p_value == null.smallest_p == 2 / 4
    assert (
        relabelling_null(Populations(reference, compressed, paired=True), n_permutations=3, seed=0).n_pies.p_value
        >= 1 / 4
    )


def test_identical_populations_give_no_pie_and_p_of_one() -> None:
    """Nothing happened."""
    _, populations = simulate(1)
    null = relabelling_null(
        Populations(populations["dense"], populations["dense"], paired=True), n_permutations=200, seed=0
    )
    assert null.n_pies.observed == 0
    assert null.n_pies.p_value == 1
    assert null.n_pies.values.max() == 0


def test_swapping_the_populations_keeps_p() -> None:
    """The test has no direction."""
    _, populations = simulate(2)
    for paired in (True, False):
        there = relabelling_null(
            Populations(populations["dense"], populations["pruned"], paired=paired), n_permutations=10**4, seed=0
        )
        back = relabelling_null(
            Populations(populations["pruned"], populations["dense"], paired=paired), n_permutations=10**4, seed=0
        )
        assert there.n_pies.p_value == back.n_pies.p_value
        assert there.n_pies.observed == back.n_pies.observed
        assert there.taxicab.p_value == back.taxicab.p_value


def test_pairs_must_be_as_many() -> None:
    """A paired null of 3 and 2 networks makes no sense."""
    with pytest.raises(ValueError, match="not 3 and 2"):
        relabelling_null(
            Populations(np.zeros((3, 4), int), np.zeros((2, 4), int), paired=True), n_permutations=10, seed=0
        )


@pytest.mark.parametrize("paired", [True, False])
def test_level(paired: bool) -> None:
    """With no effect the test rejects at most as often as it says: 300 studies, bound at three standard errors above 0.05."""
    rejections = 0
    for seed in range(300):
        _, populations = simulate(seed, n_networks=8, n=60, damage=0)
        null = relabelling_null(Populations(*populations.values(), paired=paired), n_permutations=199, seed=seed)
        rejections += null.n_pies.p_value <= 0.05
    assert rejections <= stats.binom.ppf(0.9987, 300, 0.05)


def test_power() -> None:
    """A large effect is found."""
    _, populations = simulate(3, n_networks=8, n=600, damage=0.6)
    assert (
        relabelling_null(Populations(*populations.values(), paired=True), n_permutations=999, seed=0).n_pies.p_value
        < 0.02
    )
