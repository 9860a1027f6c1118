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
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil

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
N_WORKERS = 2


@dataclass(frozen=True)
class Outcome:
    """What came of it: networks, workers killed, how often the command had to be given, and files that differ."""

    n_networks: int
    n_killed: int
    n_commands: int
    different: list[str]


def disturbed_and_undisturbed(executor: str, n_networks: int, every: float, seed: int) -> Outcome:
    """Train and run networks in both ways.

    `executor`: "processes" or "dask"; `every`: seconds between two kills, on average.
    """
    with TemporaryDirectory() as folder:
        calm, wild = (_study(Path(folder) / name, n_networks) for name in ("calm", "wild"))
        for command in ("train", "collect"):
            _run([command, "STUDY.toml", "--executor", "processes"], calm)
        killer = Killer(every, seed)
        n_commands = 0
        with ExitStack() as stack:
            where = "processes" if executor == "processes" else stack.enter_context(dask_cluster(Path(folder), killer))
            for command in ("train", "collect"):
                n_commands += _disturbed([command, "STUDY.toml", "--executor", where], wild, killer)
        for study in (calm, wild):
            _run(["export", "digits.duckdb", "--out", "export"], study)
        return Outcome(n_networks, killer.n_killed, n_commands, [*_different(calm, wild)])


class Killer:
    """Kills a worker at random moments: a child of one of the processes that are watched."""

    def __init__(self, every: float, seed: int) -> None:
        self.n_killed = 0
        self.watched: set[int] = set()
        self._every, self._rng = every, np.random.default_rng(seed)

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
        while not ended.wait(self._rng.exponential(self._every)):
            workers = [child for pid in sorted(self.watched) for child in _workers_of(pid)]
            if workers:
                os.kill(workers[self._rng.integers(len(workers))], signal.SIGKILL)
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
    with _dask(["scheduler", *where, "--port", "0"], folder), _dask(workers, folder) as pid:
        killer.watched.add(pid)
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
            raise AssertionError(output.decode())
    raise AssertionError(f"{command} failed nine times: {output.decode()}")


def _run(command: list[str], folder: Path) -> None:
    subprocess.run([*PIETOOLS, *command], cwd=folder, check=True, capture_output=True)


def _study(folder: Path, n_networks: int) -> Path:
    folder.mkdir()
    (folder / "STUDY.toml").write_text(STUDY.format(replicates=n_networks // 2))
    (folder / "nets.py").write_text(NETWORKS)
    return folder


def _different(calm: Path, wild: Path) -> Iterator[str]:
    """Files of checkpoints and exports that are not the same in both, or not there."""
    for part in ("checkpoints", "export"):
        names = {
            path.relative_to(study) for study in (calm, wild) for path in (study / part).rglob("*") if path.is_file()
        }
        for name in sorted(names):
            if not (
                (wild / name).is_file()
                and (calm / name).is_file()
                and filecmp.cmp(calm / name, wild / name, shallow=False)
            ):
                yield str(name)
