"""Single examples as people see them: the picture, what it is, and what the networks say."""

from dataclasses import dataclass

KINDS = {
    "hit": "their right answer lost more probability than that of examples equally hard before",
    "spared": "their right answer kept more probability than that of examples equally hard before",
    "lost": "the share of networks that are wrong rose by more than a tenth (probability at least 0.9)",
    "gained": "it fell by more than a tenth (probability at least 0.9)",
    "never agreed": "no class has more than half of the votes, neither before nor after",
    "forgotten": "most networks were right and most are wrong; by votes alone, so that chance is among them",
    "recovered": "most networks were wrong and most are right; by votes alone, so that chance is among them",
}
"""Kinds of examples, and what each means; the last two where log odds are not known."""
NEVER_AGREED = "never agreed"


@dataclass(frozen=True)
class Entry:
    """An example that a comparison found.

    ``label`` is its class; ``n_right`` and ``n_networks`` count networks before and after compression, ``answers`` names what most
    answer before and after. ``estimate``: change of log odds beyond that of examples as hard (nats), ``p_label``: mean probability
    of its class before and after; None where log odds are not known. ``hit_in``: the compressed populations in
    which it was hit. ``png``: its thumbnail, ``text``: what it says, None where the study has none. ``properties``: what was
    measured of it elsewhere, by name. ``has_majority``: whether more than half of the networks give the answer after compression.
    """

    key: str
    label: str
    n_right: tuple[int, int]
    n_networks: tuple[int, int]
    answers: tuple[str, str]
    estimate: float | None
    p_label: tuple[float, float] | None
    hit_in: tuple[str, ...]
    png: bytes | None
    text: str | None = None
    properties: tuple[tuple[str, float | str], ...] = ()
    has_majority: bool = True


@dataclass(frozen=True)
class Strip:
    """Examples of a kind in a comparison, those first whose votes changed most, and how many there are in all."""

    compressed: str
    reference: str
    dataset: str
    kind: str
    n_found: int
    entries: tuple[Entry, ...]
