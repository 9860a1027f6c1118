"""Options that say where networks are trained and run."""

from collections.abc import Callable
from typing import Any

import click

FORMS = "'processes', 'dask://HOST:PORT' or 'slurm'"


def _known(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None or value in ("processes", "slurm") or value.startswith("dask://"):
        return value
    raise click.BadParameter(f"there is no executor '{value}': give {FORMS}.")


def executor_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --executor, --processes and --slurm."""
    options = [
        click.option(
            "--executor",
            metavar="WHERE",
            callback=_known,
            help="Where: 'processes' of this machine, workers of a Dask scheduler ('dask://HOST:PORT'), or jobs ('slurm').",
        ),
        click.option(
            "--processes",
            type=click.IntRange(min=1),
            help="Networks at once.  [default: one per core, two per worker, or 100 jobs]",
        ),
        click.option(
            "--slurm",
            metavar="KEY=VALUE",
            multiple=True,
            help="An option of sbatch, such as partition=gpu or time=4:00:00.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command
