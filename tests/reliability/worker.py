"""Commands of pietools, as processes of their own or in one process that has imported everything, which is much quicker."""

import multiprocessing
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PIETOOLS = (sys.executable, "-m", "pietools")
ROOT = Path(__file__).parents[2]
LONGEST = 120.0
"""Seconds after which a command counts as one that hangs."""


@dataclass(frozen=True)
class Done:
    """How a command ended; ``exit_code`` None of one that hung, negative of one that a signal ended."""

    exit_code: int | None
    output: str
    error: str
    traceback: str = ""


def started(arguments: Sequence[str], folder: Path, prefix: Sequence[str] = ()) -> subprocess.Popen[str]:
    """A command as a process, in a folder and a session of its own, with pipes; ``prefix``: a program that starts it."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    said: dict[str, Any] = pipes | {"cwd": folder, "env": environment, "start_new_session": True}
    return subprocess.Popen([*prefix, *PIETOOLS, *arguments], **said)


def finished(arguments: Sequence[str], folder: Path, prefix: Sequence[str] = ()) -> Done:
    """A command as a process, from its beginning to its end."""
    process = started(arguments, folder, prefix)
    output, error = process.communicate(timeout=LONGEST)
    return Done(process.returncode, output, error, error if "Traceback (most recent call last)" in error else "")


class Worker:
    """A process that runs one command after another, and is replaced when it dies or hangs."""

    def __init__(self) -> None:
        self._process: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def run(self, arguments: Sequence[str], folder: Path) -> Done:
        """Run a command in a folder."""
        return self.call(_run, list(arguments), str(folder))

    def call(self, function: Callable[..., Done], *arguments: Any) -> Done:
        """What a function of a module gives there."""
        if self._process is None or not self._process.is_alive():
            self._start()
        self._pipe.send((function, arguments))
        try:
            if not self._pipe.poll(LONGEST):
                self._end()
                return Done(None, "", "")
            done: Done = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            self._end()
            return Done(code, "", "")
        return done

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,))
        self._process.start()
        theirs.close()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            self._process = None


def _serve(pipe: Connection) -> None:
    """Run what comes through the pipe until it closes."""
    while True:
        try:
            function, arguments = pipe.recv()
        except EOFError:
            return
        pipe.send(function(*arguments))


def _run(arguments: list[str], folder: str) -> Done:
    from click.testing import CliRunner

    from pietools.cli import main

    os.chdir(folder)
    try:
        result = CliRunner().invoke(main, arguments)
    finally:
        os.chdir("/")
    text = ""
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        text = "".join(traceback.format_exception(result.exception))
    return Done(result.exit_code, result.stdout, result.stderr, text)
