"""The networks that a study can name."""

import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from pietools.errors import TrainingError
from pietools.study_file import read_study_file
from pietools.training.networks import build_network, check_takes, choose_device, match_channels
from pietools.training.networks.wide_resnet import wide_resnet
from pietools.training.train_study import train_study

SMALL = """\
[study]
file = "digits.duckdb"
network = "squeezenet1_1"
replicates = 1
[data]
name = "digits"
[training]
steps = 1
[[regime]]
name = "supervised"
"""


def n_parameters(network: nn.Module) -> int:
    """Count the parameters."""
    return sum(parameter.numel() for parameter in network.parameters())


def test_small_cnn_is_small() -> None:
    """For 10 classes and grey images it has about 24,000 parameters."""
    network = build_network("small-cnn", 10, 1, Path())
    # convolutions 144 + 4,608 + 18,432, normalisation 2 · (16 + 32 + 64), last layer 650
    assert n_parameters(network) == 24_058
    assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_wrn_16_2_has_the_published_size() -> None:
    """Its parameters for CIFAR-10, counted by hand, layer by layer."""
    stem = 3 * 16 * 9
    group1 = (2 * 16 + 16 * 32 * 9) + (2 * 32 + 32 * 32 * 9) + 16 * 32 + 2 * (2 * 32 + 32 * 32 * 9)
    group2 = (2 * 32 + 32 * 64 * 9) + (2 * 64 + 64 * 64 * 9) + 32 * 64 + 2 * (2 * 64 + 64 * 64 * 9)
    group3 = (2 * 64 + 64 * 128 * 9) + (2 * 128 + 128 * 128 * 9) + 64 * 128 + 2 * (2 * 128 + 128 * 128 * 9)
    last = 2 * 128 + 128 * 10 + 10
    assert (stem, group1, group2, group3, last) == (432, 32_992, 131_520, 525_184, 1_546)
    assert n_parameters(build_network("wrn-16-2", 10, 3, Path())) == stem + group1 + group2 + group3 + last == 691_674


@pytest.mark.parametrize(
    ("depth", "width", "millions"), [(40, 1, 0.6), (40, 2, 2.2), (40, 4, 8.9), (16, 8, 11.0), (22, 8, 17.2), (28, 10, 36.5)]
)  # fmt: skip
def test_wide_resnets_have_the_sizes_of_the_paper(depth: int, width: int, millions: float) -> None:
    """Tables 3 and 4 of arXiv 1605.07146 give the parameters of other depths and widths."""
    with torch.device("meta"):
        assert n_parameters(wide_resnet(10, 3, depth, width)) / 1e6 == pytest.approx(millions, abs=0.05)


def test_wrn_16_2_computes_what_the_paper_describes() -> None:
    """Logits equal those of the formula in plain functions: normalise, ReLU, convolve, twice; the first ReLU is shared."""
    torch.manual_seed(0)
    network = build_network("wrn-16-2", 10, 3, Path()).train()
    inputs = torch.randn(4, 3, 32, 32)
    weights = dict(network.named_parameters())

    def active(x: Tensor, name: str) -> Tensor:
        mean, variance = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), keepdim=True, correction=0)
        gain, shift = (weights[f"{name}.{kind}"].view(1, -1, 1, 1) for kind in ("weight", "bias"))
        return functional.relu((x - mean) / (variance + 1e-5).sqrt() * gain + shift)

    x = functional.conv2d(inputs, weights["stem.weight"], padding=1)
    for group in ("group1", "group2", "group3"):
        for block, stride in ((f"{group}.0", 1 if group == "group1" else 2), (f"{group}.1", 1)):
            first = active(x, f"{block}.norm1")
            second = functional.conv2d(first, weights[f"{block}.conv1.weight"], stride=stride, padding=1)
            shortcut = weights.get(f"{block}.shortcut.weight")
            x = x if shortcut is None else functional.conv2d(first, shortcut, stride=stride)
            x = x + functional.conv2d(active(second, f"{block}.norm2"), weights[f"{block}.conv2.weight"], padding=1)
    assert x.shape == (4, 128, 8, 8)
    logits = active(x, "norm").mean((2, 3)) @ weights["linear.weight"].T + weights["linear.bias"]
    assert torch.allclose(network(inputs), logits, atol=1e-4)


def test_wrn_16_2_begins_like_the_papers_code() -> None:
    """Convolutions have variance 2 / fan-out, gains are uniform in [0, 1), biases are zero."""
    torch.manual_seed(0)
    network = build_network("wrn-16-2", 10, 3, Path())
    weight = network.get_parameter("group3.1.conv2.weight")
    assert weight.var().item() == pytest.approx(2 / (128 * 9), rel=0.02)  # 147,456 values: standard error 0.4 %
    assert network.get_parameter("stem.weight").var().item() == pytest.approx(2 / (16 * 9), rel=0.25)
    gains = torch.cat([layer.weight for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)])
    assert 0 <= gains.min() < 0.01
    assert 0.99 < gains.max() < 1
    assert gains.mean().item() == pytest.approx(0.5, abs=0.04)
    assert network.get_parameter("linear.weight").abs().max() < 128**-0.5
    assert not network.get_parameter("linear.bias").any()


def test_resnet18_cifar_has_its_known_size() -> None:
    """Torchvision's 11,689,512 parameters with another stem and ten classes; full resolution reaches the first stage."""
    network = build_network("resnet18-cifar", 10, 3, Path()).eval()
    assert n_parameters(network) == 11_689_512 - 3 * 64 * 49 + 3 * 64 * 9 - 513_000 + 5_130 == 11_173_962
    shapes = []
    for layer in (network.layer1, network.layer4):
        layer.register_forward_hook(lambda *called: shapes.append(tuple(called[2].shape)))
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    assert shapes == [(2, 64, 32, 32), (2, 512, 4, 4)]
    assert network.conv1.weight.var().item() == pytest.approx(2 / (64 * 9), rel=0.15)


@pytest.mark.parametrize("name", ["wrn-16-2", "resnet18-cifar"])
def test_networks_for_small_images_take_grey_digits(name: str) -> None:
    """Images of 8 × 8 pixels and one channel are enough, with no channel repeated."""
    network = build_network(name, 10, 1, Path())
    check_takes(name, network, (1, 8, 8))
    assert next(network.parameters()).shape[1] == 1


def test_images_that_are_too_small_are_refused(tmp_path: Path) -> None:
    """Where a network pools more often than the image can be halved, one line says so before anything is trained."""
    expected = (
        r"'squeezenet1_1' does not take images of shape 1 × 8 × 8 \(choose another, or larger images\): RuntimeError"
    )
    network = build_network("squeezenet1_1", 10, 1, Path())
    check_takes("squeezenet1_1", network, (1, 32, 32))
    with pytest.raises(TrainingError, match=expected) as caught:
        check_takes("squeezenet1_1", network, (1, 8, 8))
    assert "\n" not in str(caught.value)
    (tmp_path / "STUDY.toml").write_text(SMALL)
    with pytest.raises(TrainingError, match=expected):
        train_study(read_study_file(tmp_path / "STUDY.toml"), n_processes=1)


def test_timm_networks_fit_the_images() -> None:
    """A transformer is built for the size and the channels of the images, a convolutional network for the channels."""
    pytest.importorskip("timm")
    for name, size in (("timm:test_vit", (48, 32)), ("timm:test_resnet", (28, 28))):
        network = build_network(name, 7, 1, Path(), image_size=size)
        check_takes(name, network, (1, *size))
        assert network.eval()(torch.zeros(2, 1, *size)).shape == (2, 7)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("test_vitt", r"timm has no network 'test_vitt'\. Did you mean test_vit"),
        ("hf-hub:timm/resnet18", "timm has no network 'hf-hub:timm/resnet18'"),  # would be downloaded
        ("?", r"timm\.list_models\(\) lists them"),
    ],
)
def test_unknown_timm_networks_are_refused(name: str, expected: str) -> None:
    """The line names those that are near, and nothing is fetched from elsewhere."""
    pytest.importorskip("timm")
    with pytest.raises(TrainingError, match=expected):
        build_network(f"timm:{name}", 10, 3, Path(), image_size=(32, 32))


def test_timm_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package the line says how to get it."""
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(TrainingError, match=r"needs the package timm \(pip install timm\), which cannot be imported: "):
        build_network("timm:resnet18", 10, 3, Path(), image_size=(32, 32))


def test_torchvision_networks_take_grey_images() -> None:
    """A grey image is repeated for the three channels of resnet18."""
    network = build_network("resnet18", 7, 1, Path()).eval()
    assert network(match_channels(torch.zeros(2, 1, 32, 32), network)).shape == (2, 7)


def test_networks_of_users(tmp_path: Path) -> None:
    """A function of a module beside the STUDY.toml is called with the number of classes."""
    (tmp_path / "nets.py").write_text(
        "from torch import nn\n"
        "def linear(n_classes):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(64, n_classes))\n"
        "def nothing(n_classes):\n"
        "    return None\n"
        "def fixed():\n"
        "    return nn.Linear(64, 10)\n"
        "def strict(n_classes):\n"
        "    assert n_classes == 10\n"
    )
    assert build_network("python:nets:linear", 3, 1, tmp_path)(torch.zeros(2, 1, 8, 8)).shape == (2, 3)
    for name, expected in (
        ("nothing", "returns NoneType"),
        ("fixed", r"called with 3 and failed: TypeError: fixed\(\) takes 0 positional arguments"),
        ("strict", "'python:nets:strict' was called with 3 and failed: AssertionError"),
    ):
        with pytest.raises(TrainingError, match=expected):
            build_network(f"python:nets:{name}", 3, 1, tmp_path)


def test_unknown_networks_are_refused() -> None:
    """The line names those that are near."""
    for name, expected in (
        ("resnet19", "Did you mean resnet1"),
        ("wrn-16-4", r"Did you mean wrn-16-2\?"),
        ("?", "Allowed: small-cnn, wrn-16-2, resnet18-cifar, torchvision's, timm:NAME, python:MODULE:FUNCTION"),
    ):
        with pytest.raises(TrainingError, match=f"no network is named '.*'. {expected}"):
            build_network(name, 10, 3, Path())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_refused() -> None:
    """Asked for CUDA where there is none, the line says what to use."""
    with pytest.raises(TrainingError, match="Use 'auto' or 'cpu'"):
        choose_device("cuda")
    assert choose_device("auto").type == "cpu"


def test_studies_do_not_share_modules_of_the_same_name(tmp_path: Path) -> None:
    """Each study has the module that stands beside its own STUDY.toml."""
    for width in (1, 2):
        folder = tmp_path / str(width)
        folder.mkdir()
        (folder / "nets.py").write_text(
            f"from torch import nn\ndef net(n_classes):\n    return nn.Linear({width}, n_classes)\n"
        )
        assert build_network("python:nets:net", 3, 1, folder).in_features == width
