"""Opens a file of any known kind: by what it begins with and by its name; what cannot be read is refused with the reason."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pietools.bounds import no_file
from pietools.errors import ImportFileError, PietoolsError

ARRAYS = (".npz", ".npy")
TABLES = (".parquet", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".eval")
COMPRESSED = (".gz", ".zst", ".zstd")
# Kinds that people try, and what to do instead.
OTHERS = {
    ".pt": "a pickle of PyTorch is code and is never opened: save the predictions with numpy.savez",
    ".pth": "a pickle of PyTorch is code and is never opened: save the predictions with numpy.savez",
    ".pkl": "a pickle is code and is never opened: save the predictions with numpy.savez or as Parquet",
    ".pickle": "a pickle is code and is never opened: save the predictions with numpy.savez or as Parquet",
    ".xlsx": "save the sheet as CSV",
    ".xls": "save the sheet as CSV",
    ".h5": "save the arrays with numpy.savez",
    ".hdf5": "save the arrays with numpy.savez",
    ".mat": "save the arrays with numpy.savez",
    ".feather": "save the table as Parquet",
    ".arrow": "save the table as Parquet",
    ".zip": "unpack it first",
    ".duckdb": "a study or another database; export its predictions as Parquet",
}
PANIC = "PanicException"  # polars' own, which is no Exception


def suffix_of(path: Path) -> str:
    """Kind of a file by its name, lower case, without the suffix of a compression."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def is_arrays(path: Path) -> bool:
    """Whether a file holds arrays rather than a table."""
    return suffix_of(path) in ARRAYS


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Refuse a file of another kind, and turn whatever a broken one makes a library raise into one line."""
    if (reason := no_file(path)) is not None:
        raise ImportFileError(f"{reason}.")
    if suffix_of(path) not in ARRAYS + TABLES:
        allowed = ", ".join([*ARRAYS, *TABLES])
        cure = OTHERS.get(suffix_of(path))
        raise ImportFileError(
            f"{path}: cannot read '{suffix_of(path)}' files{f': {cure}' if cure else ''}. Allowed: {allowed}; each "
            "also as .gz or .zst."
        )
    try:
        yield
    except PietoolsError:
        raise
    except MemoryError:
        raise ImportFileError(f"{path} is larger than the memory that is left.") from None
    except OSError as error:
        if error.strerror:  # the disk's word, not a library's
            raise ImportFileError(f"{path} cannot be read: {error.strerror}.") from None
        raise damaged(path, error) from None
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != PANIC:
            raise  # Ctrl-C
        raise damaged(path, error) from None


def damaged(path: Path, error: BaseException) -> ImportFileError:
    """What to say of a file that a library gave up on."""
    lines = (str(error) or type(error).__name__).splitlines()
    return ImportFileError(f"{path} cannot be read, it may be truncated or damaged: {lines[0][:200]}")
