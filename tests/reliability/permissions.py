"""Files and folders that may not be read or written: one line, and nothing is harmed; what needs no permission works."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from tests.reliability import commands, studies
from tests.reliability.commands import Command
from tests.reliability.rows import BrokenClaimError, Kind, Run
from tests.reliability.worker import finished

NOBODY = 65534
# What is forbidden: a file or folder of the command's folder, and its mode. "." is the folder.
MODES = {"unreadable": 0o000, "read-only": 0o444}
FOLDER_MODES = {"unreadable": 0o000, "read-only": 0o555, "not to be entered": 0o666}


@contextmanager
def _forbidden(make: Callable[[], Command]) -> Iterator[Run]:
    case = make()
    folder = studies.new_folder()
    case.prepare(folder)
    done = finished(case.arguments, folder)
    if done.exit_code:
        raise BrokenClaimError(f"undisturbed: {done.error}")
    yield partial(_one, case, case.result(folder))


def _one(case: Command, result: object, folder: Path, random: np.random.Generator) -> str:
    inside = folder / "inside"
    inside.mkdir()
    case.prepare(inside)
    for path in (folder, inside, *inside.rglob("*")):
        os.chmod(path, 0o777 if path.is_dir() else 0o666)
    paths = sorted([inside, *inside.rglob("*")])
    path = paths[int(random.integers(len(paths)))]
    modes = FOLDER_MODES if path.is_dir() else MODES
    name = str(random.choice(list(modes)))
    before = path.stat().st_mode
    path.chmod(modes[name])
    done = finished(
        case.arguments, folder, cwd=inside if name == "read-only" or path != inside else folder, **_as_nobody()
    )
    path.chmod(before)
    what = f"{path.relative_to(folder)} {name}"
    if done.exit_code:
        if done.exit_code != 1 or done.traceback or not done.error.strip().splitlines()[-1].startswith("Error: "):
            raise BrokenClaimError(f"{what}: exit code {done.exit_code}: {done.error}")
        case.left(inside)
        if not case.is_done(inside):
            again = finished(case.arguments, inside)
            if again.exit_code:
                raise BrokenClaimError(f"{what}, then allowed: {again.error}")
    if case.result(inside) != result:
        raise BrokenClaimError(f"{what}: exit code {done.exit_code}, and what is left is something else")
    return "one line" if done.exit_code else "not needed"


def _as_nobody() -> dict[str, int | Sequence[int]]:
    """Options of a process that is not root, which may do everything."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


KIND = Kind("permissions", {name: partial(_forbidden, make) for name, make in commands.COMMANDS.items()})
