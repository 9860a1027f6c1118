"""`pietools train`: every network that a STUDY.toml names and that is not there yet."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pietools.errors import TrainingError
from pietools.study_file import StudyFile, training_of
from pietools.training.checks import check_units
from pietools.training.data.datasets import load_dataset
from pietools.training.processes import default_processes, run_units
from pietools.training.units import TrainingUnit, finished_sidecar


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
) -> TrainReport:
    """Train what is missing and return one row per network, in the order of the file.

    `n_processes` is one per core unless given. `on_progress` is called with the images passed through networks and those
    in all. Raises TrainingError before anything is trained if the file names nothing to train, the data or the network
    cannot be had or do not allow what the file asks for, or a finished network has another recipe.
    """
    units = plan_units(study_file)
    finished = {unit.name: finished_sidecar(unit) for unit in units}
    missing = [unit for unit in units if finished[unit.name] is None]
    outcomes: dict[str, dict[str, Any] | Exception] = {}
    if missing:
        check_units(units)
        total = sum(unit.n_images for unit in missing)
        run_units(
            missing,
            min(n_processes or default_processes(missing[0].settings), len(missing)),
            on_outcome=lambda unit, outcome: outcomes.update({unit.name: outcome}),
            on_images=lambda done: on_progress(done, total),
        )
    report = TrainReport()
    for unit in units:
        _add_to_report(report, unit, finished[unit.name] or outcomes[unit.name])
    return report


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
