"""The one training loop: stochastic gradient descent for a number of steps, whatever the loss."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pietools.errors import TrainingError
from pietools.study_file import TrainingSettings

CHECK_LOSS_EVERY = 100
OnStep = Callable[[int], None]
"""Called after every step: with the images that it passed through the network."""


@dataclass(frozen=True)
class Schedule:
    """How many steps, and how large they are."""

    n_steps: int
    learning_rate: float
    momentum: float
    weight_decay: float
    shape: str

    @classmethod
    def of_training(cls, settings: TrainingSettings) -> "Schedule":
        """The table [training]."""
        return cls(settings.steps, settings.learning_rate, settings.momentum, settings.weight_decay, settings.schedule)

    @classmethod
    def of_fine_tuning(cls, settings: TrainingSettings, n_steps: int) -> "Schedule":
        """From the smaller learning rate down to zero."""
        learning_rate = settings.fine_tune_learning_rate or settings.learning_rate / 10
        return cls(n_steps, learning_rate, settings.momentum, settings.weight_decay, "cosine")


def optimise(
    loss: Callable[[], Tensor],
    parameters: list[nn.Parameter],
    schedule: Schedule,
    after_step: Callable[[int], None],
) -> None:
    """Take `n_steps` steps on the loss of the next batch, which `loss` draws; `after_step` is told the step, from 1.

    Raises TrainingError if the loss stops being finite.
    """
    optimizer, learning_rates = _optimizer(parameters, schedule)
    for step in range(1, schedule.n_steps + 1):
        value = loss()
        _check_loss(value, step, schedule.n_steps)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        learning_rates.step()
        after_step(step)


def _optimizer(
    parameters: list[nn.Parameter], schedule: Schedule
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    optimizer = torch.optim.SGD(
        parameters,
        lr=schedule.learning_rate,
        momentum=schedule.momentum,
        weight_decay=schedule.weight_decay,
        nesterov=schedule.momentum > 0,
    )
    if schedule.shape == "cosine":
        return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, schedule.n_steps)
    one_cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, schedule.learning_rate, total_steps=schedule.n_steps, cycle_momentum=False
    )
    return optimizer, one_cycle


def _check_loss(loss: Tensor, step: int, n_steps: int) -> None:
    # Reading the loss waits for the device, so not at every step.
    if (step % CHECK_LOSS_EVERY == 0 or step == n_steps) and not math.isfinite(loss.item()):
        raise TrainingError(f"the loss is {loss.item()} at step {step}: lower [training] learning_rate.")
