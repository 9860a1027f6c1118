"""Files of every kind, random and damaged, through ``pietools import``: does it ever do anything but read or refuse them?

python benchmarks/fuzz_import.py --minutes 20 --seed 0 [READER ...]

The minutes are those of all readers together. Whole files have random columns, cells and options; damaged ones are fixtures, made
by other projects' code, whose bytes are changed. One file in twenty goes through the whole import into a new study, which is then
opened and checked.

A fault is an exception that is no PietoolsError, a warning, a message of several lines or more than 1,000 letters, a study that is
broken or not as it was before a refusal, a process that dies, 20 seconds, or 2 GB of memory. Files with faults are kept in a folder
that is printed, the smallest of each fault; the exit code is 1 then. "Called damaged" are whole files that the import refuses as
perhaps damaged since a library, or pietools itself, stumbled: a wrong word for the user, no fault.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fuzzing.files import WHOLE
from fuzzing.trying import HANGING, NOW, TOO_LARGE, run

PANIC = re.compile(r"panicked at")


@dataclass
class Found:
    """What became of the files of one reader."""

    reader: str
    counts: Counter[str] = field(default_factory=Counter)
    faults: dict[tuple[str, ...], int] = field(default_factory=dict)
    called_damaged: dict[tuple[str, ...], int] = field(default_factory=dict)

    @property
    def row(self) -> str:
        """A row of the table."""
        counts = [self.counts[name] for name in ("tried", "read", "imported", "panics")]
        numbers = [*counts, len(self.called_damaged), len(self.faults)]
        return f"| {self.reader} | {' | '.join(f'{number:,}' for number in numbers)} |"


def main() -> int:
    """Try each reader in a process of its own, and print a table."""
    said = _arguments()
    if said.child is not None:
        return run(said.child, said.seed, said.seconds, said.folder)
    folder = Path(tempfile.mkdtemp(prefix="fuzz-import-"))
    readers = said.readers or list(WHOLE)
    print(f"Files with faults: {folder}", flush=True)
    found = [_fuzzed(reader, folder / reader, said.seed, 60 * said.minutes / len(readers)) for reader in readers]
    print("\n| reader | files tried | read | imported | panics caught | called damaged, kinds | faults, kinds |")
    print(f"| --- {'| ---: ' * 6}|")
    for one in found:
        print(one.row)
    total, n_files = sum(len(one.faults) for one in found), sum(one.counts["tried"] for one in found)
    print(f"\nSeed {said.seed}, {said.minutes:g} minutes, {n_files:,} files: {total} kinds of faults.")
    return int(total > 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("readers", nargs="*", metavar="READER", help=f"of {', '.join(WHOLE)}; all by default")
    parser.add_argument("--minutes", type=float, default=20, help="for all readers together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if unknown := [reader for reader in said.readers if reader not in WHOLE]:
        parser.error(f"no reader is called {unknown[0]}. Readers: {', '.join(WHOLE)}")
    return said


def _fuzzed(reader: str, folder: Path, seed: int, seconds: float) -> Found:
    """Run children until the time is up: one that dies is followed by another with other seeds."""
    folder.mkdir(parents=True)
    found = Found(reader)
    end = time.monotonic() + seconds
    number = seed * 1_000_000
    while (left := end - time.monotonic()) > 0:
        status = _child(found, folder, number, left, end)
        if status == 1 and "Timeout" not in (folder / HANGING).read_text(errors="replace"):
            raise SystemExit(f"the fuzzer itself failed:\n{(folder / 'stderr.txt').read_text(errors='replace')[:5000]}")
        if status not in (0, TOO_LARGE):
            _keep(found, folder, {"fault": _death(folder, status), "options": ""})
        number += 100_000
    shutil.rmtree(folder / NOW, ignore_errors=True)
    print(f"{reader}: {found.counts['tried']:,} files, {len(found.faults)} kinds of faults", flush=True)
    return found


def _child(found: Found, folder: Path, seed: int, seconds: float, end: float) -> int:
    """One child, and what it says, a line a minute of it for the user; its exit status."""
    arguments = ["--child", found.reader, "--seed", seed, "--seconds", seconds, "--folder", folder]
    before = Counter(found.counts)
    said = time.monotonic()
    with (folder / "stderr.txt").open("w") as stderr:
        command = [sys.executable, __file__, *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)
        for line in process.stdout or ():
            heard = json.loads(line)
            if "fault" in heard:
                _keep(found, folder, heard)
            else:
                found.counts = before + Counter(heard)
            if time.monotonic() - said > 60:
                said = time.monotonic()
                print(f"  {found.reader}: {found.counts['tried']:,} files, {end - said:.0f} s left", flush=True)
        status = process.wait()
    found.counts["panics"] += len(PANIC.findall((folder / "stderr.txt").read_text(errors="replace")))
    return status


def _death(folder: Path, status: int) -> dict[str, Any]:
    """What a process that died left: the place that it was at."""
    trace = (folder / HANGING).read_text(errors="replace")
    places = re.findall(r'File ".*?(pietools/[^"]+)", line (\d+)', trace)
    kind = "more than 20 seconds" if "Timeout" in trace else f"the process died ({status})"
    place = ":".join(places[0]) if places else "outside"
    return {"kind": kind, "place": place, "text": trace, "is_called_damaged": False}


def _keep(found: Found, folder: Path, heard: dict[str, Any]) -> None:
    """Keep the files of a fault if it is new, or they are smaller than those that are kept."""
    fault = heard["fault"]
    kinds = found.called_damaged if fault["is_called_damaged"] else found.faults
    key = (fault["kind"], fault["place"])
    is_new = key not in kinds
    kinds[key] = kinds.get(key, 0) + 1
    name = re.sub(r"[^\w.-]+", "-", f"{'called-damaged' if fault['is_called_damaged'] else 'fault'}-{'-'.join(key)}")
    kept, now = folder / name, folder / NOW
    if not is_new and _size(kept) <= _size(now):
        return
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(now, kept)
    about = f"whole import: {heard.get('whole_import')}\noptions: {heard['options']}"
    text = f"{fault['kind']} at {fault['place']}\n{about}\n\n{fault['text']}"
    (kept / "FAULT.txt").write_text(text, errors="backslashreplace")
    if is_new and not fault["is_called_damaged"]:
        print(f"  fault of {found.reader}: {fault['kind']} at {fault['place']}", flush=True)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if file.name != "FAULT.txt")


if __name__ == "__main__":
    sys.exit(main())
