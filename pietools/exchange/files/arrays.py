"""Arrays of npz and npy files; never a pickle."""

from io import BufferedReader, BytesIO
from pathlib import Path
from warnings import catch_warnings

import numpy as np

from pietools.errors import ImportFileError
from pietools.exchange.files.tables import listed
from pietools.exchange.files.unpacking import content, is_compressed, open_archive, refuse_announced, refuse_members

LAST_LETTER, HALVES = 0x10FFFF, (0xD800, 0xDFFF)


def load_npy(path: Path) -> np.ndarray:
    """The array of an npy file, mapped where it is not compressed."""
    source = BytesIO(content(path)) if is_compressed(path) else path
    try:
        with catch_warnings(action="ignore", category=UserWarning):  # of headers that Python 2 wrote
            _refuse_announced(path, source)
            array = np.load(source, mmap_mode="r" if source is path else None, allow_pickle=False)
    except ValueError as error:
        raise _refused(path, "", error) from None
    if not isinstance(array, np.ndarray):
        array.close()
        raise ImportFileError(f"{path} is an npz archive by its content: name it .npz.")
    return checked(path, "", array)


def _refuse_announced(path: Path, source: Path | BytesIO) -> None:
    n_stored = path.stat().st_size
    if isinstance(source, BytesIO):
        refuse_announced(path, "the array ", source, source.getbuffer().nbytes, n_stored)
        source.seek(0)
        return
    with source.open("rb") as file:
        refuse_announced(path, "the array ", file, n_stored, n_stored)


def load_npz(path: Path, keys: list[str]) -> dict[str, np.ndarray]:
    """These arrays of an npz archive; raises ImportFileError if one is not there, or there more than once."""
    with _data(path) as data, open_archive(path, data, "npz archive") as members:
        n_stored = len(data.getbuffer()) if isinstance(data, BytesIO) else path.stat().st_size
        found = {one.filename.removesuffix(".npy"): one for one in members.infolist()}
        if (absent := next((key for key in keys if key not in found), None)) is not None:
            raise ImportFileError(f"{path} has no array '{absent}'. It has: {listed(list(found))}.")
        _refuse_doubles(path, keys, members.namelist())
        refuse_members(path, [found[key] for key in keys], n_stored)
        for key in keys:
            with members.open(found[key]) as stream, catch_warnings(action="ignore", category=UserWarning):
                refuse_announced(path, f"array '{key}' ", stream, found[key].file_size, n_stored)
        data.seek(0)
        with np.load(data, allow_pickle=False) as archive:
            return {key: _load(path, archive, key) for key in keys}


def _refuse_doubles(path: Path, keys: list[str], names: list[str]) -> None:
    """Raise ImportFileError if NumPy might load another member for a key than the one whose size is compared."""
    for key in keys:
        if len(doubles := [name for name in names if name in (key, f"{key}.npy")]) > 1:
            raise ImportFileError(
                f"{path} holds the array '{key}' {len(doubles)} times, as {listed(doubles)}: save it again with one array "
                "for each name."
            )


def keys_of(path: Path) -> list[str]:
    """Names of the arrays of an npz archive."""
    with _data(path) as data, open_archive(path, data, "npz archive") as archive:
        return list(dict.fromkeys(name.removesuffix(".npy") for name in archive.namelist()))


def _data(path: Path) -> BytesIO | BufferedReader:
    return BytesIO(content(path)) if is_compressed(path) else path.open("rb")


def _load(path: Path, archive: "np.lib.npyio.NpzFile", key: str) -> np.ndarray:
    try:
        with catch_warnings(action="ignore", category=UserWarning):
            array = archive[key]
    except ValueError as error:
        raise _refused(path, f"array '{key}' ", error) from None
    if not isinstance(array, np.ndarray):
        raise ImportFileError(f"{path}: '{key}' is no array.")
    return checked(path, f"array '{key}' ", array)


def _refused(path: Path, what: str, error: ValueError) -> Exception:
    if "array" not in what and not path.read_bytes().startswith(b"\x93NUMPY"):
        return ImportFileError(f"{path} is no npy file: it does not begin like one.")
    if "pickle" in str(error).lower() or "Python objects" in str(error):
        return ImportFileError(
            f"{path}: {what}holds Python objects, which are code and never opened: save texts with numpy.array(texts, dtype=str), "
            "and lists of one length as an array of numbers."
        )
    return error


def checked(path: Path, what: str, array: np.ndarray) -> np.ndarray:
    """The array with bytes as text and booleans as numbers; raises ImportFileError for a type that holds neither."""
    if array.dtype.kind == "S":
        try:
            return np.char.decode(array, "utf-8")
        except UnicodeDecodeError:
            raise ImportFileError(f"{path}: {what}holds bytes that are no UTF-8.") from None
    if array.dtype.kind == "U" and array.dtype.itemsize and _holds_no_letters(array):
        raise ImportFileError(f"{path}: {what}holds text with numbers that stand for no letter: is it damaged?")
    if array.dtype.kind == "b":
        return array.astype(np.int64)
    if array.dtype.kind == "V":
        raise ImportFileError(
            f"{path}: {what}has type {array.dtype}: bfloat16, or a record? Save numbers as float32 (array.astype(numpy.float32))."
        )
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        return array.astype(np.float64)
    if array.dtype.kind not in "iufU":
        raise ImportFileError(f"{path}: {what}has type {array.dtype}. Allowed: integers, floats, text.")
    return array


def _holds_no_letters(array: np.ndarray) -> bool:
    """Whether a text has a half of a letter, or a number beyond Unicode, at which polars would panic."""
    codes = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")).reshape(-1).view(np.uint32)
    return bool(((codes > LAST_LETTER) | ((codes >= HALVES[0]) & (codes <= HALVES[1]))).any())
