"""The correlation of changes and of PIE indicators in two regimes: R, all splits, level and coverage, degenerate input."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from pietools.statistics.regimes import change_correlation as change_correlations
from pietools.statistics.regimes import pie_correlation as pie_correlations
from pietools.statistics.regimes.beyond_networks import variance_beyond_networks
from pietools.statistics.regimes.change_correlation import ChangeCorrelation, change_correlation
from pietools.statistics.regimes.pie_correlation import PieCorrelation, dense_against_dense, pie_correlation
from pietools.statistics.regimes.precision import precision_weights
from pietools.statistics.regimes.residuals import Design
from pietools.statistics.tools.populations import Populations
from pietools.statistics.tools.u_statistics import pair_sum_variance, pair_weights
from tests.statistics.regimes_world import World, labels_of, r_examples, r_regimes, r_values, r_weights

DESIGNS = [(True, True), (True, False), (False, False)]


def studies(
    effect: str, *, k: int, n: int, number: int, paired: bool, matched: bool
) -> list[tuple[float, ChangeCorrelation]]:
    """The true correlation and the estimate of simulated studies; a tenth of the examples is hit, if any."""
    found = []
    for seed in range(number):
        rng = np.random.default_rng([seed, k])
        a, b = 1.5 * (rng.random((2, n)) < 0.1)
        hits = {"none": (0 * a, 0 * b), "one": (0 * a, b), "unrelated": (a, b), "same": (a, a)}[effect]
        world = World(rng, n, *hits)
        truth = world.rho if effect in ("unrelated", "same") else np.nan
        found.append((truth, change_correlation(*world.draw(k, paired=paired, matched=matched), paired=matched)))
    return found


@pytest.mark.parametrize("prefix", ["matched_", "unmatched_", "weighted_"])
def test_agrees_with_r(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    """Estimate, parts, and on fixed examples standard error and test equal what R finds from all splits and lm, to 1e-8."""
    monkeypatch.setattr(change_correlations, "variance_beyond_networks", lambda *args, **options: 0.0)
    examples, expected = r_examples(), r_values()
    matched = prefix != "unmatched_"
    found = change_correlation(
        *r_regimes(paired=matched),
        paired=matched,
        covariates=examples["x"].to_numpy()[:, None],
        classes=examples["class"].to_numpy(),
        weights=r_weights()["paired"].to_numpy() if prefix == "weighted_" else None,
    )
    for name in ("covariance", "variance_a", "variance_b", "estimate", "std_error", "statistic"):
        assert getattr(found, name) == pytest.approx(expected[prefix + name], rel=1e-8), name
    if prefix == "matched_":
        assert found.p_value == pytest.approx(expected["matched_p_value"], rel=1e-8)
        assert found.raw == pytest.approx(expected["raw"], rel=1e-8)


def test_precision_weights_agree_with_r() -> None:
    """Lm of the logarithms of the variances, and of the mean changes; one network or networks that agree weigh nothing."""
    examples = r_examples()
    covariates, classes = examples["x"].to_numpy()[:, None], examples["class"].to_numpy()
    for paired in (True, False):
        a, b = r_regimes(paired=paired)
        weights = r_weights()["paired" if paired else "unpaired"].to_numpy()
        assert precision_weights(a, b, covariates, classes) == pytest.approx(weights, rel=1e-10)
    single = Populations(a.reference[:1], a.compressed, paired=False)
    alike = Populations(np.tile(a.reference[0], (5, 1)), np.tile(a.compressed[0], (5, 1)), paired=False)
    assert [precision_weights(one, b, covariates) for one in (single, alike)] == [None, None]


@pytest.mark.parametrize("h", [1, 2, 3])
def test_the_size_of_the_sets_is_nothing(h: int) -> None:
    """Mean products over all splits into disjoint sets of h are the mean over pairs of networks, whatever h."""
    values = np.random.default_rng(0).normal(size=(6, 20))
    sets = [set(chosen) for chosen in combinations(range(6), h)]
    splits = [
        values[list(one)].mean(axis=0) @ values[list(other)].mean(axis=0)
        for one in sets
        for other in sets
        if not one & other
    ]
    weights = pair_weights(np.zeros(6, dtype=int))
    assert (weights * (values @ values.T)).sum() == pytest.approx(np.mean(splits), rel=1e-12)


def test_swapping_the_regimes_changes_nothing() -> None:
    """Neither comes first; nor does the order of the examples count, nor the sign if a regime's populations change places."""
    a, b = r_regimes(paired=True)
    there, back = change_correlation(a, b, paired=True), change_correlation(b, a, paired=True)
    assert there.estimate == pytest.approx(back.estimate, rel=1e-12)
    assert (there.p_change_a, there.variance_b) == pytest.approx((back.p_change_b, back.variance_a), rel=1e-9)
    turned = change_correlation(Populations(a.compressed, a.reference, True), b, paired=True)
    assert turned.estimate == pytest.approx(-there.estimate, rel=1e-12)
    assert turned.p_value == pytest.approx(there.p_value, rel=1e-9)


@pytest.mark.parametrize(("paired", "matched"), DESIGNS)
@pytest.mark.slow
def test_level(paired: bool, matched: bool) -> None:
    """With shared difficulty and no effect, or one in B alone, the covariance is significant at 0.05 in at most so many studies."""
    for effect in ("none", "one"):
        found = studies(effect, k=8, n=150, number=100, paired=paired, matched=matched)
        rejections = sum(study.p_value <= 0.05 for _, study in found)
        assert rejections <= stats.binom.ppf(0.9987, 100, 0.05)
        assert all(
            study.flag in ("no-change", "weak-change") for _, study in found if effect == "none" or not study.std_error
        )


@pytest.mark.parametrize(("paired", "matched"), DESIGNS)
@pytest.mark.slow
def test_chance_overlaps_of_unrelated_hits_are_in_the_error(
    monkeypatch: pytest.MonkeyPatch, paired: bool, matched: bool
) -> None:
    """With many networks the covariance varies over data sets as its errors say, by far more than networks alone let it."""

    def spread_and_error() -> tuple[float, float]:
        found = studies("unrelated", k=40, n=100, number=60, paired=paired, matched=matched)
        covariances = np.array([study.covariance for _, study in found])
        return float(covariances.std()), float(np.mean([one.covariance / one.statistic for _, one in found]))

    spread, error = spread_and_error()
    assert 0.75 < spread / error < 1.25
    monkeypatch.setattr(change_correlations, "variance_beyond_networks", lambda *args, **options: 0.0)
    assert error > 1.25 * spread_and_error()[1]


def test_what_examples_add_by_hand() -> None:
    """Networks that agree have no noise: the sum of squares of the parts about their mean; pure noise adds about nothing."""
    rng = np.random.default_rng(3)
    changes, groups = rng.normal(size=(2, 50)), np.repeat([0, 1], 4)
    a, b = (np.vstack([np.tile(one, (4, 1)), np.tile(0 * one, (4, 1))]) for one in changes)
    products = changes[0] * changes[1]
    assert variance_beyond_networks(a, np.roll(b, 4, axis=0), groups, np.array([2.0, 0, 0]), seed=0) == pytest.approx(
        4 * ((products - products.mean()) ** 2).sum()
    )
    weights = np.array([0.0, 1, 0])
    noise = [
        variance_beyond_networks(
            rng.normal(size=(8, 50)), np.zeros((8, 50)), np.zeros(8, dtype=int), weights, seed=seed
        )
        for seed in range(40)
    ]
    own = np.mean([((rng.normal(size=(8, 50)) ** 2).mean(axis=0) ** 2).sum() for _ in range(40)])
    assert np.mean(noise) < 0.05 * own


@pytest.mark.parametrize(("paired", "matched"), DESIGNS)
@pytest.mark.parametrize("effect", ["unrelated", "same"])
@pytest.mark.slow
def test_the_interval_holds_the_truth(effect: str, paired: bool, matched: bool) -> None:
    """60 studies of 10 networks, near 0 for unrelated examples and near 1 for the same.

    A binomial with 0.93 gives fewer than 49 of 60 once in a thousand.
    """
    found = studies(effect, k=10, n=400, number=60, paired=paired, matched=matched)
    assert sum(study.conf_low <= truth <= study.conf_high for truth, study in found) >= 49
    estimates = [study.estimate for _, study in found]
    truth = np.mean([truth for truth, _ in found])
    assert np.median(estimates) == pytest.approx(truth, abs=0.1)
    assert abs(truth) < 0.05 if effect == "unrelated" else truth > 0.9


def test_the_plain_correlation_is_near_its_ceiling() -> None:
    """Where the same examples are hit the noise of the networks alone keeps the plain correlation from 1."""
    (_, found), *_ = studies("same", k=16, n=3000, number=1, paired=True, matched=False)
    assert found.raw == pytest.approx(found.estimate * found.attenuation, abs=0.03)
    assert found.raw < 0.75 < found.estimate


@pytest.mark.parametrize("groups", [[0] * 7, [0] * 4 + [1] * 6, [0] * 5 + [1] * 4 + [2] * 6])
@pytest.mark.parametrize("linear", [0.0, 1.0])
def test_the_variance_of_a_sum_over_pairs(groups: list[int], linear: float) -> None:
    """Its mean is the variance over 700 draws, with influences of single networks; without, twice that at most."""
    rng, sample = np.random.default_rng(3), np.array(groups)
    weights = pair_weights(sample)
    sums, variances = [], []
    for _ in range(700):
        values = rng.normal(size=(len(sample), 12)) + linear
        kernel = weights * (values @ values.T)
        sums.append(kernel.sum() / 2)
        variances.append(pair_sum_variance(kernel, sample))
    ratio = np.mean(variances) / np.var(sums)
    assert 0.85 < ratio < 1.18 if linear else 0.85 < ratio < 2.1


def test_residuals_are_those_of_least_squares() -> None:
    """With dummies for classes and a column that says nothing new; the products are those of the residuals. Weighted, too."""
    rng = np.random.default_rng(0)
    values, x, classes = rng.normal(size=(3, 50)), rng.normal(size=(50, 2)), rng.integers(0, 4, 50)
    chosen = np.arange(0, 50, 2)
    for weights in (np.ones(50), rng.uniform(0.2, 3, 50)):
        design = Design.of(50, np.column_stack([x, x.sum(axis=1), np.full(50, 7.0)]), classes, weights)
        roots = weights[:, None] ** 0.5
        dummies = roots * np.column_stack([x, np.eye(4)[classes]])
        expected = roots * values.T - dummies @ np.linalg.lstsq(dummies, roots * values.T)[0]
        assert design.df == 50 - 6
        assert np.allclose(design.residuals(values), expected.T, atol=1e-12)
        assert np.allclose(design.products(values), expected.T @ expected, atol=1e-10)
        some = np.where(np.isin(np.arange(50), chosen), values, 0)
        assert np.allclose(design.within(chosen).products(some[:, chosen]), design.products(some), atol=1e-10)


def test_degenerate_changes_are_flagged() -> None:
    """Nothing happens, networks are all alike, or there are too few; a covariate is not a number, rows do not match."""
    a, b = r_regimes(paired=True)
    same = Populations(a.reference, a.reference, True)
    assert change_correlation(same, b, paired=True).flag == "no-change"
    alike = Populations(np.tile(a.reference[0], (5, 1)), np.tile(a.compressed[0], (5, 1)), True)
    found = change_correlation(alike, alike, paired=True)
    assert (found.estimate, found.std_error, found.flag) == (pytest.approx(1), None, "no-variance")
    flags = []
    for k in (1, 2, 3):
        few = [Populations(r.reference[:k], r.compressed[:k], True) for r in (a, b)]
        flags.append(change_correlation(*few, paired=True).flag)
    assert flags == ["one-network", "few-networks", "few-networks"]
    assert change_correlation(a, b, paired=True, classes=np.arange(60)).flag == "few-examples"
    with pytest.raises(ValueError, match="finite"):
        change_correlation(a, b, paired=True, covariates=np.full((60, 1), np.nan))
    with pytest.raises(ValueError, match="as many networks"):
        change_correlation(a, few[0], paired=True)
    with pytest.raises(ValueError, match="examples"):
        change_correlation(a, Populations(b.reference[:, 1:], b.compressed[:, 1:], True), paired=False)


def labelled(right: Populations) -> Populations:
    """Predicted labels, the right one not always the lowest."""
    return labels_of(right, np.arange(right.reference.shape[1]) % 5)


def modal(labels: np.ndarray) -> np.ndarray:
    """Modal labels, ties to the lowest class."""
    return np.array([(labels == c).sum(axis=0) for c in range(5)]).argmax(axis=0)


def test_pie_correlation_equals_a_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Covariances of PIE indicators that are counted vote by vote, and residuals by least squares."""
    monkeypatch.setattr(pie_correlations, "N_SPLITS", 30)
    rng = np.random.default_rng(1)
    a, b = map(labelled, World(rng, 80, *rng.normal(1, 1, (2, 80))).draw(7, paired=True, matched=True))
    x = rng.normal(size=(80, 1))
    found = pie_correlation(a, b, paired=True, covariates=x, seed=5)
    sets = pie_correlations._disjoint_sets(np.random.default_rng(5), a, 2)[0]
    design = np.column_stack([np.ones(80), x])
    hat = np.eye(80) - design @ np.linalg.pinv(design)
    sums = np.zeros((4, 4))
    for first, second in sets:
        pies = [modal(r.reference[own]) != modal(r.compressed[own]) for r in (a, b) for own in (first, second)]
        left = np.array(pies) @ hat
        sums += left @ left.T
    between, within = (sums[0, 3] + sums[1, 2]) / 2, (sums[0, 1] * sums[2, 3]) ** 0.5
    assert found.set_size == 2
    assert found.estimate == pytest.approx(between / within, rel=1e-9)
    assert found.attenuation == pytest.approx(
        within / ((sums[0, 0] + sums[1, 1]) * (sums[2, 2] + sums[3, 3]) / 4) ** 0.5, rel=1e-9
    )
    assert found.interval.conf_low < found.estimate < found.interval.conf_high


def test_unrelated_examples_are_the_same_pies() -> None:
    """Unrelated examples are hit mildly: the changes are not correlated, the PIEs are, as dense against dense ones are."""
    rng, n = np.random.default_rng(4), 4000
    world = World(rng, n, *(1.0 * (rng.random((2, n)) < 0.05)))
    world.margins = (world.margins[0], world.margins[0])
    right = world.draw(12, paired=True, matched=True)
    pies = pie_correlation(*map(labelled, right), paired=True, seed=0)
    change = change_correlation(*right, paired=True)
    assert abs(world.rho) < 0.05
    assert change.conf_low < world.rho < change.conf_high < 0.5
    assert pies.interval.conf_low > 0.7
    dense = [dense_against_dense(labelled(r).reference) for r in right]
    assert pie_correlation(*dense, paired=True, seed=0, set_size=2).interval.conf_low > 0.8


@pytest.mark.parametrize(("paired", "matched"), DESIGNS)
def test_pie_interval(paired: bool, matched: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """30 studies of one data set: the interval holds the mean estimate.

    A binomial with 0.93 gives fewer than 24 of 30 four times in a thousand.
    """
    monkeypatch.setattr(pie_correlations, "N_SPLITS", 60)
    rng = np.random.default_rng(2)
    world = World(rng, 300, *rng.normal(0.6, 1, (2, 300)))
    found = [
        pie_correlation(*map(labelled, world.draw(8, paired=paired, matched=matched)), paired=matched, seed=seed)
        for seed in range(30)
    ]
    mean = np.mean([study.estimate for study in found])
    assert sum(study.interval.conf_low <= mean <= study.interval.conf_high for study in found) >= 24


@pytest.mark.parametrize(("paired", "matched", "samples"), [(1, 1, 1), (1, 0, 2), (0, 1, 2), (0, 0, 4)])
def test_every_independent_sample_counts(
    paired: int, matched: int, samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variance is a sum over samples: pairs or populations, of one regime for both if they are matched."""
    monkeypatch.setattr(pie_correlations, "jackknife_variance", lambda *_: 1.0)
    monkeypatch.setattr(pie_correlations, "N_SPLITS", 20)
    a, b = (labelled(Populations(r.reference, r.compressed, bool(paired))) for r in r_regimes(paired=True))
    found = pie_correlation(a, b, paired=bool(matched), seed=0)
    assert found.interval.std_error == pytest.approx(samples**0.5)


def test_degenerate_pies_are_flagged() -> None:
    """Too few networks for two sets, no PIEs, more classes than examples can bear, every network in every split."""

    def flag_of(found: PieCorrelation) -> str | None:
        assert found.estimate is None or np.isfinite(found.estimate)
        return found.flag

    a, b = map(labelled, r_regimes(paired=True))
    few = [Populations(r.reference[:2], r.compressed[:2], True) for r in (a, b)]
    same = Populations(a.reference, a.reference, True)
    assert flag_of(pie_correlation(*few, paired=True, seed=0)) == "few-networks"
    assert flag_of(pie_correlation(same, b, paired=True, seed=0)) == "no-pies"
    assert flag_of(pie_correlation(a, b, paired=True, seed=0, classes=np.arange(60))) == "few-examples"
    four = [Populations(r.reference[:4], r.compressed[:4], True) for r in (a, b)]
    assert flag_of(pie_correlation(*four, paired=True, seed=0, set_size=2)) in ("no-variance", "no-pies")


def test_dense_against_dense_of_two_populations() -> None:
    """A second population stands as it is; without one every other network does, and none is on both sides."""
    labels = np.arange(7)[:, None] * np.ones(3, dtype=int)
    found = dense_against_dense(labels)
    assert [found.reference[:, 0].tolist(), found.compressed[:, 0].tolist()] == [[0, 2, 4, 6], [1, 3, 5]]
    assert dense_against_dense(labels, labels + 7).compressed[0, 0] == 7
