"""Differences of counts at equal sparsity and at equal loss: plain counts, interpolation by hand, level, what is refused."""

from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl
import pytest
from scipy import stats
from scipy.special import ndtr

from pietools.statistics.pies import excess
from pietools.statistics.pies.excess import pie_excess
from pietools.statistics.regimes import equal_loss, levels
from pietools.statistics.regimes.differences import count_differences
from pietools.statistics.regimes.equal_loss import equal_loss_differences
from pietools.statistics.regimes.levels import Counted, Levels, Measured, Sampled, measure
from pietools.statistics.tools.half_samples import half_samples
from pietools.statistics.tools.populations import Populations
from tests.conftest import simulate

MATCHED = [True, False]


@pytest.fixture
def few_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer splits and half-samples than in earnest."""
    monkeypatch.setattr(excess, "N_SPLITS", 60)
    monkeypatch.setattr(excess, "MOST_ENUMERATED", 0)
    monkeypatch.setattr(levels, "half_samples", partial(half_samples, n_samples=50))


def regimes(
    seed: int,
    sparsities: tuple[tuple[float, ...], tuple[float, ...]],
    *,
    k: int = 8,
    n: int = 150,
    matched: bool = True,
) -> tuple[Levels, Levels, np.ndarray]:
    """Two regimes to which the same sparsity does the same, by true margins; and the given labels."""
    rng = np.random.default_rng(seed)
    given_labels, margin, hit = rng.integers(0, 5, n), 1.4 + rng.normal(0, 1.3, n), rng.random(n) < 0.3
    seeds = rng.normal(size=(k, n))

    def regime(own_sparsities: tuple[float, ...]) -> Levels:
        own = (seeds + rng.normal(size=(k, n))) if matched else 2**0.5 * rng.normal(size=(k, n))

        def drawn(sparsity: float) -> np.ndarray:
            noise = (0.6 / 2) ** 0.5 * own + 0.4**0.5 * rng.normal(size=(k, n))
            return np.where(noise < margin - sparsity * (0.4 + 1.5 * hit), given_labels, (given_labels + 1) % 5)

        return levels_of(drawn(0), tuple(map(drawn, own_sparsities)), own_sparsities, given_labels)

    return regime(sparsities[0]), regime(sparsities[1]), given_labels


def levels_of(
    dense: np.ndarray,
    compressed: tuple[np.ndarray, ...],
    sparsities: tuple[float, ...],
    given_labels: np.ndarray,
    *,
    paired: bool = True,
) -> Levels:
    """A regime of the same dense networks at several sparsities."""
    return Levels(tuple(Populations(dense, labels, paired, given_labels) for labels in compressed), sparsities)


def first(levels: Levels, k: int) -> Levels:
    """The first networks of each population."""
    return Levels(
        tuple(replace(v, reference=v.reference[:k], compressed=v.compressed[:k]) for v in levels.votes),
        levels.sparsities,
    )


def measured(a: Levels, b: Levels, *, matched: bool, seed: int = 0) -> tuple[Measured, Measured]:
    """Both at the smaller one's number of networks, with a common seed if they are matched."""
    k = min(*a.sizes, *b.sizes)
    return measure(a, k, [seed, 0]), measure(b, k, [seed, 0 if matched else 1])


def n_forgotten(dense: np.ndarray, compressed: np.ndarray, given_labels: np.ndarray) -> int:
    """Counted vote by vote; ties go to the lowest class."""
    before, after = (
        np.array([(side == c).sum(axis=0) for c in range(5)]).argmax(axis=0) for side in (dense, compressed)
    )
    return int(((before == given_labels) & (after != given_labels)).sum())


def test_forgotten_equals_a_plain_count() -> None:
    """Counts, losses and the standard error of their difference, from half-samples counted vote by vote."""
    a, b, given_labels = regimes(0, ((0.5, 1.0), (1.0, 2.0)))
    both = measured(a, b, matched=True, seed=3)
    (row,) = count_differences(*both, paired=True).filter(measure="forgotten").to_dicts()
    counts = [n_forgotten(v.reference, v.compressed, given_labels) for v in (a.votes[1], b.votes[0])]
    assert (row["sparsity"], row["n_networks"], row["count_a"], row["count_b"]) == (1, 8, *counts)
    assert row["estimate"] == counts[0] - counts[1]
    assert row["loss_b"] == pytest.approx(
        (b.votes[0].reference == given_labels).mean() - (b.votes[0].compressed == given_labels).mean()
    )
    # Of the seed [3, 0] the half-samples are given [3, 0, 1].
    halves, _ = half_samples(8, 8, paired=True, seed=[3, 0, 1])
    values = [
        n_forgotten(a.votes[1].reference[s], a.votes[1].compressed[s], given_labels)
        - n_forgotten(b.votes[0].reference[s], b.votes[0].compressed[s], given_labels)
        for s in halves
    ]
    assert row["std_error"] == pytest.approx(np.std(values, ddof=1), rel=1e-12)  # times √(4 / 4)
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(row["estimate"]) / row["std_error"], 7), rel=1e-12)


def test_the_excess_is_that_of_pie_excess(few_splits: None) -> None:
    """Of each regime by itself, with the same splits; unmatched errors add up."""
    a, b, _ = regimes(1, ((1.0,), (1.0,)), matched=False)
    both = measured(a, b, matched=False, seed=3)
    (row,) = count_differences(*both, paired=False).filter(measure="excess").to_dicts()
    single = [pie_excess(r.votes[0], seed=[3, i, 1]) for i, r in enumerate((a, b))]
    assert [row["count_a"], row["count_b"]] == pytest.approx([found.estimate for found in single])
    together = sum(found.interval.std_error**2 for found in single) ** 0.5
    assert row["std_error"] == pytest.approx(together, rel=0.35)


def test_a_regime_does_not_differ_from_itself(few_splits: None) -> None:
    """At equal sparsity the difference is 0 without an error; at equal loss A's own sparsity is found."""
    a, _, _ = regimes(2, ((0.5, 1.0, 2.0), (1.0,)))
    both = measured(a, a, matched=True)
    found = count_differences(*both, paired=True)
    assert found["estimate"].to_list() == [0] * 6
    assert found["flag"].unique().to_list() == ["no-variance"]
    equal = equal_loss_differences(*both, paired=True)
    assert equal["sparsity_b"].to_list() == pytest.approx(equal["sparsity_a"].to_list())
    assert equal["estimate"].to_list() == pytest.approx([0] * 12, abs=1e-9)


def test_swapping_the_regimes_flips_the_sign(few_splits: None) -> None:
    """At equal sparsity."""
    a, b, _ = regimes(3, ((1.0,), (1.0,)))
    one, other = measured(a, b, matched=True)
    there, back = (count_differences(*two, paired=True) for two in ((one, other), (other, one)))
    assert there["estimate"].to_list() == pytest.approx((-back["estimate"]).to_list())
    assert there["p_value"].to_list() == pytest.approx(back["p_value"].to_list())


def sampled(value: list[float], samples: list[list[float]]) -> Sampled:
    """A quantity of all networks and of samples."""
    return Sampled(np.array(value), np.array(samples))


def test_interpolation_by_hand() -> None:
    """A lost 0.04 with 30 examples; B 0.02 with 10, 0.06 with 40, 0.10 with 80: 25 at A's loss, halfway."""
    nothing = sampled([0.0], [[0.0]])
    a = Counted(sampled([30], [[30], [30], [34]]), sampled([0.04], [[0.05], [0.08], [0.01]]), nothing, [], True)
    losses = sampled([0.02, 0.06, 0.10], [[0.01, 0.06, 0.1], [0.02, 0.06, 0.1], [0.02, 0.06, 0.1]])
    b = Counted(sampled([10, 40, 80], [[10, 40, 80]] * 3), losses, nothing, [], True)
    found = equal_loss._at_level(a, b, 0, "points", (0.5, 0.7, 0.9), 8, paired=True)
    assert (found["loss"], found["count_a"]) == (0.04, 30)
    assert (found["count_b"], found["sparsity_b"]) == (pytest.approx(25), pytest.approx(0.6))
    # The samples: four fifths between the first two, half between the last two, and a quarter below the first.
    differences = [30 - (10 + 0.8 * 30), 30 - (40 + 0.5 * 40), 34 - (10 - 0.25 * 30)]
    assert found["std_error"] == pytest.approx(np.std(differences, ddof=1))


def test_what_cannot_be_matched_is_refused(few_splits: None) -> None:
    """A's loss lies beyond all of B's, B has one level, or the dense networks make no error."""
    a, b, given_labels = regimes(4, ((1.0, 4.0), (0.99, 1.01)), k=10, n=400)
    of_a, of_b = measured(a, b, matched=True)
    far = equal_loss_differences(of_a, of_b, paired=True).filter(sparsity_a=4.0)
    assert far["flag"].to_list() == ["extrapolation"] * 4
    assert far["estimate"].null_count() == 4
    of_one = measure(Levels(b.votes[:1], (0.99,)), 10, [0, 0])
    assert set(equal_loss_differences(of_a, of_one, paired=True)["flag"]) == {"extrapolation"}
    right = Levels(tuple(replace(v, reference=np.tile(given_labels, (10, 1))) for v in a.votes), a.sparsities)
    of_right = measure(right, 10, [0, 0])
    perfect = equal_loss_differences(of_right, of_b, paired=True).filter(scale="relative")
    assert set(perfect["flag"]) == {"no-errors"}


def test_levels_that_cannot_be_told_apart(few_splits: None) -> None:
    """B has two levels of the same sparsity with A's loss between them, by chance alone."""
    flags = []
    for seed in range(12):
        a, b, _ = regimes(seed, ((1.0,), (1.0, 1.0)), k=6, n=80)
        flags += equal_loss_differences(*measured(a, b, matched=True), paired=True)["flag"].to_list()
    assert {"extrapolation", "indistinguishable"} <= set(flags)
    assert flags.count(None) <= 8


def test_few_networks_are_flagged_and_many_are_cut(few_splits: None) -> None:
    """Fewer than four say nothing; of unmatched regimes the larger is cut to the smaller one's number."""
    a, b, given_labels = regimes(5, ((1.0,), (1.0, 2.0)), k=8, matched=False)
    few = first(b, 3)
    for function in (count_differences, equal_loss_differences):
        found = function(*measured(a, few, matched=False), paired=False)
        assert set(found["flag"]) == {"few-networks"}
        assert found["estimate"].null_count() == len(found)
    five = first(b, 5)
    both = measured(a, five, matched=False)
    (row,) = count_differences(*both, paired=False).filter(measure="forgotten").to_dicts()
    assert (row["n_networks"], row["df"]) == (5, 4)
    assert row["count_b"] == n_forgotten(five.votes[0].reference, five.votes[0].compressed, given_labels)


def test_samples_that_do_not_go_together_are_refused(few_splits: None) -> None:
    """Other numbers of networks, examples, designs or seeds raise in both functions, and so do networks that are not there."""
    a, b, _ = regimes(6, ((1.0,), (1.0,)), k=6, n=40)
    ours = measure(a, 5, 1)
    five = first(b, 5)
    unpaired = Levels(tuple(replace(v, paired=False) for v in b.votes), b.sparsities)
    fewer = Levels(tuple(v.on(np.arange(30)) for v in b.votes), b.sparsities)
    for other, matched, why in (
        (measure(b, 6, 1), True, "same number of networks"),
        (measure(fewer, 5, 1), True, "same examples"),
        (measure(five, 5, 1), True, "as many networks"),
        (measure(unpaired, 5, 1), True, "same pairing"),
        (measure(b, 5, 2), True, "same seed"),
        (measure(b, 5, 1), False, "seeds of their own"),
    ):
        for function in (count_differences, equal_loss_differences):
            with pytest.raises(ValueError, match=why):
                function(ours, other, paired=matched)
    with pytest.raises(ValueError, match="7 networks are wanted"):
        measure(a, 7, 1)


def test_matched_regimes_are_cut_to_the_same_replicates(few_splits: None) -> None:
    """Equal labels, six networks cut to five of a third regime: the same count in each sample, so no difference anywhere."""
    a, _, _ = regimes(7, ((1.0, 2.0), (1.0,)), k=6)
    again = Levels(tuple(replace(v, compressed=v.compressed.copy()) for v in a.votes), a.sparsities)
    found = count_differences(*(measure(one, 5, [4]) for one in (a, again)), paired=True)
    assert found.select("n_networks", "estimate", "flag").unique().rows() == [(5, 0, "no-variance")]


def test_cut_rows_stay_matched() -> None:
    """A paired regime loses the same replicates everywhere; an unpaired one is cut population by population."""
    rows = np.arange(10)[:, None]
    cut = levels_of(rows, (rows, rows[:7]), (0.5, 0.9), np.array([0]), paired=False).with_networks(6, [0])
    assert cut.sizes == [6, 6, 6]
    paired = levels_of(rows, (rows, rows), (0.5, 0.9), np.array([0])).with_networks(6, [0])
    assert (paired.votes[0].reference == paired.votes[1].compressed).all()
    assert len(set(paired.votes[0].reference[:, 0].tolist())) == 6


@pytest.mark.parametrize("matched", MATCHED)
def test_count_level(matched: bool, few_splits: None) -> None:
    """25 studies in which the same sparsity costs the same: at most as many rejections as 0.07 gives once in 1,000."""
    rejections = []
    for seed in range(25):
        a, b, _ = regimes(seed, ((1.0,), (1.0,)), n=80, matched=matched)
        both = measured(a, b, matched=matched, seed=seed)
        at_sparsity = count_differences(*both, paired=matched)
        rejections.append((at_sparsity["p_value"] < 0.05).to_list())
    assert (np.sum(rejections, axis=0) <= stats.binom.ppf(0.999, 25, 0.07)).all()


def test_equal_loss_level(few_splits: None) -> None:
    """40 studies in which an equal loss costs as many examples in both regimes; most of them can be matched."""
    rejected, matched_studies = 0, 0
    for seed in range(40):
        a, b, _ = regimes(seed, ((0.8,), (0.2, 1.6)), n=80)
        both = measured(a, b, matched=True, seed=seed)
        found = equal_loss_differences(*both, paired=True).filter(
            pl.col("p_value").is_not_null(), measure="forgotten", scale="points"
        )
        matched_studies += len(found)
        rejected += int((found["p_value"] < 0.05).sum())
    assert matched_studies >= 30
    assert rejected <= stats.binom.ppf(0.999, 40, 0.07)


def test_a_planted_difference_is_found(few_splits: None) -> None:
    """Twice the sparsity loses more examples, by about what the probabilities say."""
    rng = np.random.default_rng(8)
    margin, k = 1.4 + rng.normal(0, 1.3, 2000), 10
    given_labels = np.arange(2000) % 5
    drawn = lambda hit: np.where(rng.normal(size=(k, 2000)) < margin - hit, given_labels, (given_labels + 1) % 5)  # noqa: E731
    a, b = (levels_of(drawn(0), (drawn(hit),), (0.9,), given_labels, paired=False) for hit in (1.0, 0.5))

    def expected(hit: float) -> float:
        dense, compressed = ndtr(margin), ndtr(margin - hit)
        # Of ten votes; half of the ties go to the given label, the lower one of two but for label 4.
        is_low = given_labels < 4
        right = [np.where(is_low, stats.binom.sf(4, k, p), stats.binom.sf(5, k, p)) for p in (dense, compressed)]
        return float((right[0] * (1 - right[1])).sum())

    both = measured(a, b, matched=False)
    (row,) = count_differences(*both, paired=False).filter(measure="forgotten").to_dicts()
    assert row["conf_low"] < expected(1.0) - expected(0.5) < row["conf_high"]
    assert row["p_value"] < 1e-3


def test_examples_without_a_label_say_nothing(few_splits: None) -> None:
    """Unlabelled examples are never forgotten and count for no loss."""
    given_labels, populations = simulate(0, n_networks=6)
    hidden = np.where(np.arange(400) < 200, given_labels, -1)
    regime = [
        levels_of(populations["dense"], (populations["pruned"],), (0.9,), labels) for labels in (given_labels, hidden)
    ]
    both = [count_differences(*measured(one, one, matched=True), paired=True) for one in regime]
    before, after = (found.filter(measure="forgotten").row(0, named=True) for found in both)
    assert after["count_a"] < before["count_a"]
    right = [(populations[name] == given_labels)[:, :200].mean() for name in ("dense", "pruned")]
    assert after["loss_a"] == pytest.approx(right[0] - right[1])
