"""Quantized networks: on the grid, at most half a step off, zeros kept, and the network that was packed left alone."""

import copy
import dataclasses
import json

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn.utils import fusion, parametrizations, prune

from pietools.errors import TrainingError
from pietools.training.compression.quantization import BITS, is_packed, pack, unpack
from pietools.training.networks import small_cnn

METHODS = pytest.mark.parametrize("method", BITS)
IMAGES = torch.randn(32, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def trained(seed: int = 0) -> nn.Module:
    """A small network in evaluation mode whose normalisation has seen images, with zeros among its weights."""
    torch.manual_seed(seed)
    network = small_cnn(10, 1)
    with torch.no_grad():
        for layer in network:
            if isinstance(layer, nn.BatchNorm2d):
                layer.weight.uniform_(-1, 2)
                layer.bias.uniform_(-1, 1)
            elif isinstance(layer, nn.Conv2d):
                layer.weight[layer.weight.abs() < 0.02] = 0
        network(IMAGES)
    return network.eval()


def unpacked(network: nn.Module, packed: dict[str, Tensor]) -> nn.Module:
    """Give packed weights to another network than the one that they are from."""
    return unpack(copy.deepcopy(network).apply(forget), packed)


def forget(layer: nn.Module) -> None:
    """Draw new weights, where a layer can."""
    if hasattr(layer, "reset_parameters"):
        layer.reset_parameters()


@METHODS
def test_zeros_of_a_pruned_network_stay(method: str) -> None:
    """Whatever was exactly zero is exactly zero again, and most other weights are not."""
    network = trained()
    packed, _ = pack(network, method, [IMAGES])
    for before, after in zip(network.parameters(), unpacked(network, packed).parameters(), strict=True):
        assert not after[before == 0].any()
        assert (after[before != 0] != 0).double().mean() > 0.95


@METHODS
def test_the_network_is_left_as_it_is(method: str) -> None:
    """Modes, weights and statistics are those of before, no hook stays, and a second call gives the same bytes."""
    network = trained().train()
    network[1].eval()
    modes, weights = [layer.training for layer in network.modules()], copy.deepcopy(network.state_dict())
    first, report = pack(network, method, [IMAGES])
    second, again = pack(network, method, IMAGES.split(8))
    assert safetensors.torch.save(first) == safetensors.torch.save(second)
    assert report == again
    assert [layer.training for layer in network.modules()] == modes
    assert all(torch.equal(weights[name], tensor) for name, tensor in network.state_dict().items())
    assert not any(layer._forward_pre_hooks for layer in network.modules())
    assert not {tensor.data_ptr() for tensor in first.values()} & {p.data_ptr() for p in network.parameters()}


@METHODS
def test_what_was_unpacked_packs_to_the_same(method: str) -> None:
    """Rounding twice is rounding once."""
    network = trained()
    packed, _ = pack(network, method, [IMAGES])
    again, report = pack(unpacked(network, packed), method.removesuffix("-static"))
    assert all(torch.equal(tensor, packed[name]) for name, tensor in again.items() if not name.endswith("scale"))
    assert max(report.errors.values()) < 1e-5


@METHODS
def test_a_copy_predicts_the_same(method: str) -> None:
    """The quantizers survive deepcopy and another memory layout; the state dict has the plain names."""
    network = trained()
    packed, _ = pack(network, method, [IMAGES])
    quantized = unpacked(network, packed)
    copied = copy.deepcopy(quantized).to(torch.device("cpu"), memory_format=torch.channels_last)
    assert quantized.state_dict().keys() == network.state_dict().keys()
    with torch.inference_mode():
        exact, expected, found = network(IMAGES), quantized(IMAGES), copied(IMAGES)
    assert torch.allclose(expected, found, atol=1e-5)
    assert 1e-4 < (expected - exact).abs().max() < 0.2
    assert pack(copied, method, [IMAGES])[0].keys() == packed.keys()


def test_folding_batch_normalisation_would_change_no_level() -> None:
    """Folding multiplies a channel by γ/σ, and the scale of the channel takes that up."""
    network = trained()
    packed, _ = pack(network, "int8")
    for k in (0, 3, 6):
        folded = fusion.fuse_conv_bn_eval(network[k], network[k + 1])
        sign = network[k + 1].weight.sign()[:, None, None, None]
        levels, _ = pack(folded, "int8")
        assert torch.equal(levels["weight"], packed[f"{k}.weight"] * sign)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Conv1d(4, 6, 3, groups=2), (6, 1, 1)),
        (nn.Conv3d(4, 6, 3), (6, 1, 1, 1, 1)),
        (nn.Conv2d(4, 4, 3, groups=4), (4, 1, 1, 1)),
        (nn.ConvTranspose2d(4, 6, 3), (1, 6, 1, 1)),
        (nn.Linear(4, 6), (6, 1)),
    ],
)
def test_every_output_channel_has_its_scale(layer: nn.Module, shape: tuple[int, ...]) -> None:
    """Outputs are the first dimension of a weight, and the second where a convolution is transposed."""
    packed, report = pack(layer, "int8")
    assert packed["weight"].dtype == torch.int8
    assert packed["weight.scale"].shape == shape
    assert packed["bias"].dtype == torch.float32
    assert report.errors.keys() == {"weight"}


class Attentive(nn.Module):
    """Has what is no plain layer: an embedding that shares its weight, attention, a parametrization."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(5, 8)
        self.attention = nn.MultiheadAttention(8, 2)
        self.normed = parametrizations.weight_norm(nn.Linear(8, 8))
        self.places = nn.Embedding(5, 8)
        self.last = nn.Linear(8, 5, bias=False)
        self.last.weight = self.embedding.weight

    def forward(self, tokens: Tensor) -> Tensor:
        """Return five numbers for each token."""
        inputs = self.embedding(tokens) + self.places(tokens)
        return self.last(self.normed(self.attention(inputs, inputs, inputs)[0]))


def test_what_is_skipped_is_named() -> None:
    """Parameters that are no layer's plain weight stay float32, with the reason; a shared weight stays shared."""
    torch.manual_seed(0)
    network = Attentive()
    tokens = torch.arange(5)
    packed, report = pack(network, "int8-static", [tokens])
    assert json.loads(json.dumps(dataclasses.asdict(report)))["skipped"] == {
        "attention.in_proj_weight": "MultiheadAttention is no convolution or linear layer",
        "normed.parametrizations.weight.original0": "ParametrizationList is no convolution or linear layer",
        "normed.parametrizations.weight.original1": "ParametrizationList is no convolution or linear layer",
        "places.weight": "Embedding is no convolution or linear layer",
        "input of attention.out_proj.weight": "its layer is never called on its own",
    }
    assert report.errors.keys() == {"embedding.weight", "last.weight", "attention.out_proj.weight"}
    assert report.inputs == ["last.weight"]
    quantized = unpack(Attentive(), packed)
    assert torch.equal(quantized.embedding.weight, quantized.last.weight)
    assert torch.allclose(quantized(tokens), network(tokens), atol=0.1)


def test_pruned_by_hooks_is_skipped() -> None:
    """A layer that torch.nn.utils.prune masks computes its weight, and says so."""
    network = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    prune.l1_unstructured(network[0], "weight", amount=0.5)
    _, report = pack(network, "int8")
    assert report.skipped == {"0.weight_orig": "its layer computes with another tensor than a plain weight"}


def test_halves_are_those_of_deployment() -> None:
    """float16 and bfloat16 round what network.half() and network.bfloat16() do: statistics too, no counters."""
    network = trained()
    for method, expected in {
        "float16": copy.deepcopy(network).half(),
        "bfloat16": copy.deepcopy(network).bfloat16(),
    }.items():
        packed, report = pack(network, method)
        assert all(torch.equal(packed[name], tensor) for name, tensor in expected.state_dict().items())
        assert "1.running_var" in report.errors
        assert packed["1.num_batches_tracked"].dtype == torch.int64
        assert 0.4 < max(report.errors.values()) <= 0.5


def test_size_on_disk() -> None:
    """23,824 weights of a byte, a scale of four for each of 122 channels; all else has four bytes, counters eight."""
    packed, _ = pack(trained(), "int8")
    n_bytes = {name: tensor.numel() * tensor.element_size() for name, tensor in packed.items()}
    n_weights = 16 * 9 + 16 * 32 * 9 + 32 * 64 * 9 + 64 * 10
    assert sum(n for name, n in n_bytes.items() if packed[name].dtype == torch.int8) == n_weights
    n_others = 4 * (16 + 32 + 64) + 10  # γ, β, mean and variance of 112 channels, ten biases
    assert sum(n_bytes.values()) == n_weights + 4 * (122 + n_others) + 3 * 8


def test_what_is_packed_can_be_told() -> None:
    """Levels or half precision are; a plain state dict is not, even if it has int8 buffers of its own."""
    network = trained()
    assert not is_packed(network.state_dict())
    assert not is_packed({**network.state_dict(), "mask": torch.zeros(3, dtype=torch.int8)})
    assert all(is_packed(pack(network, method, [IMAGES])[0]) for method in BITS)
    state = unpack(small_cnn(10, 1), network.state_dict()).state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in network.state_dict().items())


def spoiled(value: float) -> nn.Module:
    """A network with one bad weight."""
    network = trained()
    with torch.no_grad():
        network[3].weight[0, 0, 0, 0] = value
    return network


@pytest.mark.parametrize(
    ("value", "method", "expected"),
    [
        (torch.nan, "int8", "3.weight has NaN or infinite weights"),
        (-torch.inf, "bfloat16", "3.weight has NaN or infinite weights"),
        (-70000.0, "float16", r"3.weight reaches 70000, and float16 ends at 65504\. Use another"),
        (3.4e38, "bfloat16", r"3.weight reaches 3.4e\+38, and bfloat16 ends at 3.38953e\+38"),
        (1.0, "int4", "no quantization is named 'int4'. Allowed: float16, bfloat16, int8, int8-static"),
    ],
)
def test_weights_that_cannot_be_quantized(value: float, method: str, expected: str) -> None:
    """The line names the weight."""
    with pytest.raises(TrainingError, match=expected):
        pack(spoiled(value), method)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"9.weight": torch.zeros(2)}, "9.weight is no weight of it"),
        ({"11.weight": torch.zeros(2, 64)}, r"11.weight has shape \(2, 64\), not \(10, 64\)"),
        ({"11.bias": None}, "11.bias is missing"),
    ],
)
def test_packed_weights_of_another_network(change: dict[str, Tensor | None], expected: str) -> None:
    """The line names the first weight that does not fit."""
    packed = {**pack(trained(), "float16")[0], **change}
    with pytest.raises(TrainingError, match=expected):
        unpack(small_cnn(10, 1), {name: tensor for name, tensor in packed.items() if tensor is not None})
