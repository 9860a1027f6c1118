"""Files and folders that may not be read or written: one line, and nothing is harmed; what needs no permission works."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from tests.reliability import commands, studies
from tests.reliability.commands import Command
from tests.reliability.processes import LONGEST, ROOT, Done, finished
from tests.reliability.rows import BrokenClaimError, Kind, Run, SkippedError

NOBODY = 65534
# What is done to a file or a folder: its mode, and whether it is another user's.
MODES = {"unreadable": (0o000, False), "read-only": (0o444, False), "another user's": (0o644, True)}
FOLDER_MODES = {
    "unreadable": (0o000, False),
    "read-only": (0o555, False),
    "not to be entered": (0o666, False),
    "another user's": (0o755, True),
}
# Root may do everything, unless it gives up these.
AS_ANYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner,-chown")


@contextmanager
def _forbidden(make: Callable[[], Command]) -> Iterator[Run]:
    if os.geteuid() == 0 and shutil.which(AS_ANYBODY[0]) is None:
        raise SkippedError("root may do everything")
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
    paths = sorted([inside, *inside.rglob("*")])
    path = paths[int(random.integers(len(paths)))]
    modes = FOLDER_MODES if path.is_dir() else MODES
    name = str(random.choice(list(modes)))
    mode, is_anothers = modes[name]
    before = path.stat()
    path.chmod(mode)
    if is_anothers and os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    done = _as_anybody(case.arguments, inside)
    if path.exists():
        os.chown(path, before.st_uid, before.st_gid)
        path.chmod(before.st_mode)
    what = f"{path.relative_to(folder)} {name}"
    if done.exit_code:
        if not done.is_refusal or not done.error.strip().splitlines()[-1].startswith("Error: "):
            raise BrokenClaimError(f"{what}: exit code {done.exit_code}: {done.error}")
        case.left(inside)
        if not case.is_done(inside):
            again = finished(case.arguments, inside)
            if again.exit_code:
                raise BrokenClaimError(f"{what}, then allowed: {again.error}")
    if case.result(inside) != result:
        raise BrokenClaimError(f"{what}: exit code {done.exit_code}, and what is left is something else")
    return "one line" if done.exit_code else "not needed"


def _as_anybody(arguments: Sequence[str], folder: Path) -> Done:
    """A command by somebody who may not do everything."""
    if os.geteuid() != 0:
        return finished(arguments, folder)
    command = [*AS_ANYBODY, sys.executable, "-m", "pietools", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


KIND = Kind("permissions", {name: partial(_forbidden, make) for name, make in commands.COMMANDS.items()})
