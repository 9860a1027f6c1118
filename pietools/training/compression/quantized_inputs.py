"""The inputs of convolutions and linear layers in eight bits: their ranges by calibration, and rounding them."""

import copy
import math
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from pietools.errors import TrainingError
from pietools.training.boundary import boundary
from pietools.training.compression.fake_quantization import fake_quantize

TRANSPOSED = nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d
LAYERS = nn.Conv1d | nn.Conv2d | nn.Conv3d | TRANSPOSED | nn.Linear


def quantizable_layers(network: nn.Module) -> dict[str, Any]:
    """Return convolutions and linear layers by the name of their weight, but those that compute it from others."""
    return {
        f"{name}.weight" if name else "weight": layer
        for name, layer in network.named_modules()
        if isinstance(layer, LAYERS) and "weight" in dict(layer.named_parameters(recurse=False))
    }


def input_ranges(network: nn.Module, calibration: Iterable[Tensor]) -> dict[str, tuple[float, float]]:
    """Return the smallest and the largest input, or 0, of each quantizable layer in evaluation mode, by its weight.

    A layer whose forward is never called is left out. Raises TrainingError if there are no examples, the network fails
    on them, or an input is not finite.
    """
    ranges: dict[str, tuple[float, float]] = {}
    n_examples = 0
    with boundary("the network fails on the calibration examples"):
        observed = copy.deepcopy(network).eval()
    for name, layer in quantizable_layers(observed).items():
        layer.register_forward_pre_hook(partial(_observe, name=name, ranges=ranges))
    # As in prediction: float32 means float32 on CUDA too.
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        for batch in calibration:
            with boundary("the network fails on the calibration examples"):
                observed(batch)
            n_examples += len(batch)
    if not n_examples:
        raise TrainingError("int8-static needs calibration examples, and there are none.")
    return ranges


def quantize_inputs(network: nn.Module, packed: Mapping[str, Tensor]) -> None:
    """Make each layer that has an input scale in `packed` round its input first; a copy of the network does so too."""
    for name, layer in quantizable_layers(network).items():
        if f"{name}.input_scale" in packed:
            # Plain numbers follow the network to any device.
            scale, zero_point = (packed[f"{name}.input_{what}"].item() for what in ("scale", "zero_point"))
            layer.register_forward_pre_hook(partial(_quantize_input, scale=scale, zero_point=int(zero_point)))


def _observe(layer: nn.Module, args: Any, *, name: str, ranges: dict[str, tuple[float, float]]) -> None:
    if not args or not args[0].numel():
        return
    low, high = (extreme.item() for extreme in args[0].aminmax())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise TrainingError(f"calibration: the input that {name} meets is not finite, so it has no range.")
    lowest, highest = ranges.get(name, (0.0, 0.0))
    ranges[name] = min(low, lowest), max(high, highest)


def _quantize_input(layer: nn.Module, args: Any, *, scale: float, zero_point: int) -> Any:
    return (fake_quantize(args[0], scale, zero_point), *args[1:]) if args else None
