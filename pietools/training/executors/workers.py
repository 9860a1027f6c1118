"""What units of work are given to: anything that takes a function and gives a future, as `concurrent.futures` does."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol


class Workers(Protocol):
    """Workers that run a function each.

    `n_at_once` is how many functions should be with them: enough that none is idle.
    """

    @property
    def n_at_once(self) -> int:
        """See the class."""

    @property
    def images_done(self) -> int | None:
        """Images that all functions so far have passed through networks; None where nobody counts."""

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run it; the future raises if the worker was lost before it returned."""
