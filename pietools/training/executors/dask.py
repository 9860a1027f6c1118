"""Workers of a Dask cluster: `dask scheduler` on one machine, `dask worker HOST:PORT --nthreads 1` on each."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from distributed import Client

from pietools.errors import TrainingError

CONNECT_SECONDS, WORKERS_SECONDS = 10, 30
AHEAD = 2
"""Units per worker that are with the cluster: none waits for the next one to be sent."""


class DaskWorkers:
    """The workers of a scheduler, those that come later, too. A unit of a worker that is killed runs on another one."""

    images_done: int | None = None

    def __init__(self, address: str, n_at_once: int | None) -> None:
        self.address, self._limit = address, n_at_once
        _silence()
        try:
            self._client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise TrainingError(
                f"no Dask scheduler answers at {address}: start one with 'dask scheduler', and give the address that it prints."
            ) from error
        try:
            self._check_workers()
        except BaseException:
            self._client.close()
            raise
        self._executor = self._client.get_executor(pure=False)

    def _check_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        except TimeoutError:
            raise TrainingError(
                f"the scheduler at {self.address} has no workers: start some with 'dask worker {self.address} --nthreads 1', on "
                "each machine as many as are to work at once (--nworkers)."
            ) from None
        threads = self._client.nthreads()
        if several := [worker for worker, n_threads in threads.items() if n_threads > 1]:
            raise TrainingError(
                f"the worker at {several[0]} has {threads[several[0]]} threads, which share random numbers: start workers with "
                "--nthreads 1, and more of them (--nworkers)."
            )

    @property
    def n_at_once(self) -> int:
        """See `Workers`."""
        with self._scheduler():
            return self._limit or max(1, AHEAD * len(self._client.nthreads()))

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """See `Workers`."""
        with self._scheduler():
            future: Future[Any] = self._executor.submit(function, *arguments)
            return future

    @contextmanager
    def _scheduler(self) -> Iterator[None]:
        """Raise TrainingError where the scheduler does not answer any more."""
        try:
            yield
        except (OSError, TimeoutError, RuntimeError) as error:
            raise TrainingError(
                f"the Dask scheduler at {self.address} is gone: what was finished is kept. Start it and its workers again, and "
                "give the same command."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take back what has not begun; what runs ends on its worker, and its network is kept."""
        self._executor.shutdown(wait=False)
        self._client.close()


def _silence() -> None:
    """What goes wrong is said in one line; Dask would print its own tracebacks beside it."""
    for name in [*logging.root.manager.loggerDict]:
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).disabled = True
