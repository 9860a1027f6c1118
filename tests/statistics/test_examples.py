"""Tests of single examples against R, against scipy, against a plain relabelling loop, and where nothing can be found."""

from math import comb
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy import stats

from pietools.statistics.examples.tests import (
    Detectability,
    count_examples,
    detectability,
    example_tests,
    fisher_table,
    passes_filter,
    sign_table,
)
from pietools.statistics.tools import ballots
from pietools.statistics.tools.ballots import random_relabellings
from pietools.statistics.tools.populations import Populations

REFERENCE = Path(__file__).parents[1] / "reference"


def r_populations(design: str) -> tuple[np.ndarray, np.ndarray]:
    """Which networks of example_tests.R are right."""
    table = pl.read_csv(REFERENCE / "example_tests_input.csv").filter(pl.col("design") == design)
    dense, pruned = (
        table.filter(pl.col("population") == name).select("^example.*$").to_numpy() == 1 for name in ("dense", "pruned")
    )
    return dense, pruned


def skilled_networks(
    rng: np.random.Generator, n_networks: int, easiness: np.ndarray, spread: float = 1.0
) -> np.ndarray:
    """Right predictions of networks that differ in skill, so that the examples depend on each other."""
    logits = easiness + spread * rng.normal(size=(n_networks, 1))
    return rng.random((n_networks, len(easiness))) < 1 / (1 + np.exp(-logits))


@pytest.mark.parametrize("design", ["unpaired", "paired", "many"])
def test_agrees_with_r(design: str) -> None:
    """p-values, the smallest p of each margin, and both corrections equal fisher.test, binom.test and p.adjust."""
    expected = pl.read_csv(REFERENCE / "example_tests.csv").filter(pl.col("design") == design)
    found = example_tests(Populations(*r_populations(design), paired=design == "paired"), seed=0, n_permutations=0)
    columns = ["estimate", "p_value", "smallest_p", "p_adjusted", "p_by"]
    assert_frame_equal(found.select(columns), expected.select(columns), rel_tol=1e-8, abs_tol=1e-15)
    assert (found["p_adjusted"] <= 0.05).sum() > 0


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.integers(1, 200), st.data())
def test_tables_agree_with_scipy(n_reference: int, n_compressed: int, data: st.DataObject) -> None:
    """Any entry of either table is the p-value of scipy's test of these counts."""
    a, c = data.draw(st.integers(0, n_reference)), data.draw(st.integers(0, n_compressed))
    fisher = stats.fisher_exact([[a, n_reference - a], [c, n_compressed - c]]).pvalue
    assert fisher_table(n_reference, n_compressed)[a + c, a] == pytest.approx(min(fisher, 1), rel=1e-8)
    if a <= n_compressed and n_compressed:
        assert sign_table(n_compressed)[n_compressed, a] == pytest.approx(
            stats.binomtest(a, n_compressed).pvalue, rel=1e-8
        )


@pytest.mark.parametrize("paired", [True, False])
def test_swapping_the_populations_flips_the_signs(paired: bool) -> None:
    """Estimates change sign, harmful and beneficial pairs trade places, p-values stay."""
    dense, pruned = r_populations("paired")
    there = example_tests(Populations(dense, pruned, paired=paired), seed=0, n_permutations=0)
    back = example_tests(Populations(pruned, dense, paired=paired), seed=0, n_permutations=0)
    assert there["estimate"].to_list() == (-back["estimate"]).to_list()
    assert there["n_harmful"].to_list() == back["n_beneficial"].to_list()
    for column in ("p_value", "smallest_p", "p_adjusted", "p_by"):
        assert there[column].to_numpy() == pytest.approx(back[column].to_numpy(), rel=1e-12)


@pytest.mark.parametrize("paired", [True, False])
def test_the_order_of_examples_is_nothing(paired: bool) -> None:
    """Every column follows its example, the relabelled one too."""
    dense, pruned = r_populations("paired")
    order = np.random.default_rng(0).permutation(dense.shape[1])
    there = example_tests(Populations(dense, pruned, paired=paired), seed=3, n_permutations=200)
    shuffled = example_tests(Populations(dense[:, order], pruned[:, order], paired=paired), seed=3, n_permutations=200)
    assert_frame_equal(there[order], shuffled, rel_tol=1e-12)


def plain_westfall_young(tests: pl.DataFrame, relabelled: list[np.ndarray]) -> np.ndarray:
    """Step-down min-p as it is written down: minima over what is left, then the largest so far."""
    p_value = tests["p_value"].to_numpy()
    adjusted, largest = np.ones(len(p_value)), 0.0
    for i in np.argsort(p_value, kind="stable"):
        left = p_value >= p_value[i] * (1 - 1e-9)
        as_small = sum(p[left].min() <= p_value[i] * (1 + 1e-9) for p in relabelled)
        largest = max(largest, (1 + as_small) / (1 + len(relabelled)))
        adjusted[i] = largest
    return adjusted


@pytest.mark.parametrize("design", ["unpaired", "paired", "many"])
def test_westfall_young_agrees_with_a_plain_loop(design: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Masks, tables and merged examples give what testing every relabelling anew gives."""
    monkeypatch.setattr(ballots, "ENUMERATED", 0)
    dense, pruned = r_populations(design)
    paired = design == "paired"
    found = example_tests(Populations(dense, pruned, paired=paired), seed=5, n_permutations=60)
    networks = np.vstack([dense, pruned])
    members = random_relabellings(np.random.default_rng(5), 60, len(dense), len(pruned), paired=paired)
    relabelled = []
    for row in members:
        if paired:  # a pair that is swapped keeps its place
            keeps = row[: len(dense), None]
            parts = np.where(keeps, dense, pruned), np.where(keeps, pruned, dense)
        else:
            parts = networks[row], networks[~row]
        relabelled.append(
            example_tests(Populations(*parts, paired=paired), seed=0, n_permutations=0)["p_value"].to_numpy()
        )
    assert found["p_westfall_young"].to_numpy() == pytest.approx(plain_westfall_young(found, relabelled), rel=1e-12)


@pytest.mark.parametrize("design", ["unpaired", "paired", "many"])
def test_westfall_young_is_no_larger_than_holm(design: str) -> None:
    """It knows the dependence and the discreteness that R's Holm does not, up to four Monte Carlo errors."""
    holm = pl.read_csv(REFERENCE / "example_tests.csv").filter(pl.col("design") == design)["p_holm"].to_numpy()
    found = example_tests(Populations(*r_populations(design), paired=design == "paired"), seed=1, n_permutations=2000)
    assert (found["p_westfall_young"].to_numpy() <= holm + 4 * np.sqrt(holm * (1 - holm) / 2000) + 1 / 2001).all()


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.slow
def test_finds_nothing_where_nothing_happened(paired: bool) -> None:
    """Networks that share their skill over examples: any rejection in at most 5 % of studies and three standard errors."""
    rng = np.random.default_rng(11)
    n_studies, hits = 150, np.zeros(3)
    for study in range(n_studies):
        easiness = rng.normal(1, 2, size=300)
        networks = skilled_networks(rng, 20, easiness)
        tests = example_tests(Populations(networks[:10], networks[10:], paired=paired), seed=study, n_permutations=99)
        hits += count_examples(tests)["n_significant"].to_numpy()[1:] > 0
    assert (hits <= n_studies * (0.05 + 3 * np.sqrt(0.05 * 0.95 / n_studies))).all()


def test_finds_what_was_planted() -> None:
    """Ten examples that nearly all pruned networks lose are found by every correction, as forgotten."""
    rng = np.random.default_rng(2)
    easiness = rng.normal(2, 2, size=2000)
    easiness[:10] = 4
    harmed = np.concatenate([np.full(10, -4), easiness[10:]])
    dense, pruned = skilled_networks(rng, 16, easiness, 0.2), skilled_networks(rng, 16, harmed, 0.2)
    counts = count_examples(example_tests(Populations(dense, pruned, paired=False), seed=0))
    assert counts["correction"].to_list() == ["none", "benjamini-hochberg", "benjamini-yekutieli", "westfall-young"]
    assert (counts["n_forgotten"] >= 8).all()
    assert counts["n_recovered"][1:].sum() <= 1


def test_the_filter_by_hand() -> None:
    """Tarone's rule on six tests."""
    smallest = np.array([0.01, 0.012, 0.02, 0.04, 0.2, 1.0])
    # m(1) = 4 can reach 0.05; m(2) = 3 can reach 0.025; m(3) = 2 can reach 0.0167, and 2 ≤ 3.
    assert passes_filter(smallest, 0.05).tolist() == [True, True, False, False, False, False]


def test_identical_populations_differ_nowhere() -> None:
    """Every p is 1 in both designs, and matched pairs without a disagreement say so."""
    dense, _ = r_populations("paired")
    for paired in (True, False):
        tests = example_tests(Populations(dense, dense, paired=paired), seed=0, n_permutations=20)
        assert tests["p_value"].to_numpy() == pytest.approx(1)
        assert (tests["p_westfall_young"] == 1).all()
    assert example_tests(Populations(dense, dense, paired=True), seed=0)["flag"].unique().to_list() == ["no-variance"]


def test_flags_say_why_an_example_was_left_out() -> None:
    """All networks right or all wrong: no variance. A margin that cannot survive: filtered. Neither has a small p."""
    dense = np.array([[1, 0, 1, 1]] * 9 + [[1, 0, 0, 1]]) == 1
    pruned = np.array([[1, 0, 1, 0]] * 10) == 1
    tests = example_tests(Populations(dense, pruned, paired=False), seed=0, n_permutations=0)
    assert tests["flag"].to_list() == ["no-variance", "no-variance", "filtered", None]
    assert tests["p_adjusted"].to_list()[:3] == [1, 1, 1]
    assert tests["p_adjusted"][3] == pytest.approx(2 / comb(20, 10))
    assert tests["p_westfall_young"].null_count() == 4
    assert count_examples(tests).row(3) == ("westfall-young", None, None, None)
    assert count_examples(tests).row(1) == ("benjamini-hochberg", 1, 1, 0)


@pytest.mark.parametrize("paired", [True, False])
def test_one_network_finds_nothing(paired: bool) -> None:
    """Every p is 1, none is missing, and nothing is possible."""
    dense, pruned = np.array([[True, True, False]]), np.array([[True, False, False]])
    tests = example_tests(Populations(dense, pruned, paired=paired), seed=0, n_permutations=10)
    assert tests["p_value"].to_list() == [1, 1, 1]
    assert tests["flag"].to_list() == ["no-variance", "filtered", "no-variance"]
    assert not detectability(tests, 1, 1, paired=paired).is_possible


def test_no_examples_no_rows() -> None:
    """An empty selection is an empty frame."""
    empty = np.zeros((4, 0), dtype=bool)
    tests = example_tests(Populations(empty, empty, paired=False), seed=0)
    assert tests.height == 0
    assert count_examples(tests)["n_significant"].to_list() == [0, 0, 0, 0]


def test_unequal_pairs_are_refused() -> None:
    """Matched populations have equally many networks."""
    with pytest.raises(ValueError, match="not 3 and 2"):
        example_tests(Populations(np.ones((3, 1), bool), np.ones((2, 1), bool), paired=True), seed=0)


def test_detectability_by_hand() -> None:
    """10,000 examples and 10 networks each, of which five go from always right to always wrong."""
    dense, pruned = np.ones((10, 10_000), dtype=bool), np.ones((10, 10_000), dtype=bool)
    pruned[:, :5] = False
    tests = example_tests(Populations(dense, pruned, paired=False), seed=0, n_permutations=0)
    # 2 / C(20, 10) = 2 / 184,756 = 1.08e-5. Alone in its filter an example needs p ≤ 0.05; among 10,000 a of them need
    # a · 0.05 / 10,000 ≥ 1.08e-5, that is three. One alone would do with 2 / C(2K, K) ≤ 5e-6: 2 / 705,432 at K = 11.
    assert detectability(tests, 10, 10, paired=False) == Detectability(
        smallest_p=pytest.approx(2 / 184_756),
        n_examples=10_000,
        n_tested=5,
        n_attaining=5,
        n_needed=1,
        is_possible=True,
        replicates_needed=11,
    )


def test_detectability_of_pairs_by_hand() -> None:
    """The same matched: 2 / 1,024 needs 391 such examples among 10,000, and 19 pairs would do for one."""
    dense, pruned = np.ones((10, 10_000), dtype=bool), np.ones((10, 10_000), dtype=bool)
    pruned[:, :5] = False
    tests = example_tests(Populations(dense, pruned, paired=True), seed=0, n_permutations=0)
    found = detectability(tests, 10, 10, paired=True)
    assert found.smallest_p == pytest.approx(2 / 1024)
    assert found.is_possible
    assert found.replicates_needed == 19  # 2 / 2^19 = 3.8e-6 ≤ 5e-6 < 2 / 2^18
