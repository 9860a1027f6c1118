"""Agreement of annotators: the values of R and statsmodels, the bounds of kappa, and what cannot be said."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

from pietools.statistics.annotations.agreement import Agreement, cohen, fleiss

REFERENCE = Path(__file__).parents[1] / "reference"

SAID = pl.read_csv(REFERENCE / "annotations_input.csv")
EXPECTED = {row["annotators"]: row for row in pl.read_csv(REFERENCE / "annotations.csv").to_dicts()}


@pytest.mark.parametrize("pair", ["ab", "ac", "bc"])
def test_cohens_kappa_agrees_with_r_and_statsmodels(pair: str) -> None:
    """Kappa and its asymptotic standard error: vcd's, and statsmodels'."""
    first, second = (SAID[name].to_numpy() == 1 for name in pair)
    found = cohen(first, second)
    assert found.kappa == pytest.approx(EXPECTED[pair]["kappa"], abs=1e-12)
    assert found.std_error == pytest.approx(EXPECTED[pair]["std_error"], abs=1e-12)
    table = [[np.sum(~first & ~second), np.sum(~first & second)], [np.sum(first & ~second), np.sum(first & second)]]
    other = cohens_kappa(np.array(table))
    assert (found.kappa, found.std_error) == pytest.approx((other.kappa, other.std_kappa), abs=1e-12)
    assert (found.conf_low, found.conf_high) == pytest.approx((other.kappa_low, other.kappa_upp), abs=1e-9)


def test_fleiss_kappa_agrees_with_r_and_statsmodels() -> None:
    """Kappa of three, and its jackknife over examples."""
    n_present = SAID.sum_horizontal().to_numpy()
    found = fleiss(n_present, 3)
    assert found.kappa == pytest.approx(EXPECTED["abc"]["kappa"], abs=1e-12)
    assert found.std_error == pytest.approx(EXPECTED["abc"]["std_error"], abs=1e-12)
    assert found.kappa == pytest.approx(fleiss_kappa(np.column_stack([3 - n_present, n_present])), abs=1e-12)


def test_of_two_annotators_agreement_is_the_same_share() -> None:
    """Both kappas begin with the share of examples of which both say the same."""
    first, second = (SAID[name].to_numpy() == 1 for name in "ab")
    assert cohen(first, second).agreement == pytest.approx(np.mean(first == second))
    assert fleiss(first.astype(int) + second, 2).agreement == pytest.approx(np.mean(first == second))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([], [], Agreement(None, None)),
        ([True, True], [True, True], Agreement(None, 1.0)),  # chance agrees as well
        ([True, False], [True, False], Agreement(1.0, 1.0)),  # no error: that does not make it sure
        ([True, False], [True, True], Agreement(0.0, 0.5)),
    ],
)
def test_what_cannot_be_said_is_none(first: list[bool], second: list[bool], expected: Agreement) -> None:
    """No kappa without a difference, and no interval of no width."""
    assert cohen(np.array(first, bool), np.array(second, bool)) == expected


def test_few_examples_have_no_jackknife() -> None:
    """Of two examples nothing is left to leave out; with one annotator there is nothing to agree on."""
    assert fleiss(np.array([3, 0]), 3) == Agreement(1.0, 1.0)
    assert fleiss(np.array([1, 0, 1]), 1) == Agreement(None, None)
    assert fleiss(np.array([3, 3, 3]), 3) == Agreement(None, 1.0)


@pytest.mark.parametrize("share", [0.15, 0.5])
def test_intervals_hold_the_truth(share: float) -> None:
    """Of 100 examples and three annotators who err alike, 95 % intervals hold kappa in 90 to 98 % of 1,000 samples."""
    random, error, covered = np.random.default_rng(5), 0.15, {"cohen": 0, "fleiss": 0}
    p = share * (1 - error) + (1 - share) * error  # that an annotator says it applies
    truth = share * (1 - share) * (1 - 2 * error) ** 2 / (p * (1 - p))  # covariance over variance
    for _ in range(1000):
        applies = random.random(100) < share
        said = applies[:, None] ^ (random.random((100, 3)) < error)
        for name, found in (("cohen", cohen(said[:, 0], said[:, 1])), ("fleiss", fleiss(said.sum(axis=1), 3))):
            assert found.conf_low is not None
            assert found.conf_high is not None
            covered[name] += found.conf_low <= truth <= found.conf_high
    assert all(900 <= n <= 980 for n in covered.values()), covered
