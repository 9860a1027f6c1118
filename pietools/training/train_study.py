"""`pietools train`: every network that a STUDY.toml names and that is not there yet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pietools.errors import TrainingError
from pietools.study_file import StudyFile, training_of
from pietools.training.checks import check_units
from pietools.training.data.datasets import load_dataset
from pietools.training.executors import PROCESSES, open_workers
from pietools.training.executors.local import default_processes
from pietools.training.running import run_units
from pietools.training.unit_training import train_unit
from pietools.training.units import TrainingUnit, finished_sidecar

LOGS = "logs"
"""Folder beside the checkpoints for what jobs print."""


@dataclass
class TrainReport:
    """What `train` did.

    `networks` has population, replicate, is_new, accuracy, realised_sparsity, model_digest and seconds (null where the
    network was there); `failures` has population, replicate and message.
    """

    networks: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)


def train_study(
    study_file: StudyFile,
    n_processes: int | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    executor: str = PROCESSES,
    slurm: Sequence[str] = (),
) -> TrainReport:
    """Train what is missing and return one row per network, in the order of the file.

    Parameters
    ----------
    n_processes
        Networks trained at once: one per core of this machine, or per worker of another executor, unless given.
    on_progress
        Is called with the images passed through networks and those in all.
    executor, slurm
        Where: see :func:`pietools.training.executors.open_workers`. Other machines must see the folder of the STUDY.toml, its
        data and its checkpoints under the same path.

    Raises
    ------
    TrainingError
        Before anything is trained, if the file names nothing to train, the data or the network cannot be had or do not allow
        what the file asks for, a finished network has another recipe, or the executor cannot be reached.
    """
    if executor != PROCESSES:
        study_file = replace(study_file, path=study_file.path.resolve())
    units = plan_units(study_file)
    finished = {unit.name: finished_sidecar(unit) for unit in units}
    missing = [unit for unit in units if finished[unit.name] is None]
    outcomes: dict[str, dict[str, Any] | Exception] = {}
    if missing:
        there = {name: sidecar for name, sidecar in finished.items() if sidecar is not None}
        check_units(units if executor == PROCESSES else [_anywhere(unit) for unit in units], there)
        total = sum(unit.n_images for unit in missing)
        if executor == PROCESSES:
            n_processes = min(n_processes or default_processes(missing[0].settings.device), len(missing))
        with open_workers(executor, n_processes, study_file.checkpoints_path / LOGS, slurm) as workers:
            run_units(
                missing,
                workers,
                train_unit,
                on_outcome=lambda unit, outcome: outcomes.update({unit.name: outcome}),
                on_images=lambda done: on_progress(done, total),
            )
    report = TrainReport()
    for unit in units:
        sidecar = finished[unit.name]
        if sidecar is None:
            _add_to_report(report, unit, _seen_here(unit, outcomes[unit.name]))
        else:
            _add_to_report(report, unit, _still_fits(unit) if unit.parent_name in outcomes else sidecar)
    return report


def _still_fits(unit: TrainingUnit) -> dict[str, Any] | Exception:
    """The sidecar of a network that was there when its parent was not; an error if the parent is another one now."""
    sidecar: dict[str, Any] | Exception | None
    try:
        sidecar = finished_sidecar(unit)
    except TrainingError as error:
        return error
    assert sidecar is not None
    return sidecar


def _anywhere(unit: TrainingUnit) -> TrainingUnit:
    """The same on whatever this machine has: it need not have the GPU that others have."""
    return replace(unit, settings=unit.settings.model_copy(update={"device": "auto"}))


def _seen_here(unit: TrainingUnit, outcome: dict[str, Any] | Exception) -> dict[str, Any] | Exception:
    """An error in place of a network that a worker finished in a folder that is not the one here."""
    if not isinstance(outcome, Exception) and not (unit.path.is_file() and unit.path.with_suffix(".json").is_file()):
        return TrainingError(
            f"a worker says that it wrote {unit.path}, and it is not there: the folder must be one that all machines share, under "
            "the same path."
        )
    return outcome


def plan_units(study_file: StudyFile) -> list[TrainingUnit]:
    """List the networks that the file asks for, replicate by replicate, so that an early stop leaves matched ones."""
    tables = study_file.tables
    specs = [spec for spec in study_file.populations if spec.is_trained_here]
    if not specs or tables.training is None:
        raise TrainingError(f"{study_file.path.name} has no [[regime]]: nothing to train. Go on with pietools collect.")
    data_digest = load_dataset(tables.data, "train", study_file.folder).content_digest()
    return [
        TrainingUnit(
            study_file, spec, training_of(tables.training, spec), spec.first_replicate + replicate, data_digest
        )
        for replicate in range(tables.study.replicates)
        for spec in specs
    ]


def _add_to_report(report: TrainReport, unit: TrainingUnit, outcome: dict[str, Any] | Exception) -> None:
    row: dict[str, Any] = {"population": unit.spec.name, "replicate": str(unit.replicate)}
    if isinstance(outcome, Exception):
        report.failures.append({**row, "message": str(outcome)})
        return
    row["is_new"] = "seconds" in outcome
    row |= {key: outcome[key] for key in ("accuracy", "realised_sparsity", "model_digest")}
    report.networks.append({**row, "seconds": outcome.get("seconds")})
