"""The tables of a STUDY.toml: keys, types, ranges and defaults.

Numbers are not read from text and unknown keys are refused, so that a typing mistake never becomes a default.
"""

from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

Fraction = Annotated[float, Field(gt=0, lt=1)]
PositiveInt = Annotated[int, Field(ge=1)]
DATA_NAMES = "digits, fashion-mnist, imagefolder:PATH, python:MODULE:FUNCTION"


def _is_python_name(name: str) -> bool:
    parts = name.split(":")
    return len(parts) == 3 and parts[0] == "python" and all(parts)


def _check_data_name(name: str) -> str:
    if name in ("digits", "fashion-mnist") or _is_python_name(name):
        return name
    if name.startswith("imagefolder:") and name != "imagefolder:":
        return name
    raise ValueError(f"Allowed: {DATA_NAMES}")


def _check_network_name(name: str) -> str:
    if _is_python_name(name) or (name and ":" not in name):
        return name
    raise ValueError("Allowed: small-cnn, the name of a torchvision network, python:MODULE:FUNCTION")


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


NetworkName = Annotated[str, AfterValidator(_check_network_name)]


class Settings(BaseModel):
    """A table: exact types, known keys only, never changed after reading."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class StudySettings(Settings):
    """[study]: the DuckDB file, the network, and how many replicates of it; paths are relative to the STUDY.toml."""

    file: str
    network: NetworkName = "small-cnn"
    replicates: PositiveInt = 10
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    checkpoints: str = "checkpoints"


class DataSettings(Settings):
    """[data]: `resize` and `crop` are in pixels, `mean` and `std` per channel of intensities in [0, 1]."""

    name: Annotated[str, AfterValidator(_check_data_name)]
    root: str | None = None
    evaluate: Annotated[list[str], Field(min_length=1)] = ["test"]
    resize: PositiveInt | None = None
    crop: PositiveInt | None = None
    mean: list[float] | None = None
    std: list[Annotated[float, Field(gt=0)]] | None = None

    @property
    def label(self) -> str:
        """The name in the study: the last part of a folder's path or of a function's name."""
        kind, _, rest = self.name.partition(":")
        return PurePath(rest).name if kind == "imagefolder" else rest.rpartition(":")[2] or kind


class TrainingSettings(Settings):
    """[training]: stochastic gradient descent, counted in optimiser steps."""

    steps: PositiveInt
    batch_size: PositiveInt = 128
    learning_rate: Annotated[float, Field(gt=0)] = 0.1
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    weight_decay: Annotated[float, Field(ge=0)] = 5e-4
    schedule: Literal["cosine", "one-cycle"] = "cosine"
    augment: list[Literal["flip", "crop"]] = []
    device: Literal["auto", "cpu", "cuda"] = "auto"


class RegimeSettings(Settings):
    """[[regime]]: how the labels are used in training."""

    name: Literal["supervised"]


class CompressionSettings(Settings):
    """[[compression]]: gradual global magnitude pruning; `window` is in fractions of training."""

    method: Literal["magnitude"]
    sparsity: Annotated[list[Fraction], BeforeValidator(_as_list), Field(min_length=1)]
    window: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=2, max_length=2)] = [0.25, 0.75]

    @field_validator("window")
    @classmethod
    def _window_is_ordered(cls, window: list[float]) -> list[float]:
        if window[0] >= window[1]:
            raise ValueError("the window must begin before it ends")
        return window


class PopulationSettings(Settings):
    """[[population]]: networks trained elsewhere; `checkpoints` is a glob in which {replicate} stands for the name."""

    name: Annotated[str, Field(min_length=1)]
    role: Literal["dense", "compressed", "control"]
    reference: str | None = None
    regime: str | None = None
    method: str | None = None
    sparsity: Annotated[float, Field(ge=0, lt=1)] | None = None
    bits: PositiveInt | None = None
    network: NetworkName | None = None
    checkpoints: str
    key: str | None = None
    strip_prefix: str | None = None


class CollectSettings(Settings):
    """[collect]: how the networks are evaluated and how their logits are kept."""

    logits: Literal["float32", "float16", "none"] = "float32"
    batch_size: PositiveInt = 500
    autocast: Literal["bfloat16", "float16"] | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"


class AnalyzeSettings(Settings):
    """[analyze]: `comparisons` adds pairs [reference, compressed] to those that the references already make."""

    permutations: PositiveInt = 1000
    seed: Annotated[int, Field(ge=0)] = 0
    comparisons: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = []


class StudyTables(Settings):
    """The whole file."""

    study: StudySettings
    data: DataSettings
    training: TrainingSettings | None = None
    regime: list[RegimeSettings] = []
    compression: list[CompressionSettings] = []
    population: list[PopulationSettings] = []
    collect: CollectSettings = CollectSettings()
    analyze: AnalyzeSettings = AnalyzeSettings()
