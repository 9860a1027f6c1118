"""`pietools train`."""

from typing import TYPE_CHECKING

import click

from pietools.cli.executor_options import executor_options
from pietools.cli.output import say

if TYPE_CHECKING:
    from pietools.training.plan import Plan
    from pietools.training.train_study import TrainReport


@click.command()
@click.argument("study_toml", metavar="STUDY.toml", type=click.Path(readable=False))
@executor_options
@click.option("--plan", "is_plan", is_flag=True, help="Only say what would be trained, how long it takes and its size.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def train(
    study_toml: str, executor: str | None, processes: int | None, slurm: tuple[str, ...], is_plan: bool, as_json: bool
) -> None:
    """Train the networks that a STUDY.toml names.

    Networks that are there already are skipped; after Ctrl-C or a crash the same command goes on.
    """
    from pietools.cli.progress import progress_bar
    from pietools.errors import TrainingError
    from pietools.study_file import read_study_file
    from pietools.training.executors import PROCESSES
    from pietools.training.plan import plan_training
    from pietools.training.train_study import train_study

    if is_plan and (executor or slurm):
        raise click.UsageError("--plan measures this machine: leave --executor and --slurm out.")
    study_file = read_study_file(study_toml)
    if is_plan:
        _print_plan(plan_training(study_file, processes), as_json=as_json)
        return
    try:
        with progress_bar("Training", "images") as on_progress:
            report = train_study(study_file, processes, on_progress, executor=executor or PROCESSES, slurm=slurm)
    except KeyboardInterrupt:
        raise TrainingError("stopped. Networks that were finished are kept; the same command goes on.") from None
    click.echo(_as_json(report) if as_json else _as_text(report))
    if report.failures:
        for failure in report.failures:
            say(f"{failure['population']} replicate {failure['replicate']}: {failure['message']}", err=True)
        n_all = len(report.failures) + len(report.networks)
        raise TrainingError(f"{len(report.failures)} of {n_all} networks failed; the others are kept.")


def _print_plan(plan: "Plan", *, as_json: bool) -> None:
    import json
    from dataclasses import asdict

    from pietools.results.rounding import count
    from pietools.version import __version__

    if as_json:
        click.echo(json.dumps({"schema": "pietools/train-plan/1", "version": __version__, **asdict(plan)}))
        return
    for row in plan.populations:
        there = f" ({row.n_finished} are there)" if row.n_finished else ""
        made = f"{count(row.steps)} steps, {count(row.images)} images each" if row.steps else "no training"
        source = f" from {row.parent}" if row.parent else ""
        networks = f"{row.n_networks} {'network' if row.n_networks == 1 else 'networks'}"
        time = f", {_duration(row.seconds)}" if row.seconds else ""
        say(f"{row.population}: {networks}{there}{source}, {made}{time}")
    n_missing = sum(row.n_networks - row.n_finished for row in plan.populations)
    say(
        f"In all {n_missing} networks to make: about {_duration(plan.seconds)} with {plan.n_processes} at once, "
        f"{plan.n_bytes / 1e6:.1f} MB."
    )


def _duration(seconds: float) -> str:
    """Return a time that a person takes in: 40 s, 12 min, 3.5 h."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _as_json(report: "TrainReport") -> str:
    import json

    from pietools.version import __version__

    content = {"schema": "pietools/train/1", "version": __version__}
    return json.dumps({**content, "networks": report.networks, "failures": report.failures})


def _as_text(report: "TrainReport") -> str:
    """One line per population and data set: networks, how many are new, mean accuracy, realised sparsity."""
    lines = []
    # Networks that were there may have been evaluated on the split that came first in the file at that time.
    found = [(row["population"], *row["accuracy"]) for row in report.networks]
    for population, dataset in dict.fromkeys(found):
        rows = [row for row, where in zip(report.networks, found, strict=True) if where == (population, dataset)]
        accuracy = sum(row["accuracy"][dataset] for row in rows) / len(rows)
        sparsity = sum(row["realised_sparsity"] for row in rows) / len(rows)
        n_new = sum(row["is_new"] for row in rows)
        numbers = f"accuracy {accuracy:.2%} on {dataset}, sparsity {sparsity:.4g}"
        lines.append(f"{population}: {len(rows)} networks ({n_new} new), {numbers}")
    return "\n".join(lines)
