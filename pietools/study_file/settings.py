"""The tables of a STUDY.toml: keys, types, ranges and defaults.

Numbers are not read from text and unknown keys are refused, so that a typing mistake never becomes a default.
"""

from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

Fraction = Annotated[float, Field(gt=0, lt=1)]
PositiveInt = Annotated[int, Field(ge=1, lt=2**31)]
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


def _check_distinct(values: list[str]) -> list[str]:
    twice = next((value for value in values if values.count(value) > 1), None)
    if twice is not None:
        raise ValueError(f"'{twice}' is there twice")
    return values


SplitName = Annotated[str, Field(min_length=1)]
NetworkName = Annotated[str, AfterValidator(_check_network_name)]


class Settings(BaseModel):
    """A table: exact types, known keys only, never changed after reading."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class StudySettings(Settings):
    """[study]: the DuckDB file, the network, and how many replicates of it; paths are relative to the STUDY.toml."""

    file: str
    """the DuckDB file that collect makes"""
    network: NetworkName = "small-cnn"
    """small-cnn, the name of a torchvision network such as resnet18, or python:MODULE:FUNCTION called with the number of classes"""
    replicates: PositiveInt = 10
    """networks per population"""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """decides, with the number of the replicate, initialization and order of the data"""
    checkpoints: str = "checkpoints"
    """folder for the trained networks"""


class DataSettings(Settings):
    """[data]: `resize` and `crop` are in pixels, `mean` and `std` per channel of intensities in [0, 1]."""

    name: Annotated[str, AfterValidator(_check_data_name)]
    """digits, fashion-mnist, imagefolder:PATH (PATH/SPLIT/CLASS/* or PATH/CLASS/*) or python:MODULE:FUNCTION"""
    root: str | None = None
    """for fashion-mnist: torchvision's folder or a folder of idx or idx.gz files"""
    evaluate: Annotated[list[SplitName], Field(min_length=1), AfterValidator(_check_distinct)] = ["test"]
    """splits to collect predictions on; the first is the primary data set"""
    resize: PositiveInt | None = None
    """image folders: length of the shorter side, pixels; 256 unless given"""
    crop: PositiveInt | None = None
    """image folders: side of the square cut from the middle, pixels; 224 unless given"""
    mean: Annotated[list[float], Field(min_length=1)] | None = None
    """mean of the intensities in [0, 1], one or one per channel; the data set’s own unless given"""
    std: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1)] | None = None
    """standard deviation of the intensities, likewise"""

    @property
    def label(self) -> str:
        """The name in the study: the last part of a folder's path or of a function's name."""
        kind, _, rest = self.name.partition(":")
        return PurePath(rest).name if kind == "imagefolder" else rest.rpartition(":")[2] or kind


class TrainingSettings(Settings):
    """[training]: stochastic gradient descent, counted in optimiser steps."""

    steps: PositiveInt
    """optimizer steps"""
    batch_size: PositiveInt = 128
    """images per step"""
    learning_rate: Annotated[float, Field(gt=0)] = 0.1
    """largest learning rate"""
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Nesterov momentum"""
    weight_decay: Annotated[float, Field(ge=0)] = 5e-4
    """L2 penalty, for all weights"""
    schedule: Literal["cosine", "one-cycle"] = "cosine"
    """how the learning rate falls"""
    augment: Annotated[list[Literal["flip", "crop"]], AfterValidator(_check_distinct)] = []
    """flip: left to right; crop: shifted by up to an eighth"""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto is CUDA where there is one"""


class RegimeSettings(Settings):
    """[[regime]]: how the labels are used in training."""

    name: Literal["supervised"]
    """supervised: cross-entropy on all labels"""


class CompressionSettings(Settings):
    """[[compression]]: gradual global magnitude pruning; `window` is in fractions of training."""

    method: Literal["magnitude"]
    """magnitude: gradual, global"""
    sparsity: Annotated[list[Fraction], BeforeValidator(_as_list), Field(min_length=1)]
    """fractions of the prunable weights to set to zero; one population each"""
    window: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=2, max_length=2)] = [0.25, 0.75]
    """begin and end of pruning, as fractions of training"""

    @field_validator("window")
    @classmethod
    def _window_is_ordered(cls, window: list[float]) -> list[float]:
        if window[0] >= window[1]:
            raise ValueError("the window must begin before it ends")
        return window


class PopulationSettings(Settings):
    """[[population]]: networks trained elsewhere; `checkpoints` is a glob in which {replicate} stands for the name."""

    name: Annotated[str, Field(min_length=1)]
    """unique in the study"""
    role: Literal["dense", "compressed", "control"]
    """dense, compressed or control"""
    reference: str | None = None
    """the population that it is compared with"""
    regime: str | None = None
    """how it was trained"""
    method: str | None = None
    """how it was compressed"""
    sparsity: Annotated[float, Field(ge=0, lt=1)] | None = None
    """fraction of zero weights"""
    bits: PositiveInt | None = None
    """bits per weight"""
    network: NetworkName | None = None
    """as in [study], whose network it is unless given"""
    checkpoints: str
    """files, with * and **; {replicate} stands for the name of the replicate: runs/*/replicate_{replicate}/model.pt"""
    key: str | None = None
    """where the state dict is in the file"""
    strip_prefix: str | None = None
    """prefix of the names of the weights to take off, such as module."""


class CollectSettings(Settings):
    """[collect]: how the networks are evaluated and how their logits are kept."""

    logits: Literal["float32", "float16", "none"] = "float32"
    """how logits are kept; loss, margin and so on are computed before any rounding"""
    batch_size: PositiveInt = 500
    """images per forward pass"""
    autocast: Literal["bfloat16", "float16"] | None = None
    """lower precision of the forward pass; float32 unless given"""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto is CUDA where there is one"""


class AnalyzeSettings(Settings):
    """[analyze]: `comparisons` adds pairs [reference, compressed] to those that the references already make."""

    permutations: PositiveInt = 1000
    """relabellings of the null"""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """seed of the relabellings"""
    comparisons: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = []
    """pairs [reference, compressed] besides those that the references make"""


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
