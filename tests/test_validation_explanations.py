"""What explains lost examples, and what regimes share, against simulated truth; the full table is docs/validation.csv."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import integrate
from scipy.special import expit

from pietools.cli.validate import EXPLAINED
from pietools.statistics.characterize.conditional_logistic import fit_conditional
from pietools.validation import tables
from pietools.validation.explanations import COEFFICIENTS, EXPLANATIONS, measured
from pietools.validation.margin_worlds import (
    HIT,
    MARGIN_WORLDS,
    draw_examples,
    draw_explained_study,
    draw_z,
    expected_loss,
)
from pietools.validation.running import Cell, Plan, simulate

CSV = Path(__file__).parents[1] / "docs" / "validation.csv"


@pytest.fixture(scope="module")
def found() -> pl.DataFrame:
    """Rates of all these methods by ten networks in four worlds, from one or two studies of the dear ones."""
    cells = [Cell("explain-none", True, 10), Cell("explain-annotation", False, 10)]
    cells += [Cell("both-none", False, 10), Cell("both-same", True, 10)]
    return tables.rates(simulate(Plan(tuple(cells), n_studies=40, seed=3, n_examples=150), jobs=1))


@pytest.mark.slow
def test_tests_keep_their_level_and_intervals_cover(found: pl.DataFrame) -> None:
    """No rate misses its range by more than three standard errors."""
    missed = found.filter(pl.col("verdict") == tables.MISSED)
    assert missed.height == 0, missed.select("method", "measure", "design", "observed", "std_error").rows()
    assert set(found["method"]) == set(EXPLANATIONS)


def test_the_uncrossed_regression_is_biased(found: pl.DataFrame) -> None:
    """Nothing happened, and the loss "explains" PIEs in every study, but not more than between dense networks."""
    rates = found.filter(method="pie_regressions", world="explain-none")
    observed = dict(rates.select("measure", "observed").iter_rows())
    assert observed["loss, plain: p ≤ 0.05"] == 1
    assert observed["loss, crossed, difference: p ≤ 0.05"] == 0


def test_planted_effects_are_found(found: pl.DataFrame) -> None:
    """What compression hits, jointly in both regimes, and an annotation that says how hard."""
    rates = {(row["world"], row["measure"]): row["observed"] for row in found.iter_rows(named=True)}
    assert rates["explain-annotation", "second population: annotation: p ≤ 0.05"] == 1
    assert 0.5 < rates["explain-annotation", "second population: annotation: estimate / truth"] < 1.5
    assert rates["both-same", "as it is: p ≤ 0.05"] > 0.8


@pytest.mark.parametrize("paired", [True, False])
def test_networks_are_right_as_often_as_they_should(paired: bool) -> None:
    """Over 4,000 networks the share of right answers is that of the ease, and of the ease with its shift."""
    study = draw_explained_study([1, 2], "both-same", 4_000, 20, paired=paired)
    for ease, shift, networks in zip(study.examples.ease, study.examples.shift, study.regimes, strict=True):
        for margins, logit in (
            (networks.reference, ease),
            (networks.compressed, ease + shift),
            (networks.second, ease),
        ):
            assert np.abs((margins > 0).mean(axis=0) - expit(logit)).max() < 4 * 0.5 / 4_000**0.5
        labels = (networks.labels.reference, networks.labels.compressed)
        for margins, predicted in zip((networks.reference, networks.compressed), labels, strict=True):
            assert ((predicted == study.examples.labels) == (margins > 0)).all()


@pytest.mark.parametrize("paired", [True, False])
def test_networks_share_what_they_should(paired: bool) -> None:
    """Of the variance: 0.6 within pairs, 0.3 between matched regimes, nothing with further dense networks."""
    study = draw_explained_study([1, 3], "both-none", 400, 60, paired=paired)
    a, b = study.regimes
    pairs = {0.6: (a.reference, a.compressed), 0.3: (a.compressed, b.reference), 0.0: (a.reference, a.second)}
    for share, (one, other) in pairs.items():
        ranks = [margins.argsort(axis=0).argsort(axis=0) for margins in (one, other)]
        rank_correlation = np.mean([np.corrcoef(x, y)[0, 1] for x, y in zip(ranks[0].T, ranks[1].T, strict=True)])
        # Spearman's correlation of normal numbers.
        assert abs(rank_correlation - 6 / np.pi * np.arcsin(share * paired / 2)) < 0.03


def test_examples_share_networks() -> None:
    """Skills and directions leave the variance of z at 1, and correlate the examples of a network."""
    rng = np.random.default_rng(4)
    directions = draw_examples(rng, "explain-none", 50).directions
    z = draw_z(rng, 20_000, directions)
    np.testing.assert_allclose(z.var(axis=0), 1, atol=0.05)
    expected = 0.04 + directions.T @ directions
    np.fill_diagonal(expected, 1)
    np.testing.assert_allclose(np.corrcoef(z.T), expected, atol=0.04)


def test_expected_loss_by_integration() -> None:
    """The mean loss over logistic noise, against an integral; the loss of the margin 0 has the mean 1."""

    def mean_loss(ease: float) -> float:
        def weighted(x: float) -> float:
            return float(np.logaddexp(0, -ease - x) * expit(x) * expit(-x))

        return integrate.quad(weighted, -40, 40)[0]

    ease = np.array([-3.0, 0.0, 2.0, 5.0])
    means = np.array([mean_loss(one) for one in ease])
    assert means[1] == pytest.approx(1)
    np.testing.assert_allclose(expected_loss(ease), (means - means.mean()) / means.std(), atol=0.01)


def test_what_compression_does_in_each_world() -> None:
    """Shifts of the log odds are those that the coefficients of the world say, and those of the targets elsewhere."""
    for world in MARGIN_WORLDS:
        examples = draw_examples(np.random.default_rng(5), world, 200)
        if world in COEFFICIENTS:
            even, by_loss, by_annotation = COEFFICIENTS[world]
            shift = even + by_loss * examples.expected_loss + by_annotation * examples.annotation
            np.testing.assert_allclose(examples.shift, [shift, shift])
        else:
            is_hit = examples.targets & (world != "both-none")
            np.testing.assert_allclose(examples.shift, HIT * is_hit)
            assert examples.targets.sum(axis=1).tolist() == [40, 40]
            assert (examples.targets[0] == examples.targets[1]).all() == (world == "both-same")


def test_uneven_compression_is_taken_for_an_effect_of_the_loss() -> None:
    """Targets at random, 20,000 examples: the loss gets a coefficient, noise does not; where all fall alike neither does."""
    found = {}
    for world in ("explain-uniform", "explain-scattered"):
        rng = np.random.default_rng(5)
        examples = draw_examples(rng, world, 20_000)
        dense, compressed = (rng.binomial(10, expit(examples.ease[0] + shift)) for shift in (0, examples.shift[0]))
        columns = np.column_stack([examples.expected_loss, examples.noise])
        found[world] = fit_conditional(dense + compressed, compressed, columns, (10, 10)).coefficients[1:]
    assert np.abs(found["explain-uniform"]).max() < 0.05
    assert found["explain-scattered"][0] > 0.1
    assert abs(found["explain-scattered"][1]) < 0.06


def test_the_loss_comes_from_where_it_should() -> None:
    """Cross-fitted: from the reference networks that are asked for; else from the further ones, whatever is asked for."""
    study = draw_explained_study([1, 4], "explain-difficulty", 6, 30, paired=True)
    sources, networks = measured(study), study.regimes[0]
    some = np.array([0, 4])
    for name, margins in (("cross-fitted", networks.reference[some]), ("second population", networks.second)):
        expected = np.column_stack([np.log1p(np.exp(-margins)).mean(axis=0), study.examples.annotation])
        np.testing.assert_allclose(sources[name].of(some), expected)
    assert [source.needs_networks for source in sources.values()] == [True, False, False]


def test_worlds_of_the_command_are_those_there_are() -> None:
    """The command lists them itself, so that its help needs no NumPy."""
    assert tuple(MARGIN_WORLDS) == EXPLAINED


def test_the_committed_table_has_every_world_and_method() -> None:
    """By ten and sixteen networks, matched and unmatched."""
    rows = pl.read_csv(CSV, schema=tables.COLUMNS).filter(pl.col("world").is_in(list(MARGIN_WORLDS)))
    assert set(rows["world"]) == set(MARGIN_WORLDS)
    assert set(rows["method"]) == set(EXPLANATIONS)
    cells = set(rows.select("design", "n_networks").iter_rows())
    assert cells == {(design, k) for design in ("matched", "unmatched") for k in (10, 16)}
