"""Files that were damaged: whoever reads them says so in one line, or gives the same numbers; never others."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pietools.errors import PietoolsError
from tests.reliability import studies
from tests.reliability.processes import Done, Process, finished
from tests.reliability.rows import BrokenClaimError, Kind, Run

BLOCK = 4096
LONGEST_LINE = 700


@dataclass(frozen=True)
class Read:
    """What is damaged and who reads it.

    ``whole``: a folder; ``files``: patterns of those that are damaged, each as often as the others; ``read`` gives what it reads in
    a copy, by name, and stops at the first command that fails; ``is_right`` compares that with what an undamaged copy gives.
    """

    whole: Path
    files: tuple[str, ...]
    read: Callable[[Path], tuple[Done, Any]]
    is_right: Callable[[Any, Any], str | None]


def damaged(content: bytes, random: np.random.Generator) -> tuple[str, bytes]:
    """A file with one damage, and which one it is."""
    kind = str(random.choice(["bit flipped", "block zeroed", "cut off", "block repeated"]))
    position = int(random.integers(len(content)))
    block = position // BLOCK * BLOCK
    if kind == "bit flipped":
        flipped = content[position] ^ 1 << int(random.integers(8))
        return kind, content[:position] + bytes([flipped]) + content[position + 1 :]
    if kind == "block zeroed":
        zeros = bytes(len(content[block : block + BLOCK]))
        return kind, content[:block] + zeros + content[block + BLOCK :]
    return kind, content[:position] if kind == "cut off" else content[: block + BLOCK] + content[block:]


@contextmanager
def _read(make: Callable[[], Read]) -> Iterator[Run]:
    case = make()
    whole = studies.new_folder() / "whole"
    shutil.copytree(case.whole, whole)
    done, undamaged = case.read(whole)
    if done.exit_code:
        raise BrokenClaimError(f"undamaged: {done.error}")
    yield partial(_one, case, undamaged)


def _one(case: Read, undamaged: Any, folder: Path, random: np.random.Generator) -> str:
    shutil.copytree(case.whole, folder, dirs_exist_ok=True)
    paths = sorted(folder.glob(str(random.choice(case.files))))
    path = paths[int(random.integers(len(paths)))]
    content = path.read_bytes()
    how, changed = damaged(content, random)
    what = f"{path.relative_to(folder)}, {how}"
    if changed == content:
        return "the damage changed nothing"
    path.write_bytes(changed)
    try:
        done, found = case.read(folder)
    except BrokenClaimError as error:
        raise BrokenClaimError(f"{what}: {error}") from error
    if done.exit_code:
        return _refused(done, path, what)
    right = case.is_right(found, undamaged)
    if right is None:
        raise BrokenClaimError(f"{what}: exit code 0, and other numbers")
    return right


def _refused(done: Done, path: Path, what: str) -> str:
    """Check that a damaged file is refused in one line that names it."""
    if done.exit_code < 0:
        return f"signal {-done.exit_code} ended the process"
    lines = [line for line in done.error.splitlines() if line]
    names = (path.name.removesuffix(".wal"), path.stem, path.parent.name)
    is_clear = len(lines) == 1 and len(lines[0]) < LONGEST_LINE and any(name in lines[0] for name in names)
    if not done.is_refusal or not is_clear:
        raise BrokenClaimError(f"{what}: exit code {done.exit_code}, {done.error}")
    return "refused"


def _equal(found: Any, undamaged: Any) -> str | None:
    return "the same numbers" if found == undamaged else None


# Studies


def _study() -> Read:
    folder = studies.new_folder() / "study"
    folder.mkdir()
    shutil.copyfile(studies.analyzed_study(), folder / "s.duckdb")
    return Read(folder, ("s.duckdb",), _export_and_show, _equal)


def _export_and_show(folder: Path) -> tuple[Done, Any]:
    """Export, and the tables of the last analysis: predictions and results."""
    done = finished(("export", "s.duckdb", "--out", "out"), folder)
    if done.exit_code:
        return done, None
    shown = finished(("tables", "s.duckdb", "--all", "--format", "json", "--out", "tables"), folder)
    return shown, None if shown.exit_code else (studies.bytes_of(folder / "out"), studies.bytes_of(folder / "tables"))


def _log() -> Read:
    return Read(studies.study_with_log(), ("s.duckdb.wal",), _held, _at_least_acknowledged)


def _held(folder: Path) -> tuple[Done, Any]:
    done = Process(folder, print_held, "s.duckdb").end()
    return done, None if done.exit_code else json.loads(done.output)


def print_held(path: str) -> None:
    """A digest of each network of a study, or in one line why it is not read."""
    try:
        print(json.dumps(studies.networks_held(Path(path))))
    except PietoolsError as error:
        raise SystemExit(str(error)) from error


def _at_least_acknowledged(found: dict[str, str], undamaged: dict[str, str]) -> str | None:
    """What was acknowledged is in the file; of the log some may be lost, as if its networks had never come, but not changed."""
    acknowledged = {name for name in undamaged if name.startswith("dense")}
    if not acknowledged <= found.keys() or not found.items() <= undamaged.items():
        return None
    return "the same numbers" if found == undamaged else "without networks that were not acknowledged"


# Folders


def _export() -> Read:
    return Read(studies.exported_study(), ("*.parquet", "manifest.json"), _import_folder, _equal)


def _import_folder(folder: Path) -> tuple[Done, Any]:
    study = folder.with_name(f"{folder.name}.duckdb")
    done = finished(("import", str(folder), "--db", str(study)), folder)
    found = None if done.exit_code else studies.contents(study)
    study.unlink(missing_ok=True)
    return done, found


def _checkpoints() -> Read:
    files = ("checkpoints/**/*.safetensors", "checkpoints/**/*.json", "checkpoints/**/*.parquet")
    trained = studies.trained_networks()
    return Read(trained, tuple(one for one in files if any(trained.glob(one))), _train_and_collect, _equal)


def _train_and_collect(folder: Path) -> tuple[Done, Any]:
    trained = finished(("train", "STUDY.toml", "--json", "--processes", "1"), folder)
    if trained.exit_code:
        return trained, None
    rows = json.loads(trained.output)["networks"]
    said = [{name: row[name] for name in ("population", "replicate", "accuracy", "realised_sparsity")} for row in rows]
    collected = finished(("collect", "STUDY.toml"), folder)
    return collected, None if collected.exit_code else (said, studies.contents(folder / "digits.duckdb"))


def _shards() -> Read:
    return Read(studies.shards().parent, ("shards/**/*.parquet",), _merge, _equal)


def _merge(folder: Path) -> tuple[Done, Any]:
    done = finished(("merge", "shards", "--db", "merged.duckdb"), folder)
    return done, None if done.exit_code else studies.contents(folder / "merged.duckdb")


KIND = Kind(
    "damage",
    {
        "study": partial(_read, _study),
        "log": partial(_read, _log),
        "export": partial(_read, _export),
        "checkpoints": partial(_read, _checkpoints),
        "shards": partial(_read, _shards),
    },
)
