"""Killing a command: it alone, and its children end by themselves."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from tests.reliability.processes import Done, Process
from tests.reliability.rows import BrokenClaimError

ORPHANS_END_IN = 2.0
"""Seconds."""


def kill(process: Process) -> Done | None:
    """Kill a process alone; how it ended if it had ended before. Its children must end by themselves."""
    is_over, pid = process.is_over, process.pid
    process.signal(signal.SIGKILL)
    done = process.end()
    end = time.monotonic() + ORPHANS_END_IN
    while (orphans := _in_session(pid)) and time.monotonic() < end:
        time.sleep(0.02)
    if orphans:
        for pid in orphans:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        raise BrokenClaimError(f"{len(orphans)} children live {ORPHANS_END_IN:g} s after the command was killed")
    return done if is_over else None


def _in_session(session: int) -> list[int]:
    """Processes of a session that are no zombies."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, of = path.read_text().rpartition(")")[2].split()[:4]
            if int(of) == session and state not in "ZX":
                found.append(int(path.parent.name))
    return found
