"""A study that another process has open: who that is, and waiting until it is free."""

import os
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from pietools.errors import StudyError

if sys.platform != "win32":
    import fcntl

# Seconds between two tries, at random: several that wait do not ask at the same moments.
PAUSE = (0.02, 0.2)
MOST_LETTERS = 80
PYTHON = re.compile(r"python[\d.]*")

T = TypeVar("T")


class StudyInUseError(StudyError):
    """Another process has the study open."""


def when_free(attempt: Callable[[], T], wait: float) -> T:
    """What ``attempt`` gives, tried again for ``wait`` seconds while it raises StudyInUseError.

    Raises
    ------
    StudyInUseError
        That of the last try, if time is up.
    """
    end = time.monotonic() + wait
    while True:
        try:
            return attempt()
        except StudyInUseError as error:
            left = end - time.monotonic()
            if left <= 0:
                waited = f" Waited {wait:g} seconds." if wait else ""
                raise StudyInUseError(f"{error}{waited}") from None
            time.sleep(min(left, random.uniform(*PAUSE)))


@contextmanager
def alone(folder: Path, wait: float) -> Iterator[Path]:
    """A folder that no other process has in this way; it is made, and removed if it is empty in the end.

    Raises
    ------
    StudyInUseError
        If another process still has it after ``wait`` seconds.
    """
    # Windows cannot lock a folder.
    lock = None if sys.platform == "win32" else when_free(partial(_lock, folder), wait)
    try:
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()
        if lock is not None:
            os.close(lock)


def _lock(folder: Path) -> int:
    """Lock a folder for as long as what this gives is open; some network drives cannot, and then nobody is kept out."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise StudyInUseError(
            f"another command collects into {folder}: wait for it with --wait SECONDS, or try again when it is done."
        ) from None
    except OSError:
        return lock
    with suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(lock), folder.stat()):
            return lock
    os.close(lock)  # of a folder that the command that had it before has removed
    return _lock(folder)


def in_use(path: Path, reason: str) -> StudyInUseError:
    """The error for a study that DuckDB found locked; ``reason``, its message, names the process that holds the lock."""
    found = re.search(r"\(PID (\d+)\)", reason)
    by = _process(int(found[1])) if found else "another process"
    return StudyInUseError(f"{path} is in use by {by}: wait for it with --wait SECONDS, or try again when it is done.")


def _process(pid: int) -> str:
    """A process in words: its command, its number, and since when it runs, as far as the system tells."""
    if pid == os.getpid():
        return "this process itself"
    command, since = _command(pid), _start(pid)
    named = "another process" if command is None else f"'{command}'"
    return f"{named} (process {pid}{'' if since is None else f', running since {since}'})"


def _command(pid: int) -> str | None:
    """Command line of a process, without the path of its interpreter."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return None
    if PYTHON.fullmatch(Path(words[0]).name) and words[1:2] not in ([], ["-c"]):
        words = words[2:] if words[1] == "-m" else words[1:]
    command = " ".join([Path(words[0]).name, *words[1:]])
    return command if 0 < len(command) <= MOST_LETTERS else f"{command[:MOST_LETTERS]}…" if command else None


def _start(pid: int) -> str | None:
    """When a process began: time of day, with the date if that was another day."""
    try:
        began = Path(f"/proc/{pid}").stat().st_mtime
    except OSError:
        return None
    at, now = time.localtime(began), time.localtime()
    return time.strftime("%H:%M:%S" if at[:3] == now[:3] else "%Y-%m-%d %H:%M", at)
