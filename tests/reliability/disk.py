"""Disks that are full: nothing acknowledged is lost, the message says what to do, and with more room the same command goes on."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.reliability import commands, studies
from tests.reliability.commands import Command
from tests.reliability.processes import Done, finished
from tests.reliability.rows import BrokenClaimError, Kind, Run, SkippedError

ROOMY = 512 << 20
SPARE = 1.5
"""Largest disk, as a multiple of what the command needs in the end."""


@contextmanager
def _small(make: Callable[[], Command]) -> Iterator[Run]:
    with _disk(studies.new_folder(), 1 << 20):
        pass
    case = make()
    folder = studies.new_folder()
    case.prepare(folder)
    before = _size(folder)
    done = finished(case.arguments, folder)
    if done.exit_code:
        raise BrokenClaimError(f"undisturbed: {done.error}")
    yield partial(_one, case, before, _size(folder) - before, case.result(folder))


def _one(case: Command, before: int, more: int, result: Any, folder: Path, random: np.random.Generator) -> str:
    disk = folder / "disk"
    disk.mkdir()
    with _disk(disk, int(before + (1 << 16) + more * SPARE * random.random())):
        case.prepare(disk)
        done = finished(case.arguments, disk)
        _mount("-o", f"remount,size={ROOMY}", str(disk))
        if done.exit_code == 0:
            found = "there was room"
        else:
            _check_message(done)
            found = f"no room: {case.left(disk)}"
            if not case.is_done(disk):
                again = finished(case.arguments, disk)
                if again.exit_code:
                    raise BrokenClaimError(f"with more room: {again.error}")
        if case.result(disk) != result:
            raise BrokenClaimError(f"{found}; what it leaves is not what a disk with room has")
        return found


def _check_message(done: Done) -> None:
    """One line that says that there is no room, and where."""
    last = done.error.strip().splitlines()[-1:]
    is_clear = bool(last) and last[0].startswith("Error: ") and any(word in done.error for word in ("room", "space"))
    if not done.is_refusal or not is_clear:
        raise BrokenClaimError(f"exit code {done.exit_code}: {done.error}")


@contextmanager
def _disk(folder: Path, size: int) -> Iterator[None]:
    """A file system of this many bytes at a folder."""
    if _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)):
        raise SkippedError("mounting a file system needs root")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _mount(*arguments: str) -> int:
    if shutil.which("mount") is None:
        return 1
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


NAMES = ("import-new", "import", "analyze", "train", "collect", "merge", "export")
KIND = Kind("disk", {name: partial(_small, commands.COMMANDS[name]) for name in NAMES})
