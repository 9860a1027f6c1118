"""Many small networks, trained and run while workers are killed at random, and the same without: the same bytes."""

import filecmp
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import psutil

from tests.reliability.rows import BrokenClaimError, Kind, Run, SkippedError

STUDY = """\
[study]
file = "digits.duckdb"
replicates = {replicates}
network = "python:nets:tiny"
[data]
name = "digits"
[training]
steps = 30
batch_size = 32
[[regime]]
name = "supervised"
[[compression]]
method = "magnitude"
sparsity = 0.9
schedule = "one-shot"
fine_tune_steps = 5
"""
NETWORKS = """\
from torch import nn

def tiny(n_classes):
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, n_classes)
    )
"""
PIETOOLS = [sys.executable, "-m", "pietools"]
COMMANDS = ("train", "collect")
N_WORKERS = 2
SECONDS = 20  # between two kills, on average: a worker needs some to start


@contextmanager
def _networks(executor: str, n_networks: int) -> Iterator[Run]:
    if executor == "dask" and find_spec("distributed") is None:
        raise SkippedError("distributed is not installed")
    yield partial(disturbed_and_undisturbed, executor, n_networks)


def disturbed_and_undisturbed(executor: str, n_networks: int, folder: Path, random: np.random.Generator) -> str:
    """Train and run networks in both ways, and compare all bytes of checkpoints and of the exported study."""
    calm, wild = (_study(folder / name, n_networks) for name in ("calm", "wild"))
    for command in COMMANDS:
        _run([command, "STUDY.toml", "--executor", "processes"], calm)
    killer = Killer(SECONDS, random)
    with ExitStack() as stack:
        where = executor if executor == "processes" else stack.enter_context(dask_cluster(folder, killer))
        n_tries = sum(_disturbed([command, "STUDY.toml", "--executor", where], wild, killer) for command in COMMANDS)
    for study in (calm, wild):
        _run(["export", "digits.duckdb", "--out", "export"], study)
    if different := [*_different(calm, wild)]:
        raise BrokenClaimError(f"{len(different)} files differ, first {different[0]}")
    again = "" if n_tries == len(COMMANDS) else f", after the same commands were given {n_tries} times"
    return f"{n_networks} networks the same, {killer.n_killed} workers killed{again}"


class Killer:
    """Kills a worker at random moments: a child of one of the processes that are watched."""

    def __init__(self, every: float, random: np.random.Generator) -> None:
        self.n_killed = 0
        self.watched: set[int] = set()
        self.scheduler = 0
        self._every, self._random = every, random

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Kill until the block ends."""
        ended = threading.Event()
        thread = threading.Thread(target=self._kill_until, args=(ended,))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _kill_until(self, ended: threading.Event) -> None:
        while not ended.wait(self._random.exponential(self._every)):
            workers = [child for pid in sorted(self.watched) for child in _workers_of(pid)]
            if workers:
                os.kill(workers[self._random.integers(len(workers))], signal.SIGKILL)
                self.n_killed += 1


def _workers_of(pid: int) -> list[int]:
    """Processes that multiprocessing started below this one."""
    try:
        children = psutil.Process(pid).children(recursive=True)
        return [child.pid for child in children if "spawn_main" in " ".join(child.cmdline())]
    except psutil.NoSuchProcess:
        return []


@contextmanager
def dask_cluster(folder: Path, killer: Killer, n_threads: int = 1) -> Iterator[str]:
    """A Dask scheduler with workers on this machine, and its address."""
    listening = folder / "scheduler.json"
    where = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(listening)]
    workers = ["worker", *where, "--nthreads", str(n_threads), "--nworkers", str(N_WORKERS)]
    with _dask(["scheduler", *where, "--port", "0"], folder) as scheduler, _dask(workers, folder) as pid:
        killer.watched, killer.scheduler = {pid}, scheduler
        yield f"dask://{_address(listening)}"


@contextmanager
def _dask(arguments: list[str], folder: Path) -> Iterator[int]:
    """A command of Dask until the block ends, and its process."""
    nothing = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, "-m", "dask", *arguments], cwd=folder, stdout=nothing, stderr=nothing)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _address(listening: Path) -> str:
    import json

    for _ in range(300):
        if listening.exists() and (text := listening.read_text()):
            return str(json.loads(text)["address"]).removeprefix("tcp://")
        time.sleep(0.1)
    raise TimeoutError(f"no scheduler wrote {listening}")


def _disturbed(command: list[str], folder: Path, killer: Killer) -> int:
    """Give a command until it succeeds, while workers are killed; how often that took."""
    for n_commands in range(1, 10):
        process = subprocess.Popen([*PIETOOLS, *command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        killer.watched.add(process.pid)
        with killer.at_work():
            output, _ = process.communicate()
        killer.watched.discard(process.pid)
        if process.returncode == 0:
            return n_commands
        if process.returncode != 1 or b"Traceback" in output:
            break
    raise BrokenClaimError(f"{' '.join(command)}: {output.decode()}")


def _run(command: list[str], folder: Path) -> None:
    subprocess.run([*PIETOOLS, *command], cwd=folder, check=True, capture_output=True)


def _study(folder: Path, n_networks: int) -> Path:
    folder.mkdir()
    (folder / "STUDY.toml").write_text(STUDY.format(replicates=n_networks // 2))
    (folder / "nets.py").write_text(NETWORKS)
    return folder


def _different(calm: Path, wild: Path) -> Iterator[str]:
    """Files of checkpoints and exports that are not the same in both, or not there; hidden ones are half-written."""
    files = [
        path.relative_to(study)
        for study in (calm, wild)
        for part in ("checkpoints", "export")
        for path in (study / part).rglob("*")
        if path.is_file() and not path.name.startswith(".")
    ]
    _, mismatch, errors = filecmp.cmpfiles(calm, wild, sorted({*map(str, files)}), shallow=False)
    yield from mismatch + errors


KIND = Kind(
    "workers",
    {f"{executor}-{n}": partial(_networks, executor, n) for executor in ("processes", "dask") for n in (20, 500)},
)
