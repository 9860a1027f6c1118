"""Many units at once: processes of one thread each.

Two threads within one small network are slower than one as soon as anything else runs; two processes are twice as fast.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from typing import Any

import torch

from pietools.errors import PietoolsError, TrainingError
from pietools.study_file import TrainingSettings
from pietools.training.boundary import reason
from pietools.training.networks import choose_device
from pietools.training.unit_training import train_unit
from pietools.training.units import TrainingUnit

POLL_SECONDS = 0.2
MAX_ON_GPU = 16
"""Processes that share a GPU; each takes about half a gigabyte of its memory before any network."""

OnOutcome = Callable[[TrainingUnit, dict[str, Any] | Exception], None]


def n_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
    of images that all have passed through their networks. After Ctrl-C the processes stop at their next step; what is
    finished is kept.
    """
    context = multiprocessing.get_context("spawn")
    images_done, is_stopped = context.Value("q", 0), context.Event()
    waiting = {unit.name: unit for unit in units}
    pending: dict[Future[dict[str, Any]], TrainingUnit] = {}

    def submit_ready() -> None:
        # No more than can run: what becomes ready then comes in the order of the units, not after all that were first.
        unfinished = waiting.keys() | {unit.name for unit in pending.values()}
        ready = [unit for unit in waiting.values() if unit.parent_name not in unfinished]
        for unit in ready[: n_processes - len(pending)]:
            pending[executor.submit(_train, waiting.pop(unit.name))] = unit

    with _interrupts_ignored():
        executor = ProcessPoolExecutor(n_processes, context, _start_process, (images_done, is_stopped))
        submit_ready()
    try:
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
    finally:
        is_stopped.set()
        executor.shutdown(cancel_futures=True)


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
def _interrupts_ignored() -> Iterator[None]:
    """Start processes that never see Ctrl-C: a spawned process inherits an ignored signal, and only that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


class _StopRequestedError(Exception):
    """The parent asked this process to stop."""


# What a process inherits and no task could carry; set once, by the initializer.
_images_done: Any
_is_stopped: Event


def _start_process(images_done: Any, is_stopped: Event) -> None:
    global _images_done, _is_stopped
    _images_done, _is_stopped = images_done, is_stopped
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # Nobody would ever tell a process that waits for work that its parent was killed.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _train(unit: TrainingUnit) -> dict[str, Any]:
    # A unit that already waits in the queue of the processes cannot be cancelled, only turned away.
    _check_stopped()
    return train_unit(unit, _count_images)


def _count_images(n_images: int) -> None:
    with _images_done.get_lock():
        _images_done.value += n_images
    _check_stopped()


def _check_stopped() -> None:
    if _is_stopped.is_set():
        raise _StopRequestedError
