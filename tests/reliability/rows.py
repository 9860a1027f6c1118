"""Runs whose randomness comes from a seed, what came of each, and the row that counts them."""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

import numpy as np

# One run in a new folder: what it came to, in words that are counted.
Run = Callable[[Path, np.random.Generator], str]


class BrokenClaimError(Exception):
    """A claim does not hold."""


class SkippedError(Exception):
    """A case that cannot be tried here."""


@dataclass(frozen=True)
class Kind:
    """A kind of trouble: by case, what makes ready for its runs and gives one."""

    name: str
    cases: Mapping[str, Callable[[], AbstractContextManager[Run]]]


@dataclass
class Row:
    """What came of the runs of a case."""

    command: str
    outcomes: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    skipped: str | None = None

    def as_markdown(self) -> str:
        """As a row of a table: command, runs, outcomes, claims broken."""
        if self.skipped is not None:
            return f"| `{self.command}` | 0 | skipped: {self.skipped} | |"
        found = "; ".join(f"{kind} {n}" for kind, n in sorted(self.outcomes.items()))
        return f"| `{self.command}` | {self.outcomes.total() + len(self.broken)} | {found} | {len(self.broken)} |"


def carry_out(kind: Kind, case: str, numbers: range, seed: int, log: Path | None = None) -> Row:
    """Run a case once for each number; the same seed and number give the same run."""
    command = f"python -m tests.reliability {kind.name} --of {case}"
    first = f" --first {numbers.start}" if numbers.start else ""
    row = Row(f"{command} --runs {len(numbers)}{first} --seed {seed}")
    known = _known(log, kind.name, case, seed)
    for number in numbers:
        if number in known:
            _count(row, known[number])
    left = [number for number in numbers if number not in known]
    try:
        with kind.cases[case]() if left else nullcontext(_never) as run:
            for number in left:
                ended = _one(run, _generator(seed, kind.name, case, number))
                _count(row, ended)
                if ended["broken"]:
                    print(f"{ended['said']}\n    {command} --runs 1 --first {number} --seed {seed}", flush=True)
                if log is not None:
                    with log.open("a") as file:
                        entry = {"kind": kind.name, "case": case, "seed": seed, "number": number, **ended}
                        file.write(json.dumps(entry) + "\n")
    except SkippedError as error:
        row.skipped = str(error)
    return row


def _one(run: Run, random: np.random.Generator) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="reliability-", ignore_cleanup_errors=True) as folder:
        try:
            return {"broken": False, "said": run(Path(folder), random)}
        except BrokenClaimError as error:
            return {"broken": True, "said": str(error)}


def _count(row: Row, ended: Mapping[str, object]) -> None:
    if ended["broken"]:
        row.broken.append(str(ended["said"]))
    else:
        row.outcomes[str(ended["said"])] += 1


def _generator(seed: int, *names: str | int) -> np.random.Generator:
    key = tuple(name if isinstance(name, int) else crc32(name.encode()) for name in names)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def _known(log: Path | None, kind: str, case: str, seed: int) -> dict[int, dict[str, object]]:
    """Runs that are over, by number."""
    if log is None or not log.exists():
        return {}
    rows: Iterable[dict[str, object]] = map(json.loads, log.read_text().splitlines())
    return {
        int(str(row["number"])): row for row in rows if (row["kind"], row["case"], row["seed"]) == (kind, case, seed)
    }


def _never(folder: Path, random: np.random.Generator) -> str:
    raise AssertionError("nothing is left to run")
