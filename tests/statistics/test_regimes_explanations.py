"""Differences of coefficients, and what a hypothesis adds: R, level, coverage, what is refused."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from pietools.statistics.regimes import theory
from pietools.statistics.regimes.coefficients import CoefficientDifferences, Fitted, coefficient_differences
from pietools.statistics.regimes.theory import theory_gain
from pietools.statistics.tools.populations import Populations
from tests.statistics.regimes_world import REFERENCE, World, r_examples, r_regimes, r_values

TERMS = ["loss", "atypicality", "margin"]


def r_fitted() -> list[Fitted]:
    """Estimates and half-samples of the two regimes that regimes.R made."""
    table = pl.read_csv(REFERENCE / "regimes_coefficients.csv")
    values = [table.filter(pl.col("regime") == r).drop("regime").to_numpy() for r in "ab"]
    return [Fitted(rows[0], rows[1:]) for rows in values]


@pytest.mark.parametrize("matched", [True, False])
def test_coefficients_agree_with_r(matched: bool) -> None:
    """Hotelling's test by mahalanobis and pf, and the t test of the first coefficient."""
    expected = r_values()
    found = coefficient_differences(*r_fitted(), TERMS, n_networks=9, paired=matched)
    name = "joint_matched" if matched else "joint_unmatched"
    assert (found.statistic, found.p_value) == pytest.approx((expected[name], expected[name + "_p"]), rel=1e-8)
    assert found.df == (3, 6)
    if matched:
        first = found.terms.row(0, named=True)
        assert (first["term"], first["df"]) == ("loss", 8)
        assert first["std_error"] == pytest.approx(expected["first_error"], rel=1e-8)
        assert first["p_value"] == pytest.approx(expected["first_p"], rel=1e-8)


def drawn(rng: np.random.Generator, k: int, shift: float = 0.0) -> CoefficientDifferences:
    """The test of two matched regimes whose coefficients are means over networks, correlated among each other."""
    mixing = np.array([[1, 0, 0], [0.9, 0.4, 0], [-0.5, 1, 2]])
    values = [(rng.normal(size=(k, 3)) + d) @ mixing.T for d in (shift, 0)]
    members = rng.permuted(np.tile(np.arange(k) < k // 2, (200, 1)), axis=1)
    fits = [Fitted(v.mean(axis=0), members @ v / (k // 2)) for v in values]
    return coefficient_differences(*fits, TERMS, n_networks=k, paired=True)


@pytest.mark.parametrize("k", [7, 16])
def test_coefficient_level_and_power(k: int) -> None:
    """Jointly and one by one, 200 studies each; a difference of three standard deviations is found."""
    rng = np.random.default_rng(k)
    found = [drawn(rng, k) for _ in range(200)]
    bound = stats.binom.ppf([0.0013, 0.9987], 200, 0.05)
    assert bound[0] <= sum(study.p_value < 0.05 for study in found) <= bound[1]
    singly = np.array([study.terms["p_value"].to_numpy() < 0.05 for study in found]).sum(axis=0)
    assert ((bound[0] <= singly) & (singly <= bound[1])).all()
    assert drawn(rng, k, shift=3).p_value < 0.05


def test_the_joint_test_knows_no_units() -> None:
    """Any invertible mixture of the coefficients gives the same F; swapping the regimes flips signs and keeps p."""
    a, b = r_fitted()
    mixing = np.array([[1, 2, 0], [0, 1, 5], [1, 0, 100]])
    mixed = [Fitted(mixing @ one.estimate, one.replications @ mixing.T) for one in (a, b)]
    plain, other = (coefficient_differences(*two, TERMS, n_networks=9, paired=True) for two in ((a, b), mixed))
    assert plain.statistic == pytest.approx(other.statistic, rel=1e-9)
    back = coefficient_differences(b, a, TERMS, n_networks=9, paired=True)
    assert back.terms["estimate"].to_list() == (-plain.terms["estimate"]).to_list()
    assert back.terms["p_adjusted"].to_list() == pytest.approx(plain.terms["p_adjusted"].to_list())


def test_degenerate_coefficients_are_flagged() -> None:
    """Too few networks for errors or for the joint test, coefficients that depend on each other, fits that failed."""
    a, b = r_fitted()

    def flags(one: Fitted, k: int = 9) -> tuple[str | None, list[str | None]]:
        found = coefficient_differences(one, b, TERMS, n_networks=k, paired=True)
        assert found.terms["estimate"].null_count() == 0
        return found.flag, found.terms["flag"].to_list()

    assert flags(a) == (None, [None] * 3)
    assert flags(a, 6) == ("few-networks", [None] * 3)
    assert flags(a, 3) == ("few-networks", ["few-networks"] * 3)
    third = b.replications[:, 2] + (a.replications - b.replications)[:, :2].sum(axis=1)
    dependent = Fitted(a.estimate, np.column_stack([a.replications[:, :2], third]))
    assert flags(dependent) == ("singular", [None] * 3)
    constant = Fitted(a.estimate, np.column_stack([a.replications[:, :2], b.replications[:, 2]]))
    assert flags(constant) == ("singular", [None, None, "no-variance"])
    failed = a.replications.copy()
    failed[:2] = np.nan
    assert flags(Fitted(a.estimate, failed)) == (None, [None] * 3)
    failed[:3] = np.nan
    assert flags(Fitted(a.estimate, failed)) == ("unstable", ["unstable"] * 3)


def test_theory_agrees_with_r() -> None:
    """R² with and without the property, their difference and its error, from lm and predict in each fold."""
    examples, expected = r_examples(), r_values()
    assert (np.random.default_rng(0).permutation(60) % 5 == examples["fold"].to_numpy()).all()
    found = theory_gain(
        r_regimes(paired=True)[0],
        examples["z"].to_numpy(),
        seed=0,
        covariates=examples["x"].to_numpy()[:, None],
        classes=examples["class"].to_numpy(),
    )
    values = found.r2_without, found.r2_with, found.estimate, found.std_error
    assert values == pytest.approx(
        [expected[name] for name in ("r2_without", "r2_with", "gain", "gain_error")], rel=1e-8
    )


@pytest.mark.parametrize("paired", [True, False])
def test_theory_finds_what_was_planted(paired: bool) -> None:
    """Of 30 studies nearly all intervals hold the share that the planted hits explain; a random property is found in none."""
    held, found, truth = 0, 0, explained(200_000)
    for seed in range(30):
        rng = np.random.default_rng(seed)
        hit = rng.random(400) < 0.15
        world = World(rng, 400, 2.0 * hit, 0.0 * hit)
        right, _ = world.draw(12, paired=paired, matched=False)
        margin = world.margins[0]
        planted = theory_gain(right, hit, seed=0, covariates=margin[:, None])
        held += planted.conf_low <= truth <= planted.conf_high
        noise = theory_gain(right, rng.normal(size=400), seed=0, covariates=margin[:, None])
        found += noise.p_value < 0.05 and noise.estimate > 0
    assert held >= 24
    assert found <= 2
    assert planted.estimate == pytest.approx(truth, abs=0.25)


def explained(n: int) -> float:
    """The share that the hits explain beyond the margin, of many examples like these, by least squares."""
    rng = np.random.default_rng(0)
    margin = 1.4 + rng.normal(0, (1.3**2 + 0.3**2) ** 0.5, n)
    hit = rng.random(n) < 0.15
    change = stats.norm.cdf(margin) - stats.norm.cdf(margin - 2 * hit)
    left = [
        change - x @ np.linalg.lstsq(x, change)[0]
        for x in (np.column_stack([np.ones(n), margin]), np.column_stack([np.ones(n), margin, hit]))
    ]
    return float((left[0].var() - left[1].var()) / change.var())


def test_an_unseen_class_gets_the_mean_of_all() -> None:
    """A class of one example is predicted from the others, and R² stays finite."""
    values = np.array([[1.0, 2.0, 3.0, 6.0]])
    assert theory._class_means(values, np.array([0, 0, 2, 2]), 3).tolist() == [[1.5, 3.0, 4.5]]
    right, _ = r_regimes(paired=True)
    classes = np.where(np.arange(60) == 0, 1, 0)
    assert np.isfinite(theory_gain(right, np.arange(60.0), seed=0, classes=classes).estimate)


def test_degenerate_hypotheses_are_flagged() -> None:
    """A constant, one that repeats a covariate, too few networks or examples, nothing to explain, not a number."""
    right, _ = r_regimes(paired=True)
    z = r_examples()["z"].to_numpy()
    same = Populations(right.reference, right.reference, True)
    few = [Populations(right.reference[:k], right.compressed[:k], True) for k in (1, 3)]
    assert theory_gain(right, np.full(60, 3.0), seed=0).flag == "constant"
    repeated = theory_gain(right, 2 * z + 1, seed=0, covariates=z[:, None])
    assert (repeated.estimate, repeated.flag) == (pytest.approx(0, abs=1e-12), "no-variance")
    assert theory_gain(same, z, seed=0).flag == "no-change"
    assert [theory_gain(one, z, seed=0).flag for one in few] == ["one-network", "few-networks"]
    assert theory_gain(right, z, seed=0, classes=np.arange(60) // 6).flag == "few-examples"
    rng = np.random.default_rng(0)
    nothing = [World(rng, 60, np.zeros(60), np.zeros(60)).draw(5, paired=True, matched=False)[0] for _ in range(20)]
    assert {theory_gain(one, z, seed=0).flag for one in nothing} == {"no-change", "weak-change"}
    with pytest.raises(ValueError, match="finite"):
        theory_gain(right, np.full(60, np.nan), seed=0)
