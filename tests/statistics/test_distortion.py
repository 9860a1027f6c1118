"""Intensification: by hand, against np.cov, and by simulation; and an answer of every distance to any labels."""

from dataclasses import asdict, replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pietools.statistics.classes.distortion import Slope, cev_sde, class_error_rates, intensification
from pietools.statistics.tools.half_samples import half_sample_interval, half_samples

EQUAL = np.ones(3)
# Two networks each; accuracy is 0.5 throughout.
DENSE = np.array([[0.7, 0.5, 0.3], [0.6, 0.5, 0.4]])
PRUNED = np.array([[0.7, 0.5, 0.3], [0.8, 0.5, 0.2]])
Pair = tuple[np.ndarray, np.ndarray]


def simulated(rng: np.random.Generator, n_networks: int, *, paired: bool, n_classes: int = 20) -> Pair:
    """Recalls whose distances from accuracy grow by 1.2, with as much noise between networks as there is between classes."""
    distance = np.random.default_rng(0).normal(0, 0.05, n_classes)
    distance -= distance.mean()
    dense, own = rng.normal(0, 0.05, (2, n_networks, n_classes))
    pruned = 0.7 * dense + 0.7 * own if paired else own
    return 0.8 + distance + dense, 0.75 + 1.2 * distance + pruned


def test_slope_by_hand() -> None:
    """Two networks, three classes; matched noise is shared in the opposite direction and taken out."""
    # Means of r̃: (0.15, 0, −0.15) and (0.25, 0, −0.25). S_xx = 0.045 / 3, S_xy = 0.075 / 3.
    # Variances over the reference networks: 0.005, 0, 0.005; halved and averaged 0.005 / 3. Covariances: the same, negative.
    paired = intensification(DENSE, PRUNED, EQUAL, paired=True, seed=0)
    assert paired.estimate == pytest.approx((0.075 + 0.005) / (0.045 - 0.005))
    unpaired = intensification(DENSE, PRUNED, EQUAL, paired=False, seed=0)
    assert unpaired.estimate == pytest.approx(0.075 / (0.045 - 0.005))
    assert paired == Slope(paired.estimate, None, None, None, None, n_classes=3, flag="few-networks")


@pytest.mark.parametrize("paired", [True, False])
def test_slope_agrees_with_covariances(paired: bool) -> None:
    """Estimate and half-sample error from np.cov, class by class, with unequal classes and, unmatched, unequal populations."""
    rng = np.random.default_rng(1)
    weights = rng.uniform(1, 5, 20)
    dense, pruned = simulated(rng, 9, paired=paired)
    pruned = pruned if paired else pruned[:6]
    sizes = len(dense), len(pruned)
    x, y = (recall - np.average(recall, axis=1, weights=weights)[:, None] for recall in (dense, pruned))

    def terms(rows: np.ndarray, columns: np.ndarray) -> tuple[float, float]:
        numerators, denominators = [], []
        for c in range(20):
            shared = np.cov(x[rows, c], y[columns, c])[0, 1] / rows.sum() if paired else 0
            numerators.append(x[rows, c].mean() * y[columns, c].mean() - shared)
            denominators.append(x[rows, c].mean() ** 2 - x[rows, c].var(ddof=1) / rows.sum())
        return float(np.mean(numerators)), float(np.mean(denominators))

    numerator, denominator = terms(*(np.ones(size, bool) for size in sizes))
    slope = numerator / denominator
    halves = [terms(*members) for members in zip(*half_samples(*sizes, paired=paired, seed=4), strict=True)]
    expected = half_sample_interval(
        slope, np.array([slope + (above - slope * below) / denominator for above, below in halves]), *sizes
    )
    found = asdict(intensification(dense, pruned, weights, paired=paired, seed=4))
    assert (found.pop("n_classes"), found.pop("flag")) == (20, None)
    assert found == pytest.approx({"estimate": slope, **asdict(expected)}, rel=1e-8)


@pytest.mark.parametrize("n_networks", [10, 30])
def test_slope_is_unbiased_and_covered(n_networks: int) -> None:
    """400 matched studies with a true slope of 1.2: plain means fall short, without the covariance it is too much."""
    rng = np.random.default_rng(n_networks)
    slopes, unpaired, plain, covered = [], [], [], []
    for seed in range(400):
        dense, pruned = simulated(rng, n_networks, paired=True)
        slope = intensification(dense, pruned, np.ones(20), paired=True, seed=seed)
        slopes.append(slope.estimate)
        unpaired.append(intensification(dense, pruned, np.ones(20), paired=False, seed=seed).estimate)
        x, y = (recall.mean(axis=0) - recall.mean() for recall in (dense, pruned))
        plain.append(x @ y / (x @ x))
        covered.append(slope.conf_low <= 1.2 <= slope.conf_high)
    error = np.std(slopes) / 20
    assert np.mean(slopes) == pytest.approx(1.2, abs=0.012 + 3 * error)
    assert np.mean(plain) < 1.2 - 0.3 / n_networks
    assert np.mean(unpaired) > 1.2 + 0.5 / n_networks
    assert 0.91 <= np.mean(covered) <= 0.99


def test_nothing_changed_is_a_slope_of_one() -> None:
    """Matched with themselves, exactly and without error."""
    dense, _ = simulated(np.random.default_rng(2), 8, paired=True)
    slope = intensification(dense, dense - 0.1, np.ones(20), paired=True, seed=0)
    assert slope.estimate == pytest.approx(1)
    assert slope.std_error == pytest.approx(0, abs=1e-12)


def test_orders_are_nothing_to_the_slope() -> None:
    """Classes, pairs, and networks without a partner may stand anywhere."""
    rng = np.random.default_rng(3)
    dense, pruned = simulated(rng, 8, paired=True)
    weights, order, pairs = rng.uniform(1, 2, 20), rng.permutation(20), rng.permutation(8)
    there = intensification(dense, pruned, weights, paired=True, seed=0)
    moved = intensification(dense[:, order], pruned[:, order], weights[order], paired=True, seed=0)
    assert asdict(moved) == pytest.approx(asdict(there))
    assert intensification(dense[pairs], pruned[pairs], weights, paired=True, seed=0).estimate == pytest.approx(
        there.estimate
    )
    unpaired = [intensification(dense[rows], pruned, weights, paired=False, seed=0) for rows in (slice(None), pairs)]
    assert unpaired[0].estimate == pytest.approx(unpaired[1].estimate)


def test_a_class_without_examples_is_left_out_of_the_slope() -> None:
    """NaN under a weight of 0 changes nothing."""
    dense, pruned = simulated(np.random.default_rng(4), 8, paired=True)
    there = intensification(dense, pruned, np.ones(20), paired=True, seed=0)
    absent = [np.insert(recall, 5, np.nan, axis=1) for recall in (dense, pruned)]
    assert intensification(*absent, np.insert(np.ones(20), 5, 0), paired=True, seed=0) == there


@pytest.mark.parametrize(
    ("n_networks", "n_classes", "flag"),
    [
        (1, 3, "one-network"),
        (1, 2, "few-classes"),
        (5, 2, "few-classes"),
        (5, 1, "few-classes"),
        (3, 3, "few-networks"),
    ],
)
def test_what_has_no_slope_says_why(n_networks: int, n_classes: int, flag: str) -> None:
    """Nothing but the flag; with two or three networks an estimate without an error."""
    rng = np.random.default_rng(5)
    dense, pruned = simulated(rng, n_networks, paired=True, n_classes=n_classes)
    slope = intensification(dense, pruned, np.ones(n_classes), paired=True, seed=0)
    assert replace(slope, estimate=None) == Slope(None, None, None, None, None, n_classes, flag)
    assert (slope.estimate is None) == (flag != "few-networks")


def test_classes_that_differ_by_noise_alone_have_no_slope() -> None:
    """The replicate variance is more than the spread of the means; or there is no spread at all."""
    opposite = np.array([[0.7, 0.5, 0.3], [0.3, 0.5, 0.7], [0.7, 0.5, 0.3], [0.3, 0.5, 0.7]])
    assert intensification(opposite, opposite, EQUAL, paired=True, seed=0).flag == "no-spread"
    # 0.9 less its weighted mean is 1e-16, not 0.
    alike, weights = np.full((5, 3), 0.9), np.array([1, 2, 4])
    assert intensification(alike, alike, weights, paired=True, seed=0).flag == "no-spread"


def test_pairs_need_partners() -> None:
    """Unequal populations cannot be matched."""
    with pytest.raises(ValueError, match="not 2 and 1"):
        intensification(DENSE, PRUNED[:1], EQUAL, paired=True, seed=0)
    with pytest.raises(ValueError, match="not 2 and 1"):
        cev_sde((DENSE, DENSE), (PRUNED[:1], PRUNED[:1]), paired=True, seed=0)


few_labels = st.integers(1, 5).flatmap(lambda k: arrays(int, (2 * k + 1, 12), elements=st.integers(0, 3)))


@given(few_labels)
@settings(max_examples=60, deadline=None)
def test_whatever_is_predicted_there_is_an_answer(labels: np.ndarray) -> None:
    """From labels to every number: no NaN, no warning, a flag or an interval."""
    given_labels, dense, pruned = labels[0], labels[1::2], labels[2::2]
    rates = [class_error_rates(given_labels, predicted, 4) for predicted in (dense, pruned)]
    found = cev_sde(*rates, paired=True, seed=0)
    assert not found.select(pl.col(pl.Float64).is_nan().any()).sum_horizontal().item()
    assert found["flag"].is_null().to_list() == found["std_error"].is_not_null().to_list()
    counts = np.bincount(given_labels, minlength=4)
    slope = intensification(1 - rates[0][1], 1 - rates[1][1], counts, paired=True, seed=0)
    assert (slope.flag is None) == (slope.std_error is not None)
    assert all(value is None or np.isfinite(value) for name, value in asdict(slope).items() if name != "flag")
