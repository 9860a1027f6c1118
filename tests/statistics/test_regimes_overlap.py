"""What two regimes lose in common: counts by hand, exact null distributions, level."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from pietools.statistics.regimes import overlap
from pietools.statistics.regimes.lost import lost_as_labelled, lost_examples, lost_in_halves
from pietools.statistics.regimes.overlap import pie_overlap
from pietools.statistics.regimes.transitions import transitions
from pietools.statistics.tools.half_samples import NO_INTERVAL
from pietools.statistics.tools.populations import Populations
from tests.statistics.regimes_world import World, labels_of

# Three examples of label 0, three networks. A: example 0 forgotten, 1 recovered, 2 as it was; B: 0 forgotten, 1 forgotten, 2 moved.
BY_HAND = (
    Populations(np.array([[0, 1, 0], [0, 1, 0], [1, 0, 0]]), np.array([[1, 0, 0], [1, 0, 0], [0, 0, 1]]), True),
    Populations(np.array([[0, 0, 1], [0, 0, 1], [0, 1, 2]]), np.array([[2, 1, 2], [2, 1, 2], [2, 1, 2]]), True),
)


def plain_lost(
    labels: np.ndarray, given_labels: np.ndarray | None, before: np.ndarray, after: np.ndarray
) -> np.ndarray:
    """Lost examples vote by vote; ties go to the lowest class."""
    one, other = (
        np.array([(labels[those] == c).sum(axis=0) for c in range(5)]).argmax(axis=0) for those in (before, after)
    )
    return one != other if given_labels is None else (one == given_labels) & (other != given_labels)


def unpacked(bits: np.ndarray, n: int) -> np.ndarray:
    """Sets of examples as booleans."""
    return np.unpackbits(bits, axis=-1, count=n).astype(bool)


def simulated(
    seed: int, effect: str, *, k: int = 6, n: int = 250, paired: bool = True, matched: bool = True
) -> list[Populations]:
    """Predicted labels of two regimes of which none, one (B) or both lose a tenth of the examples, the same if ``same``."""
    rng = np.random.default_rng(seed)
    a, b = 2.0 * (rng.random((2, n)) < 0.1)
    hits = {"none": (0 * a, 0 * b), "one": (0 * a, b), "same": (a, a)}[effect]
    right = World(rng, n, *hits).draw(k, paired=paired, matched=matched)
    return [labels_of(regime, np.arange(n) % 5) for regime in right]


@settings(max_examples=40, deadline=None)
@given(sizes=st.tuples(st.integers(1, 5), st.integers(1, 5)), with_labels=st.booleans(), seed=st.integers(0, 10**6))
def test_lost_examples_equal_a_plain_count(sizes: tuple[int, int], with_labels: bool, seed: int) -> None:
    """PIEs and forgotten examples of any sets of networks; what no set can decide otherwise is left out rightly."""
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random((sum(sizes), 30)) < 0.7, 2, rng.integers(0, 5, (sum(sizes), 30)))
    regime = Populations(labels[: sizes[0]], labels[sizes[0] :], False)
    given_labels = rng.integers(-1, 5, 30) if with_labels else None
    h = min(sizes)
    chosen = np.array([rng.permutation(sum(sizes)) for _ in range(5)])
    before, after = chosen < h, (chosen >= h) & (chosen < 2 * h)
    found = unpacked(lost_examples(regime, given_labels, before, after), 30)
    for row, one, other in zip(found, before, after, strict=True):
        assert (row == plain_lost(labels, given_labels, one, other)).all()


def test_half_samples_draw_the_same_replicates() -> None:
    """The same seed and regime give the same sets, another seed others; each is a count of ⌊K/2⌋ networks."""
    regime = simulated(0, "same", k=7)[0]
    one, again, other = (lost_in_halves(regime, None, seed) for seed in ([1], [1], [2]))
    assert (one == again).all()
    assert (one != other).any()


def test_overlap_by_hand() -> None:
    """PIEs of A: examples 0 and 1; of B: all three; both: 2."""
    found = pie_overlap(*BY_HAND, paired=True, n_permutations=50, seed=0)
    assert [unpacked(lost_as_labelled(regime, None), 3).tolist() for regime in BY_HAND] == [
        [True, True, False],
        [True] * 3,
    ]
    assert (found.n_pies_a, found.n_pies_b, found.n_both, found.expected) == (2, 3, 2, 2 * 3 / 3)
    # All three are PIEs of B, so that agreement means nothing; three networks have no half-samples.
    assert (found.jaccard, found.kappa, found.interval.std_error) == (None, None, None)


def test_agreement_by_hand_and_scikit_learn() -> None:
    """Jaccard is |A ∩ B| / |A ∪ B|, kappa scikit-learn's."""
    a, b = simulated(1, "same")
    found = pie_overlap(a, b, paired=True, n_permutations=10, seed=0)
    sets = [unpacked(lost_as_labelled(regime, None), 250) for regime in (a, b)]
    assert found.n_both == (sets[0] & sets[1]).sum()
    assert found.jaccard == (sets[0] & sets[1]).sum() / (sets[0] | sets[1]).sum()
    assert found.kappa == pytest.approx(cohen_kappa_score(*sets), rel=1e-12)
    assert found.interval.conf_low < found.n_both < found.interval.conf_high


def test_the_null_is_that_of_all_relabellings() -> None:
    """Its mean is within its error of the mean over all 2^4 × 2^4 swaps, counted vote by vote; so is each p."""
    a, b = simulated(2, "same", k=4, n=60)
    identity = np.arange(8) < 4
    swaps = [np.concatenate([np.array(s) == 0, np.array(s) == 1]) for s in product((0, 1), repeat=4)]
    sets = [
        [plain_lost(np.vstack([r.reference, r.compressed]), None, s, ~s) for s in (identity, *swaps)] for r in (a, b)
    ]
    exact = np.array([[(one & other).sum() for other in sets[1][1:]] for one in sets[0][1:]])
    found = pie_overlap(a, b, paired=True, n_permutations=2000, seed=3)
    assert found.n_both == (sets[0][0] & sets[1][0]).sum()
    assert found.null.mean == pytest.approx(exact.mean(), abs=4 * exact.std() / 2000**0.5)
    assert found.overlap_above_null == found.n_both - found.null.mean
    one_sided = [
        np.mean([(row & other).sum() >= found.n_both for row in rows[1:]])
        for rows, other in ((sets[0], sets[1][0]), (sets[1], sets[0][0]))
    ]
    assert abs(one_sided[0] - one_sided[1]) > 0.1
    for p_value, share in ((found.p_value, (exact >= found.n_both).mean()), (found.p_either, max(one_sided))):
        assert p_value == pytest.approx(share, abs=4 * (share * (1 - share) / 2000) ** 0.5 + 1 / 2000)


@pytest.mark.parametrize(("paired", "matched"), [(True, True), (True, False), (False, False)])
def test_overlap_level(paired: bool, matched: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With shared difficulty and no effect: 80 studies, bound at three standard errors above 0.05; many PIEs are shared."""
    monkeypatch.setattr(overlap, "_interval", lambda *_, **__: NO_INTERVAL)
    p_values, n_both = [], []
    for seed in range(80):
        a, b = simulated(seed, "none", n=120, paired=paired, matched=matched)
        found = pie_overlap(a, b, paired=matched, n_permutations=39, seed=seed)
        p_values.append([found.p_value, found.p_either])
        n_both.append([found.n_both, found.n_pies_a * found.n_pies_b / 120])
    assert ((np.array(p_values) <= 0.05).sum(axis=0) <= stats.binom.ppf(0.9987, 80, 0.05)).all()
    observed, if_independent = np.mean(n_both, axis=0)
    assert observed > 2 * if_independent


def test_one_regime_alone_gives_no_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only B is compressed ``p_either`` keeps its level; where both lose the same examples both p are small."""
    monkeypatch.setattr(overlap, "_interval", lambda *_, **__: NO_INTERVAL)
    p_values = []
    for seed in range(100):
        found = pie_overlap(*simulated(seed, "one", n=120), paired=True, n_permutations=39, seed=seed)
        p_values.append(found.p_either)
    assert (np.array(p_values) <= 0.05).sum() <= stats.binom.ppf(0.9987, 100, 0.05)
    found = pie_overlap(*simulated(0, "same", k=10, n=1000), paired=True, n_permutations=199, seed=0)
    assert found.p_value <= found.p_either <= 0.02
    assert found.overlap_above_null > 10


def test_no_pies_are_flagged() -> None:
    """Every p is 1, and nothing is NaN."""
    a, b = simulated(0, "same")
    found = pie_overlap(Populations(a.reference, a.reference, True), b, paired=True, n_permutations=20, seed=0)
    assert (found.n_both, found.p_value, found.p_either, found.kappa, found.flag) == (0, 1, 1, None, "no-pies")


def test_transitions_by_hand() -> None:
    """Forgotten: example 0 in both, 1 in B alone, 2 in none; PIEs: 0 and 1 in both, 2 in B."""
    found = transitions(list(BY_HAND), np.array([0, 0, 0]), n_permutations=40, seed=0)
    assert found.is_lost.tolist() == [[True, False, False], [True, True, False]]
    assert found.groups.select("group", "regime_index", "n").rows() == [
        ("all", None, 1), ("only", 0, 0), ("only", 1, 1), ("none", None, 1)
    ]  # fmt: skip
    pies = transitions(list(BY_HAND), None, n_permutations=40, seed=0)
    assert pies.groups["n"].to_list() == [2, 0, 1, 0]
    assert pies.groups["expected"].sum() == pytest.approx(3)


def test_transitions_of_three_regimes() -> None:
    """Every example is in one group, observed and expected; what all lose beyond chance is found."""
    a, b = simulated(5, "same", k=8, n=600)
    c = simulated(6, "none", k=8, n=600)[0]
    given_labels = np.where(np.arange(600) < 10, -1, np.arange(600) % 5)
    found = transitions([a, b, c], given_labels, n_permutations=99, seed=0)
    assert found.groups["group"].to_list() == ["all", "only", "only", "only", "several", "none"]
    assert found.groups["n"].sum() == 600
    assert found.groups["expected"].sum() == pytest.approx(600)
    assert not found.is_lost[:, :10].any()
    n_lost = found.is_lost.sum(axis=0)
    assert found.groups["n"].to_list()[-2:] == [(n_lost == 2).sum(), (n_lost == 0).sum()]
    both = transitions([a, b], None, n_permutations=99, seed=0).groups.row(0, named=True)
    assert both["n"] == pie_overlap(a, b, paired=True, n_permutations=5, seed=0).n_both
    assert both["n"] > both["conf_high"] > both["expected"] > both["conf_low"]


def test_transitions_need_two_regimes() -> None:
    """One regime, or regimes of different examples, are refused."""
    a, b = simulated(0, "none")
    for regimes in ([a], [a, Populations(b.reference[:, 1:], b.compressed[:, 1:], True)]):
        with pytest.raises(ValueError, match="at least two regimes of the same examples"):
            transitions(regimes, None, n_permutations=5, seed=0)
