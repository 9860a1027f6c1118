"""Networks trained here: weights as safetensors, and a JSON sidecar that says how they came about.

The sidecar is written last, so weights without one are half-written and do not count.
"""

import json
import os
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor, nn

from pietools.errors import TrainingError

SCHEMA = "pietools/checkpoint/1"


def checkpoint_path(folder: Path, population: str, replicate: int) -> Path:
    """Return where the weights of a replicate are."""
    return folder / population / f"replicate_{replicate}.safetensors"


def save_checkpoint(path: Path, network: nn.Module, sidecar: dict[str, Any]) -> None:
    """Write weights and sidecar; `n_bytes`, the size of the weights, is added to the sidecar.

    Raises TrainingError if they cannot be written.
    """
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    # No metadata: safetensors writes it in a random order, and the same network is to give the same bytes.
    content = safetensors.torch.save(weights)
    described = {"schema": SCHEMA, **sidecar, "n_bytes": len(content)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, content)
        _write_whole(path.with_suffix(".json"), (json.dumps(described, indent=2) + "\n").encode())
    except OSError as error:
        raise TrainingError(f"{path} cannot be written: {error.strerror}.") from None


def read_sidecar(path: Path) -> dict[str, Any] | None:
    """Read the sidecar of the weights at `path`; None if either is missing, TrainingError if it is damaged."""
    sidecar = path.with_suffix(".json")
    if not (path.is_file() and sidecar.is_file()):
        return None
    try:
        content: dict[str, Any] = json.loads(sidecar.read_text(encoding="utf-8"))
    except ValueError:
        content = {}
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise TrainingError(f"{sidecar} is no sidecar of a checkpoint. Move it away, and the network is trained again.")
    return content


def load_weights(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file; TrainingError if it is damaged."""
    try:
        return safetensors.torch.load_file(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise TrainingError(f"{path} cannot be read as safetensors: {error}") from None


def _write_whole(path: Path, content: bytes) -> None:
    """Replace a file in one step: another process, or the next one after a crash, sees all of it or nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
