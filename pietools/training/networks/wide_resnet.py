"""Wide residual networks for small images (Zagoruyko & Komodakis 2016, arXiv 1605.07146)."""

from collections import OrderedDict
from itertools import pairwise

from torch import Tensor, nn


def wide_resnet(n_classes: int, n_channels: int, depth: int = 16, width: int = 2) -> nn.Sequential:
    """WRN-`depth`-`width`: WRN-16-2 has 691,674 parameters for 10 classes and RGB.

    A stem of 16, three groups of (depth − 4) / 6 basic blocks that are 16, 32 and 64 times `width` wide, the last two
    with stride 2; no dropout. Weights begin as in the paper's code (models/wide-resnet.lua and Torch's defaults):
    convolutions normal with variance 2 / fan-out, gains of the normalisation uniform in [0, 1), the last layer's
    weights uniform within 1 / √fan-in, biases zero.
    """
    widths = [16, 16 * width, 32 * width, 64 * width]
    groups = [
        (f"group{index}", _group(n_in, n_out, (depth - 4) // 6, stride=1 if index == 1 else 2))
        for index, (n_in, n_out) in enumerate(pairwise(widths), start=1)
    ]
    layers: list[tuple[str, nn.Module]] = [
        ("stem", nn.Conv2d(n_channels, widths[0], 3, padding=1, bias=False)),
        *groups,
        ("norm", nn.BatchNorm2d(widths[-1])),
        ("relu", nn.ReLU()),
        ("pool", nn.AdaptiveAvgPool2d(1)),
        ("flatten", nn.Flatten()),
        ("linear", nn.Linear(widths[-1], n_classes)),
    ]
    network = nn.Sequential(OrderedDict(layers))
    network.apply(_initialise)
    return network


class PreActivationBlock(nn.Module):
    """Two times normalisation, ReLU, 3×3 convolution, added to the input.

    Where the width changes, the input reaches the sum through a 1×1 convolution, after the first ReLU.
    """

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(n_in)
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, padding=1, bias=False)
        self.shortcut = None if n_in == n_out else nn.Conv2d(n_in, n_out, 1, stride, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """Turn (n, n_in, height, width) into (n, n_out, ⌈height / stride⌉, ⌈width / stride⌉)."""
        active = self.norm1(inputs).relu()
        residual: Tensor = self.conv2(self.norm2(self.conv1(active)).relu())
        return residual + (inputs if self.shortcut is None else self.shortcut(active))


def _group(n_in: int, n_out: int, n_blocks: int, stride: int) -> nn.Sequential:
    first = PreActivationBlock(n_in, n_out, stride)
    return nn.Sequential(first, *(PreActivationBlock(n_out, n_out, 1) for _ in range(n_blocks - 1)))


def _initialise(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.uniform_(layer.weight)
    elif isinstance(layer, nn.Linear):
        # torch's own weights are Torch's: uniform within 1 / √fan-in.
        nn.init.zeros_(layer.bias)
