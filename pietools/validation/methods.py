"""Which methods are asked of a simulated study, and what of their answers is counted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from pietools.statistics.accuracy.change import accuracy_change, worst_class
from pietools.statistics.classes.distortion import intensification
from pietools.statistics.classes.tests import class_tests, default_test
from pietools.statistics.examples.posterior import DELTA, FLAGGED, error_rate_posterior
from pietools.statistics.examples.tests import example_tests
from pietools.statistics.pies.counts import pie_count_intervals
from pietools.statistics.pies.excess import pie_excess
from pietools.statistics.subgroups.gaps import gap_test
from pietools.statistics.subgroups.tests import subgroup_tests
from pietools.statistics.tools.relabelling import relabelling_null
from pietools.statistics.unseen.excess_error import excess_error
from pietools.statistics.unseen.regime_difference import regime_difference
from pietools.validation.answers import (
    LEVEL,
    Expected,
    Found,
    Share,
    Study,
    any_rejected,
    covered,
    means_within,
    rejected,
)
from pietools.validation.worlds import N_COPIES

MARGIN = 0.05
N_RELABELLINGS = 199
# Names of ranges in tables.CLAIMS; "" claims nothing and is only shown.
ASYMPTOTIC, ASYMPTOTIC_AT_MOST, AT_MOST = "asymptotic", "asymptotic, at most", "at most"
INTERVAL, MODAL, MODAL_AT_NOTHING = "interval", "modal-label interval", "modal-label interval, no effect"
POWER, FALSE_FLAGS, RARE, NO_CLAIM = "power", "false flags", "rare", ""
CAUTIOUS, EIGHTY = "cautious interval", "power of 80 %"


@dataclass(frozen=True)
class Method:
    """A question to a study of whatever kind its worlds have, and in how many studies the full table asks it, by world."""

    ask: Callable[[Any], Iterator[Found]]
    numbers: dict[str, int]


def ask_relabelling(study: Study) -> Iterator[Found]:
    """Relabelling tests of two statistics."""
    null = relabelling_null(study.votes, n_permutations=N_RELABELLINGS, seed=study.seed)
    claim = AT_MOST if study.is_null else NO_CLAIM
    for name in ("n_pies", "taxicab"):
        yield rejected(f"{name}: p ≤ 0.05", claim, getattr(null, name).p_value)


def ask_excess(study: Study) -> Iterator[Found]:
    """Excess PIEs."""
    found = pie_excess(study.votes, seed=study.seed)
    if study.truth is None or found.estimate is None or found.interval.conf_low is None:
        return
    truth = study.truth.excess[found.set_size]
    claim = MODAL_AT_NOTHING if study.is_null else MODAL
    yield covered("interval covers", claim, found.interval.conf_low, found.interval.conf_high, truth)
    if not study.is_null:
        yield Share("estimate / truth", NO_CLAIM, found.estimate, truth)
        yield Share("interval excludes 0", NO_CLAIM, int(found.interval.conf_low > 0), 1)


def ask_pie_counts(study: Study) -> Iterator[Found]:
    """Counts of PIEs at this number of networks."""
    intervals = pie_count_intervals(study.votes, seed=study.seed)
    for name in ("n_pies", "n_pies_untied", "forgotten", "recovered"):
        one = intervals[name]
        if one.conf_low is not None and one.conf_high is not None:
            yield Expected(
                f"{name}: interval covers", MODAL, (one.conf_low + one.conf_high) / 2, one.conf_low, one.conf_high
            )


def ask_classes(study: Study) -> Iterator[Found]:
    """Tests of classes, in every form."""
    tests = class_tests(*study.recalls, *study.accuracies, paired=study.paired, n=study.class_sizes, seed=study.seed)
    by_design = default_test(paired=study.paired)
    own = tests.filter(pl.col("test") == by_design)
    level = ASYMPTOTIC if study.is_null else NO_CLAIM
    for test, p_values in tests.group_by("test", maintain_order=True).agg("p_value").iter_rows():
        yield rejected(f"{test}: p ≤ 0.05", level if test == by_design else NO_CLAIM, p_values)
    for name in ("raw_p_value", "logit_p_value"):
        yield rejected(f"{name} ≤ 0.05", level, own[name])
    if study.is_null:
        for name in ("p_holm", "p_adjusted", "logit_p_adjusted", *(["p_max_t"] if study.paired else [])):
            yield any_rejected(f"any {name} ≤ 0.05", AT_MOST, own[name])
    elif study.world == "class":
        yield rejected("damaged class: p_holm ≤ 0.05", NO_CLAIM, own["p_holm"][:1])
        yield rejected("each undamaged class: p_holm ≤ 0.05", NO_CLAIM, own["p_holm"][1:])
    change = np.diff(means_within(study.true_right, study.labels), axis=0)[0]
    shifted = change - np.diff(study.true_right.mean(axis=1))
    for prefix, truth in (("", shifted), ("raw_", change)):
        yield covered(f"{prefix}interval covers", INTERVAL, own[f"{prefix}conf_low"], own[f"{prefix}conf_high"], truth)


def ask_intensification(study: Study) -> Iterator[Found]:
    """Slope of shifted recalls."""
    found = intensification(*study.recalls, study.class_sizes, paired=study.paired, seed=study.seed)
    if found.conf_low is None:
        return
    recall = means_within(study.true_right, study.labels)
    x, y = recall - study.true_right.mean(axis=1)[:, None]
    yield covered("interval covers", INTERVAL, found.conf_low, found.conf_high, (x @ y) / (x @ x))


def ask_accuracy(study: Study) -> Iterator[Found]:
    """Change of accuracy; at the boundary the compressed accuracies are moved so that the true change is −margin."""
    true_change = float(np.diff(study.true_right.mean(axis=1))[0])
    reference, compressed = study.accuracies
    found = accuracy_change(reference, compressed, paired=study.paired, margin=MARGIN)
    boundary = accuracy_change(reference, compressed - true_change - MARGIN, paired=study.paired, margin=MARGIN)
    if study.is_null:
        yield rejected("p_value ≤ 0.05", ASYMPTOTIC, found.p_value)
    elif found.p_value is not None:
        yield rejected("p_value ≤ 0.05", NO_CLAIM, found.p_value)
        yield Share("power, less that of theory", POWER, (found.p_value <= LEVEL) - _power(study, true_change), 1)
    yield rejected("p_not_worse ≤ 0.05 at the margin", ASYMPTOTIC, boundary.p_not_worse)
    yield rejected("p_equivalent ≤ 0.05 at the margin", ASYMPTOTIC_AT_MOST, boundary.p_equivalent)
    if found.conf_low is not None:
        yield covered("interval covers", INTERVAL, found.conf_low, found.conf_high, true_change)


def _power(study: Study, true_change: float) -> float:
    """Of the t test that the design calls for, by the noncentral t distribution."""
    assert study.truth is not None
    variance, k = study.truth.covariance, len(study.reference)
    parts = np.diag(variance) / k
    squared = (variance[0, 0] + variance[1, 1] - 2 * variance[0, 1]) / k if study.paired else parts.sum()
    df = k - 1 if study.paired else parts.sum() ** 2 / (parts**2).sum() * (k - 1)
    critical, noncentrality = stats.t.isf(LEVEL / 2, df), true_change / squared**0.5
    return float(stats.nct.sf(critical, df, noncentrality) + stats.nct.cdf(-critical, df, noncentrality))


def ask_worst_class(study: Study) -> Iterator[Found]:
    """The claim that no class fell by the margin, where one fell by just that."""
    recalls = study.recalls[1].copy()
    recalls[:, 0] -= MARGIN
    found = worst_class(study.recalls[0], recalls, paired=study.paired, margin=MARGIN)
    yield rejected("p_value ≤ 0.05 at the margin", ASYMPTOTIC_AT_MOST, found.p_value)


def ask_examples(study: Study) -> Iterator[Found]:
    """Tests of single examples, where most are known not to have changed."""
    tests = example_tests(study.votes.right, seed=study.seed, n_permutations=N_RELABELLINGS)
    is_hit = study.data.is_hit[: study.data.n] if study.world == "targeted" else np.zeros(study.data.n, dtype=bool)
    yield rejected("unchanged examples: p ≤ 0.05", AT_MOST, tests["p_value"].to_numpy()[~is_hit])
    corrections = {"p_adjusted": "false discoveries", "p_by": "false discoveries", "p_westfall_young": "any unchanged"}
    for name, what in corrections.items():
        found = tests[name].to_numpy() <= LEVEL
        n_false = int((found & ~is_hit).sum())
        share = min(n_false, 1) if what == "any unchanged" else n_false / max(int(found.sum()), 1)
        yield Share(f"{name} ≤ 0.05: {what}", AT_MOST, share, 1)
        if is_hit.any():
            yield Share(
                f"{name} ≤ 0.05: changed examples found", NO_CLAIM, int((found & is_hit).sum()), int(is_hit.sum())
            )


def ask_posterior(study: Study) -> Iterator[Found]:
    """Examples flagged at a posterior probability of 0.9."""
    found = error_rate_posterior(study.votes.right).examples
    forgotten, recovered = (found[name].to_numpy() >= FLAGGED for name in ("p_forgotten", "p_recovered"))
    if study.is_null:
        yield Share("flagged examples", RARE, int(forgotten.sum() + recovered.sum()), study.data.n)
        return
    change = -np.diff(study.true_right, axis=0)[0]
    n_true = int((forgotten & (change > DELTA)).sum() + (recovered & (change < -DELTA)).sum())
    n_flagged = int(forgotten.sum() + recovered.sum())
    yield Share("flagged: share without a change > 0.1", FALSE_FLAGS, n_flagged - n_true, n_flagged)
    n_half = int((forgotten & (change > DELTA / 2)).sum() + (recovered & (change < -DELTA / 2)).sum())
    yield Share("flagged: share without a change > 0.05", NO_CLAIM, n_flagged - n_half, n_flagged)
    yield Share(
        "error rate rose by > 0.1: flagged",
        NO_CLAIM,
        int((forgotten & (change > DELTA)).sum()),
        int((change > DELTA).sum()),
    )


def ask_subgroups(study: Study) -> Iterator[Found]:
    """Tests of five groups; in the world ``targeted`` the first is hit and nothing happens to the others."""
    reference, compressed = (means_within(right, study.data.groups) for right in study.right_originals)
    tests = subgroup_tests(reference, compressed, np.bincount(study.data.groups), paired=study.paired)
    if study.is_null:
        for name in ("p_value", "shifted_p_value"):
            yield rejected(f"{name} ≤ 0.05", ASYMPTOTIC, tests[name])
        for name in ("p_adjusted", "shifted_p_adjusted"):
            yield any_rejected(f"any {name} ≤ 0.05", AT_MOST, tests[name])
    elif study.world == "targeted":
        yield any_rejected("any p_adjusted ≤ 0.05 of four unchanged groups", AT_MOST, tests["p_adjusted"][1:])
        yield rejected("changed group: p_adjusted ≤ 0.05", NO_CLAIM, tests["p_adjusted"][:1])
    change = np.diff(means_within(study.true_right, study.data.groups), axis=0)[0]
    shifted = change - np.diff(study.true_right.mean(axis=1))
    for prefix, truth in (("", change), ("shifted_", shifted)):
        low, high = tests[f"{prefix}conf_low"], tests[f"{prefix}conf_high"]
        yield covered(f"{prefix}interval covers", INTERVAL, low, high, truth)


def ask_gaps(study: Study) -> Iterator[Found]:
    """Gaps between the groups, against relabellings."""
    rates = [means_within(right, study.data.groups) for right in study.right_originals]
    gap = gap_test(*rates, paired=study.paired, n_permutations=N_RELABELLINGS, seed=study.seed)
    claim = AT_MOST if study.is_null else NO_CLAIM
    for name, found in (("gap_of_changes", gap.gap_of_changes), ("change_of_gap", gap.change_of_gap)):
        if found is not None:
            yield rejected(f"{name}: p ≤ 0.05", claim, found.p_value)


def ask_excess_error(study: Study) -> Iterator[Found]:
    """Excess error on altered copies."""
    copies = [study.data.copy(number) for number in range(N_COPIES)]
    altered = [np.array([right[:, where].mean(axis=1) for where in copies]) for right in study.right]
    tests = excess_error(*study.accuracies, *altered, paired=study.paired)
    average, single = tests[-1], tests[:-1]
    if study.is_null:
        yield rejected("average: p ≤ 0.05", ASYMPTOTIC, average["p_value"])
        yield rejected("each alteration: p ≤ 0.05", ASYMPTOTIC, single["p_value"])
        yield any_rejected("any p_adjusted ≤ 0.05", AT_MOST, single["p_adjusted"])
    assert study.truth is not None
    lost = study.true_right.mean(axis=1) - np.array([study.truth.right[:, where].mean(axis=1) for where in copies])
    excess = np.diff(lost, axis=1)[:, 0]
    yield covered("average: interval covers", INTERVAL, average["conf_low"], average["conf_high"], excess.mean())
    yield covered("each alteration: interval covers", INTERVAL, single["conf_low"], single["conf_high"], excess)


def ask_regimes(study: Study) -> Iterator[Found]:
    """Difference of two regimes that are equally accurate on average over networks and examples."""
    found = regime_difference(*study.right_originals, paired=study.paired)
    yield rejected("p_value ≤ 0.05", ASYMPTOTIC, found.p_value)


PLANTED = ("uniform", "class", "targeted", "churn")


def _numbers(nothing: int, planted: int, worlds: tuple[str, ...] = PLANTED) -> dict[str, int]:
    return {"none": nothing, **dict.fromkeys(worlds, planted)}


# The dearer a method, or the more tests it makes in each study, the fewer studies.
METHODS = {
    "accuracy_change": Method(ask_accuracy, _numbers(10_000, 500)),
    "worst_class": Method(ask_worst_class, _numbers(10_000, 0, ())),
    "excess_error": Method(ask_excess_error, _numbers(10_000, 500)),
    "gap_test": Method(ask_gaps, _numbers(10_000, 500, ("targeted",))),
    "class_tests": Method(ask_classes, _numbers(4_000, 500)),
    "subgroup_tests": Method(ask_subgroups, _numbers(4_000, 500)),
    "regime_difference": Method(ask_regimes, {"regimes": 4_000}),
    "intensification": Method(ask_intensification, _numbers(2_000, 500)),
    "example_tests": Method(ask_examples, _numbers(2_000, 500, ("targeted",))),
    "relabelling_null": Method(ask_relabelling, _numbers(1_000, 100)),
    "error_rate_posterior": Method(ask_posterior, _numbers(500, 100)),
    "pie_count_intervals": Method(ask_pie_counts, _numbers(500, 200, ("uniform", "targeted", "churn"))),
    "pie_excess": Method(ask_excess, _numbers(300, 120, ("uniform", "targeted", "churn"))),
}
