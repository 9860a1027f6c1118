"""Commands of pietools, each in a process of its own.

It is forked from one that has imported everything: that takes milliseconds, and not seconds in which nothing happens that a kill
could harm.
"""

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from tests.reliability.rows import BrokenClaimError

ROOT = Path(__file__).parents[2]
LONGEST = 600.0
"""Seconds after which a command counts as one that hangs: also on a busy machine none takes as long."""


@dataclass(frozen=True)
class Done:
    """How a command ended; `exit_code` is negative where a signal ended it."""

    exit_code: int
    output: str
    error: str

    @property
    def is_refusal(self) -> bool:
        """Whether it ended with a message, and no traceback."""
        return self.exit_code == 1 and "Traceback (most recent call last)" not in self.error


class Process:
    """A function of a module in a process and a session of its own, in a folder; what it prints is kept in files elsewhere."""

    def __init__(self, folder: Path, function: Callable[..., Any], *arguments: Any) -> None:
        self._printed = tempfile.TemporaryDirectory(prefix="reliability-printed-")
        self.output, self.error = (Path(self._printed.name) / name for name in ("output", "error"))
        printed = str(self.output), str(self.error)
        self._process = _forks().Process(target=_run, args=(str(folder), printed, function, arguments))
        self._process.start()

    @property
    def pid(self) -> int:
        """Number of the process, and of its session."""
        return int(self._process.pid)

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return not self._process.is_alive()

    def signal(self, number: int) -> None:
        """Send a signal, if it has not ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def end(self) -> Done:
        """Wait until it ends. Raises BrokenClaimError if it hangs."""
        self._process.join(LONGEST)
        if hangs := not self.is_over:
            self.signal(signal.SIGKILL)
            self._process.join()
        texts = [path.read_text() if path.exists() else "" for path in (self.output, self.error)]
        self._printed.cleanup()
        if hangs:
            raise BrokenClaimError(f"did not end within {LONGEST:g} seconds")
        return Done(self._process.exitcode, *texts)


def started(arguments: Sequence[str], folder: Path) -> Process:
    """A command of pietools that runs in a folder."""
    return Process(folder, command, list(arguments))


def finished(arguments: Sequence[str], folder: Path) -> Done:
    """A command of pietools from its beginning to its end."""
    return started(arguments, folder).end()


def command(arguments: list[str]) -> None:
    """What `python -m pietools` does."""
    from pietools.cli import main

    main(arguments, prog_name="pietools")


@cache
def _forks() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.reliability.imported"])
    return context


def _run(folder: str, printed: tuple[str, str], function: Callable[..., Any], arguments: Sequence[Any]) -> None:
    os.setsid()
    os.environ["COLUMNS"] = "200"
    os.chdir(folder)
    for path, number in zip(printed, (1, 2), strict=True):
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # What a command that is killed leaves is swept up by its own tracker, which ends with it, not by that of all commands.
    resource_tracker._resource_tracker._fd = resource_tracker._resource_tracker._pid = None
    function(*arguments)
