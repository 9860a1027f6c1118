"""The page: what the template shows, gathered from an analysis."""

import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pietools.drawing.figure import Figure
from pietools.report import sections
from pietools.report.cards import cards
from pietools.report.choices import choices
from pietools.report.figures import figures
from pietools.report.headlines import headlines
from pietools.report.terms import TERMS
from pietools.results.analysis import Analysis
from pietools.topics.topic import NO_COMPARISON

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
FOLDER = Path(__file__).parent
MOST_FIGURES = 6  # beside the answer


def write_report(analysis: Analysis, path: Path, drawn: Sequence[Figure] | None = None) -> None:
    """Write an analysis as one HTML file that needs no network, and no script to be read; the same analysis gives the same bytes.

    Its one script hides what is not of the regime and compression that a reader chooses. A Content-Security-Policy forbids whatever
    the page does not carry itself. ``drawn``: the figures of the analysis, if there are
    any yet.
    """
    path.write_text(page(analysis, drawn), encoding="utf-8")


def page(analysis: Analysis, drawn: Sequence[Figure] | None = None) -> str:
    """The report as text: the answer, what it looks like, and everything else folded."""
    charts, said = list(figures(analysis) if drawn is None else drawn), headlines(analysis)
    first, chosen = [one for one in charts if one.is_first and said][:MOST_FIGURES], choices(analysis)
    return with_script(
        "page.html.jinja",
        "report.js",
        datasets=", ".join(sections.originals_analyzed(analysis)),
        said=said,
        choices=chosen,
        costs=sections.costs_of_compression(analysis, chosen),
        noun="Pictures" if analysis.pictured else "Examples",
        strips=cards(analysis.gallery, with_kind=False),
        first_figures=[sections.pictured(one, analysis, chosen) for one in first],
        no_comparison="" if analysis.comparisons.height else NO_COMPARISON,
        selection=sections.selection(analysis),
        warnings=analysis.warnings,
        sections=sections.sections(analysis, [one for one in charts if one not in first], chosen),
        open_topics=not said,
        settings=sections.settings(analysis),
        terms=TERMS,
    )


def _printable(value: Any) -> Any:
    """A text without control characters, which a name may hold."""
    return CONTROL.sub(" ", value) if type(value) is str else value  # markup is a str, too, made of such texts


def rendered(template: str, **shown: Any) -> str:
    """A template of this folder with the style, and what it shows; every text is escaped."""
    style = (FOLDER / "style.css").read_text(encoding="utf-8")
    return fragment(template, style=style, style_hash=_hash(style), **shown)


def fragment(template: str, **shown: Any) -> str:
    """A template of this folder without the style."""
    templates = Environment(
        loader=FileSystemLoader(FOLDER, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=_printable,
    )
    return templates.get_template(template).render(**shown)


def with_script(template: str, script: str, **shown: Any) -> str:
    """The same with a script of this folder: the policy allows this one and no other."""
    text = (FOLDER / script).read_text(encoding="utf-8")
    return rendered(template, script=text, script_hash=_hash(text), **shown)


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
