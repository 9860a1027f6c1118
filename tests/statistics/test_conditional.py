"""The primary model of characterization: R's exact conditional likelihood, half-samples by hand, planted and absent effects."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy import stats

from pietools.statistics.characterize.conditional_logistic import Tables, fit_conditional
from pietools.statistics.characterize.conditional_logistic_model import COLUMNS, COMPRESSION, conditional_model
from pietools.statistics.characterize.cross_fitting import Properties, Sets, cross_fit, halves
from pietools.statistics.tools.half_samples import half_samples
from pietools.statistics.tools.populations import Populations
from tests.statistics.characterization_worlds import eases, few_half_samples, latent, losses

REFERENCE = Path(__file__).parents[1] / "reference"
NAMES = ("a", "b")


def of_r(case: str, term: str) -> dict[str, float]:
    """What characterization.R found."""
    table = pl.read_csv(REFERENCE / "characterization.csv").filter(case=case, term=term)
    return dict(zip(table["name"], table["value"], strict=True))


def r_networks() -> tuple[np.ndarray, np.ndarray]:
    """Right predictions of the five dense and six compressed networks of characterization.R."""
    table = pl.read_csv(REFERENCE / "characterization_right_input.csv")
    dense, compressed = (
        table.filter(population=name).drop("population").to_numpy() > 0 for name in ("dense", "compressed")
    )
    return dense, compressed


def r_properties() -> np.ndarray:
    """Properties of their examples."""
    return pl.read_csv(REFERENCE / "characterization_properties_input.csv").to_numpy()


def test_agrees_with_r() -> None:
    """Coefficients and information errors are those of R's exact conditional logistic regression, to 1e-6."""
    dense, compressed = r_networks()
    found = conditional_model(
        Populations(dense, compressed, paired=False), Properties.fixed(r_properties(), NAMES), seed=1
    )
    for row in found.terms.iter_rows(named=True):
        expected = of_r("conditional", row["term"])
        for name in ("estimate", "std_error_information", "marginal_effect"):
            assert row[name] == pytest.approx(expected[name], rel=1e-6), (row["term"], name)
        beyond = row["std_error"] ** 2 - row["std_error_networks"] ** 2
        assert beyond == pytest.approx(expected["variance_beyond_networks"], rel=1e-5), row["term"]
    assert found.n_informative == of_r("conditional", "all")["n"]


def test_likelihood_is_scipys_and_rs() -> None:
    """The log-likelihood is R's, and that of scipy's noncentral hypergeometric, example by example."""
    dense, compressed = r_networks()
    y, t = compressed.sum(axis=0), dense.sum(axis=0) + compressed.sum(axis=0)
    x = r_properties()
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    fit = fit_conditional(t, y, z, (5, 6))
    odds = np.exp(fit.coefficients[0] + z @ fit.coefficients[1:])
    told = (t > 0) & (t < 11)
    scipys = stats.nchypergeom_fisher.logpmf(y[told], 11, 6, t[told], odds[told]).sum()
    assert fit.log_likelihood == pytest.approx(scipys, rel=1e-9)
    assert fit.log_likelihood == pytest.approx(of_r("conditional", "all")["log_likelihood"], rel=1e-9)


def test_score_and_information_are_derivatives() -> None:
    """The analytic score and information equal finite differences of the log-likelihood."""
    rng = np.random.default_rng(3)
    t = rng.integers(0, 12, 40)
    y = np.minimum(rng.binomial(t, 0.5), 6)
    tables = Tables.of(t, np.maximum(y, t - 5), rng.normal(size=(40, 2)), (5, 6))
    at = np.array([0.3, -0.5, 0.8])
    _, score, information = tables.derivatives(at)
    steps = 1e-5 * np.eye(3)
    ahead, behind = ([tables.derivatives(at + sign * step) for step in steps] for sign in (1, -1))
    numeric = [(a[0] - b[0]) / 2e-5 for a, b in zip(ahead, behind, strict=True)]
    np.testing.assert_allclose(score, numeric, rtol=1e-6)
    numeric = [(b[1] - a[1]) / 2e-5 for a, b in zip(ahead, behind, strict=True)]
    np.testing.assert_allclose(information, numeric, rtol=1e-6)


def test_one_pair_of_networks_by_hand() -> None:
    """With one network each, β₀ is the log ratio of discordant examples: 2 only compressed right, 6 only dense, so log(2/6)."""
    dense = np.array([[1] * 6 + [0] * 2 + [1] * 5 + [0] * 3], dtype=bool)
    compressed = np.array([[0] * 6 + [1] * 2 + [1] * 5 + [0] * 3], dtype=bool)
    found = conditional_model(
        Populations(dense, compressed, paired=True), Properties.fixed(np.ones((16, 1)), ("one",)), seed=0
    )
    first, constant = found.terms.iter_rows(named=True)
    assert first["estimate"] == pytest.approx(np.log(2 / 6))
    # Information of a binomial share: 8 · ¼ · ¾.
    assert first["std_error_information"] == pytest.approx((8 * 3 / 16) ** -0.5)
    assert (first["n"], first["std_error"], first["flag"]) == (8, None, "few-networks")
    assert (constant["estimate"], constant["flag"]) == (None, "constant")


def test_half_sample_errors_by_hand() -> None:
    """std_error_networks is the standard deviation over half-samples, times the root of h / (K − h) = 3/4; t has K − 1 df."""
    rng = np.random.default_rng(5)
    ease, x = eases(rng, 150), rng.normal(size=(150, 1))
    dense, compressed = latent(rng, ease, 7) > 0, latent(rng, ease - 0.5, 7) > 0
    found = conditional_model(Populations(dense, compressed, paired=True), Properties.fixed(x, ("x",)), seed=8)
    members = half_samples(7, 7, paired=True, seed=int(np.random.default_rng(8).integers(2**63)))
    z = (x - x.mean()) / x.std()
    values = []
    for d, c in zip(*members, strict=True):
        y = compressed[c].sum(axis=0)
        values.append(fit_conditional(dense[d].sum(axis=0) + y, y, z, (3, 3)).coefficients)
    expected = np.std(values, axis=0, ddof=1) * (3 / 4) ** 0.5
    np.testing.assert_allclose(found.terms["std_error_networks"], expected, rtol=1e-8)
    assert found.covariance is not None
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), found.terms["std_error"], rtol=1e-12)
    row = found.terms.row(1, named=True)
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(row["estimate"] / row["std_error"]), 6))


def test_swapping_the_populations_flips_the_signs() -> None:
    """Compressed for dense and dense for compressed: the same numbers with the other sign, and the same p."""
    rng = np.random.default_rng(6)
    ease, x = eases(rng, 200), rng.normal(size=(200, 2))
    one, other = latent(rng, ease, 4) > 0, latent(rng, ease - 0.5 * x[:, 0], 4) > 0
    properties = Properties.fixed(x, NAMES)
    forth = conditional_model(Populations(one, other, paired=True), properties, seed=2).terms
    back = conditional_model(Populations(other, one, paired=True), properties, seed=2).terms
    np.testing.assert_allclose(forth["estimate"], -back["estimate"], rtol=1e-6)
    np.testing.assert_allclose(forth["p_value"], back["p_value"], rtol=1e-6)


def test_the_order_of_examples_does_not_matter() -> None:
    """Examples in another order give the same model, also with cross-fitting."""
    rng = np.random.default_rng(7)
    ease = eases(rng, 120)
    margins, compressed = latent(rng, ease, 5), latent(rng, ease - 0.5, 5) > 0
    order = rng.permutation(120)
    found = [
        conditional_model(
            Populations(margins[:, rows] > 0, compressed[:, rows], paired=True),
            Properties.averaged(losses(margins[:, rows])[:, :, None], ("loss",)),
            seed=1,
        ).terms
        for rows in (np.arange(120), order)
    ]
    assert_frame_equal(*found, rel_tol=1e-6)


def test_planted_effects_are_recovered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over 60 studies the mean estimate is within three standard errors of the truth, and half-sample errors are of its spread."""
    few_half_samples(monkeypatch)
    rng = np.random.default_rng(10)
    ease, x = eases(rng, 250), rng.normal(size=(250, 1))
    z = (x - x.mean()) / x.std()
    truth = np.array([-0.4, -0.5])
    found, errors = [], []
    for study in range(60):
        dense = latent(rng, ease, 6) > 0
        compressed = latent(rng, ease + truth[0] + truth[1] * z[:, 0], 6) > 0
        y = compressed.sum(axis=0)
        found.append(fit_conditional(dense.sum(axis=0) + y, y, z, (6, 6)).coefficients)
        if study < 6:
            model = conditional_model(
                Populations(dense, compressed, paired=False), Properties.fixed(x, ("x",)), seed=study
            )
            errors.append(model.terms["std_error"].to_numpy())
    spread = np.std(found, axis=0, ddof=1)
    assert (np.abs(np.mean(found, axis=0) - truth) < 3 * spread / 60**0.5 + 0.02).all()
    assert (np.abs(np.log(np.mean(errors, axis=0) / spread)) < 0.5).all()


def test_cross_fitting_removes_what_circularity_makes() -> None:
    """No effect, shared difficulty: the loss of the counted networks themselves "explains", that of the others does not."""
    rng = np.random.default_rng(11)
    ease = eases(rng, 250)
    circular, crossed = [], []
    for study in range(25):
        margins, compressed = latent(rng, ease, 6), latent(rng, ease, 6) > 0
        loss = losses(margins)
        y = compressed.sum(axis=0)
        z = (loss.mean(axis=0) - loss.mean()) / loss.mean(axis=0).std()
        fit = fit_conditional((margins > 0).sum(axis=0) + y, y, z[:, None], (6, 6))
        circular.append(fit.coefficients[1] / fit.covariance[1, 1] ** 0.5)

        def statistic(sets: Sets, margins: np.ndarray = margins, compressed: np.ndarray = compressed) -> np.ndarray:
            dense, y = margins[sets.reference[0]] > 0, compressed.sum(axis=0)
            z = losses(margins)[sets.properties].mean(axis=0)
            return fit_conditional(dense.sum(axis=0) + y, y, z[:, None] / z.std(), (len(dense), 6)).coefficients

        def draw(rng: np.random.Generator, d: np.ndarray, c: np.ndarray) -> list[Sets]:
            return halves(rng, d, c, paired=False)

        found = cross_fit(statistic, draw, (6, 6), paired=False, fewest=9, seed=study, n_splits=4)
        crossed.append(found.estimate[1])
    assert np.mean(np.array(circular) > 1.96) > 0.5
    assert abs(np.mean(crossed)) < 3 * np.std(crossed) / 25**0.5


@pytest.mark.parametrize("paired", [True, False])
def test_halves_have_no_name_in_two_roles(paired: bool) -> None:
    """Properties never come from a network that is counted; matched networks stay together; both directions are given."""
    directions = halves(np.random.default_rng(0), np.array([2, 3, 5, 8, 9]), np.array([2, 3, 5, 8, 9]), paired=paired)
    for sets in directions:
        assert not set(sets.properties) & set(sets.reference[0])
        assert {*sets.properties, *sets.reference[0]} == {2, 3, 5, 8, 9}
        assert set(sets.compressed[0]) == (set(sets.reference[0]) if paired else {2, 3, 5, 8, 9})
    assert set(directions[0].properties) == set(directions[1].reference[0])


def test_what_cannot_be_had_of_all_networks_is_not_looked_for_in_half_of_them() -> None:
    """No half-samples where the statistic has no number in some split; some where it has one."""

    def draw(rng: np.random.Generator, d: np.ndarray, c: np.ndarray) -> list[Sets]:
        return halves(rng, d, c, paired=True)

    for first, n_samples in ((np.nan, 0), (1.0, 200)):
        found = cross_fit(lambda sets, of=first: np.array([of, np.nan]), draw, (8, 8), paired=True, fewest=2, seed=1)
        assert found.replications.shape == (n_samples, 2)


def test_missing_properties_are_dropped_and_counted() -> None:
    """Examples with a missing or infinite property leave the model as if they had not been there."""
    rng = np.random.default_rng(12)
    ease, x = eases(rng, 100), rng.normal(size=(100, 2))
    dense, compressed = latent(rng, ease, 4) > 0, latent(rng, ease, 4) > 0
    x[3, 0], x[10, 1] = np.nan, np.inf
    kept = np.isfinite(x).all(axis=1)
    found = conditional_model(Populations(dense, compressed, paired=False), Properties.fixed(x, NAMES), seed=1)
    without = conditional_model(
        Populations(dense[:, kept], compressed[:, kept], paired=False), Properties.fixed(x[kept], NAMES), seed=1
    )
    assert found.n_missing == 2
    assert_frame_equal(found.terms, without.terms)


def flags(dense: np.ndarray, compressed: np.ndarray, x: np.ndarray, *, paired: bool) -> list[str | None]:
    """Flags of the terms; no number may be NaN."""
    names = tuple("abc"[: x.shape[-1]])
    properties = Properties.averaged(x, names) if x.ndim == 3 else Properties.fixed(x, names)
    terms = conditional_model(Populations(dense, compressed, paired), properties, seed=1).terms
    assert tuple(terms.columns) == COLUMNS
    assert not terms.select(pl.col(pl.Float64).is_nan().any()).to_numpy().any()
    return terms["flag"].to_list()


def test_degenerate_input_is_flagged() -> None:
    """Constant, collinear and nearly collinear properties, and too few informative examples, are named."""
    rng = np.random.default_rng(13)
    ease, x = eases(rng, 200), rng.normal(size=(200, 1))
    dense, compressed = latent(rng, ease, 4) > 0, latent(rng, ease, 4) > 0
    assert flags(dense, compressed, np.hstack([x, 2 * x, 0 * x]), paired=True)[1:] == [None, "collinear", "constant"]
    nearly = x + 0.1 * rng.normal(size=x.shape)
    assert flags(dense, compressed, np.hstack([x, nearly]), paired=True)[1:] == ["high-vif", "high-vif"]
    assert flags(dense[:, :36], compressed[:, :36], x[:36], paired=True) == ["few-events", "few-events"]


def test_fits_without_an_answer_are_flagged() -> None:
    """No spread, no informative examples, separation, too few networks: a flag each, and no NaN."""
    rng = np.random.default_rng(13)
    ease, x = eases(rng, 200), rng.normal(size=(200, 1))
    dense, compressed = latent(rng, ease, 4) > 0, latent(rng, ease, 4) > 0
    assert flags(dense, dense, x, paired=True) == ["no-variance", "no-variance"]
    assert flags(dense | True, compressed | True, x, paired=True) == ["no-examples", "no-examples"]
    assert flags(dense | True, compressed & (x[:, 0] > 0), x, paired=True) == ["separated", "separated"]
    assert flags(dense[:3], compressed[:3], x, paired=True) == ["few-networks", "few-networks"]
    assert flags(dense[:1], compressed, np.zeros((1, 200, 1)) + x, paired=False) == ["one-network", "one-network"]


def test_other_shapes_are_refused() -> None:
    """Matched populations of different sizes, and other examples, raise."""
    right, x = np.ones((3, 5), dtype=bool), Properties.fixed(np.ones((5, 1)), ("x",))
    with pytest.raises(ValueError, match="equally many"):
        conditional_model(Populations(right, right[:2], paired=True), x, seed=1)
    with pytest.raises(ValueError, match="do not fit"):
        conditional_model(Populations(right, right[:, :4], paired=False), x, seed=1)


def test_compression_comes_first() -> None:
    """The first term is compression itself, whose p is not adjusted for the number of properties."""
    rng = np.random.default_rng(14)
    ease, x = eases(rng, 100), rng.normal(size=(100, 2))
    terms = conditional_model(
        Populations(latent(rng, ease, 4) > 0, latent(rng, ease - 1, 4) > 0, paired=False),
        Properties.fixed(x, NAMES),
        seed=1,
    ).terms
    assert terms["term"].to_list() == [COMPRESSION, "a", "b"]
    first = terms.row(0, named=True)
    assert first["p_adjusted"] == first["p_value"]
    assert first["odds_ratio_conf_low"] == pytest.approx(np.exp(first["conf_low"]))
