"""Eight processes that import into one study at once, while another reads it."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from tests.reliability import studies
from tests.reliability.processes import Done, finished, started
from tests.reliability.rows import BrokenClaimError, Kind, Run

N_WRITERS = 8
WAIT = ("--wait", "60")
MESSAGES = ("is in use by", "there is no study at")


@contextmanager
def _writers(*, wait: bool) -> Iterator[Run]:
    yield partial(_one, WAIT if wait else ())


def _one(wait: tuple[str, ...], folder: Path, random: np.random.Generator) -> str:
    populations = [f"p{k}" for k in random.permutation(N_WRITERS)]
    for population in populations:
        shutil.copyfile(studies.predictions() / "dense.npz", folder / f"{population}.npz")
        _change(folder / f"{population}.npz", int(population[1:]))
    processes = {name: started((*studies.importing(name, None), *wait), folder) for name in populations}
    read: list[Done] = []
    is_over = threading.Event()
    reader = threading.Thread(target=_read, args=(folder, wait, is_over, read))
    reader.start()
    done = {name: process.end() for name, process in processes.items()}
    is_over.set()
    reader.join()
    for name, one in [*done.items(), *(("reader", one) for one in read)]:
        _check(name, one, wait)
    stored = {name for name, one in done.items() if one.exit_code == 0}
    found = studies.networks(folder / "s.duckdb")
    if found != dict.fromkeys(stored, studies.N_NETWORKS):
        raise BrokenClaimError(f"exit code 0 of {sorted(stored)}, but the study has {found}")
    return "all stored" if len(stored) == N_WRITERS else "some stored, the others refused"


def _change(path: Path, k: int) -> None:
    """Other networks than those of the other populations."""
    arrays = dict(np.load(path))
    arrays["logits"] = arrays["logits"] * (1 + k / 8)
    np.savez(path, **arrays)


def _read(folder: Path, wait: tuple[str, ...], is_over: threading.Event, read: list[Done]) -> None:
    while not is_over.is_set():
        read.append(finished(("info", "s.duckdb", "--json", *wait), folder))


def _check(name: str, done: Done, wait: tuple[str, ...]) -> None:
    """Whoever waits is served; whoever does not is told in one line who has the study."""
    if done.exit_code == 0:
        return
    is_told = done.is_refusal and done.error.count("\n") == 1 and any(word in done.error for word in MESSAGES)
    if not is_told or (wait and MESSAGES[1] not in done.error):
        raise BrokenClaimError(f"{name}: exit code {done.exit_code}: {done.error}")


KIND = Kind("writers", {"waiting": partial(_writers, wait=True), "not-waiting": partial(_writers, wait=False)})
