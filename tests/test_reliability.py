"""What docs/reliability.md promises, a few times each; ``python -m tests.reliability`` does the same hundreds of times."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import numpy as np
import pytest
from click.testing import Result

from pietools.errors import StudyError
from pietools.study import Study
from pietools.study.in_use import StudyInUseError, when_free
from pietools.study.new_paths import log_of
from tests.conftest import DENSE, LABELS, make_study
from tests.reliability import damage, disk, kills, permissions, processes, writers
from tests.reliability.__main__ import main
from tests.reliability.damage import damaged
from tests.reliability.processes import ROOT
from tests.reliability.rows import BrokenClaimError, Kind, Run, carry_out

HOLD = """
import sys, time
from pietools.study import Study
with Study.open(sys.argv[1], read_only=sys.argv[2] == "read"):
    print("open", flush=True)
    time.sleep(float(sys.argv[3]))
"""


@contextmanager
def held(path: Path, how: str, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """Another process has a study open, to read or write, for some seconds."""
    command = [sys.executable, "-c", HOLD, str(path), how, str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


# Who has a study, and waiting for it


def test_a_study_in_use_says_by_whom(toy: Study, run: Callable[..., Result]) -> None:
    """The command, its number, since when it runs, and what to do; in one line."""
    toy.close()
    with held(toy.path, "write", 60) as process:
        done = run("info", toy.path)
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert f"(process {process.pid}, running since " in done.output
    assert "is in use by 'python" in done.output
    assert "--wait SECONDS" in done.output


def test_a_writer_waits_for_readers_and_a_reader_for_writers(toy: Study, run: Callable[..., Result]) -> None:
    """--wait tries again until the study is free."""
    toy.close()
    for how, command in (("read", ("remove", toy.path, "--population", "pruned")), ("write", ("info", toy.path))):
        with held(toy.path, how, 0.5):
            done = run(*command, "--wait", 30)
        assert done.exit_code == 0, done.output


def test_waiting_ends(toy: Study) -> None:
    """When time is up the message says so."""
    toy.close()
    with held(toy.path, "write", 60), pytest.raises(StudyInUseError, match=r"is in use by .* Waited 0\.3 seconds\."):
        Study.open(toy.path, wait=0.3)


def test_only_a_study_in_use_is_waited_for(tmp_path: Path) -> None:
    """Another error comes at once."""
    began = time.monotonic()
    with pytest.raises(StudyError, match="there is no study"):
        Study.open(tmp_path / "s.duckdb", wait=30)
    assert time.monotonic() - began < 5


def test_two_that_create_a_study_both_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes second opens what the first has made."""
    path = tmp_path / "s.duckdb"
    exists = Path.exists

    def made_meanwhile(asked: Path, **options: bool) -> bool:
        there = exists(asked, **options)
        if asked == path and not there:
            monkeypatch.setattr(Path, "exists", exists)
            make_study(path, LABELS, {"dense": DENSE}).close()
        return there

    monkeypatch.setattr(Path, "exists", made_meanwhile)
    with Study.open_or_create(path) as study:
        assert study.accuracy("dense").height == 3


def test_tries_are_counted_out() -> None:
    """Nothing is tried again without --wait."""
    tries = []

    def attempt() -> None:
        tries.append(1)
        raise StudyInUseError("in use")

    with pytest.raises(StudyInUseError, match=r"^in use$"):
        when_free(attempt, 0)
    assert len(tries) == 1


# Logs that a kill left


ADD_AND_DIE = """
import os, sys
from pathlib import Path
import numpy as np
from tests.conftest import add_labels, make_study
labels = np.load(sys.argv[2])
study = make_study(Path(sys.argv[1]), labels, {"dense": labels[None]})
study.checkpoint()
add_labels(study, "dense", "toy/test", np.roll(labels, 1)[None], ["1"])
os.kill(os.getpid(), 9)
"""


def left_by_a_kill(folder: Path, labels: np.ndarray) -> Path:
    """A study with one network in its file, and one in the log beside it."""
    path = folder / "s.duckdb"
    np.save(folder / "labels.npy", labels)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", ADD_AND_DIE, str(path), str(folder / "labels.npy")]
    assert subprocess.run(command, env=environment, check=False).returncode == -9
    assert log_of(path).stat().st_size > 0
    return path


@pytest.mark.slow
def test_a_log_is_brought_in(tmp_path: Path) -> None:
    """What a killed command had stored is there when the study is opened."""
    path = left_by_a_kill(tmp_path, np.arange(3000) % 7)
    for read_only in (True, False):
        with Study.open(path, read_only=read_only) as study:
            assert study.evaluated()["n_models"].item() == 2
    assert not log_of(path).exists()


@pytest.mark.slow
def test_a_damaged_log_is_refused(tmp_path: Path, run: Callable[..., Result]) -> None:
    """The message says that the study has what was acknowledged without it; that is true."""
    path = left_by_a_kill(tmp_path, np.arange(3000) % 7)
    content = bytearray(log_of(path).read_bytes())
    content[len(content) // 2] ^= 1
    log_of(path).write_bytes(content)
    done = run("info", path)
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert f"move {log_of(path).name} away, and give the last command again" in done.output
    log_of(path).rename(tmp_path / "moved")
    assert "1 on toy/test" in run("info", path).output


@pytest.mark.slow
def test_a_log_with_other_rows_is_refused(tmp_path: Path) -> None:
    """DuckDB takes a log in which equal values became zeros; nothing of it comes into the file."""
    path = left_by_a_kill(tmp_path, np.full(6000, 3))
    log, file = log_of(path).read_bytes(), path.read_bytes()
    run_of_labels = log.index(np.full(1024, 3, np.int32).tobytes())
    accepted = 0
    for start in range(run_of_labels, run_of_labels + 8):
        path.write_bytes(file)
        log_of(path).write_bytes(log[:start] + bytes(2048) + log[start + 2048 :])
        try:
            with duckdb.connect(str(path), read_only=True) as connection:
                changed = connection.sql("select count(*) from predictions where predicted_label = 0").fetchall()
        except duckdb.Error:
            continue
        accepted += changed != [(0,)]
        for read_only in (True, False):
            with pytest.raises(StudyError, match=r"\.wal is damaged \(it alters replicate '1' of 'dense'"):
                Study.open(path, read_only=read_only)
        assert path.read_bytes() == file
    assert accepted


def test_a_study_that_is_given_up_takes_its_log_along(tmp_path: Path) -> None:
    """An empty log beside no study would refuse the next try."""
    path = tmp_path / "s.duckdb"
    with suppress(RuntimeError), Study.create(path):
        log_of(path).touch()
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    log_of(path).touch()
    Study.create(path).close()


# The harness


def test_a_run_can_be_given_again() -> None:
    """The same seed and number give the same damage; another number another."""
    content = np.random.default_rng(0).bytes(1 << 15)
    seen: list[bytes] = []

    @contextmanager
    def case() -> Iterator[Run]:
        def one(folder: Path, random: np.random.Generator) -> str:
            seen.append(damaged(content, random)[1])
            return "damaged"

        yield one

    kind = Kind("damage", {"it": case})
    carry_out(kind, "it", range(5), 0)
    carry_out(kind, "it", range(3, 4), 0)
    carry_out(kind, "it", range(3, 4), 1)
    assert seen[5] == seen[3] != seen[6]
    assert len(set(seen[:5])) == 5


def test_a_broken_claim_is_printed_with_its_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Runs that hold print nothing; what is in the log is counted, and not run again."""

    @contextmanager
    def case() -> Iterator[Run]:
        def one(folder: Path, random: np.random.Generator) -> str:
            if random.random() < 0.5:
                raise BrokenClaimError("half a file")
            return "whole"

        yield one

    kind, log = Kind("kills", {"it": case}), tmp_path / "log"
    row = carry_out(kind, "it", range(10), 7, log)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "half a file"
    assert printed[1].strip().startswith("python -m tests.reliability kills --of it --runs 1 --first ")
    assert len(printed) == 2 * len(row.broken)
    again = carry_out(kind, "it", range(10), 7, log)
    assert (again.as_markdown(), capsys.readouterr().out) == (row.as_markdown(), "")
    assert row.outcomes["whole"] + len(row.broken) == 10


@pytest.mark.slow
def test_a_command_that_hangs_breaks_a_claim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no command that ended, whatever it leaves; one that ends in time is."""
    assert processes.Process(tmp_path, time.sleep, 0).end().exit_code == 0
    monkeypatch.setattr(processes, "LONGEST", 0.2)
    hanging = processes.Process(tmp_path, time.sleep, 60)
    with pytest.raises(BrokenClaimError, match=r"did not end within 0\.2 seconds"):
        hanging.end()
    assert hanging.is_over


def test_an_unknown_case_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The message lists those that there are."""
    with pytest.raises(SystemExit):
        main(["kills", "--of", "brew"])
    assert "kills has import-new, import, " in capsys.readouterr().err


def carried_out(kind: Kind, case: str, runs: int) -> None:
    """Run a case, and fail for a claim that is broken."""
    row = carry_out(kind, case, range(runs), 2)
    if row.skipped is not None:
        pytest.skip(row.skipped)
    assert row.broken == []


@pytest.mark.slow
@pytest.mark.parametrize("case", kills.KIND.cases)
def test_kills(case: str) -> None:
    """Nothing acknowledged is lost, nothing is half there, the same command goes on."""
    carried_out(kills.KIND, case, 10)


@pytest.mark.slow
@pytest.mark.parametrize("case", damage.KIND.cases)
def test_damage(case: str) -> None:
    """One line, or the same numbers."""
    carried_out(damage.KIND, case, 10)


@pytest.mark.slow
@pytest.mark.parametrize("case", ["import-new", "import", "export"])
def test_full_disks(case: str) -> None:
    """The message says what to do, and with more room the same command goes on."""
    carried_out(disk.KIND, case, 5)


@pytest.mark.slow
@pytest.mark.parametrize("case", ["import", "export"])
def test_permissions(case: str) -> None:
    """One line, or it is not needed."""
    carried_out(permissions.KIND, case, 5)


@pytest.mark.slow
@pytest.mark.parametrize("case", writers.KIND.cases)
def test_writers(case: str) -> None:
    """Nobody's networks are lost."""
    carried_out(writers.KIND, case, 1)
