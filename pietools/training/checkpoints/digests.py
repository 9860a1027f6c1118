"""What makes two networks, or two evaluations, the same."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import torch
from torch import Tensor


def json_digest(content: Any) -> str:
    """Hash what JSON can hold, whatever the order of its keys."""
    return f"sha256:{sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()}"


def model_digest(network_name: str, weights: Mapping[str, Tensor]) -> str:
    """Hash the network's name and its final weights and buffers: names, types, shapes and values."""
    digest = sha256(network_name.encode())
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"\0{name} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
        # As bytes, because NumPy has no bfloat16; flat, because a scalar has no bytes to view.
        digest.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
    return f"sha256:{digest.hexdigest()}"


def evaluation_digest(model: str, content_digest: str, transform: str, dtype: str, autocast: str | None) -> str:
    """Hash what decides the predictions: model and data by their digests, transform, type of the weights, autocast."""
    return json_digest([model, content_digest, transform, dtype, autocast])
