"""Where units of work run: in this process, in processes of this machine, or on other machines."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pietools.cores import n_cores
from pietools.errors import TrainingError
from pietools.training.executors.workers import Workers

DASK, SLURM, PROCESSES = "dask://", "slurm", "processes"


@contextmanager
def open_workers(executor: str, n_at_once: int | None, logs: Path, slurm: Sequence[str] = ()) -> Iterator[Workers]:
    """Workers of an executor; when the block ends, whatever ended it, they have no unit of ours left.

    Parameters
    ----------
    executor
        ``processes``, ``dask://HOST:PORT`` or ``slurm``.
    n_at_once
        Units at once: one per core of this machine, or as many as there are workers, unless given.
    logs
        Folder for what jobs print.
    slurm
        Options of sbatch, as KEY=VALUE.

    Raises
    ------
    TrainingError
        If there is no such executor, or it cannot be reached.
    """
    if slurm and executor != SLURM:
        raise TrainingError(f"--slurm is for --executor slurm, and this is {executor}.")
    if executor == PROCESSES:
        from pietools.training.executors.local import LocalProcesses

        with LocalProcesses(n_at_once or n_cores()) as processes:
            yield processes
    elif executor.startswith(DASK):
        from pietools.training.executors.dask import DaskWorkers

        with DaskWorkers(f"tcp://{executor.removeprefix(DASK)}", n_at_once) as cluster:
            yield cluster
    elif executor == SLURM:
        from pietools.training.executors.slurm import SlurmJobs

        with SlurmJobs(logs, n_at_once, slurm) as jobs:
            yield jobs
    else:
        raise TrainingError(f"there is no executor '{executor}'. Allowed: {PROCESSES}, {DASK}HOST:PORT, {SLURM}.")
