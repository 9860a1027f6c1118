"""Adjusted p-values and max-t: by hand, against other implementations, and by simulation."""

from itertools import product
from time import perf_counter

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from pietools.statistics.tools.multiplicity import adjust, max_t


def test_adjusted_by_hand() -> None:
    """What was not tested stays out: four tests, not five."""
    p_values = np.array([0.02, np.nan, 0.01, 0.5, 0.03])
    # In order 0.01, 0.02, 0.03, 0.5 times 4, 3, 2, 1, never falling.
    np.testing.assert_allclose(adjust(p_values, "holm"), [0.06, np.nan, 0.04, 0.5, 0.06])
    # 4 p / rank = 0.04, 0.04, 0.04, 0.5.
    np.testing.assert_allclose(adjust(p_values, "benjamini-hochberg"), [0.04, np.nan, 0.04, 0.5, 0.04])
    # Times 1 + 1/2 + 1/3 + 1/4 = 25/12, at most 1.
    np.testing.assert_allclose(adjust(p_values, "benjamini-yekutieli"), [1 / 12, np.nan, 1 / 12, 1, 1 / 12])


def test_nothing_tested_is_nothing_adjusted() -> None:
    """All NaN in, all NaN out."""
    for method in ("holm", "benjamini-hochberg", "benjamini-yekutieli"):
        assert np.isnan(adjust(np.full(3, np.nan), method)).all()


def test_another_method_is_an_error() -> None:
    """A misspelt method is not quietly something else."""
    with pytest.raises(KeyError, match="bonferoni"):
        adjust(np.array([0.1]), "bonferoni")


@pytest.mark.parametrize("seed", range(3))
def test_holm_agrees_with_statsmodels(seed: int) -> None:
    """Ties and a zero included."""
    p_values = np.random.default_rng(seed).random(40).round(2) ** 3
    p_values[7] = 0
    np.testing.assert_allclose(adjust(p_values, "holm"), multipletests(p_values, method="holm")[1], rtol=1e-12)


@pytest.mark.parametrize(("method", "name"), [("benjamini-hochberg", "bh"), ("benjamini-yekutieli", "by")])
@pytest.mark.parametrize("n", [1, 2, 40])
def test_false_discovery_rates_agree_with_scipy(method: str, name: str, n: int) -> None:
    """Ties, zeros and ones included."""
    p_values = np.random.default_rng(n).random(n).round(2) ** 3
    p_values[n // 2 :: 7] = 0
    p_values[n // 3 :: 9] = 1
    np.testing.assert_allclose(
        adjust(p_values, method), stats.false_discovery_control(p_values, method=name), rtol=1e-12
    )


def test_max_t_by_hand() -> None:
    """Two pairs, two columns: the larger |t| ties with its mirror image only, the smaller with everything."""
    # |sum| / √(sum of squares) of (1, 2) is 1.34 and, one sign turned, 0.45; of (3, −1) it is 0.63 and 1.26.
    # The largest are 1.34 and 1.26, each of two flips: 2/4 reach 1.34, 4/4 reach 0.63.
    np.testing.assert_array_equal(max_t(np.array([[1.0, 3.0], [2.0, -1.0]]), seed=0), [0.5, 1.0])


def test_drawn_flips_agree_with_all_of_them() -> None:
    """K = 14 is drawn; all 16,384 flips, one t test each, give the same within four Monte Carlo errors."""
    differences = np.random.default_rng(1).normal(0.4, 1, (14, 5))
    flips = np.array(list(product([1, -1], repeat=14)))
    t_values = np.abs(stats.ttest_1samp(flips[:, :, None] * differences, 0, axis=1).statistic)
    exact = (t_values.max(axis=1)[:, None] >= t_values[0] - 1e-9).mean(axis=0)
    drawn = max_t(differences, seed=0)
    assert (np.abs(drawn - exact) < 4 * np.sqrt(exact * (1 - exact) / 10_000) + 1e-4).all()
    np.testing.assert_array_equal(drawn, max_t(differences, seed=0))
    assert (drawn != max_t(differences, seed=1)).any()


def test_flips_that_tie_count_whatever_the_rounding() -> None:
    """Multiples of 0.1 have the p-values of the integers, which add up exactly."""
    for seed in range(20):
        differences = np.random.default_rng(seed).integers(-1, 3, (8, 6)) + np.eye(8, 6, dtype=int)
        np.testing.assert_array_equal(max_t(differences * 0.1, seed=0), max_t(differences.astype(float), seed=0))


def test_no_drawn_p_value_is_zero() -> None:
    """The identity counts: one flip of 10,000 if none that is drawn reaches it."""
    assert max_t(np.linspace(1, 2, 30)[:, None], seed=0) == [1 / 10_000]


def test_max_t_keeps_the_family_wise_error() -> None:
    """400 studies of ten true null hypotheses whose columns are correlated, as shifted recalls are: at most 5 % + 3 se."""
    rng = np.random.default_rng(2)
    studies = rng.standard_t(5, size=(400, 10, 10))
    studies -= studies.mean(axis=2, keepdims=True)
    rejected = np.mean([max_t(study, seed=0).min() <= 0.05 for study in studies])
    assert rejected <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
    assert rejected > 0.02


def test_max_t_is_fast() -> None:
    """1,000 classes × 30 pairs in less than 2 s."""
    differences = np.random.default_rng(3).normal(size=(30, 1000))
    start = perf_counter()
    max_t(differences, seed=0)
    assert perf_counter() - start < 2
