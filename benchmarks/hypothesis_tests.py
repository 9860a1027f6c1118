"""The class tests against the loops that they replace.   python benchmarks/hypothesis_tests.py"""

import time
from collections.abc import Callable

import numpy as np
from scipy import stats

from pietools.statistics.classes.tests import class_tests
from pietools.statistics.tools.t_tests import paired_t, welch_t

N_EXAMPLES, N_CLASSES, N_NETWORKS = 50_000, 1_000, 30


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


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
    classes(np.random.default_rng(1))
