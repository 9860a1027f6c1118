"""Studies that are awkward to explain: what cannot be fitted, measured or told apart has a decided and flagged answer."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pietools.analysis import analyze
from pietools.errors import StudyError
from pietools.statistics.characterize.half_sample_tests import with_odds_ratio
from pietools.study import Study
from pietools.study.records import Dataset, Population
from tests.conftest import add_labels
from tests.regime_study import TEST, N, make_regimes
from tests.statistics.characterization_worlds import few_half_samples


@pytest.fixture(scope="module", autouse=True)
def rough_errors() -> Iterator[None]:
    """Errors from 40 half-samples instead of 200: rough, and five times as fast."""
    with pytest.MonkeyPatch.context() as patch:
        few_half_samples(patch)
        yield


def two_regimes(path: Path) -> Study:
    """Two regimes, one compression, few networks."""
    return make_regimes(path, compressed={"magnitude-0.9": 1.0}, n_networks=4)


@pytest.mark.parametrize("value", [1.0, 1e-300, 1e300])
@pytest.mark.slow
def test_regimes_without_a_property_that_can_be_fitted(tmp_path: Path, value: float) -> None:
    """Constant, or spread by less or more than numbers tell: one flagged row for a pair of regimes, and no traceback."""
    with two_regimes(tmp_path / "s.duckdb") as study:
        spread = np.ones(N) if value == 1.0 else np.random.default_rng(0).normal(size=N)
        study.add_property(TEST, "flat", value * spread)
        found = analyze(study, topics=["regimes"], everything=True, explain=["flat"], permutations=5)
    row = found.regimes_coefficients.row(0, named=True)
    assert found.regimes_coefficients.height == 1
    assert (row["term"], row["flag"]) == ("(joint)", "constant")


def test_networks_that_all_answer_alike_have_no_pies(tmp_path: Path) -> None:
    """Neither regime has a PIE in any split: a flag, and no correlation."""
    labels = np.arange(60) % 3
    alike = np.tile(labels, (4, 1))
    with Study.create(tmp_path / "s.duckdb") as study:
        study.add_dataset(Dataset(TEST, [f"e{i}" for i in range(60)], labels, ["a", "b", "c"], "test"))
        for regime in ("one", "two"):
            study.add_population(Population(f"{regime}/dense", "dense", regime))
            made = Population(f"{regime}/0.9", "compressed", regime, "magnitude", 0.9, None, f"{regime}/dense")
            study.add_population(made)
            for name in (f"{regime}/dense", made.name):
                add_labels(study, name, TEST, alike, list("abcd"))
        found = analyze(study, topics=["regimes"], everything=True, permutations=5)
    assert found.regimes_pies["estimate"].to_list() == [None, None]
    assert (found.regimes_overlap["n_both"].item(), found.regimes["flag"].item()) == (0, "no-change")


@pytest.mark.slow
def test_what_single_networks_cannot_tell_is_not_cross_fitted(tmp_path: Path) -> None:
    """Half of a half-sample of five is one network, which agrees with itself: left out, and said."""
    with make_regimes(tmp_path / "s.duckdb", ("one",), second=False, n_networks=5) as study:
        found = analyze(study, topics=["characterize"], everything=True, explain=["agreement", "loss"], store=False)
    assert set(found.characterize["term"]) == {"(compression)", "loss"}
    assert any("agreement of one/dense" in note and "1 network of 5" in note for note in found.warnings)


def test_odds_beyond_all_numbers_are_null() -> None:
    """An interval that ends at e^1000 has no end in JSON."""
    tests = pl.DataFrame({"estimate": [1.0], "conf_low": [-1000.0], "conf_high": [1000.0]})
    row = with_odds_ratio(tests).row(0, named=True)
    assert (row["odds_ratio_conf_low"], row["odds_ratio_conf_high"]) == (0, None)
    assert row["odds_ratio"] == pytest.approx(np.e)


@pytest.mark.parametrize("name", ["(compression)", "(joint)", "compressed"])
@pytest.mark.slow
def test_names_of_other_rows_are_no_properties(tmp_path: Path, name: str) -> None:
    """Results have rows of these names beside those of properties."""
    with two_regimes(tmp_path / "s.duckdb") as study, pytest.raises(StudyError, match="which mean something else"):
        study.add_property(TEST, name, np.arange(N) * 1.0)


@pytest.mark.slow
def test_a_second_population_of_a_kind_is_said_to_be_left_out(tmp_path: Path) -> None:
    """Two populations of one regime with the same method and sparsity: the first is compared, the other named."""
    with two_regimes(tmp_path / "s.duckdb") as study:
        networks, predicted = study.label_matrix("simclr/magnitude-0.9", TEST)
        again = Population("simclr/again-0.9", "compressed", "simclr", "magnitude", 0.9, None, "simclr/dense")
        study.add_population(again)
        add_labels(study, again.name, TEST, predicted, networks["replicate"].to_list())
        found = analyze(study, topics=["regimes"], everything=True, permutations=5)
    assert found.regimes["compression"].to_list() == ["magnitude-0.9"]
    assert any(note.startswith("simclr/again-0.9 on toy/test: left out") for note in found.warnings)


@pytest.mark.slow
def test_missing_values_are_counted(tmp_path: Path) -> None:
    """The primary model says how many examples it left out."""
    with make_regimes(tmp_path / "s.duckdb", ("one",), n_networks=4) as study:
        size = np.random.default_rng(0).normal(size=N)
        size[:70] = np.nan
        study.add_property(TEST, "size", size)
        found = analyze(study, topics=["characterize"], everything=True, explain=["size"], store=False)
    assert set(found.characterize["n_missing"]) == {70}
