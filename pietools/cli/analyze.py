"""``pietools analyze``: every topic on every comparison of a study."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pietools.cli.topics import analysis_command, run
from pietools.cli.written import made_folder
from pietools.settings import AnalysisSettings

if TYPE_CHECKING:
    from pietools.results.analysis import Analysis

HELP = """Say what compression did to each population of STUDY.

The answer of every topic: accuracy, the PIEs with how many chance makes, flips, single examples,
classes, subgroups, unseen data, why these examples, and whether other regimes lose the same. Each topic has a command of its own,
which computes and prints everything about it; --all does so for every topic. Results are stored in the study, in the tables
results.TOPIC."""
OUT = click.Option(
    ["--out"], type=click.Path(path_type=Path, readable=False), help="Folder for the report and the figures."
)
FORMAT = click.Option(
    ["--format", "formats"],
    type=click.Choice(["svg", "pdf", "png"]),
    multiple=True,
    default=("svg",),
    show_default=False,
    help="Format of the figures, svg unless given; repeat it for several.",
)
ALL = click.Option(["--all", "everything"], is_flag=True, help="All tables and figures, not only the answers.")


def _analyze(study: Path, *, out: Path | None, formats: Sequence[str], as_json: bool, **options: Any) -> None:
    with made_folder(out):
        analysis = run(study, **options)
        stored = None if options["no_store"] else study
        show(analysis, stored, out=out, formats=formats, as_json=as_json)


analyze = analysis_command("analyze", HELP, _analyze, AnalysisSettings.model_fields, [OUT, FORMAT, ALL])


def show(
    analysis: "Analysis", study: Path | None, *, out: Path | None, as_json: bool, formats: Sequence[str] = ("svg",)
) -> None:
    """Print an analysis, as tables or as one JSON object, after writing its files; ``study``: the file in which it is stored."""
    import json

    from pietools.cli.progress import progress_bar
    from pietools.report.as_json import analysis_json
    from pietools.report.output_folder import write_outputs

    text = json.dumps(analysis_json(analysis), indent=2, allow_nan=False)
    if out is not None:
        with progress_bar("Drawing the report"):
            write_outputs(analysis, text, out, formats)
    if as_json:
        click.echo(text)
    else:
        from pietools.cli.summary import print_summary

        print_summary(analysis, study=study)
        if out is not None:
            click.echo(f"Report           {out / 'report.html'}")
