"""Threads that share work: the same results and errors for any number of them."""

import json
import threading
import time
from pathlib import Path

import pytest

from pietools.analysis import analyze
from pietools.crew import CancelledError, Crew
from pietools.errors import StudyError
from pietools.report.as_json import analysis_json
from tests.regime_study import make_regimes

JOBS = [1, 2, 7]


@pytest.mark.parametrize("jobs", JOBS)
def test_results_come_in_order_and_all_is_counted(jobs: int) -> None:
    """Of parts, and of the items of each, whoever works at them."""
    steps: list[tuple[int, int]] = []
    crew = Crew(jobs, lambda done, total: steps.append((done, total)))

    def part(name: str) -> list[str]:
        return crew.items(lambda number: f"{name}{number}", range(20))

    assert crew.parts(part, "abc") == [[f"{name}{number}" for number in range(20)] for name in "abc"]
    assert steps == sorted(steps)
    assert steps[-1] == (300, 300)


def test_who_is_free_helps() -> None:
    """The only part is worked at by all threads: each waits for the others."""
    together = threading.Barrier(3, timeout=20)
    crew = Crew(3)
    assert crew.parts(lambda _: crew.items(lambda _: together.wait() >= 0, range(3)), [0]) == [[True] * 3]


@pytest.mark.parametrize("jobs", JOBS)
def test_the_first_of_several_errors_is_raised(jobs: int) -> None:
    """Not the one that comes first: which that is depends on the threads."""

    def fail(number: int) -> None:
        time.sleep(0.05 if number == 3 else 0)
        if number >= 3:
            raise StudyError(str(number))

    with pytest.raises(StudyError, match=r"^3$"):
        Crew(jobs).parts(fail, range(40))


def test_an_interruption_ends_the_others() -> None:
    """With their next item, and not when all of theirs are done."""
    crew, has_begun, has_ended = Crew(2), threading.Event(), threading.Event()

    def work(_: int) -> None:
        if threading.current_thread() is threading.main_thread():
            has_begun.wait(20)
            raise KeyboardInterrupt
        has_begun.set()
        try:
            while True:
                crew.add(0.001)
        except CancelledError:
            has_ended.set()
            raise

    with pytest.raises(KeyboardInterrupt):
        crew.parts(work, range(2))
    assert has_ended.is_set()


@pytest.mark.slow
def test_any_number_of_jobs_gives_the_same_bytes(tmp_path: Path) -> None:
    """Whatever is random has a seed of its own, and what threads share the first one finds."""
    with make_regimes(tmp_path / "regimes.duckdb") as study:
        answers = [analysis_json(analyze(study, permutations=50, jobs=jobs)) for jobs in (1, 4)]
    assert json.dumps(answers[0]) == json.dumps(answers[1])
