"""The last linear layer of a network, the classifier, apart from the rest, the encoder; and the linear probe."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from pietools.errors import TrainingError
from pietools.study_file import TrainingSettings
from pietools.training.checkpoints.digests import model_digest
from pietools.training.data.images import ImageData
from pietools.training.data.streams import batches
from pietools.training.optimisation import OnStep, Schedule, optimise
from pietools.training.prediction import predict_logits

PROBE_LEARNING_RATE = 0.1
PREDICTION_BATCH = 500


def classifier_name(network: nn.Module) -> str:
    """Return the name of the last linear layer; TrainingError if the network has none."""
    names = [name for name, layer in network.named_modules() if isinstance(layer, nn.Linear)]
    if not names or not names[-1]:
        raise TrainingError(
            "the network has no linear layer as its last one: there is no encoder to train or to probe."
        )
    return names[-1]


def classifier(network: nn.Module) -> nn.Linear:
    """Return the last linear layer; TrainingError if the network has none."""
    layer: nn.Linear = network.get_submodule(classifier_name(network))  # type: ignore[assignment]
    return layer


@contextmanager
def as_encoder(network: nn.Module) -> Iterator[nn.Module]:
    """Take the classifier off: the network returns features, shape (n, width), until the end of the context."""
    name = classifier_name(network)
    layer = network.get_submodule(name)
    network.set_submodule(name, nn.Identity())
    try:
        yield network
    finally:
        network.set_submodule(name, layer)


def fit_linear_probe(
    network: nn.Module,
    data: ImageData,
    labels: Tensor,
    examples: Tensor,
    settings: TrainingSettings,
    seed: int,
    device: torch.device,
    on_step: OnStep,
) -> None:
    """Replace the classifier by one that is trained on the features of a frozen encoder; in place.

    Cross-entropy on standardised features of unaltered images, in evaluation mode, for `head_steps` steps from zero
    weights; the standardisation is then folded into the layer. Of the images and `labels`, shape (n,), only those at
    `examples` are seen. Raises TrainingError if the encoder has changed, which no user can bring about.
    """
    before = _encoder_digest(network)
    features = _features(network, data, examples, device)
    mean, std = features.mean(0), features.std(0).clamp_min(1e-6)
    standardised, labels = (features - mean) / std, labels[examples].to(device)
    probe = nn.Linear(features.shape[1], len(data.class_names), device=device)
    nn.init.zeros_(probe.weight)
    nn.init.zeros_(probe.bias)
    order = batches(len(examples), settings.batch_size, torch.Generator().manual_seed(seed))

    def loss() -> Tensor:
        indices = next(order).to(device)
        return nn.functional.cross_entropy(probe(standardised[indices]), labels[indices])

    schedule = Schedule(settings.head_steps, PROBE_LEARNING_RATE, settings.momentum, 0.0, "cosine")
    optimise(loss, list(probe.parameters()), schedule, lambda _: on_step(0))
    _fold(classifier(network), probe, mean, std)
    if _encoder_digest(network) != before:
        raise TrainingError("fitting the linear probe changed the encoder: this is a defect of pietools.")


def _features(network: nn.Module, data: ImageData, examples: Tensor, device: torch.device) -> Tensor:
    """Return the classifier's inputs of the examples, float32, shape (len(examples), width), on the device."""
    width = classifier(network).in_features
    with as_encoder(network):
        features = predict_logits(
            network, data, examples, batch_size=PREDICTION_BATCH, device=device, name="the encoder", width=width
        )
    return features.to(device)


@torch.no_grad()
def _fold(layer: nn.Linear, probe: nn.Linear, mean: Tensor, std: Tensor) -> None:
    """Give the layer the weights that do to features what the probe does to standardised ones."""
    layer.weight.copy_(probe.weight / std)
    layer.bias.copy_(probe.bias - layer.weight @ mean)


def _encoder_digest(network: nn.Module) -> str:
    head = classifier_name(network)
    weights = {name: tensor for name, tensor in network.state_dict().items() if not name.startswith(f"{head}.")}
    return model_digest("encoder", weights)
