"""Where units run: whatever the executor, the same networks; what a lost worker had runs again."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import Result

from pietools.errors import CollectError, TrainingError
from pietools.exchange.study_folder import export_folder
from pietools.shards.merging import merge_shards
from pietools.study import Study
from pietools.study.in_use import StudyInUseError, alone
from pietools.study_file import StudyFile
from pietools.training.boundary import boundary
from pietools.training.collecting import collect_study, plan_collection
from pietools.training.collecting_apart import Where, collect_elsewhere, collect_shards
from pietools.training.executors import local, open_workers
from pietools.training.executors.local import LocalProcesses
from pietools.training.network_runs import Missing, run_network
from pietools.training.running import attempt, run_units
from pietools.training.train_study import train_study
from pietools.version import __version__
from tests.reliability.lost_workers import Killer, dask_cluster, disturbed_and_undisturbed
from tests.training.studies import NETWORKS, changed_study, digits_study, write_study
from tests.training.test_train_study import checkpoint_bytes


@dataclass(frozen=True)
class Piece:
    """A unit that writes a file, and first kills its process as often as `kills` says."""

    folder: Path
    name: str
    parent_name: str | None = None
    kills: int = 0
    n_images: int = 10


def work(piece: Piece, on_images: Callable[[int], None]) -> str:
    """What a worker does with a piece."""
    tries = piece.folder / f"{piece.name}.tries"
    n_before = len(tries.read_text()) if tries.exists() else 0
    with tries.open("a") as file:
        file.write("x")
    if n_before < piece.kills:
        os.kill(os.getpid(), signal.SIGKILL)
    on_images(piece.n_images)
    if piece.name == "wrong":
        raise ValueError("it cannot be done\nat all")
    return f"{piece.name} done"


class Threads:
    """Any executor of the `concurrent.futures` form; `lost` futures fail as if their worker were gone."""

    images_done: int | None = None
    n_at_once = 2

    def __init__(self, lost: int = 0) -> None:
        self.pool, self.lost, self.names = ThreadPoolExecutor(2), lost, list[str]()

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run it, or lose it."""
        self.names.append(arguments[-1].name)
        if self.lost:
            self.lost -= 1
            future: Future[Any] = Future()
            future.set_exception(OSError("the network is down"))
            return future
        return self.pool.submit(function, *arguments)


def carry_out(pieces: list[Piece], workers: Any) -> tuple[dict[str, str], list[int]]:
    """What came of each piece, and what progress was told."""
    outcomes: dict[str, str] = {}
    done: list[int] = []
    run_units(pieces, workers, work, lambda unit, outcome: outcomes.update({unit.name: str(outcome)}), done.append)
    return outcomes, done


def test_any_executor_does(tmp_path: Path) -> None:
    """Each unit after the one that it needs; a lost one is the first to run again; progress is of what is done."""
    pieces = [Piece(tmp_path, "a"), Piece(tmp_path, "b", "a"), Piece(tmp_path, "c")]
    workers = Threads(lost=1)
    outcomes, done = carry_out(pieces, workers)
    assert outcomes == {"a": "a done", "c": "c done", "b": "b done"}
    assert (done[-1], sorted(done)) == (30, done)
    assert workers.names[:2] == ["a", "c"]
    assert workers.names.index("b") > [i for i, name in enumerate(workers.names) if name == "a"][1]


def test_what_fails_is_told_and_what_needs_it_is_given_up(tmp_path: Path) -> None:
    """An exception is one line; a worker that is lost three times too."""
    outcomes, _ = carry_out(
        [Piece(tmp_path, "wrong"), Piece(tmp_path, "b", "wrong"), Piece(tmp_path, "c", "b")], Threads()
    )
    assert outcomes == {
        "wrong": "ValueError: it cannot be done",
        "b": "wrong, whose weights it takes, failed.",
        "c": "b, whose weights it takes, failed.",
    }
    outcomes, _ = carry_out([Piece(tmp_path, "a")], Threads(lost=3))
    assert outcomes["a"] == (
        "3 workers were lost that had it, perhaps for want of memory or time (OSError: the network is down). Try fewer at once "
        "(--processes), a smaller batch size, or, for jobs of SLURM, more of both (--slurm mem=…, --slurm time=…)."
    )


@pytest.mark.slow
def test_a_process_that_is_killed_takes_no_other_along(tmp_path: Path) -> None:
    """Its unit runs again, and one that kills its process each time is given up alone."""
    pieces = [Piece(tmp_path, f"a{i}") for i in range(3)]
    pieces += [Piece(tmp_path, "once", kills=1), Piece(tmp_path, "always", kills=9), Piece(tmp_path, "child", "always")]
    with LocalProcesses(2) as workers:
        outcomes, done = carry_out(pieces, workers)
        assert outcomes.pop("always").startswith("3 workers were lost that had it")
        assert outcomes.pop("child") == "always, whose weights it takes, failed."
        assert outcomes == {name: f"{name} done" for name in ("a0", "a1", "a2", "once")}
        assert done[-1] == 40
        for name, n in (("a0", 1), ("once", 2), ("always", 3)):
            assert len((tmp_path / f"{name}.tries").read_text()) == n
        # One that has nothing to do is killed: the next unit gets another.
        for _, pool in workers._idle:
            for pid in list(pool._processes or ()):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.5)
        assert carry_out([Piece(tmp_path, "later")], workers)[0] == {"later": "later done"}


def test_processes_take_turns_on_several_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sees one of those that this process sees; with a single one nothing is said."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert [local.gpu_of(place) for place in range(4)] == ["0", "1", "0", "1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,GPU-7")
    assert [local.gpu_of(place) for place in range(3)] == ["5", "GPU-7", "5"]
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert local.gpu_of(0) is None


def test_a_worker_of_another_version_says_so(tmp_path: Path) -> None:
    """It does nothing: what it would train is not what was planned."""
    outcome = attempt("0.0.9", work, Piece(tmp_path, "a"))
    assert str(outcome).endswith(
        "has pietools " + __version__ + ", and who sent the work has 0.0.9: install the same on both."
    )
    assert list(tmp_path.iterdir()) == []


def test_who_plans_needs_no_gpu(rich: StudyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With device = "cuda" the machine that hands out work checks on what it has; here the workers say that there is none."""
    text = (
        rich.path.read_text()
        .replace("[training]", '[training]\ndevice = "cuda"')
        .replace("[collect]", '[collect]\ndevice = "cuda"')
    )
    (tmp_path / "nets.py").write_text(NETWORKS)
    study_file = write_study(tmp_path, text)

    @contextmanager
    def threads(*arguments: object) -> Iterator[Threads]:
        yield Threads()

    monkeypatch.setattr("pietools.training.train_study.open_workers", threads)
    monkeypatch.setattr("pietools.training.collecting_apart.open_workers", threads)
    no_gpu = "device = 'cuda', and torch finds no CUDA device"
    monkeypatch.setattr("pietools.training.collect_units._loaded", [])
    failures = train_study(study_file, executor="dask://far").failures
    assert [no_gpu in failure["message"] for failure in failures] == [True, False, True, False]  # two need those
    (tmp_path / "checkpoints").symlink_to(rich.checkpoints_path)
    with pytest.raises(CollectError, match=no_gpu):
        collect_elsewhere(study_file, Where("dask://far"))
    for executor in (None, "processes"):
        with pytest.raises(TrainingError, match=no_gpu):
            collect_elsewhere(study_file, Where(executor))


def test_a_worker_with_another_network_under_the_same_path_says_so(rich: StudyFile, tmp_path: Path) -> None:
    """What it predicts would stand under the name of the network that was planned."""
    inputs, networks = plan_collection(rich)
    planned, other = networks[0], networks[1]
    swapped = replace(planned, file=replace(planned.file, path=other.file.path))
    missing = {"digits/test": Missing(True, frozenset())}
    assert next(run_network(inputs, planned, missing)).accuracy is not None
    with pytest.raises(CollectError, match="holds another network than when or where the work was planned"):
        next(run_network(inputs, swapped, missing))


def test_a_folder_that_is_not_shared_is_noticed(
    rich: StudyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that writes into a folder of its own says that it is done, and nothing is there."""

    class Far(Threads):
        def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
            *first, unit = arguments
            done = function(*first, replace(unit, address=str(tmp_path / "far")))
            future: Future[Any] = Future()
            future.set_result(done)
            return future

    @contextmanager
    def far(*arguments: object) -> Iterator[Threads]:
        yield Far()

    monkeypatch.setattr("pietools.training.collecting_apart.open_workers", far)
    monkeypatch.setattr(torch, "set_num_threads", lambda n: None)
    with pytest.raises(CollectError, match=r"^8 of the networks .* there is nothing: the folder must be one that all"):
        collect_elsewhere(in_file(rich, tmp_path, "s.duckdb"), Where("dask://far"))


def test_a_full_gpu_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch's error has a line of hints for its own developers."""

    def fill(unit: Piece, on_images: Callable[[int], None]) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nSee documentation")

    monkeypatch.setattr(torch, "set_num_threads", lambda n: None)
    outcome = attempt(__version__, fill, Piece(tmp_path, "a"))
    expected = "the memory of the GPU is full: try fewer networks at once (--processes), or a smaller batch size."
    assert str(outcome) == expected
    with pytest.raises(TrainingError) as caught, boundary("the network fails"):
        fill(Piece(tmp_path, "a"), lambda n: None)
    assert str(caught.value) == f"the network fails: {expected}"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["train", "--executor", "ray"],
            "there is no executor 'ray': give 'processes', 'dask://HOST:PORT' or 'slurm'.",
        ),
        (["collect", "--processes", "2"], "--processes and --slurm are for an --executor"),
        (["collect", "--shards", "x", "--wait", "5"], "--wait is for a study, and --shards opens none."),
        (["train", "--plan", "--executor", "slurm"], "--plan measures this machine: leave --executor and --slurm out."),
        (["train", "--slurm", "a=b"], "--slurm is for --executor slurm, and this is processes."),
    ],
)
def test_options_that_do_not_fit(
    run: Callable[..., Result], tmp_path: Path, arguments: list[str], expected: str
) -> None:
    """One line, before anything is done."""
    study_file = digits_study(tmp_path)
    done = run(arguments[0], study_file.path, *arguments[1:])
    assert done.exit_code in (1, 2)
    assert expected in done.output


def test_a_place_of_workers_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How to start it is said."""
    pytest.importorskip("distributed")
    from pietools.training.executors import dask

    monkeypatch.setattr(dask, "CONNECT_SECONDS", 0.5)
    with pytest.raises(TrainingError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1: start one"):
        open_workers("dask://127.0.0.1:1", None, tmp_path).__enter__()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TrainingError, match="there is no SLURM here"):
        open_workers("slurm", None, tmp_path).__enter__()
    for option in ("gpu", "=gpu", "--=gpu"):
        with pytest.raises(TrainingError, match=rf"takes KEY=VALUE.*found '{option}'"):
            local_jobs(tmp_path, option)
    with pytest.raises(TrainingError, match=r"--slurm array= is not taken: every network is a job of its own"):
        local_jobs(tmp_path, "array=1-3")


NOWHERE = """
import socket, sys
from pathlib import Path
from pietools.errors import TrainingError
from pietools.training.executors import dask, open_workers
dask.CONNECT_SECONDS = 1
silent = socket.create_server(("127.0.0.1", 0))
places = ["localhost:1"] * 5 + ["localhost", "localhost:x", "localhost:99999", "", f"127.0.0.1:{silent.getsockname()[1]}"]
for place in places:
    try:
        open_workers(f"dask://{place}", None, Path()).__enter__()
    except TrainingError as error:
        print(error)
"""


@pytest.mark.usefixtures("soon")
def test_addresses_without_a_scheduler_are_one_line_each() -> None:
    """At once where nobody listens, and without what Dask prints when a client that failed is collected."""
    pytest.importorskip("distributed")
    done = subprocess.run([sys.executable, "-c", NOWHERE], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert [line.partition(": start one with")[0][:29] for line in done.stdout.splitlines()] == [
        "no Dask scheduler answers at "
    ] * 10


def local_jobs(folder: Path, *options: str) -> Any:
    """Jobs as those of SLURM, which are processes of this machine."""
    pytest.importorskip("submitit")
    from pietools.training.executors import slurm

    return slurm.SlurmJobs(folder, None, options, cluster="local")


RICH = """
[study]
file = "s.duckdb"
network = "python:nets:linear"
replicates = 2
[data]
name = "digits"
evaluate = ["test", "train"]
[[data.copy]]
of = "test"
label_noise = 0.2
[training]
steps = 5
record = ["test"]
[[regime]]
name = "supervised"
[[compression]]
method = "int8"
from = ["dense"]
[collect]
features = ["penultimate"]
layer_predictions = true
"""


def rich_study(folder: Path) -> StudyFile:
    """Two replicates of two populations, on a data set and a copy of it, and all that can be recorded."""
    folder.mkdir(exist_ok=True)
    (folder / "nets.py").write_text(NETWORKS)
    return write_study(folder, RICH)


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> StudyFile:
    """A trained study that asks for all that can be recorded."""
    study_file = rich_study(tmp_path_factory.mktemp("rich"))
    assert train_study(study_file, 1).failures == []
    return study_file


def exported(study: Path, folder: Path) -> dict[str, bytes]:
    """The tables of a study, byte for byte."""
    with Study.open(study, read_only=True) as opened:
        export_folder(opened, folder)
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


def in_file(study_file: StudyFile, folder: Path, name: str) -> StudyFile:
    """The same study, kept in another file."""
    tables = study_file.tables
    other = tables.model_copy(update={"study": tables.study.model_copy(update={"file": str(folder / name)})})
    return replace(study_file, tables=other)


@pytest.mark.slow
def test_all_ways_of_collecting_give_the_same_bytes(rich: StudyFile, tmp_path: Path) -> None:
    """In this process, in others, in shards that are merged; a second time nothing is new, and no shards are left."""
    first, second = (in_file(rich, tmp_path, f"{name}.duckdb") for name in ("first", "second"))
    rows = collect_study(first)
    assert collect_elsewhere(second, Where("processes", 2)) == rows
    assert collect_shards(rich, str(tmp_path / "shards"), Where()) == rows
    merge_shards([tmp_path / "shards"], tmp_path / "third.duckdb")
    tables = [exported(tmp_path / f"{name}.duckdb", tmp_path / name) for name in ("first", "second", "third")]
    assert tables[0] == tables[1] == tables[2]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "shards").glob("network-*")}
    assert len(before) == 4 * 3
    for again in (
        collect_elsewhere(second, Where("processes", 2)),
        collect_shards(rich, str(tmp_path / "shards"), Where()),
    ):
        assert not any(row["is_new"] or row["recorded"] for row in again)
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "shards").glob("network-*")}
    assert not (tmp_path / "second.duckdb.shards").exists()


@pytest.mark.slow
def test_what_else_is_among_the_shards_stays(rich: StudyFile, tmp_path: Path) -> None:
    """Shards of networks that were trained otherwise, and files of others; two that collect at once take turns."""
    study_file = in_file(rich, tmp_path, "s.duckdb")
    folder = tmp_path / "s.duckdb.shards"
    (folder / ".git").mkdir(parents=True)
    (folder / ".hidden").touch()
    with alone(folder, 0), pytest.raises(StudyInUseError, match="another command collects into"):
        collect_elsewhere(study_file, Where("processes", 1))
    assert all(row["is_new"] for row in collect_elsewhere(study_file, Where("processes", 1)))
    assert {path.name for path in folder.iterdir()} == {".git", ".hidden"}
    collect_shards(changed_study(tmp_path, 1), str(folder), Where())
    before = {path.name for path in folder.iterdir()}
    assert not any(row["is_new"] for row in collect_elsewhere(study_file, Where("processes", 1)))
    assert {path.name for path in folder.iterdir()} == before


def test_who_is_alone_in_a_folder(tmp_path: Path) -> None:
    """Another waits, or is told; the folder goes if it is empty."""
    folder = tmp_path / "shards"
    with alone(folder, 0):
        with pytest.raises(StudyInUseError, match=r"another command collects into .*/shards: wait for it with --wait"):
            alone(folder, 0.1).__enter__()
        assert folder.is_dir()
    assert not folder.exists()
    with ThreadPoolExecutor(2) as threads, alone(folder, 0) as first:

        def second() -> bool:
            with alone(folder, 60) as found:
                return found.is_dir()

        waiting = threads.submit(second)
        time.sleep(0.1)
        assert first.is_dir()
        assert not waiting.done()
    assert waiting.result()
    assert not folder.exists()


@pytest.mark.slow
def test_a_damaged_shard_is_collected_again(rich: StudyFile, tmp_path: Path) -> None:
    """One that is cut off does not count as there."""
    place = tmp_path / "shards"
    collect_shards(rich, str(place), Where())
    cut = sorted(place.glob("network-*"))[0]
    whole = cut.read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    rows = collect_shards(rich, str(place), Where())
    assert sum(row["is_new"] for row in rows) == 1
    assert cut.read_bytes() == whole


@pytest.mark.slow
def test_what_fails_elsewhere_is_told_and_the_rest_is_kept(tmp_path: Path) -> None:
    """A network that a worker cannot run: the others are in the study, and the same command goes on."""
    study_file = rich_study(tmp_path)
    assert train_study(study_file, 1).failures == []
    sound = (tmp_path / "nets.py").read_text()
    # It fails in a process that another one started.
    (tmp_path / "nets.py").write_text(f"{sound}\nimport multiprocessing\nassert not multiprocessing.parent_process()\n")
    with pytest.raises(
        CollectError, match=r"^8 of the networks.* failed; what was collected is kept, and the same command"
    ):
        collect_elsewhere(study_file, Where("processes", 1))
    (tmp_path / "nets.py").write_text(sound)
    assert all(row["is_new"] for row in collect_elsewhere(study_file, Where("processes", 1)))


# Dask and SLURM, for real or as far as a machine alone can


@pytest.mark.slow
def test_a_dask_cluster_whose_workers_are_killed(tmp_path: Path) -> None:
    """A real scheduler with two workers: networks and tables are those of an undisturbed run, byte for byte."""
    pytest.importorskip("distributed")
    outcome = disturbed_and_undisturbed("dask", 12, tmp_path, np.random.default_rng(0))
    assert outcome.startswith("12 networks the same")


@pytest.mark.slow
def test_workers_with_several_threads_are_refused(tmp_path: Path) -> None:
    """They would share one stream of random numbers."""
    pytest.importorskip("distributed")
    with (
        dask_cluster(tmp_path, Killer(1, np.random.default_rng(0)), n_threads=2) as where,
        pytest.raises(
            TrainingError, match="has 2 threads, which share random numbers: start workers with --nthreads 1"
        ),
    ):
        open_workers(where, None, tmp_path).__enter__()


@pytest.mark.slow
def test_a_scheduler_that_is_gone(rich: StudyFile, tmp_path: Path) -> None:
    """One line, and none of Dask's own; what was finished is kept, and processes go on with the rest."""
    pytest.importorskip("distributed")
    study_file = rich_study(tmp_path / "study")
    killer = Killer(1, np.random.default_rng(0))
    with dask_cluster(tmp_path, killer) as where:
        command = [sys.executable, "-m", "pietools", "train", str(study_file.path), "--executor", where]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        while not list((tmp_path / "study").rglob("*.safetensors")) and process.poll() is None:
            time.sleep(0.05)
        os.kill(killer.scheduler, signal.SIGKILL)
        _, error = process.communicate(timeout=100)
    if process.returncode:  # it was not quicker
        assert "is gone: what was finished is kept. Start it and its workers again, and give the same command." in error
        assert error.count("\n") == 1
    assert train_study(study_file, 1).failures == []
    assert checkpoint_bytes(study_file) == checkpoint_bytes(rich)


@pytest.mark.slow
def test_jobs_without_a_cluster(tmp_path: Path) -> None:
    """Submitit runs the same jobs as processes: one that is killed is submitted again, and its files are kept."""
    pieces = [Piece(tmp_path, "a"), Piece(tmp_path, "once", kills=1), Piece(tmp_path, "wrong")]
    with local_jobs(tmp_path / "logs") as jobs:
        outcomes, _ = carry_out(pieces, jobs)
    assert outcomes == {"a": "a done", "once": "once done", "wrong": "ValueError: it cannot be done"}
    assert len(list((tmp_path / "logs").glob("*_submitted.pkl"))) == 1


SBATCH = """#!{python}
import os, re, subprocess, sys
folder = os.path.dirname(__file__)
number = str(len(open(folder + "/jobs").readlines()) + 100) if os.path.exists(folder + "/jobs") else "100"
open(folder + "/jobs", "a").write(number + "\\n")
script = sys.argv[-1]
os.system(f"cp {{script}} {{folder}}/script-{{number}}")
environment = dict(os.environ, SLURM_JOB_ID=number, SLURM_NTASKS="1", SLURM_JOB_NUM_NODES="1", SLURM_JOB_NODELIST="here",
                   SLURM_NODEID="0", SLURM_PROCID="0", SLURM_LOCALID="0")
job = subprocess.Popen(["bash", "-c", f"bash {{folder}}/script-{{number}}; sed -i /^{{number}}$/d {{folder}}/queue"],
                       env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
open(folder + "/queue", "a").write(number + "\\n")
print("Submitted batch job", number)
"""
SRUN = """#!{python}
import os, sys
arguments = sys.argv[1:]
start = next(i for i, one in enumerate(arguments) if one.startswith("/") and os.access(one, os.X_OK) and "python" in one)
job = os.environ["SLURM_JOB_ID"]
for i in range(start):
    if arguments[i] == "--error":
        error = arguments[i + 1].replace("%j", job).replace("%t", "0")
os.dup2(os.open(error, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
os.execv(arguments[start], arguments[start:])
"""


@pytest.fixture
def slurm_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Commands that take and run jobs as those of SLURM do."""
    folder = tmp_path / "bin"
    folder.mkdir()
    commands = {"sbatch": SBATCH, "srun": SRUN, "squeue": "#!/bin/sh\ncat {folder}/queue\n", "scancel": "#!/bin/sh\n"}
    for name, text in commands.items():
        path = folder / name
        path.write_text(text.format(python=sys.executable, folder=folder))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    (folder / "queue").touch()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


@pytest.mark.slow
def test_the_batch_script_of_a_cluster(slurm_commands: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options go to sbatch; a job that is lost is seen by the queue, which not every cluster's accounts say, and runs again."""
    pytest.importorskip("submitit")
    from pietools.training.executors import slurm

    monkeypatch.setattr(slurm, "QUEUE_SECONDS", 1.0)
    pieces = [Piece(tmp_path, "a"), Piece(tmp_path, "once", kills=1)]
    with open_workers("slurm", None, tmp_path / "logs", ["partition=gpu", "time=4:00:00", "--gres=gpu:1"]) as jobs:
        outcomes, _ = carry_out(pieces, jobs)
    assert outcomes == {"a": "a done", "once": "once done"}
    script = (slurm_commands / "script-100").read_text()
    for line in (
        "--partition=gpu",
        "--time=4:00:00",
        "--gres=gpu:1",
        "--cpus-per-task=1",
        "--job-name=pietools",
        "--nodes=1",
    ):
        assert f"#SBATCH {line}\n" in script
    assert f"{sys.executable} -u -m submitit.core._submit" in script
    assert len((slurm_commands / "jobs").read_text().split()) == 3


def unanswered(folder: Path) -> Path:
    """Commands of a cluster that takes a job and never runs it, and whose queue does not answer; returns what was cancelled."""
    texts = {
        "sbatch": "echo Submitted batch job 7",
        "squeue": "echo slurm_load_jobs error: Unable to contact slurm controller >&2; exit 1",
        "scancel": f"echo $1 >> {folder}/cancelled",
    }
    for name, text in texts.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    return folder / "cancelled"


def test_what_users_say_of_a_job_stands_once(slurm_commands: Path, tmp_path: Path) -> None:
    """Whatever it is called, with - or _, it takes the place of what a job has unless somebody says."""
    pytest.importorskip("submitit")
    unanswered(slurm_commands)
    options = ["cpus-per-task=4", "--job_name=mine", "open-mode=truncate", "mem=8G"]
    with open_workers("slurm", None, tmp_path / "logs", options) as jobs:
        jobs.submit(print)
        script = next((tmp_path / "logs").glob(".submission_file_*")).read_text()
    for line in ("--cpus-per-task=4", "--job-name=mine", "--open-mode=truncate", "--mem=8G"):
        assert [one for one in script.splitlines() if f"{line.partition('=')[0]}=" in one] == [f"#SBATCH {line}"]


@pytest.mark.parametrize("command", ["squeue", "scancel"])
def test_a_cluster_whose_queue_cannot_be_asked(
    slurm_commands: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """It is said before the first job, not waited for."""
    pytest.importorskip("submitit")
    monkeypatch.setenv("PATH", str(slurm_commands))
    (slurm_commands / command).unlink()
    with pytest.raises(TrainingError, match=f"there is no {command} here, and sbatch is: run this on a machine"):
        open_workers("slurm", None, tmp_path / "logs").__enter__()


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("failure", ["fails", "is gone", "hangs"])
def test_a_queue_that_never_answers(
    slurm_commands: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    """After a while its jobs are lost, with what it said, and cancelled."""
    pytest.importorskip("submitit")
    from pietools.training.executors import slurm

    for name, seconds in {"POLL": 0.1, "QUEUE": 0.2, "ANSWER": 0.2, "UNANSWERED": 1.0}.items():
        monkeypatch.setattr(slurm, f"{name}_SECONDS", seconds)
    monkeypatch.setenv("PATH", str(slurm_commands))
    cancelled = unanswered(slurm_commands)
    if failure == "hangs":
        (slurm_commands / "squeue").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    with open_workers("slurm", None, tmp_path / "logs") as jobs:
        if failure == "is gone":
            (slurm_commands / "squeue").unlink()
        lost = str(jobs.submit(print).exception())
    expected = {
        "fails": "Unable to contact slurm controller",
        "is gone": "No such file",
        "hangs": "timed out after 0.2",
    }
    assert "nothing is known of job 7: squeue has not answered for 0 minutes" in lost
    assert expected[failure] in lost
    assert cancelled.read_text() == "7\n"


@pytest.mark.usefixtures("soon")
def test_what_watching_jobs_raises_is_told(
    slurm_commands: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No future is left for ever, and jobs that come later are watched as well."""
    pytest.importorskip("submitit")
    from pietools.training.executors import slurm

    def fail(*arguments: object) -> None:
        raise ValueError("nobody thought of it")

    unanswered(slurm_commands)
    monkeypatch.setattr(slurm, "QUEUE_SECONDS", 0.0)
    monkeypatch.setattr(slurm.SlurmJobs, "_queued", fail)
    with open_workers("slurm", None, tmp_path / "logs") as jobs:
        for _ in range(2):
            assert str(jobs.submit(print).exception()) == "nobody thought of it"


@pytest.mark.slow
def test_training_on_jobs_makes_the_same_networks(tmp_path: Path, slurm_commands: Path) -> None:
    """Byte for byte those that processes make, each after the one that it comes from; what jobs left is gone."""
    pytest.importorskip("submitit")
    studies = []
    for name, executor in (("processes", "processes"), ("jobs", "slurm")):
        study_file = rich_study(tmp_path / name)
        assert train_study(study_file, executor=executor).failures == []
        studies.append(study_file)
    first, second = (checkpoint_bytes(study_file) for study_file in studies)
    assert first == second
