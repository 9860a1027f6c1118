"""How a network comes about: trained from scratch, trained on from its parent's weights, or quantized."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from pietools.study_file import PopulationSpec, has_probe, sees_all_labels
from pietools.training.boundary import boundary
from pietools.training.compression.pruning import CubicSchedule, Pruner
from pietools.training.compression.quantization import pack, unpack
from pietools.training.networks import match_channels
from pietools.training.optimisation import OnStep, Schedule, optimise
from pietools.training.recording.epochs import ends_epoch
from pietools.training.regimes import REGIMES, Regime, Supervised
from pietools.training.regimes.heads import fit_linear_probe
from pietools.training.regimes.task import Task

N_CALIBRATION = 512
"""Training images, drawn at random, that the ranges of int8-static come from."""


@dataclass(frozen=True)
class Made:
    """A finished network.

    `stored` is what its checkpoint holds, which is not its state dict where it is quantized; `extra` is what only
    training on needs; `quantized` describes the quantization.
    """

    network: nn.Module
    stored: dict[str, Tensor]
    extra: dict[str, Tensor]
    quantized: dict[str, Any] | None = None


@dataclass(frozen=True)
class ParentWeights:
    """What the checkpoint of the parent holds."""

    stored: dict[str, Tensor]
    extra: dict[str, Tensor]


@dataclass(frozen=True)
class Watch:
    """Who is told about training: of every step, and of every epoch, with the network, where it has a classifier yet."""

    on_step: OnStep = lambda n_images: None
    on_epoch: Callable[[nn.Module], None] = lambda network: None


def make_network(task: Task, spec: PopulationSpec, parent: ParentWeights | None, watch: Watch) -> Made:
    """Make one network of a population; `task.network` is as initialised and is changed."""
    if parent is None:
        return _trained(task, spec, watch)
    with boundary(f"the weights of {spec.parent} do not fit the network"):
        task.network.load_state_dict(parent.stored)
    if spec.bits is not None:
        return _quantized(task, spec)
    return _trained_on(task, spec, parent.extra, watch)


def _trained(task: Task, spec: PopulationSpec, watch: Watch) -> Made:
    """Train from scratch, with gradual pruning if the population has it, and then the head."""
    pruner, cubic = None, None
    if spec.pruning is not None and spec.pruning.window is not None:
        pruner = Pruner(task.network, spec.pruning, task.seeds.masks)
        cubic = CubicSchedule.in_window(spec.pruning.sparsity, spec.pruning.window, task.settings.steps)
    regime = REGIMES[task.regime.name](task)
    _run(task, regime, Schedule.of_training(task.settings), pruner, cubic, watch)
    if has_probe(task.regime):
        _fit_probe(task, task.seeds.head, watch)
    elif task.regime.head == "fine-tune":
        fine_tuning = Schedule.of_fine_tuning(task.settings, task.settings.head_steps)
        _run(task, _head_tuning(task, task.seeds.head), fine_tuning, pruner, None, watch)
    return Made(task.network, task.network.state_dict(), _projection_weights(regime))


def _trained_on(task: Task, spec: PopulationSpec, extra: dict[str, Tensor], watch: Watch) -> Made:
    """Prune at once if the population is pruned, train on with the regime's last loss, and fit the head again."""
    pruner = None
    if spec.pruning is not None:
        pruner = Pruner(task.network, spec.pruning, task.seeds.masks)
        pruner.prune(spec.pruning.sparsity)
    if spec.fine_tune_steps:
        regime = _last_regime(task)
        if regime.projection:
            with boundary(f"the projection head of {spec.parent} is not there or does not fit"):
                regime.projection.load_state_dict(extra)
        schedule = Schedule.of_fine_tuning(task.settings, spec.fine_tune_steps)
        _run(task, regime, schedule, pruner, None, watch)
        extra = _projection_weights(regime)
    if spec.is_head_refitted:
        # After pruning the probe is fitted as the dense one was; as a control, in another order.
        is_control = spec.pruning is None and not spec.fine_tune_steps
        _fit_probe(task, task.seeds.refitted_head if is_control else task.seeds.head, watch)
    return Made(task.network, task.network.state_dict(), extra)


def _last_regime(task: Task) -> Regime:
    """Return the loss that a finished network was trained with last, apart from a probe, on batches of a new order."""
    if task.regime.head == "fine-tune":
        return _head_tuning(task, task.seeds.fine_tuning)
    return REGIMES[task.regime.name](_in_order(task, task.seeds.fine_tuning))


def _head_tuning(task: Task, seed: int) -> Regime:
    return Supervised(_in_order(task, seed), task.labelled)


def _in_order(task: Task, seed: int) -> Task:
    return replace(task, seeds=task.seeds._replace(order=seed, unlabelled=seed + 1))


def _run(
    task: Task,
    regime: Regime,
    schedule: Schedule,
    pruner: Pruner | None,
    cubic: CubicSchedule | None,
    watch: Watch,
) -> None:
    def after_step(step: int) -> None:
        if pruner:
            pruner.after_step(step, cubic)
        if regime.average:
            regime.average.update_parameters(task.network)
        watch.on_step(regime.images_per_step)
        if regime.has_classifier and ends_epoch(step, schedule.n_steps, len(task.data), task.settings.batch_size):
            watch.on_epoch(task.network)

    task.network.train()
    optimise(regime.loss, regime.parameters(), schedule, after_step)
    if regime.average:
        task.network.load_state_dict(regime.average.module.state_dict())
    if pruner:
        pruner.apply()


def _projection_weights(regime: Regime) -> dict[str, Tensor]:
    return regime.projection.state_dict() if regime.projection else {}


def _fit_probe(task: Task, seed: int, watch: Watch) -> None:
    # A head that is fitted where only some labels are seen may see no others.
    examples = torch.arange(len(task.data)) if sees_all_labels(task.regime) else task.labelled
    fit_linear_probe(task.network, task.data, task.labels, examples, task.settings, seed, task.device, watch.on_step)


def _quantized(task: Task, spec: PopulationSpec) -> Made:
    method = str(spec.method).rpartition("+")[2]
    generator = torch.Generator().manual_seed(task.seeds.masks)
    chosen = torch.randperm(len(task.data), generator=generator)[:N_CALIBRATION]
    images = task.data.images.read(chosen).to(task.device)
    inputs = match_channels(task.data.normalize(images), task.network)
    stored, quantized = pack(task.network, method, [inputs])
    return Made(unpack(task.network, stored), stored, {}, asdict(quantized))
