"""Changes of single examples' log odds: against R with limma and other algorithms, their symmetries, planted hits and edges."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from pietools.flags import Flag
from pietools.statistics.log_odds import sign_rates
from pietools.statistics.log_odds.examples import (
    FEWEST_EXAMPLES,
    ExampleChanges,
    example_changes,
    trend_along,
    variance_of_change,
)
from pietools.statistics.log_odds.moderation import Moderated, moderate, treat
from pietools.statistics.log_odds.natural_spline import knots_at, natural_spline, slopes
from pietools.statistics.log_odds.normalisation import normalise
from pietools.statistics.log_odds.robust_regression import biweight_curve, huber_lines, scale_of
from pietools.statistics.log_odds.sign_rates import shrink
from pietools.statistics.tools.multiplicity import adjust

REFERENCE = Path(__file__).parents[1] / "reference"
CASES = ["matched", "unmatched", "of other sizes"]
LIMMA = {"rtol": 1e-10, "atol": 0}
"""Of numbers from the same estimates and variances; 7e-14 was seen."""
ITERATED = 1e-9
"""Of what reweighting converges to, in nats; 1e-10 was seen."""
WHOLE = {"rtol": 1e-8, "atol": 0}
"""Of tests whose lines and trend were iterated; 2e-9 was seen."""
FEW_STEPS = 1e-6
"""Of false sign rates after 500 steps of EM; 0.008 was seen on these 300 examples, and more examples are worse."""


@dataclass(frozen=True)
class InR:
    """What log_odds.R has of one case: log odds, values of networks and examples, single values, and the normalised log odds."""

    reference: np.ndarray
    compressed: np.ndarray
    lines: pl.DataFrame
    examples: dict[str, np.ndarray]
    values: dict[str, float]
    paired: bool

    @property
    def both(self) -> np.ndarray:
        """Log odds of all networks."""
        return np.vstack([self.reference, self.compressed])

    @property
    def profile(self) -> np.ndarray:
        """Mean log odds of both populations."""
        return (self.reference.mean(axis=0) + self.compressed.mean(axis=0)) / 2

    @property
    def normalised(self) -> tuple[np.ndarray, np.ndarray]:
        """Log odds of each population on the profile's scale, by R's lines."""
        intercept, slope = self.lines.select("intercept", "slope").to_numpy().T[:, :, None]
        normalised = (self.both - intercept) / slope
        return normalised[: len(self.reference)], normalised[len(self.reference) :]

    @property
    def change(self) -> np.ndarray:
        """Of the normalised log odds."""
        reference, compressed = self.normalised
        return compressed.mean(axis=0) - reference.mean(axis=0)

    def moderated(self, *, along: np.ndarray | None = None) -> Moderated:
        """By the package, from R's lines and trend."""
        variance, df = variance_of_change(*self.normalised, paired=self.paired)
        return moderate(self.change - self.examples["trend"], variance, df, along=along)

    def whole(self) -> ExampleChanges:
        """All by the package."""
        found = example_changes(self.reference, self.compressed, paired=self.paired)
        assert isinstance(found, ExampleChanges)
        return found


@pytest.fixture(params=CASES)
def r(request: pytest.FixtureRequest) -> InR:
    """Each case."""
    return in_r(request.param)


def in_r(case: str) -> InR:
    """Values of the case."""
    log_odds = pl.read_csv(REFERENCE / "log_odds_input.csv")
    dense, pruned = (log_odds.select(f"^{name}.*$").to_numpy().T for name in ("dense", "pruned"))
    lines, examples = (
        pl.read_csv(REFERENCE / name).filter(case=case).drop("case") for name in ("log_odds_lines.csv", "log_odds.csv")
    )
    compressed = pruned[: lines.filter(population="pruned").height]
    columns = {column.name: column.to_numpy() for column in examples}
    return InR(dense, compressed, lines, columns, r_values(case), paired=case == "matched")


def r_values(case: str) -> dict[str, float]:
    """Single values of the case, by name."""
    rows = pl.read_csv(REFERENCE / "log_odds_values.csv").filter(case=case)
    return dict(rows.select("name", "value").rows())


def draw(seed: int, *, hit: float = 0.0, paired: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Log odds of 5 and 5 networks on 300 examples, of which the first ten lose ``hit`` nats; pairs share noise."""
    k, n = 5, 300
    rng = np.random.default_rng(seed)
    easy = rng.normal(2, 2, n)
    noise = 0.25 * np.exp(rng.normal(0, 0.4, n))
    of_pair = rng.normal(size=(k, n)) * paired
    hardened = easy - hit * (np.arange(n) < 10)
    reference, compressed = (
        rng.normal(0, 0.3, (k, 1))
        + np.exp(rng.normal(0, 0.1, (k, 1))) * (truth + noise * 0.7 * (of_pair + rng.normal(size=(k, n))))
        for truth in (easy, hardened)
    )
    return reference, compressed


def changes(reference: np.ndarray, compressed: np.ndarray, *, paired: bool = True) -> ExampleChanges:
    """No flag."""
    found = example_changes(reference, compressed, paired=paired)
    assert isinstance(found, ExampleChanges)
    return found


def test_lines_agree_with_r(r: InR) -> None:
    """Huber's, with the scale at which the equations hold: found by Newton's method and by bisection."""
    intercept, slope = huber_lines(r.profile, r.both)
    scale = np.array([scale_of(row) for row in r.both - intercept[:, None] - slope[:, None] * r.profile])
    for found, name in ((intercept, "intercept"), (slope, "slope"), (scale, "scale")):
        np.testing.assert_allclose(found, r.lines[name], rtol=0, atol=ITERATED)
    normalised = normalise(r.reference, r.compressed)
    np.testing.assert_allclose(normalised.profile, r.profile)
    np.testing.assert_allclose(normalised.compressed, r.normalised[1], rtol=0, atol=10 * ITERATED)


@pytest.mark.parametrize("n", [1, 2, 3, 999, 1000, 20_001])
def test_scales_are_medians_of_absolute_residuals(n: int) -> None:
    """The same bits as NumPy's, also where a sample misleads: ties, sorted values, every twentieth far off."""
    values = np.random.default_rng(n).normal(size=n)
    far = np.where(np.arange(n) % 20 == 0, 100 + values, values)
    for residuals in (values, np.sort(values), values.round(1), np.zeros(n), far):
        assert scale_of(residuals) == np.median(np.abs(residuals)) / stats.norm.ppf(0.75)


def test_the_trend_agrees_with_r(r: InR) -> None:
    """On splines::ns between the outer knots, by BFGS and Newton's method."""
    np.testing.assert_allclose(trend_along(r.profile, r.change), r.examples["trend"], rtol=0, atol=ITERATED)


def test_moderated_tests_agree_with_limma(r: InR) -> None:
    """eBayes, treat and p.adjust on the same changes."""
    found = r.moderated()
    np.testing.assert_allclose(found.estimate, r.examples["beyond"], rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.std_error**2, r.examples["variance"], **LIMMA)
    assert found.prior_df == pytest.approx(r.values["df_prior"], rel=1e-10)
    np.testing.assert_allclose(found.prior_variance, r.values["s2_prior"], **LIMMA)
    np.testing.assert_allclose(found.df, r.values["df_total"], **LIMMA)
    for delta, name in ((0, "p"), (0.1, "p_0.1"), (0.5, "p_0.5")):
        np.testing.assert_allclose(treat(found, delta), r.examples[name], **LIMMA)
    np.testing.assert_allclose(adjust(treat(found, 0), "benjamini-hochberg"), r.examples["p_bh"], **LIMMA)


def test_a_prior_along_difficulty_agrees_with_limma(r: InR) -> None:
    """Its trend by eBayes."""
    found = r.moderated(along=r.profile)
    assert found.prior_df == pytest.approx(r.values["df_prior_along"], rel=1e-10)
    for value, name in (
        (found.prior_variance, "prior_along"),
        (found.std_error**2, "variance_along"),
        (treat(found, 0), "p_along"),
    ):
        np.testing.assert_allclose(value, r.examples[name], **LIMMA)
    np.testing.assert_allclose(found.df, r.values["df_total_along"], **LIMMA)


@pytest.mark.parametrize("case", ["alike", "zeros"])
def test_odd_variances_agree_with_limma(case: str) -> None:
    """Some that differ by no more than chance, so that the prior has infinitely many degrees of freedom, and some that are 0."""
    expected = r_values(case)
    variance = np.linspace(0.9, 1.1, 40) * (1 if case == "alike" else np.tile([0, 1, 1, 4], 10))
    found = moderate(np.zeros(40), variance, 5)
    along = moderate(np.zeros(40), variance, 5, along=np.arange(1.0, 41))
    assert np.isinf([found.prior_df, along.prior_df]).tolist() == [case == "alike"] * 2
    np.testing.assert_allclose(
        [found.prior_variance[0], *along.prior_variance[[0, -1]], *found.std_error[[0, -1]] ** 2],
        [expected[name] for name in ("s2_prior", "s2_first_along", "s2_last_along", "post_first", "post_last")],
        **LIMMA,
    )
    assert found.df.tolist() == pytest.approx([min(5 + found.prior_df, 200)] * 40)


def test_the_whole_agrees_with_r(r: InR) -> None:
    """From log odds to p-values and what is found, with the package's own lines and trend."""
    found = r.whole()
    np.testing.assert_allclose(found.trend, r.examples["trend"], rtol=0, atol=ITERATED)
    np.testing.assert_allclose(found.beyond.std_error**2, r.examples["variance"], **WHOLE)
    for delta, name in ((0, "p"), (0.1, "p_0.1"), (0.5, "p_0.5")):
        np.testing.assert_allclose(found.p_values(delta), r.examples[name], **WHOLE)
    significant = np.where(r.examples["p_bh"] <= 0.05, np.sign(r.examples["beyond"]), 0)
    assert found.found(0).tolist() == significant.tolist()
    assert 5 < np.abs(significant).sum() < 50


def test_false_sign_rates_agree_with_r(r: InR, monkeypatch: pytest.MonkeyPatch) -> None:
    """The likelihood maximised by nlminb: at its maximum to 1e-6, with the steps that the package takes roughly."""
    assert np.abs(r.whole().posterior.false_sign_rate - r.examples["false_sign_rate"]).max() < FEW_STEPS
    monkeypatch.setattr(sign_rates, "N_STEPS", 20_000, raising=False)
    monkeypatch.setattr(sign_rates, "_CONVERGED", 1e-12, raising=False)
    posterior = r.whole().posterior
    np.testing.assert_allclose(posterior.false_sign_rate, r.examples["false_sign_rate"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(posterior.mean, r.examples["shrunk"], rtol=0, atol=1e-6)


def test_where_nothing_changed_no_sign_is_known() -> None:
    """Ten thousand estimates spread as normal errors are: all weight belongs to 0."""
    estimate = stats.norm.ppf((np.arange(10_000) + 0.5) / 10_000)
    posterior = shrink(estimate, np.ones(10_000), np.full(10_000, 1e6))
    assert posterior.false_sign_rate.min() > 0.95


def test_where_all_changed_little_weight_is_at_no_change() -> None:
    """Ten of sixty, as there is favour for ten: the search meets weights of nothing on its way."""
    posterior = shrink(np.full(50, 30.0), np.ones(50), np.full(50, 1e6))
    assert posterior.false_sign_rate.max() < 1e-6
    np.testing.assert_allclose(posterior.mean, 30, atol=0.1)


def test_posteriors_are_distributions() -> None:
    """Weights add up to 1, below and above too, and estimates are shrunk towards 0; large changes have a sign, small ones none."""
    found = changes(*draw(1, hit=3.0))
    posterior = found.posterior
    np.testing.assert_allclose(posterior.weights.sum(axis=0), 1)
    for value in (-1.0, 0.3):
        np.testing.assert_allclose(posterior.below(value) + posterior.above(value), 1)
    assert (posterior.below(-0.5) <= posterior.below(0.5)).all()
    assert (np.abs(posterior.mean) <= np.abs(found.beyond.estimate)).all()
    assert posterior.false_sign_rate[:10].max() < 0.01
    assert posterior.below(-1.0)[:10].min() > 0.95
    assert np.median(posterior.false_sign_rate) > 0.9


def test_intervals_are_of_the_tests(r: InR) -> None:
    """They hold 0 where p > 0.05."""
    found = r.moderated()
    low, high = found.interval
    assert ((low <= 0) & (high >= 0)).tolist() == (treat(found, 0) > 0.05).tolist()
    np.testing.assert_allclose((low + high) / 2, found.estimate)


def test_variances_of_changes_are_those_of_t_tests() -> None:
    """The paired and pooled two-sample t tests of scipy; of unlike sizes, once both populations vary alike."""
    reference, compressed = draw(2)
    for paired, test in ((True, stats.ttest_rel), (False, stats.ttest_ind)):
        variance, df = variance_of_change(reference, compressed, paired=paired)
        found = test(compressed, reference)
        np.testing.assert_allclose((compressed - reference).mean(axis=0) / np.sqrt(variance), found.statistic)
        np.testing.assert_allclose(df, found.df)
    few = compressed[:3] * (reference.var(axis=0, ddof=1).mean() / compressed[:3].var(axis=0, ddof=1).mean()) ** 0.5
    variance, df = variance_of_change(reference, few, paired=False)
    found = stats.ttest_ind(few, reference)
    np.testing.assert_allclose((few.mean(axis=0) - reference.mean(axis=0)) / np.sqrt(variance), found.statistic)
    np.testing.assert_allclose(df, found.df)


@pytest.mark.parametrize(("sizes", "spreads"), [((10, 3), (0.7, 1.0)), ((3, 30), (1.0, 0.7)), ((10, 10), (0.7, 1.0))])
def test_populations_of_unlike_sizes_and_spreads_keep_the_level(
    sizes: tuple[int, int], spreads: tuple[float, float]
) -> None:
    """Where nothing was hit: the pooled variance found false examples in 25 and 80 % of such studies."""
    rng = np.random.default_rng(9)
    n_found, rejected = 0, []
    for _ in range(60):
        easy, noise = rng.normal(2, 2, 500), np.exp(rng.normal(0, 0.25, 500))
        sides = [easy + sd * noise * rng.normal(size=(k, 500)) for k, sd in zip(sizes, spreads, strict=True)]
        found = changes(*sides, paired=False)
        n_found += bool(found.found(0.1).any())
        rejected.append((found.p_values(0) <= 0.05).mean())
    assert n_found <= 9
    assert np.mean(rejected) == pytest.approx(0.05, abs=0.01)


def test_copies_of_one_network_say_nothing() -> None:
    """Compressions of a single checkpoint, given as replicates."""
    reference, compressed = draw(2)
    assert example_changes(reference[[0] * 5], compressed[[0] * 5], paired=True) is Flag.NO_VARIANCE


@pytest.mark.parametrize("paired", [True, False])
def test_shifts_and_a_common_scale_change_nothing(paired: bool) -> None:
    """Every network has its own shift; with the unit of log odds goes that of delta."""
    reference, compressed = draw(3, hit=1.0)
    shift = np.random.default_rng(0).normal(0, 5, (10, 1))
    before = changes(reference, compressed, paired=paired)
    after = changes(1.7 * reference + shift[:5], 1.7 * compressed + shift[5:], paired=paired)
    for delta in (0, 0.3):
        np.testing.assert_allclose(after.p_values(1.7 * delta), before.p_values(delta), rtol=1e-7)
    np.testing.assert_allclose(after.nonlinearity, 1.7 * before.nonlinearity, rtol=1e-7)


def test_scales_of_single_networks_change_no_finding() -> None:
    """Lines take a scale out; the profile weighs networks by it: scales of ± 10 % change p-values by less than a factor of 2."""
    reference, compressed = draw(4, hit=3.0)
    scale = np.exp(np.random.default_rng(0).normal(0, 0.1, (10, 1)))
    before = changes(reference, compressed)
    after = changes(scale[:5] * reference, scale[5:] * compressed)
    assert after.found(0.1).tolist() == before.found(0.1).tolist()
    assert np.abs(np.log2(after.p_values(0) / before.p_values(0))).max() < 1
    profile = reference.mean(axis=0)
    intercept, slope = huber_lines(profile, reference)
    scaled_intercept, scaled_slope = huber_lines(profile, scale[:5] * reference + 2)
    np.testing.assert_allclose(scaled_slope, scale[:5, 0] * slope, rtol=1e-7)
    np.testing.assert_allclose(scaled_intercept, scale[:5, 0] * intercept + 2, rtol=1e-7)


@pytest.mark.parametrize("paired", [True, False])
def test_swapping_the_populations(paired: bool) -> None:
    """What was lost is gained, with the same p-values and false sign rates."""
    reference, compressed = draw(5, hit=2.0)
    there, back = changes(reference, compressed, paired=paired), changes(compressed, reference, paired=paired)
    np.testing.assert_allclose(back.change, -there.change, atol=1e-12)
    np.testing.assert_allclose(back.trend, -there.trend, atol=1e-12)
    np.testing.assert_allclose(back.p_values(0.1), there.p_values(0.1), rtol=1e-9)
    assert back.found(0.1).tolist() == (-there.found(0.1)).tolist()
    np.testing.assert_allclose(back.posterior.false_sign_rate, there.posterior.false_sign_rate, rtol=1e-9)
    np.testing.assert_allclose(back.posterior.mean, -there.posterior.mean, atol=1e-12)


def test_the_order_of_examples_and_networks_does_not_matter() -> None:
    """Examples, and pairs of networks."""
    reference, compressed = draw(6, hit=2.0)
    order = np.random.default_rng(0).permutation(300)
    before = changes(reference, compressed)
    after = changes(reference[::-1, order], compressed[::-1, order])
    np.testing.assert_allclose(after.p_values(0.1), before.p_values(0.1)[order], rtol=1e-7)
    np.testing.assert_allclose(after.posterior.false_sign_rate, before.posterior.false_sign_rate[order], atol=1e-7)


def test_a_spline_is_smooth_and_straight_beyond_its_outer_knots() -> None:
    """Second differences are 0 there, nowhere jump, and not 0 between; :func:`slopes` are its differences."""
    knots = np.array([-1.0, -0.2, 0.5, 1.0, 3.0])
    step = 1e-3
    for start, end in ((-9, -1), (3, 9)):
        bend = np.diff(natural_spline(np.linspace(start, end, 50), knots), 2, axis=0)
        np.testing.assert_allclose(bend, 0, atol=1e-11)
    values = np.arange(-2, 4, step)
    columns = natural_spline(values, knots)
    assert columns.shape == (len(values), 4)
    curvature = np.diff(columns, 2, axis=0) / step**2
    assert (np.abs(curvature).max(axis=0)[1:] > 0.1).all()
    assert np.abs(np.diff(curvature, axis=0)).max() < 0.1
    differences = (natural_spline(values + 1e-5, knots) - natural_spline(values - 1e-5, knots)) / 2e-5
    np.testing.assert_allclose(slopes(values, knots), differences, atol=1e-7)


def test_a_spline_of_two_knots_is_a_line() -> None:
    """As where most values are the same, and quantiles coincide."""
    values = np.repeat([0.0, 2.0], [95, 5])
    assert len(knots_at(values)) <= 2
    assert natural_spline(values, knots_at(values)).tolist() == values[:, None].tolist()
    assert slopes(values, knots_at(values)).tolist() == [[1.0]] * 100


def test_outliers_bend_nothing() -> None:
    """Huber's line moves by a bounded amount however far one value is, the biweight's curve not at all."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    y = 1 + 2 * x + rng.normal(0, 0.1, 200)
    far, further = (np.where(np.arange(200) == 7, value, y) for value in (100, 1e9))
    of_y, of_far, of_further = np.stack(huber_lines(x, np.stack([y, far, further]))).T
    assert np.abs(of_far - of_y).max() < 0.01
    np.testing.assert_allclose(of_further, of_far, rtol=1e-7)
    columns = np.column_stack([np.ones(200), x])
    without = np.arange(200) != 7
    np.testing.assert_allclose(biweight_curve(columns, far), biweight_curve(columns, further), atol=1e-7)
    np.testing.assert_allclose(
        biweight_curve(columns, far)[without], biweight_curve(columns[without], y[without]), atol=1e-3
    )


@pytest.mark.parametrize("paired", [True, False])
def test_planted_hits_are_found(paired: bool) -> None:
    """Ten examples of 300 lose 3 nats: all are found, and at most one other; if they gain them, with the other sign."""
    for seed in range(5):
        lost = changes(*draw(seed, hit=3.0, paired=paired), paired=paired).found(0.1)
        assert lost[:10].tolist() == [-1] * 10
        assert np.abs(lost[10:]).sum() <= 1
    assert changes(*draw(0, hit=-3.0, paired=paired), paired=paired).found(0.1)[:10].tolist() == [1] * 10


@pytest.mark.parametrize("paired", [True, False])
def test_nothing_is_found_where_populations_are_alike(paired: bool) -> None:
    """Neither in exchangeable populations, but for 5 % of them, nor in the same one twice."""
    any_found = [changes(*draw(seed, paired=paired), paired=paired).found(0.1).any() for seed in range(20)]
    assert sum(any_found) <= 1
    same = changes(draw(0)[0], draw(0)[0], paired=paired)
    assert same.p_values(0).tolist() == pytest.approx([1] * 300)
    assert same.nonlinearity == pytest.approx(0, abs=1e-12)
    assert same.posterior.false_sign_rate.min() > 0.95


def test_p_values_are_uniform_where_nothing_changed() -> None:
    """Of 20 × 300 examples, about 5 % are below 0.05."""
    for paired in (True, False):
        drawn = [changes(*draw(seed, paired=paired), paired=paired) for seed in range(20)]
        assert 0.04 < np.mean([found.p_values(0) < 0.05 for found in drawn]) < 0.06


def test_a_common_curve_is_no_finding() -> None:
    """What all examples of a difficulty lose is in the trend, how far it is from a line in the nonlinearity."""
    reference, compressed = draw(7)
    bent = changes(reference, compressed - np.abs(reference.mean(axis=0) - 2))
    assert not bent.found(0.1).any()
    assert bent.nonlinearity > 0.5 > changes(reference, compressed).nonlinearity


def test_what_cannot_be_tested_is_flagged() -> None:
    """A single network, 29 examples, a network that says the same of all or orders them the other way round."""
    reference, compressed = draw(8)
    few = slice(FEWEST_EXAMPLES - 1)
    assert example_changes(reference[:1], compressed[:1], paired=True) == Flag.FEW_NETWORKS
    assert example_changes(reference[:1], compressed, paired=False) == Flag.FEW_NETWORKS
    assert example_changes(reference[:, few], compressed[:, few], paired=True) == Flag.FEW_EXAMPLES
    changes(reference[:, :FEWEST_EXAMPLES], compressed[:, :FEWEST_EXAMPLES])
    changes(reference[:2], compressed[:2], paired=False)
    for odd in (np.full(300, 1.0), -reference[0]):
        assert example_changes(np.vstack([reference[1:], odd]), compressed, paired=True) == Flag.NO_ORDER


def test_shapes_that_do_not_fit_are_refused() -> None:
    """Other examples, and pairs without a partner."""
    reference, compressed = draw(9)
    for paired in (True, False):
        with pytest.raises(ValueError, match="do not fit each other"):
            example_changes(reference, compressed[:, 1:], paired=paired)
    with pytest.raises(ValueError, match="equally many networks, not 5 and 4"):
        example_changes(reference, compressed[1:], paired=True)
    changes(reference, compressed[1:], paired=False)
