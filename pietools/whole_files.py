"""Files that are there whole or not at all, also after a kill or when the power fails."""

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

# Names of files have at most 255 bytes; a character has at most 4.
LONGEST_STEM = 40


def write_whole(path: Path, content: bytes) -> None:
    """Make or replace a file in one step: another process, or the next one after a crash, sees all of it or nothing.

    When this returns, the file outlives a power failure, as far as the file system keeps its word.
    """
    temporary = hidden(path)
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


def hidden(path: Path) -> Path:
    """A name beside ``path`` that only this call knows: on a shared drive, other machines have processes of the same number."""
    return path.with_name(f".{path.name[:LONGEST_STEM]}.{os.getpid()}-{token_hex(4)}.new")


def _sync_folder(folder: Path) -> None:
    """Keep the new name as well; not every system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
