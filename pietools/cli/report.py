"""``pietools report``: the report of the last analysis, without computing it again."""

from pathlib import Path

import click

from pietools.cli.waiting import waiting
from pietools.cli.written import refuse_page, write_page


@click.command()
@click.argument("study", type=click.Path(path_type=Path, readable=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path, readable=False),
    default="report.html",
    show_default=True,
    help="The page, one HTML file.",
)
@waiting
def report(study: Path, out: Path, wait: float) -> None:
    """Write the report of the last analysis of STUDY as one page.

    Nothing is computed again: what 'pietools analyze STUDY' stored is written down, the answer first, then pictures and figures,
    and everything else by topic, folded. The page needs no network.
    """
    from pietools.study import Study

    refuse_page(out)
    with Study.open(study, read_only=True, wait=wait) as opened:
        from pietools.analysis import last_analysis
        from pietools.report.page import page

        write_page(out, page(last_analysis(opened)))
    click.echo(f"Report: {out}")
