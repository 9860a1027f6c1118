"""Simulated studies, one by one, and what the methods find in them, in as many processes as wanted."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import ceil
from multiprocessing import get_context
from typing import Any

import numpy as np

from pietools.orphans import end_with
from pietools.validation.answers import Study
from pietools.validation.explanations import EXPLANATIONS
from pietools.validation.log_odds import (
    LOG_ODDS_METHODS,
    LOG_ODDS_WORLDS,
    LogOddsStudy,
    asked_with,
    draw_log_odds_study,
)
from pietools.validation.log_odds_hits import HIT_WORLDS, HitTruth, find_hit_truth
from pietools.validation.margin_worlds import MARGIN_WORLDS, ExplainedStudy, draw_explained_study
from pietools.validation.methods import METHODS
from pietools.validation.pairs import PAIR_METHODS, PAIR_SIZES, PAIR_WORLDS, ask_pairs
from pietools.validation.truth import Truth, find_truth, simulated_data
from pietools.validation.worlds import WORLDS, draw_latents, predict

ASKED = METHODS | EXPLANATIONS | LOG_ODDS_METHODS
ALL_WORLDS = (*WORLDS, *MARGIN_WORLDS, *LOG_ODDS_WORLDS, *PAIR_WORLDS)
# In how many studies the full table asks each method, by world.
NUMBERS = {name: method.numbers for methods in (ASKED, PAIR_METHODS) for name, method in methods.items()}
STUDIES_PER_TASK = 20
# From here on the dearer methods have all that the full table gives them, and below only a share.
ENOUGH = 4_000


@dataclass(frozen=True)
class Cell:
    """A world, a design and a number of networks; in worlds of log odds and of one pair of networks, a number of examples."""

    world: str
    paired: bool
    n_networks: int
    n_examples: int | None = None

    @property
    def design(self) -> str:
        """As the table calls it."""
        if self.is_pair:
            return "pair"
        return "matched" if self.paired else "unmatched"

    @property
    def is_pair(self) -> bool:
        """Whether one network is held against another."""
        return self.world in PAIR_WORLDS

    @property
    def has_fixed_examples(self) -> bool:
        """Whether few data sets are studied often; else each study has its own."""
        return self.world in HIT_WORLDS or (self.world in WORLDS and self.world != "regimes")


PAIR_CELLS = tuple(Cell(name, True, world.n_networks, n) for name, world in PAIR_WORLDS.items() for n in PAIR_SIZES)
LOG_ODDS_CELLS = tuple(
    Cell(world, paired, k, n)
    for world in LOG_ODDS_WORLDS
    for n in asked_with(world)[1]
    for paired in (True, False)
    for k in asked_with(world)[0]
)


@dataclass(frozen=True)
class Plan:
    """``n_studies`` where nothing happens, for the cheapest methods; the others are asked in fewer."""

    cells: tuple[Cell, ...]
    n_studies: int
    seed: int
    n_examples: int = 300
    n_data_sets: int = 5
    n_truth: int = 11_000

    def studies_of(self, cell: Cell, method: str) -> int:
        """How many studies of a cell a method is asked; 0 if it is not asked there. Fewer studies are the first of more."""
        full = NUMBERS[method].get(cell.world, 0)
        return min(self.n_studies, ceil(full * min(1.0, self.n_studies / ENOUGH)))


# Cell, method, measure and claim; then a row per study: number of the data set, and what was found.
Key = tuple[Cell, str, str, str]
Results = dict[Key, np.ndarray]
# World, number of the data set and its number of examples.
DataSetKey = tuple[str, int, int]
Truths = dict[DataSetKey, Truth | HitTruth]


def simulate(plan: Plan, *, jobs: int, on_step: Callable[[int, int], None] = lambda done, total: None) -> Results:
    """Run all studies. The same plan gives the same results with any number of jobs."""
    parts: dict[Key, list[np.ndarray]] = {}
    with _mapping(jobs) as mapping:
        keys = _data_sets(plan)
        truths = dict(zip(keys, mapping(_truth_task, [(plan, *key) for key in keys]), strict=True))
        tasks = [*_tasks(plan, truths), *_pair_tasks(plan)]
        for done, found in enumerate(mapping(_run, tasks), start=1):
            for key, rows in found.items():
                parts.setdefault(key, []).append(rows)
            on_step(done, len(tasks))
    return {key: np.concatenate(rows) for key, rows in parts.items()}


@contextmanager
def _mapping(jobs: int) -> Iterator[Callable[..., Any]]:
    """``map``, over processes if there is more than one job."""
    if jobs == 1:
        yield map
        return
    # Not forked: threads of polars do not survive a fork.
    context = get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    with theirs, ours, ProcessPoolExecutor(jobs, context, end_with, (theirs,)) as pool:
        yield pool.map


def _data_sets(plan: Plan) -> list[DataSetKey]:
    """Those that are studied often, each once."""
    fixed = [cell for cell in plan.cells if cell.has_fixed_examples]
    sizes = dict.fromkeys((cell.world, cell.n_examples or plan.n_examples) for cell in fixed)
    return [(world, number, n) for world, n in sizes for number in range(plan.n_data_sets)]


def _run(task: Callable[[], Results]) -> Results:
    return task()


def _pair_tasks(plan: Plan) -> list[Callable[[], Results]]:
    """All studies of a world of one pair at once, for each method that is asked there."""
    return [
        partial(_pair_task, plan, cell, method)
        for cell in plan.cells
        for method in (PAIR_METHODS if cell.is_pair else ())
        if plan.studies_of(cell, method)
    ]


def _pair_task(plan: Plan, cell: Cell, method: str) -> Results:
    assert cell.n_examples is not None
    found = ask_pairs(method, cell.world, cell.n_examples, plan.studies_of(cell, method), plan.seed)
    return {(cell, method, *measure): rows for measure, rows in found.items()}


def _tasks(plan: Plan, truths: Truths) -> list[Callable[[], Results]]:
    """The first studies of all cells, which are asked everything, then the next: the dear ones come first."""
    tasks: list[tuple[Plan, Cell, range, dict[int, Any]]] = []
    for cell in plan.cells:
        if cell.is_pair:
            continue
        of_cell = cell.world, cell.n_examples or plan.n_examples
        mine = {number: truth for (world, number, n), truth in truths.items() if (world, n) == of_cell}
        n_studies = max(plan.studies_of(cell, method) for method in ASKED)
        starts = range(0, n_studies, STUDIES_PER_TASK)
        tasks += [(plan, cell, range(n, min(n + STUDIES_PER_TASK, n_studies)), mine) for n in starts]
    return [partial(_study_task, *task) for task in sorted(tasks, key=lambda task: task[2].start)]


def _truth_task(task: tuple[Plan, str, int, int]) -> Truth | HitTruth:
    plan, world, number, n = task
    if world in HIT_WORLDS:
        return find_hit_truth(plan.seed, world, number, n=n, n_networks=plan.n_truth)
    set_sizes = {3 * cell.n_networks // 8 for cell in plan.cells} - {0}
    return find_truth(plan.seed, world, number, n=n, set_sizes=tuple(sorted(set_sizes)), n_networks=plan.n_truth)


def _study_task(plan: Plan, cell: Cell, numbers: range, truths: dict[int, Any]) -> Results:
    found: dict[Key, list[tuple[float, ...]]] = {}
    for number in numbers:
        study = draw_study(plan, cell, number, truths)
        data_set = number % plan.n_data_sets if cell.has_fixed_examples else 0
        for name, method in ASKED.items():
            for one in method.ask(study) if number < plan.studies_of(cell, name) else ():
                found.setdefault((cell, name, one.measure, one.claim), []).append((data_set, *one.numbers))
    return {key: np.array(rows, dtype=float) for key, rows in found.items()}


def draw_study(plan: Plan, cell: Cell, number: int, truths: dict[int, Any]) -> Study | ExplainedStudy | LogOddsStudy:
    """Networks of all populations, and what they predict."""
    if cell.world in LOG_ODDS_WORLDS:
        n = cell.n_examples or plan.n_examples
        return draw_log_odds_study(
            [plan.seed, number], cell.world, cell.n_networks, n, paired=cell.paired, truths=truths
        )
    if cell.world in MARGIN_WORLDS:
        key = [plan.seed, 3, list(MARGIN_WORLDS).index(cell.world), int(cell.paired), cell.n_networks, number]
        return draw_explained_study(key, cell.world, cell.n_networks, plan.n_examples, paired=cell.paired)
    which = number % plan.n_data_sets if cell.has_fixed_examples else number
    data, holds = simulated_data(plan.seed, cell.world, which, plan.n_examples)
    key = [plan.seed, 2, list(WORLDS).index(cell.world), int(cell.paired), cell.n_networks, number]
    latents = draw_latents(np.random.default_rng(key), cell.n_networks, data, paired=cell.paired)
    reference, compressed = (predict(data, latent, condition) for latent, condition in zip(latents, holds, strict=True))
    return Study(cell.world, cell.paired, [*key, 1], data, reference, compressed, truths.get(which))
