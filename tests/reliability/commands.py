"""Commands that are interrupted, by a kill or a full disk: what they need, and what must be left."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.reliability import studies
from tests.reliability.rows import BrokenClaimError


@dataclass(frozen=True)
class Command:
    """A command, in a folder of its own.

    ``prepare`` fills the folder. ``left`` says in words what is there after an interruption, and raises BrokenClaimError if that is
    half of something, or lacks what was there before. ``result`` is what the command leaves when it ends, to be compared;
    ``is_done`` whether it cannot be given again since what it makes is there, whole.
    """

    arguments: Sequence[str]
    prepare: Callable[[Path], None]
    left: Callable[[Path], str]
    result: Callable[[Path], Any]
    is_done: Callable[[Path], bool] = lambda folder: False


def _import(*, is_new: bool) -> Command:
    population = "dense" if is_new else "pruned"

    def prepare(folder: Path) -> None:
        shutil.copytree(studies.predictions(), folder, dirs_exist_ok=True)
        if not is_new:
            shutil.copyfile(studies.imported_study(), folder / "s.duckdb")

    def left(folder: Path) -> str:
        path = folder / "s.duckdb"
        found = studies.networks(path)
        if found.get(population, 0) not in (0, studies.N_NETWORKS):
            raise BrokenClaimError("a part of the networks is there")
        if not is_new and studies.networks(studies.without_log(path)).get("dense") != studies.N_NETWORKS:
            raise BrokenClaimError("the population that was there is not")
        return "no study yet" if not path.exists() else "all of it" if population in found else "nothing of it"

    return Command(studies.importing(population), prepare, left, lambda folder: studies.contents(folder / "s.duckdb"))


# analyze and export


def _analyze() -> Command:
    def prepare(folder: Path) -> None:
        shutil.copyfile(studies.analyzed_study(), folder / "s.duckdb")
        shutil.copytree(studies.analyzed_before(), folder / "out", dirs_exist_ok=True)

    def left(folder: Path) -> str:
        before, found = (studies.contents(path) for path in (studies.analyzed_study(), folder / "s.duckdb"))
        changed = [table for table in found if found[table] != before[table]]
        if any(not table.startswith("results.") for table in changed):
            raise BrokenClaimError("predictions changed")
        json.loads((folder / "out/analysis.json").read_text())
        if not (folder / "out/report.html").read_text().rstrip().endswith("</html>"):
            raise BrokenClaimError("half a report")
        is_old = studies.bytes_of(folder / "out") == studies.bytes_of(studies.analyzed_before())
        return f"{'new' if changed else 'old'} results, {'old' if is_old else 'new'} files"

    def result(folder: Path) -> Any:
        return studies.contents(folder / "s.duckdb"), studies.bytes_of(folder / "out")

    arguments = ("analyze", "s.duckdb", "--permutations", "60", "--jobs", "1", "--out", "out")
    return Command(arguments, prepare, left, result)


def _export() -> Command:
    def prepare(folder: Path) -> None:
        shutil.copyfile(studies.analyzed_study(), folder / "s.duckdb")

    def left(folder: Path) -> str:
        if not (folder / "out").exists():
            return "no folder"
        if studies.bytes_of(folder / "out") != studies.bytes_of(studies.exported_study()):
            raise BrokenClaimError("half a folder")
        return "whole folder"

    return Command(
        ("export", "s.duckdb", "--out", "out"),
        prepare,
        left,
        lambda folder: studies.bytes_of(folder / "out"),
        lambda folder: (folder / "out").exists(),
    )


# train, collect, merge


def _train() -> Command:
    trained = studies.trained_networks()
    whole = studies.bytes_of(trained / "checkpoints")

    def prepare(folder: Path) -> None:
        shutil.copyfile(trained / "STUDY.toml", folder / "STUDY.toml")

    def left(folder: Path) -> str:
        found = studies.bytes_of(folder / "checkpoints")
        if any(whole.get(name) != content for name, content in found.items()):
            raise BrokenClaimError("a file is there that an undisturbed run does not leave")
        return f"{sum(name.endswith('.json') for name in found)} networks"

    return Command(
        ("train", "STUDY.toml", "--processes", "2"),
        prepare,
        left,
        lambda folder: studies.bytes_of(folder / "checkpoints"),
    )


def _collect() -> Command:
    return Command(("collect", "STUDY.toml"), _copy_trained, _collected, _digits)


def _merge() -> Command:
    shards = studies.shards()

    def prepare(folder: Path) -> None:
        shutil.copytree(shards, folder / "shards")

    return Command(("merge", "shards", "--db", "digits.duckdb"), prepare, _collected, _digits)


def _copy_trained(folder: Path) -> None:
    shutil.copytree(studies.trained_networks(), folder, dirs_exist_ok=True)


def _collected(folder: Path) -> str:
    found = studies.networks(folder / "digits.duckdb")
    return f"{sum(found.values())} networks" if (folder / "digits.duckdb").exists() else "no study yet"


def _digits(folder: Path) -> Any:
    return studies.contents(folder / "digits.duckdb")


COMMANDS: dict[str, Callable[[], Command]] = {
    "import-new": partial(_import, is_new=True),
    "import": partial(_import, is_new=False),
    "analyze": _analyze,
    "train": _train,
    "collect": _collect,
    "merge": _merge,
    "export": _export,
}
