"""The methods against simulated truth, in a form that takes seconds; the full table is docs/validation.csv."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

from pietools.cli.validate import WORLDS as WORLDS_OF_THE_COMMAND
from pietools.cli.validate import validate
from pietools.validation import tables
from pietools.validation.methods import METHODS
from pietools.validation.running import Cell, Plan, simulate
from pietools.validation.truth import _excess, _modal_labels, _vote_differences, find_truth, simulated_data
from pietools.validation.worlds import WORLDS, draw_latents, predict

DOCS = Path(__file__).parents[1] / "docs"
SMALL = {"n_examples": 120, "n_data_sets": 2, "n_truth": 880}


@pytest.fixture(scope="module")
def nothing_happened() -> pl.DataFrame:
    """Rates where compression did nothing, matched and unmatched, by ten networks."""
    cells = tuple(Cell("none", paired, 10) for paired in (True, False))
    return tables.rates(simulate(Plan(cells, n_studies=30, seed=3, **SMALL), jobs=1))


@pytest.mark.slow
def test_tests_keep_their_level_and_intervals_cover(nothing_happened: pl.DataFrame) -> None:
    """No rate misses its range by more than three standard errors."""
    missed = nothing_happened.filter(pl.col("verdict") == tables.MISSED)
    assert missed.height == 0, missed.select("method", "measure", "design", "observed", "std_error").rows()


def test_every_method_is_asked(nothing_happened: pl.DataFrame) -> None:
    """All but the comparison of regimes have rows where nothing happened, each from several studies."""
    assert set(nothing_happened["method"]) == set(METHODS) - {"regime_difference"}
    assert nothing_happened["n_studies"].min() >= 3  # type: ignore[operator]


def test_planted_effects_are_found() -> None:
    """A damaged class, and the examples of a damaged group, more often than what was left alone."""
    cells = (Cell("class", True, 10), Cell("targeted", False, 10))
    found = tables.rates(simulate(Plan(cells, n_studies=60, seed=3, **SMALL), jobs=1))
    rate = {(row["method"], row["measure"]): row["observed"] for row in found.iter_rows(named=True)}
    assert rate["class_tests", "damaged class: p_holm ≤ 0.05"] >= 0.5
    assert rate["class_tests", "each undamaged class: p_holm ≤ 0.05"] <= 0.2
    assert rate["subgroup_tests", "changed group: p_adjusted ≤ 0.05"] >= 0.8
    assert rate["example_tests", "unchanged examples: p ≤ 0.05"] <= 0.05
    assert rate["example_tests", "p_westfall_young ≤ 0.05: changed examples found"] > 0


def test_regimes_that_differ_by_chance_only() -> None:
    """Two regimes with other, but equally many, weak examples: the crossed error keeps the level."""
    found = tables.rates(simulate(Plan((Cell("regimes", False, 5),), n_studies=200, seed=3, **SMALL), jobs=1))
    assert found["n_studies"].to_list() == [200]
    assert found["verdict"].to_list() != [tables.MISSED]


@pytest.mark.slow
def test_same_seed_same_table_for_any_number_of_jobs() -> None:
    """Two processes give what one gives; another seed gives something else."""
    plan = Plan((Cell("uniform", True, 4), Cell("regimes", False, 4)), n_studies=40, seed=3, **SMALL)
    one, two, other = (
        tables.rates(simulate(Plan(plan.cells, plan.n_studies, seed, **SMALL), jobs=jobs))
        for seed, jobs in ((3, 1), (3, 2), (4, 1))
    )
    assert_frame_equal(one, two, check_exact=True)
    assert not one.equals(other)


def test_excess_without_bias_by_hand() -> None:
    """Two sets: D and C differ in the first (0 against 1) and agree in the second."""
    reference, compressed = np.array([[0], [2]]), np.array([[1], [2]])
    sums = _vote_differences(reference, compressed, h=1)
    assert sums[:3, 0].tolist() == [1, -1, 0]
    assert sums[-1, 0] == 1
    # The product of the differences of two independent sets, (1, −1) · (0, 0) = 0, has the expectation that is wanted.
    assert _excess(sums, n_sets=2) == 0
    # Always different: ½ (1² + 1²).
    assert _excess(_vote_differences(reference[[0, 0]], compressed[[0, 0]], h=1), n_sets=2) == 1


def test_modal_labels_by_hand() -> None:
    """Sets of three networks; among equally frequent labels the lowest, and what does not fill a set is left."""
    predicted = np.array([[4, 1], [4, 0], [2, 2], [3, 3], [1, 3], [2, 0], [9, 9]])
    assert _modal_labels(predicted, 3).tolist() == [[4, 0], [1, 3]]


def test_nothing_happens_in_the_world_none() -> None:
    """Accuracies and excess are exactly unchanged; where every example is hit, all fall."""
    truth = {name: find_truth(5, name, 0, n=60, set_sizes=(1, 3), n_networks=880) for name in ("none", "uniform")}
    assert truth["none"].excess == {1: 0, 3: 0}
    assert (np.diff(truth["none"].right, axis=0) == 0).all()
    assert (np.diff(truth["uniform"].right, axis=0) <= 0).all()
    assert 0 < truth["uniform"].excess[1] < truth["uniform"].excess[3]


def test_matched_networks_share_what_they_should() -> None:
    """Correlation 0.6 within pairs, none without, and a variance of 1 either way."""
    data, _ = simulated_data(1, "none", 0, 60)
    for paired, correlation in ((True, 0.6), (False, 0.0)):
        one, other = (
            latent.noise.ravel() for latent in draw_latents(np.random.default_rng(2), 30, data, paired=paired)
        )
        assert abs(np.corrcoef(one, other)[0, 1] - correlation) < 0.02
        assert abs(other.var() - 1) < 0.03


def test_predicted_labels_are_those_of_the_largest_logits() -> None:
    """The passes over classes find what argmax finds."""
    data, holds = simulated_data(1, "churn", 0, 60)
    latent, _ = draw_latents(np.random.default_rng(2), 4, data, paired=False)
    logits = 1.6 * latent.noise + data.mean[:, None] + 0.4 * latent.bias + latent.factors @ data.directions
    assert (predict(data, latent, holds[1]) == logits.argmax(axis=0)).mean() > 0.999


@pytest.mark.parametrize(
    ("rejections", "verdict"),
    [(50, "within"), (42, "within"), (35, "within 3 se"), (100, "missed"), (0, "missed")],
)
def test_verdicts(rejections: int, verdict: str) -> None:
    """Of 1,000 studies 42 to 58 should reject; the standard error is about 0.007."""
    found = np.column_stack([np.zeros(1000), np.arange(1000) < rejections, np.ones(1000)])
    row = tables.rates({(Cell("none", True, 10), "accuracy_change", "p", "asymptotic"): found}).row(0, named=True)
    assert (row["observed"], row["n_studies"], row["verdict"]) == (rejections / 1000, 1000, verdict)


def test_errors_count_studies_not_classes() -> None:
    """Two studies, all ten classes rejected in one: the rate is a half, and known as well as from two coins."""
    found = np.array([[0, 10, 10], [0, 0, 10]])
    row = tables.rates({(Cell("none", True, 10), "class_tests", "p", ""): found}).row(0, named=True)
    assert (row["observed"], row["std_error"]) == (0.5, 0.5)  # √(2 · 5² · 2 / 1) / 20
    assert row["verdict"] is None


def test_intervals_for_their_own_expectation() -> None:
    """Each data set has the mean of its estimates: 2 and 11 here."""
    found = np.array([[0, 1, 0, 3], [0, 3, 2.5, 4], [1, 10, 9, 11], [1, 12, 10, 14]])
    row = tables.rates({(Cell("none", True, 10), "pie_count_intervals", "n", "modal-label interval"): found})
    assert row["observed"].to_list() == [0.75]


def test_the_command_prints_json_and_writes_files(tmp_path: Path) -> None:
    """One world, few studies: what is printed, what is written, and the exit code agree."""
    options = ["--world", "regimes", "--studies", "50", "--networks", "3,4", "--design", "matched", "--json"]
    files = ["--csv", str(tmp_path / "rates.csv"), "--markdown", str(tmp_path / "rates.md")]
    result = CliRunner().invoke(validate, [*options, *files])
    found = json.loads(result.output)
    assert result.exit_code == int(found["n_within"] < found["n_claims"])
    assert [row["n_networks"] for row in found["rates"]] == [3, 4]
    assert pl.read_csv(tmp_path / "rates.csv").height == 2
    assert "| regime_difference | p_value ≤ 0.05 | regimes |" in (tmp_path / "rates.md").read_text(encoding="utf-8")


def test_the_command_prints_a_table() -> None:
    """Named after designs and numbers of networks, with the count at the end."""
    result = CliRunner().invoke(validate, ["--world", "regimes", "--studies", "10", "--networks", "3"])
    assert "matched 3" in result.output
    assert "of 2 within their range" in result.output


@pytest.mark.parametrize("numbers", ["two", "2", "5,1000", ""])
def test_numbers_of_networks_are_checked(numbers: str) -> None:
    """Usage errors, exit code 2."""
    assert CliRunner().invoke(validate, ["--networks", numbers]).exit_code == 2


def test_worlds_of_the_command_are_those_there_are() -> None:
    """The command lists them itself, so that its help needs no NumPy."""
    assert tuple(WORLDS) == WORLDS_OF_THE_COMMAND


def test_the_page_shows_the_committed_table() -> None:
    """Its tables are made from docs/validation.csv."""
    rows = pl.read_csv(DOCS / "validation.csv", schema=tables.COLUMNS)
    assert tables.markdown(rows).strip() in (DOCS / "methods" / "validation.md").read_text(encoding="utf-8")
