"""Many units at once: processes of one thread each.

Two threads within one small network are slower than one as soon as anything else runs; two processes are twice as fast.
"""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

import torch

from pietools.cores import n_cores
from pietools.errors import PietoolsError, TrainingError
from pietools.study_file import TrainingSettings
from pietools.training import child_process
from pietools.training.boundary import reason
from pietools.training.networks import choose_device
from pietools.training.unit_training import train_unit
from pietools.training.units import TrainingUnit

POLL_SECONDS = 0.2
MAX_ON_GPU = 16
"""Processes that share a GPU; each takes about half a gigabyte of its memory before any network."""

OnOutcome = Callable[[TrainingUnit, dict[str, Any] | Exception], None]


def default_processes(settings: TrainingSettings) -> int:
    """Return how many networks are trained at once: one per core.

    On a GPU as well, which a single small network leaves idle: all processes share it.
    """
    is_on_gpu = choose_device(settings.device).type == "cuda"
    return min(n_cores(), MAX_ON_GPU) if is_on_gpu else n_cores()


def run_units(
    units: Sequence[TrainingUnit], n_processes: int, on_outcome: OnOutcome, on_images: Callable[[int], None]
) -> None:
    """Train the units in `n_processes` processes, each after the one whose weights it takes.

    `on_outcome` is called with each unit and its sidecar, or the exception that it raised; `on_images` with the number
    of images that all have passed through their networks. Whatever ends this, Ctrl-C as well, ends the processes at
    once, also in the midst of a network; what is finished is kept.
    """
    context = multiprocessing.get_context("spawn")
    images_done, (theirs, ours) = context.Value("q", 0), context.Pipe(duplex=False)
    waiting = {unit.name: unit for unit in units}
    pending: dict[Future[dict[str, Any]], TrainingUnit] = {}

    def submit_ready() -> None:
        # No more than can run: what becomes ready then comes in the order of the units, not after all that were first.
        unfinished = waiting.keys() | {unit.name for unit in pending.values()}
        ready = [unit for unit in waiting.values() if unit.parent_name not in unfinished]
        for unit in ready[: n_processes - len(pending)]:
            with _interrupts_held_back():  # this starts a process, if not all run
                pending[executor.submit(_train, waiting.pop(unit.name))] = unit

    # The pipe is closed before the executor waits for its processes: that ends them.
    with (
        ProcessPoolExecutor(n_processes, context, child_process.start, (images_done, theirs)) as executor,
        ours,
        theirs,
    ):
        submit_ready()
        while pending:
            done, _ = wait(pending, POLL_SECONDS, FIRST_COMPLETED)
            on_images(images_done.value)
            for future in done:
                unit = pending.pop(future)
                outcome = _outcome(future)
                on_outcome(unit, outcome)
                if isinstance(outcome, Exception):
                    _give_up_children(unit, waiting, on_outcome)
            submit_ready()


def _give_up_children(unit: TrainingUnit, waiting: dict[str, TrainingUnit], on_outcome: OnOutcome) -> None:
    """Take what needs a network that failed from those that wait, and what needs that."""
    for child in [child for child in waiting.values() if child.parent_name == unit.name]:
        on_outcome(waiting.pop(child.name), TrainingError(f"{unit.name}, whose weights it takes, failed."))
        _give_up_children(child, waiting, on_outcome)


def _outcome(future: "Future[dict[str, Any]]") -> dict[str, Any] | Exception:
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, BrokenProcessPool):
        return TrainingError("its process was killed, perhaps for want of memory. Try fewer --processes.")
    return error if isinstance(error, PietoolsError) else TrainingError(reason(error))


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Start processes that never see Ctrl-C: they inherit that it is blocked. Here it comes when the context ends."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where a process ignores it as soon as it runs
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _train(unit: TrainingUnit) -> dict[str, Any]:
    torch.set_num_threads(1)
    return train_unit(unit, _count_images)


def _count_images(n_images: int) -> None:
    with child_process.images_done.get_lock():
        child_process.images_done.value += n_images
