"""The page for coding by hand, whose server is killed: each answer that it acknowledged is in the study."""

import http.client
import json
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import numpy as np

from pietools.annotation.codebook import DEFAULT
from pietools.annotation.coding import Coding
from pietools.study import Study
from tests.reliability import studies
from tests.reliability.killing import kill
from tests.reliability.processes import LONGEST, Process, started
from tests.reliability.rows import BrokenClaimError, Run

LONGEST_CODING = 0.5
"""Seconds until the kill, at most: all examples take about as long."""


@contextmanager
def annotated() -> Iterator[Run]:
    """Runs that code until the server is killed, and then the rest."""
    yield _one


def _one(folder: Path, random: np.random.Generator) -> str:
    path = folder / "s.duckdb"
    shutil.copyfile(studies.analyzed_study(), path)
    process = _served(folder)
    said = _code(process, {}, LONGEST_CODING * random.random())
    kill(process)
    # What was acknowledged is in the file, whatever becomes of the log beside it.
    for study in (studies.without_log(path), path):
        found = _coded(study)
        if lost := [place for place, present in said.items() if found.get(place) != present]:
            raise BrokenClaimError(f"of {len(said)} acknowledged answers {len(lost)} are not in {study.name}")
    process = _served(folder)
    rest = _code(process, found)
    process.signal(signal.SIGINT)
    done = process.end()
    if done.exit_code or _coded(path) != found | rest:
        raise BrokenClaimError(f"coding the rest: exit code {done.exit_code}, {done.error}")
    return "all acknowledged answers" if rest else "all answers, before the kill"


def _served(folder: Path) -> Process:
    return started(("annotate", "s.duckdb", "--annotator", "a", "--no-browser", "--pairs", "20"), folder)


def _code(process: Process, known: dict[int, bool], kill_after: float | None = None) -> dict[int, bool]:
    """Code example after example but those that are known, until the server is killed; what was acknowledged, by place."""
    first, second = _first_lines(process)
    n = int(first.split(": ")[1].split()[0])
    host, _, token = second.removeprefix("http://").partition("/?")
    acknowledged: dict[int, bool] = {}
    timer = Timer(kill_after or 0, process.signal, [signal.SIGKILL])
    if kill_after is not None:
        timer.start()
    try:
        for place in set(range(n)) - known.keys():
            present = place % 3 == 0
            if _post(host, f"/code?{token}", place, present=present) == 200:
                acknowledged[place] = present
    except (OSError, http.client.HTTPException):
        if kill_after is None:
            raise
    timer.cancel()
    return acknowledged


def _first_lines(process: Process) -> tuple[str, str]:
    """What the server prints when it is there."""
    while not process.is_over:
        if process.output.exists() and (printed := process.output.read_text()).count("\n") > 1:
            first, second, *_ = printed.splitlines()
            return first, second
        time.sleep(0.01)
    raise BrokenClaimError(f"no page: {process.end().error}")


def _post(host: str, path: str, place: int, *, present: bool) -> int:
    body = {"place": place, "before": None, "present": {one.name: present for one in DEFAULT}}
    connection = http.client.HTTPConnection(host, timeout=LONGEST)
    try:
        connection.request("POST", path, json.dumps(body))
        return connection.getresponse().status
    finally:
        connection.close()


def _coded(path: Path) -> dict[int, bool]:
    """What was coded, by place; all categories are answered alike."""
    with Study.open(path) as study:
        samples = study.samples()
        said = Coding(study, samples[0], "a").said() if samples else []
    return {place: all(one.values()) for place, one in enumerate(said) if one is not None}
