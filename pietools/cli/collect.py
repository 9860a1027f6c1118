"""`pietools collect`."""

from typing import Any

import click

from pietools.cli.output import say


@click.command()
@click.argument("study_toml", metavar="STUDY.toml", type=click.Path())
@click.option("--no-thumbnails", is_flag=True, help="Keep no small pictures of the examples.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def collect(study_toml: str, no_thumbnails: bool, as_json: bool) -> None:
    """Collect the networks' predictions into a study.

    Runs each network that a STUDY.toml names over each of its data sets.
    Predictions that are there already are skipped; after Ctrl-C or a crash the same command goes on.
    """
    from pietools.cli.progress import progress_bar
    from pietools.study_file import read_study_file
    from pietools.training.collecting import collect_study

    study_file = read_study_file(study_toml)
    with progress_bar("Collecting", "examples") as on_progress:
        rows = collect_study(study_file, on_progress, thumbnails=not no_thumbnails)
    say(_as_json(study_file.tables.study.file, rows) if as_json else _as_text(rows))


def _as_json(study: str, rows: list[dict[str, Any]]) -> str:
    import json

    from pietools.version import __version__

    return json.dumps({"schema": "pietools/collect/1", "version": __version__, "study": study, "evaluations": rows})


def _as_text(rows: list[dict[str, Any]]) -> str:
    """One line per population and data set: networks, how many are new, their mean accuracy, and what was recorded."""
    lines = []
    for population, dataset in dict.fromkeys((row["population"], row["dataset"]) for row in rows):
        chosen = [row for row in rows if (row["population"], row["dataset"]) == (population, dataset)]
        new = [row["accuracy"] for row in chosen if row["is_new"]]
        accuracy = f", accuracy {sum(new) / len(new):.2%}" if new else ""
        tables = sorted({table for row in chosen for table in row["recorded"]})
        recorded = f", added {', '.join(tables)}" if tables else ""
        lines.append(f"{population} on {dataset}: {len(chosen)} networks ({len(new)} new{accuracy}{recorded})")
    return "\n".join(lines)
