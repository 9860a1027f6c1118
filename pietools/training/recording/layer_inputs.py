"""What the layers of a network receive: the features that collect keeps, and what the layers' probes see.

Layers are convolutions and linear layers. What one receives is what the stage before it gives: normalised, through its
activation and pooled, however the network is written.
"""

import math
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from pietools.errors import CollectError

LAYERS = (nn.Conv2d, nn.Linear)
MAX_WIDTH = 1024
"""Numbers per example that are kept of a spatial map: distances between whole maps would take several times as long."""
SOFTMAX = "softmax"

OnInput = Callable[[str, nn.Module, Tensor], None]


@contextmanager
def watch_penultimate(network: nn.Module, name: str, on_batch: Callable[[Tensor], None]) -> Iterator[None]:
    """Within the block, call `on_batch` after each forward pass with what the last linear layer received.

    That is float32 of shape (n, width); the last layer is the one that runs last. Raises CollectError, which calls the
    network `name`, if there is no linear layer or it does not receive one row per example.
    """
    latest: list[Tensor] = []

    def on_input(_: str, layer: nn.Module, inputs: Tensor) -> None:
        if isinstance(layer, nn.Linear):
            latest[:] = [inputs]

    def on_output(outputs: Tensor) -> None:
        features = [embed(nn.Linear, inputs) for inputs in latest if len(inputs) == len(outputs)]
        if not features:
            reason = "it has no linear layer that receives one row per example"
            raise CollectError(f"{name} has no penultimate features: {reason}. Take features out of [collect].")
        latest.clear()
        on_batch(features[0])

    with _watch(network, on_input, on_output):
        yield


@contextmanager
def watch_layers(network: nn.Module, on_batch: Callable[[dict[str, Tensor]], None]) -> Iterator[None]:
    """Within the block, call `on_batch` after each forward pass with what each layer received, by the layer's name.

    The layers are in the order in which they run, so the first receives the image, and the probabilities come last, as
    "softmax". A tensor that several layers receive counts for the first of them; a layer that runs twice is NAME and
    NAME#2; one that does not receive one row per example is left out. Each is float32 of shape (n, width), see `embed`.
    """
    found: dict[str, Tensor] = {}
    received: list[weakref.ref[Tensor]] = []

    def on_input(name: str, layer: nn.Module, inputs: Tensor) -> None:
        if any(other() is inputs for other in received):
            return
        received.append(weakref.ref(inputs))
        n_runs = sum(other.partition("#")[0] == name for other in found)
        found[f"{name}#{n_runs + 1}" if n_runs else name] = embed(type(layer), inputs)

    def on_output(outputs: Tensor) -> None:
        embedded = {name: inputs for name, inputs in found.items() if len(inputs) == len(outputs)}
        found.clear()
        received.clear()
        on_batch({**embedded, SOFTMAX: outputs.float().softmax(1)})

    with _watch(network, on_input, on_output):
        yield


def embed(kind: type[nn.Module], inputs: Tensor) -> Tensor:
    """Turn what a layer of this kind receives into float32 of shape (n, width), a new tensor.

    Maps of shape (n, channels, height, width) that a convolution receives are averaged over the cells of the largest
    square grid with at most `MAX_WIDTH` numbers; tokens of shape (n, …, width) that a linear layer receives are averaged.
    """
    inputs = inputs.detach().float()
    if issubclass(kind, nn.Conv2d):
        side = max(1, math.isqrt(MAX_WIDTH // inputs.shape[1]))
        grid = (min(side, inputs.shape[2]), min(side, inputs.shape[3]))
        return nn.functional.adaptive_avg_pool2d(inputs, grid).flatten(1)
    # A copy, because a later layer may work in place.
    return inputs.flatten(1, -2).mean(1) if inputs.ndim > 2 else inputs.clone()


@contextmanager
def _watch(network: nn.Module, on_input: OnInput, on_output: Callable[[Tensor], None]) -> Iterator[None]:
    """Within the block, tell the input of every layer that runs, and the output of the network."""

    def tell_input(name: str) -> Callable[[nn.Module, Any], None]:
        return lambda layer, inputs: on_input(name, layer, inputs[0])

    def tell_output(_: nn.Module, __: Any, outputs: object) -> None:
        if isinstance(outputs, Tensor):
            on_output(outputs)

    with ExitStack() as hooks:
        for name, layer in network.named_modules():
            if isinstance(layer, LAYERS):
                # Before what rounds the inputs of a quantized layer: each layer has a rounded tensor of its own.
                hooks.callback(layer.register_forward_pre_hook(tell_input(name), prepend=True).remove)
        hooks.callback(network.register_forward_hook(tell_output).remove)
        yield
