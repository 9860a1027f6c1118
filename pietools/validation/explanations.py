"""What the methods say of why examples are lost, and of whether two regimes lose the same ones, where both are known."""

from collections.abc import Iterator
from functools import cache

import numpy as np
from scipy import stats

from pietools.statistics.characterize.conditional_logistic_model import COMPRESSION, conditional_model
from pietools.statistics.characterize.cross_fitted_pie_regression import cross_fitted_pie_regression
from pietools.statistics.characterize.cross_fitting import Properties
from pietools.statistics.characterize.fitted import Fitted
from pietools.statistics.characterize.pie_outcomes import PieOutcomes, Sets
from pietools.statistics.characterize.pie_regression import pie_regression
from pietools.statistics.regimes.change_correlation import ChangeCorrelation, change_correlation
from pietools.statistics.regimes.coefficients import coefficient_differences
from pietools.statistics.regimes.overlap import pie_overlap
from pietools.statistics.regimes.residuals import Design
from pietools.statistics.regimes.theory import theory_gain
from pietools.validation.answers import Found, Share, covered, rejected
from pietools.validation.margin_worlds import EVEN, HIT, SLOPE, ExplainedStudy, Networks, draw_explained_study
from pietools.validation.methods import ASYMPTOTIC, AT_MOST, INTERVAL, N_RELABELLINGS, NO_CLAIM, Method

NAMES = ("loss", "annotation")
N_TRUE = 50_000  # examples that tell the true correlation of a world
# Worlds in which the coefficients are known, and what they are, per standard deviation: of compression, loss and annotation.
COEFFICIENTS = {
    "explain-none": (0.0, 0.0, 0.0),
    "explain-uniform": (EVEN, 0.0, 0.0),
    "explain-annotation": (EVEN, 0.0, SLOPE),
    "explain-difficulty": (EVEN, SLOPE, 0.0),
}


def losses(margins: np.ndarray) -> np.ndarray:
    """Of each network, (K, n)."""
    return np.logaddexp(0, -margins)


def measured(study: ExplainedStudy) -> dict[str, Properties]:
    """Loss and annotation: the loss of the reference networks themselves, of further ones, or of infinitely many."""
    own, annotation = losses(study.regimes[0].reference), study.examples.annotation
    per_network = np.stack([own, np.broadcast_to(annotation, own.shape)], axis=2)
    elsewhere = np.column_stack([losses(study.regimes[0].second).mean(axis=0), annotation])
    found = {
        "cross-fitted": Properties.averaged(per_network, NAMES),
        "second population": Properties.fixed(elsewhere, NAMES),
    }
    if study.world == "explain-difficulty":
        found["expected"] = Properties.fixed(np.column_stack([study.examples.expected_loss, annotation]), NAMES)
    return found


def ask_conditional(study: ExplainedStudy) -> Iterator[Found]:
    """The primary model: are properties found that have no effect, and do intervals hold the effects?"""
    right = study.regimes[0].right
    for source, properties in measured(study).items():
        model = conditional_model(right, properties, seed=study.seed)
        rows = {row["term"]: row for row in model.terms.to_dicts()}
        for name in NAMES:
            yield rejected(f"{source}: {name}: p ≤ 0.05", _level(study.world, name), rows[name]["p_value"])
        for name, truth in zip((COMPRESSION, *NAMES), COEFFICIENTS.get(study.world, ()), strict=False):
            if not truth or rows[name]["conf_low"] is None:
                continue
            low, high, estimate = (rows[name][column] for column in ("conf_low", "conf_high", "estimate"))
            yield covered(f"{source}: {name}: interval covers", INTERVAL, low, high, truth)
            yield Share(f"{source}: {name}: estimate / truth", NO_CLAIM, estimate / truth, 1)


def _level(world: str, name: str) -> str:
    """What is claimed of rejections: nothing where the property has an effect, or may stand for a loss that is badly known.

    Scattered hits give the loss one: what they take from the odds of all examples of one difficulty depends on the difficulty.
    """
    has_effect = {"explain-annotation": ("annotation",), "explain-difficulty": NAMES, "explain-scattered": ("loss",)}
    return NO_CLAIM if name in has_effect.get(world, ()) else ASYMPTOTIC


def ask_pie_regressions(study: ExplainedStudy) -> Iterator[Found]:
    """The regression of PIEs on loss as it is published, and the one that is crossed and held against dense networks."""
    networks = study.regimes[0]
    properties = Properties.averaged(losses(networks.reference)[:, :, None], ("loss",))
    plain = pie_regression(_pies(networks), properties.of(np.arange(len(networks.reference))), properties.names)
    yield rejected("loss, plain: p ≤ 0.05", NO_CLAIM, plain.filter(model="joint")["p_value"])
    crossed = cross_fitted_pie_regression(networks.labels, properties, seed=study.seed).filter(model="joint")
    is_null = study.world == "explain-none"
    for side in ("compressed", "difference"):
        claim = ASYMPTOTIC if is_null and side == "difference" else NO_CLAIM
        yield rejected(f"loss, crossed, {side}: p ≤ 0.05", claim, crossed.filter(side=side)["p_value"])


def _pies(networks: Networks) -> np.ndarray:
    """Whether modal labels differ, (n,)."""
    labels = networks.labels
    everyone = [np.arange(k) for k in labels.sizes]
    sets = Sets(everyone[0], (everyone[0], everyone[0]), (everyone[1],))
    return PieOutcomes.of(labels).between(sets)[0]


def ask_change_correlation(study: ExplainedStudy) -> Iterator[Found]:
    """Correlation of the change in error rate: as it is, and beside what difficulty and class explain."""
    right = [regime.right for regime in study.regimes]
    truths = _true_covariances(study.world, len(study.regimes[0].reference), study.paired)
    for (name, truth), (covariates, classes) in zip(
        truths.items(), ((None, None), (study.difficulty, study.examples.labels)), strict=True
    ):
        found = change_correlation(*right, paired=study.paired, covariates=covariates, classes=classes, seed=study.seed)
        is_null = study.world == "both-none" or (study.world == "both-unrelated" and covariates is not None)
        yield rejected(f"{name}: p ≤ 0.05", AT_MOST if is_null else NO_CLAIM, found.p_value)
        if study.world != "both-none":
            yield from _against_truth(name, found, truth)


@cache
def _true_covariances(world: str, n_networks: int, paired: bool) -> dict[str, np.ndarray]:
    """Covariance matrices of the expected changes, of so many examples that chance has no part in them."""
    study = draw_explained_study([0], world, n_networks, N_TRUE, paired=paired)
    designs = {
        "as it is": Design.of(N_TRUE, None, None),
        "beside difficulty": Design.of(N_TRUE, study.difficulty, study.examples.labels),
    }
    left = {name: design.residuals(study.examples.change) for name, design in designs.items()}
    return {name: left[name] @ left[name].T / designs[name].df for name in designs}


def _against_truth(name: str, found: ChangeCorrelation, true: np.ndarray) -> Iterator[Found]:
    """``true``: covariance matrix of the expected changes."""
    assert found.covariance is not None
    if found.statistic and found.df:
        std_error = found.covariance / found.statistic
        at_truth = float(2 * stats.t.sf(abs(found.covariance - true[0, 1]) / std_error, found.df))
        yield rejected(f"{name}: covariance, p of the truth ≤ 0.05", ASYMPTOTIC, at_truth)
    rho = true[0, 1] / (true[0, 0] * true[1, 1]) ** 0.5
    if found.conf_low is not None and found.estimate is not None:
        yield covered(f"{name}: interval covers", INTERVAL, found.conf_low, found.conf_high, rho)
        yield Share(f"{name}: estimate less truth", NO_CLAIM, found.estimate - rho, 1)


def ask_overlap(study: ExplainedStudy) -> Iterator[Found]:
    """PIEs that both regimes have."""
    labels = [regime.labels for regime in study.regimes]
    found = pie_overlap(*labels, paired=study.paired, n_permutations=N_RELABELLINGS, seed=study.seed)
    claim = AT_MOST if study.world == "both-none" else NO_CLAIM
    yield rejected("p_value ≤ 0.05", claim, found.p_value)
    yield rejected("p_either ≤ 0.05", claim, found.p_either)


def ask_coefficients(study: ExplainedStudy) -> Iterator[Found]:
    """Differences of the coefficients of the primary model: loss and what either regime's compression hits."""
    targets = study.examples.targets.astype(float)[: 1 if study.world == "both-same" else 2]
    names = ["loss", "target of A", "target of B"][: 1 + len(targets)]
    loss = np.mean([losses(regime.second).mean(axis=0) for regime in study.regimes], axis=0)
    columns = np.column_stack([loss, *targets])
    k = len(study.regimes[0].reference)
    a, b = (_fitted(study, Properties.fixed(columns, tuple(names)), number) for number in range(2))
    found = coefficient_differences(a, b, names, n_networks=k, paired=study.paired)
    is_equal = study.world != "both-unrelated"
    claim = ASYMPTOTIC if is_equal else NO_CLAIM
    yield rejected("loss: p ≤ 0.05", ASYMPTOTIC, found.terms["p_value"][:1])
    yield rejected("target: p ≤ 0.05", claim, found.terms["p_value"][1:])
    yield rejected("all coefficients: F, p ≤ 0.05", claim, found.p_value)
    if study.world != "both-none":
        difference = np.zeros(len(targets)) if is_equal else HIT * targets.std(axis=1) * [1, -1]
        low, high = found.terms["conf_low"][1:], found.terms["conf_high"][1:]
        yield covered("target: interval covers", INTERVAL, low, high, difference)


def _fitted(study: ExplainedStudy, properties: Properties, number: int) -> Fitted:
    """Log odds ratios (without that of compression) in one regime."""
    right = study.regimes[number].right
    seed = [*study.seed, 0 if study.paired else number]
    model = conditional_model(right, properties, seed=seed)
    assert model.log_odds is not None
    return model.log_odds.on(slice(1, None))


def ask_theory(study: ExplainedStudy) -> Iterator[Found]:
    """A theory without any content, and ones that say something, beside held-out difficulty and class."""
    examples = study.examples
    theories = {"useless": examples.noise, "annotation": examples.annotation, "target": examples.targets[0] * 1.0}
    of_world = {"explain-scattered": "target", "explain-annotation": "annotation", "explain-uniform": "annotation"}
    for name in ("useless", of_world.get(study.world)):
        if name is None:
            continue
        found = theory_gain(
            study.regimes[0].right,
            theories[name],
            seed=study.seed,
            covariates=study.difficulty,
            classes=examples.labels,
        )
        claim = AT_MOST if name == "useless" else NO_CLAIM
        yield rejected(f"{name}: p ≤ 0.05", claim, found.p_value)


def _numbers(**numbers: int) -> dict[str, int]:
    return {name.replace("_", "-"): number for name, number in numbers.items()}


EXPLANATIONS = {
    "conditional_model": Method(
        ask_conditional,
        _numbers(
            explain_none=120, explain_uniform=120, explain_scattered=120, explain_annotation=120, explain_difficulty=80
        ),
    ),
    "pie_regressions": Method(ask_pie_regressions, _numbers(explain_none=120, explain_uniform=30)),
    "theory_gain": Method(
        ask_theory,
        _numbers(explain_none=120, explain_uniform=120, explain_scattered=120, explain_annotation=120),
    ),
    "change_correlation": Method(ask_change_correlation, _numbers(both_none=120, both_unrelated=120, both_same=120)),
    "pie_overlap": Method(ask_overlap, _numbers(both_none=120, both_unrelated=100, both_same=100)),
    "coefficient_differences": Method(ask_coefficients, _numbers(both_none=120, both_unrelated=80, both_same=120)),
}
