"""Files that are compressed, as a whole or in parts: unpacked no further than their size gives reason for."""

import zipfile
import zlib
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np

from pietools.bounds import most_bytes, read_most, too_large
from pietools.errors import ImportFileError

# What a compressed file begins with.
MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
ZSTANDARD = 93  # method of an archive's member that zipfile does not know before Python 3.14
LOCAL_HEADER, NAME_LENGTH, EXTRA_LENGTH = 30, slice(26, 28), slice(28, 30)
READ_HEADER = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
LEAST = 8  # bytes that a number, or a text of no letters, takes at some point


def content(path: Path) -> bytes:
    """All bytes of a file, decompressed; raises ImportFileError if they are more than such a file gives reason for."""
    n_stored = path.stat().st_size
    refuse_size(path, n_stored, n_stored)
    data = path.read_bytes()
    while (codec := codec_of(data[:4])) is not None:
        data = _unpacked(path, BytesIO(data), codec, most_bytes(n_stored))
    return data


def codec_of(start: bytes) -> str | None:
    """The codec of a compressed file that begins so, or None."""
    return next((codec for magic, codec in MAGIC.items() if start.startswith(magic)), None)


def is_compressed(path: Path) -> bool:
    """Whether a file begins as a compressed one does."""
    with path.open("rb") as file:
        return codec_of(file.read(4)) is not None


def refuse_size(path: Path, n_bytes: int, n_stored: int) -> None:
    """Raise ImportFileError if so many bytes are too many for memory, or for a file of ``n_stored`` bytes."""
    if (reason := too_large(n_bytes, n_stored)) is not None:
        raise ImportFileError(f"{path} is not read: {reason}.")


def _unpacked(path: Path, stream: BinaryIO, codec: str, most: int) -> bytes:
    import pyarrow as pa

    with pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), codec) as unpacking:
        data = read_most(unpacking, most)
    if data is None:
        refuse_size(path, most + 1, path.stat().st_size)
        raise ImportFileError(f"{path} is not read: unpacked it is larger than its parts say.")
    return data


def inflated(data: bytes, most: int) -> bytes | None:
    """What zlib packed; None if it is more than ``most`` bytes."""
    found = (unpacking := zlib.decompressobj()).decompress(data, most)
    return None if unpacking.unconsumed_tail else found


# Archives


def open_archive(path: Path, file: BinaryIO, what: str) -> zipfile.ZipFile:
    """A zip archive; raises ImportFileError if it is none."""
    if not zipfile.is_zipfile(file):
        raise ImportFileError(f"{path} cannot be read, it may be truncated or damaged: it is no {what}.")
    file.seek(0)
    return zipfile.ZipFile(file)


def refuse_members(path: Path, members: Iterable[zipfile.ZipInfo], n_stored: int) -> None:
    """Raise ImportFileError if members of an archive say that they would become too large together."""
    refuse_size(path, sum(one.file_size for one in members), n_stored)


def member(path: Path, file: BinaryIO, archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    """A member of an archive, of any compression, no longer than it says."""
    if one.compress_type != ZSTANDARD:
        with archive.open(one) as stream:
            return read_most(stream, one.file_size) or b""  # which zipfile holds it to, and to its checksum
    file.seek(one.header_offset)
    header = file.read(LOCAL_HEADER)
    skipped = sum(int.from_bytes(header[part], "little") for part in (NAME_LENGTH, EXTRA_LENGTH))
    file.seek(one.header_offset + LOCAL_HEADER + skipped)
    return _unpacked(path, BytesIO(file.read(one.compress_size)), "zstd", one.file_size)


# Arrays


def refuse_announced(path: Path, what: str, stream: IO[bytes], n_bytes: int, n_stored: int) -> None:
    """Raise ImportFileError if an npy file, of ``n_bytes``, announces more than it holds, or more than memory takes.

    What is no header of an array is left to whoever reads it.
    """
    try:
        read_header = READ_HEADER[np.lib.format.read_magic(stream)]
        shape, _, dtype = read_header(stream)
    except (KeyError, ValueError):
        return
    n = 1
    for length in shape:
        n *= int(length)
    if n < 0 or n * dtype.itemsize > n_bytes - stream.tell():
        raise ImportFileError(
            f"{path}: {what}is cut off: it announces the shape {shape}, and {n_bytes:,} bytes are there."
        )
    refuse_size(path, n * max(dtype.itemsize, LEAST), n_stored)
