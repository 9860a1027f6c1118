"""``pietools figures``: figures for a thesis, at the width of its page."""

from pathlib import Path
from typing import Any

import click

from pietools.cli.lists import Listed, joined
from pietools.cli.output import say
from pietools.cli.waiting import waiting
from pietools.cli.written import into_folder

FORMATS = ("svg", "pdf", "png", "html", "vega")


class Width(click.ParamType):
    """A width by its name or with its unit, in points."""

    name = "width"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The width in points of 1/72 inch."""
        from pietools.drawing.fitted import points_of

        try:
            return value if isinstance(value, float) else points_of(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


@click.command()
@click.argument("study", type=click.Path(path_type=Path, readable=False))
@click.option(
    "--width",
    type=Width(),
    default="thesis",
    show_default=True,
    help="thesis (15 cm), article (345 pt), ieee-column (252 pt), or a number with its unit, such as 12cm.",
)
@click.option(
    "--font-size",
    type=click.FloatRange(5, 20),
    default=9,
    show_default=True,
    help="Size of the letters on the axes, points.",
)
@click.option(
    "--only",
    type=Listed(),
    multiple=True,
    metavar="FIGURE,…",
    help="These figures, such as volcano; those of the report's top unless given.",
)
@click.option("--all", "everything", is_flag=True, help="All figures whose tables are stored.")
@click.option(
    "--format",
    "formats",
    type=Listed(FORMATS),
    multiple=True,
    metavar="FORMAT,…",
    default=[("pdf",)],
    show_default=False,
    help=f"Of {', '.join(FORMATS)}.  [default: pdf]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, readable=False),
    default="figures",
    show_default=True,
    help="Folder of the files.",
)
@waiting
def figures(
    study: Path,
    width: float,
    font_size: float,
    only: tuple[tuple[str, ...], ...],
    everything: bool,
    formats: tuple[tuple[str, ...], ...],
    out: Path,
    wait: float,
) -> None:
    """Write figures of the last analysis of STUDY, for a page of this width.

    They are exactly as wide as asked for, in letters of the size asked for where that fits the page, and without a title: the
    caption is printed, and stands in figures.tex, which LaTeX reads (\\input{figures/figures}). html is for pointing at, vega the
    specification of the chart, to change it.
    """
    from pietools.study import Study

    with Study.open(study, read_only=True, wait=wait) as opened:
        from pietools.analysis import last_analysis
        from pietools.report.figures import Sheet
        from pietools.report.thesis import write_thesis_figures

        analysis = last_analysis(opened)
        sheet = Sheet(width, font_size, joined(formats))
        with into_folder(out) as folder:
            written = write_thesis_figures(analysis, folder, sheet, only=joined(only), everything=everything)
    for names, caption in written:
        say(f"{', '.join(str(out / name) for name in names)}\n  {caption}")
