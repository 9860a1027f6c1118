"""The statistics of one pair of networks against simulated truth, in a form that takes seconds."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

from pietools.cli.validate import PAIR_SIZES_QUICK, validate
from pietools.validation import tables
from pietools.validation.pair_counts import COUNT_WORLDS, PairStudies, by_counts, draw_counts, needed_in
from pietools.validation.pair_groups import (
    GROUP_WORLDS,
    N_GROUPS,
    N_TASKS,
    TASK_WORLDS,
    WORSE_TASK,
    _net_of_tasks,
    draw_items,
)
from pietools.validation.pair_reruns import P_OTHER, change, draw_answers
from pietools.validation.pairs import PAIR_METHODS, PAIR_SIZES, PAIR_WORLDS
from pietools.validation.running import PAIR_CELLS, Plan, simulate

CSV = Path(__file__).parents[1] / "docs" / "validation.csv"
SMALL = tuple(cell for cell in PAIR_CELLS if cell.n_examples == PAIR_SIZES[0])


@pytest.fixture(scope="module")
def found() -> pl.DataFrame:
    """Rates of all methods in all worlds, of 200 examples, from 30 studies and fewer of the dear methods."""
    return tables.rates(simulate(Plan(SMALL, n_studies=30, seed=3), jobs=1))


@pytest.mark.slow
def test_every_method_is_asked_in_all_its_worlds(found: pl.DataFrame) -> None:
    """As the registry says, and no rate misses its range by more than three standard errors."""
    asked = {(name, world) for name, method in PAIR_METHODS.items() for world in method.numbers}
    assert set(found.select("method", "world").iter_rows()) == asked
    assert {world for _, world in asked} == set(PAIR_WORLDS)
    missed = found.filter(pl.col("verdict") == tables.MISSED)
    assert missed.height == 0, missed.select("method", "measure", "world", "observed", "std_error").rows()


def test_every_claim_has_a_range(found: pl.DataFrame) -> None:
    """And every range a verdict; what nothing is claimed of has neither."""
    assert set(found["claim"].drop_nulls()) <= set(tables.CLAIMS)
    claimed = found["claim"].is_not_null()
    for column in ("target_low", "target_high", "verdict"):
        assert (found[column].is_not_null() == claimed).all()


@pytest.mark.slow
def test_jobs_do_not_change_results_but_the_seed_does() -> None:
    """Two processes give what one gives; a cell gives the same whatever stands beside it."""
    cells = tuple(cell for cell in SMALL if cell.world.startswith(("2 %", "20 groups, nothing", "trained")))
    one, two, other = (
        tables.rates(simulate(Plan(cells, n_studies=20, seed=seed), jobs=jobs))
        for seed, jobs in ((3, 1), (3, 2), (4, 1))
    )
    assert_frame_equal(one, two, check_exact=True)
    assert not one.equals(other)
    alone = tables.rates(simulate(Plan(cells[-1:], n_studies=20, seed=3), jobs=1))
    assert_frame_equal(alone, one.filter(world=cells[-1].world), check_exact=True)


def test_fewer_studies_are_the_first_of_more() -> None:
    """Counts of a world, for any number of studies."""
    few, many = (PairStudies("10 % discordant, nothing", 1_000, n, [1, 2]) for n in (5, 50))
    drawn = [draw_counts(studies, (0.05, 0.05), 1_000) for studies in (few, many)]
    assert (drawn[0] == drawn[1][:5]).all()
    assert (drawn[1].sum(axis=1) == 1_000).all()


def test_answers_to_equal_counts_are_asked_once() -> None:
    """And stand where they belong."""
    asked = []

    def answer(lost: int, gained: int) -> int:
        asked.append((lost, gained))
        return lost - gained

    assert by_counts(np.array([[3, 1], [0, 2], [3, 1]]), answer).tolist() == [2, -2, 2]
    assert sorted(asked) == [(0, 2), (3, 1)]


def test_shares_of_worlds_are_those_of_their_names() -> None:
    """What differs is discordant, and lost less gained is the fall."""
    lost, gained = COUNT_WORLDS["10 % discordant, fall of 2 points"].shares
    assert lost + gained == pytest.approx(0.10)
    assert lost - gained == pytest.approx(0.02)
    for world in GROUP_WORLDS.values():
        assert len(world.lost) == len(world.gained) == N_GROUPS
        assert min(world.lost.min(), world.gained.min(), (1 - world.lost - world.gained).min()) > 0
    hit = GROUP_WORLDS["20 groups, two fall by 10 points"]
    np.testing.assert_allclose(hit.lost - hit.gained, [0.10, 0.10, *[0] * 18], atol=1e-12)


def test_needed_examples_are_known_where_counts_are_whole() -> None:
    """10 of 200 lost and gained leave the answer open; half an example there is not; 10,000 settle it."""
    nothing, half = (COUNT_WORLDS[f"10 % discordant, {fall}"] for fall in ("nothing", "fall of 0.5 points"))
    # (1.645 √(variance at the margin) + 0.842 √0.1)² / 0.01², the first being a little above 0.1.
    assert needed_in(nothing, 200) == pytest.approx((1.645 + 0.842) ** 2 * 0.1 / 0.01**2, rel=0.02)
    assert needed_in(half, 200) is None
    assert needed_in(nothing, 10_000) is None


@pytest.mark.parametrize("fall", [0, 4])
def test_items_lean_alike_for_all_pairs(fall: float) -> None:
    """Accuracy falls by what it should, and two pairs agree where both differ at all."""
    net = draw_items(np.random.default_rng(1), 200_000, fall)
    assert net.mean() == pytest.approx(-fall / 100, abs=0.002)
    both = (net[0] != 0) & (net[1] != 0)
    assert (net[0] == net[1])[both].mean() > 0.95


def test_one_task_falls() -> None:
    """By five points, and the others not."""
    task = np.arange(500_000) % N_TASKS
    net = _net_of_tasks(np.random.default_rng(1), task, TASK_WORLDS["5 tasks, one falls by 5 points"])[0]
    changes = [net[task == number].mean() for number in range(N_TASKS)]
    np.testing.assert_allclose(changes, [-0.05 if number == WORSE_TASK else 0 for number in range(N_TASKS)], atol=0.004)


def test_answers_differ_as_often_as_they_should() -> None:
    """Of two runs 2 p (1 − p) of the unstable answers; and what is changed is none of them."""
    rng = np.random.default_rng(1)
    first, second = draw_answers(rng, np.arange(200_000) % 10 == 0, np.full((2, 1), P_OTHER))
    assert (first != second).mean() == pytest.approx(0.1 * 2 * P_OTHER * (1 - P_OTHER), abs=0.002)
    changed = change(rng, second, 0.02)
    assert (changed != second).mean() == pytest.approx(0.02, abs=0.002)
    assert set(changed[changed != second]) == {2}


def test_one_pair_has_columns_of_its_own(found: pl.DataFrame) -> None:
    """A column per number of examples, under its own title, also beside other worlds; a line per range."""
    assert [title for title, _ in tables.by_kind(found)] == ["One pair of networks"]
    header, lines = tables.wide(found, claimed=True)
    assert header == ["method", "measure", "world", "target", "n = 200", "± se", "studies"]
    assert all("–" not in line for line in lines)
    assert set(found["design"]) == {"pair"}


@pytest.mark.slow
def test_the_command_takes_them_by_name() -> None:
    """``--world pair``, quick: two numbers of examples, whatever is said of networks."""
    result = CliRunner().invoke(validate, ["--world", "pair", "--studies", "2", "--networks", "3", "--json"])
    rates = json.loads(result.output)["rates"]
    assert {row["n_examples"] for row in rates} == set(PAIR_SIZES)
    assert {row["n_networks"] for row in rates} == {1, 4}
    assert set(PAIR_SIZES_QUICK) < set(PAIR_SIZES)


def test_the_committed_table_has_every_pair_world_and_misses_nothing() -> None:
    """Each method in each of its worlds, by every number of examples."""
    pairs = pl.read_csv(CSV, schema=tables.COLUMNS).filter(design="pair")
    asked = {(name, world) for name, method in PAIR_METHODS.items() for world in method.numbers}
    cells = {(*pair, n) for pair in asked for n in PAIR_SIZES}
    assert set(pairs.select("method", "world", "n_examples").iter_rows()) == cells
    assert not (pairs["verdict"] == tables.MISSED).any()
