"""PIE regression: R's glm, brglm2 and profiles; guards; and the difference to dense-against-dense PIEs."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from polars.testing import assert_frame_equal
from statsmodels.stats.outliers_influence import variance_inflation_factor

from pietools.statistics.characterize import cross_fitted_pie_regression as crossed_module
from pietools.statistics.characterize.cross_fitted_pie_regression import cross_fitted_pie_regression
from pietools.statistics.characterize.cross_fitting import Properties, thirds
from pietools.statistics.characterize.design_matrix import Design
from pietools.statistics.characterize.logistic import AlikeFits, Observations, fit_logistic
from pietools.statistics.characterize.pie_outcomes import PieOutcomes
from pietools.statistics.characterize.pie_regression import COLUMNS, pie_regression
from pietools.statistics.tools.populations import Populations
from tests.statistics.characterization_worlds import eases, few_half_samples, latent, losses, predicted

REFERENCE = Path(__file__).parents[1] / "reference"
NAMES = ("a", "b", "c")
Three = tuple[np.ndarray, np.ndarray, Properties]


def r_examples() -> pl.DataFrame:
    """The examples of characterization.R."""
    return pl.read_csv(REFERENCE / "characterization_examples_input.csv")


def assert_agrees(found: pl.DataFrame, case: str, rel: float) -> None:
    """Every number of R's case is that of the same property in ``found``."""
    expected = pl.read_csv(REFERENCE / "characterization.csv").filter(case=case)
    assert len(expected)
    for row in expected.iter_rows(named=True):
        value = found.filter(property=row["term"])[row["name"]].item()
        assert value == pytest.approx(row["value"], rel=rel), (case, row)


def test_agrees_with_r() -> None:
    """Estimates, errors, likelihood-ratio tests, q, intervals, marginal effects, VIF are R's."""
    examples = r_examples().filter(pl.col("rare") >= 0)
    found = pie_regression(
        examples["pie"].to_numpy() > 0,
        examples.select(NAMES).to_numpy(),
        NAMES,
    )
    for model in ("joint", "alone"):
        assert_agrees(found.filter(model=model), model, 1e-6)
    assert set(found.filter(model="joint")["flag"]) == {None}
    assert found["n_events"][0] == examples["pie"].sum()


def test_separated_data_get_firths_fit() -> None:
    """A property that only PIEs have: brglm2's estimates and errors, and the penalized profile computed in R."""
    examples = r_examples()
    properties = examples.select("a", "rare").to_numpy().astype(float)
    found = pie_regression(examples["pie"].to_numpy() > 0, properties, ("a", "rare"))
    joint = found.filter(model="joint")
    assert joint["flag"].to_list() == ["separated", "separated"]
    assert_agrees(joint, "separated", 2e-6)
    assert found.filter(model="alone")["flag"].to_list() == [None, "separated"]


def test_one_binary_property_by_hand() -> None:
    """2 of 6 PIEs without it, 6 of 10 with it: the odds ratio is (6/4) / (2/4) = 3, per standard deviation 3^sd."""
    has = np.repeat([0.0, 1.0], [6, 10])
    is_pie = np.array([1, 1, 0, 0, 0, 0] + [1] * 6 + [0] * 4, dtype=bool)
    row = pie_regression(is_pie, has[:, None], ("has",)).row(1, named=True)
    sd = (6 * 10) ** 0.5 / 16
    assert row["odds_ratio"] == pytest.approx(3**sd)
    # θ(1 − θ) is 2/9 for 6 examples and 6/25 for 10.
    assert row["marginal_effect"] == pytest.approx(sd * np.log(3) * (6 * 2 / 9 + 10 * 6 / 25) / 16)
    # Woolf's formula.
    assert row["std_error"] == pytest.approx(sd * (1 / 2 + 1 / 4 + 1 / 6 + 1 / 4) ** 0.5)


def test_fit_is_statsmodels() -> None:
    """Coefficients, covariance and probabilities of statsmodels' logistic regression."""
    rng = np.random.default_rng(1)
    x, is_event = rng.normal(size=(60, 2)), rng.random(60) < 0.4
    fit = fit_logistic(x, is_event)
    expected = sm.GLM(is_event * 1.0, np.column_stack([x, np.ones(60)]), sm.families.Binomial()).fit(tol=1e-14)
    np.testing.assert_allclose(fit.coefficients, expected.params[:2], rtol=1e-8)
    np.testing.assert_allclose(fit.covariance, expected.cov_params()[:2, :2], rtol=1e-8)
    np.testing.assert_allclose(fit.probabilities, expected.fittedvalues, rtol=1e-8)


def test_vif_is_statsmodels_and_names_the_culprits() -> None:
    """Variance inflation factors are statsmodels'; aliased and constant columns are named and have none."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(80, 3))
    x[:, 2] = x[:, 0] + 0.2 * x[:, 2]
    columns = np.column_stack([x, x[:, 0] - 3 * x[:, 1], np.full(80, 7.1)])
    design = Design.of(columns, ("a", "b", "c", "d", "e"))
    expected = [variance_inflation_factor(sm.add_constant(x), j) for j in (1, 2, 3)]
    np.testing.assert_allclose(design.vif[:3], expected, rtol=1e-8)
    assert design.flags == ("high-vif", None, "high-vif", "collinear", "constant")
    assert np.isnan(design.vif[3:]).all()


def test_units_do_not_matter() -> None:
    """Properties in other units, and of another origin, give the same regression."""
    examples = r_examples()
    is_pie, x = examples["pie"].to_numpy() > 0, examples.select(NAMES).to_numpy()
    found = pie_regression(is_pie, x, NAMES)
    assert_frame_equal(found, pie_regression(is_pie, 1e-6 * x + 3, NAMES), rel_tol=1e-5)


def test_degenerate_outcomes_are_flagged() -> None:
    """No PIEs, all PIEs, too few for the terms, examples without properties: flags and counts, and no NaN."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(100, 2))
    x[:3, 0] = np.nan
    for is_pie, flag in ((x[:, 1] > 99, "no-pies"), (x[:, 1] < 99, "all-pies"), (rng.random(100) < 0.1, "few-events")):
        found = pie_regression(is_pie, x, ("a", "b"))
        assert found.columns == list(COLUMNS)
        assert found["flag"].to_list()[:2] == [flag, flag]
        assert found["n_missing"][0] == 3
        assert not found.select(pl.col(pl.Float64).is_nan().any()).to_numpy().any()


def study(seed: int, *, n: int = 250, k: int = 6, harm: float = 0.0, skill: float = 0.3) -> Three:
    """Predicted labels of two populations, and a loss from the dense one beside an outside property that ``harm`` goes with."""
    rng = np.random.default_rng([20, seed])
    ease, labels, outside = eases(rng, n), rng.integers(0, 10, n), rng.normal(size=n)
    margins = latent(rng, ease, k, skill=skill)
    compressed = latent(rng, ease - harm * np.maximum(outside, 0), k, skill=skill)
    values = np.stack([losses(margins), np.broadcast_to(outside, margins.shape)], axis=2)
    dense, lost = (predicted(rng, one, labels) for one in (margins, compressed))
    return dense, lost, Properties.averaged(values, ("loss", "outside"))


def test_the_three_sets_are_disjoint_and_take_every_role() -> None:
    """No dense network is in two roles, compressed ones match the second set, and every network gives properties in some turn."""
    numbers = np.arange(8)
    turns = thirds(np.random.default_rng(0), numbers, numbers, paired=True, needs_networks=True)
    assert len(turns) == 3
    for sets in turns:
        roles = [*sets.properties, *sets.reference[0], *sets.reference[1]]
        assert sorted(roles) == list(range(8))
        assert [len(one) for one in sets.reference] == [2, 2]
        assert set(sets.compressed[0]) == set(sets.reference[1])
    assert {int(k) for sets in turns for k in sets.properties} == set(range(8))
    both = thirds(np.random.default_rng(0), numbers, numbers, paired=False, needs_networks=False)
    assert [len(sets.properties) for sets in both] == [0, 0]
    assert set(both[0].reference[0]) == set(both[1].reference[1])


def test_outcomes_are_votes_counted_by_hand() -> None:
    """Modal labels of two networks a side, ties to the lowest; forgotten is right before and wrong after."""
    dense = np.array([[1, 1, 2, 3], [1, 0, 2, 3], [1, 1, 2, 0], [1, 1, 2, 0]])
    compressed = np.array([[0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 2, 3], [2, 0, 3, 0]])
    sets = thirds(np.random.default_rng(0), np.arange(4), np.arange(4), paired=True, needs_networks=False)[0]
    sets = type(sets)(sets.properties, (np.array([0, 1]), np.array([2, 3])), (np.array([2, 3]),))
    # Dense 0, 1 vote 1, 0 (a tie), 2, 3; compressed 2, 3 vote 1, 0, 2, 0 (ties but for the second); dense 2, 3 vote 1, 1, 2, 0.
    is_pie, is_baseline = PieOutcomes.of(Populations(dense, compressed, paired=False)).between(sets)
    assert is_pie.tolist() == [False, False, False, True]
    assert is_baseline.tolist() == [False, True, False, True]
    labels = np.array([1, 1, 2, 3])
    forgotten, baseline = PieOutcomes.of(
        Populations(dense, compressed, paired=False, labels=labels), outcome="forgotten"
    ).between(sets)
    assert (forgotten.tolist(), baseline.tolist()) == ([False, False, False, True], [False, False, False, True])


def test_with_no_split_to_choose_the_estimate_is_one_regression_each_way() -> None:
    """Two networks a side and an outside property: the estimates are the means of two plain regressions, written out here."""
    rng = np.random.default_rng(5)
    ease, labels, x = eases(rng, 300), rng.integers(0, 10, 300), rng.normal(size=(300, 1))
    dense, lost = (predicted(rng, latent(rng, one, 2), labels) for one in (ease, ease - 1 - x[:, 0]))
    found = cross_fitted_pie_regression(Populations(dense, lost, paired=True), Properties.fixed(x, ("x",)), seed=1)
    each_way = [pie_regression(dense[j] != lost[1 - j], x, ("x",))["estimate"][0] for j in (0, 1)]
    between = pie_regression(dense[0] != dense[1], x, ("x",))["estimate"][0]
    expected = [np.mean(each_way), between, np.mean(each_way) - between]
    np.testing.assert_allclose(found.filter(model="joint")["estimate"], expected, rtol=1e-3)
    assert set(found["flag"]) == {"few-networks"}


def test_identical_populations_differ_in_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compressed networks that are the dense ones: the coefficients are equal, the difference 0 without an error."""
    few_half_samples(monkeypatch)
    dense, _, properties = study(0, k=6)
    found = cross_fitted_pie_regression(Populations(dense, dense, paired=True), properties, seed=1)
    difference = found.filter(side="difference")
    assert difference["estimate"].to_list() == [0.0] * 4
    assert set(difference["flag"]) <= {"no-variance", "separated"}


def test_the_difference_is_right_where_the_plain_regression_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """No effect: over ten studies the loss "explains" PIEs in every plain regression, and the difference is 0 on average."""
    monkeypatch.setattr(crossed_module, "cross_fit", lambda *args, fewest, **kwargs: cross_fit_few(*args, **kwargs))
    plain, differences = [], []
    for seed in range(10):
        dense, lost, properties = study(seed)
        is_pie = PieOutcomes.of(Populations(dense, lost, paired=False)).between(
            thirds(np.random.default_rng(0), np.arange(6), np.arange(6), paired=True, needs_networks=False)[0]
        )[0]
        plain.append(pie_regression(is_pie, properties.of(np.arange(6)), properties.names)["p_value"][0])
        found = cross_fitted_pie_regression(Populations(dense, lost, paired=False), properties, seed=seed)
        differences.append(found.filter(side="difference", model="joint", property="loss")["estimate"].item())
    assert max(plain) < 1e-4
    assert abs(np.mean(differences)) < 3 * np.std(differences, ddof=1) / 10**0.5


def cross_fit_few(*args: object, **kwargs: object) -> object:
    """Cross-fitting with four splits and no half-samples, for studies that only need the estimate."""
    from pietools.statistics.characterize.cross_fitting import cross_fit

    return cross_fit(*args, fewest=99, n_splits=4, **kwargs)  # type: ignore[arg-type]


def test_a_planted_harm_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes compression hurt is found in the difference, forgotten examples included; the loss is not."""
    few_half_samples(monkeypatch)
    dense, lost, properties = study(1, harm=3, n=300)
    rng = np.random.default_rng([20, 1])
    eases(rng, 300)
    labels = rng.integers(0, 10, 300)
    found = cross_fitted_pie_regression(
        Populations(dense, lost, paired=False, labels=labels),
        properties,
        seed=1,
        outcome="forgotten",
    )
    outside = found.filter(side="difference", model="joint", property="outside").row(0, named=True)
    assert outside["conf_low"] > 0
    assert outside["marginal_effect"] > 2 * outside["marginal_effect_std_error"]
    assert outside["set_size"] == 2
    assert found["side"].unique(maintain_order=True).to_list() == ["compressed", "baseline", "difference"]


def test_degenerate_crossed_regressions_are_flagged() -> None:
    """Too few networks, nothing to fit with, no PIEs, an unknown outcome."""
    dense, lost, properties = study(2, n=60)
    flags = cross_fitted_pie_regression(Populations(dense[:2], lost[:2], paired=True), properties, seed=1)["flag"]
    assert set(flags) == {"few-networks"}
    constant = Properties.fixed(np.ones((60, 1)), ("one",))
    assert set(cross_fitted_pie_regression(Populations(dense, lost, paired=True), constant, seed=1)["flag"]) == {
        "constant"
    }
    missing = Properties.fixed(np.full((60, 1), np.nan), ("none",))
    assert set(cross_fitted_pie_regression(Populations(dense, lost, paired=True), missing, seed=1)["flag"]) == {
        "constant"
    }
    found = cross_fitted_pie_regression(
        Populations(dense * 0, lost * 0, paired=True), Properties.fixed(np.arange(60.0)[:, None], ("x",)), seed=1
    )
    assert set(found["flag"]) == {"no-pies"}
    assert not found.select(pl.col(pl.Float64).is_nan().any()).to_numpy().any()
    with pytest.raises(ValueError, match="equally many"):
        cross_fitted_pie_regression(Populations(dense, lost[:4], paired=True), properties, seed=1)
    with pytest.raises(ValueError, match="outcome"):
        cross_fitted_pie_regression(Populations(dense, lost, paired=True), properties, seed=1, outcome="moved")


def test_a_rare_property_that_separates_is_not_taken_for_fitted() -> None:
    """A property of one example in a thousand that only PIEs have: its steps are small in standard deviations, and never end."""
    rng = np.random.default_rng(6)
    is_pie, rare = rng.random(1000) < 0.2, np.zeros((1000, 1))
    rare[np.flatnonzero(is_pie)[0]] = 1
    z = rare / rare.std()
    assert not fit_logistic(z, is_pie).is_finite
    assert AlikeFits().fit(Observations.of(z, is_pie)) is None
    assert fit_logistic(rng.normal(size=(1000, 1)), is_pie).is_finite


def test_fits_that_are_alike_are_close_to_the_exact_ones() -> None:
    """Each from where the last one ended: far closer to the exact fit than half-samples need."""
    rng = np.random.default_rng(7)
    x, fits = rng.normal(size=(400, 3)), AlikeFits()
    for _ in range(3):
        is_pie = rng.random(400) < 1 / (1 + np.exp(2 - x[:, 0]))
        exact = fit_logistic(x, is_pie)
        observations = Observations.of(x, is_pie)
        reached = fits.fit(observations)
        assert reached is not None
        np.testing.assert_allclose(reached[:-1], exact.coefficients, atol=2e-3)
        np.testing.assert_allclose(observations.marginal_effects(reached), exact.marginal_effects, atol=2e-3)


def test_a_bad_start_hides_no_fit() -> None:
    """From coefficients so large that no example has information the search begins again at 0."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(200, 1))
    observations = Observations.of(x, rng.random(200) < 1 / (1 + np.exp(-x[:, 0])))
    found = AlikeFits(end=np.array([1e6, 0.0])).fit(observations)
    assert found is not None
    np.testing.assert_allclose(found, AlikeFits().fit(observations), atol=2e-3)
