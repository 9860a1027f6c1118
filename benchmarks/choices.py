"""What becomes of the answers when a number that somebody had to choose is chosen otherwise, on the embedded study.

    python benchmarks/choices.py

What it prints stands in the table of choices in docs/methods/README.md.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any
from unittest.mock import patch

import polars as pl

from pietools.analysis import analyze
from pietools.exchange.study_folder import import_folder
from pietools.statistics.characterize import change_regression
from pietools.statistics.log_odds import examples
from pietools.statistics.log_odds.natural_spline import knots_at
from pietools.statistics.regimes import beyond_networks, hit_sets
from pietools.study import Study
from pietools.study.shipped_files import resource

COMPRESSED = "supervised/magnitude-0.9"
KNOTS = {3: (0.1, 0.5, 0.9), 5: (0.05, 0.275, 0.5, 0.725, 0.95), 7: (0.025, 0.1833, 0.3417, 0.5, 0.6583, 0.8167, 0.975)}
SPLITS, STRATA = (5, 20, 80), (5, 10, 20)


def main() -> None:
    """Print a line per choice."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "study.duckdb"
        import_folder(resource("data", "fashion-mnist", "study"), path)
        with Study.open(path, read_only=True) as study:
            for line in chain(_knots(study), _splits(study), _strata(study)):
                print(line, flush=True)


def _knots(study: Study) -> Iterator[str]:
    for n, quantiles in KNOTS.items():
        with _instead((examples, change_regression), "knots_at", partial(knots_at, quantiles=quantiles)):
            (hits,) = _rows(study, "examples", "examples_hits", compressed=COMPRESSED)
            terms = _rows(study, "characterize", "characterize_changes", compressed=COMPRESSED)
        nats = ", ".join(f"{row['term']} {row['estimate']:+.3f}" for row in terms)
        yield f"{n} knots: {hits['n_hit']} hit, {hits['n_spared']} spared; {nats}"


def _splits(study: Study) -> Iterator[str]:
    for n in SPLITS:
        with _instead((beyond_networks,), "N_SPLITS", n):
            rows = _rows(study, "regimes", "regimes_changes", compression="magnitude-0.9")
        yield _line(f"{n} splits: width", [row["conf_high"] - row["conf_low"] for row in rows])


def _strata(study: Study) -> Iterator[str]:
    for n in STRATA:
        with _instead((hit_sets,), "N_STRATA", n):
            rows = _rows(study, "regimes", "regimes_changes", compression="magnitude-0.9")
        yield _line(f"{n} strata: hit in both by chance", [row["null_mean"] for row in rows])


def _line(name: str, values: list[float]) -> str:
    return f"{name} {', '.join(f'{value:.3f}' for value in values)}"


def _rows(study: Study, topic: str, table: str, **names: str) -> list[dict[str, Any]]:
    found = analyze(study, topics=[topic], store=False)
    return found.tables[table].filter(*(pl.col(column) == name for column, name in names.items())).to_dicts()


@contextmanager
def _instead(modules: tuple[ModuleType, ...], name: str, value: Callable[..., object] | int) -> Iterator[None]:
    with ExitStack() as stack:
        for module in modules:
            stack.enter_context(patch.object(module, name, value))
        yield


if __name__ == "__main__":
    main()
