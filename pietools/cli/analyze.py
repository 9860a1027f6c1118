"""``pietools analyze``: every topic on every comparison of a study."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pietools.cli.topics import run, settings_options

if TYPE_CHECKING:
    from pietools.analysis import Analysis


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the report and the figures (SVG, PDF, PNG).")
@settings_options
def analyze(study: Path, out: Path | None, as_json: bool, **asked: Any) -> None:
    """Say what compression did to each population of STUDY.

    Every topic: accuracy, the PIEs with how many there would be if compression did nothing, flips, single examples, classes,
    subgroups, unseen data and power. Each topic has a command of its own that prints more of it. Results are stored in the
    study, in the tables results.TOPIC.
    """
    prepare(out)
    show(run(study, **asked), out=out, as_json=as_json)


def prepare(out: Path | None) -> None:
    """Make the folder before the work, so that a wrong one is found before anything is stored."""
    if out is not None:
        (out / "figures").mkdir(parents=True, exist_ok=True)


def show(analysis: "Analysis", *, out: Path | None, as_json: bool) -> None:
    """Print an analysis, as tables or as one JSON object, after writing its files."""
    import json

    from pietools.report.as_json import analysis_json

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
    from pietools.report import write_report
    from pietools.report.figures import write_figures

    (out / "analysis.json").write_text(found + "\n", encoding="utf-8")
    write_figures(analysis, out / "figures")
    write_report(analysis, out / "report.html")
