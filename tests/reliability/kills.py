"""Commands that are killed at a random moment: nothing acknowledged is lost, nothing is half there, the same command goes on."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.reliability import commands, studies
from tests.reliability.coding import annotated
from tests.reliability.commands import Command
from tests.reliability.killing import kill
from tests.reliability.processes import Process, finished, started
from tests.reliability.rows import BrokenClaimError, Kind, Run

# Most of a command's time nothing is written. Shares of the kills: at any moment, around the writes of an undisturbed run, and
# after the first write is seen; the writes come that much earlier or later.
ANYWHERE, AROUND = 0.1, 0.5
SLACK = 0.15
POLL = 0.001


@dataclass(frozen=True)
class Undisturbed:
    """How long a command takes to its first write and from there to its last, seconds, and what it leaves."""

    before: float
    after: float
    result: Any


@contextmanager
def _killed(make: Callable[[], Command]) -> Iterator[Run]:
    case = make()
    yield partial(_one, case, _measured(case))


def _measured(case: Command) -> Undisturbed:
    """Run the command undisturbed."""
    folder = studies.new_folder()
    case.prepare(folder)
    process, began = started(case.arguments, folder), time.monotonic()
    first = last = now = _first_write(process, folder)
    while not process.is_over:
        last, now = now, _first_write(process, folder)
    done = process.end()
    if done.exit_code:
        raise BrokenClaimError(f"undisturbed: {done.error}")
    return Undisturbed(first - began, last - first, case.result(folder))


def _different(found: Any, expected: Any) -> str:
    """Which parts differ; nothing if none does."""
    if isinstance(found, dict) and isinstance(expected, dict):
        return ", ".join(sorted(name for name in found | expected if found.get(name) != expected.get(name)))
    return "" if found == expected else "all of it"


def _one(case: Command, undisturbed: Undisturbed, folder: Path, random: np.random.Generator) -> str:
    case.prepare(folder)
    process = started(case.arguments, folder)
    _wait(process, folder, undisturbed, *random.random(2))
    ended = kill(process)
    if ended is not None and ended.exit_code:
        raise BrokenClaimError(f"before the kill: {ended.error}")
    try:
        found = "ended before the kill" if ended is not None else case.left(folder)
    except BrokenClaimError:
        raise
    except Exception as error:
        raise BrokenClaimError(f"after the kill: {type(error).__name__}: {error}") from error
    if not case.is_done(folder):
        again = finished(case.arguments, folder)
        if again.exit_code:
            raise BrokenClaimError(f"the same command again: exit code {again.exit_code}, {again.error}")
    if different := _different(case.result(folder), undisturbed.result):
        raise BrokenClaimError(
            f"the same command again ({found}) does not leave what an undisturbed run does: {different}"
        )
    return found


def _wait(process: Process, folder: Path, undisturbed: Undisturbed, kind: float, moment: float) -> None:
    """Wait for the moment of the kill, of which two random numbers from 0 to 1 decide."""
    before, after = undisturbed.before, undisturbed.after
    if kind < ANYWHERE:
        time.sleep(moment * (before + after))
    elif kind < ANYWHERE + AROUND:
        time.sleep(before * (1 - SLACK) + moment * (2 * SLACK * before + after))
    else:
        _first_write(process, folder)
        time.sleep(moment * after)


def _first_write(process: Process, folder: Path) -> float:
    """When something in a folder changed, or the process ended."""
    before = _seen(folder)
    while not process.is_over and _seen(folder) == before:
        time.sleep(POLL)
    return time.monotonic()


def _seen(folder: Path) -> list[tuple[str, int, int]]:
    found = []
    for where, _, names in os.walk(folder):
        found.append((where, len(names), 0))
        for name in names:
            with suppress(OSError):
                status = os.stat(os.path.join(where, name))
                found.append((name, status.st_size, status.st_mtime_ns))
    return found


KIND = Kind(
    "kills", {**{name: partial(_killed, make) for name, make in commands.COMMANDS.items()}, "annotate": annotated}
)
