"""The supervised regime: cross-entropy on all labels, with stochastic gradient descent."""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from pietools.errors import TrainingError
from pietools.study_file import TrainingSettings
from pietools.training.augmentation import augment
from pietools.training.boundary import boundary
from pietools.training.images import ImageData
from pietools.training.networks import match_channels
from pietools.training.pruning import CubicSchedule, apply_masks, keep_all, prunable_weights, prune_smallest

CHECK_LOSS_EVERY = 100


def train_supervised(
    network: nn.Module,
    data: ImageData,
    settings: TrainingSettings,
    schedule: CubicSchedule | None,
    order_seed: int,
    device: torch.device,
    on_step: Callable[[], None],
) -> None:
    """Train the network in place, on `device`, where it already is; `schedule` prunes it on the way.

    `order_seed` decides the order and the augmentation of the images, whatever the weights are. `on_step` is called
    after every step. Raises TrainingError if the loss stops being finite.
    """
    images, labels = data.images.to(device), data.labels.to(device)
    optimizer, learning_rates = _optimizer(network, settings)
    weights = prunable_weights(network) if schedule else []
    masks = keep_all(weights)
    generator = torch.Generator().manual_seed(order_seed)
    network.train()
    for step, indices in enumerate(batches(len(data), settings, generator), start=1):
        batch = augment(images.read(indices).to(device), settings.augment, generator)
        with boundary(f"the network fails on {data.name}"):
            inputs = match_channels(data.normalize(batch), network)
            loss = nn.functional.cross_entropy(network(inputs), labels[indices.to(device)])
            _check_loss(loss, step, settings.steps)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        learning_rates.step()
        if schedule and schedule.is_pruning_step(step):
            masks = prune_smallest(weights, masks, schedule.sparsity_at(step))
        apply_masks(weights, masks)
        on_step()


def batches(n: int, settings: TrainingSettings, generator: torch.Generator) -> Iterator[Tensor]:
    """Yield the indices of `settings.steps` batches: a new order every epoch, its incomplete last batch left out."""
    size = min(settings.batch_size, n)
    per_epoch = n // size
    for step in range(settings.steps):
        if step % per_epoch == 0:
            order = torch.randperm(n, generator=generator)
        start = step % per_epoch * size
        yield order[start : start + size]


def _optimizer(
    network: nn.Module, settings: TrainingSettings
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=settings.learning_rate,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
        nesterov=settings.momentum > 0,
    )
    if settings.schedule == "cosine":
        return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.steps)
    one_cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=settings.steps, cycle_momentum=False
    )
    return optimizer, one_cycle


def _check_loss(loss: Tensor, step: int, n_steps: int) -> None:
    # Reading the loss waits for the device, so not at every step.
    if (step % CHECK_LOSS_EVERY == 0 or step == n_steps) and not math.isfinite(loss.item()):
        raise TrainingError(f"the loss is {loss.item()} at step {step}: lower [training] learning_rate.")
