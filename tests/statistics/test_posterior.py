"""The posterior against integrals done anew, against scipy and statsmodels, and against worlds whose truth is known."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy import integrate, optimize, stats
from scipy.special import expit, logit, softmax
from statsmodels.stats.contingency_tables import StratifiedTable

from pietools.statistics.examples.joint_prior import NODES, SIGMAS, JointPrior, fit_joint_prior, rate_kernels
from pietools.statistics.examples.posterior import (
    Posterior,
    _common_shift,
    _log_likelihood,
    _shift_std_error,
    _summaries,
    _within_pairs,
    error_rate_posterior,
)
from pietools.statistics.tools.populations import Populations

# What compression does to the logit of the error rate of each example.
WORLDS = {
    "nothing": lambda rng, u: u,
    "shift of 0.5": lambda rng, u: u + 0.5,
    "shift of 1": lambda rng, u: u + 1,
    "1 % up by 4": lambda rng, u: np.where(rng.random(len(u)) < 0.01, u + 4, u),
    "2 % to 80 %": lambda rng, u: np.where(rng.random(len(u)) < 0.02, logit(0.8), u),
    "normal, 0.3 ± 1.5": lambda rng, u: u + rng.normal(0.3, 1.5, len(u)),
    "t with 2 df, · 0.7": lambda rng, u: u + 0.7 * rng.standard_t(2, len(u)),
    "30 % up, exponential": lambda rng, u: u + rng.exponential(1, len(u)) * (rng.random(len(u)) < 0.3),
}
PAIR_CORRELATION = 0.5


def simulate(
    rng: np.random.Generator, world: str, n_networks: int, *, paired: bool, n: int, skill: float = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right predictions of both populations, and the true change of the error rate.

    Three quarters of the examples are easy. The two of a pair share a normal variable behind each prediction (correlation 0.5), no
    common odds ratio. ``skill`` is the standard deviation over networks of a logit that all examples share.
    """
    easy = rng.random(n) < 0.75
    before = np.where(easy, rng.normal(-6, 2, n), rng.normal(0, 1.5, n))
    after = WORLDS[world](rng, before)
    shared = PAIR_CORRELATION**0.5 * rng.normal(size=(n_networks, n)) if paired else 0.0
    own = (1 - PAIR_CORRELATION) ** 0.5 if paired else 1.0
    skills = [skill * rng.normal(size=(n_networks, 1)) for _ in range(2)]
    right = [
        stats.norm.cdf(shared + own * rng.normal(size=(n_networks, n))) > expit(logits + skills[0 if paired else i])
        for i, logits in enumerate((before, after))
    ]
    return right[0], right[1], expit(after) - expit(before)


def calibration(
    worlds: list[str], n_networks: list[int], *, n: int, n_studies: int, seed: int, skill: float = 0
) -> pl.DataFrame:
    """Of the examples given at least 0.9, how many truly changed by more than 0.1?

    A row per world, design and number of networks, sums over studies: ``n_forgotten`` flagged, of these the share
    ``truly_risen`` and the mean probability ``claimed``; the same for ``n_recovered`` and ``truly_fallen``; ``found``, the
    share of all examples that rose by more than 0.1 that were flagged; ``shift`` and ``point``, mean μ and weight of the point.
    """
    rows = []
    for world in worlds:
        for paired in (False, True):
            for k in n_networks:
                studies = []
                for study in range(n_studies):
                    rng = np.random.default_rng([seed, study, k, paired, list(WORLDS).index(world)])
                    *right, change = simulate(rng, world, k, paired=paired, n=n, skill=skill)
                    studies.append(tally(error_rate_posterior(Populations(*right, paired=paired)), change))
                rows.append({"world": world, "paired": paired, "n_networks": k} | summed(studies))
    return pl.DataFrame(rows, infer_schema_length=None)


def tally(posterior: Posterior, change: np.ndarray) -> dict[str, float]:
    """Counts of one study."""
    risen, fallen = (posterior.examples[name].to_numpy() for name in ("p_forgotten", "p_recovered"))
    return {
        "n_forgotten": (risen >= 0.9).sum(),
        "n_truly_risen": (change[risen >= 0.9] > 0.1).sum(),
        "claimed": risen[risen >= 0.9].sum(),
        "n_recovered": (fallen >= 0.9).sum(),
        "n_truly_fallen": (change[fallen >= 0.9] < -0.1).sum(),
        "n_risen": (change > 0.1).sum(),
        "shift": posterior.shift,
        "point": posterior.weights[0],
    }


def summed(studies: list[dict[str, float]]) -> dict[str, float | None]:
    """Shares over all studies, null where nothing was flagged."""
    total = {name: float(sum(study[name] for study in studies)) for name in studies[0]}

    def share(part: str, whole: str) -> float | None:
        return total[part] / total[whole] if total[whole] else None

    return {
        "n_forgotten": int(total["n_forgotten"]),
        "truly_risen": share("n_truly_risen", "n_forgotten"),
        "claimed": share("claimed", "n_forgotten"),
        "n_recovered": int(total["n_recovered"]),
        "truly_fallen": share("n_truly_fallen", "n_recovered"),
        "found": share("n_truly_risen", "n_risen"),
        "shift": total["shift"] / len(studies),
        "point": total["point"] / len(studies),
    }


def likelihood_of(cells: np.ndarray, n_reference: int, n_compressed: int, odds_ratio: float = 1.0) -> np.ndarray:
    """Likelihood of pairs of wrong counts, each row relative to its largest entry."""
    log_likelihood = _log_likelihood(cells, n_reference, n_compressed, odds_ratio=odds_ratio)
    return np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))


@pytest.mark.slow
def test_claims_hold_in_known_worlds() -> None:
    """Of the examples given at least 0.9, about nine tenths or more rose; a quick form of the table on the methods page."""
    worlds = ["shift of 1", "2 % to 80 %", "normal, 0.3 ± 1.5", "30 % up, exponential"]
    table = calibration(worlds, [5, 10], n=6000, n_studies=2, seed=1, skill=0.1)
    flagged = table.filter(pl.col("n_forgotten") >= 40)
    assert flagged.height >= 12
    # Three standard errors of a share of 0.9.
    assert (flagged["truly_risen"] >= 0.9 - 3 * (0.09 / flagged["n_forgotten"]) ** 0.5).all()
    assert table["n_forgotten"].sum() > 3000
    recovered = table.filter(pl.col("world") == "normal, 0.3 ± 1.5").select(pl.col("n_recovered", "truly_fallen"))
    assert (recovered["n_recovered"] * recovered["truly_fallen"]).sum() >= 0.88 * recovered["n_recovered"].sum()


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("n_networks", [5, 10, 30])
def test_silent_where_nothing_happened(n_networks: int, paired: bool) -> None:
    """Dense against dense: at most two of 20,000 examples are flagged, and nearly all weight is on the point at no shift."""
    rng = np.random.default_rng([3, n_networks, paired])
    *right, _ = simulate(rng, "nothing", n_networks, paired=paired, n=20_000, skill=0.1)
    found = error_rate_posterior(Populations(*right, paired=paired))
    assert found.n_forgotten + found.n_recovered <= 2
    assert found.weights[0] >= 0.9
    assert abs(found.shift) <= 4 * found.shift_std_error + 0.02
    assert found.flag is None


def test_a_lucky_population_is_no_shift() -> None:
    """Networks of very different skill: populations differ by chance, and no example is blamed for it."""
    for study in range(4):
        rng = np.random.default_rng([4, study])
        *right, _ = simulate(rng, "nothing", 5, paired=False, n=4000, skill=1)
        found = error_rate_posterior(Populations(*right, paired=False))
        assert found.n_forgotten + found.n_recovered <= 1


def test_the_error_of_the_shift_is_what_it_varies_by() -> None:
    """The jackknife's mean square over studies is the variance of the shift between them, within a third."""
    shifts, errors = [], []
    for study in range(60):
        rng = np.random.default_rng([5, study])
        right = [expit(rng.normal(1, 2, 800) + 0.5 * rng.normal(size=(8, 1))) > rng.random((8, 800)) for _ in range(2)]
        wrong = [(~part).sum(axis=0) for part in right]
        shifts.append(_common_shift(wrong[0], 8, wrong[1], 8))
        errors.append(_shift_std_error(*right, paired=False))
    assert np.mean(np.square(errors)) == pytest.approx(np.var(shifts), rel=1 / 3)


def test_agrees_with_integrals_over_the_prior() -> None:
    """A prior written down by hand, integrated by scipy without any grid for θ_C, gives the same posterior to 0.02."""
    difficulty = stats.norm.pdf(NODES, -1, 2) * np.gradient(NODES)
    weights = np.where(SIGMAS == 0, 0.6, np.where(SIGMAS == 1, 0.2, np.where(SIGMAS == -0.5, 0.15, 0.005)))
    prior = JointPrior(difficulty / difficulty.sum(), weights / weights.sum(), 0.3)
    cells = np.array([[0, 9], [2, 7], [5, 1], [4, 5], [0, 0]])
    found = _summaries(likelihood_of(cells, 10, 10), prior, 0.1)
    for i, cell in enumerate(cells):
        expected = integrated(prior, *cell)
        assert [found[name][i] for name in found] == pytest.approx(expected, abs=0.02)


def integrated(prior: JointPrior, wrong_reference: int, wrong_compressed: int) -> list[float]:
    """Posterior of a rise, of a fall, and mean change for ten networks each."""

    def terms(z: np.ndarray, sigma: float) -> np.ndarray:
        logits = NODES[:, None] + prior.shift + sigma * z
        change = expit(logits) - expit(NODES)[:, None]
        by_node = prior.difficulty * stats.binom.pmf(wrong_reference, 10, expit(NODES))
        density = by_node @ stats.binom.pmf(wrong_compressed, 10, expit(logits))
        parts = [by_node @ (stats.binom.pmf(wrong_compressed, 10, expit(logits)) * m) for m in measures(change)]
        return np.array([density, *parts])

    def measures(change: np.ndarray) -> list[np.ndarray]:
        return [change > 0.1, change < -0.1, change]

    z = np.linspace(0, 6, 401)
    total = np.zeros(4)
    for sigma, weight in zip(SIGMAS, prior.weights, strict=True):
        if sigma == 0:
            total += weight * terms(np.zeros(1), 0)[:, 0]
        else:
            total += weight * integrate.simpson(terms(z, sigma) * 2 * stats.norm.pdf(z), x=z)
    return list(total[1:] / total[0])


def test_another_optimiser_finds_nothing_better() -> None:
    """L-BFGS over the same weights, from a flat start, does not beat EM by more than two units of log-likelihood."""
    rng = np.random.default_rng(6)
    *right, _ = simulate(rng, "30 % up, exponential", 5, paired=False, n=3000)
    wrong = np.stack([(~part).sum(axis=0) for part in right], axis=1)
    cells, n = np.unique(wrong, axis=0, return_counts=True)
    likelihood = likelihood_of(cells, 5, 5)
    fit = fit_joint_prior(likelihood, n, 0.2)
    kernels = rate_kernels(fit.shift)

    def loss(parameters: np.ndarray) -> float:
        difficulty, weights = softmax(parameters[: len(NODES)]), softmax(parameters[len(NODES) :])
        prior = difficulty[:, None] * np.tensordot(weights, kernels, 1)
        return -float(n @ np.log(likelihood @ prior.ravel()) + 9 * np.log(weights[0]))

    best = optimize.minimize(loss, np.zeros(len(NODES) + len(SIGMAS)), options={"maxiter": 80}, method="L-BFGS-B")
    assert -best.fun <= fit.log_likelihood + 9 * np.log(fit.weights[0]) + 2


def test_pairs_wrong_together_say_nothing_beyond_the_odds_ratio() -> None:
    """With the wrong counts given, scipy's multinomial of the four outcomes is the same function of the rates for any overlap."""
    probabilities = np.exp(_log_likelihood(np.array([[1, 0], [0, 1], [0, 0]]), 1, 1, odds_ratio=4.0))
    only_reference, only_compressed, neither = probabilities
    both = 1 - probabilities.sum(axis=0)
    assert both * neither == pytest.approx(4 * only_reference * only_compressed, rel=1e-3, abs=1e-12)
    collapsed = np.exp(_log_likelihood(np.array([[3, 4]]), 6, 6, odds_ratio=4.0))[0]
    inner = slice(None, None, 7)
    for overlap in (1, 2, 3):
        counts = [overlap, 3 - overlap, 4 - overlap, overlap - 1]
        table = np.stack([both, only_reference, only_compressed, neither], axis=1)[inner]
        direct = stats.multinomial.pmf(counts, 6, table / table.sum(axis=1, keepdims=True))
        assert direct / direct.max() == pytest.approx(collapsed[inner] / collapsed[inner].max(), rel=1e-3, abs=1e-9)


def test_mantel_haenszel_agrees_with_statsmodels() -> None:
    """Both pooled odds ratios, within pairs and between populations, up to the half count that keeps them finite."""
    rng = np.random.default_rng(7)
    dense, pruned, _ = simulate(rng, "shift of 1", 6, paired=True, n=3000)
    d, c = ~dense, ~pruned
    within = np.array([[(d & c).sum(axis=0), (d & ~c).sum(axis=0)], [(~d & c).sum(axis=0), (~d & ~c).sum(axis=0)]])
    assert _within_pairs(dense, pruned) == pytest.approx(StratifiedTable(within).oddsratio_pooled, rel=2e-3)
    between = np.array([[c.sum(axis=0), (~c).sum(axis=0)], [d.sum(axis=0), (~d).sum(axis=0)]])
    expected = StratifiedTable(between).logodds_pooled
    assert _common_shift(d.sum(axis=0), 6, c.sum(axis=0), 6) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("paired", [True, False])
def test_the_order_of_examples_and_networks_is_nothing(paired: bool) -> None:
    """Pairs stay together if there are pairs; unmatched networks may come in any order."""
    rng = np.random.default_rng(8)
    dense, pruned, _ = simulate(rng, "2 % to 80 %", 6, paired=paired, n=1500)
    examples, networks = rng.permutation(1500), rng.permutation(6)
    there = error_rate_posterior(Populations(dense, pruned, paired=paired))
    other = networks if paired else np.arange(6)
    shuffled = error_rate_posterior(
        Populations(dense[networks][:, examples], pruned[other][:, examples], paired=paired)
    )
    assert_frame_equal(there.examples[examples], shuffled.examples, abs_tol=1e-9)


def test_a_larger_delta_is_harder_to_exceed() -> None:
    """Probabilities stay in [0, 1], exclude each other, and fall with δ; nobody recovers more often than the mean allows."""
    dense, pruned, _ = simulate(np.random.default_rng(9), "normal, 0.3 ± 1.5", 8, paired=False, n=2000)
    small, large = (
        error_rate_posterior(Populations(dense, pruned, paired=False), delta=delta) for delta in (0.05, 0.3)
    )
    for name in ("p_forgotten", "p_recovered"):
        assert small.examples[name].is_between(0, 1).all()
        assert (small.examples[name] >= large.examples[name] - 1e-12).all()
    assert (small.examples["p_forgotten"] + small.examples["p_recovered"] <= 1 + 1e-12).all()
    flagged = small.examples.filter(pl.col("p_forgotten") >= 0.9)
    assert small.n_forgotten == flagged.height
    assert (flagged["posterior_change"] > 0.05).all()


def test_many_networks_and_unequal_populations() -> None:
    """200 networks against 40: what was planted is found, next to nothing else."""
    rng = np.random.default_rng(10)
    rate = np.where(rng.random(1000) < 0.8, 0.01, rng.random(1000))
    rate[:20] = 0.05
    harmed = np.concatenate([np.full(20, 0.5), rate[20:]])
    found = error_rate_posterior(
        Populations(rng.random((200, 1000)) > rate, rng.random((40, 1000)) > harmed, paired=False)
    )
    p_forgotten = found.examples["p_forgotten"].to_numpy()
    assert (p_forgotten[:20] >= 0.9).sum() >= 18
    assert (p_forgotten[20:] >= 0.9).sum() <= 1


@pytest.mark.parametrize("paired", [True, False])
def test_too_little_to_fit_is_flagged(paired: bool) -> None:
    """One network, networks that are never wrong or never right: a flag, nulls, no numbers."""
    some = np.random.default_rng(0).random((1, 50)) < 0.5
    right = np.ones((4, 50), dtype=bool)
    for dense, pruned, flag in (
        (some, some, "one-network"),
        (right, right, "no-variance"),
        (~right, ~right, "no-variance"),
    ):
        found = error_rate_posterior(Populations(dense, pruned, paired=paired))
        assert found.flag == flag
        assert found.examples.height == 50
        assert found.examples.null_count().sum_horizontal().item() == 150
        assert (found.shift, found.n_forgotten, found.expected_false) == (None, 0, None)


@pytest.mark.parametrize("paired", [True, False])
def test_identical_populations_are_silent(paired: bool) -> None:
    """No shift, nothing flagged, and few networks say that they are few."""
    dense, _, _ = simulate(np.random.default_rng(1), "nothing", 3, paired=False, n=500)
    found = error_rate_posterior(Populations(dense, dense, paired=paired))
    assert found.shift == pytest.approx(0, abs=0.02)
    assert (found.n_forgotten, found.n_recovered, found.flag) == (0, 0, "few-networks")


def test_extremes_stay_finite() -> None:
    """Always right against always wrong, in all examples or in one of them."""
    right, wrong = np.ones((5, 40), dtype=bool), np.zeros((5, 40), dtype=bool)
    for paired in (True, False):
        found = error_rate_posterior(Populations(right, wrong, paired=paired))
        assert found.n_forgotten == 40
        one = error_rate_posterior(
            Populations(right, np.concatenate([wrong[:, :1], right[:, 1:]], axis=1), paired=paired)
        )
        assert one.examples["p_forgotten"].is_finite().all()
        assert (one.examples["p_forgotten"][1:] < 0.5).all()


def test_unequal_pairs_are_refused() -> None:
    """Matched populations have equally many networks."""
    with pytest.raises(ValueError, match="not 3 and 2"):
        error_rate_posterior(Populations(np.ones((3, 1), bool), np.ones((2, 1), bool), paired=True))
