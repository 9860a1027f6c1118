"""Weights from files into networks."""

import copy
import pickle
import tarfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pietools.errors import CollectError
from pietools.study_file import StudyFile
from pietools.training.boundary import boundary
from pietools.training.checkpoints.digests import model_digest
from pietools.training.checkpoints.files import load_weights, refuse_no_file
from pietools.training.checkpoints.finding import CheckpointFile
from pietools.training.compression.quantization import dequantize_weights, is_packed
from pietools.training.compression.quantized_inputs import quantize_inputs
from pietools.training.data.images import ImageData
from pietools.training.networks import build_network

MAX_NAMES = 5
SAVE = "Save network.state_dict(), better as safetensors"
FORBIDDEN = ("unsupported global", "trying to call reduce")
"""What torch says of a pickle that holds more than tensors; files that are no pickle get other words."""
PROGRAMS = ("constants.pkl", "archive_format")
"""Members of archives that torch.jit and torch.export write: programs, which torch would run."""


Templates = dict[str, nn.Module]
"""Networks by name, as built: copying one is cheaper than building and initialising another."""


def load_network(
    study_file: StudyFile, file: CheckpointFile, data: ImageData, templates: Templates, planned: str | None = None
) -> nn.Module:
    """Build the network for the classes of `data`, or copy it from `templates`, and give it its weights, on the CPU.

    One that was quantized here computes with what its bits can hold. Raises CollectError if the file cannot be read,
    does not fit the network, or holds another one than was planned, by its model digest.
    """
    stored = read_weights(file)
    network = with_weights(study_file, file, stored, data, templates)
    if planned is not None and digest_of(file, stored, network) != planned:
        raise CollectError(
            f"{file.path} holds another network than when or where the work was planned: give all machines the same "
            "checkpoints, and the same command again."
        )
    return network


def read_weights(file: CheckpointFile) -> dict[str, Tensor]:
    """Read what a checkpoint holds; CollectError if it cannot be read."""
    weights = load_weights(file.path) if file.path.suffix == ".safetensors" else _load_pickle(file)
    prefix = file.spec.strip_prefix or ""
    return {name.removeprefix(prefix): tensor for name, tensor in weights.items()}


def digest_of(file: CheckpointFile, stored: dict[str, Tensor], network: nn.Module) -> str:
    """What a network is known by, of what its checkpoint holds and the network with these weights."""
    # Two quantizations of the same weights may differ in the inputs only: what is stored tells them apart.
    return model_digest(file.spec.network, stored if is_packed(stored) else network.state_dict())


def with_weights(
    study_file: StudyFile, file: CheckpointFile, stored: dict[str, Tensor], data: ImageData, templates: Templates
) -> nn.Module:
    """Build a network, see `load_network`, with weights that were read before."""
    weights = dequantize_weights(stored)
    name = file.spec.network
    if name not in templates:
        templates[name] = build_network(
            name, len(data.class_names), data.n_channels, study_file.folder, image_size=data.image_shape[1:]
        )
    network = copy.deepcopy(templates[name])
    subject = f"{file.path} does not fit the network '{file.spec.network}' for {len(data.class_names)} classes"
    with boundary(subject, CollectError):
        _check_fit(subject, weights, network.state_dict())
        network.load_state_dict(weights)
        quantize_inputs(network, stored)
    return network


def _load_pickle(file: CheckpointFile) -> dict[str, Tensor]:
    with boundary(f"{file.path} is no checkpoint that torch can read", CollectError):
        refuse_no_file(file.path)
        _refuse_archive(file.path)
        try:
            with warnings.catch_warnings(action="ignore"):
                # A pickle of anything but tensors and plain containers can run code: no way around weights_only.
                content = torch.load(file.path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            if not any(words in str(error).lower() for words in FORBIDDEN):
                raise CollectError(f"{file.path} is no checkpoint that torch can read.") from error
            raise CollectError(f"{file.path} is not read: it holds more than tensors. {SAVE}.") from error
    return _state_dict(file, content)


def _refuse_archive(path: Path) -> None:
    """Raise for an archive that holds a program, or whose parts are larger than it: torch itself compresses nothing."""
    if tarfile.is_tarfile(path):
        raise CollectError(f"{path} is a tar archive, as torch wrote before 2017. {SAVE}.")
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    if any(one.filename.rpartition("/")[2] in PROGRAMS for one in members):
        raise CollectError(f"{path} is a program (TorchScript, or torch.export), which is never run. {SAVE}.")
    n_stored = path.stat().st_size
    if (n_bytes := sum(one.file_size for one in members)) > n_stored:
        raise CollectError(f"{path} is not read: its {n_stored:,} bytes would become {n_bytes:,}. {SAVE}.")


def _state_dict(file: CheckpointFile, content: Any) -> dict[str, Tensor]:
    key = file.spec.key
    if key is not None:
        if not isinstance(content, dict) or key not in content:
            raise CollectError(f"{file.path} has no key '{key}'.{_found_keys(content)}")
        content = content[key]
    if not isinstance(content, dict) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in content.items()
    ):
        raise CollectError(f"{file.path} is no state dict: set [[population]] key.{_found_keys(content)}")
    return content


def _found_keys(content: Any) -> str:
    return f" It has: {_some(sorted(map(str, content)))}." if isinstance(content, dict) else ""


def _check_fit(subject: str, found: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    """Name the first reason why the weights do not fit."""
    missing, unknown = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    if missing or unknown:
        lacks = f" it lacks {_some(missing)};" if missing else ""
        has = f" it has {_some(unknown)};" if unknown else ""
        raise CollectError(f"{subject}:{lacks}{has} see [[population]] network, key and strip_prefix.")
    for name, tensor in wanted.items():
        if found[name].shape != tensor.shape:
            raise CollectError(f"{subject}: {name} has shape {tuple(found[name].shape)}, not {tuple(tensor.shape)}.")
        _check_kind(subject, name, found[name], tensor)


def _check_kind(subject: str, name: str, found: Tensor, wanted: Tensor) -> None:
    """Refuse what would not be copied, or not as it is: only the precision of a number may change."""
    if found.layout != torch.strided or found.is_quantized:
        raise CollectError(f"{subject}: {name} is a sparse or quantized tensor; save dense ones.")
    # Counters may have any type: those of a network that was saved after half() are floats.
    is_changed = found.is_complex() != wanted.is_complex() or (
        wanted.is_floating_point() and not found.is_floating_point()
    )
    if is_changed:
        raise CollectError(f"{subject}: {name} is of type {_type(found)}, not {_type(wanted)}.")


def _type(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"{', '.join(names[:MAX_NAMES])}{more}"
