"""Where the seconds of the demo go: imports, making the study, each result table, DuckDB, drawing.

    python benchmarks/demo.py

CPU seconds of this process, DuckDB's threads included. What stands in benchmarks/README.md is its output.
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

LEAST = 0.3  # CPU seconds that are shown

SPENT: dict[str, float] = defaultdict(float)


@contextmanager
def lap(name: str) -> Iterator[None]:
    """Add the CPU seconds of a block to a name."""
    start = time.process_time()
    yield
    SPENT[name] += time.process_time() - start


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose CPU seconds are added to a name."""

    def call(*args: Any, **kwargs: Any) -> Any:
        with lap(name):
            found = function(*args, **kwargs)
            return list(found) if isinstance(found, Iterator) else found

    return call


def main() -> None:
    """Run what ``pietools demo --out`` runs, and print where the time went."""
    with lap("imports"):
        from pietools import analysis
        from pietools.exchange.study_folder import import_folder
        from pietools.report.figures import figures
        from pietools.report.page import write_report
        from pietools.study import Study
        from pietools.study.database import Database
        from pietools.study.shipped_files import resource
        from pietools.topics.catalogue import TOPICS

        # All at once, so that no topic pays for what others need, too.
        for topic in TOPICS.values():
            for table in topic.tables:
                topic.fill[table]
            topic.figures  # noqa: B018

    asked = {
        name: timed("of all this, DuckDB", getattr(Database, name)) for name in ("sql", "arrays", "value", "execute")
    }
    with tempfile.TemporaryDirectory() as folder, patch.multiple(Database, **asked):  # type: ignore[call-overload]
        path = Path(folder) / "study.duckdb"
        with lap("making the study"):
            import_folder(resource("data", "fashion-mnist", "study"), path)
        with Study.open(path) as study:
            found = _analyzed(study, analysis)
        with lap("charts, as specifications"):
            drawn = figures(found)
        with lap("charts, drawn"):
            for figure in drawn:
                figure.svg  # noqa: B018
        with lap("report"):
            write_report(found, Path(folder) / "report.html", drawn)
    total = sum(seconds for name, seconds in SPENT.items() if not name.startswith("of all"))
    print(f"| CPU seconds | {total:.1f} |\n| --- | ---: |")
    for name, seconds in SPENT.items():
        if seconds >= LEAST:
            print(f"| {name} | {seconds:.1f} |")


def _analyzed(study: Any, analysis: Any) -> Any:
    """The analysis, with the seconds of each table by its topic."""
    for topic in analysis.TOPICS.values():
        topic.fill.update({table: timed(f"topic {topic.name}", fill) for table, fill in topic.fill.items()})
    found = analysis.analyze(study, store=False, jobs=1)  # several threads would count each other
    with lap("storing results"):
        study.store_results(found.tables, settings={}, seed=0, version="benchmark")
    return found


if __name__ == "__main__":
    main()
