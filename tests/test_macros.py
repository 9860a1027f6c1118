"""The table macros on a study that is counted by hand (conftest.py shows the votes)."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pietools.errors import StudyError
from pietools.study import Study
from tests.conftest import DENSE, LABELS, PRUNED, make_study


def test_modal_labels_break_ties_to_the_lowest_class(toy: Study) -> None:
    """A three-way tie goes to class 0 and is marked."""
    modal = toy.modal_labels("dense")
    assert modal["modal_label"].to_list() == [0, 0, 2, 0, 0, 0]
    assert modal["n_votes"].to_list() == [3, 2, 3, 2, 1, 3]
    assert modal["is_tied"].to_list() == [False, False, False, False, True, False]
    assert modal["is_correct"].to_list() == [True, True, False, False, False, None]


def test_pies_have_direction_tie_and_distance(toy: Study) -> None:
    """Every direction occurs; an example without a label has none."""
    pies = toy.pies("dense", "pruned")
    assert pies["example_id"].to_list() == [1, 2, 3, 4, 5]
    assert pies["key"].to_list() == ["e1", "e2", "e3", "e4", "e5"]
    assert pies["direction"].to_list() == ["forgotten", "recovered", "moved", "recovered", None]
    assert pies["is_tied"].to_list() == [False, False, False, True, False]
    # example 1: |2 − 1| + |1 − 2| = 2 of 3; 2: |3 − 1| + |0 − 2|; 3: |2 − 0| + |1 − 3|; 4: 1 + 2 + 1; 5: 3 + 3
    assert pies["taxicab"].to_list() == pytest.approx([2 / 3, 4 / 3, 4 / 3, 4 / 3, 2])


def test_pies_of_a_population_with_itself_are_none(toy: Study) -> None:
    """Identical populations have no PIE."""
    assert toy.pies("dense", "dense").height == 0


def test_votes_and_their_sums(toy: Study) -> None:
    """Votes per example and class, and the sums that Fleiss' kappa needs."""
    votes = toy.votes("dense").sort("example_id", "predicted_label")
    assert votes.filter(pl.col("example_id") == 4)["predicted_label"].to_list() == [0, 1, 2]
    sums = toy.vote_sums("dense")
    assert sums["n_votes"].to_list() == [3 + 2 + 2 + 1 + 3, 1 + 1 + 1, 3 + 1]
    assert sums["sum_squared_votes"].to_list() == [9 + 4 + 4 + 1 + 9, 1 + 1 + 1, 9 + 1]


def test_accuracy_counts_labelled_examples_only(toy: Study) -> None:
    """The sixth example has no label and counts nowhere; labels alone give no top-5."""
    accuracy = toy.accuracy("dense")
    assert accuracy["n_labelled"].to_list() == [5, 5, 5]
    assert accuracy["top1"].to_list() == pytest.approx([2 / 5, 3 / 5, 1 / 5])
    assert accuracy["top5"].to_list() == [None, None, None]


def test_class_recall(toy: Study) -> None:
    """Recall per network and class that has examples."""
    recall = toy.class_recall("pruned")
    assert recall["label"].to_list() == [0, 1, 2] * 3
    assert recall["n_examples"].to_list() == [2, 2, 1] * 3
    assert recall["recall"].to_list() == [0.5, 1, 0, 0.5, 1, 0, 1, 0.5, 0]


def test_flips_of_matched_pairs(toy: Study) -> None:
    """One row per matched pair; directions are shares of the five labelled examples, the total of all six."""
    flips = toy.flips("dense", "pruned")
    assert flips["reference_replicate"].to_list() == ["0", "1", "2"]
    assert flips["harmful"].to_list() == pytest.approx([1 / 5, 1 / 5, 0])
    assert flips["beneficial"].to_list() == pytest.approx([2 / 5, 1 / 5, 2 / 5])
    assert flips["wrong_to_wrong"].to_list() == pytest.approx([1 / 5, 1 / 5, 0])
    assert flips["total"].to_list() == pytest.approx([5 / 6, 4 / 6, 3 / 6])


def test_flips_of_unlabelled_examples_count_in_the_total_only(tmp_path: Path) -> None:
    """An example without a label is no denominator of a direction, also where the networks agree."""
    labels = np.array([0, -1, -1, -1])
    dense, pruned = np.array([[1, 0, 0, 1]]), np.array([[2, 0, 1, 1]])
    with make_study(tmp_path / "s.duckdb", labels, {"dense": dense, "pruned": pruned}) as study:
        row = study.flips("dense", "pruned").row(0, named=True)
    assert (row["harmful"], row["beneficial"], row["wrong_to_wrong"], row["total"]) == (0, 0, 1, 0.5)
    with make_study(tmp_path / "none.duckdb", np.full(4, -1), {"dense": dense, "pruned": pruned}) as study:
        row = study.flips("dense", "pruned").row(0, named=True)
    assert (row["harmful"], row["wrong_to_wrong"], row["total"]) == (None, None, 0.5)


def test_flips_without_replicate_names_are_of_all_pairs(tmp_path: Path) -> None:
    """An unpaired design compares every network with every other."""
    with make_study(tmp_path / "s.duckdb", LABELS, {"dense": DENSE, "pruned": PRUNED}, named=False) as study:
        assert not study.is_paired("dense", "pruned")
        flips = study.flips("dense", "pruned")
        assert flips.height == 9
        # 1 − Σ_c v^D v^C / 9, by example: 0, 5/9, 6/9, 6/9, 6/9, 1
        assert flips["total"].mean() == pytest.approx((0 + 5 + 6 + 6 + 6 + 9) / 9 / 6)


def test_pairing_needs_equal_names(toy: Study) -> None:
    """Populations are paired if their replicate names are the same, not merely as many."""
    assert toy.is_paired("dense", "pruned")
    toy._database.execute("update models set replicate = 'other' where model_id = 1")
    assert not toy.is_paired("dense", "pruned")


@pytest.mark.parametrize("question", ["accuracy", "class_recall", "votes", "modal_labels", "vote_sums"])
def test_a_misspelt_population_is_an_error(toy: Study, question: str) -> None:
    """No macro answers a misspelt name with an empty table."""
    with pytest.raises(StudyError, match=r"^no population is named 'prunned'. The study has: dense, pruned.$"):
        getattr(toy, question)("prunned")


@pytest.mark.parametrize("question", ["pies", "flips", "is_paired"])
def test_a_misspelt_comparison_is_an_error(toy: Study, question: str) -> None:
    """Nor do those that compare, whichever name is wrong, or the data set."""
    for names in (("dense", "prunned"), ("prunned", "dense")):
        with pytest.raises(StudyError, match="no population is named 'prunned'"):
            getattr(toy, question)(*names)
    with pytest.raises(StudyError, match=r"no data set is named 'toy'. The study has: toy/test."):
        getattr(toy, question)("dense", "pruned", "toy")


def test_a_population_without_predictions_is_an_error(toy: Study) -> None:
    """A population that was never run on the data set is not one without PIEs."""
    toy._database.execute("delete from evaluations where model_id > 3")
    with pytest.raises(StudyError, match="population 'pruned' has no predictions on data set 'toy/test'"):
        toy.pies("dense", "pruned")


def shell(path: Path, query: str) -> subprocess.CompletedProcess[str]:
    """Ask the released DuckDB shell."""
    name = Path(sys.executable).with_name("duckdb")
    found = str(name) if name.exists() else shutil.which("duckdb")
    if found is None:
        pytest.skip("the DuckDB shell is not installed")
    return subprocess.run([found, "-csv", "-readonly", str(path), query], capture_output=True, text=True, check=False)


def test_the_released_shell_gives_the_same_answers(toy: Study) -> None:
    """A study opens in the DuckDB shell, and the macros stored in it count the same."""
    toy.close()
    assert shell(toy.path, "select count(*) from pies('dense', 'pruned')").stdout.split() == ["count_star()", "5"]
    flips = shell(toy.path, "select round(sum(total), 6) as total from flips('dense', 'pruned', dataset := 'toy/test')")
    assert flips.stdout.split() == ["total", "2.0"]
    for macro in ("accuracy", "class_recall", "votes", "modal_labels", "vote_sums", "population_predictions"):
        assert shell(toy.path, f"select count(*) from {macro}('pruned')").returncode == 0, macro
    assert shell(toy.path, "from population_details; from prediction_details;").returncode == 0


def test_the_shell_refuses_a_misspelt_population(toy: Study) -> None:
    """The guard is in the file, not only in Python."""
    toy.close()
    answer = shell(toy.path, "select count(*) from pies('dense', 'prunned')")
    assert answer.returncode != 0
    assert "no population is named 'prunned'" in answer.stderr


def test_changes_are_the_flips_as_counts(toy: Study) -> None:
    """The same pairs in the same order; five of six examples have a label, and every example is the same or has changed."""
    flips, counts = toy.flips("dense", "pruned"), toy.change_counts("dense", "pruned")
    assert counts["compressed_replicate"].to_list() == flips["compressed_replicate"].to_list()
    for count, share in (("lost", "harmful"), ("gained", "beneficial"), ("changed_wrong", "wrong_to_wrong")):
        assert (counts[count] / 5).to_list() == pytest.approx(flips[share].to_list())
    assert counts["churn"].to_list() == pytest.approx(flips["total"].to_list())
    answers = toy.paired_answers("dense", "pruned")
    assert answers.height == counts["n"].sum() == 18
    assert answers.filter(change="same").height == counts["agree"].sum()
    assert answers.filter(change="changed")["label"].null_count() == answers.filter(change="changed").height


def test_changes_without_labels_are_neither_lost_nor_gained(tmp_path: Path) -> None:
    """Null, not nothing."""
    with make_study(tmp_path / "s.duckdb", np.full(6, -1), {"dense": DENSE, "pruned": PRUNED}) as study:
        counts = study.change_counts("dense", "pruned")
    assert counts.select(pl.col("lost", "gained", "changed_wrong").null_count()).row(0) == (3, 3, 3)
    assert set(counts["n_unlabelled"]) == {6}
