"""Files that are there whole or not at all, also after a kill or when the power fails."""

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Make or replace a file in one step: another process, or the next one after a crash, sees all of it or nothing.

    When this returns, the file outlives a power failure, as far as the file system keeps its word.
    """
    # Names of files have at most 255 bytes.
    temporary = path.with_name(f".{path.name[:60]}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Keep the new name as well; not every system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
