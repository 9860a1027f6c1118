"""The page: the sections in order, inside the template."""

from base64 import b64encode
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template

import polars as pl

from pietools.analysis import Analysis
from pietools.report import sections
from pietools.report.figures import COMPARISON, figures
from pietools.topics import TOPICS

FOLDER = Path(__file__).parent
FEW_COMPARISONS = 8


def write_report(analysis: Analysis, path: Path) -> None:
    """Write an analysis as one HTML file that needs neither network nor scripts; the same analysis gives the same bytes.

    A Content-Security-Policy forbids whatever the page does not carry itself.
    """
    path.write_text(page(analysis), encoding="utf-8")


def page(analysis: Analysis) -> str:
    """The report as text."""
    style = (FOLDER / "style.css").read_text(encoding="utf-8")
    template = Template((FOLDER / "page.html").read_text(encoding="utf-8"))
    style_hash = b64encode(sha256(style.encode()).digest()).decode()
    datasets = ", ".join(analysis.accuracy["dataset"].unique(maintain_order=True))
    return template.substitute(style=style, style_hash=style_hash, datasets=escape(datasets), body=_body(analysis))


def _body(analysis: Analysis) -> str:
    selected = _selected(analysis)
    drawn = [one for one in figures(analysis) if selected is None or one.comparison in ((), *selected)]
    by_topic = {topic: [one for one in drawn if one.topic == topic] for topic in TOPICS}
    parts = [
        sections.findings(analysis, is_selected=selected is not None),
        sections.warnings(analysis),
        sections.analyzed(analysis, by_topic["accuracy"]),
        sections.training(analysis),
        sections.topic(analysis, "pies", "PIEs", by_topic["pies"]),
        sections.topic(analysis, "flips", "Flips", by_topic["flips"]),
        sections.topic(analysis, "examples", "Single examples", by_topic["examples"]),
        sections.classes(analysis, by_topic["classes"]),
        sections.topic(analysis, "subgroups", "Subgroups", by_topic["subgroups"]),
        sections.topic(analysis, "unseen", "Unseen data", by_topic["unseen"]),
        sections.topic(analysis, "properties", "What the examples are like", by_topic["properties"]),
        sections.topic(analysis, "characterize", "Why these examples", by_topic["characterize"]),
        sections.topic(analysis, "regimes", "The same examples in another regime?", by_topic["regimes"]),
        sections.topic(analysis, "power", "Power", by_topic["power"]),
        sections.settings(analysis),
        sections.terms(),
    ]
    return "\n".join(part for part in parts if part)


def _selected(analysis: Analysis) -> list[tuple[str, ...]] | None:
    """Of many comparisons those whose own figures the report has, with more PIEs than chance makes or too few networks to say.

    None: all of them.
    """
    if analysis.pies.height <= FEW_COMPARISONS:
        return None
    is_found = pl.col("excess_conf_low").is_null() | (pl.col("excess_conf_low") > 0)
    return analysis.pies.filter(is_found).select(COMPARISON).rows()
