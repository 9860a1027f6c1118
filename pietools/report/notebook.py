"""What a notebook shows of an analysis: the sentences, the table of costs and the first figures."""

import polars as pl

from pietools.report import sections
from pietools.report.choices import choices
from pietools.report.figures import figures
from pietools.report.headlines import headlines
from pietools.report.page import fragment
from pietools.results.analysis import Analysis


def analysis_html(analysis: Analysis) -> str:
    """An analysis as HTML: its answer, or where there is none the names of what was computed. Names are text in it."""
    chosen, said = choices(analysis), headlines(analysis)
    drawn = [figure for figure in figures(analysis) if figure.is_first] if said else []
    return fragment(
        "notebook.html.jinja",
        said=said or [f"Computed: {', '.join(analysis.tables) or 'nothing'}."],
        costs=sections.costs_of_compression(analysis, chosen),
        figures=[sections.pictured(figure, analysis, chosen) for figure in drawn],
        frames=[],
    )


def study_html(path: str, datasets: pl.DataFrame, populations: pl.DataFrame) -> str:
    """What a study holds as HTML."""
    frames = [
        sections.frame_rows("Data sets", datasets.select("name", "n_examples", "n_classes", "n_labelled")),
        sections.frame_rows("Populations", populations.select("name", "role", "regime", "reference", "n_models")),
    ]
    return fragment("notebook.html.jinja", said=[path], costs=[], figures=[], frames=frames)
