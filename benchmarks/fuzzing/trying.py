"""Reads one file after another in a process of its own, and says what went wrong in a line of JSON for each fault."""

import atexit
import faulthandler
import json
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from shutil import copyfile, rmtree
from tempfile import TemporaryDirectory, mkdtemp
from types import TracebackType
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import pietools
from fuzzing.files import FOLDER, WHOLE, Trial, damaged_files
from pietools.errors import PietoolsError
from pietools.exchange.import_population import import_population
from pietools.exchange.predictions import Source
from pietools.exchange.read_predictions import read
from pietools.study import Study
from pietools.study.records import Population

BATCH = 200  # files by one seed
IMPORTED = 20  # every so many goes through the whole import
MOST_SECONDS = 20
MOST_BYTES = 2 * 1024**3
MOST_LETTERS = 1000
DAMAGED = "may be truncated or damaged"
NOW = "now"  # folder of the file that is being read
HANGING = "hanging.txt"  # where a process that dies leaves its traceback
TOO_LARGE = 3  # exit status
PACKAGE = str(Path(pietools.__file__).parent)


@dataclass(frozen=True)
class Fault:
    """What went wrong; ``kind`` and ``place`` tell faults apart. ``is_called_damaged``: no more than the wrong word for a file."""

    kind: str
    place: str
    text: str
    is_called_damaged: bool = False


class _Tried:
    """What is counted while files are read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.n_tried = self.n_read = self.n_imported = 0
        self.earlier: Path | None = None

    def say(self) -> None:
        """A line for the parent."""
        _say({"tried": self.n_tried, "read": self.n_read, "imported": self.n_imported})


def run(reader: str, first_seed: int, seconds: float, folder: Path) -> int:
    """Try files until the time is up; the exit status is 0, or says that this process has grown too large."""
    end = time.monotonic() + seconds
    tried = _Tried(folder)
    whole, injured = WHOLE[reader](), damaged_files(reader)
    with (folder / HANGING).open("w") as hanging:
        faulthandler.enable(hanging)
        number = first_seed
        while time.monotonic() < end:
            _batch(number, st.tuples(st.just(True), whole) | st.tuples(st.just(False), injured), tried, end, hanging)
            number += 1
    tried.say()
    return 0


def _batch(number: int, trials: st.SearchStrategy[tuple[bool, Trial]], tried: _Tried, end: float, hanging: Any) -> None:
    """As many files as one seed gives."""

    @seed(number)
    @settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(trials)
    def each(drawn: tuple[bool, Trial]) -> None:
        if time.monotonic() < end:
            _one(drawn[1], tried, hanging, is_whole=drawn[0])

    each()
    tried.say()


def _one(trial: Trial, tried: _Tried, hanging: Any, *, is_whole: bool) -> None:
    now = _written(trial, tried.folder)
    is_imported = tried.n_tried % IMPORTED == 0
    hanging.seek(0)
    hanging.truncate()
    faulthandler.dump_traceback_later(MOST_SECONDS, exit=True, file=hanging)
    faults: list[Fault] = []
    with _warnings_as(faults):
        found = _fault_of(lambda: _import(now, trial, tried) if is_imported else _read(now, trial, tried), is_whole)
    faulthandler.cancel_dump_traceback_later()
    tried.n_tried += 1
    for fault in [*faults, *found]:
        _say({"fault": vars(fault), "options": repr(trial.options), "whole_import": is_imported})
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > MOST_BYTES:
        tried.say()
        _say({"fault": vars(Fault("memory", "", f"more than {MOST_BYTES:,} bytes")), "options": repr(trial.options)})
        sys.stdout.flush()
        raise SystemExit(TOO_LARGE)


def _say(said: dict[str, Any]) -> None:
    print(json.dumps(said), flush=True)


def _written(trial: Trial, folder: Path) -> Path:
    """Put the file, alone but for those beside it, where it is read from."""
    now = folder / NOW
    now.mkdir(exist_ok=True)
    for old in now.iterdir():
        old.unlink()
    for name, content in {**trial.beside, trial.name: trial.content}.items():
        (now / name).write_bytes(content)
    return now / trial.name


def _source(trial: Trial, folder: Path) -> Source:
    said = {
        name: value.replace(FOLDER, str(folder)) if isinstance(value, str) else value
        for name, value in trial.options.items()
    }
    return Source(**said)


def _read(path: Path, trial: Trial, tried: _Tried) -> None:
    read(path, _source(trial, path.parent))
    tried.n_read += 1


def _import(path: Path, trial: Trial, tried: _Tried) -> None:
    """Into a new study, which must be as sound afterwards as one that is opened, and empty if the file is refused."""
    source = _source(trial, path.parent)
    names = list(source.known_classes) or None
    with TemporaryDirectory() as folder:
        file = copyfile(_empty_study(), Path(folder) / "s.duckdb")
        with Study.open(file) as study:
            try:
                import_population(
                    study,
                    [path],
                    replace(source, known_classes=()),
                    dataset="d",
                    population=Population("a", ""),
                    class_names=names,
                    logits_dtype=("float32", "float16", "none")[tried.n_imported % 3],
                    accept_chance=tried.n_tried % 40 == 0,
                )
            except PietoolsError:
                if study.datasets().height:
                    raise AssertionError("a refused file left something in the study") from None
                raise
        try:
            Study.open(file, read_only=True).close()
        except PietoolsError as error:
            raise AssertionError(f"the study is broken: {error}") from None
    tried.n_imported += 1
    tried.n_read += 1


@cache
def _empty_study() -> Path:
    """Copied for each import: to make one takes longer than to fill it."""
    path = Path(mkdtemp(prefix="fuzz-import-empty-")) / "empty.duckdb"
    Study.create(path).close()
    atexit.register(rmtree, path.parent)
    return path


# What went wrong


def _fault_of(work: Callable[[], None], is_whole: bool) -> list[Fault]:
    """Faults of reading one file."""
    try:
        work()
    except PietoolsError as error:
        return _of_message(error, is_whole)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # polars' panics are no Exception
        return [Fault(type(error).__name__, _place(error.__traceback__), _text(error))]
    return []


def _of_message(error: PietoolsError, is_whole: bool) -> list[Fault]:
    message, place = str(error), _place(error.__traceback__)
    faults = []
    if len(message.splitlines()) > 1:
        faults.append(Fault("message of several lines", place, message))
    if len(message) > MOST_LETTERS:
        faults.append(Fault(f"message of more than {MOST_LETTERS:,} letters", place, message))
    if any("\ud800" <= letter <= "\udfff" for letter in message):
        faults.append(Fault("message that cannot be printed", place, repr(message)))
    cause = error.__context__
    if DAMAGED in message and cause is not None and not isinstance(cause, PietoolsError):
        is_ours = PACKAGE in traceback.extract_tb(cause.__traceback__)[-1].filename
        mistake = isinstance(cause, LookupError | TypeError | AttributeError | AssertionError | ArithmeticError)
        if is_whole or (is_ours and mistake):
            faults.append(
                Fault(type(cause).__name__, _place(cause.__traceback__), _text(cause), is_called_damaged=True)
            )
    return faults


def _text(error: BaseException) -> str:
    return "".join(traceback.format_exception(type(error), error, error.__traceback__, chain=False))


def _place(trace: TracebackType | None) -> str:
    """The innermost line of pietools."""
    inner = [frame for frame in traceback.extract_tb(trace) if PACKAGE in frame.filename]
    return _named(inner[-1]) if inner else "outside"


def _named(frame: traceback.FrameSummary) -> str:
    return f"{Path(frame.filename).relative_to(Path(PACKAGE).parent)}:{frame.lineno}"


@contextmanager
def _warnings_as(faults: list[Fault]) -> Iterator[None]:
    """Warnings become faults, and change nothing."""

    def note(message: Warning | str, category: type[Warning], *_: Any) -> None:
        stack = [frame for frame in traceback.extract_stack() if PACKAGE in frame.filename]
        place = _named(stack[-1]) if stack else "outside"
        faults.append(Fault(category.__name__, place, f"{message}\n{''.join(traceback.format_list(stack[-4:]))}"))

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = note  # type: ignore[assignment]
        yield
