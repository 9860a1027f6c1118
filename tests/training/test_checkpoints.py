"""Networks trained here and their sidecars: neither counts without the other, and they must belong together."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pietools.errors import TrainingError
from pietools.study_file import StudyFile, read_study_file
from pietools.training.checkpoints.files import FIRST_SCHEMA, SEAL, load_weights, read_sidecar
from pietools.training.collecting import collect_study
from pietools.training.train_study import train_study
from tests.training.studies import trained_study

BOTH = pytest.mark.parametrize("command", [train_study, collect_study])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two replicates of two populations, trained for a single step; tests work on copies."""
    return trained_study(tmp_path_factory.mktemp("trained"), steps=1).folder


@pytest.fixture
def study_file(trained: Path, tmp_path: Path) -> StudyFile:
    """A copy of the trained study."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return read_study_file(tmp_path / "STUDY.toml")


def message(command: Callable[[StudyFile], Any], study_file: StudyFile) -> str:
    """Return the one line with which the command ends."""
    with pytest.raises(TrainingError) as caught:
        command(study_file)
    assert "\n" not in str(caught.value)
    assert not study_file.study_path.exists()
    return str(caught.value)


def network(study_file: StudyFile, replicate: int, suffix: str) -> Path:
    """Return the weights or the sidecar of a dense network."""
    return study_file.checkpoints_path / f"supervised/dense/replicate_{replicate}{suffix}"


def swap(study_file: StudyFile, suffix: str) -> None:
    """Let the dense replicates 0 and 1 exchange their files."""
    first, second = (network(study_file, replicate, suffix) for replicate in (0, 1))
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)


@BOTH
@pytest.mark.parametrize(
    "changes",
    [None, {"schema": "other/1"}, {"recipe": None}, {"seeds": {}}, {"accuracy": {}}, {"accuracy": {"digits/test": "high"}}],
)  # fmt: skip
def test_a_damaged_sidecar_is_refused(
    command: Callable[[StudyFile], Any], study_file: StudyFile, changes: dict[str, Any] | None
) -> None:
    """Cut off, of another kind or with a key missing: the line says what to do with it."""
    path = network(study_file, 0, ".json")
    text = path.read_text()
    path.write_text(text[:20] if changes is None else json.dumps(json.loads(text) | changes))
    assert "replicate_0.json is damaged, was changed, or is no sidecar of a checkpoint. Move it" in message(
        command, study_file
    )


@BOTH
@pytest.mark.parametrize(
    "changes", [{"seeds": {"initialisation": 5}}, {"accuracy": {"digits/test": 0.5}}, {"layers": []}]
)
def test_what_a_sidecar_says_is_what_was_written(
    command: Callable[[StudyFile], Any], study_file: StudyFile, changes: dict[str, Any]
) -> None:
    """A value that was changed is not repeated, nor if the sidecar is called one of before there were checksums."""
    path = network(study_file, 0, ".json")
    for schema in ("pietools/checkpoint/2", "pietools/checkpoint/1"):
        path.write_text(json.dumps(json.loads(path.read_text()) | changes | {"schema": schema}))
        assert "replicate_0.json is damaged, was changed" in message(command, study_file)


def test_a_sidecar_of_before_there_were_checksums_is_read(study_file: StudyFile) -> None:
    """Networks that were trained then are not trained again."""
    path = network(study_file, 0, ".json")
    content = {key: value for key, value in json.loads(path.read_text()).items() if key != SEAL}
    path.write_text(json.dumps(content | {"schema": FIRST_SCHEMA}))
    assert not any(row["is_new"] for row in train_study(study_file).networks)


def test_a_sidecar_with_nothing_but_its_schema_is_refused(study_file: StudyFile) -> None:
    """Every key that is read must be there."""
    network(study_file, 0, ".json").write_text('{"schema": "pietools/checkpoint/1"}')
    assert "is no sidecar" in message(train_study, study_file)


@BOTH
def test_weights_that_are_cut_off_are_refused(command: Callable[[StudyFile], Any], study_file: StudyFile) -> None:
    """A finished network that lost its end is not taken for finished."""
    path = network(study_file, 0, ".safetensors")
    path.write_bytes(path.read_bytes()[:1000])
    found = message(command, study_file)
    assert "does not match its sidecar, which announces 9" in found
    assert "there are 1,000. Move both away" in found


@BOTH
@pytest.mark.parametrize(
    ("suffixes", "expected"),
    [
        ([".safetensors"], "does not match its sidecar, which belongs to other weights"),
        ([".safetensors", ".json"], "which says that it is replicate 1 of supervised/dense"),
    ],
)
def test_exchanged_replicates_are_refused(
    command: Callable[[StudyFile], Any], study_file: StudyFile, suffixes: list[str], expected: str
) -> None:
    """Weights are compared with their sidecar, and the sidecar with its place."""
    for suffix in suffixes:
        swap(study_file, suffix)
    assert expected in message(command, study_file)


def test_what_may_not_be_read_is_said_to_be_so(study_file: StudyFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sidecars and weights without permission: that they cannot be read, not that they are missing."""

    def refuse(path: Path, *_: object) -> NoReturn:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(TrainingError, match=r"0\.safetensors cannot be read as safetensors: Permission denied\."):
        load_weights(network(study_file, 0, ".safetensors"))
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(TrainingError, match=r"replicate_0\.json cannot be read: Permission denied\."):
        read_sidecar(network(study_file, 0, ".safetensors"), "supervised/dense", 0)
