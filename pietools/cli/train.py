"""`pietools train`."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pietools.training.train_study import TrainReport


@click.command()
@click.argument("study_toml", metavar="STUDY.toml", type=click.Path())
@click.option("--processes", type=click.IntRange(min=1), help="Networks trained at once.  [default: one per core]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def train(study_toml: str, processes: int | None, as_json: bool) -> None:
    """Train the networks that a STUDY.toml names.

    Networks that are there already are skipped; after Ctrl-C or a crash the same command goes on.
    """
    from pietools.cli.progress import progress_bar
    from pietools.errors import TrainingError
    from pietools.study_file import read_study_file
    from pietools.training.train_study import train_study

    study_file = read_study_file(study_toml)
    with progress_bar("Training", "steps") as on_progress:
        report = train_study(study_file, processes, on_progress)
    click.echo(_as_json(report) if as_json else _as_text(report))
    if report.failures:
        for failure in report.failures:
            click.echo(f"{failure['population']} replicate {failure['replicate']}: {failure['message']}", err=True)
        n_all = len(report.failures) + len(report.networks)
        raise TrainingError(f"{len(report.failures)} of {n_all} networks failed; the others are kept.")


def _as_json(report: "TrainReport") -> str:
    import json

    from pietools import __version__

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
