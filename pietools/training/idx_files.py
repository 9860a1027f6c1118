"""The idx format of MNIST and its relatives, plain or gzipped."""

import gzip
import zlib
from pathlib import Path

import numpy as np

from pietools.errors import TrainingError

UINT8 = 0x08


def read_idx(path: Path) -> np.ndarray:
    """Read an idx file of unsigned bytes: two zeros, the type, the number of axes, big-endian sizes, the values.

    Raises TrainingError if the file is cut off, is no idx file, or holds another type.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise TrainingError(f"{path} cannot be read: {error}") from None
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UINT8:
        raise TrainingError(f"{path} is no idx file of unsigned bytes.")
    header_size = 4 + 4 * content[3]
    shape = tuple(np.frombuffer(content[4:header_size], dtype=">u4").tolist())
    values = np.frombuffer(content[header_size:], dtype=np.uint8)
    if values.size != np.prod(shape):
        raise TrainingError(f"{path} is cut off: it holds {values.size} values and announces {shape}.")
    return values.reshape(shape)


def find_idx(folders: list[Path], name: str) -> Path:
    """Find `name` or `name.gz` in the first folder that has it; TrainingError if none has."""
    for folder in folders:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    raise TrainingError(f"{folders[0]} has no file {name} or {name}.gz.")
