"""Workers of a Dask cluster: `dask scheduler` on one machine, `dask worker HOST:PORT --nthreads 1` on each."""

import logging
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

from distributed import Client
from distributed.comm import parse_host_port

from pietools.errors import TrainingError

CONNECT_SECONDS, CLOSE_SECONDS, WORKERS_SECONDS = 10, 2, 30
AHEAD = 2
"""Units per worker that are with the cluster: none waits for the next one to be sent."""


class _Client(Client):
    """One that is closed if it cannot connect: when it is collected, Dask would wait for a loop that is gone, and print that."""

    def __init__(self, address: str, **settings: Any) -> None:
        try:
            super().__init__(address, **settings)
        except BaseException:
            with suppress(Exception):
                self.close(timeout=CLOSE_SECONDS)
            self.status = "closed"
            raise


class DaskWorkers:
    """The workers of a scheduler, those that come later, too. A unit of a worker that is killed runs on another one."""

    images_done: int | None = None

    def __init__(self, address: str, n_at_once: int | None) -> None:
        self.address, self._limit = address, n_at_once
        _silence()
        try:
            _knock(address)
            self._client = _Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OverflowError, OSError, TimeoutError, ValueError) as error:
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


def _knock(address: str) -> None:
    """Raise OSError, OverflowError or ValueError if no scheduler is there: Dask would try again for long, or wait for ever."""
    with socket.create_connection(parse_host_port(address), timeout=CONNECT_SECONDS) as connection:
        if not connection.recv(1):  # a scheduler is the first to speak
            raise ConnectionError(f"what listens at {address} hung up")


def _silence() -> None:
    """What goes wrong is said in one line; Dask would print its own tracebacks beside it."""
    for name in [*logging.root.manager.loggerDict]:
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).disabled = True
