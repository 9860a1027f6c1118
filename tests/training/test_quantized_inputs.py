"""Inputs of layers in eight bits: ranges from calibration, and what layers meet after unpacking."""

import pytest
import torch
from torch import Tensor, nn

from pietools.errors import TrainingError
from pietools.training.compression.fake_quantization import fake_quantize
from pietools.training.compression.quantization import pack
from pietools.training.compression.quantized_inputs import input_ranges
from tests.training.test_quantization import IMAGES, trained, unpacked


def test_layers_meet_inputs_of_256_levels() -> None:
    """With int8-static each layer sees multiples of its input scale; larger images than in calibration meet the ends."""
    network = trained()
    packed, report = pack(network, "int8-static", [IMAGES])
    assert report.inputs == ["0.weight", "3.weight", "6.weight", "11.weight"]
    quantized = unpacked(network, packed)
    seen: dict[str, Tensor] = {}
    for name in report.inputs:
        layer = quantized.get_submodule(name.removesuffix(".weight"))
        layer.register_forward_hook(lambda layer, args, output, name=name: seen.update({name: args[0]}))
    with torch.inference_mode():
        quantized(3 * IMAGES)
    for name, inputs in seen.items():
        levels = inputs / packed[f"{name}.input_scale"] + packed[f"{name}.input_zero_point"]
        assert torch.allclose(levels, levels.round(), atol=1e-4)
        assert levels.round().min() == -128
        assert levels.round().max() == 127


def test_ranges_are_those_of_all_batches() -> None:
    """The first layer sees the images, each layer after a ReLU nothing below 0; an empty batch adds nothing."""
    ranges = input_ranges(trained(), [IMAGES[:7], IMAGES[:0], IMAGES[7:]])
    assert list(ranges) == ["0.weight", "3.weight", "6.weight", "11.weight"]
    assert ranges["0.weight"] == (IMAGES.min().item(), IMAGES.max().item())
    assert all(low == 0 < high for low, high in list(ranges.values())[1:])
    once = input_ranges(trained(), [IMAGES])
    assert all(ranges[name] == pytest.approx(found, rel=1e-5) for name, found in once.items())


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        ([], "int8-static needs calibration examples, and there are none"),
        ([IMAGES[:0]], "int8-static needs calibration examples, and there are none"),
        ([IMAGES, IMAGES[:, :, 0]], r"the network fails on the calibration examples: .*"),
        ([IMAGES * torch.inf], "the input that 0.weight meets is not finite"),
    ],
)
def test_calibration_that_cannot_be_used(batches: list[Tensor], expected: str) -> None:
    """No range is guessed."""
    with pytest.raises(TrainingError, match=expected) as caught:
        pack(trained(), "int8-static", batches)
    assert "\n" not in str(caught.value)


def test_constant_inputs_are_kept() -> None:
    """A layer that saw only the constant 3 computes with exactly 3, one that saw only zeros with whole numbers."""
    network = nn.Sequential(nn.Linear(2, 1))
    for constant, inputs, expected in ((3.0, [3.0, 9.0], [3.0, 3.0]), (0.0, [0.4, 200.0], [0.0, 127.0])):
        packed, _ = pack(network, "int8-static", [torch.full((4, 2), constant)])
        scale, zero_point = (packed[f"0.weight.input_{what}"].item() for what in ("scale", "zero_point"))
        assert fake_quantize(torch.tensor(inputs), scale, zero_point).tolist() == pytest.approx(expected)
