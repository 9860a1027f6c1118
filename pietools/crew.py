"""Threads that share the parts of a piece of work, and the items of a part when nothing else is left; and how much is done."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from threading import Lock
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")
Step = Callable[[int, int], None]

_DONE: ContextVar[list[float]] = ContextVar("the share that is done of the part that is worked at")


class CancelledError(Exception):
    """Somebody interrupted the work: what this thread would find is not wanted."""


class Crew:
    """So many threads, the one that asks among them. Whatever their number, results and errors are the same.

    ``on_step`` is called with (done, total): hundredths of a part that are done, and that there are in all.
    """

    def __init__(self, jobs: int = 1, on_step: Step = lambda done, total: None) -> None:
        self._jobs, self._on_step = jobs, on_step
        self._pool: ThreadPoolExecutor | None = None
        self._lock = Lock()
        self._n_parts, self._done = 1, 0.0
        self._is_cancelled = False

    def parts(self, work: Callable[[Item], Found], parts: Sequence[Item]) -> list[Found]:
        """What is found of each part."""

        def whole(part: Item) -> Found:
            _DONE.set([0.0])
            found = work(part)
            self.add(1.0)
            return found

        self._n_parts, self._done = len(parts), 0.0
        with self._hired():
            return self._shared(whole, parts)

    def items(self, work: Callable[[Item], Found], items: Sequence[Item]) -> list[Found]:
        """What is found of each item of a part: this thread takes one after another, others help when they have nothing else."""

        def one(item: Item) -> Found:
            found = work(item)
            self.add(1 / len(items))
            return found

        return self._shared(one, items)

    def add(self, share: float) -> None:
        """A share of the part is done that this thread works at."""
        if self._is_cancelled:
            raise CancelledError
        of_part = _DONE.get([0.0])
        with self._lock:
            more = min(share, 1 - of_part[0])
            of_part[0] += more
            self._done += more
            self._on_step(round(100 * self._done), 100 * self._n_parts)

    def _shared(self, work: Callable[[Item], Found], items: Sequence[Item]) -> list[Found]:
        found: dict[int, Found] = {}
        errors: dict[int, Exception] = {}
        left = iter(range(len(items)))

        def take() -> int | None:
            with self._lock:
                return None if errors else next(left, None)

        def take_all() -> None:
            while (number := take()) is not None:
                try:
                    found[number] = work(items[number])
                except Exception as error:
                    errors[number] = error

        others = [self._pool.submit(copy_context().run, take_all) for _ in items[1 : self._jobs]] if self._pool else []
        take_all()
        for other in others:
            if not other.cancel():
                other.result()
        if errors:
            # Whatever was before it has been finished: the first error is the same for any number of threads.
            raise errors[min(errors)]
        return [found[number] for number in range(len(items))]

    @contextmanager
    def _hired(self) -> Iterator[None]:
        """The other threads; whatever ends the work early ends theirs with the next item."""
        if self._jobs == 1:
            yield
            return
        with ThreadPoolExecutor(self._jobs - 1) as self._pool:
            try:
                yield
            except BaseException:
                self._is_cancelled = True
                raise
