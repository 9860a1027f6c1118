"""Jobs of a SLURM cluster, one per unit, by submitit."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import submitit

from pietools.errors import TrainingError

AT_ONCE = 100
"""Jobs that are queued at once unless the user says: clusters allow so many, and the queue is others', too."""
POLL_SECONDS = 1.0
MINUTES = 60
"""Time limit of a job, which submitit has to know, unless `--slurm time=` says."""


class SlurmJobs:
    """Jobs that this process watches; a job that is killed or runs out of time is lost, and whoever submitted it tries again.

    `cluster` is submitit's: "local" runs the same jobs as processes of this machine, for tests.
    """

    images_done: int | None = None

    def __init__(self, logs: Path, n_at_once: int | None, options: Sequence[str] = (), cluster: str = "slurm") -> None:
        self.n_at_once = n_at_once or AT_ONCE
        try:
            self._executor = submitit.AutoExecutor(folder=logs, cluster=cluster)
        except RuntimeError as error:
            raise TrainingError(
                f"there is no SLURM here ({error}): run this on a machine of the cluster that has sbatch and srun."
            ) from error
        # One thread each, as everywhere: more would change the last digits of what is trained.
        self._executor.update_parameters(name="pietools", timeout_min=MINUTES, cpus_per_task=1)
        if cluster == "slurm":
            self._executor.update_parameters(slurm_additional_parameters=_parsed(options))
        self._jobs: dict[Future[Any], submitit.Job[Any]] = {}
        self._lock = threading.Lock()
        self._is_open = threading.Event()
        self._is_open.set()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """See `Workers`."""
        future: Future[Any] = Future()
        try:
            job = self._executor.submit(function, *arguments)
        except Exception as error:  # submitit has no list of what sbatch may say
            raise TrainingError(f"sbatch did not take a job: {_first_line(error)}") from error
        with self._lock:
            self._jobs[future] = job
        return future

    def _watch(self) -> None:
        closed = threading.Event()
        while self._is_open.is_set():
            with self._lock:
                jobs = list(self._jobs.items())
            for future, job in jobs:
                if job.done():
                    self._settle(future, job)
            closed.wait(POLL_SECONDS)

    def _settle(self, future: Future[Any], job: "submitit.Job[Any]") -> None:
        try:
            future.set_result(job.result())
        except Exception as error:
            future.set_exception(
                RuntimeError(f"job {job.job_id} ({job.state}): see {job.paths.stderr}. {_first_line(error)}")
            )
        with self._lock:
            del self._jobs[future]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel the jobs that are queued or run."""
        self._is_open.clear()
        self._watcher.join()
        for job in self._jobs.values():
            job.cancel(check=False)


def _parsed(options: Sequence[str]) -> dict[str, str]:
    """Options of sbatch, KEY=VALUE each."""
    parsed = dict(option.split("=", 1) for option in options if "=" in option)
    if wrong := [option for option in options if "=" not in option]:
        raise TrainingError(f"--slurm takes KEY=VALUE, an option of sbatch, such as partition=gpu; found '{wrong[0]}'.")
    return {key.strip().lstrip("-"): value for key, value in parsed.items()}


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
