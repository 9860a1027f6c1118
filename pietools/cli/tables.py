"""``pietools tables``: tables for a thesis, a page, a spreadsheet or a program."""

from pathlib import Path

import click

from pietools.cli.lists import Listed, joined
from pietools.cli.output import say
from pietools.cli.waiting import waiting
from pietools.cli.written import into_folder

FORMATS = ("latex", "markdown", "csv", "json")


@click.command()
@click.argument("study", type=click.Path(path_type=Path, readable=False))
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="latex",
    show_default=True,
    help="latex has rules of booktabs.",
)
@click.option(
    "--only",
    type=Listed(),
    multiple=True,
    metavar="TABLE,…",
    help="These tables, such as published; a wrong name lists them.",
)
@click.option("--all", "everything", is_flag=True, help="All tables that people are shown.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, readable=False),
    default="tables",
    show_default=True,
    help="Folder of the files.",
)
@waiting
def tables(study: Path, form: str, only: tuple[tuple[str, ...], ...], everything: bool, out: Path, wait: float) -> None:
    """Write tables of the last analysis of STUDY, rounded to what is known.

    Unless others are named, two: 'published' has top-1 accuracy, significant classes and PIEs by compression, as the literature
    reports them, each beside what it would be by chance or with its interval; 'cost' is the table of the report's top.
    """
    from pietools.study import Study

    with Study.open(study, read_only=True, wait=wait) as opened:
        from pietools.analysis import last_analysis
        from pietools.report.thesis import chosen_tables, write_tables

        chosen = chosen_tables(last_analysis(opened), joined(only), everything=everything)
        with into_folder(out) as folder:
            names = write_tables(chosen, folder, form)
    for name, table in zip(names, chosen, strict=True):
        say(f"{out / name}: {len(table.rows)} rows")
