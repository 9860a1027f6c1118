"""`collect` on a study that is there: what is new is added, and a contradiction leaves the study as it was."""

from pathlib import Path

import pytest
import torch
from torch import nn

from pietools.errors import StudyError
from pietools.study import Study
from pietools.training.collecting import collect_study
from tests.training.studies import ELSEWHERE, linear_study, stored_predictions, trained_study, write_study

UNNAMED = ELSEWHERE.replace("dense/{replicate}.pt", "dense/*.pt")
RENAMED = ELSEWHERE.replace('"dense"\nrole', '"thick"\nrole').replace('ce = "dense"', 'ce = "thick"')
AUTOCAST = '[collect]\nautocast = "bfloat16"\n'


def test_collecting_twice_adds_nothing(tmp_path: Path) -> None:
    """The second call finds everything, and the predictions stay as they are."""
    study_file = trained_study(tmp_path)
    collect_study(study_file)
    before = stored_predictions(study_file)
    assert not any(row["is_new"] for row in collect_study(study_file))
    assert stored_predictions(study_file).equals(before)


def test_collecting_goes_on_after_an_interruption(tmp_path: Path) -> None:
    """Stopped after the first network, the next call does the other three."""
    study_file = trained_study(tmp_path)

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collect_study(study_file, interrupt)
    assert [row["is_new"] for row in collect_study(study_file)] == [False, True, True, True]


def test_a_replicate_with_other_weights_is_refused(tmp_path: Path) -> None:
    """A network that was trained again after collecting is a conflict, and the study stays as it is."""
    study_file = linear_study(tmp_path)
    collect_study(study_file)
    before = stored_predictions(study_file)
    torch.save(nn.Sequential(nn.Flatten(), nn.Linear(64, 10)).state_dict(), tmp_path / "runs/dense/a.pt")
    with pytest.raises(StudyError, match=r"'a' of 'dense' is stored with model_digest"):
        collect_study(study_file)
    assert stored_predictions(study_file).equals(before)


@pytest.mark.parametrize("text", [ELSEWHERE, UNNAMED], ids=["named", "unnamed"])
def test_another_split_is_added_to_the_same_networks(tmp_path: Path, text: str) -> None:
    """A network counts once, whether its replicate has a name or not and however many data sets it is run on."""
    linear_study(tmp_path)
    collect_study(write_study(tmp_path, text))
    rows = collect_study(write_study(tmp_path, text.replace('"digits"\n', '"digits"\nevaluate = ["test", "train"]\n')))
    assert [row["is_new"] for row in rows] == [False, True] * 4
    with Study.open(tmp_path / "digits.duckdb", read_only=True) as study:
        assert study.evaluated()["n_models"].to_list() == [2, 2, 2, 2]
        assert study.table("models").num_rows == 4


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (ELSEWHERE, ELSEWHERE + AUTOCAST, "another transform, dtype or autocast"),
        (UNNAMED, UNNAMED + AUTOCAST, "another transform, dtype or autocast"),
        (UNNAMED, UNNAMED + '[collect]\nlogits = "none"\n', "as float32, not none"),
        (ELSEWHERE + '[collect]\nlogits = "none"\n', ELSEWHERE, "logits as none, not float32"),
        (ELSEWHERE, ELSEWHERE + '[collect]\nevidence = {compressed = "labels"}\n', "as logits, not as labels"),
        (ELSEWHERE, RENAMED, "'pruned' is stored with reference"),
        (ELSEWHERE, ELSEWHERE.replace('"pruned"', '"sparse"'), "a network counts once"),
        (ELSEWHERE, ELSEWHERE.replace('"digits"\n', '"digits"\nmean = [0.4]\n'), "another transform"),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_a_contradiction_changes_nothing(tmp_path: Path, first: str, second: str, expected: str) -> None:
    """Another autocast, form of logits or name is refused, and recipe, populations and predictions stay as they were."""
    linear_study(tmp_path)
    study_file = write_study(tmp_path, first)
    collect_study(study_file)
    with pytest.raises(StudyError, match=expected) as caught:
        collect_study(write_study(tmp_path, second))
    assert "\n" not in str(caught.value)
    with Study.open(study_file.study_path, read_only=True) as study:
        assert study.recipe() == study_file.as_dict()
        assert set(study.populations()["name"]) == {"dense", "pruned"}
        assert study.evaluated()["n_models"].to_list() == [2, 2]


def test_the_training_data_may_be_collected_later(tmp_path: Path) -> None:
    """Networks that were collected on test are run on train when the file names it too."""
    study_file = trained_study(tmp_path, steps=1, replicates=1)
    collect_study(study_file)
    text = study_file.path.read_text().replace('"digits"\n', '"digits"\nevaluate = ["test", "train"]\n')
    assert [row["is_new"] for row in collect_study(write_study(tmp_path, text))] == [False, True] * 2
