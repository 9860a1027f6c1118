"""Processes of this machine, of one thread each.

Two threads within one small network are slower than one as soon as anything else runs; two processes are twice as fast.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import torch

from pietools.cores import n_cores
from pietools.training.executors import child_process
from pietools.training.networks import choose_device

MAX_ON_GPU = 16
"""Processes that share a GPU; each takes about half a gigabyte of its memory before any network."""


def default_processes(device: str) -> int:
    """Return how many units are done at once: one per core.

    On a GPU as well, which a single small network leaves idle: all processes share it, or where there are several take turns.
    """
    is_on_gpu = choose_device(device).type == "cuda"
    return min(n_cores(), MAX_ON_GPU * torch.cuda.device_count()) if is_on_gpu else n_cores()


class LocalProcesses:
    """Processes that end when this one does, however it ends. A process that is killed takes its own function along, and no other.

    Several share a GPU; where there are several GPUs, they take turns.
    """

    def __init__(self, n_at_once: int) -> None:
        self.n_at_once = n_at_once
        self._context = multiprocessing.get_context("spawn")
        self._images_done = self._context.Value("q", 0)
        self._theirs, self._ours = self._context.Pipe(duplex=False)
        self._idle = [(place, self._new(place)) for place in range(n_at_once)]
        self._busy: dict[Future[Any], tuple[int, ProcessPoolExecutor]] = {}

    @property
    def images_done(self) -> int | None:
        """See `Workers`."""
        return int(self._images_done.value)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """See `Workers`; no more than `n_at_once` may be unfinished."""
        self._take_back()
        place, pool = self._idle.pop()
        try:
            with _interrupts_held_back():  # this starts the process, if it does not run
                future: Future[Any] = pool.submit(function, *arguments)
        except BrokenProcessPool:  # it was killed while it had nothing to do
            self._idle.append((place, self._new(place)))
            return self.submit(function, *arguments)
        self._busy[future] = place, pool
        return future

    def _take_back(self) -> None:
        for future in [future for future in self._busy if future.done()]:
            place, pool = self._busy.pop(future)
            if isinstance(future.exception(), BrokenProcessPool):
                pool.shutdown(wait=False)
                pool = self._new(place)
            self._idle.append((place, pool))

    def _new(self, place: int) -> ProcessPoolExecutor:
        """A pool of one process: a pool of several breaks as a whole when one of them is killed."""
        arguments = (self._images_done, self._theirs, gpu_of(place))
        return ProcessPoolExecutor(1, self._context, child_process.start, arguments)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes at once, also in the midst of a network."""
        # The pipe is closed before the pools wait for their processes: that ends them.
        self._theirs.close()
        self._ours.close()
        for _, pool in [*self._idle, *self._busy.values()]:
            pool.shutdown(cancel_futures=True)


def gpu_of(place: int) -> str | None:
    """The GPU, as CUDA_VISIBLE_DEVICES names it, of the process at this place; None where there are not several."""
    n_gpus = torch.cuda.device_count()
    if n_gpus < 2:
        return None
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = named.split(",") if named else [str(i) for i in range(n_gpus)]
    return names[place % n_gpus]


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
