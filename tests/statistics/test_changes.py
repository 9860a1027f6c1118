"""Why examples changed, excess churn, answers that turn, overlaps, Holm: against R, by symmetries, in planted worlds, flags."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pietools.flags import Flag
from pietools.statistics.characterize.change_regression import N_FOLDS, Measured, Part, Term, explain_changes
from pietools.statistics.log_odds.sign_rates import Posterior
from pietools.statistics.log_odds.turned import TurnedAnswers, turned_answers
from pietools.statistics.pies.churn import ExcessChurn, excess_churn
from pietools.statistics.regimes import log_odds_correlation as log_odds_correlations
from pietools.statistics.regimes.change_correlation import ChangeCorrelation
from pietools.statistics.regimes.hit_sets import hit_groups, hit_overlap, strata_of
from pietools.statistics.regimes.log_odds_correlation import log_odds_correlation
from pietools.statistics.tools.populations import Populations
from pietools.topics.multiplicity import with_holm

REFERENCE = Path(__file__).parents[1] / "reference"
SAME = {"rel": 1e-9}
"""Of least squares in another basis; 7e-11 was seen, of the smallest shares of the variance, 3e-12 of all else."""
NODES = {"single": 2e-3, "sum": 2e-3}
"""Of probabilities that answers turn, by 15 nodes per component, absolute, and of their sum, relative; 2e-4 and 4e-4 were seen."""
TABLE = {"single": 0.02, "sum": 5e-3}
"""Likewise of error rates that rise by more than delta, with widths from a table; 0.014 and 0.003 were seen."""


def table(name: str) -> pl.DataFrame:
    """What changes.R wrote."""
    return pl.read_csv(REFERENCE / f"{name}.csv", infer_schema_length=None, null_values="NA")


def r_values(case: str) -> dict[str, float]:
    """Single values of the case, by name."""
    return dict(table("changes_values").filter(case=case).select("name", "value").rows())


def side(rows: pl.DataFrame, name: str) -> np.ndarray:
    """Values of the networks of a population, (K, n)."""
    return rows.select(f"^{name}[0-9]+$").to_numpy().T


# Why examples changed

NAMES = ("tag", "square", "known")
CASES = ["matched", "unmatched", "halves matched", "halves unmatched", "exact matched", "exact unmatched"]


def r_measured(name: str, networks: np.ndarray, *, is_exact: bool = False) -> Measured:
    """Difficulty and properties of changes.R by networks of a population: a mean, its square, and one without an error."""
    rows = table("changes_input")
    hard, tags, known = side(rows, name), side(rows, f"tag_{name}"), rows["known"].to_numpy()

    def of(some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        tag = tags[some].mean(axis=0)
        return hard[some].mean(axis=0), np.column_stack([tag, tag**2, known])

    return Measured(NAMES, *of(networks)) if is_exact else Measured.by_networks(NAMES, of, networks)


def in_folds(n: int) -> np.ndarray:
    """An order of examples in which folds are those of R, where they go round."""
    order = np.empty(n, dtype=int)
    folds = np.random.default_rng(0).permutation(n) % N_FOLDS
    order[np.argsort(folds, kind="stable")] = np.argsort(np.arange(n) % N_FOLDS, kind="stable")
    return order


def in_order(measured: Measured, order: np.ndarray) -> Measured:
    """The same of examples in an order."""
    left_out = tuple((difficulty[order], values[order]) for difficulty, values in measured.left_out)
    return Measured(measured.names, measured.difficulty[order], measured.values[order], left_out)


@pytest.mark.parametrize("case", CASES)
def test_the_regression_agrees_with_r(case: str) -> None:
    """Estimates, errors, tests, reliabilities, inflation and gains, on splines::ns; lm's where properties are exact."""
    rows, everyone, paired = table("changes_input"), np.arange(6), "unmatched" not in case
    reference, compressed = side(rows, "dense"), side(rows, "pruned")[: 6 if paired else 5]
    if case.startswith("halves"):
        halves = everyone[::2], everyone[1::2]
        parts = [
            Part(r_measured("dense", from_), changed, changed if paired else np.arange(5))
            for from_, changed in (halves, halves[::-1])
        ]
    else:
        measured = r_measured("further", everyone, is_exact=case.startswith("exact"))
        parts = [Part(measured, everyone, np.arange(len(compressed)))]
    order = in_folds(200)
    parts = [Part(in_order(part.measured, order), part.reference, part.compressed) for part in parts]
    terms = explain_changes(reference[:, order], compressed[:, order], parts, paired=paired)
    assert isinstance(terms, list)
    expected = table("changes").filter(case=case)
    assert [term.name for term in terms] == expected["term"].to_list()
    assert [term.flag for term in terms] == [Flag.FEW_NETWORKS if case.startswith("halves") else None] * 4
    for name in expected.columns[2:]:
        assert [getattr(term, name) for term in terms] == pytest.approx(expected[name].to_list(), **SAME), name


class Tagged:
    """Log odds of examples that lose half a nat per standard deviation of a tag, which networks measure, and which easy ones lack.

    ``tags`` are those of the further networks, by which ``further`` measures difficulty; ``n_networks`` of each.
    """

    def __init__(
        self, seed: int, *, n: int = 400, n_networks: int = 6, noise: float = 1.6, paired: bool = True
    ) -> None:
        self.rng, self.paired, self.n = np.random.default_rng(seed), paired, n
        k = n_networks
        easy = self.rng.normal(2, 2, n)
        self.tag = -0.3 * easy + self.rng.normal(0, 0.8, n)
        self.tag = (self.tag - self.tag.mean()) / self.tag.std()
        of_pair = self.rng.normal(size=(k, n))

        def draw(truth: np.ndarray, share: float) -> np.ndarray:
            own = share**0.5 * of_pair + (1 - share) ** 0.5 * self.rng.normal(size=(k, n))
            return self.rng.normal(0, 0.3, (k, 1)) + truth + 0.5 * own

        share = 0.5 if paired else 0
        self.reference = draw(easy, share)
        self.compressed = draw(easy - 0.3 - 0.5 * self.tag + self.rng.normal(0, 0.3, n), share)
        self.further = draw(easy, 0)
        self.tags = self.tag + noise * self.rng.normal(size=(k, n))

    def terms(
        self,
        properties: dict[str, np.ndarray] | None = None,
        *,
        is_exact: bool = False,
        order: np.ndarray | None = None,
    ) -> dict[str, Term]:
        """By name; ``properties`` (K, n) as the further networks measure them, or (n,); ``order`` of the examples."""
        found = self.found(properties, is_exact=is_exact, order=order)
        assert isinstance(found, list)
        return {term.name: term for term in found}

    def found(
        self,
        properties: dict[str, np.ndarray] | None = None,
        *,
        is_exact: bool = False,
        order: np.ndarray | None = None,
        networks: np.ndarray | None = None,
    ) -> list[Term] | Flag:
        """The regression on the examples of this order, by these of the networks in it."""
        properties = {"tag": self.tags} if properties is None else properties
        examples = np.arange(self.n) if order is None else order
        networks = np.arange(len(self.reference)) if networks is None else networks

        def of(some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            columns = [one if one.ndim == 1 else one[some].mean(axis=0) for one in properties.values()]
            return self.further[some].mean(axis=0)[examples], np.column_stack(columns)[examples]

        names = tuple(properties)
        measured = Measured(names, *of(networks)) if is_exact else Measured.by_networks(names, of, networks)
        sides = self.reference[networks][:, examples], self.compressed[networks][:, examples]
        everyone = np.arange(len(networks))
        return explain_changes(*sides, [Part(measured, everyone, everyone)], paired=self.paired)


def same_terms(found: dict[str, Term], expected: dict[str, Term], *, but: tuple[str, ...] = ()) -> None:
    """Every number is, to rounding."""
    for name, term in expected.items():
        for field, value in vars(term).items():
            if field not in but:
                assert getattr(found[name], field) == (
                    value if value is None or isinstance(value, str) else pytest.approx(value, rel=1e-7, abs=1e-10)
                ), (name, field)


@pytest.mark.parametrize("paired", [True, False])
def test_a_noisy_property_has_the_effect_that_it_has_without_noise(paired: bool) -> None:
    """−0.5 within 4 standard errors, which plain least squares misses by more than 4 and gives in part to difficulty."""
    world = Tagged(0, n=1500, paired=paired)
    found, plain = world.terms(), world.terms(is_exact=True)
    assert found["tag"].reliability == pytest.approx(1 / (1 + 1.6**2 / 6), abs=0.05)
    tag, without = (of["tag"] for of in (found, plain))
    assert tag.estimate == pytest.approx(-0.5, abs=4 * tag.std_error)
    assert tag.std_error < 0.05
    assert abs(without.estimate + 0.5) > 4 * without.std_error
    assert abs(found["difficulty"].statistic) < 4 < abs(plain["difficulty"].statistic)


def test_intervals_hold_the_effect() -> None:
    """Of 60 studies 95 % should, and two standard errors are those of the estimates."""
    terms = [Tagged(seed, n=200, paired=seed % 2 == 0).terms()["tag"] for seed in range(60)]
    assert np.mean([term.conf_low <= -0.5 <= term.conf_high for term in terms]) > 0.88
    spread = np.std([term.estimate for term in terms])
    assert 0.85 < np.mean([term.std_error for term in terms]) / spread < 1.45


def test_the_unit_of_a_property_does_not_matter() -> None:
    """Nor where it is 0; with its sign the effect's changes."""
    world = Tagged(1)
    before = world.terms()
    same_terms(world.terms({"tag": 1e4 * world.tags - 3e3}), before)
    mirrored = world.terms({"tag": -world.tags})
    assert mirrored["tag"].estimate == pytest.approx(-before["tag"].estimate)
    assert mirrored["difficulty"].estimate == pytest.approx(before["difficulty"].estimate)


@pytest.mark.parametrize("paired", [True, False])
def test_the_order_of_examples_networks_and_properties_does_not_matter(paired: bool) -> None:
    """But for the gains of examples in another order, as folds are by position."""
    world = Tagged(2, paired=paired)
    known = world.rng.normal(size=world.n)
    properties = {"tag": world.tags, "known": known}
    before = world.terms(properties)
    order = world.rng.permutation(world.n)
    same_terms(world.terms(properties, order=order), before, but=("r2_gain",))
    shuffled = world.found(properties, networks=world.rng.permutation(6))
    assert isinstance(shuffled, list)
    same_terms({term.name: term for term in shuffled}, before)
    same_terms(world.terms({"known": known, "tag": world.tags}), before)
    assert before["tag"].r2_gain > 0.1 > abs(before["known"].r2_gain)


@pytest.mark.parametrize("population", ["compressed", "further"])
def test_a_shift_of_networks_does_not_matter(population: str) -> None:
    """What all of a network's log odds have in common is in the intercept, and no error of difficulty."""
    world = Tagged(3)
    before = world.terms()
    setattr(world, population, getattr(world, population) + np.array([-1, 0, 2, 1, -2, 0])[:, None])
    same_terms(world.terms(), before)


def test_properties_that_cannot_be_fitted_are_left_out() -> None:
    """Constant, determined by those before it, nothing but noise: each has its flag, the others are as without them."""
    world = Tagged(4, n=1000)
    known = world.rng.normal(size=world.n)
    without = world.terms({"tag": world.tags, "known": known})
    odd = {"constant": np.full(world.n, 0.1), "twice": 3 - 2 * world.tags, "noise": world.rng.normal(size=(6, world.n))}
    found = world.terms({"tag": world.tags, **odd, "known": known})
    assert {name: found[name].flag for name in found} == {
        "difficulty": None,
        "tag": None,
        "constant": Flag.CONSTANT,
        "twice": Flag.COLLINEAR,
        "noise": Flag.NOISY,
        "known": None,
    }
    assert [found[name].estimate for name in odd] == [None] * 3
    assert [found[name].vif for name in odd] == [None] * 3
    assert found["noise"].reliability < 0.1
    same_terms(found, without)


def test_too_few_of_anything_is_flagged() -> None:
    """One network, one in a part, 59 examples for six columns."""
    world = Tagged(5)
    assert world.found(networks=np.array([0])) == Flag.FEW_NETWORKS
    part = Part(Measured(("tag",), world.further[0], world.tag[:, None]), np.array([0]), np.array([0]))
    assert explain_changes(world.reference, world.compressed, [part], paired=True) == Flag.FEW_NETWORKS
    assert world.found(order=np.arange(59)) == Flag.FEW_EXAMPLES
    assert isinstance(world.found(order=np.arange(60)), list)


@pytest.mark.parametrize("n_networks", [2, 3, 4, 8])
def test_what_measuring_networks_have_in_common_is_known_from_them_alone(n_networks: int) -> None:
    """Where each errs alike over examples intervals hold the truth; two or three are too few for that, and flagged."""
    covered = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        easy, tag, other = rng.normal(size=(3, 400))
        dense, pruned, further = (2 + easy + 0.5 * rng.normal(size=(10, 400)) for _ in range(3))
        tags = tag + 0.3 * rng.normal(size=(10, 1)) * other + 0.3 * rng.normal(size=(10, 400))

        def of(some: np.ndarray, hard: np.ndarray = further, tags: np.ndarray = tags) -> tuple[np.ndarray, np.ndarray]:
            return hard[some].mean(axis=0), tags[some].mean(axis=0)[:, None]

        part = Part(Measured.by_networks(("tag",), of, np.arange(n_networks)), np.arange(10), np.arange(10))
        terms = explain_changes(dense, pruned - 0.5 * other, [part], paired=False)
        assert isinstance(terms, list)
        assert terms[1].flag == (Flag.FEW_NETWORKS if n_networks < 4 else None)
        covered.append(terms[1].conf_low <= 0 <= terms[1].conf_high)
    assert np.mean(covered) > (0.8 if n_networks < 4 else 0.89)


def test_difficulty_that_is_measured_badly_becomes_a_line() -> None:
    """The bends of a spline would be noise, of which none is left when it is taken off; nothing but noise is no difficulty."""
    rng = np.random.default_rng(0)
    easy = rng.normal(2, 1, 300)
    dense, pruned = (easy + 0.5 * rng.normal(size=(8, 300)) for _ in range(2))
    for noise, limit in ((3.0, 0.3), (60.0, None)):
        further = easy + noise * rng.normal(size=(4, 300))
        tags = rng.normal(size=300)
        measured = Measured.by_networks(
            ("tag",), lambda some, hard=further, tag=tags: (hard[some].mean(axis=0), tag[:, None]), np.arange(4)
        )
        found = explain_changes(dense, pruned, [Part(measured, np.arange(8), np.arange(8))], paired=False)
        if limit is None:
            assert found == Flag.NOISY
        else:
            assert isinstance(found, list)
            assert all(abs(term.estimate) < limit and term.std_error < limit for term in found)


def test_networks_that_did_not_change_have_no_variance() -> None:
    """Compressed ones that are the dense ones."""
    world = Tagged(6)
    world.compressed = world.reference
    assert {term.flag for term in world.terms().values()} == {Flag.NO_VARIANCE}


# Excess churn


@pytest.mark.parametrize("case", ["matched", "unmatched", "unequal"])
def test_excess_churn_agrees_with_r(case: str) -> None:
    """Loops over pairs; errors by lm on the table of pairs."""
    rows, expected = table("changes_churn_input"), r_values(f"churn {case}")
    compressed = side(rows, "pruned")[: 4 if case == "unequal" else 6]
    found = excess_churn(Populations(side(rows, "dense"), compressed, paired=case == "matched"))
    assert 0.5 < expected.pop("linear_share") < 1  # neither kind of variance is left out
    assert {name: getattr(found, name) for name in expected} == pytest.approx(expected, rel=1e-11)


class Voters:
    """Networks that answer with given probabilities (n, 4), some more surely than others; matched ones agree more.

    ``excess``, ``more``: what is true of unlimited networks.
    """

    def __init__(self, change: float, spread: float, n: int = 100) -> None:
        rng = np.random.default_rng(0)
        self.spread = spread
        p = rng.exponential(size=(n, 4)) ** 3
        self.p = p, p + change * p.sum(axis=1, keepdims=True) * rng.exponential(size=(n, 4))
        sure = np.exp(spread * (np.arange(-2.5, 2.6, 0.05)))
        density = np.exp(-(np.arange(-2.5, 2.6, 0.05) ** 2) / 2)
        p, q = (np.average([self._powered(one, power) for power in sure], axis=0, weights=density) for one in self.p)
        self.excess = float(((p - q) ** 2).sum(axis=1).mean() / 2)
        self.more = self.excess + float((p**2 - q**2).sum(axis=1).mean() / 2)

    @staticmethod
    def _powered(p: np.ndarray, power: float) -> np.ndarray:
        return p**power / (p**power).sum(axis=1, keepdims=True)

    def draw(self, rng: np.random.Generator, k: int, *, paired: bool) -> Populations:
        """Answers of k and k networks."""
        chance = rng.random((2, k, len(self.p[0])))
        if paired:
            chance[1] = np.where(rng.random(chance[0].shape) < 0.5, *chance)
        sides = [
            np.stack(
                [
                    (u[:, None] > self._powered(p, power).cumsum(axis=1)).sum(axis=1)
                    for u, power in zip(us, sure, strict=True)
                ]
            )
            for us, p, sure in zip(chance, self.p, np.exp(self.spread * rng.normal(size=(2, k))), strict=True)
        ]
        return Populations(*(np.minimum(answers, 3) for answers in sides), paired)


@pytest.mark.parametrize("paired", [True, False])
def test_intervals_hold_the_excess_churn(paired: bool) -> None:
    """Of unlimited networks, in 100 of 110 studies; the mean of the estimates is within 4 of its standard errors."""
    for change, spread in ((0.3, 0.0), (0.3, 0.4), (0.0, 0.4)):
        voters, rng = Voters(change, spread), np.random.default_rng(1)
        found = [excess_churn(voters.draw(rng, 6, paired=paired)) for _ in range(110)]
        estimates = np.array([one.estimate for one in found])
        assert abs(estimates.mean() - voters.excess) < 4 * estimates.std() / 110**0.5
        assert sum(one.conf_low <= voters.excess <= one.conf_high for one in found) >= 100
        assert sum(one.more_conf_low <= voters.more <= one.more_conf_high for one in found) >= 98
        assert 0.8 < np.mean([one.std_error for one in found]) / estimates.std() < 1.6


@pytest.mark.parametrize("paired", [True, False])
def test_symmetries_of_churn(paired: bool) -> None:
    """Populations in the other order, other names of the classes, other orders of networks and examples; the parts add up."""
    rng = np.random.default_rng(2)
    votes = Voters(0.3, 0.4).draw(rng, 6, paired=paired)
    found = excess_churn(votes)
    assert found.replaced - found.again == pytest.approx(found.estimate + found.less_agreement, rel=1e-12)
    assert found.more == pytest.approx(found.replaced - found.again, rel=1e-12)
    swapped = excess_churn(Populations(votes.compressed, votes.reference, paired))
    assert (swapped.estimate, swapped.std_error) == pytest.approx((found.estimate, found.std_error))
    assert (swapped.again, swapped.compressed) == pytest.approx((found.compressed, found.again))
    names, columns, rows = np.stack([rng.permutation(4) for _ in range(100)]), rng.permutation(100), rng.permutation(6)
    sides = [names[np.arange(100), one][rows][:, columns] for one in (votes.reference, votes.compressed)]
    assert vars(excess_churn(Populations(*sides, paired))) == pytest.approx(vars(found))


def test_identical_populations_have_no_excess() -> None:
    """Exactly 0, and no error to be had."""
    votes = Voters(0.3, 0.4).draw(np.random.default_rng(3), 6, paired=True)
    found = excess_churn(Populations(votes.reference, votes.reference, paired=True))
    assert found.estimate == pytest.approx(0, abs=1e-15)
    assert found.more == pytest.approx(0, abs=1e-15)
    assert (found.std_error, found.flag) == (None, Flag.NO_VARIANCE)
    assert found.again == found.compressed > 0.1


def test_few_networks_have_churn_but_no_error() -> None:
    """Two and three have an estimate, one has none."""
    votes = Voters(0.3, 0.4).draw(np.random.default_rng(4), 3, paired=True)
    for k in (2, 3):
        found = excess_churn(Populations(votes.reference[:k], votes.compressed[:k], paired=True))
        assert found.flag == Flag.FEW_NETWORKS
        assert found.std_error is None
        assert found.replaced - found.again == pytest.approx(found.estimate + found.less_agreement)
    one = Populations(votes.reference[:1], votes.compressed, paired=False)
    assert excess_churn(one) == ExcessChurn(flag=Flag.ONE_NETWORK)


# Answers that turn


def r_turned() -> TurnedAnswers:
    """The posteriors that changes.R drew."""
    components, rows = table("changes_posterior_input"), table("changes_turned_input")
    parts = [components[name].to_numpy().reshape(60, 11).T for name in ("weight", "mean", "sd")]
    level, level_error, trend, sd = rows.select("level", "level_error", "trend", "sd").to_numpy().T
    return TurnedAnswers(level, level_error, Posterior(*parts), trend, sd)


def test_answers_that_turn_agree_with_r() -> None:
    """By integrate(): error rates to rounding, probabilities as far as nodes and table go."""
    answers, expected = r_turned(), table("changes_turned")
    for found, name in zip(answers.error_rates(), ("before", "after"), strict=True):
        np.testing.assert_allclose(found, expected[name], rtol=1e-9, atol=1e-12)
    rises, falls = answers.p_rises(0.1)
    for found, name, limits in (
        (answers.p_lost, "p_lost", NODES),
        (answers.p_gained, "p_gained", NODES),
        (rises, "rises", TABLE),
        (falls, "falls", TABLE),
    ):
        np.testing.assert_allclose(found, expected[name], rtol=0, atol=limits["single"])
        assert found.sum() == pytest.approx(expected[name].sum(), rel=limits["sum"])


def certain(level: float, change: float, sd: float = 1.0, level_error: float = 0.1) -> TurnedAnswers:
    """One example whose change is known."""
    one = np.ones(1)
    return TurnedAnswers(
        level * one,
        level_error * one,
        Posterior(np.ones((1, 1)), change * np.ones((1, 1)), np.zeros((1, 1))),
        0 * one,
        sd * one,
    )


def test_turned_by_hand() -> None:
    """From 1.5 to −1.5 sds: lost, error rates Φ(−1.5) and Φ(1.5); about 4 sds no answer turns, and no rate by more than 0.1."""
    lost = certain(0, -3, level_error=1e-6)
    assert lost.p_lost[0] == pytest.approx(1)
    assert np.ravel(lost.error_rates()) == pytest.approx([0.0668072, 0.9331928], abs=1e-6)
    assert np.ravel(lost.p_rises(0.86)) == pytest.approx([1, 0])
    assert np.ravel(lost.p_rises(0.87)) == pytest.approx([0, 0])
    gained = certain(0, 3)
    assert (gained.p_lost[0], gained.p_gained[0]) == pytest.approx((0, 1))
    for nothing in (certain(4, -3), certain(-4, -3)):
        assert (nothing.p_lost[0], nothing.p_gained[0], *np.ravel(nothing.p_rises(0.1))) == pytest.approx((0, 0, 0, 0))


def test_an_answer_that_falls_far_is_lost() -> None:
    """From 28 standard deviations above 0 to 2 below it."""
    assert certain(13, -30).p_rises(0.1)[0][0] > 0.99


def test_half_widths_are_exact_where_they_begin() -> None:
    """A known fall of 0.2535 standard deviations raises a rate by more than 0.1 where the level is within 0.13135 of 0."""
    assert certain(0, -0.2535, level_error=0.16).p_rises(0.1)[0][0] == pytest.approx(0.58832, abs=5e-3)


def margins(seed: int, *, n: int = 400, k: int = 6, paired: bool = True, fall: float = 0.0) -> tuple[np.ndarray, ...]:
    """Logit margins of k and k networks; the first ten examples are at half of ``fall`` and lose it."""
    rng = np.random.default_rng(seed)
    level = rng.normal(2, 2, n)
    level[:10] = np.where(fall, fall / 2, level[:10])
    sd, of_pair = 0.6 * np.exp(rng.normal(0, 0.3, n)), rng.normal(size=(k, n)) * paired
    share = 0.5 * paired
    return tuple(
        truth + sd * (share**0.5 * of_pair + (1 - share) ** 0.5 * rng.normal(size=(k, n)))
        for truth in (level, level - fall * (np.arange(n) < 10))
    )


def turned(reference: np.ndarray, compressed: np.ndarray, *, paired: bool = True) -> TurnedAnswers:
    """No flag."""
    found = turned_answers(reference, compressed, paired=paired)
    assert isinstance(found, TurnedAnswers)
    return found


@pytest.mark.parametrize("paired", [True, False])
def test_next_to_nothing_turns_where_nothing_changed(paired: bool) -> None:
    """Of six studies in the mean less than 1 % of the answers, a third of those by votes; no error rate is likely to have risen."""
    expected, voted = [], []
    for seed in range(6):
        sides = margins(seed, k=5, paired=paired)
        found = turned(*sides, paired=paired)
        expected.append(found.p_lost.sum() + found.p_gained.sum())
        majorities = [(side > 0).mean(axis=0) > 0.5 for side in sides]
        voted.append((majorities[0] != majorities[1]).sum())
        assert max(p.max() for p in found.p_rises(0.1)) < 0.5
    assert np.mean(expected) < min(4, np.mean(voted) / 3)


@pytest.mark.parametrize("paired", [True, False])
def test_a_fall_through_zero_is_found(paired: bool) -> None:
    """Ten examples fall from 1.5 to −1.5 nats: lost, and hardly any other; in the other direction gained."""
    reference, compressed = margins(0, fall=3.0, paired=paired)
    found, back = turned(reference, compressed, paired=paired), turned(compressed, reference, paired=paired)
    assert found.p_lost[:10].min() > 0.95
    assert found.p_rises(0.1)[0][:10].min() > 0.95
    assert found.p_lost.sum() == pytest.approx(10, abs=3)
    before, after = found.error_rates()
    assert before[:10].max() < 0.2
    assert after[:10].min() > 0.8
    for there, again in (
        (found.p_lost, back.p_gained),
        (found.p_gained, back.p_lost),
        (found.p_rises(0.1)[0], back.p_rises(0.1)[1]),
        (before, back.error_rates()[1]),
    ):
        np.testing.assert_allclose(again, there, atol=1e-6)


@pytest.mark.parametrize("paired", [True, False])
def test_probabilities_are_probabilities(paired: bool) -> None:
    """Within [0, 1], lost and gained, risen and fallen together too; a larger rise is less likely."""
    found = turned(*margins(1, fall=3.0, paired=paired), paired=paired)
    before = None
    for delta in (0.0, 0.05, 0.1, 0.3, 0.9):
        pair = found.p_rises(delta)
        for p in (*pair, sum(pair)):
            assert p.min() >= 0
            assert p.max() <= 1 + 1e-9
        if before is not None:
            assert all((now <= then + 1e-9).all() for now, then in zip(pair, before, strict=True))
        before = pair
    assert min(found.p_lost.min(), found.p_gained.min()) >= 0
    assert (found.p_lost + found.p_gained).max() <= 1 + 1e-9
    rates = np.stack(found.error_rates())
    assert rates.min() >= 0
    assert rates.max() <= 1


def test_turned_order_unit_and_flags() -> None:
    """Examples and networks in another order, another unit; 29 examples, and one matched pair or two, are too few."""
    reference, compressed = margins(2, fall=3.0)
    found, order = turned(reference, compressed), np.random.default_rng(0).permutation(400)
    other = turned(2.5 * reference[::-1, order], 2.5 * compressed[::-1, order])
    np.testing.assert_allclose(other.p_lost, found.p_lost[order], atol=1e-5)
    np.testing.assert_allclose(other.error_rates(), np.stack(found.error_rates())[:, order], atol=1e-5)
    assert turned_answers(reference[:, :29], compressed[:, :29], paired=True) == Flag.FEW_EXAMPLES
    assert turned_answers(reference, 0 * compressed, paired=True) == Flag.NO_ORDER
    assert turned_answers(reference[:2], compressed[:2], paired=True) == Flag.FEW_NETWORKS
    turned(reference[:2], compressed[:2], paired=False)


@pytest.mark.parametrize("k", [1, 5])
def test_one_network_does_not_tell_which_answers_turn(k: int) -> None:
    """Against one other, and against five."""
    reference, compressed = margins(2)
    assert turned_answers(reference[:1], compressed[:k], paired=False) == Flag.FEW_NETWORKS


# Overlaps of what was hit


@pytest.mark.parametrize("name", ["b", "c", "few"])
def test_overlaps_agree_with_r(name: str) -> None:
    """Moments of dhyper, the exact p by convolution, and mantelhaen.test's normal one near it where sets are not small."""
    rows, expected = table("changes_hits_input"), r_values(f"overlap {name}")
    a, b = (rows[column].to_numpy() == 1 for column in ("a", name))
    found = hit_overlap(a, b, rows["difficulty"].to_numpy())
    assert (found.n_a, found.n_b, found.n_both) == (a.sum(), b.sum(), expected["n_both"])
    assert found.expected == pytest.approx(expected["expected"], rel=1e-12)
    assert found.p_value == pytest.approx(expected["p_exact"], rel=1e-8)
    assert found.p_value == pytest.approx(expected["p_value"], abs=0.02)
    assert found.null_conf_high - found.expected == pytest.approx(1.96 * expected["variance"] ** 0.5, abs=1.5)


def test_one_example_in_both_of_two_small_sets_is_no_wonder() -> None:
    """Of 10,000, ten and eleven: chance gives one or more in a hundredth of all cases."""
    difficulty = np.arange(10_000.0)
    a, b = np.zeros((2, 10_000), dtype=bool)
    a[::1000] = b[500::1000] = True
    a[0], b[0] = True, True
    assert hit_overlap(a, b, difficulty).p_value > 0.005


def test_groups_agree_with_r() -> None:
    """Products over regimes in loops over examples; the numbers add up to all examples, and for a regime to its own."""
    rows = table("changes_hits_input")
    p_hit = rows.select("p1", "p2", "p3").to_numpy().T
    groups = hit_groups(p_hit, rows["difficulty"].to_numpy())
    assert len({group.regimes for group in groups}) == 8
    for group in groups:
        expected = r_values(f"group {''.join(map(str, group.regimes))}")
        assert (group.n, group.expected) == pytest.approx((expected["n"], expected["expected"]), rel=1e-12)
    for of in ("n", "expected"):
        assert sum(getattr(group, of) for group in groups) == pytest.approx(400)
        for r in range(3):
            assert sum(getattr(group, of) for group in groups if r in group.regimes) == pytest.approx(p_hit[r].sum())


def test_tenths_are_tenths() -> None:
    """By rank, ties in the order of the examples; 25 examples are two or three to a stratum."""
    strata = strata_of(np.repeat([3.0, 1.0], [13, 12]))
    assert sorted(np.bincount(strata, minlength=10).tolist()) == [2] * 5 + [3] * 5
    assert np.argsort(strata, kind="stable").tolist() == [*range(13, 25), *range(13)]
    assert strata_of(np.arange(4)).tolist() == [2, 4, 6, 8]


def test_unrelated_sets_overlap_by_chance() -> None:
    """P-values are about uniform where sets have only difficulty in common, which is a relation if it is not looked at."""
    rng, p_values, blind = np.random.default_rng(0), [], []
    for _ in range(250):
        difficulty = rng.normal(size=600)
        a, b = rng.random((2, 600)) < 1 / (1 + np.exp(1.5 - difficulty))
        found = hit_overlap(a, b, difficulty)
        p_values.append(found.p_value)
        blind.append(hit_overlap(a, b, rng.normal(size=600)).p_value)
        assert hit_overlap(b, a, difficulty).p_value == pytest.approx(found.p_value)
    for level in (0.05, 0.25, 0.5, 0.75):
        assert np.mean(np.array(p_values) <= level) == pytest.approx(level, abs=0.09)
    assert np.mean(np.array(p_values) <= 0.05) < 0.08
    assert np.mean(np.array(blind) <= 0.05) > 0.5


def test_sets_that_are_empty_full_or_the_same() -> None:
    """Nothing to be said of the first two; the same sets are no chance."""
    difficulty = np.random.default_rng(0).normal(size=100)
    some, none = np.arange(100) % 4 == 0, np.zeros(100, dtype=bool)
    for a, b in ((some, none), (none, none), (some, ~none)):
        found = hit_overlap(a, b, difficulty)
        assert (found.p_value, found.n_both) == (pytest.approx(1), pytest.approx(found.expected))
    assert hit_overlap(some, some, difficulty).p_value < 1e-12


# The same examples in two regimes, by log odds


def regimes(
    seed: int, *, same: bool, paired: bool = True, n: int = 250, k: int = 5, uneven: float = 0
) -> tuple[Populations, Populations, np.ndarray]:
    """Log odds of two regimes, in each of which a tenth of the examples loses 1.5 to 3 nats, and difficulty by other networks.

    ``uneven``: the logarithm of the noise rises by so much with every nat.
    """
    rng = np.random.default_rng(seed)
    easy, size = rng.normal(2, 2, n), rng.uniform(1.5, 3, n)
    first = rng.permutation(n) < n // 10
    hits = first, first if same else rng.permutation(n) < n // 10
    populations, hard = [], []
    for hit in hits:
        truth, of_pair = easy + rng.normal(0, 0.3, n), rng.normal(size=(k, n))

        def draw(mean: np.ndarray, share: float, of_pair: np.ndarray = of_pair) -> np.ndarray:
            noise = share**0.5 * of_pair + (1 - share) ** 0.5 * rng.normal(size=(k, n))
            return rng.normal(0, 0.3, (k, 1)) + np.exp(rng.normal(0, 0.1, (k, 1))) * (
                mean + 0.6 * np.exp(uneven * (easy - 2)) * noise
            )

        share = 0.5 if paired else 0
        populations.append(Populations(draw(truth, share), draw(truth - hit * size, share), paired))
        hard.append(draw(truth, 0).mean(axis=0))
    return *populations, np.column_stack(hard)


def correlation(a: Populations, b: Populations, hard: np.ndarray, *, by_ranks: bool = False) -> ChangeCorrelation:
    """Of regimes with no network in common."""
    return log_odds_correlation(a, b, paired=False, difficulty=hard, by_ranks=by_ranks)


@pytest.mark.parametrize("by_ranks", [False, True])
@pytest.mark.parametrize("same", [True, False])
def test_planted_correlations_are_covered(same: bool, by_ranks: bool) -> None:
    """1 and 0, in 27 of 30 studies, matched or not; only the first is significant."""
    found = [correlation(*regimes(seed, same=same, paired=seed % 2 == 0), by_ranks=by_ranks) for seed in range(30)]
    assert sum(one.conf_low <= float(same) <= one.conf_high for one in found) >= 27
    assert np.mean([one.estimate for one in found]) == pytest.approx(float(same), abs=0.06)
    n_significant = sum(one.p_value <= 0.05 for one in found)
    assert n_significant == 30 if same else n_significant <= 3


def test_examples_that_networks_leave_uncertain_count_for_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where noise rises eightfold intervals are at most 0.7 times as wide as unweighted ones, and hold the truth as often."""
    worlds = [regimes(seed, same=True, uneven=0.35) for seed in range(30)]
    found = [correlation(*world) for world in worlds]
    monkeypatch.setattr(log_odds_correlations, "precision_weights", lambda *_: None)
    unweighted = [correlation(*world) for world in worlds]
    widths = [
        np.median([one.conf_high - one.conf_low for one in some if one.std_error]) for some in (found, unweighted)
    ]
    assert widths[0] < 0.7 * widths[1]
    assert sum(one.conf_low <= 1 <= one.conf_high for one in found) >= 27


def test_squashed_logits_are_no_common_hits() -> None:
    """Large log odds shrink more, in both regimes, and no example was hit: a line and a square of difficulty left a correlation."""
    rejected = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        easy = rng.normal(2.5, 2.5, 400)
        truths = [easy + rng.normal(0, 0.3, 400) for _ in range(2)]
        drawn = [[truth + 0.5 * rng.normal(size=(10, 400)) for _ in range(3)] for truth in truths]
        sides = [Populations(dense, 6 * np.tanh(pruned / 6), paired=False) for dense, pruned, _ in drawn]
        hard = np.column_stack([further.mean(axis=0) for *_, further in drawn])
        rejected.append(correlation(*sides, hard).p_value <= 0.05)
    assert sum(rejected) <= 2


@pytest.mark.parametrize("same", [True, False])
def test_smaller_or_moved_logits_are_no_change(same: bool) -> None:
    """A scale of 0.5 to 1.5 of the compressed log odds moves the correlation by less than 0.01, a shift not; ranks not at all."""
    a, b, hard = regimes(0, same=same)
    for by_ranks, limit in ((False, 0.01), (True, 1e-12)):
        before = correlation(a, b, hard, by_ranks=by_ranks)
        for scale, shift, allowed in ((1.0, 4.0, 1e-9), (0.5, 1.0, limit), (1.5, -2.0, limit)):
            moved = [Populations(one.reference, scale * one.compressed + shift, one.paired) for one in (a, b)]
            after = correlation(*moved, hard, by_ranks=by_ranks)
            assert after.estimate == pytest.approx(before.estimate, abs=allowed)


def test_correlations_do_not_depend_on_the_order() -> None:
    """Of regimes, of examples; and a network that tells nothing has no order."""
    a, b, hard = regimes(1, same=True)
    found = correlation(a, b, hard)
    assert correlation(b, a, hard[:, ::-1]).estimate == pytest.approx(found.estimate)
    order = np.random.default_rng(0).permutation(250)
    other = correlation(a.on(order), b.on(order), hard[order])
    assert (other.estimate, other.std_error) == pytest.approx((found.estimate, found.std_error))
    flat = Populations(np.vstack([a.reference[1:], np.full(250, 1.0)]), a.compressed, a.paired)
    assert correlation(flat, b, hard).flag == Flag.NO_ORDER


# Holm over the comparisons of a topic


def test_holm_agrees_with_r() -> None:
    """p.adjust within each data set, over what is meant and tested; the others have none, and nothing else changes."""
    rows = table("changes_holm").drop("p_holm").to_dicts()
    found = with_holm(rows, lambda row: row["is_meant"])
    expected = table("changes_holm")["p_holm"].to_list()
    assert [row["p_holm"] is None for row in found] == [p is None for p in expected]
    for row, p in zip(found, expected, strict=True):
        assert p is None or row["p_holm"] == pytest.approx(p, rel=1e-12, abs=0)
    assert [{name: row[name] for name in row if name != "p_holm"} for row in found] == rows
    assert with_holm([]) == []
    assert [row["p_holm"] for row in with_holm([{"dataset": "a", "p_value": None}])] == [None]
