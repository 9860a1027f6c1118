"""Networks trained here: weights as safetensors, and a JSON sidecar that says how they came about.

The sidecar is written last, so weights without one are half-written and do not count.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor

from pietools.bounds import no_file
from pietools.errors import TrainingError
from pietools.seal import is_intact, sealed
from pietools.training.boundary import boundary
from pietools.whole_files import write_whole

SCHEMA, SEAL = "pietools/checkpoint/2", "sidecar_sha256"
# Sidecars of before, which have no checksum of themselves.
FIRST_SCHEMA = "pietools/checkpoint/1"
KEYS: dict[str, type | tuple[type, ...]] = {
    "population": str,
    "replicate": str,
    "recipe": dict,
    "train_data_digest": str,
    "seeds": dict,
    "model_digest": str,
    "realised_sparsity": (int, float),
    "accuracy": dict,
    "n_bytes": int,
}
"""What others read from a sidecar."""


def checkpoint_path(folder: Path, population: str, replicate: int) -> Path:
    """Return where the weights of a replicate are."""
    # A colon, as in 2:4, is no letter of a file's name everywhere.
    return folder / population.replace(":", "-") / f"replicate_{replicate}.safetensors"


def save_checkpoint(
    path: Path, weights: Mapping[str, Tensor], sidecar: dict[str, Any], extra: Mapping[str, Tensor] | None = None
) -> None:
    """Write weights, `extra` ones that only training on needs, and sidecar.

    `n_bytes`, the size of the weights, is added to the sidecar. Raises TrainingError if they cannot be written.
    """
    content = _as_bytes(weights)
    described = sealed({"schema": SCHEMA, **sidecar, "n_bytes": len(content)}, SEAL)
    with boundary(f"{path} cannot be written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
        if extra:
            write_whole(extra_path(path), _as_bytes(extra))
        write_whole(path.with_suffix(".json"), (json.dumps(described, indent=2) + "\n").encode())


def extra_path(path: Path) -> Path:
    """Return where the weights are that a network lacks and that training on needs: those of a projection head."""
    return path.with_suffix(".extra.safetensors")


def _as_bytes(weights: Mapping[str, Tensor]) -> bytes:
    # No metadata: safetensors writes it in a random order, and the same network is to give the same bytes.
    content: bytes = safetensors.torch.save(
        {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    )
    return content


def read_sidecar(path: Path, population: str, replicate: int) -> dict[str, Any] | None:
    """Read the sidecar of the weights at `path`; None if either is missing.

    Raises TrainingError if it cannot be read, is damaged, or describes another network or weights of another size.
    """
    sidecar = path.with_suffix(".json")
    with boundary(f"{sidecar} cannot be read"):
        if not (path.is_file() and sidecar.is_file()):
            return None
        text = sidecar.read_bytes()
        n_bytes = path.stat().st_size
    content = _parse(text)
    if content is None:
        raise TrainingError(
            f"{sidecar} is damaged, was changed, or is no sidecar of a checkpoint. Move it away, and the network is trained again."
        )
    if (content["population"], content["replicate"]) != (population, str(replicate)):
        raise _contradiction(path, f"says that it is replicate {content['replicate']} of {content['population']}")
    if content["n_bytes"] != n_bytes:
        raise _contradiction(path, f"announces {content['n_bytes']:,} bytes, and there are {n_bytes:,}")
    return content


def check_digest(path: Path, stated: str, found: str) -> None:
    """Raise TrainingError if the weights at `path` have another model digest than the sidecar states."""
    if stated != found:
        raise _contradiction(path, "belongs to other weights")


def load_weights(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file; TrainingError if it is damaged."""
    with boundary(f"{path} cannot be read as safetensors"):
        refuse_no_file(path)
        path.open("rb").close()  # safetensors says of a file that may not be read that there is none
        return safetensors.torch.load_file(path)


def refuse_no_file(path: Path) -> None:
    """Raise TrainingError if there is a pipe, a device or a folder where weights belong: it is not opened."""
    if (reason := no_file(path, may_be_absent=True)) is not None:
        raise TrainingError(f"{reason}, where the weights of a network belong: move it away.")


def _parse(text: bytes) -> dict[str, Any] | None:
    """Return what the sidecar says, None if it is no JSON, lacks something or is not what was written."""
    try:
        content: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or content.get("schema") not in (SCHEMA, FIRST_SCHEMA):
        return None
    if (content["schema"] == SCHEMA or SEAL in content) and not is_intact(content, SEAL):
        return None
    if not all(isinstance(content.get(key), kind) for key, kind in KEYS.items()) or len(content["accuracy"]) != 1:
        return None
    numbers = [content["seeds"].get("initialisation"), *content["accuracy"].values()]
    return content if all(isinstance(number, int | float) for number in numbers) else None


def _contradiction(path: Path, what: str) -> TrainingError:
    advice = "Move both away, and the network is trained again."
    return TrainingError(f"{path} does not match its sidecar, which {what}. {advice}")
