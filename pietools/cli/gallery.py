"""``pietools gallery``: the examples that changed, with their pictures, as a page."""

from pathlib import Path

import click

from pietools.cli.lists import Listed, joined
from pietools.cli.waiting import waiting
from pietools.cli.written import refuse_page, write_page


@click.command()
@click.argument("study", type=click.Path(path_type=Path, readable=False))
@click.option(
    "--only", type=Listed(), multiple=True, metavar="COMPRESSED,…", help="Compressed populations. All unless given."
)
@click.option(
    "--most", type=click.IntRange(1, 100_000), default=60, show_default=True, help="Examples of a kind and population."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, readable=False),
    default="gallery.html",
    show_default=True,
    help="The page, one HTML file.",
)
@waiting
def gallery(study: Path, only: tuple[tuple[str, ...], ...], most: int, out: Path, wait: float) -> None:
    """Show the examples of STUDY that were hit, spared, lost or gained.

    Each with its picture where the study has one, its class, and what the networks answer before and after. The page filters and
    sorts them. They are those that 'pietools analyze' found; where log odds are not known, those of
    exact tests, and those whose majority turned.
    """
    from pietools.study import Study

    refuse_page(out)
    with Study.open(study, read_only=True, wait=wait) as opened:
        from pietools.gallery import found_examples
        from pietools.report.gallery_page import gallery_page

        strips = found_examples(opened, only=joined(only), most=most)
        page = gallery_page(study.name, strips)
    write_page(out, page)
    n = sum(len(one.entries) for one in strips)
    click.echo(f"{out}: {n:,} examples, at most {most:,} of a kind and population")
