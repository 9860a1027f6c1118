"""Files and folders that are made under a hidden name beside their own, and get their name when they are whole."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pietools.errors import StudyError
from pietools.whole_files import hidden


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A hidden name that only this call knows, beside ``path``; the file that the block makes there becomes ``path``.

    After an error nothing is left; after a kill a hidden file, which is in nobody's way.

    Raises
    ------
    StudyError
        If something is at ``path`` when the block ends: it is never overwritten.
    """
    temporary = hidden(path)
    try:
        yield temporary
        _give_name(temporary, path)
    except FileExistsError:
        raise StudyError(f"{path} exists: open it, or choose another name.") from None
    finally:
        for leftover in (temporary, log_of(temporary)):
            leftover.unlink(missing_ok=True)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """The same for a folder; an empty one at ``folder`` is replaced.

    Raises
    ------
    StudyError
        If something else is at ``folder``.
    """
    folder = folder.resolve()
    _refuse_used(folder)
    temporary = hidden(folder)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        try:
            temporary.rename(folder)  # replaces an empty folder and nothing else
        except OSError as error:
            _refuse_used(folder)
            raise StudyError(f"{folder} cannot be made ({error.strerror}): name a folder that is not there.") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def log_of(path: Path) -> Path:
    """DuckDB's write-ahead log of a file: what was stored since its last checkpoint."""
    return path.with_name(f"{path.name}.wal")


def logs_of(path: Path) -> list[Path]:
    """All files that DuckDB opens beside a file: its log, and those that a checkpoint makes of it."""
    return [path.with_name(f"{path.name}{suffix}") for suffix in (".wal", ".wal.checkpoint", ".wal.recovery")]


def has_log(path: Path) -> bool:
    """Whether there is a log that holds something."""
    try:
        return log_of(path).stat().st_size > 0
    except (OSError, ValueError):  # no file, or no name of one
        return False


def _refuse_used(folder: Path) -> None:
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise StudyError(f"{folder} is not empty: name a new folder.")


def _give_name(temporary: Path, path: Path) -> None:
    """Link, which fails where something is, unlike renaming."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # No hard links here (FAT, some network file systems). An empty file holds the name, which fails where something is; only
        # that file is replaced. A kill in between leaves it empty, and it is refused as no study.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        temporary.replace(path)
