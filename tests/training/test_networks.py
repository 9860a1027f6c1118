"""The networks that a study can name."""

from pathlib import Path

import pytest
import torch

from pietools.errors import TrainingError
from pietools.training.networks import build_network, choose_device, match_channels


def test_small_cnn_is_small() -> None:
    """For 10 classes and grey images it has about 24,000 parameters."""
    network = build_network("small-cnn", 10, 1, Path())
    # convolutions 144 + 4,608 + 18,432, normalisation 2 · (16 + 32 + 64), last layer 650
    assert sum(parameter.numel() for parameter in network.parameters()) == 24_058
    assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


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
    with pytest.raises(TrainingError, match=r"no network is named 'resnet19'. Did you mean resnet1"):
        build_network("resnet19", 10, 3, Path())


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
