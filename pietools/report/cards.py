"""Single examples on a page: a card each, with its picture, or its name where there is none."""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from pietools.results.gallery import Entry, Strip
from pietools.results.rounding import MISSING, count, decimal

MOST_PROPERTIES = 4
LONGEST_TEXT, LONGEST_VALUE = 600, 40  # letters


@dataclass(frozen=True)
class Card:
    """An example on the page; ``source`` is its picture, nothing where there is none. ``fall`` is what cards are sorted by."""

    key: str
    label: str
    answers: str
    right: str
    more: str
    also_hit: str
    n_hit: int
    fall: float
    source: str
    text: str = ""

    @property
    def alt(self) -> str:
        """What a reader who does not see the picture is told."""
        return f"example {self.key}"


@dataclass(frozen=True)
class Cards:
    """Cards of a kind in a comparison."""

    title: str
    compressed: str
    reference: str
    kind: str
    cards: list[Card]

    @property
    def has_texts(self) -> bool:
        """Whether there is something to read."""
        return any(card.text for card in self.cards)


def cards(strips: Iterable[Strip], *, with_kind: bool) -> list[Cards]:
    """The strips as they stand on a page; a data set is named where there are several."""
    strips = list(strips)
    several = len({one.dataset for one in strips}) > 1
    references: dict[str, set[str]] = {}
    for one in strips:
        references.setdefault(one.compressed, set()).add(one.reference)
    return [
        Cards(
            f"{one.compressed}{f' against {one.reference}' if len(references[one.compressed]) > 1 else ''}"
            f"{f' on {one.dataset}' if several else ''}{f', {one.kind}' if with_kind else ''}: "
            f"{count(len(one.entries))}{' of ' + count(one.n_found) if one.n_found > len(one.entries) else ''}",
            one.compressed,
            one.reference,
            one.kind,
            [_card(entry, one.compressed) for entry in one.entries],
        )
        for one in strips
    ]


def _card(entry: Entry, compressed: str) -> Card:
    elsewhere = [name for name in entry.hit_in if name != compressed]
    before, after = entry.answers
    (right, now), (n, n_now) = entry.n_right, entry.n_networks
    probability = (
        "" if entry.p_label is None else f"probability {decimal(entry.p_label[0], 2)} → {decimal(entry.p_label[1], 2)}"
    )
    measured = [f"{name} {_value(value)}" for name, value in entry.properties[:MOST_PROPERTIES]]
    nats = "" if entry.estimate is None else f"{decimal(entry.estimate, 1)} nats"
    return Card(
        entry.key,
        entry.label,
        (f"still {after}" if before == after else f"{before} → {after}")
        + ("" if entry.has_majority else ", no majority"),
        f"{right} of {n} → {now} of {n_now} right",
        ", ".join(part for part in (probability, nats, *measured) if part) or MISSING,
        f"also hit in {', '.join(elsewhere)}" if elsewhere else "",
        len(entry.hit_in),
        round(abs(right / n - now / n_now), 3),
        "" if entry.png is None else "data:image/png;base64," + b64encode(entry.png).decode(),
        ""
        if entry.png or not entry.text
        else entry.text[:LONGEST_TEXT] + ("…" if len(entry.text) > LONGEST_TEXT else ""),
    )


def _value(value: float | str) -> str:
    return value[:LONGEST_VALUE] if isinstance(value, str) else f"{value:.3g}".replace("-", "−")
