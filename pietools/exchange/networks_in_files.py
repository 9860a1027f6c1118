"""Which files are meant: paths, folders and patterns, and the names of populations and networks in the paths."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path

from pietools.errors import ImportFileError
from pietools.exchange.files.opening import ARRAYS, TABLES, suffix_of


@dataclass(frozen=True)
class NetworkFile:
    """A file, and the network and the population that its path names."""

    path: Path
    replicate: str | None = None
    population: str | None = None


def files_of(paths: Sequence[Path]) -> list[Path]:
    """Files as they are named: a folder is all prediction files in it, a pattern all that match; in the order of numbers in names.

    Raises ImportFileError if a folder or pattern has none.
    """
    found: list[Path] = []
    for path in paths:
        if os.path.isdir(path):
            inner = sorted((file for file in path.rglob("*") if _is_predictions(file)), key=natural)
            if not inner:
                raise ImportFileError(f"folder {path} holds no file of predictions ({', '.join(ARRAYS + TABLES)}).")
            found += inner
        elif has_magic(str(path)) and not os.path.exists(path):
            matches = sorted((Path(match) for match in glob(str(path), recursive=True)), key=natural)
            if not matches:
                raise ImportFileError(f"no file matches '{path}'.")
            found += matches
        else:
            found.append(path)
    return found


def _is_predictions(file: Path) -> bool:
    """Whether a file in a folder is one of predictions: lm-evaluation-harness and FiftyOne put others beside theirs."""
    is_beside = suffix_of(file) == ".json" and (file.name.startswith("results_") or file.name == "metadata.json")
    return file.is_file() and not file.name.startswith(".") and suffix_of(file) in ARRAYS + TABLES and not is_beside


def natural(path: Path) -> list[tuple[int, int, str]]:
    """Sorts seed-2 before seed-10."""
    parts = re.split(r"(\d+)", str(path))
    return [(0, int(part), part) if part.isdigit() else (1, 0, part) for part in parts]


def named_by(pattern: str, paths: Sequence[Path]) -> list[NetworkFile]:
    """Names in paths, by a pattern such as ``runs/{population}/{replicate}/pred.csv``, matched from the end of each path.

    Raises ImportFileError if the pattern has no name in it, a path does not match, or two files name the same network.
    """
    fields = set(re.findall(r"{(\w+)}", pattern))
    if not fields or not fields <= {"population", "replicate"} or "replicate" not in fields:
        raise ImportFileError(
            f"--replicates-from '{pattern}' needs {{replicate}} where paths have the name of a network, and may have "
            "{population}."
        )
    regex = re.escape(pattern)
    for field in fields:
        regex = regex.replace(rf"\{{{field}\}}", rf"(?P<{field}>[^/]+)", 1)
    regex = regex.replace(r"\*", "[^/]*")
    found = []
    for path in paths:
        match = re.search(rf"(?:^|/){regex}$", path.as_posix())
        if match is None:
            raise ImportFileError(f"{path} does not match --replicates-from '{pattern}'.")
        found.append(NetworkFile(path, match["replicate"], match["population"] if "population" in fields else None))
    names = [(one.population, one.replicate) for one in found]
    if twice := next((one for one in found if names.count((one.population, one.replicate)) > 1), None):
        raise ImportFileError(
            f"--replicates-from '{pattern}' names two files '{twice.replicate}', one of them {twice.path}."
        )
    return found
