"""The altered copies of data sets that a STUDY.toml names: splits × corruptions × severities, and label noise."""

from dataclasses import dataclass

from pietools.study.records import LABEL_NOISE
from pietools.study_file.settings import CopySettings, DataSettings

SEVERITIES = [1, 2, 3, 4, 5]


@dataclass(frozen=True)
class CopySpec:
    """An altered copy of the data set `source`; `rate` is set where labels are replaced, `severity` where images are altered."""

    name: str
    source: str
    split: str
    alteration: str
    seed: int
    severity: int | None = None
    rate: float | None = None


def name_copies(data: DataSettings) -> list[CopySpec]:
    """Name one copy per corruption and severity, and one per rate of label noise, in the order of the file."""
    return [copy for block in data.copies for copy in _copies(data.label, block)]


def _copies(label: str, block: CopySettings) -> list[CopySpec]:
    source = f"{label}/{block.of}"
    if block.label_noise is not None:
        name = f"{source}/{LABEL_NOISE}-{block.label_noise:g}"
        return [CopySpec(name, source, block.of, LABEL_NOISE, block.seed, rate=block.label_noise)]
    return [
        CopySpec(f"{source}/{corruption}-{severity}", source, block.of, corruption, block.seed, severity=severity)
        for corruption in block.corruption or []
        for severity in block.severity or SEVERITIES
    ]
