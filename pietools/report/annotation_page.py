"""The page on which an annotator codes examples."""

from collections.abc import Sequence

from pietools.report.page import with_script
from pietools.study import Category


def annotation_page(codebook: Sequence[Category], annotator: str, n: int) -> str:
    """The page as text; what it shows of examples it asks the server for."""
    return with_script("annotation.html.jinja", "annotation.js", codebook=codebook, annotator=annotator, n=n)
