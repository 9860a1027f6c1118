"""Single examples as people see them: the picture, what it is, and what the networks say."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """An example that a comparison found.

    ``label`` is its class; ``n_right`` and ``n_networks`` count networks before and after compression, ``answers`` names what most
    answer before and after. ``estimate``: change of log odds beyond that of examples as hard (nats). ``png``: its thumbnail, None
    where the study has none.
    """

    key: str
    label: str
    n_right: tuple[int, int]
    n_networks: tuple[int, int]
    answers: tuple[str, str]
    estimate: float
    png: bytes | None


@dataclass(frozen=True)
class Strip:
    """Examples that compression hit, those first whose error rate rose most, and how many were hit in all."""

    compressed: str
    reference: str
    dataset: str
    n_found: int
    entries: tuple[Entry, ...]
