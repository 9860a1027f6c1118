"""What a file that somebody else made may ask for: which paths are files at all, and how much memory one may take."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

GROWS_FREELY = 2**30
"""Bytes that any file may take in memory, however small it is."""
MOST_GROWTH = 200
"""A larger one may take so many times its size: text is a tenth when it is compressed, a column of one value a thousandth."""
MOST_OF_MEMORY = 0.5
"""And none more than this part of the memory that is left."""
FALLBACK = 8 * 2**30
"""Bytes, where the system does not say how much memory is left."""
KINDS = {
    stat.S_ISDIR: "is a folder",
    stat.S_ISFIFO: "is no file but a pipe",
    stat.S_ISCHR: "is no file but a device",
    stat.S_ISBLK: "is no file but a device",
    stat.S_ISSOCK: "is no file but a socket",
}
CHUNK = 2**20  # bytes read at a time


class Stream(Protocol):
    """What can be read a part at a time."""

    def read(self, n_bytes: int, /) -> bytes:
        """No more than so many bytes; none at the end."""


def no_file(path: Path, *, may_be_absent: bool = False) -> str | None:
    """Why a path is no file to read, as a sentence without its point; None for a file.

    A pipe or a device is never opened: that could wait, or go on, for ever. ``may_be_absent``: None, too, where nothing is.
    """
    if str(path) == os.devnull:  # an empty one
        return None
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None if may_be_absent else f"there is no file {path}"
    except ValueError:
        return f"{path} is no path: it holds a zero byte"
    except OSError as error:
        return f"{path} cannot be opened: {error.strerror}"
    return next((f"{path} {kind}" for is_kind, kind in KINDS.items() if is_kind(mode)), None)


def too_large(n_bytes: int, n_stored: int) -> str | None:
    """Why so many bytes are not taken from a file of ``n_stored`` bytes; None if they are."""
    left = memory_left()
    if n_bytes > MOST_OF_MEMORY * left:
        return f"it would take {shown_bytes(n_bytes)} of memory, and {shown_bytes(left)} are left"
    if n_bytes > (most := max(GROWS_FREELY, MOST_GROWTH * n_stored)):
        return (
            f"its {shown_bytes(n_stored)} would become more than {shown_bytes(most)} in memory. If you trust it, "
            "save it again without compression"
        )
    return None


def most_bytes(n_stored: int) -> int:
    """How many bytes a file of ``n_stored`` bytes may become in memory."""
    return int(min(max(GROWS_FREELY, MOST_GROWTH * n_stored), MOST_OF_MEMORY * memory_left()))


def read_most(stream: Stream, most: int) -> bytes | None:
    """All that a stream holds; None, after no more than that, if it is more than ``most`` bytes."""
    parts, n_bytes = [], 0
    for part in _parts(stream):
        n_bytes += len(part)
        if n_bytes > most:
            return None
        parts.append(part)
    return b"".join(parts)


def _parts(stream: Stream) -> Iterator[bytes]:
    while part := stream.read(CHUNK):
        yield part


def memory_left() -> int:
    """Bytes of memory that are free or can be freed, as far as the system says."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return min(next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), _of_group())
    except (OSError, StopIteration, ValueError):
        return FALLBACK


def _of_group() -> int:
    """Bytes that are left to the control group that a container puts its processes in; its cache of files can be freed."""
    group = Path("/sys/fs/cgroup")
    try:
        most, used = (int((group / name).read_text(encoding="ascii")) for name in ("memory.max", "memory.current"))
        said = dict(line.split() for line in (group / "memory.stat").read_text(encoding="ascii").splitlines())
    except (OSError, ValueError):  # none, or "max"
        return 2**63
    return max(most - used + int(said.get("inactive_file", 0)), 0)


def shown_bytes(n_bytes: float) -> str:
    """A size as people read it: ``8.6 GB``."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:,.0f} PB"
