"""The networks that [study] network can name."""

import difflib
from pathlib import Path

import torch
from torch import Tensor, nn

from pietools.errors import TrainingError
from pietools.training.user_functions import call_user_function


def build_network(name: str, n_classes: int, n_channels: int, folder: Path) -> nn.Module:
    """Build a network with fresh weights from torch's random state.

    `small-cnn` takes images of `n_channels`; `python:MODULE:FUNCTION` is called with the number of classes; every other
    name is a network of torchvision. Raises TrainingError if there is no such network.
    """
    if name == "small-cnn":
        return small_cnn(n_classes, n_channels)
    if name.startswith("python:"):
        network = call_user_function(name, folder, n_classes)
        if not isinstance(network, nn.Module):
            raise TrainingError(f"'{name}' returns {type(network).__name__}; a torch.nn.Module is needed.")
        return network
    return _torchvision_network(name, n_classes)


def small_cnn(n_classes: int, n_channels: int) -> nn.Sequential:
    """Three convolutions of stride 2 with batch normalisation, 16, 32 and 64 wide: 24,058 parameters for 10 classes."""
    layers: list[nn.Module] = []
    for n_in, n_out in ((n_channels, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(n_in, n_out, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, n_classes))


def _torchvision_network(name: str, n_classes: int) -> nn.Module:
    from torchvision import models

    names = models.list_models(module=models)
    if name not in names:
        near = difflib.get_close_matches(name, names, n=3)
        hint = (
            f"Did you mean {', '.join(near)}?" if near else "Allowed: small-cnn, torchvision's, python:MODULE:FUNCTION."
        )
        raise TrainingError(f"no network is named '{name}'. {hint}")
    network: nn.Module = models.get_model(name, weights=None, num_classes=n_classes)
    return network


def place(network: nn.Module, device: torch.device) -> nn.Module:
    """Move the network to the device, in the memory layout that convolutions are fastest in."""
    return network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]


def match_channels(inputs: Tensor, network: nn.Module) -> Tensor:
    """Repeat the channel of grey images, shape (n, 1, height, width), as often as the first convolution wants."""
    wanted = next((layer.in_channels for layer in network.modules() if isinstance(layer, nn.Conv2d)), inputs.shape[1])
    return inputs.expand(-1, wanted, -1, -1) if inputs.shape[1] == 1 else inputs


def choose_device(name: str) -> torch.device:
    """Return the device of "auto" (CUDA where there is one), "cpu" or "cuda"; TrainingError if there is no CUDA."""
    if name == "cuda" and not torch.cuda.is_available():
        raise TrainingError("device = 'cuda', and torch finds no CUDA device. Use 'auto' or 'cpu'.")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)
