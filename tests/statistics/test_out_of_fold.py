"""Scores of held-out examples against scikit-learn, calibration, cross-fitted comparisons, and spline shapes."""

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy.interpolate import BSpline
from sklearn.metrics import average_precision_score, roc_auc_score

from pietools.statistics.characterize.cross_fitted_scores import COLUMNS, cross_fitted_scores
from pietools.statistics.characterize.cross_fitting import Properties
from pietools.statistics.characterize.out_of_fold import (
    N_FOLDS,
    out_of_fold,
    predicted_against_observed,
    scores,
    stratified_folds,
)
from pietools.statistics.characterize.shapes import KNOTS, conditional_shape, pie_shape, pie_shapes
from pietools.statistics.tools.populations import Populations
from tests.statistics.characterization_worlds import eases, few_half_samples, latent
from tests.statistics.test_pie_regression import study


def simulated(seed: int, n: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """An outcome and two properties, of which the first predicts it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    return rng.random(n) < 1 / (1 + np.exp(1.5 - 1.2 * x[:, 0])), x


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=30))
def test_scores_are_scikit_learns(pairs: list[tuple[bool, int]]) -> None:
    """AUC and average precision equal scikit-learn's, with ties."""
    is_event, probability = np.array([event for event, _ in pairs]), np.array([rank / 7 for _, rank in pairs])
    if not 0 < is_event.sum() < len(pairs):
        return
    auc, precision = scores(is_event, probability)
    assert auc == pytest.approx(roc_auc_score(is_event, probability))
    assert precision == pytest.approx(average_precision_score(is_event, probability))


def test_scores_by_hand() -> None:
    """Two events ranked first and third of four: AUC 3/4, average precision (1 + 2/3) / 2."""
    found = scores(np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.1]))
    assert found == (pytest.approx(3 / 4), pytest.approx((1 + 2 / 3) / 2))


def test_no_example_helps_to_predict_itself() -> None:
    """Each probability is that of statsmodels' fit to the other folds."""
    is_event, x = simulated(1, 200)
    found = out_of_fold(is_event, x, ("a", "b"), seed=3)
    folds = stratified_folds(is_event, np.random.default_rng(3))
    for fold in range(N_FOLDS):
        fit = sm.Logit(is_event[folds != fold].astype(float), sm.add_constant(x[folds != fold])).fit(disp=0, tol=1e-12)
        np.testing.assert_allclose(found[folds == fold], fit.predict(sm.add_constant(x[folds == fold])), rtol=1e-6)
    assert np.ptp(np.bincount(folds[is_event])) <= 1
    assert np.ptp(np.bincount(folds[~is_event])) <= 1


def test_useless_properties_predict_no_better_than_chance() -> None:
    """Of properties that say nothing the AUC is about ½ and the average precision about the prevalence; good ones exceed both."""
    is_event, x = simulated(2, 1500)
    auc, precision = scores(is_event, out_of_fold(is_event, x[:, 1:], ("b",), seed=1))
    assert auc == pytest.approx(0.5, abs=0.06)
    assert precision == pytest.approx(is_event.mean(), abs=0.05)
    assert scores(is_event, out_of_fold(is_event, x, ("a", "b"), seed=1))[0] > 0.7


def test_calibration_of_a_true_model() -> None:
    """Probabilities of a model that holds are what is observed: of ten bins of 150 at most two miss the prediction."""
    is_event, x = simulated(3, 1500)
    curve = predicted_against_observed(is_event, out_of_fold(is_event, x, ("a", "b"), seed=1))
    assert curve["n"].to_list() == [150] * 10
    covered = curve.filter(pl.col("predicted").is_between(pl.col("conf_low"), pl.col("conf_high")))
    assert len(covered) >= 8
    assert curve["observed"].mean() == pytest.approx(is_event.mean())


def test_what_cannot_be_predicted_has_no_probabilities() -> None:
    """Too few events, nothing but constants, separation: no curve; and none of an example without a property."""
    is_event, x = simulated(4, 100)
    for outcome, values in ((np.arange(100) < 4, x), (is_event, x * 0), (x[:, 0] > 0, x)):
        nothing = out_of_fold(outcome, values, ("a", "b"), seed=1)
        assert np.isnan(nothing).all()
        assert predicted_against_observed(outcome, nothing).is_empty()
    x[7, 0] = np.nan
    assert np.flatnonzero(np.isnan(out_of_fold(is_event, x, ("a", "b"), seed=1))).tolist() == [7]


def rows_of(found: pl.DataFrame) -> dict[str, dict]:
    """Rows of the AUC by comparison."""
    assert found.columns == list(COLUMNS)
    return {row["comparison"]: row for row in found.filter(score="auc").iter_rows(named=True)}


def test_nothing_is_predicted_beyond_the_baseline_where_compression_does_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The loss predicts PIEs far beyond chance, and as well between dense populations."""
    few_half_samples(monkeypatch)
    dense, lost, properties = study(3, n=200)
    found = rows_of(cross_fitted_scores(Populations(dense, lost, paired=False), properties, seed=1))
    assert found["compressed"]["conf_low"] > 0.6
    beyond = found["beyond-baseline"]
    assert beyond["conf_low"] < 0 < beyond["conf_high"]
    # The difference of the means is the mean of the differences.
    assert beyond["estimate"] == pytest.approx(found["compressed"]["estimate"] - found["baseline"]["estimate"])


def test_planted_harm_is_predicted_beyond_the_loss_alone() -> None:
    """Harm that goes with an outside property: it adds to what the loss tells. Five networks are too few for errors."""
    dense, lost, properties = study(3, n=300, harm=6)
    found = rows_of(cross_fitted_scores(Populations(dense[:5], lost[:5], paired=False), properties, seed=1))
    assert found["beyond-alone"]["estimate"] > 0.05
    assert found["beyond-alone"]["flag"] == "few-networks"


def test_crossed_scores_that_cannot_be_had_are_flagged() -> None:
    """Too few networks, no such property, no PIEs."""
    dense, lost, properties = study(4, n=80)
    assert set(cross_fitted_scores(Populations(dense[:2], lost[:2], paired=True), properties, seed=1)["flag"]) == {
        "few-networks"
    }
    assert set(
        cross_fitted_scores(Populations(dense, lost, paired=True), properties, seed=1, alone="margin")["flag"]
    ) == {"constant"}
    found = cross_fitted_scores(
        Populations(dense * 0, lost * 0, paired=True), Properties.fixed(np.arange(80.0)[:, None], ("loss",)), seed=1
    )
    assert set(found["flag"]) == {"unfit"}
    assert not found.select(pl.col(pl.Float64).is_nan().any()).to_numpy().any()


def test_shape_is_that_of_scipys_splines() -> None:
    """Between the outer knots the curve is a cubic spline with scipy's B-splines as columns, fitted by statsmodels."""
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 1, 500)
    is_event = rng.random(500) < 1 / (1 + np.exp(1 - 2 * np.sin(5 * x)))
    knots = np.quantile(x, KNOTS)
    all_knots = np.concatenate([np.repeat(knots[0], 3), knots, np.repeat(knots[-1], 3)])
    splines = [BSpline(all_knots, coefficients, 3) for coefficients in np.eye(len(all_knots) - 4)]

    def columns(values: np.ndarray) -> np.ndarray:
        inside = np.clip(values, knots[0], knots[-1])
        # Beyond the outer knots: a line with the slope at the knot.
        return np.stack(
            [spline(inside) + spline.derivative()(inside) * (values - inside) for spline in splines], axis=1
        )

    fit = sm.Logit(is_event.astype(float), columns(x)).fit(disp=0, tol=1e-12, maxiter=100)
    found = pie_shape(is_event, x)
    points = found.curve["value"].to_numpy()
    contrasts = columns(points) - columns(np.array([np.median(x)]))
    np.testing.assert_allclose(found.curve["estimate"], contrasts @ fit.params, atol=1e-6)
    variance = np.einsum("ij,jk,ik->i", contrasts, fit.cov_params(), contrasts)
    np.testing.assert_allclose(found.curve["std_error"], np.sqrt(np.maximum(variance, 0)), atol=1e-6)


def test_shape_of_a_planted_threshold() -> None:
    """Compression that hurts only above the median: the curve falls there and not below; at the median it is 0 without error."""
    rng = np.random.default_rng(6)
    ease, x = eases(rng, 900), rng.normal(size=900)
    dense, compressed = latent(rng, ease, 6) > 0, latent(rng, ease - 1.5 * np.maximum(x, 0), 6) > 0
    found = conditional_shape(
        Populations(dense, compressed, paired=False), Properties.fixed(x[:, None], ("x",)), seed=1
    )
    assert found.flag is None
    low, high = found.curve.row(0, named=True), found.curve.row(-6, named=True)
    assert low["conf_low"] < 0 < low["conf_high"]
    # Not the very end, where few examples are.
    assert high["conf_high"] < 0
    assert high["estimate"] == pytest.approx(-1.5 * high["value"], rel=0.4)
    n_right = dense.sum(axis=0) + compressed.sum(axis=0)
    middle = found.curve.filter(pl.col("value") == np.median(x[(n_right > 0) & (n_right < 12)])).row(0, named=True)
    assert (middle["estimate"], middle["std_error"]) == (0, 0)


def test_shapes_leave_out_what_is_missing() -> None:
    """A missing and an infinite value change the curve no more than leaving the two examples out does."""
    is_event, x = simulated(8, 300)
    with_gaps = np.append(x[:, 0], [np.nan, np.inf])
    found = pie_shape(np.append(is_event, [True, False]), with_gaps)
    assert_frame_equal(found.curve, pie_shape(is_event, x[:, 0]).curve)


def test_shapes_that_cannot_be_had_are_flagged() -> None:
    """Few distinct values, no PIEs, no informative examples; a shape of two properties is refused."""
    is_event, x = simulated(7, 200)
    dense = np.ones((4, 200), dtype=bool)
    assert pie_shape(is_event, x[:, 0] > 0).flag == "few-values"
    assert pie_shape(is_event, np.full(200, np.nan)).flag == "few-values"
    assert pie_shape(is_event & False, x[:, 0]).flag == "no-pies"
    assert pie_shape(is_event | True, x[:, 0]).flag == "all-pies"
    assert pie_shape(x[:, 0] > 0, x[:, 0]).flag == "separated"
    one = Properties.fixed(x[:, :1], ("x",))
    found = conditional_shape(Populations(dense, dense, paired=True), one, seed=1)
    assert (found.flag, len(found.curve)) == ("no-examples", 0)
    with pytest.raises(ValueError, match="one property"):
        conditional_shape(Populations(dense, dense, paired=True), Properties.fixed(x, ("a", "b")), seed=1)


def test_shapes_of_pies_are_of_the_examples_on_which_networks_disagree() -> None:
    """Nine tenths of the examples are certain: knots among them would separate the PIEs from them, and the curve lies elsewhere."""
    rng = np.random.default_rng(4)
    is_hard = np.arange(1000) >= 900
    x = np.where(is_hard, rng.uniform(0.5, 2, 1000), rng.uniform(0, 0.1, 1000))
    wrong = rng.random((16, 1000)) < (0.4 + 0.05 * x) * is_hard
    shapes = pie_shapes(
        Populations(wrong[:8] * 1, wrong[8:] * 1, paired=False), Properties.fixed(x[:, None], ("x",)), seed=1
    )
    for shape in shapes:
        assert shape.flag is None
        assert shape.curve["value"].min() > 0.5
