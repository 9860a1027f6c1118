"""Weights from files into networks."""

import pickle
from typing import Any

import torch
from torch import Tensor, nn

from pietools.errors import CollectError
from pietools.study_file import StudyFile
from pietools.training.checkpoint_files import CheckpointFile
from pietools.training.checkpoints import load_weights
from pietools.training.images import ImageData
from pietools.training.networks import build_network

MAX_NAMES = 5


def load_network(study_file: StudyFile, file: CheckpointFile, data: ImageData) -> nn.Module:
    """Build the network for the classes of `data` and give it its weights, on the CPU.

    Raises CollectError if the file cannot be read or does not fit the network.
    """
    weights = load_weights(file.path) if file.path.suffix == ".safetensors" else _load_pickle(file)
    prefix = file.spec.strip_prefix or ""
    weights = {name.removeprefix(prefix): tensor for name, tensor in weights.items()}
    network = build_network(file.spec.network, len(data.class_names), data.n_channels, study_file.folder)
    _check_fit(file, weights, network.state_dict(), data)
    network.load_state_dict(weights)
    return network


def _load_pickle(file: CheckpointFile) -> dict[str, Tensor]:
    try:
        # A pickle of anything but tensors and plain containers can run code: there is no way around weights_only.
        content = torch.load(file.path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        reason = "it holds more than tensors. Save network.state_dict(), better as safetensors"
        raise CollectError(f"{file.path} is not read: {reason}.") from None
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise CollectError(f"{file.path} cannot be read by torch: {_first_line(error)}") from None
    return _state_dict(file, content)


def _state_dict(file: CheckpointFile, content: Any) -> dict[str, Tensor]:
    key = file.spec.key
    if key is not None:
        if not isinstance(content, dict) or key not in content:
            raise CollectError(f"{file.path} has no key '{key}'.{_found_keys(content)}")
        content = content[key]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise CollectError(f"{file.path} is no state dict: set [[population]] key.{_found_keys(content)}")
    return content


def _found_keys(content: Any) -> str:
    return f" It has: {_some(sorted(map(str, content)))}." if isinstance(content, dict) else ""


def _check_fit(file: CheckpointFile, found: dict[str, Tensor], wanted: dict[str, Tensor], data: ImageData) -> None:
    """Name the first reason why the weights do not fit."""
    subject = f"{file.path} does not fit the network '{file.spec.network}' for {len(data.class_names)} classes"
    missing, unknown = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    if missing or unknown:
        lacks = f" it lacks {_some(missing)};" if missing else ""
        has = f" it has {_some(unknown)};" if unknown else ""
        raise CollectError(f"{subject}:{lacks}{has} see [[population]] network, key and strip_prefix.")
    for name, tensor in wanted.items():
        if found[name].shape != tensor.shape:
            raise CollectError(f"{subject}: {name} has shape {tuple(found[name].shape)}, not {tuple(tensor.shape)}.")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"{', '.join(names[:MAX_NAMES])}{more}"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
