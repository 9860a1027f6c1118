"""The networks that [study] network can name."""

import difflib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pietools.errors import TrainingError
from pietools.training.boundary import boundary
from pietools.training.networks.wide_resnet import wide_resnet
from pietools.training.user_functions import call_user_function


def build_network(
    name: str, n_classes: int, n_channels: int, folder: Path, image_size: tuple[int, int] | None = None
) -> nn.Module:
    """Build a network with fresh weights from torch's random state; nothing is downloaded.

    `small-cnn`, `wrn-16-2` and `resnet18-cifar` take images of `n_channels`; so does `timm:NAME`, which is also told
    `image_size` (height and width) where it must know; `python:MODULE:FUNCTION` is called with the number of classes;
    every other name is a network of torchvision. Raises TrainingError if there is no such network.
    """
    own = {"small-cnn": small_cnn, "wrn-16-2": wide_resnet, "resnet18-cifar": resnet18_cifar}
    if name in own:
        return own[name](n_classes, n_channels)
    if name.startswith("python:"):
        network = call_user_function(name, folder, n_classes)
        if not isinstance(network, nn.Module):
            raise TrainingError(f"'{name}' returns {type(network).__name__}; a torch.nn.Module is needed.")
        return network
    if name.startswith("timm:"):
        return _timm_network(name.removeprefix("timm:"), n_classes, n_channels, image_size)
    return _torchvision_network(name, n_classes, list(own))


def small_cnn(n_classes: int, n_channels: int) -> nn.Module:
    """Three convolutions of stride 2 with batch normalisation, 16, 32 and 64 wide: 24,058 parameters for 10 classes."""
    layers: list[nn.Module] = []
    for n_in, n_out in ((n_channels, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(n_in, n_out, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, n_classes))


def resnet18_cifar(n_classes: int, n_channels: int) -> nn.Module:
    """ResNet-18 for small images: torchvision's (He et al. 2016, arXiv 1512.03385) with another stem.

    The stem is a 3 × 3 convolution of stride 1 and no pooling: 11,173,962 parameters for 10 classes and RGB.
    """
    from torchvision.models import resnet18

    network: nn.Module = resnet18(num_classes=n_classes)
    network.conv1 = nn.Conv2d(n_channels, 64, 3, padding=1, bias=False)
    # As torchvision initialises the convolution that this one replaces.
    nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")
    network.maxpool = nn.Identity()
    return network


def _torchvision_network(name: str, n_classes: int, own: list[str]) -> nn.Module:
    from torchvision import models

    names = models.list_models(module=models)
    if name not in names:
        allowed = f"{', '.join(own)}, torchvision's, timm:NAME, python:MODULE:FUNCTION"
        raise TrainingError(f"no network is named '{name}'. {_near(name, [*own, *names]) or f'Allowed: {allowed}.'}")
    network: nn.Module = models.get_model(name, weights=None, num_classes=n_classes)
    return network


def _timm_network(name: str, n_classes: int, n_channels: int, image_size: tuple[int, int] | None) -> nn.Module:
    # Imported here because it is optional.
    with boundary(f"'timm:{name}' needs the package timm (pip install timm), which cannot be imported"):
        import timm
    if not timm.is_model(name):
        near = _near(name, timm.list_models()) or "timm.list_models() lists them."
        raise TrainingError(f"timm has no network '{name}'. {near}")
    # Networks of a fixed size, such as transformers, are built for one; the others do not know the argument.
    is_fixed = getattr(timm.get_pretrained_cfg(name), "fixed_input_size", False)
    size: dict[str, Any] = {"img_size": image_size} if is_fixed and image_size else {}
    with boundary(f"'timm:{name}' cannot be built for {n_classes} classes and the size {image_size}"):
        return timm.create_model(name, pretrained=False, num_classes=n_classes, in_chans=n_channels, **size)


def _near(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=3)
    return f"Did you mean {', '.join(near)}?" if near else ""


@torch.no_grad()
def check_takes(name: str, network: nn.Module, image_shape: tuple[int, int, int]) -> None:
    """Raise TrainingError if the network fails on images of this shape (channels, height, width), as on too small ones.

    Leaves the network in evaluation mode.
    """
    network.eval()
    shape = " × ".join(str(length) for length in image_shape)
    with boundary(f"the network '{name}' does not take images of shape {shape} (choose another, or larger images)"):
        network(match_channels(torch.zeros(2, *image_shape), network))


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
