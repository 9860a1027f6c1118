"""Warnings of libraries about what is known and handled here, left out."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

_ONE_AT_A_TIME = RLock()


@contextmanager
def silenced(message: str = "", category: type[Warning] = Warning) -> Iterator[None]:
    """Leave out warnings of a category whose text begins with ``message``.

    One thread at a time: Python's filters are those of the whole process, and a thread would restore what another one needs.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message, category)
        yield
