"""Running a network over a data set."""

import contextlib
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from pietools.errors import CollectError
from pietools.statistics.tools.scalars import count_near_ties
from pietools.training.boundary import boundary
from pietools.training.data.images import ImageData
from pietools.training.networks import match_channels

OTHER_DEVICE = 0.005
"""Share of examples that another device, which sums in another order, may predict otherwise, beside near ties."""
AUTOCAST = {"bfloat16": torch.bfloat16, "float16": torch.float16}


@torch.inference_mode()
def predict_logits(
    network: nn.Module,
    data: ImageData,
    indices: Tensor,
    *,
    batch_size: int,
    device: torch.device,
    autocast: str | None = None,
    name: str = "the network",
    width: int | None = None,
) -> Tensor:
    """Return the logits of the examples at `indices`: float32, on the CPU, shape (n, classes).

    The network, which messages call `name`, is left in evaluation mode. An encoder, whose features are `width` wide,
    returns these. Raises CollectError if it fails or does not return one number per class, or feature.
    """
    network.eval()
    images = data.images.to(device)
    precision = torch.autocast(device.type, AUTOCAST[autocast]) if autocast else contextlib.nullcontext()
    logits = []
    # float32 means float32: on CUDA convolutions would otherwise be rounded to TensorFloat-32.
    with precision, torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        for batch in indices.split(batch_size):
            inputs = match_channels(data.normalize(images.read(batch).to(device)), network)
            with boundary(f"{name} fails on {data.name}", CollectError):
                expected = (len(batch), width or len(data.class_names))
                logits.append(_check_output(name, network(inputs), expected, data).float().cpu())
    return torch.cat(logits)


def accuracy(network: nn.Module, data: ImageData, *, batch_size: int, device: torch.device) -> float:
    """Return the fraction of examples whose largest logit is that of the label."""
    logits = predict_logits(network, data, torch.arange(len(data)), batch_size=batch_size, device=device)
    return (logits.argmax(1) == data.labels).double().mean().item()


def check_finite(name: str, data: ImageData, logits: Tensor) -> None:
    """Raise CollectError if a logit of the network `name`, shape (n, classes), is NaN or infinite."""
    is_finite = logits.isfinite().all(dim=1)
    if not is_finite.all():
        n_wrong, first = int((~is_finite).sum()), data.keys[int(is_finite.int().argmin())]
        raise CollectError(
            f"{name}: {n_wrong} examples of {data.name} have NaN or infinite logits, the first is {first}."
        )


def check_repeated(name: str, data: ImageData, first_pass: Tensor, second_pass: Tensor) -> None:
    """Raise CollectError if two passes over the same examples, shape (n, classes), predict different labels."""
    n_changed = int((first_pass.argmax(1) != second_pass.argmax(1)).sum())
    if n_changed:
        reason = "something random is left in the network or the data, which would make fake PIEs"
        raise CollectError(
            f"{name}: a second pass changed {n_changed} of {len(first_pass)} predictions on {data.name}: {reason}."
        )


def check_accuracy(
    name: str, network_name: str, data: ImageData, logits: np.ndarray, stated: Mapping[str, float]
) -> None:
    """Raise CollectError if logits, shape (n, classes), give another accuracy than `stated` after the training, by data set.

    No digest knows the code of a network.
    """
    found, known = float((logits.argmax(1) == data.labels.numpy()).mean()), stated.get(data.name)
    if known is None or abs(found - known) <= OTHER_DEVICE + count_near_ties(logits) / len(data):
        return
    raise CollectError(
        f"{name} has accuracy {found:.2%} on {data.name}, and had {known:.2%} when it was trained: the network '{network_name}' or "
        "the data have changed since. Bring back what it was trained with, or train it again with other [study] checkpoints."
    )


def _check_output(name: str, output: object, expected: tuple[int, int], data: ImageData) -> Tensor:
    if not isinstance(output, Tensor):
        raise CollectError(f"{name} returns {type(output).__name__}; {data.name} needs logits of shape {expected}.")
    if tuple(output.shape) != expected:
        raise CollectError(f"{name} returns shape {tuple(output.shape)}; {data.name} needs logits of shape {expected}.")
    return output
