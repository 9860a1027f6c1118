"""Uniform quantization from its formulas: scales, levels, and the numbers that levels stand for.

A level q with scale s and zero point z stands for s (q − z): Jacob et al. (2018, arXiv 1712.05877); per channel:
Krishnamoorthi (2018, arXiv 1806.08342). Rounding is half to even, as in IEEE 754 and ONNX.
"""

import torch
from torch import Tensor

HIGHEST_WEIGHT = 127
"""Weights use −127 … 127: without −128 a weight and its negative have opposite levels."""
LOWEST_INPUT, HIGHEST_INPUT = -128, 127
SMALLEST_SCALE = torch.finfo(torch.float32).tiny
"""A subnormal scale would lose its digits, or be zero."""


def symmetric_scale(weight: Tensor, axis: int) -> Tensor:
    """Return max|w| / 127 of each slice of a float32 weight along `axis`, in a shape that broadcasts against it.

    A slice of zeros has the scale 1.
    """
    others = [dimension for dimension in range(weight.ndim) if dimension != axis]
    largest = weight.abs().amax(others, keepdim=True)
    return torch.where(largest == 0, 1.0, (largest / HIGHEST_WEIGHT).clamp(min=SMALLEST_SCALE))


def weight_levels(weight: Tensor, scale: Tensor) -> Tensor:
    """Return round(w / s) as int8, within −127 … 127; zero is level 0."""
    return (weight / scale).round().clamp(-HIGHEST_WEIGHT, HIGHEST_WEIGHT).to(torch.int8)


def affine_range(low: float, high: float) -> tuple[float, int]:
    """Return scale and zero point that spread 256 levels over [low, high], widened to include 0; 0 is a level.

    The scale is the float32 nearest to (high − low) / 255, the zero point round(−128 − low / scale). A range of nothing
    but 0 has scale 1 and zero point 0.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        return 1.0, 0
    exact = max((high - low) / (HIGHEST_INPUT - LOWEST_INPUT), SMALLEST_SCALE)
    scale = torch.tensor(exact, dtype=torch.float32).item()
    return scale, round(LOWEST_INPUT - low / scale)


def fake_quantize(inputs: Tensor, scale: float, zero_point: int) -> Tensor:
    """Return s (clamp(round(x / s) + z, −128, 127) − z) of every element: what stays of the inputs in eight bits."""
    lowest, highest = LOWEST_INPUT - zero_point, HIGHEST_INPUT - zero_point
    return (inputs / scale).round_().clamp_(lowest, highest).mul_(scale)


def float_step(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Return the distance between the neighbours in `dtype` around each value of [2^e, 2^(e+1)), as float64."""
    ones, exponents = torch.ones_like(values, dtype=torch.float64), torch.frexp(values.double()).exponent
    return torch.ldexp(ones, exponents - 1).clamp(min=torch.finfo(dtype).tiny) * torch.finfo(dtype).eps
