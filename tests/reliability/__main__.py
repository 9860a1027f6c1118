"""The command line: one kind of trouble, many times, and a row for docs/reliability.md."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from tests.reliability import damage, disk, kills, lost_workers, permissions, writers
from tests.reliability.rows import Kind, carry_out

KINDS: dict[str, Kind] = {
    "kills": kills.KIND,
    "damage": damage.KIND,
    "disk": disk.KIND,
    "permissions": permissions.KIND,
    "writers": writers.KIND,
    "workers": lost_workers.KIND,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out what is asked for; 1 if a claim is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument("kind", choices=KINDS, metavar="KIND", help=f"one of {', '.join(KINDS)}")
    parser.add_argument("--of", metavar="CASE", action="append", help="only this command or file; may be repeated")
    parser.add_argument("--runs", type=int, default=20, help="of each case")
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first run: --first 7 --runs 1 is run 7 again"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--log", type=Path, help="file of runs that are over: what is in it is counted, and not run again"
    )
    asked = parser.parse_args(arguments)
    kind = KINDS[asked.kind]
    if unknown := set(asked.of or []) - set(kind.cases):
        parser.error(f"{asked.kind} has {', '.join(kind.cases)}, not {', '.join(sorted(unknown))}")
    broken = 0
    for case in asked.of or kind.cases:
        row = carry_out(kind, case, range(asked.first, asked.first + asked.runs), asked.seed, asked.log)
        print(row.as_markdown(), flush=True)
        broken += len(row.broken)
    return int(broken > 0)


if __name__ == "__main__":
    raise SystemExit(main())
