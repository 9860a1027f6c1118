"""The formulas of quantization: half a step at most, zero kept, by hand, and as torch and NumPy compute them."""

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor

from pietools.training.compression.fake_quantization import (
    affine_range,
    fake_quantize,
    float_step,
    symmetric_scale,
    weight_levels,
)
from pietools.training.compression.quantization import HALVES

# w / s is rounded to float32, by at most 2⁻¹⁸ below 128 and 2⁻¹⁷ below 256, and so is q s, by at most 256 · 2⁻²⁴ steps.
HALF_A_STEP = 0.5 + 2**-15
# 127 s of the largest float32 itself, near 2¹²⁸, would be infinite.
numbers = st.floats(-(2.0**126), 2.0**126, width=32)


@example([[1e-44, 0.0, -3e-45]])  # its step would be 0
@given(st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=4))
def test_int8_weights_are_at_most_half_a_step_off(rows: list[list[float]]) -> None:
    """Every channel has its own step; its largest weight has level 127 or −127, and zero stays zero."""
    weight = torch.tensor(rows)
    scale = symmetric_scale(weight, 0)
    levels = weight_levels(weight, scale)
    errors = (weight.double() - (levels * scale).double()).abs() / scale.double()
    assert errors.max() <= HALF_A_STEP
    assert ((levels == 0) | (weight != 0)).all()
    has_all_levels = weight.abs().amax(1) > 127 * torch.finfo(torch.float32).tiny
    assert (levels.int().abs().amax(1) == 127)[has_all_levels].all()


@example([1e-44, 0.0])
@given(st.lists(numbers, min_size=2, max_size=6))
def test_int8_inputs_are_at_most_half_a_step_off(values: list[float]) -> None:
    """So it is for all inputs within the range of calibration; zero stays zero, and what is outside meets an end."""
    inputs = torch.tensor([*values, 0.0])
    low, high = inputs.min().item(), inputs.max().item()
    scale, zero_point = affine_range(low, high)
    assert -128 <= zero_point <= 127
    rounded = fake_quantize(inputs, scale, zero_point)
    assert ((inputs.double() - rounded.double()).abs() / scale).max() <= HALF_A_STEP
    assert rounded[-1] == 0
    ends = fake_quantize(torch.tensor([-torch.inf, torch.inf]), scale, zero_point).double()
    assert ends.tolist() == pytest.approx([scale * (-128 - zero_point), scale * (127 - zero_point)])


@pytest.mark.parametrize("method", HALVES)
@given(values=st.lists(st.floats(-65504, 65504, width=32), min_size=1, max_size=6))
def test_halves_are_at_most_half_a_step_off(method: str, values: list[float]) -> None:
    """The step is the distance between neighbours, down to the subnormal ones; here nothing else is rounded."""
    values_ = torch.tensor(values)
    rounded = values_.to(HALVES[method])
    errors = (values_.double() - rounded.double()).abs() / float_step(values_, HALVES[method])
    assert errors.max() <= 0.5
    assert ((rounded == 0) | (values_ != 0)).all()


def test_levels_by_hand() -> None:
    """A largest weight of 127 makes steps of 1, half goes to even; a channel of zeros has scale 1."""
    weight = torch.tensor([[127.0, 0.5, 1.5, 2.5, -0.5, -3.5], [0.0] * 6, [0.0, 0, 0, 0, 0, -254]])
    scale = symmetric_scale(weight, 0)
    assert scale.tolist() == [[1.0], [1.0], [2.0]]
    assert weight_levels(weight, scale).tolist() == [[127, 0, 2, 2, 0, -4], [0] * 6, [0, 0, 0, 0, 0, -127]]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-1.0, 4.1, (0.02, -78)),  # (4.1 + 1) / 255 = 0.02, −128 + 1 / 0.02 = −78
        (0.0, 2.55, (0.01, -128)),  # after a ReLU no level is spent below 0
        (5.1, 5.1, (0.02, -128)),  # a constant: the range reaches to 0
        (-5.1, -5.1, (0.02, 127)),
        (0.0, 0.0, (1.0, 0)),
    ],
)
def test_ranges_by_hand(low: float, high: float, expected: tuple[float, int]) -> None:
    """256 levels from the lowest to the highest input, zero among them."""
    assert affine_range(low, high) == (pytest.approx(expected[0], rel=1e-7), expected[1])


def is_near_tie(ratios: Tensor) -> Tensor:
    """Where the division leaves a number so near the middle of two levels that its rounding decides."""
    return (ratios - ratios.floor() - 0.5).abs() < 1e-4


def test_weights_are_those_of_torch() -> None:
    """fake_quantize_per_channel_affine gives the same numbers.

    It multiplies by 1 / s where ours and ONNX divide by s: near ties the two may be a level apart.
    """
    weight = torch.randn(64, 32, 3, 3, generator=torch.Generator().manual_seed(0))
    scale = symmetric_scale(weight, 0)
    ours = weight_levels(weight, scale) * scale
    zeros = torch.zeros(64, dtype=torch.int32)
    theirs = torch.fake_quantize_per_channel_affine(weight, scale.flatten(), zeros, 0, -127, 127)
    differs = ours != theirs
    assert is_near_tie(weight.double() / scale.double())[differs].all()
    assert differs.sum() <= 5


@pytest.mark.parametrize(("low", "high"), [(-3.0, 4.0), (0.0, 2.0), (-5.0, -1.0)])
def test_inputs_are_those_of_torch(low: float, high: float) -> None:
    """fake_quantize_per_tensor_affine gives the same numbers, also beyond the range, but near ties as above."""
    inputs = 3 * torch.randn(200_000, generator=torch.Generator().manual_seed(0))
    scale, zero_point = affine_range(low, high)
    ours = fake_quantize(inputs, scale, zero_point)
    theirs = torch.fake_quantize_per_tensor_affine(inputs, scale, zero_point, -128, 127)
    differs = ours != theirs
    assert is_near_tie(inputs.double() / scale)[differs].all()
    assert differs.sum() <= 10
    assert (ours - theirs).abs().max() <= 1.001 * scale


def test_halves_are_those_of_numpy() -> None:
    """NumPy rounds to the same float16; bfloat16 is float32 with 16 bits rounded off, half to even."""
    weight = 10 ** torch.empty(10_000).uniform_(-9, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(weight.half().float(), torch.tensor(weight.numpy().astype(np.float16).astype(np.float32)))
    bits = weight.numpy().view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16).astype(np.uint32).view(np.float32)
    assert torch.equal(weight.to(HALVES["bfloat16"]).float(), torch.tensor(rounded))
