"""Altered copies of data sets: planted labels, and copies from STUDY.toml into the study and its analysis."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from pietools.analysis import analyze
from pietools.errors import StudyError, TrainingError
from pietools.study import Study
from pietools.study_file import StudyFile
from pietools.training.checkpoints.finding import find_checkpoints
from pietools.training.checkpoints.weights import load_network
from pietools.training.collecting import collect_study
from pietools.training.data.copies import PLANTED, alter_datasets
from pietools.training.data.corrupted_images import CorruptedImages
from pietools.training.data.datasets import load_dataset
from pietools.training.data.images import ArrayImages
from pietools.training.data.label_noise import plant_label_noise
from pietools.training.prediction import accuracy
from tests.training.studies import ELSEWHERE, linear_study, write_study

COPIES = """\
[[data.copy]]
of = "test"
corruption = ["gaussian-noise", "contrast"]
severity = [2, 4]
seed = 3
[[data.copy]]
of = "test"
label_noise = 0.1
"""


@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=60),
    rate=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**32 - 1),
)
def test_exactly_so_many_labels_are_planted(labels: list[int], rate: float, seed: int) -> None:
    """round(rate · n) labels change, each to another class; the given tensor does not change, the same seed gives the same."""
    given_labels = torch.tensor(labels)
    n_planted = round(rate * len(labels))
    if n_planted == 0:
        with pytest.raises(TrainingError, match="plants nothing: raise the rate"):
            plant_label_noise(given_labels, 5, rate, seed)
        return
    noisy = plant_label_noise(given_labels, 5, rate, seed)
    assert int((noisy != given_labels).sum()) == n_planted
    assert 0 <= int(noisy.min()) <= int(noisy.max()) <= 4
    assert given_labels.tolist() == labels
    assert torch.equal(noisy, plant_label_noise(given_labels, 5, rate, seed))


def test_planted_labels_are_any_other_class() -> None:
    """Each of the three other classes is as likely, and so is each of ten parts of the examples."""
    labels = torch.zeros(30_000, dtype=torch.int64)
    noisy = plant_label_noise(labels, 4, 0.3, seed=1)
    assert chisquare(noisy.bincount(minlength=4)[1:].numpy()).pvalue > 0.001
    assert chisquare((noisy != 0).view(10, -1).sum(1).numpy()).pvalue > 0.001
    assert not torch.equal(noisy, plant_label_noise(labels, 4, 0.3, seed=2))


def test_a_higher_rate_plants_more_of_the_same() -> None:
    """What is planted at 0.1 is planted at 0.2, with the same wrong class."""
    labels = torch.arange(1000) % 10
    few, many = (plant_label_noise(labels, 10, rate, seed=5) for rate in (0.1, 0.2))
    is_planted = few != labels
    assert torch.equal(few[is_planted], many[is_planted])
    assert int((many != labels).sum()) == 200


def study_with_copies(folder: Path, copies: str = COPIES) -> StudyFile:
    """Two linear networks, dense and pruned, and altered copies of the digits."""
    linear_study(folder)
    return write_study(folder, ELSEWHERE.replace('name = "digits"\n', f'name = "digits"\n{copies}', 1))


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyFile, pl.DataFrame]:
    """Such a study after `collect`, and the rows that it returned."""
    study_file = study_with_copies(tmp_path_factory.mktemp("copies"))
    return study_file, pl.DataFrame(collect_study(study_file))


def test_copies_are_collected_with_what_was_done_to_them(collected: tuple[StudyFile, pl.DataFrame]) -> None:
    """Five copies after their source, each with its predictions; accuracy on them is that of the network on altered images."""
    study_file, rows = collected
    with Study.open(study_file.study_path, read_only=True) as study:
        stored = study.datasets().select("name", "split", "source", "alteration", "severity", "seed").rows()
        labels = study.labels("digits/test/contrast-4")
    source = ("test", "digits/test")
    assert stored == [
        ("digits/test", "test", None, None, None, None),
        ("digits/test/gaussian-noise-2", *source, "gaussian-noise", 2, 3),
        ("digits/test/gaussian-noise-4", *source, "gaussian-noise", 4, 3),
        ("digits/test/contrast-2", *source, "contrast", 2, 3),
        ("digits/test/contrast-4", *source, "contrast", 4, 3),
        ("digits/test/label-noise-0.1", *source, "label-noise", None, 0),
    ]
    data = load_dataset(study_file.tables.data, "test", study_file.folder)
    assert labels.tolist() == data.labels.tolist()
    copy = alter_datasets(study_file.tables.data, [data])[1]
    file = find_checkpoints(study_file)[2]
    expected = accuracy(load_network(study_file, file, copy, {}), copy, batch_size=500, device=torch.device("cpu"))
    where = {"population": file.spec.name, "replicate": file.replicate, "dataset": copy.name}
    assert rows.filter(**where)["accuracy"].item() == expected


def test_copies_are_collected_once(collected: tuple[StudyFile, pl.DataFrame]) -> None:
    """A second run adds nothing; another seed is another copy and is refused."""
    study_file, _ = collected
    assert not any(row["is_new"] for row in collect_study(study_file))
    with pytest.raises(StudyError, match="'digits/test/gaussian-noise-2' is stored with other inputs"):
        collect_study(study_with_copies(study_file.folder, COPIES.replace("seed = 3", "seed = 4")))


def test_more_copies_are_added_later(tmp_path: Path) -> None:
    """To a study that has the networks on the clean data already."""
    collect_study(linear_study(tmp_path))
    rows = collect_study(study_with_copies(tmp_path, '[[data.copy]]\nof = "test"\nlabel_noise = 0.5\n'))
    assert [row["dataset"] for row in rows if row["is_new"]] == ["digits/test/label-noise-0.5"] * 4


def test_planted_labels_are_known_to_the_study(collected: tuple[StudyFile, pl.DataFrame]) -> None:
    """The property is 1 where the copy's label differs from the source's; the clean data do not have it."""
    study_file, _ = collected
    with Study.open(study_file.study_path, read_only=True) as study:
        noisy = "digits/test/label-noise-0.1"
        planted = study.property(PLANTED, noisy).sort("example_id")["number"].to_numpy()
        assert planted.tolist() == (study.labels(noisy) != study.labels("digits/test")).astype(float).tolist()
        assert planted.sum() == round(0.1 * 899)
        known = study.properties().select("dataset", "property", "source", "n").rows()
    assert known == [(noisy, PLANTED, "pietools", 899)]


def test_the_topic_unseen_sees_corruptions_and_no_label_noise(collected: tuple[StudyFile, pl.DataFrame]) -> None:
    """A row per corrupted copy and one for their average."""
    study_file, _ = collected
    with Study.open(study_file.study_path, read_only=True) as study:
        unseen = analyze(study, topics=["unseen"], store=False).unseen
    found = unseen.select("dataset", "unseen", "alteration", "severity").rows()
    assert found == [
        *(
            ("digits/test", f"digits/test/{alteration}-{severity}", alteration, severity)
            for alteration in ("gaussian-noise", "contrast")
            for severity in (2, 4)
        ),
        ("digits/test", None, None, None),
    ]
    assert np.isfinite(unseen["estimate"].to_numpy()).all()


def test_copies_are_kept_where_all_of_them_are_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four copies of 899 · 64 bytes: in memory if that is allowed, altered at every reading if it is not."""
    settings = study_with_copies(tmp_path).tables.data
    test = load_dataset(settings, "test", tmp_path)
    for room, kind in ((4 * 899 * 64, ArrayImages), (4 * 899 * 64 - 1, CorruptedImages)):
        monkeypatch.setattr("pietools.training.data.copies.IN_MEMORY", room)
        copies = alter_datasets(settings, [test])
        assert {type(copy.images.to(torch.device("cpu"))) for copy in copies[:-1]} == {kind}


def test_a_copy_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """Saturation of gray images that a function gives, and label noise that plants nothing."""
    (tmp_path / "coins.py").write_text(
        "import numpy as np\ndef data(split):\n"
        "    return dict(images=np.zeros((4, 8, 8), np.uint8), labels=np.arange(4), class_names=list('abcd'))\n"
    )
    for copy, expected in (
        ('corruption = "saturation"', "data/test: saturation is for colour images"),
        ("label_noise = 0.1", "label noise of 0.1 in 4 labels of 4 classes plants nothing"),
    ):
        linear_study(tmp_path)
        text = ELSEWHERE.replace('"digits"\n', f'"python:coins:data"\n[[data.copy]]\nof = "test"\n{copy}\n', 1)
        with pytest.raises(TrainingError, match=expected) as caught:
            collect_study(write_study(tmp_path, text))
        assert "\n" not in str(caught.value)
