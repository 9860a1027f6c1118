"""CSV and its kin: every column as text, whatever the separator, the encoding and the line ends."""

import csv
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.files.tables import Table, listed
from pietools.exchange.files.unpacking import content

SEPARATORS = {",": "CSV", "\t": "tab-separated table", ";": "CSV separated by ';'", "|": "table separated by '|'"}
SNIFFED = 20  # lines
SAMPLE = 1_000_000  # bytes


def read_text_table(path: Path) -> Table:
    """Columns of a CSV, names and cells without the blanks around them.

    Raises ImportFileError if the file has no line, or a line has more cells than the first.
    """
    data, encoding = _as_utf8(path, content(path))
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    data = data.lstrip(b"\r\n")
    lines = _first_row(path, data, separator := _separator(data))
    if not lines:
        raise ImportFileError(f"{path} is empty.")
    names = [name.strip() for name in lines[0]]
    if any(re.fullmatch(r"[+-]?\d*\.\d+", name) for name in names):
        raise ImportFileError(
            f"{path}: its first line holds numbers ({listed(names, 5)}), not the names of the columns: add such a line."
        )
    try:
        frame = pl.read_csv(data, separator=separator, infer_schema=False, has_header=True, new_columns=_unique(names))
    except pl.exceptions.ComputeError as error:
        raise ImportFileError(f"{path} is no {SEPARATORS[separator]}: {_reason(error)}.") from None
    except pl.exceptions.NoDataError:
        raise ImportFileError(f"{path} is empty.") from None
    frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))  # empty lines
    if (row := _repeated_header(frame, names)) is not None:
        raise ImportFileError(
            f"{path}: row {row + 1} repeats the names of the columns: two files in one? Take that line out."
        )
    column = dict(zip(_unique(names), frame.columns, strict=True))
    what = SEPARATORS[separator] + (f" in {encoding}" if encoding else "")
    return Table(path, what, frame.height, names, lambda name: frame[column[name]].str.strip_chars().alias(name))


def _first_row(path: Path, data: bytes, separator: str) -> list[list[str]]:
    try:
        lines = list(islice(csv.reader(_lines(data), delimiter=separator), 1))
    except csv.Error:
        raise ImportFileError(
            f"{path} is no table of text: the name of a column is longer than 100,000 letters."
        ) from None
    if lines and sum(map(len, lines[0])) > SAMPLE // 2:
        raise ImportFileError(
            f"{path} is no table of text: its first line, the names of the columns, is longer than 500 kB."
        )
    return lines


def _repeated_header(frame: pl.DataFrame, names: list[str]) -> int | None:
    is_header = frame.select(
        pl.all_horizontal(
            pl.col(column).str.strip_chars() == name for column, name in zip(frame.columns, names, strict=True)
        )
    ).to_series()
    return int(is_header.arg_max() or 0) if is_header.any() else None


def _reason(error: Exception) -> str:
    text = str(error)
    if "more fields than defined" in text:
        return "a line has more cells than the first, which names the columns"
    return "a quotation mark is never closed, is the file cut off?" if "escaped" in text else text.splitlines()[0]


def _unique(names: list[str]) -> list[str]:
    """Names of columns for polars, which takes none twice; the Table refuses those that are there twice."""
    first = {name: i for i, name in reversed(list(enumerate(names)))}
    return [name if first[name] == i else f"{name}\0{i}" for i, name in enumerate(names)]


def _as_utf8(path: Path, data: bytes) -> tuple[bytes, str]:
    """The file as UTF-8, and the name of its encoding if it was another."""
    if data.startswith(BOM_UTF8):
        return data[len(BOM_UTF8) :], ""
    if data.startswith((BOM_UTF32_LE, BOM_UTF32_BE)):
        return _decoded(path, data, "utf-32").encode(), "UTF-32"
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return _decoded(path, data, "utf-16").encode(), "UTF-16"
    zeros = data[:SAMPLE].count(0)
    if zeros > len(data[:SAMPLE]) / 4:
        name = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
        return _decoded(path, data, name).encode(), "UTF-16"
    if zeros:
        raise ImportFileError(f"{path} is no table of text: it holds zero bytes.")
    try:
        if not data.isascii():
            data.decode()
    except UnicodeDecodeError:
        # Latin-1 but for the typographic marks that Windows puts where Latin-1 has control characters.
        return data.decode("cp1252", errors="replace").encode(), "Windows-1252 or Latin-1"
    return data, ""


def _decoded(path: Path, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise ImportFileError(f"{path} begins as {encoding.upper()} and is none: save it as UTF-8.") from None


def _lines(data: bytes) -> Iterator[str]:
    """Lines of the beginning, one at a time: the first few are all that is wanted of thousands."""
    for line in data[:SAMPLE].decode(errors="replace").split("\n"):
        yield line.rstrip("\r").replace("\r", " ")


def _separator(data: bytes) -> str:
    """The mark that cuts the first lines into the same number of cells, the largest there is; else the first line into most."""
    lines = list(islice(_lines(data), SNIFFED))
    n_cells = {mark: _n_cells(lines, mark) for mark in SEPARATORS}
    return max(n_cells, key=n_cells.__getitem__)


def _n_cells(lines: list[str], separator: str) -> tuple[bool, int]:
    """Whether the lines have as many cells as the first, and how many that has."""
    counts = []
    with suppress(csv.Error):  # a cell that is longer than the module takes: the lines before it must do
        counts += [len(cells) for cells in csv.reader(lines, delimiter=separator) if cells]
    # A quoted cell may hold line ends, so that the last sniffed line may be cut.
    return bool(counts) and counts[0] > 1 and len(set(counts[:-1] or counts)) == 1, counts[0] if counts else 0
