"""`pietools collect --executor` and `--shards`: networks run elsewhere, each writes shards, and one process merges them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pietools.errors import CollectError
from pietools.shards.datasets import Described, write_datasets
from pietools.shards.merging import add_networks, find_networks
from pietools.shards.networks import Asked, network_shard_name
from pietools.shards.places import Place, place_of
from pietools.study import Study
from pietools.study.in_use import alone
from pietools.study_file import StudyFile
from pietools.training.collect_units import CollectUnit, collect_unit, keep_loaded, units_of
from pietools.training.collecting import OnProgress, collected_row, describe, missing_of, plan_collection
from pietools.training.executors import PROCESSES, open_workers
from pietools.training.executors.local import default_processes
from pietools.training.network_runs import NOTHING, Inputs, Missing
from pietools.training.planned_networks import PlannedNetwork
from pietools.training.recording.collected import wanted_recordings
from pietools.training.running import run_units
from pietools.training.study_description import as_population, references_first
from pietools.training.train_study import LOGS

MAX_SHOWN = 3


@dataclass(frozen=True)
class Where:
    """Where networks run: see :func:`pietools.training.executors.open_workers`; in this process where there is no `executor`."""

    executor: str | None = None
    n_processes: int | None = None
    slurm: Sequence[str] = ()

    @property
    def device(self) -> str | None:
        """What the machine that plans the work computes with: it need not have the GPU that others have."""
        return None if self.executor in (None, PROCESSES) else "auto"


@dataclass
class _Collection:
    """What is collected: what is lacking of each network, by the name of the data set, and what came of it."""

    inputs: Inputs
    networks: list[PlannedNetwork]
    lacking: list[dict[str, Missing]] = field(default_factory=list)
    accuracies: dict[tuple[str, str], float] = field(default_factory=dict)
    failures: dict[str, Exception] = field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """Rows as `collect_study` gives them; CollectError if a unit failed."""
        if self.failures:
            shown = " ".join(f"{name}: {error}" for name, error in list(self.failures.items())[:MAX_SHOWN])
            raise CollectError(
                f"{len(self.failures)} of the networks and data sets failed; what was collected is kept, and the same command "
                f"goes on. {shown}"
            )
        return [
            collected_row(network, data, lacking[data.name], self.accuracies.get((network.file.name, data.name)))
            for network, lacking in zip(self.networks, self.lacking, strict=True)
            for data, _ in self.inputs.datasets
        ]


def collect_elsewhere(
    study_file: StudyFile,
    where: Where,
    on_progress: OnProgress = lambda done, total: None,
    *,
    thumbnails: bool = True,
    wait: float = 0,
) -> list[dict[str, Any]]:
    """Collect what the study does not hold yet on the workers of an executor; rows and errors as `collect_study` has them.

    Workers write shards beside the study; when all are done they are merged, network by network, and removed. Nobody has the
    study open in between.
    """
    collection = _plan(study_file, where)
    path = collection.inputs.study_file.study_path
    with alone(Path(f"{path}.shards"), wait) as folder:
        place = place_of(str(folder))
        with Study.open_or_create(path, wait=wait) as study:
            describe(study, collection.inputs, collection.networks, thumbnails=thumbnails)
            collection.lacking = [missing_of(study, collection.inputs, network) for network in collection.networks]
        _run(collection, _without_shards(collection, place), place, where, on_progress)
        asked = _asked_shards(collection)
        # Others may be left of networks that the STUDY.toml no longer has, or has otherwise.
        found = [shard for shard in find_networks(place) if shard.facts.asked == asked.get(shard.name)]
        with Study.open(path, wait=wait) as study:
            for _ in add_networks(study, found, {data.name for data, _ in collection.inputs.datasets}):
                pass
        _remove(folder, [shard.name for shard in found])
    return collection.rows()


def _asked_shards(collection: _Collection) -> dict[str, Asked]:
    """By the name of the shard, what is asked of each network of which something is lacking."""
    return {
        network_shard_name(network.model, data.name): _asked(collection.inputs, network, j, lacking[data.name])
        for network, lacking in zip(collection.networks, collection.lacking, strict=True)
        for j, (data, _) in enumerate(collection.inputs.datasets)
        if lacking[data.name]
    }


def _remove(folder: Path, names: Sequence[str]) -> None:
    """Delete shards that are in the study now, and what killed workers left half-written of them."""
    for path in [*(folder / name for name in names), *folder.glob(".network-*")]:
        with suppress(OSError):
            path.unlink()


def collect_shards(
    study_file: StudyFile,
    address: str,
    where: Where,
    on_progress: OnProgress = lambda done, total: None,
    *,
    thumbnails: bool = True,
) -> list[dict[str, Any]]:
    """Collect into shards at an address what is not there yet; `pietools merge` makes a study of them.

    Rows and errors as `collect_study` has them.
    """
    collection = _plan(study_file, where)
    place = place_of(address if "://" in address else str(Path(address).resolve()))
    with _description(collection, thumbnails=thumbnails) as study:
        study_file = collection.inputs.study_file
        populations = tuple(as_population(study_file, spec) for spec in references_first(study_file.populations))
        write_datasets(study, place, Described(populations, study_file.as_dict()))
    collection.lacking = [_all_of(collection.inputs, network) for network in collection.networks]
    collection.lacking = _without_shards(collection, place)
    _run(collection, collection.lacking, place, where, on_progress)
    return collection.rows()


def _plan(study_file: StudyFile, where: Where) -> _Collection:
    """With paths that mean the same on every machine."""
    return _Collection(*plan_collection(replace(study_file, path=study_file.path.resolve()), where.device))


@contextmanager
def _description(collection: _Collection, *, thumbnails: bool) -> Iterator[Study]:
    """A study without networks, for as long as its description is written down."""
    with TemporaryDirectory() as folder, Study.create(Path(folder) / "description.duckdb") as study:
        describe(study, collection.inputs, collection.networks, thumbnails=thumbnails)
        yield study


def _all_of(inputs: Inputs, network: PlannedNetwork) -> dict[str, Missing]:
    return {
        data.name: Missing(True, frozenset(wanted_recordings(inputs.study_file, network.file, data)))
        for data, _ in inputs.datasets
    }


def _without_shards(collection: _Collection, place: Place) -> list[dict[str, Missing]]:
    """What is lacking of each network and has no shard yet; a shard always has predictions."""
    there = {shard.name: shard.facts.asked for shard in find_networks(place, is_damage_skipped=True)}
    done = {name for name, asked in _asked_shards(collection).items() if there.get(name) == asked}
    return [
        {
            data.name: NOTHING if network_shard_name(network.model, data.name) in done else lacking[data.name]
            for data, _ in collection.inputs.datasets
        }
        for network, lacking in zip(collection.networks, collection.lacking, strict=True)
    ]


def _asked(inputs: Inputs, network: PlannedNetwork, position: int, lacking: Missing) -> Asked:
    evaluation, (data, _) = network.evaluations[position], inputs.datasets[position]
    recorded = tuple(sorted(lacking.recordings))
    return Asked(evaluation.evaluation_digest, evaluation.evidence, inputs.kept_logits(network, data), recorded)


def _run(
    collection: _Collection, missing: list[dict[str, Missing]], place: Place, where: Where, on_progress: OnProgress
) -> None:
    """Run what is missing, here or on workers."""
    inputs = collection.inputs
    units = [
        unit
        for position, (network, of_network) in enumerate(zip(collection.networks, missing, strict=True))
        for unit in units_of(inputs, network, position, of_network, place.address)
    ]
    total = sum(unit.n_images for unit in units)

    def keep(unit: CollectUnit, outcome: dict[str, float] | Exception) -> None:
        if isinstance(outcome, Exception):
            collection.failures[unit.name] = outcome
        else:
            collection.accuracies |= {(unit.planned.file.name, name): value for name, value in outcome.items()}

    if where.executor is None:
        keep_loaded(inputs)
        n_done = 0
        for unit in units:
            keep(unit, collect_unit(unit, lambda n: None))
            n_done += unit.n_images
            on_progress(n_done, total)
    elif units:
        at_once = where.n_processes
        if where.executor == PROCESSES:
            at_once = min(at_once or default_processes(inputs.settings.device), len(units))
        logs = inputs.study_file.checkpoints_path / LOGS
        with open_workers(where.executor, at_once, logs, where.slurm) as workers:
            run_units(units, workers, collect_unit, keep, lambda done: on_progress(done, total))
        _look_for_shards(collection, units, place)


def _look_for_shards(collection: _Collection, units: list[CollectUnit], place: Place) -> None:
    """A worker may have written into a folder of its own that has the same path."""
    there = set(place.names())
    for unit in units:
        written = {network_shard_name(unit.planned.model, name) for name in unit.missing}
        if unit.name not in collection.failures and not written <= there:
            collection.failures[unit.name] = CollectError(
                f"a worker says that it wrote into {place.address}, and there is nothing: the folder must be one that all machines "
                "share, under the same path."
            )
