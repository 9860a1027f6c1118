"""What compression did to each layer."""

from collections.abc import Mapping

from torch import Tensor, nn

from pietools.study import Layer
from pietools.training.compression.pruning import inner_weights


def describe_layers(network: nn.Module, stored: Mapping[str, Tensor]) -> list[Layer]:
    """Describe every convolution and linear layer, in the order of definition.

    `stored` is what the checkpoint holds: the type of a weight there tells its bits. One that is computed from others, by a
    parametrization, is not there.
    """
    prunable = inner_weights(network)
    return [
        Layer(
            name=name,
            n_weights=layer.weight.numel(),
            sparsity=float((layer.weight == 0).double().mean()),
            is_prunable=f"{name}.weight" in prunable,
            bits=8 * stored.get(f"{name}.weight", layer.weight).element_size(),
        )
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    ]
