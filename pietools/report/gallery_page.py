"""The gallery: examples of every kind as one page, which filters and sorts them, and needs nothing else."""

from collections.abc import Sequence

from pietools.report.cards import cards
from pietools.report.page import with_script
from pietools.results.gallery import KINDS, Strip


def gallery_page(study: str, strips: Sequence[Strip]) -> str:
    """The page as text; ``study`` is what it is called."""
    shown = cards(strips, with_kind=True)
    every = [card for one in shown for card in one.cards]
    return with_script(
        "gallery.html.jinja",
        "gallery.js",
        study=study,
        shown=shown,
        compressed=list(dict.fromkeys(one.compressed for one in shown)),
        kinds={kind: meaning for kind, meaning in KINDS.items() if any(one.kind == kind for one in shown)},
        labels=sorted({card.label for card in every}),
        most_hit=max((card.n_hit for card in every), default=0),
    )
