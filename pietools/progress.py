"""How far a piece of work of several threads is, and that it ends when one of them fails or is interrupted."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Step = Callable[[int, int], None]


class CancelledError(Exception):
    """Another part of the work failed: what this one would find is not wanted."""


class Progress:
    """Takes shares of parts that are done, and passes on how much is done in all, in percent of a part."""

    def __init__(self, on_step: Step, n_parts: int) -> None:
        self._on_step, self._n_parts = on_step, n_parts
        self._done, self._lock = 0.0, threading.Lock()
        self._mine = threading.local()
        self._is_cancelled = False

    def item(self, share: float) -> None:
        """A share of the part that this thread works at is done."""
        if self._is_cancelled:
            raise CancelledError
        left = 1 - self._mine.done
        self._mine.done += min(share, left)
        with self._lock:
            self._done += min(share, left)
            self._on_step(round(100 * self._done), 100 * self._n_parts)

    @contextmanager
    def of_one(self) -> Iterator[None]:
        """Work at a part in this thread; afterwards it is done."""
        self._mine.done = 0.0
        yield
        self.item(1.0)

    @contextmanager
    def until_the_end(self) -> Iterator[None]:
        """Whatever ends this early ends the parts in other threads with their next item."""
        try:
            yield
        except BaseException:
            self._is_cancelled = True
            raise
