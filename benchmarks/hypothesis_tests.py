"""The null of the PIE count and the class tests against the loops that they replace.   python benchmarks/hypothesis_tests.py"""

import time
from collections.abc import Callable

import numpy as np
from scipy import stats

from pietools.statistics.classes.tests import class_tests
from pietools.statistics.tools.populations import Populations
from pietools.statistics.tools.relabelling import relabelling_null
from pietools.statistics.tools.t_tests import paired_t, welch_t

N_EXAMPLES, N_CLASSES, N_NETWORKS, N_PERMUTATIONS = 50_000, 1_000, 30, 1_000
N_LOOPED = 10  # relabellings that the loop is timed on


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def simulate(rng: np.random.Generator) -> np.ndarray:
    """Predicted labels of 60 networks: most agree, some predict one of ten neighbours."""
    label = rng.integers(0, N_CLASSES, N_EXAMPLES)
    doubt = rng.beta(0.4, 1.2, N_EXAMPLES)
    strays = (label + rng.integers(1, 11, (2 * N_NETWORKS, N_EXAMPLES))) % N_CLASSES
    return np.where(rng.random(strays.shape) < doubt, strays, label)


def loop_n_pies(labels: np.ndarray, is_reference: np.ndarray) -> int:
    """One relabelling as one would write it: votes in a table, argmax of each row."""
    flat = labels + N_CLASSES * np.arange(N_EXAMPLES)
    modal = [
        np.bincount(flat[rows].ravel(), minlength=N_EXAMPLES * N_CLASSES).reshape(N_EXAMPLES, N_CLASSES).argmax(axis=1)
        for rows in (is_reference, ~is_reference)
    ]
    return int((modal[0] != modal[1]).sum())


def permutations(rng: np.random.Generator) -> None:
    """1,000 relabellings of 50,000 × 60."""
    labels = simulate(rng)
    is_reference = np.arange(2 * N_NETWORKS) < N_NETWORKS
    null = relabelling_null(
        Populations(labels[is_reference], labels[~is_reference], paired=False), n_permutations=10, seed=0
    )
    assert null.n_pies.observed == loop_n_pies(labels, is_reference)
    masks = seconds(
        lambda: relabelling_null(
            Populations(labels[is_reference], labels[~is_reference], paired=False),
            n_permutations=N_PERMUTATIONS,
            seed=0,
        )
    )
    draws = [rng.permutation(is_reference) for _ in range(N_LOOPED)]
    loop = seconds(lambda: [loop_n_pies(labels, draw) for draw in draws]) * N_PERMUTATIONS / N_LOOPED
    speed = f"{masks:.2f} s; NumPy loop of the count {loop:.0f} s ({loop / masks:.0f} ×)"
    print(f"1,000 relabellings of 50,000 × 60, three statistics: {speed}")


def classes(rng: np.random.Generator) -> None:
    """Paired and Welch tests of 5 comparisons × 1,000 classes."""
    dense, pruned = rng.beta(40, 10, (2, N_NETWORKS, N_CLASSES))
    accuracy = dense.mean(axis=1), pruned.mean(axis=1)
    shifted = dense - accuracy[0][:, None], pruned - accuracy[1][:, None]
    at_once = seconds(lambda: [(paired_t(*shifted), welch_t(*shifted), welch_t(dense, pruned)) for _ in range(5)])
    n = np.full(N_CLASSES, N_EXAMPLES // N_CLASSES)
    everything = seconds(lambda: [class_tests(dense, pruned, *accuracy, paired=True, n=n) for _ in range(5)])

    def loop() -> None:
        for _ in range(5):
            for c in range(N_CLASSES):
                d, p = dense[:, c] - accuracy[0], pruned[:, c] - accuracy[1]
                stats.ttest_rel(p, d).confidence_interval()
                stats.ttest_ind(p, d, equal_var=False).confidence_interval()
                stats.ttest_ind(pruned[:, c], dense[:, c], equal_var=False).confidence_interval()

    one_by_one = seconds(loop)
    print(
        f"three tests of 5 × 1,000 classes: {at_once:.3f} s; a loop {one_by_one:.1f} s ({one_by_one / at_once:.0f} ×); "
        f"with effects, logit scale, corrections and max-t by 10,000 sign flips {everything:.1f} s"
    )


if __name__ == "__main__":
    permutations(np.random.default_rng(0))
    classes(np.random.default_rng(1))
