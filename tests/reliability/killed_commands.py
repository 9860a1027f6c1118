"""The commands that are killed, what they need, and what must be left."""

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

from tests.reliability import studies
from tests.reliability.coding import annotated
from tests.reliability.kills import Killed, killed
from tests.reliability.rows import BrokenClaimError, Kind


def _import(*, is_new: bool) -> Killed:
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

    return Killed(studies.importing(population), prepare, left, lambda folder: studies.contents(folder / "s.duckdb"))


# analyze and export


def _analyze() -> Killed:
    def prepare(folder: Path) -> None:
        shutil.copyfile(studies.analyzed_study(), folder / "s.duckdb")
        shutil.copytree(studies.analyzed_before(), folder / "out", dirs_exist_ok=True)

    def left(folder: Path) -> str:
        before = studies.contents(studies.analyzed_study())
        found = studies.contents(folder / "s.duckdb")
        changed = {table for table in found if found[table] != before[table]}
        if any(not table.startswith("results.") for table in changed):
            raise BrokenClaimError("predictions changed")
        for name in ("analysis.json", "report.html"):
            text = (folder / "out" / name).read_text()
            if name == "analysis.json":
                json.loads(text)
            elif not text.rstrip().endswith("</html>"):
                raise BrokenClaimError("half a report")
        is_old = (folder / "out/analysis.json").read_bytes() == (
            studies.analyzed_before() / "analysis.json"
        ).read_bytes()
        return (
            "results and files of before" if not changed else "new results, files of before" if is_old else "both new"
        )

    def result(folder: Path) -> Any:
        return studies.contents(folder / "s.duckdb"), studies.bytes_of(folder / "out")

    arguments = ("analyze", "s.duckdb", "--permutations", "60", "--jobs", "1", "--out", "out")
    return Killed(arguments, prepare, left, result)


def _export() -> Killed:
    def prepare(folder: Path) -> None:
        shutil.copyfile(studies.analyzed_study(), folder / "s.duckdb")

    def left(folder: Path) -> str:
        if not (folder / "out").exists():
            return "no folder"
        if studies.bytes_of(folder / "out") != studies.bytes_of(studies.exported_study()):
            raise BrokenClaimError("half a folder")
        return "whole folder"

    return Killed(
        ("export", "s.duckdb", "--out", "out"),
        prepare,
        left,
        lambda folder: studies.bytes_of(folder / "out"),
        lambda folder: (folder / "out").exists(),
    )


# train, collect, merge


def _train() -> Killed:
    trained = studies.trained_networks()
    whole = studies.bytes_of(trained / "checkpoints")

    def prepare(folder: Path) -> None:
        shutil.copyfile(trained / "STUDY.toml", folder / "STUDY.toml")

    def left(folder: Path) -> str:
        found = studies.bytes_of(folder / "checkpoints")
        if any(whole.get(name) != content for name, content in found.items()):
            raise BrokenClaimError("a file is there that an undisturbed run does not leave")
        return f"{sum(name.endswith('.json') for name in found)} networks"

    return Killed(
        ("train", "STUDY.toml", "--processes", "2"),
        prepare,
        left,
        lambda folder: studies.bytes_of(folder / "checkpoints"),
    )


def _collect() -> Killed:
    return Killed(("collect", "STUDY.toml"), _copy_trained, _collected, _digits)


def _merge() -> Killed:
    shards = studies.shards()

    def prepare(folder: Path) -> None:
        shutil.copytree(shards, folder / "shards")

    return Killed(("merge", "shards", "--db", "digits.duckdb"), prepare, _collected, _digits)


def _copy_trained(folder: Path) -> None:
    shutil.copytree(studies.trained_networks(), folder, dirs_exist_ok=True)


def _collected(folder: Path) -> str:
    found = studies.networks(folder / "digits.duckdb")
    return f"{sum(found.values())} networks" if (folder / "digits.duckdb").exists() else "no study yet"


def _digits(folder: Path) -> Any:
    return studies.contents(folder / "digits.duckdb")


KIND = Kind(
    "kills",
    {
        "import-new": partial(killed, partial(_import, is_new=True)),
        "import": partial(killed, partial(_import, is_new=False)),
        "analyze": partial(killed, _analyze),
        "train": partial(killed, _train),
        "collect": partial(killed, _collect),
        "merge": partial(killed, _merge),
        "export": partial(killed, _export),
        "annotate": annotated,
    },
)
