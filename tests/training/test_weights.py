"""Checkpoints made elsewhere: what cannot be read or does not fit is one line."""

import io
import os
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from pietools.errors import CollectError, PietoolsError
from pietools.training.checkpoints.finding import CheckpointFile, find_checkpoints
from pietools.training.checkpoints.weights import load_network, read_weights
from pietools.training.data.datasets import load_dataset
from tests.training.studies import linear_study

STATE = nn.Sequential(nn.Flatten(), nn.Linear(64, 10)).state_dict()


def load(folder: Path, content: bytes) -> nn.Module:
    """Read a checkpoint with this content as the dense replicate a."""
    study_file = linear_study(folder)
    (folder / "runs/dense/a.pt").write_bytes(content)
    file = next(file for file in find_checkpoints(study_file) if file.name == "dense replicate a")
    assert isinstance(file, CheckpointFile)
    return load_network(study_file, file, load_dataset(study_file.tables.data, "test", folder), {})


def saved(content: Any, *, as_zip: bool = True) -> bytes:
    """Return what torch writes, in its present format or the one before."""
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=as_zip)
    return file.getvalue()


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("name", ["a.pt", "a.safetensors"])
def test_a_pipe_is_no_checkpoint(tmp_path: Path, name: str) -> None:
    """On another machine there may be one where the file was planned."""
    study_file = linear_study(tmp_path)
    file = replace(find_checkpoints(study_file)[0], path=tmp_path / name)
    os.mkfifo(file.path)
    with pytest.raises(
        PietoolsError, match="is no file but a pipe, where the weights of a network belong: move it away"
    ):
        read_weights(file)


UNREADABLE = {
    "text": b"epoch 1\nloss 2\n",
    "more text": b"hello",
    "empty": b"",
    "image": b"\x89PNG\r\n\x1a\n" + bytes(50),
    "pickle": pickle.dumps({"a": [1, 2]}, protocol=4),
    "cut off": saved(STATE)[:-300],
    "old, cut off": saved(STATE, as_zip=False)[:227],
    "old, cut off later": saved(STATE, as_zip=False)[:338],
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_files_that_are_no_checkpoint_are_one_line(tmp_path: Path, content: bytes) -> None:
    """Whatever the unpickler raises, the line names the file."""
    with pytest.raises(CollectError, match=r"a\.pt is no checkpoint that torch can read") as caught:
        load(tmp_path, content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (nn.Linear(2, 2), r"a\.pt is not read: it holds more than tensors\. Save network\.state_dict\(\)"),
        ({0: torch.zeros(2), 1: torch.zeros(2)}, "is no state dict"),
        (STATE | {"1.weight": STATE["1.weight"].to_sparse()}, "1.weight is a sparse or quantized tensor"),
        (STATE | {"1.weight": STATE["1.weight"].to(torch.complex64)}, "1.weight is of type complex64, not float32"),
        (STATE | {"1.weight": STATE["1.weight"].to(torch.int8)}, "1.weight is of type int8, not float32"),
        (STATE | {"1.bias": torch.zeros(9)}, r"1.bias has shape \(9,\), not \(10,\)"),
    ],
)
def test_weights_that_do_not_fit_are_one_line(tmp_path: Path, content: Any, expected: str) -> None:
    """No weight is cast to what it is not, and no pickle is run."""
    with pytest.raises(CollectError, match=expected) as caught:
        load(tmp_path, saved(content))
    assert "\n" not in str(caught.value)


def test_weights_of_another_precision_are_taken(tmp_path: Path) -> None:
    """Half precision is widened, as load_state_dict does."""
    network = load(tmp_path, saved({name: tensor.half() for name, tensor in STATE.items()}))
    assert torch.equal(network.state_dict()["1.weight"], STATE["1.weight"].half().float())


class Runs:
    """What a pickle runs when it is opened."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("ran",)


def packed(content: bytes, **more: bytes) -> bytes:
    """An archive of torch again, its parts compressed, with more parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for one in source.infolist():
            made.writestr(one.filename, source.read(one))
        for name, data in more.items():
            made.writestr(name.replace("_", ".", 1), data)
    return stream.getvalue()


HOSTILE = {
    "code": (saved({"a": Runs()}), "it holds more than tensors"),
    "code, old": (saved({"a": Runs()}, as_zip=False), "it holds more than tensors"),
    "code alone": (pickle.dumps(Runs()), "is no checkpoint that torch can read"),
    "a program": (packed(saved(STATE), constants_pkl=b""), "is a program .* which is never run"),
    "a bomb": (packed(saved({"a": torch.zeros(1_000_000)})), "is not read: its .* bytes would become 4,0"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_in_a_checkpoint_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Code, programs and what expands are refused, and nobody is told to trust them."""
    monkeypatch.chdir(tmp_path)
    content, expected = HOSTILE[kind]
    with pytest.raises(CollectError, match=expected) as caught:
        load(tmp_path, content)
    assert "weights_only" not in str(caught.value)
    assert not (tmp_path / "ran").exists()
