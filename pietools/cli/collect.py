"""`pietools collect`."""

from typing import Any

import click

from pietools.cli.executor_options import FORMS, executor_options
from pietools.cli.output import say
from pietools.cli.waiting import waiting


@click.command()
@click.argument("study_toml", metavar="STUDY.toml", type=click.Path(readable=False))
@executor_options
@click.option(
    "--shards",
    metavar="WHERE",
    help="Write shards into this folder, or to an address such as s3://bucket/shards: 'pietools merge' makes a study of them.",
)
@waiting
@click.option("--no-thumbnails", is_flag=True, help="Keep no small pictures of the examples.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def collect(
    study_toml: str,
    executor: str | None,
    processes: int | None,
    slurm: tuple[str, ...],
    shards: str | None,
    wait: float,
    no_thumbnails: bool,
    as_json: bool,
) -> None:
    """Collect the networks' predictions into a study.

    Runs each network that a STUDY.toml names over each of its data sets, in this process unless there is an --executor.
    Predictions that are there already are skipped; after Ctrl-C or a crash the same command goes on.
    """
    from pietools.cli.progress import progress_bar
    from pietools.study_file import read_study_file
    from pietools.training.collecting import collect_study
    from pietools.training.collecting_apart import Where, collect_elsewhere, collect_shards

    if executor is None and (processes or slurm):
        raise click.UsageError(f"--processes and --slurm are for an --executor: {FORMS}.")
    if shards is not None and wait:
        raise click.UsageError("--wait is for a study, and --shards opens none.")
    study_file = read_study_file(study_toml)
    where = Where(executor, processes, slurm)
    with progress_bar("Collecting", "examples") as on_progress:
        if shards is not None:
            rows = collect_shards(study_file, shards, where, on_progress, thumbnails=not no_thumbnails)
        elif executor is not None:
            rows = collect_elsewhere(study_file, where, on_progress, thumbnails=not no_thumbnails, wait=wait)
        else:
            rows = collect_study(study_file, on_progress, thumbnails=not no_thumbnails, wait=wait)
    say(_as_json(shards or study_file.tables.study.file, rows) if as_json else as_text(rows))


def _as_json(study: str, rows: list[dict[str, Any]]) -> str:
    import json

    from pietools.version import __version__

    return json.dumps({"schema": "pietools/collect/1", "version": __version__, "study": study, "evaluations": rows})


def as_text(rows: list[dict[str, Any]]) -> str:
    """One line per population and data set: networks, how many are new, their mean accuracy, and what was recorded."""
    lines = []
    for population, dataset in dict.fromkeys((row["population"], row["dataset"]) for row in rows):
        chosen = [row for row in rows if (row["population"], row["dataset"]) == (population, dataset)]
        n_new = sum(row["is_new"] for row in chosen)
        known = [row["accuracy"] for row in chosen if row["is_new"] and row.get("accuracy") is not None]
        accuracy = f", accuracy {sum(known) / len(known):.2%}" if known else ""
        tables = sorted({table for row in chosen for table in row["recorded"]})
        recorded = f", added {', '.join(tables)}" if tables else ""
        lines.append(f"{population} on {dataset}: {len(chosen)} networks ({n_new} new{accuracy}{recorded})")
    return "\n".join(lines)
