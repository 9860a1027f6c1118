"""``pietools export``: a study as Parquet."""

from pathlib import Path

import click

from pietools.cli.waiting import waiting


@click.command()
@click.argument("study", type=click.Path(path_type=Path, readable=False))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, readable=False), help="New folder for the Parquet files."
)
@waiting
def export(study: Path, out: Path, wait: float) -> None:
    """Write STUDY as Parquet, one file per table.

    'pietools import FOLDER --db NEW.duckdb' makes the same study of it, bit for bit. Results are left out.
    """
    from pietools.exchange.study_folder import export_folder
    from pietools.study import Study

    with Study.open(study, read_only=True, wait=wait) as opened:
        export_folder(opened, out)
    size = sum(path.stat().st_size for path in out.iterdir())
    click.echo(f"{out}: {size / 1e6:.1f} MB")
