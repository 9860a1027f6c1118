"""`pietools merge`."""

from pathlib import Path

import click

from pietools.cli.output import say
from pietools.cli.waiting import waiting


@click.command()
@click.argument("shards", metavar="SHARDS...", nargs=-1, required=True)
@click.option(
    "--db",
    required=True,
    metavar="STUDY",
    type=click.Path(path_type=Path, readable=False),
    help="Study to put them into, made if there is none.",
)
@waiting
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def merge(shards: tuple[str, ...], db: Path, wait: float, as_json: bool) -> None:
    """Put shards that collect wrote, on this machine or others, into a study.

    SHARDS are folders, files in them, or addresses such as s3://bucket/shards. What the study has already is skipped, and what
    contradicts it is refused. Each network is stored at once or not at all; after a crash the same command goes on.
    """
    from pietools.cli.collect import as_text
    from pietools.cli.progress import progress_bar
    from pietools.shards.merging import merge_shards

    with progress_bar("Merging", "shards") as on_progress:
        rows = merge_shards(shards, db, on_progress, wait=wait)
    if as_json:
        import json

        from pietools.version import __version__

        say(json.dumps({"schema": "pietools/merge/1", "version": __version__, "study": str(db), "evaluations": rows}))
    else:
        say(as_text(rows))
