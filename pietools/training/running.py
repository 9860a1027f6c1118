"""Units of work, each after the one that it needs, on whatever workers there are; what a lost worker had runs again elsewhere."""

import platform
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from pietools.errors import PietoolsError, TrainingError
from pietools.training.boundary import reason
from pietools.training.executors.child_process import count_images
from pietools.training.executors.workers import Workers
from pietools.version import __version__

POLL_SECONDS = 0.2
MAX_TRIES = 3
"""How often a unit is given to a worker: one that takes its worker along each time is its own fault."""


class Unit(Protocol):
    """Work that stands for itself and may be done twice: the second time changes nothing."""

    @property
    def name(self) -> str:
        """How messages call it."""

    @property
    def parent_name(self) -> str | None:
        """The unit that has to be done before."""

    @property
    def n_images(self) -> int:
        """Images that pass through its network."""


Work = Callable[[Any, Callable[[int], None]], Any]
OnOutcome = Callable[[Any, Any], None]


@dataclass
class _Run:
    """Units that wait, those that are with workers, how often each was tried, and images of those that are done."""

    waiting: dict[str, Unit]
    pending: dict[Future[Any], Unit] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    n_images: int = 0


def run_units(
    units: Sequence[Unit],
    workers: Workers,
    work: Work,
    on_outcome: OnOutcome,
    on_images: Callable[[int], None] = lambda done: None,
) -> None:
    """Do `work` with each unit, each after the one that it needs.

    `work`, a function of a module, takes a unit and a function that counts images. `on_outcome` is called with each unit and
    what `work` returned, or the exception that it raised, which what needs the unit gets as well; `on_images` with the number
    of images that all have passed through their networks.
    """
    run = _Run({unit.name: unit for unit in units})
    _submit_ready(run, workers, work)
    while run.pending:
        done, _ = wait(run.pending, POLL_SECONDS, FIRST_COMPLETED)
        for future in done:
            _settle(run, future, on_outcome)
        on_images(run.n_images if workers.images_done is None else workers.images_done)
        _submit_ready(run, workers, work)


def _submit_ready(run: _Run, workers: Workers, work: Work) -> None:
    # No more than can run: what becomes ready then comes in the order of the units, not after all that were first.
    unfinished = run.waiting.keys() | {unit.name for unit in run.pending.values()}
    ready = [unit for unit in run.waiting.values() if unit.parent_name not in unfinished]
    for unit in ready[: max(0, workers.n_at_once - len(run.pending))]:
        run.tries[unit.name] = run.tries.get(unit.name, 0) + 1
        run.pending[workers.submit(attempt, __version__, work, run.waiting.pop(unit.name))] = unit


def _settle(run: _Run, future: Future[Any], on_outcome: OnOutcome) -> None:
    unit = run.pending.pop(future)
    lost = future.exception() if not future.cancelled() else RuntimeError("it was cancelled")
    if lost is not None and run.tries[unit.name] < MAX_TRIES:
        # Before all others: what needs it has waited.
        run.waiting = {unit.name: unit, **run.waiting}
        return
    outcome = _given_up(lost) if lost is not None else future.result()
    run.n_images += unit.n_images
    on_outcome(unit, outcome)
    if isinstance(outcome, Exception):
        _give_up_children(run, unit, on_outcome)


def _given_up(lost: BaseException) -> TrainingError:
    return TrainingError(
        f"{MAX_TRIES} workers were lost that had it, perhaps for want of memory or time ({reason(lost).rstrip('.')}). Try fewer at "
        "once (--processes), a smaller batch size, or, for jobs of SLURM, more of both (--slurm mem=…, --slurm time=…)."
    )


def _give_up_children(run: _Run, unit: Unit, on_outcome: OnOutcome) -> None:
    """Take what needs a unit that failed from those that wait, and what needs that."""
    for child in [child for child in run.waiting.values() if child.parent_name == unit.name]:
        on_outcome(run.waiting.pop(child.name), TrainingError(f"{unit.name}, whose weights it takes, failed."))
        _give_up_children(run, child, on_outcome)


def attempt(version: str, work: Work, unit: Unit) -> Any:
    """Do the work of a unit where a worker is: what it returns, or what it raised, as a PietoolsError."""
    if version != __version__:
        return TrainingError(
            f"{platform.node()} has pietools {__version__}, and who sent the work has {version}: install the same on both."
        )
    torch.set_num_threads(1)
    try:
        return work(unit, count_images)
    except PietoolsError as error:
        return error
    except Exception as error:
        return TrainingError(reason(error))
