"""Quantization after training: weights on the grid of fewer bits, and for `int8-static` inputs of layers as well.

A quantized network is a float32 network that computes with the numbers that fewer bits can hold; its checkpoint keeps
the bits. A packed state dict has for a weight "conv1.weight" in int8 also "conv1.weight.scale", and if the input of the
layer is quantized, "conv1.weight.input_scale" and "conv1.weight.input_zero_point": no plain state dict has a name
within that of a tensor.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from pietools.errors import TrainingError
from pietools.training.compression.fake_quantization import affine_range, float_step, symmetric_scale, weight_levels
from pietools.training.compression.quantized_inputs import (
    LAYERS,
    TRANSPOSED,
    input_ranges,
    quantizable_layers,
    quantize_inputs,
)

BITS = {"float16": 16, "bfloat16": 16, "int8": 8, "int8-static": 8}
"""Bits per weight of each method."""
HALVES = {"float16": torch.float16, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Quantized:
    """What was quantized; `dataclasses.asdict` makes it plain JSON-able data.

    `errors` has for each tensor that was rounded its largest error in steps: of the channel's scale, or between the
    neighbours in half precision. `inputs` lists the weights of the layers whose inputs are quantized. `skipped` has the
    reason for each parameter of two or more dimensions, and each input, that stays float32; biases and the weights and
    statistics of normalisation always do in int8.
    """

    method: str
    errors: dict[str, float] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


def pack(network: nn.Module, method: str, calibration: Iterable[Tensor] = ()) -> tuple[dict[str, Tensor], Quantized]:
    """Return the packed state dict of the network, on the CPU, and what was quantized; the network stays as it is.

    `method` is a key of `BITS`. `calibration`, which int8-static needs, are batches of what the network takes, where the
    network is. Raises TrainingError if a weight is not finite or too large for `method`, if there are no calibration
    examples, or if the network fails on them.
    """
    if method not in BITS:
        raise TrainingError(f"no quantization is named '{method}'. Allowed: {', '.join(BITS)}.")
    if method in HALVES:
        return _pack_halves(network, method)
    packed, quantized = _pack_int8(network, method)
    if method == "int8-static":
        _pack_inputs(network, calibration, packed, quantized)
    return packed, quantized


def unpack(network: nn.Module, packed: Mapping[str, Tensor]) -> nn.Module:
    """Put packed weights into a freshly built float32 network, and let it quantize the inputs of its layers.

    Works on what is not packed as well. The state dict has the names of the plain network. Raises TrainingError if the
    weights do not fit.
    """
    weights = dequantize_weights(packed)
    _check_fit(weights, network.state_dict())
    network.load_state_dict(weights)
    quantize_inputs(network, packed)
    return network


def is_packed(weights: Mapping[str, Tensor]) -> bool:
    """Whether a state dict holds levels with their scales, or half precision."""
    return any(f"{name}.scale" in weights or weight.dtype in HALVES.values() for name, weight in weights.items())


def dequantize_weights(packed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the plain state dict: s q for levels, in float32, and half precision widened."""
    return {name: _dequantize(name, packed) for name in packed if name.rpartition(".")[0] not in packed}


def _pack_halves(network: nn.Module, method: str) -> tuple[dict[str, Tensor], Quantized]:
    """Round what network.half() rounds: all floating-point parameters and buffers, running statistics included."""
    packed, quantized = {}, Quantized(method)
    for name, tensor in network.state_dict().items():
        packed[name] = _plain(tensor)
        if not tensor.is_floating_point():
            continue
        weight = packed[name]
        _check_range(name, weight, HALVES[method])
        packed[name] = weight.to(HALVES[method])
        errors = (weight.double() - packed[name].double()).abs() / float_step(weight, HALVES[method])
        quantized.errors[name] = _largest(errors)
    return packed, quantized


def _pack_int8(network: nn.Module, method: str) -> tuple[dict[str, Tensor], Quantized]:
    packed, quantized = {}, Quantized(method)
    # By identity, because a state dict has a weight that two layers share twice.
    axes = {id(layer.weight): int(isinstance(layer, TRANSPOSED)) for layer in quantizable_layers(network).values()}
    for name, tensor in network.state_dict(keep_vars=True).items():
        weight = _plain(tensor)
        if id(tensor) not in axes:
            packed[name] = weight
            if isinstance(tensor, nn.Parameter) and tensor.ndim > 1:
                quantized.skipped[name] = _reason(network.get_submodule(name.rpartition(".")[0]))
            continue
        weight = weight.float()
        _check_range(name, weight, torch.float32)
        scale = symmetric_scale(weight, axes[id(tensor)])
        packed[name], packed[f"{name}.scale"] = weight_levels(weight, scale), scale
        errors = (weight.double() - _dequantize(name, packed).double()).abs() / scale.double()
        quantized.errors[name] = _largest(errors)
    return packed, quantized


def _pack_inputs(
    network: nn.Module, calibration: Iterable[Tensor], packed: dict[str, Tensor], quantized: Quantized
) -> None:
    ranges = input_ranges(network, calibration)
    for name in quantizable_layers(network):
        if name not in ranges:
            quantized.skipped[f"input of {name}"] = "its layer is never called on its own"
            continue
        scale, zero_point = affine_range(*ranges[name])
        packed[f"{name}.input_scale"] = torch.tensor(scale)
        packed[f"{name}.input_zero_point"] = torch.tensor(zero_point, dtype=torch.int8)
        quantized.inputs.append(name)


def _dequantize(name: str, packed: Mapping[str, Tensor]) -> Tensor:
    tensor = packed[name]
    if f"{name}.scale" in packed:
        return tensor.float() * packed[f"{name}.scale"]
    return tensor.float() if tensor.dtype in HALVES.values() else tensor


def _plain(tensor: Tensor) -> Tensor:
    """Copy to the CPU, in the layout that safetensors wants."""
    return tensor.detach().cpu().clone(memory_format=torch.contiguous_format)


def _check_fit(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    """Name the first reason why the weights do not fit."""
    problems = [f"{name} is missing" for name in wanted if name not in found]
    problems += [f"{name} is no weight of it" for name in found if name not in wanted]
    problems += [
        f"{name} has shape {tuple(found[name].shape)}, not {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in found and found[name].shape != tensor.shape
    ]
    if problems:
        raise TrainingError(f"the packed weights do not fit the network: {problems[0]}.")


def _check_range(name: str, weight: Tensor, dtype: torch.dtype) -> None:
    if not weight.isfinite().all():
        raise TrainingError(f"{name} has NaN or infinite weights: the network cannot be quantized.")
    largest, limit = weight.abs().max().item() if weight.numel() else 0.0, torch.finfo(dtype).max
    if largest > limit:
        kind = str(dtype).removeprefix("torch.")
        raise TrainingError(f"{name} reaches {largest:.6g}, and {kind} ends at {limit:.6g}. Use another quantization.")


def _largest(errors: Tensor) -> float:
    return errors.max().item() if errors.numel() else 0.0


def _reason(module: nn.Module) -> str:
    if isinstance(module, LAYERS):
        return "its layer computes with another tensor than a plain weight"
    return f"{type(module).__name__} is no convolution or linear layer"
