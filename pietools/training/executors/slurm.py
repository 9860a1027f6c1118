"""Jobs of a SLURM cluster, one per unit, by submitit."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import submitit

from pietools.errors import TrainingError
from pietools.training.boundary import reason

AT_ONCE = 100
"""Jobs that are queued at once unless the user says: clusters allow so many, and the queue is others', too."""
POLL_SECONDS, QUEUE_SECONDS = 1.0, 10.0
"""Between two looks for results, and between two questions to the queue."""
ANSWER_SECONDS, UNANSWERED_SECONDS = 30.0, 600.0
"""How long an answer of the queue is waited for; and after how long without any answer a job counts as lost."""
MINUTES = 60
"""Time limit of a job, which submitit has to know, unless `--slurm time=` says."""
COMMANDS = ("squeue", "scancel")
"""What is needed besides sbatch and srun, which submitit looks for."""
HYPHENATED = ("open-mode",)
"""Options that submitit itself writes with a hyphen; all others have an underscore with it."""
REFUSED = {"array": "every network is a job of its own, and --processes says how many are queued at once"}
"""Options of sbatch that would make of a job something else than one network."""


class SlurmJobs:
    """Jobs that this process watches; a job that is killed or runs out of time is lost, and whoever submitted it tries again.

    A job of which the queue has said nothing for ten minutes is lost, too. `cluster` is submitit's: "local" runs the same jobs
    as processes of this machine, for tests.
    """

    images_done: int | None = None

    def __init__(self, logs: Path, n_at_once: int | None, options: Sequence[str] = (), cluster: str = "slurm") -> None:
        self.n_at_once, self._cluster, self._logs = n_at_once or AT_ONCE, cluster, logs
        parsed = _parsed(options)
        self._executor = _executor(logs, cluster)
        # One thread each, as everywhere: more would change the last digits of what is trained.
        self._executor.update_parameters(name="pietools", timeout_min=MINUTES, cpus_per_task=1)
        if cluster == "slurm":
            self._executor.update_parameters(slurm_additional_parameters=parsed)
        self._jobs: dict[Future[Any], submitit.Job[Any]] = {}
        self._submitted: dict[Future[Any], float] = {}
        self._lock = threading.Lock()
        self._missing: set[str] = set()
        self._ask_again = 0.0
        self._answered, self._silence = time.monotonic(), "it was not asked"
        self._is_closed = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """See `Workers`."""
        future: Future[Any] = Future()
        try:
            job = self._executor.submit(function, *arguments)
        except Exception as error:  # submitit has no list of what sbatch may say
            raise TrainingError(f"sbatch did not take a job: {_last_line(str(error))}") from error
        with self._lock:
            self._jobs[future], self._submitted[future] = job, time.monotonic()
        return future

    def _watch(self) -> None:
        while not self._is_closed.wait(POLL_SECONDS):
            with self._lock:
                jobs = list(self._jobs.items())
            try:
                self._look(jobs)
            # Whatever it was: a future that nobody settles would be waited for without end.
            except Exception as error:
                for future, job in jobs:
                    if not future.done():
                        self._give_up(future, job, partial(_fail, error))

    def _look(self, jobs: Sequence[tuple[Future[Any], "submitit.Job[Any]"]]) -> None:
        """Settle the jobs that have a result, that are gone, or of which nothing is known any more."""
        gone = self._gone([job for _, job in jobs])
        for future, job in jobs:
            if _has_result(job):
                self._settle(future, partial(_result, job))
            elif job.job_id in gone:
                self._settle(future, partial(_lost, job))
            elif time.monotonic() - max(self._answered, self._submitted[future]) > UNANSWERED_SECONDS:
                self._give_up(future, job, partial(_unknown, job, self._silence))

    def _gone(self, jobs: Sequence["submitit.Job[Any]"]) -> set[str]:
        """Jobs that the queue did not have the last two times that it was asked: a result is seen later than it is written."""
        if time.monotonic() < self._ask_again:
            return set()
        self._ask_again = time.monotonic() + QUEUE_SECONDS
        queued = self._queued(jobs)
        if queued is None:
            return set()
        self._answered = time.monotonic()
        missing = {job.job_id for job in jobs} - queued
        gone, self._missing = missing & self._missing, missing
        return gone

    def _queued(self, jobs: Sequence["submitit.Job[Any]"]) -> set[str] | None:
        """Numbers of our jobs that wait or run; None if the queue does not answer. Not every cluster keeps accounts (sacct)."""
        if self._cluster != "slurm":
            return {job.job_id for job in jobs if not job.done()}
        command = ["squeue", "--me", "--noheader", "--format", "%i"]
        try:
            asked = subprocess.run(command, capture_output=True, check=False, timeout=ANSWER_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            self._silence = reason(error).rstrip(".")
            return None
        self._silence = _last_line(asked.stderr.decode(errors="replace")) or "it said nothing"
        return set(asked.stdout.decode(errors="replace").split()) if asked.returncode == 0 else None

    def _give_up(self, future: Future[Any], job: "submitit.Job[Any]", result: Callable[[], Any]) -> None:
        """Cancel a job first: it may run still, beside the one that is submitted in its place."""
        with suppress(OSError):
            job.cancel(check=False)
        self._settle(future, result)

    def _settle(self, future: Future[Any], result: Callable[[], Any]) -> None:
        try:
            future.set_result(result())
        except Exception as error:
            future.set_exception(error)
        with self._lock:
            del self._jobs[future], self._submitted[future]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel the jobs that are queued or run."""
        self._is_closed.set()
        self._watcher.join()
        for job in self._jobs.values():
            job.cancel(check=False)
        self._tidy()

    def _tidy(self) -> None:
        """Remove links to scripts of jobs whose files are gone, and the folder if nothing else is in it."""
        for link in self._logs.glob(".submission_file_*"):
            if not link.exists():
                link.unlink(missing_ok=True)
        with suppress(OSError):
            self._logs.rmdir()


def _executor(logs: Path, cluster: str) -> submitit.AutoExecutor:
    try:
        executor = submitit.AutoExecutor(folder=logs, cluster=cluster)
    except RuntimeError as error:
        raise TrainingError(
            f"there is no SLURM here ({error}): run this on a machine of the cluster that has sbatch and srun."
        ) from error
    if cluster == "slurm" and (missing := next((one for one in COMMANDS if shutil.which(one) is None), None)):
        raise TrainingError(
            f"there is no {missing} here, and sbatch is: run this on a machine of the cluster that has both, or put the folder of "
            f"{missing} on the PATH."
        )
    return executor


def _parsed(options: Sequence[str]) -> dict[str, str]:
    """Options of sbatch by submitit's names, so that they take the place of what is said here."""
    parsed = {}
    for option in options:
        key, mark, value = option.partition("=")
        key = key.strip().lstrip("-")
        key = key if key in HYPHENATED else key.replace("-", "_")
        if not key or not mark:
            raise TrainingError(
                f"--slurm takes KEY=VALUE, an option of sbatch, such as partition=gpu; found '{option}'."
            )
        if key in REFUSED:
            raise TrainingError(f"--slurm {key}= is not taken: {REFUSED[key]}.")
        parsed[key] = value
    return parsed


def _has_result(job: "submitit.Job[Any]") -> bool:
    """Whether a job wrote one; a drive that does not answer is asked again."""
    with suppress(OSError):
        return job.paths.result_pickle.exists()
    return False


def _result(job: "submitit.Job[Any]") -> Any:
    """What the job returned; its files, which nobody needs then, are removed."""
    result = job.result()
    for path in job.paths.folder.glob(f"{job.job_id}_*"):
        path.unlink(missing_ok=True)
    return result


def _lost(job: "submitit.Job[Any]") -> None:
    said = job.paths.stderr.read_text(errors="replace") if job.paths.stderr.exists() else ""
    raise RuntimeError(
        f"job {job.job_id} ended without a result: {_last_line(said) or 'it said nothing'}, see {job.paths.stderr}"
    )


def _unknown(job: "submitit.Job[Any]", silence: str) -> None:
    minutes = f"{UNANSWERED_SECONDS / 60:.0f}"
    raise RuntimeError(
        f"nothing is known of job {job.job_id}: squeue has not answered for {minutes} minutes ({silence})"
    )


def _fail(error: Exception) -> None:
    raise error


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
