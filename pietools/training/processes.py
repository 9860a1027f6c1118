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
from pietools.training.boundary import reason
from pietools.training.units import TrainingUnit, train_unit

POLL_SECONDS = 0.2

OnOutcome = Callable[[TrainingUnit, dict[str, Any] | Exception], None]


def n_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_units(
    units: Sequence[TrainingUnit], n_processes: int, on_outcome: OnOutcome, on_steps: Callable[[int], None]
) -> None:
    """Train the units in `n_processes` processes.

    `on_outcome` is called with each unit and its sidecar, or the exception that it raised; `on_steps` with the number
    of steps done by all. After Ctrl-C the processes stop at their next step; what is finished is kept.
    """
    context = multiprocessing.get_context("spawn")
    steps_done, is_stopped = context.Value("q", 0), context.Event()
    with _interrupts_ignored():
        executor = ProcessPoolExecutor(n_processes, context, _start_process, (steps_done, is_stopped))
        pending = {executor.submit(_train, unit): unit for unit in units}
    try:
        while pending:
            done, _ = wait(pending, POLL_SECONDS, FIRST_COMPLETED)
            on_steps(steps_done.value)
            for future in done:
                on_outcome(pending.pop(future), _outcome(future))
    finally:
        is_stopped.set()
        executor.shutdown(cancel_futures=True)


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
_steps_done: Any
_is_stopped: Event


def _start_process(steps_done: Any, is_stopped: Event) -> None:
    global _steps_done, _is_stopped
    _steps_done, _is_stopped = steps_done, is_stopped
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # Nobody would ever tell a process that waits for work that its parent was killed.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _train(unit: TrainingUnit) -> dict[str, Any]:
    # Units that already wait in the queue of the processes cannot be cancelled, only turned away.
    _check_stopped()
    return train_unit(unit, _count_step)


def _count_step() -> None:
    with _steps_done.get_lock():
        _steps_done.value += 1
    _check_stopped()


def _check_stopped() -> None:
    if _is_stopped.is_set():
        raise _StopRequestedError
