"""Where shards are: a folder, or any address that fsspec knows, such as s3://bucket/shards."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO, Protocol

from pietools.bounds import no_file
from pietools.errors import PietoolsError, ShardError
from pietools.whole_files import write_whole

SUFFIX = ".parquet"


class Place(Protocol):
    """Files by name, written whole."""

    address: str

    def names(self) -> list[str]:
        """Names of the shards that are there, sorted; none where there is no such place."""

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A file to read from."""

    def write(self, name: str, content: bytes) -> None:
        """Put a file there, in place of one of that name: others see all of it or nothing."""


def place_of(address: str) -> Place:
    """The place of an address; ShardError if it needs something that is not installed or not known."""
    if "://" not in address:
        return Folder(address)
    with _errors(address):
        return Remote(address)


class Folder:
    """A folder of this machine, or one that all machines share; or a single shard in one."""

    def __init__(self, address: str) -> None:
        path = Path(address)
        self.address = address
        self._folder = path.parent if path.is_file() else path
        self._only = path.name if path.is_file() else None

    def names(self) -> list[str]:
        """See `Place`."""
        if self._only is not None:
            return [self._only]
        with _errors(self.address):
            if not self._folder.exists():
                return []
            return sorted(name for name in os.listdir(self._folder) if is_shard(name))

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """See `Place`."""
        _refuse_no_file(path := self._folder / name)
        with _errors(str(path)), path.open("rb") as file:
            yield file

    def write(self, name: str, content: bytes) -> None:
        """See `Place`."""
        with _errors(str(self._folder / name)):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._folder / name, content)


class Remote:
    """A place that fsspec knows."""

    def __init__(self, address: str) -> None:
        from fsspec.core import url_to_fs
        from fsspec.implementations.local import LocalFileSystem

        self.address = address
        found: tuple[Any, str] = url_to_fs(address)
        self._files, self._folder = found[0], found[1].rstrip("/")
        self._is_local = isinstance(self._files, LocalFileSystem)

    def names(self) -> list[str]:
        """See `Place`."""
        with _errors(self.address):
            self._files.invalidate_cache()  # others write there, too
            if not self._files.exists(self._folder):
                return []
            names = (str(path).rpartition("/")[2] for path in self._files.ls(self._folder, detail=False))
            return sorted(name for name in names if is_shard(name))

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """See `Place`."""
        if self._is_local:
            _refuse_no_file(Path(self._folder, name))
        with _errors(f"{self.address}/{name}"), self._files.open(f"{self._folder}/{name}", "rb") as file:
            yield file

    def write(self, name: str, content: bytes) -> None:
        """See `Place`."""
        with _errors(f"{self.address}/{name}"):
            self._files.makedirs(self._folder, exist_ok=True)
            temporary = f"{self._folder}/.{token_hex(8)}.new"
            try:
                self._files.pipe_file(temporary, content)
                self._files.mv(temporary, f"{self._folder}/{name}")
            except BaseException:
                if self._files.exists(temporary):
                    self._files.rm_file(temporary)
                raise


def is_shard(name: str) -> bool:
    """Whether a file is one, by its name: hidden ones are half-written."""
    return name.endswith(SUFFIX) and not name.startswith(".")


def _refuse_no_file(path: Path) -> None:
    if (reason := no_file(path, may_be_absent=True)) is not None:
        raise ShardError(f"{reason}, and no shard: move it away.")


@contextmanager
def _errors(what: str) -> Iterator[None]:
    """Whatever a file system of somebody raises becomes one line."""
    try:
        yield
    except PietoolsError:
        raise
    except ImportError as error:
        raise ShardError(
            f"{what} needs {error.name or 'a package that is not there'}: install pietools with its extra 'cluster', and what "
            f"fsspec asks for ({str(error).splitlines()[0]})."
        ) from error
    # Every protocol has errors of its own.
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
        raise ShardError(f"{what} cannot be read or written: {reason}.") from error
