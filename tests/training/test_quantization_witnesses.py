"""Quantized networks against ONNX Runtime's quantizer and integer kernels, and torchao's quantizer."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pietools.training.compression.quantization import pack, unpack

CALIBRATION = torch.randn(64, 1, 8, 8, generator=torch.Generator().manual_seed(0)).split(16)
IMAGES = torch.randn(256, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def conv_relu_linear() -> nn.Sequential:
    """Three layers, one with groups, and biases; ONNX Runtime's quantizer knows them all."""
    torch.manual_seed(0)
    first, second = nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.Conv2d(8, 16, 3, groups=2)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Flatten(), nn.Linear(64, 10)).eval()


# ONNX Runtime


def as_onnx(network: nn.Sequential) -> Any:
    """Write the network, in float32, as an ONNX model."""
    onnx = pytest.importorskip("onnx")
    nodes: list[Any] = []
    tensors: list[Any] = []
    kinds: dict[type, Callable[[Any], tuple[str, dict[str, Any]]]] = {
        nn.Conv2d: lambda c: ("Conv", {"strides": c.stride, "pads": c.padding * 2, "group": c.groups}),
        nn.ReLU: lambda _: ("Relu", {}),
        nn.Flatten: lambda _: ("Flatten", {}),
        nn.Linear: lambda _: ("Gemm", {"transB": 1}),
    }
    for k, layer in enumerate(network):
        kind, attributes = kinds[type(layer)](layer)
        weights = {f"{k}.{name}": weight.detach().numpy() for name, weight in layer.named_parameters()}
        tensors += [onnx.numpy_helper.from_array(weight, name) for name, weight in weights.items()]
        nodes.append(onnx.helper.make_node(kind, [f"into_{k}", *weights], [f"into_{k + 1}"], name=str(k), **attributes))
    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in (("into_0", ["n", 1, 8, 8]), (f"into_{len(network)}", ["n", 10]))
    ]
    graph = onnx.helper.make_graph(nodes, "network", ends[:1], ends[1:], tensors)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)


@pytest.fixture(scope="module")
def onnx_quantized(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, np.ndarray]]:
    """The network above as ONNX Runtime quantizes it with its defaults, per channel: the file and its tensors."""
    onnx = pytest.importorskip("onnx")
    quantization = pytest.importorskip("onnxruntime.quantization")
    folder = tmp_path_factory.mktemp("onnx")
    onnx.save(as_onnx(conv_relu_linear()), folder / "float.onnx")

    class Batches(quantization.CalibrationDataReader):
        batches = iter([{"into_0": batch.numpy()} for batch in CALIBRATION])

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self.batches, None)

    quantization.quantize_static(
        folder / "float.onnx",
        folder / "int8.onnx",
        Batches(),
        per_channel=True,
        extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm"]},  # the logits stay float32
    )
    tensors = onnx.load(folder / "int8.onnx").graph.initializer
    return folder / "int8.onnx", {tensor.name: np.array(onnx.numpy_helper.to_array(tensor)) for tensor in tensors}


def test_onnx_runtime_quantizes_to_the_same_numbers(onnx_quantized: tuple[Path, dict[str, np.ndarray]]) -> None:
    """Levels and scales of all weights, convolutions with groups included, are equal bit for bit, and so are zero points.

    Scales of inner inputs are equal but for the order in which its convolution and torch's add up.
    """
    _, theirs = onnx_quantized
    ours, report = pack(conv_relu_linear(), "int8-static", CALIBRATION)
    assert report.inputs == list(report.errors) == ["0.weight", "2.weight", "5.weight"]
    for name in report.errors:
        assert np.array_equal(ours[name].numpy(), theirs[f"{name}_quantized"])
        assert np.array_equal(ours[f"{name}.scale"].flatten().numpy(), theirs[f"{name}_scale"])
    # Its quantizer leaves each ReLU to the clamping of the next input, and flattens what is quantized.
    for name, source in zip(report.inputs, ("into_0", "into_2", "into_4"), strict=True):
        assert ours[f"{name}.input_zero_point"].item() == theirs[f"{source}_zero_point"]
        assert ours[f"{name}.input_scale"].item() == pytest.approx(theirs[f"{source}_scale"].item(), rel=1e-6)


def test_integer_kernels_give_the_same_logits(
    onnx_quantized: tuple[Path, dict[str, np.ndarray]], tmp_path: Path
) -> None:
    """ONNX Runtime, adding up integers in convolutions and the linear layer, gives our logits.

    Its biases are whole multiples of input scale times weight scale, at most half of that away from ours. With its
    biases our logits are its logits to float32's precision; a near tie may cost a few examples a level.
    """
    path, theirs = onnx_quantized
    expected, kernels = integer_logits(path, tmp_path / "optimized.onnx")
    assert kernels.count("QLinearConv") == 2
    assert kernels.count("QGemm") == 1
    assert not {"Conv", "Gemm"} & set(kernels)
    network = conv_relu_linear()
    packed, _ = pack(network, "int8-static", CALIBRATION)
    for k in (0, 2, 5):
        step = theirs[f"{k}.bias_quantized_scale"]
        assert step == pytest.approx(
            (packed[f"{k}.weight.input_scale"] * packed[f"{k}.weight.scale"]).flatten().numpy()
        )
        bias = torch.tensor(theirs[f"{k}.bias_quantized"] * step, dtype=torch.float32)
        assert ((bias - packed[f"{k}.bias"]).abs() <= 0.501 * torch.tensor(step)).all()
        packed[f"{k}.bias"] = bias
    with torch.inference_mode():
        ours, exact = unpack(copy.deepcopy(network), packed)(IMAGES), network(IMAGES)
    differences = (ours - expected).abs().amax(1)
    assert (differences < 1e-5).double().mean() > 0.98
    assert differences.max() < 0.2 * (exact - expected).abs().max()


def integer_logits(path: Path, optimized: Path) -> tuple[Tensor, list[str]]:
    """Run a quantized model; returns logits and the kernels that ran."""
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.optimized_model_filepath = str(optimized)
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # it warns that the optimized model is for this machine only
    session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    logits = torch.tensor(session.run(None, {"into_0": IMAGES.numpy()})[0])
    return logits, [node.op_type for node in onnx.load(optimized).graph.node]


# torchao


def test_torchao_agrees_over_the_same_levels() -> None:
    """With −127 … 127 and a block per output channel its symmetric quantizer gives our scales and levels."""
    torchao = pytest.importorskip("torchao.quantization.quant_primitives")
    for weight in (conv_relu_linear()[2].weight.detach(), conv_relu_linear()[5].weight.detach()):
        block = (1, *weight.shape[1:])
        symmetric = torchao.MappingType.SYMMETRIC
        scale, zero = torchao.choose_qparams_affine(weight, symmetric, block, torch.int8, -127, 127)
        levels = torchao.quantize_affine(weight, block, scale, zero, torch.int8, -127, 127)
        packed, _ = pack(layer_of(weight), "int8")
        assert torch.equal(packed["weight.scale"].flatten(), scale.flatten())
        assert torch.equal(packed["weight"], levels)


def layer_of(weight: Tensor) -> nn.Module:
    """A layer with this weight."""
    layer = nn.Linear(1, 1) if weight.ndim == 2 else nn.Conv2d(1, 1, 1)
    layer.weight = nn.Parameter(weight)
    return layer


def test_how_torchao_differs_by_default() -> None:
    """Its scales are max|w| / 127.5, and for a convolution there is one for each place of the kernel.

    Its level −128 is as good as ours, but the largest positive weight, 127.5 steps, is cut off by half a step. Without a
    filter its Int8WeightOnlyConfig leaves convolutions as they are; ours have levels.
    """
    torchao = pytest.importorskip("torchao.quantization")
    network = conv_relu_linear()
    packed, _ = pack(network, "int8")
    theirs = copy.deepcopy(network)
    # Not the first: a convolution of one channel stops it with an error.
    torchao.quantize_(theirs, torchao.IntxWeightOnlyConfig(torch.int8), lambda _, name: name in {"2", "5"})
    for k in (2, 5):
        largest = theirs[k].weight.scale.flatten(1).amax(1)
        assert torch.allclose(largest * 127.5 / 127, packed[f"{k}.weight.scale"].flatten(), rtol=1e-6)
    assert theirs[2].weight.scale.shape == (16, 1, 3, 3)
    assert theirs[5].weight.scale.shape == (10, 1)
    default = copy.deepcopy(network)
    torchao.quantize_(default, torchao.Int8WeightOnlyConfig())
    assert type(default[2].weight) is nn.Parameter
    assert type(default[5].weight) is not nn.Parameter
    assert packed["2.weight"].dtype == torch.int8
