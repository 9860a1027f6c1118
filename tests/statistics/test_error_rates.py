"""Error rates per class, CEV and SDE: by hand, against other implementations, and by simulation."""

from time import perf_counter

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sklearn.metrics import multilabel_confusion_matrix

from pietools.statistics.classes.distortion import cev_sde, class_error_rates

Pair = tuple[np.ndarray, np.ndarray]


def test_error_rates_by_hand() -> None:
    """Six examples of two classes, a third that nobody has and one network predicts."""
    labels = np.array([0, 0, 0, 0, 1, 1])
    fpr, fnr = class_error_rates(labels, np.array([[0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 2, 2]]), 3)
    np.testing.assert_allclose(fpr, [[1 / 2, 1 / 4, 0], [0, 0, 2 / 6]])
    np.testing.assert_allclose(fnr, [[1 / 4, 1 / 2, np.nan], [0, 1, np.nan]])


def test_the_only_class_has_no_false_positives() -> None:
    """There is nothing that could be predicted wrongly as it."""
    fpr, fnr = class_error_rates(np.zeros(4, dtype=int), np.zeros((2, 4), dtype=int), 1)
    assert np.isnan(fpr).all()
    assert (fnr == 0).all()


def test_error_rates_agree_with_scikit_learn() -> None:
    """Network by network, from its confusion matrices of one class against the rest."""
    rng = np.random.default_rng(6)
    labels, predicted = rng.integers(0, 7, 200), rng.integers(0, 7, (3, 200))
    fpr, fnr = class_error_rates(labels, predicted, 7)
    for k in range(3):
        (tn, fp), (fn, tp) = multilabel_confusion_matrix(labels, predicted[k]).transpose(1, 2, 0)
        np.testing.assert_allclose(fpr[k], fp / (fp + tn))
        np.testing.assert_allclose(fnr[k], fn / (fn + tp))


def test_labels_outside_the_classes_are_an_error() -> None:
    """Unlabelled examples are for the caller to leave out."""
    with pytest.raises(ValueError, match=r"0 … 2, not -1 … 1"):
        class_error_rates(np.array([-1, 1]), np.array([[0, 1]]), 3)
    with pytest.raises(ValueError, match=r"0 … 2, not 0 … 3"):
        class_error_rates(np.array([0, 1]), np.array([[0, 3]]), 3)


def test_error_rates_are_fast() -> None:
    """30 networks × 50,000 examples × 1,000 classes in less than a second."""
    rng = np.random.default_rng(7)
    labels, predicted = rng.integers(0, 1000, 50_000), rng.integers(0, 1000, (30, 50_000))
    start = perf_counter()
    class_error_rates(labels, predicted, 1000)
    assert perf_counter() - start < 1


def rates_of(confusion: list[list[int]]) -> Pair:
    """Rates of one network from its confusion matrix (rows: given labels)."""
    counts = np.array(confusion)
    labels = np.repeat(np.arange(2), counts.sum(axis=1))
    return class_error_rates(labels, np.concatenate([np.repeat(np.arange(2), row) for row in counts])[None], 2)


@pytest.mark.parametrize(
    ("confusion", "cev", "sde"),
    [
        ([[13, 3], [20, 27]], 0.04368960990187911, 0.29559976286147155),
        ([[88, 16], [14, 10]], 0.030375538549678827, 0.24647733587362075),
    ],
)
def test_cev_and_sde_are_what_their_authors_print(confusion: list[list[int]], cev: float, sde: float) -> None:
    """Women and men of the Titanic against all, github.com/gentry-atkinson/CEV_SDE_demo, "Titanic Sexism_analysis.ipynb"."""
    found = cev_sde(rates_of([[101, 19], [34, 37]]), rates_of(confusion), paired=False, seed=0)
    assert found["published"].to_list() == pytest.approx([cev, sde], rel=1e-12)
    assert found["flag"].to_list() == ["one-network"] * 2
    assert found["estimate"].null_count() == 2


def noisy_rates(rng: np.random.Generator, n_networks: int, spread: float, n_classes: int = 20) -> tuple[Pair, Pair]:
    """Matched rates with 20 % noise each; their relative changes differ between classes by ``spread``."""
    fixed = np.random.default_rng(1)
    means = fixed.uniform(0.01, 0.03, n_classes), fixed.uniform(0.1, 0.2, n_classes)
    changes = 1.2 + spread * fixed.normal(size=(2, n_classes))
    dense, own = rng.normal(size=(2, 2, n_networks, n_classes))
    pruned = 0.6 * dense + 0.8 * own
    return (
        (means[0] * np.exp(0.2 * dense[0] - 0.02), means[1] * np.exp(0.2 * dense[1] - 0.02)),
        (
            means[0] * changes[0] * np.exp(0.2 * pruned[0] - 0.02),
            means[1] * changes[1] * np.exp(0.2 * pruned[1] - 0.02),
        ),
    )


@pytest.mark.parametrize("n_networks", [10, 30])
def test_cev_is_unbiased_and_covered(n_networks: int) -> None:
    """200 studies of classes that differ: too large as published, right on average less its bias, 91 % or more covered."""
    rng = np.random.default_rng(n_networks)
    fixed = np.random.default_rng(1)
    fixed.uniform(size=40)  # the 20 means of both rates
    truth = 0.2**2 * fixed.normal(size=(2, 20)).var(axis=1).sum()
    rows = pl.concat([cev_sde(*noisy_rates(rng, n_networks, 0.2), paired=True, seed=seed)[:1] for seed in range(200)])
    mean, published = rows["estimate"].mean(), rows["published"].mean()
    error = rows["estimate"].std() / 200**0.5
    assert mean == pytest.approx(truth, abs=3 * error)
    assert published > truth + 6 * error
    assert 0.91 <= rows.select(pl.lit(truth).is_between("conf_low", "conf_high").mean()).item() <= 1


def test_nothing_changed_is_no_distance() -> None:
    """Matched with themselves, both are 0 without error."""
    dense, _ = noisy_rates(np.random.default_rng(8), 6, 0.2)
    found = cev_sde(dense, dense, paired=True, seed=0)
    assert found.select("estimate", "std_error", "published").sum().row(0) == (0, 0, 0)
    assert found["df"].to_list() == [5, 5]


def test_the_order_of_classes_is_nothing_to_the_distances() -> None:
    """Each class counts wherever it stands."""
    dense, pruned = noisy_rates(np.random.default_rng(9), 6, 0.2)
    order = np.random.default_rng(0).permutation(20)
    moved = [tuple(rate[:, order] for rate in rates) for rates in (dense, pruned)]
    there, back = cev_sde(dense, pruned, paired=True, seed=0), cev_sde(*moved, paired=True, seed=0)
    assert_frame_equal(there, back)


def test_classes_without_a_relative_change_are_left_out_and_counted() -> None:
    """One never predicted wrongly, one never missed, one absent; the others have the numbers that they have alone."""
    dense, pruned = noisy_rates(np.random.default_rng(10), 6, 0.2)
    alone = cev_sde(dense, pruned, paired=True, seed=0)
    with_others = []
    for fpr, fnr in (dense, pruned):
        fpr = np.insert(fpr, [0, 3, 20], [0.0 if fpr is dense[0] else 0.1, 0.1, 0.1], axis=1)
        with_others.append((fpr, np.insert(fnr, [0, 3, 20], [0.1, 0.0 if fnr is dense[1] else 0.1, np.nan], axis=1)))
    found = cev_sde(*with_others, paired=True, seed=0)
    assert found["n_left_out"].to_list() == [3, 3]
    assert_frame_equal(found.drop("n_left_out"), alone.drop("n_left_out"))


@pytest.mark.parametrize(
    ("n_networks", "has_errors", "flags"),
    [
        (6, [0, 0], ["no-errors", "no-errors"]),
        (6, [1, 0], ["one-class", None]),
        (3, [1, 1], ["few-networks", "few-networks"]),
        (1, [1, 1], ["one-network", "one-network"]),
    ],
)
def test_what_has_no_distance_says_why(n_networks: int, has_errors: list[int], flags: list[str | None]) -> None:
    """No numbers without errors, none of spread for one class, none of error for few networks."""
    dense, pruned = noisy_rates(np.random.default_rng(11), n_networks, 0.2, 2)
    found = cev_sde((dense[0] * has_errors, dense[1]), pruned, paired=True, seed=0)
    assert found["flag"].to_list() == flags
    assert found["estimate"].is_null().to_list() == [flag is not None for flag in flags]
    assert found["published"].is_null().to_list() == [flag in ("no-errors", "one-class") for flag in flags]


def test_errors_of_one_network_only_have_no_half_sample_error() -> None:
    """Half-samples without that network have no relative change."""
    dense, pruned = noisy_rates(np.random.default_rng(12), 6, 0.2, 3)
    dense[1][1:] = 0
    found = cev_sde(dense, pruned, paired=True, seed=0)
    assert found["flag"].to_list() == ["few-errors"] * 2
    assert found["published"].null_count() == 0
    assert found["std_error"].null_count() == 2
