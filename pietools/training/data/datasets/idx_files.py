"""The idx format of MNIST and its relatives, plain or gzipped."""

import gzip
import math
from pathlib import Path

import numpy as np

from pietools.bounds import most_bytes, read_most, too_large
from pietools.errors import TrainingError
from pietools.training.boundary import boundary

UINT8 = 0x08


def read_idx(path: Path, n_axes: int) -> np.ndarray:
    """Read an idx file of unsigned bytes: two zeros, the type, the number of axes, big-endian sizes, the values.

    Raises TrainingError if the file is cut off, is no idx file, or holds another type or number of axes.
    """
    with boundary(f"{path} cannot be read"):
        content = _content(path)
    if content[:4] != bytes([0, 0, UINT8, n_axes]):
        raise TrainingError(f"{path} is no idx file of unsigned bytes with {n_axes} axes.")
    header_size = 4 + 4 * n_axes
    if len(content) < header_size:
        raise TrainingError(f"{path} is cut off: its header has {len(content)} of {header_size} bytes.")
    shape = tuple(np.frombuffer(content[4:header_size], dtype=">u4").tolist())
    values = np.frombuffer(content[header_size:], dtype=np.uint8)
    if values.size != math.prod(shape):
        raise TrainingError(f"{path} is cut off: it holds {values.size} values and announces {shape}.")
    return values.reshape(shape)


def _content(path: Path) -> bytes:
    """Bytes of the file, unpacked; raises TrainingError if they are more than such a file gives reason for."""
    if path.suffix != ".gz":
        return path.read_bytes()
    n_stored = path.stat().st_size
    with gzip.open(path) as stream:
        content = read_most(stream, most := most_bytes(n_stored))
    if content is None:
        raise TrainingError(f"{path} is not read: {too_large(most + 1, n_stored) or 'it unpacks to too much'}.")
    return content


def find_idx(folders: list[Path], name: str) -> Path:
    """Find `name` or `name.gz` in the first folder that has it; TrainingError if none has."""
    for folder in folders:
        for path in (folder / name, folder / f"{name}.gz"):
            with boundary(f"{path} cannot be read"):
                if path.is_file():
                    return path
    raise TrainingError(f"{folders[0]} has no file {name} or {name}.gz.")
