"""`pietools train --plan`: what is going to be trained, how long it takes, and how much room it needs."""

import time
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import torch

from pietools.study_file import StudyFile, n_training_steps
from pietools.training.checks import check_units
from pietools.training.executors.local import default_processes
from pietools.training.optimisation import Schedule, optimise
from pietools.training.regimes import REGIMES
from pietools.training.train_study import plan_units
from pietools.training.unit_training import training_task
from pietools.training.units import TrainingUnit, finished_sidecar

MEASURED_STEPS = 5


@dataclass(frozen=True)
class PlannedPopulation:
    """What the networks of a population are to cost; `seconds` is of those that are not there, on one core.

    `steps` and `images`, which pass through it, are those of one network, without a linear probe.
    """

    population: str
    parent: str | None
    n_networks: int
    n_finished: int
    steps: int
    images: int
    seconds: float
    n_bytes: int


@dataclass(frozen=True)
class Plan:
    """What `train` would do; `seconds` is of the whole with `n_processes` at once, `n_bytes` of what is not there."""

    populations: list[PlannedPopulation]
    n_processes: int
    seconds: float
    n_bytes: int


def plan_training(study_file: StudyFile, n_processes: int | None = None) -> Plan:
    """Plan what is missing; the time comes from a few steps of every regime, measured here and now.

    Raises TrainingError where `train` would before it trains anything.
    """
    units = plan_units(study_file)
    check_units(units)
    finished = {unit.name: finished_sidecar(unit) is not None for unit in units}
    seconds_per_image = _seconds_per_image([unit for unit in units if not finished[unit.name]])
    by_population: dict[str, list[TrainingUnit]] = {}
    for unit in units:
        by_population.setdefault(unit.spec.name, []).append(unit)
    populations = [_planned(members, finished, seconds_per_image) for members in by_population.values()]
    at_once = n_processes or default_processes(units[0].settings.device)
    return Plan(
        populations=populations,
        n_processes=at_once,
        seconds=sum(row.seconds for row in populations) / at_once,
        n_bytes=sum(row.n_bytes for row in populations),
    )


def _planned(
    units: list[TrainingUnit], finished: dict[str, bool], seconds_per_image: dict[str | None, float]
) -> PlannedPopulation:
    spec, settings = units[0].spec, units[0].settings
    n_missing = sum(not finished[unit.name] for unit in units)
    n_images = units[0].n_images
    return PlannedPopulation(
        population=spec.name,
        parent=spec.parent,
        n_networks=len(units),
        n_finished=len(units) - n_missing,
        steps=n_training_steps(settings, spec),
        images=n_images,
        seconds=n_missing * n_images * seconds_per_image.get(spec.regime, 0.0),
        n_bytes=n_missing * _n_bytes(units[0]) if n_missing else 0,
    )


def _n_bytes(unit: TrainingUnit) -> int:
    """Size of one network's weights, without the names."""
    weights = training_task(unit).network.state_dict().values()
    bits = unit.spec.bits or 32
    return sum(weight.numel() * weight.element_size() for weight in weights) * bits // 32


def _seconds_per_image(units: list[TrainingUnit]) -> dict[str | None, float]:
    """Time a few steps of every regime in which something is missing, with one thread."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return {unit.spec.regime: _measure(unit) for unit in {unit.spec.regime: unit for unit in units}.values()}
    finally:
        torch.set_num_threads(n_threads)


def _measure(unit: TrainingUnit) -> float:
    task = training_task(unit)
    regime = REGIMES[task.regime.name](task)
    task.network.train()
    times = [time.perf_counter()]

    def after_step(step: int) -> None:
        times.append(time.perf_counter())

    schedule = replace(Schedule.of_training(task.settings), n_steps=MEASURED_STEPS)
    optimise(regime.loss, regime.parameters(), schedule, after_step)
    return median(after - before for before, after in pairwise(times)) / regime.images_per_step
