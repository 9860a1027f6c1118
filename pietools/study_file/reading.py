"""From the text of a STUDY.toml to a checked `StudyFile`."""

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pietools.bounds import no_file, shown_bytes
from pietools.errors import StudyFileError
from pietools.study_file.contradictions import find_contradictions
from pietools.study_file.line_numbers import Location, find_line
from pietools.study_file.messages import describe
from pietools.study_file.settings import StudyTables
from pietools.study_file.study_file import StudyFile

MOST_BYTES = 1_000_000
DEEPEST = 5000  # dots in a key: of thousands tomllib makes minutes and gigabytes


def read_study_file(path: str | Path) -> StudyFile:
    """Read and check a STUDY.toml.

    Raises StudyFileError in one line: the file, the line, what was found and what is allowed.
    """
    path = Path(path)
    text = _read_text(path)
    try:
        tables = StudyTables.model_validate(_parse(path, text))
    except ValidationError as error:
        # A misspelt key is also a missing one: the misspelling is the better news.
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        raise _problem(path, text, first["loc"], describe(first)) from None
    for location, message in find_contradictions(tables):
        raise _problem(path, text, location, message)
    return StudyFile(path=path, tables=tables)


def _read_text(path: Path) -> str:
    try:
        _refuse_no_file(path)
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise StudyFileError(f"{path}: there is no such file. Give the path of a STUDY.toml.") from None
    except OSError as error:
        raise StudyFileError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:  # no UTF-8, or a zero byte in the path
        raise StudyFileError(f"{path} cannot be read: {error}") from None


def _refuse_no_file(path: Path) -> None:
    """Raise for what would be read for ever, or for hours."""
    n_bytes = path.stat().st_size
    if path.is_dir():
        raise StudyFileError(f"{path} is a folder. Give the path of the STUDY.toml in it.")
    if (reason := no_file(path)) is not None:
        raise StudyFileError(f"{reason}. Give the path of a STUDY.toml.")
    if n_bytes > MOST_BYTES:
        raise StudyFileError(f"{path} has {shown_bytes(n_bytes)}, and a STUDY.toml at most {shown_bytes(MOST_BYTES)}.")


def _parse(path: Path, text: str) -> dict[str, Any]:
    for number, line in enumerate(text.splitlines(), start=1):
        if any(part.count(".") > DEEPEST for part in line.partition("#")[0].split(",")):
            raise StudyFileError(f"{path.name} line {number}: a key has more than {DEEPEST:,} parts.")
    try:
        return tomllib.loads(text)
    except Exception as error:  # besides TOMLDecodeError: brackets that are too deep, numbers of thousands of digits
        found = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error))
        where, what = (f" line {found[2]} column {found[3]}", found[1]) if found else ("", str(error))
        raise StudyFileError(f"{path.name}{where}: this is no TOML: {what}") from None


def _problem(path: Path, text: str, location: Location, message: str) -> StudyFileError:
    line = find_line(text, location)
    return StudyFileError(f"{path.name}{f' line {line}' if line else ''}: {message}")
