"""Unseen data: excess error, generalization gap, crossed differences and effective robustness, against R, by hand and simulated."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats
from scipy.special import expit

from pietools.statistics.unseen.effective_robustness import effective_robustness
from pietools.statistics.unseen.excess_error import excess_error, generalization_gap, generalization_gap_change
from pietools.statistics.unseen.regime_difference import regime_difference

REFERENCE = Path(__file__).parents[1] / "reference"
EXACT = {"rel": 1e-8, "abs": 1e-14}


def r_values(case: str) -> dict[tuple[int, str], float]:
    """What unseen.R found, by row and name."""
    rows = pl.read_csv(REFERENCE / "unseen.csv").filter(case=case)
    return {(index, name): value for index, name, value in rows.select("index", "name", "value").rows()}


def r_accuracies() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Clean accuracies of both populations, shapes (7,), and those on three copies, (3, 7)."""
    table = pl.read_csv(REFERENCE / "unseen_input.csv")
    dense, pruned = (table.filter(population=name).drop("population").to_numpy() for name in ("dense", "pruned"))
    return dense[:, 0], pruned[:, 0], dense[:, 1:].T, pruned[:, 1:].T


def assert_agrees(found: object, case: str) -> None:
    """Every value that R has for the case."""
    expected = r_values(case)
    assert len(expected) >= 7
    for (_, name), value in expected.items():
        assert asdict(found)[name] == pytest.approx(value, **EXACT), name  # type: ignore[call-overload]


@pytest.mark.parametrize("design", ["paired", "unpaired"])
def test_excess_error_agrees_with_r(design: str) -> None:
    """Each alteration and their average."""
    found = excess_error(*r_accuracies(), paired=design == "paired")
    assert found["alteration_index"].to_list() == [0, 1, 2, None]
    expected = r_values(f"excess-{design}")
    assert len(expected) == 3 * 10 + 8
    for (index, name), value in expected.items():
        assert found[name][index] == pytest.approx(value, **EXACT), (index, name)
    assert found["p_adjusted"].to_list()[-1] is None
    assert found["flag"].null_count() == 4


def test_excess_error_by_hand() -> None:
    """Dense loses 0.1 on the copy; of two compressed networks one loses 0.15 and one 0.25."""
    clean, copy = np.array([0.9, 0.9]), np.array([[0.8, 0.8]])
    found = excess_error(clean, np.array([0.8, 0.9]), copy, np.array([[0.65, 0.65]]), paired=True)
    assert found["estimate"].to_list() == pytest.approx([(0.05 + 0.15) / 2] * 2)
    assert found["std_error"].to_list() == pytest.approx([0.05] * 2)  # sd of 0.05 and 0.15 is 0.1/√2, over √2
    assert found["accuracy_compressed"].to_list() == pytest.approx([0.65, 0.65])
    assert found["relative_change"][0] == pytest.approx(0.65 / 0.8 - 1)
    assert found["relative_change_clean"][0] == pytest.approx(0.85 / 0.9 - 1)


def test_swapping_flips_the_excess_and_the_order_of_copies_is_nothing() -> None:
    """Estimates change sign, p-values stay; the average does not know which copy came first."""
    clean_d, clean_c, copies_d, copies_c = r_accuracies()
    there = excess_error(clean_d, clean_c, copies_d, copies_c, paired=False)
    back = excess_error(clean_c, clean_d, copies_c[::-1], copies_d[::-1], paired=False)
    order = [2, 1, 0, 3]
    assert there["estimate"].to_numpy() == pytest.approx(-back["estimate"].to_numpy()[order])
    assert there["p_value"].to_numpy() == pytest.approx(back["p_value"].to_numpy()[order])


def test_excess_that_cannot_be_tested_is_flagged() -> None:
    """A copy that a network was not run on, no spread, one network; accuracy 0 has no relative change."""
    clean_d, clean_c, copies_d, copies_c = r_accuracies()
    copies_c = copies_c.copy()
    copies_c[1, 3] = np.nan
    copies_d[0], copies_c[0] = clean_d, clean_c - 0.125
    found = excess_error(clean_d, clean_c, copies_d, copies_c, paired=True)
    assert found["flag"].to_list() == ["no-variance", "not-evaluated", None, "not-evaluated"]
    assert found["estimate"].to_list()[:2] == [pytest.approx(0.125), None]
    assert found["p_adjusted"][2] == found["p_value"][2]
    one = excess_error(clean_d[:1], clean_c[:1], 0 * copies_d[:, :1], copies_d[:, :1], paired=True)
    assert one["flag"].to_list() == ["one-network"] * 4
    assert one["relative_change"].null_count() == 4
    with pytest.raises(ValueError, match="not 7 and 6"):
        excess_error(clean_d, clean_c[:6], copies_d, copies_c[:, :6], paired=True)


def test_generalization_gap_agrees_with_r() -> None:
    """Of the dense networks, and its change."""
    clean_d, clean_c, copies_d, copies_c = r_accuracies()
    assert_agrees(generalization_gap(clean_d, copies_d[0]), "gap")
    for design in ("paired", "unpaired"):
        found = generalization_gap_change(clean_d, copies_d[0], clean_c, copies_c[0], paired=design == "paired")
        assert_agrees(found, f"gap-change-{design}")


def test_gaps_that_cannot_be_tested_are_flagged() -> None:
    """One network, no spread, no labels."""
    accuracy = np.array([0.9, 0.8])
    assert generalization_gap(accuracy[:1], accuracy[1:]).flag == "one-network"
    flat = generalization_gap(accuracy, accuracy - 0.25)
    assert (flat.flag, flat.p_value, flat.estimate) == ("no-variance", None, pytest.approx(0.25))
    unknown = generalization_gap_change(accuracy * np.nan, accuracy, accuracy, accuracy, paired=False)
    assert (unknown.flag, unknown.estimate) == ("no-labels", None)


# Crossed differences


def r_right() -> tuple[np.ndarray, np.ndarray]:
    """Right or wrong of the two regimes that unseen.R made, shapes (5, 40)."""
    table = pl.read_csv(REFERENCE / "unseen_right_input.csv")
    a, b = (table.filter(regime=name).drop("regime").to_numpy() for name in ("a", "b"))
    return a, b


def test_crossed_differences_agree_with_r() -> None:
    """Mean squares of aov, with Satterthwaite's degrees of freedom."""
    a, b = r_right()
    assert_agrees(regime_difference(a, b, paired=True), "crossed-paired")
    assert_agrees(regime_difference(a, b[:4], paired=False), "crossed-unpaired")


def test_a_crossed_difference_by_hand() -> None:
    """Two pairs and two examples: differences 1, 1 and 0, 0, so that only networks vary; and turned round, only examples."""
    a = np.array([[True, True], [True, True]])
    b = np.array([[False, False], [True, True]])
    found = regime_difference(a, b, paired=True)
    # network means 1 and 0: variance ½, over 2 networks ¼
    assert (found.estimate, found.std_error, found.df, found.std_error_examples) == pytest.approx((0.5, 0.5, 1, 0))
    turned = regime_difference(a.T, b.T, paired=True)
    assert (turned.estimate, turned.std_error, turned.df, turned.std_error_networks) == pytest.approx((0.5, 0.5, 1, 0))


def test_crossed_differences_know_no_order() -> None:
    """Swapping the regimes flips the sign; the order of examples, of pairs, and of unmatched networks is nothing."""
    a, b = r_right()
    examples = np.random.default_rng(0).permutation(40)
    for paired in (True, False):
        found, back = regime_difference(a, b, paired=paired), regime_difference(b, a, paired=paired)
        assert (found.estimate, found.p_value) == pytest.approx((-back.estimate, back.p_value))
        other = regime_difference(a[::-1, examples], b[::-1, examples], paired=paired)
        assert list(asdict(found).values())[:-1] == pytest.approx(list(asdict(other).values())[:-1])
    unmatched = regime_difference(a[::-1], b, paired=False)
    assert unmatched.std_error == pytest.approx(regime_difference(a, b, paired=False).std_error)


def test_crossed_differences_that_cannot_be_tested_are_flagged() -> None:
    """One network, one example, identical populations."""
    a, b = r_right()
    assert regime_difference(a[:1], b, paired=False).flag == "one-network"
    assert regime_difference(a[:, :1], b[:, :1], paired=True).flag == "one-example"
    same = regime_difference(a, a, paired=True)
    assert (same.estimate, same.flag, same.p_value) == (0, "no-variance", None)
    for other in (b[:4], b[:, :39]):
        with pytest.raises(ValueError, match=r"do not fit|equally many"):
            regime_difference(a, other, paired=True)


def simulated_right(rng: np.random.Generator, k: int, n: int, *, paired: bool) -> tuple[np.ndarray, np.ndarray]:
    """Two regimes of equal expected accuracy: networks and examples differ, examples also between the regimes."""
    ease, shared, own = rng.normal(1.2, 1.5, n), rng.normal(0, 0.1, k), rng.normal(0, 0.15, (2, k))
    ability = own + (shared if paired else 0)
    latent = ease + rng.normal(0, 0.4, (2, 1, n)) + ability[..., None] + rng.normal(0, 0.7, (2, k, n))
    return latent[0] > 0, latent[1] > 0


@pytest.mark.parametrize("paired", [True, False])
def test_crossed_intervals_cover_and_simpler_ones_do_not(paired: bool) -> None:
    """95 % of 400 intervals hold the truth, 0, within 3 standard errors; an error of networks or of examples alone misses it."""
    rng, n_studies, covered = np.random.default_rng(5), 400, np.zeros(3)
    for _ in range(n_studies):
        found = regime_difference(*simulated_right(rng, 10, 200, paired=paired), paired=paired)
        assert found.conf_low is not None
        assert found.conf_high is not None
        assert found.std_error_networks is not None
        assert found.std_error_examples is not None
        covered += [
            found.conf_low <= 0 <= found.conf_high,
            abs(found.estimate) <= stats.t.isf(0.025, 9 if paired else 18) * found.std_error_networks,
            abs(found.estimate) <= 1.96 * found.std_error_examples,
        ]
    assert covered[0] / n_studies == pytest.approx(0.95, abs=3 * (0.05 * 0.95 / n_studies) ** 0.5)
    assert (covered[1:] / n_studies < 0.92).all()


# Effective robustness


def test_effective_robustness_agrees_with_r() -> None:
    """A line of lm on the logit scale, its covariance carried to the accuracies."""
    clean_d, clean_c, copies_d, copies_c = r_accuracies()
    baseline = np.concatenate([clean_d, clean_c - 0.03]), np.concatenate([copies_d[1], copies_c[1] - 0.04])
    found = effective_robustness(clean_c, copies_c[1], *baseline)
    assert (found.flag, found.is_slope_fitted) == (None, True)
    assert_agrees(found, "robustness")


def on_a_line(clean: np.ndarray, slope: float = 0.8, intercept: float = -0.5) -> np.ndarray:
    """Accuracy on unseen data of networks that lie on a line."""
    return expit(intercept + slope * np.log(clean / (1 - clean)))


def test_networks_on_the_line_have_none() -> None:
    """And networks above it have what they are above it."""
    baseline = np.linspace(0.7, 0.95, 8)
    noise = np.array([1, -1, 1, -1, -1, 1, -1, 1]) * 1e-3
    clean = np.array([0.8, 0.85, 0.9])
    found = effective_robustness(clean, on_a_line(clean) + 0.05, baseline, on_a_line(baseline) + noise)
    assert found.estimate == pytest.approx(0.05, abs=1e-3)
    assert found.slope == pytest.approx(0.8, abs=0.01)
    assert found.conf_low is not None
    assert found.conf_low > 0.04


@pytest.mark.parametrize(
    ("baseline", "clean", "flag"),
    [
        ([0.8, 0.85, 0.9, 0.95], 0.85, "few-baseline-networks"),
        ([0.9, 0.901, 0.902, 0.903, 0.904], 0.902, "little-spread"),
    ],
)
def test_without_a_slope_it_is_one(baseline: list[float], clean: float, flag: str) -> None:
    """Networks whose odds fall by the same factor as those of the baseline have none."""
    # the odds of x / (2 − x) are half of those of x
    clean_2, baseline_n = np.array([clean] * 2), np.array(baseline)
    usual = baseline_n / (2 - baseline_n)
    found = effective_robustness(clean_2, clean_2 / (2 - clean_2), baseline_n, usual)
    assert (found.flag, found.is_slope_fitted, found.slope) == ("no-variance", False, 1)
    assert found.estimate == pytest.approx(0, abs=1e-12)
    varied = effective_robustness(clean_2, clean_2 / (2 - clean_2) + np.array([0, 0.01]), baseline_n, usual)
    assert (varied.flag, varied.estimate) == (flag, pytest.approx(0.005))
    assert varied.p_value is not None


def test_beyond_the_baseline_the_line_goes_on_with_slope_one() -> None:
    """From its end, without a jump; it is flagged."""
    baseline = np.linspace(0.7, 0.9, 8)
    clean = np.array([0.95, 0.95])
    # fitted to logit 0.9 = log 9, then slope 1 to log 19
    predicted = expit(-0.5 + 0.8 * np.log(9) + np.log(19) - np.log(9))
    noise = np.array([1, -1, 1, -1, -1, 1, -1, 1]) * 1e-4
    found = effective_robustness(clean, predicted + np.array([0, 0.01]), baseline, on_a_line(baseline) + noise)
    assert (found.flag, found.is_slope_fitted) == ("extrapolation", True)
    assert found.estimate == pytest.approx(0.005, abs=1e-4)


def test_robustness_that_cannot_be_had_is_flagged() -> None:
    """No baseline, no labels, accuracies without a logit, one network."""
    some = np.array([0.7, 0.8])
    for arguments, flag in (
        ((some, some, some[:0], some[:0]), "no-baseline"),
        ((some, some * np.nan, some, some), "no-labels"),
        ((some, some, some, np.array([0, 0.5])), "zero-or-one"),
        ((some, np.array([1, 0.5]), some, some), "zero-or-one"),
    ):
        found = effective_robustness(*arguments)
        assert (found.flag, found.estimate) == (flag, None)
    for arguments in ((some[:1], some[:1], some, some), (some, some, some[:1], some[:1])):
        found = effective_robustness(*arguments)
        assert (found.flag, found.p_value) == ("one-network", None)
        assert found.estimate is not None


def test_robustness_intervals_cover() -> None:
    """95 % of 400 intervals hold 0, within 3 standard errors, if all networks scatter about one line."""
    rng, covered, n_studies = np.random.default_rng(6), 0, 400

    def networks(ability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        unseen = expit(-0.7 + 0.9 * ability + rng.normal(0, 0.03, len(ability)))
        return rng.binomial(10_000, expit(ability)) / 10_000, rng.binomial(10_000, unseen) / 10_000

    for _ in range(n_studies):
        found = effective_robustness(*networks(rng.normal(2.2, 0.03, 6)), *networks(rng.uniform(1.5, 3, 20)))
        assert found.conf_low is not None
        assert found.conf_high is not None
        covered += found.conf_low <= 0 <= found.conf_high
    assert covered / n_studies == pytest.approx(0.95, abs=3 * (0.05 * 0.95 / n_studies) ** 0.5)


def test_excess_error_has_its_level() -> None:
    """Over 500 studies of 10 pairs p ≤ 0.05 in 5 % of them, within 3 standard errors, for single copies and the average."""
    rng, n_studies, rejected = np.random.default_rng(8), 500, np.zeros(2)
    for _ in range(n_studies):
        ability = 2 + rng.normal(0, 0.1, 10) + rng.normal(0, 0.05, (2, 10))
        clean = rng.binomial(5000, expit(ability)) / 5000
        copies = [rng.binomial(2000, expit(ability - lost)) / 2000 for lost in (0.3, 0.8, 1.5)]
        p_value = excess_error(*clean, *np.stack(copies, axis=1), paired=True)["p_value"]
        rejected += [(p_value[:3] <= 0.05).mean(), p_value[3] <= 0.05]
    assert rejected / n_studies == pytest.approx(0.05, abs=3 * (0.05 * 0.95 / n_studies) ** 0.5)
