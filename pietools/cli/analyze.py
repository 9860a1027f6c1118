"""``pietools analyze``: every topic on every comparison of a study."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pietools.analysis import Analysis


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the report and the figures (SVG, PDF, PNG).")
@click.option(
    "--compare",
    metavar="REFERENCE COMPRESSED",
    nargs=2,
    multiple=True,
    help="Compare these two as well; may be repeated.",
)
@click.option(
    "--permutations", type=click.IntRange(1), help="Relabellings of the null.  [default: the study's, else 1000]"
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of the relabellings.  [default: the study's, else 0]"
)
@click.option("--no-store", is_flag=True, help="Leave the study as it is: for files that may not be written.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def analyze(
    study: Path,
    out: Path | None,
    compare: tuple[tuple[str, str], ...],
    permutations: int | None,
    seed: int | None,
    no_store: bool,
    as_json: bool,
) -> None:
    """Say what compression did to each population of STUDY.

    Accuracy, the PIEs with their direction, how many there would be if compression did nothing, flips, and which classes
    changed. Results are stored in the study, in the tables results.accuracy, results.pies, results.flips, results.classes.
    """
    from pietools.analysis import analyze as run
    from pietools.cli.progress import progress_bar
    from pietools.study import Study

    prepare(out)
    with Study.open(study, read_only=no_store) as opened, progress_bar("analyze", "steps") as on_step:
        analysis = run(
            opened, permutations=permutations, seed=seed, comparisons=compare, store=not no_store, on_step=on_step
        )
    show(analysis, out=out, as_json=as_json)


def prepare(out: Path | None) -> None:
    """Make the folder before the work, so that a wrong one is found before anything is stored."""
    if out is not None:
        (out / "figures").mkdir(parents=True, exist_ok=True)


def show(analysis: "Analysis", *, out: Path | None, as_json: bool) -> None:
    """Print an analysis, as tables or as one JSON object, after writing its files."""
    import json

    from pietools.analysis_json import analysis_json

    found = analysis_json(analysis)
    if out is not None:
        _write(analysis, out, json.dumps(found, indent=2, allow_nan=False))
    if as_json:
        click.echo(json.dumps(found, indent=2, allow_nan=False))
    else:
        from pietools.cli.summary import print_summary

        print_summary(analysis)
        if out is not None:
            click.echo(f"\nReport: {out / 'report.html'}")


def _write(analysis: "Analysis", out: Path, found: str) -> None:
    from pietools.figures import write_figures
    from pietools.report import write_report

    (out / "analysis.json").write_text(found + "\n", encoding="utf-8")
    write_figures(analysis, out / "figures")
    write_report(analysis, out / "report.html")
