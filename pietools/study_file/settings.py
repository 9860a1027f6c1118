"""The tables of a STUDY.toml: keys, types, ranges and defaults.

Numbers are not read from text and unknown keys are refused, so that a typing mistake never becomes a default.
"""

from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from pietools.settings import AnalysisSettings, Settings

Fraction = Annotated[float, Field(gt=0, lt=1)]
# Bounds beyond what anybody means, so that a slip of the hand is refused before hours of work, or a full memory.
Steps = Annotated[int, Field(ge=1, le=100_000_000)]
BatchSize = Annotated[int, Field(ge=1, le=100_000)]
Pixels = Annotated[int, Field(ge=1, le=4096)]
Replicates = Annotated[int, Field(ge=1, le=1000)]
MOST_VALUES = 100  # of a list
MOST_TABLES = 1000  # of one name
Values = Field(min_length=1, max_length=MOST_VALUES)
DATA_NAMES = ("digits", "fashion-mnist", "cifar10", "cifar100", "celeba")
NETWORK_NAMES = (
    "small-cnn, wrn-16-2, resnet18-cifar, the name of a torchvision network, timm:NAME, python:MODULE:FUNCTION"
)


def _is_python_name(name: str) -> bool:
    parts = name.split(":")
    return len(parts) == 3 and parts[0] == "python" and all(parts)


def _check_data_name(name: str) -> str:
    if name in DATA_NAMES or _is_python_name(name):
        return name
    if name.startswith("imagefolder:") and name != "imagefolder:":
        return name
    raise ValueError(f"Allowed: {', '.join(DATA_NAMES)}, imagefolder:PATH, python:MODULE:FUNCTION")


def _check_network_name(name: str) -> str:
    plain = name.removeprefix("timm:")
    if _is_python_name(name) or (plain and ":" not in plain):
        return name
    raise ValueError(f"Allowed: {NETWORK_NAMES}")


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _check_distinct(values: list[str]) -> list[str]:
    twice = next((value for value in values if values.count(value) > 1), None)
    if twice is not None:
        raise ValueError(f"'{twice}' is there twice")
    return values


Name = Annotated[str, Field(min_length=1, max_length=200)]
SplitName = Name
NetworkName = Annotated[str, Field(max_length=1000), AfterValidator(_check_network_name)]
Augmentations = Annotated[
    list[Literal["flip", "crop", "resized-crop", "jitter", "gray", "cutout", "rand-augment"]],
    AfterValidator(_check_distinct),
]
PRUNING_METHODS = ("magnitude", "random", "2:4")

Corruption = Literal[
    "gaussian-noise",
    "shot-noise",
    "impulse-noise",
    "gaussian-blur",
    "brightness",
    "contrast",
    "saturation",
    "pixelate",
    "jpeg",
    "elastic",
    "rotation",
    "translation",
    "occlusion",
]
Severity = Annotated[int, Field(ge=1, le=5)]


class StudySettings(Settings):
    """[study]: the DuckDB file, the network, and how many replicates of it; paths are relative to the STUDY.toml."""

    file: str
    """the DuckDB file that collect makes"""
    network: NetworkName = "small-cnn"
    """small-cnn, wrn-16-2, resnet18-cifar, the name of a torchvision network such as resnet18, timm:NAME, or \
python:MODULE:FUNCTION called with the number of classes"""
    replicates: Replicates = 10
    """networks per population, at most 1,000: those of second populations are numbered from there"""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """decides, with the number of the replicate, initialization and order of the data"""
    checkpoints: str = "checkpoints"
    """folder for the trained networks"""


class CopySettings(Settings):
    """[[data.copy]]: a split again, with other images or other labels; each copy is a data set of its own."""

    of: SplitName
    """a split of `evaluate`"""
    corruption: (
        Annotated[list[Corruption], BeforeValidator(_as_list), Field(min_length=1), AfterValidator(_check_distinct)]
        | None
    ) = None
    """what is done to the images, one copy per corruption and severity: see methods/corruptions.md; saturation is for colour"""
    severity: (
        Annotated[list[Severity], BeforeValidator(_as_list), Field(min_length=1), AfterValidator(_check_distinct)]
        | None
    ) = None
    """of a corruption: 1 (mild) to 5; all five unless given"""
    label_noise: Fraction | None = None
    """instead of a corruption: fraction of the labels that another class replaces"""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """decides, with the key of an example, what is random in it"""


class DataSettings(Settings):
    """[data]: `resize` and `crop` are in pixels, `mean` and `std` per channel of intensities in [0, 1]."""

    name: Annotated[str, AfterValidator(_check_data_name)]
    """digits, fashion-mnist, cifar10, cifar100, celeba, imagefolder:PATH (PATH/SPLIT/CLASS/* or PATH/CLASS/*) or \
python:MODULE:FUNCTION"""
    root: str | None = None
    """fashion-mnist, cifar10, cifar100, celeba: the folder in which torchvision keeps it; for fashion-mnist also a folder of \
idx or idx.gz files"""
    target: str | None = None
    """celeba: the attribute that is the class, such as Blond_Hair; the others become properties"""
    evaluate: Annotated[list[SplitName], Values, AfterValidator(_check_distinct)] = ["test"]
    """splits to collect predictions on; the first is the primary data set"""
    resize: Pixels | None = None
    """image folders, celeba: length of the shorter side, pixels; 256 unless given, 128 for celeba"""
    crop: Pixels | None = None
    """image folders, celeba: side of the square cut from the middle, pixels; 224 unless given, 128 for celeba"""
    mean: Annotated[list[Annotated[float, Field(ge=-1000, le=1000)]], Values] | None = None
    """mean of the intensities in [0, 1], one or one per channel; the data set’s own unless given"""
    std: Annotated[list[Annotated[float, Field(gt=0, le=1000)]], Values] | None = None
    """standard deviation of the intensities, likewise"""
    # Not named as its key, because pydantic has a method of that name.
    copies: Annotated[list[CopySettings], Field(alias="copy", max_length=MOST_TABLES)] = []
    """altered copies to collect predictions on: tables [[data.copy]]"""

    @property
    def label(self) -> str:
        """The name in the study: the last part of a folder's path or of a function's name."""
        kind, _, rest = self.name.partition(":")
        return PurePath(rest).name if kind == "imagefolder" else rest.rpartition(":")[2] or kind

    @property
    def names(self) -> list[str]:
        """The data sets to evaluate on, as the study names them, without altered copies."""
        return [f"{self.label}/{split}" for split in self.evaluate]


class TrainingSettings(Settings):
    """[training]: stochastic gradient descent, counted in optimiser steps."""

    steps: Steps
    """optimizer steps"""
    batch_size: BatchSize = 128
    """images per step"""
    learning_rate: Annotated[float, Field(gt=0, le=1000)] = 0.1
    """largest learning rate"""
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Nesterov momentum"""
    weight_decay: Annotated[float, Field(ge=0, le=1000)] = 5e-4
    """L2 penalty, for all weights"""
    schedule: Literal["cosine", "one-cycle"] = "cosine"
    """how the learning rate falls"""
    augment: Augmentations = []
    """random changes of every image that is trained on: flip (left to right), crop (shifted by up to an eighth), resized-crop \
(a part of 20 to 100 % at the original size), jitter (brightness, contrast, saturation), gray, cutout (a gray square of up to \
half the side), rand-augment (two of fourteen changes)"""
    strong_augment: Augmentations | None = None
    """the same pool, for contrastive views and FixMatch's second view; resized-crop, flip, jitter and gray for the former and \
augment, rand-augment and cutout for the latter unless given"""
    labelled_fraction: Fraction | None = None
    """fraction of the training labels that supervised-few, fixmatch and fine-tune heads see, the same examples in all \
networks, class by class"""
    head_steps: Steps = 2000
    """optimizer steps of a linear probe or of fine-tuning, after `steps`"""
    fine_tune_learning_rate: Annotated[float, Field(gt=0, le=1000)] | None = None
    """largest learning rate of fine-tuning a whole network, of heads and after one-shot pruning; a tenth of learning_rate \
unless given"""
    record: Annotated[list[SplitName], Field(max_length=MOST_VALUES), AfterValidator(_check_distinct)] = []
    """splits whose predicted labels and EL2N are kept after every epoch, as forgetting events need them; [data] evaluate has \
them too; contrastive training keeps none, since it has no classifier"""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto is CUDA where there is one"""


class RegimeSettings(Settings):
    """[[regime]]: how the labels are used in training; what it does not say is the same for all regimes, from [training]."""

    name: Literal["supervised", "supervised-few", "simclr", "supcon", "fixmatch"]
    """supervised: cross-entropy, all labels; supervised-few: cross-entropy, the labelled fraction only; simclr: NT-Xent between \
two views, no labels; supcon: supervised contrastive, all labels; fixmatch: the labelled fraction and confident pseudo-labels"""
    steps: Steps | None = None
    """optimizer steps in this regime, where it needs more than the others to be a fair one; those of [training] unless given"""
    head: Literal["linear-probe", "fine-tune"] | None = None
    """simclr, supcon: linear-probe (on the frozen encoder, all labels; unless given) or fine-tune (everything, the labelled \
fraction)"""
    temperature: Annotated[float, Field(gt=0, le=1000)] | None = None
    """simclr, supcon: of the similarities; 0.5 for simclr and 0.1 for supcon unless given"""
    threshold: Annotated[float, Field(gt=0, le=1)] | None = None
    """fixmatch: least confidence of a pseudo-label; 0.95 unless given"""
    unlabelled_ratio: Annotated[int, Field(ge=1, le=1000)] | None = None
    """fixmatch: unlabelled images per labelled one; 7 unless given"""
    ema: Annotated[float, Field(ge=0, lt=1)] | None = None
    """fixmatch: decay of the moving average of the weights, which is the network that is kept; 0.999 unless given"""


class CompressionSettings(Settings):
    """[[compression]]: one or more compressed populations in every regime."""

    method: Literal["magnitude", "random", "2:4", "float16", "bfloat16", "int8", "int8-static"]
    """pruning: magnitude (the smallest weights), random, 2:4 (two smallest of every four along the input channels); quantization \
after training: float16, bfloat16, int8 (weights, per output channel), int8-static (weights and the layers' inputs)"""
    sparsity: Annotated[list[Fraction], BeforeValidator(_as_list), Values] | None = None
    """magnitude, random: fractions of the prunable weights to set to zero; one population each"""
    scope: Literal["global", "layer-wise"] | None = None
    """magnitude, random: the sparsity holds over all layers together (global, unless given) or in every layer"""
    schedule: Literal["gradual", "one-shot"] | None = None
    """magnitude, random: gradual, during training (unless given), or one-shot, after it, followed by fine-tuning with the \
regime's own loss; 2:4 is one-shot"""
    window: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=2, max_length=2)] | None = None
    """gradual: begin and end of pruning, as fractions of training; 0.25 and 0.75 unless given"""
    fine_tune_steps: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    """one-shot: optimizer steps after pruning; a tenth of [training] steps unless given"""
    probe: Literal["refit", "keep"] | None = None
    """one-shot, regimes with a linear probe: fit the probe again on the pruned encoder (unless given) or keep the dense one's"""
    from_: Annotated[list[str], BeforeValidator(_as_list), Values] | None = Field(default=None, alias="from")
    """quantization: populations of the regime whose weights are rounded, such as ["dense", "magnitude-0.9"]; dense unless given"""

    @field_validator("window")
    @classmethod
    def _window_is_ordered(cls, window: list[float] | None) -> list[float] | None:
        if window is not None and window[0] >= window[1]:
            raise ValueError("the window must begin before it ends")
        return window

    @property
    def is_quantization(self) -> bool:
        """Whether weights are rounded rather than set to zero."""
        return self.method not in PRUNING_METHODS

    @property
    def is_one_shot(self) -> bool:
        """Whether a finished network is pruned, rather than one in training."""
        return self.method == "2:4" or self.schedule == "one-shot"


class ControlSettings(Settings):
    """[[control]]: one more population in every regime that tells the effect of compression from other ones."""

    method: Literal[
        "second-dense", "second-compressed", "shorter-dense", "longer-dense", "random", "probe-refit", "label-noise"
    ]
    """second-dense: as many dense networks from fresh seeds; second-compressed: these compressed, as the populations in `from` \
were; shorter-dense: dense networks trained for fewer steps, to be as bad as compressed ones without being \
compressed; longer-dense: the dense networks trained on as after one-shot pruning, nothing pruned; random: every magnitude \
compression with random masks; probe-refit: the dense encoders, frozen, with a newly fitted linear head; label-noise: dense \
networks whose training labels were partly replaced"""
    from_: Annotated[list[str], BeforeValidator(_as_list), Values] | None = Field(default=None, alias="from")
    """second-compressed: compressed populations of the regime, such as "magnitude-0.9"; needs second-dense, whose networks they \
are compared with"""
    rate: Fraction | None = None
    """label-noise: fraction of the training labels replaced by another class"""
    steps: Steps | Annotated[dict[str, Steps], Field(max_length=MOST_VALUES)] | None = None
    """shorter-dense: optimizer steps, one number or one per regime, such as {supervised = 900, simclr = 2000}; longer-dense: \
those of the longest fine-tuning in the file, else a tenth of [training] steps, unless given"""


class PopulationSettings(Settings):
    """[[population]]: networks trained elsewhere; `checkpoints` is a glob in which {replicate} stands for the name."""

    name: Name
    """unique in the study"""
    role: Literal["dense", "compressed", "control"]
    """dense, compressed or control"""
    reference: Name | None = None
    """the population that it is compared with"""
    regime: Name | None = None
    """how it was trained"""
    method: Name | None = None
    """how it was compressed"""
    sparsity: Annotated[float, Field(ge=0, lt=1)] | None = None
    """fraction of zero weights"""
    bits: Annotated[int, Field(ge=1, le=64)] | None = None
    """bits per weight"""
    network: NetworkName | None = None
    """as in [study], whose network it is unless given"""
    checkpoints: str
    """files, with * and **; {replicate} stands for the name of the replicate: runs/*/replicate_{replicate}/model.pt"""
    key: str | None = None
    """where the state dict is in the file"""
    strip_prefix: str | None = None
    """prefix of the names of the weights to take off, such as module."""


Evidence = Literal["logits", "scalars", "log-odds", "labels"]


class EvidenceSettings(Settings):
    """[collect.evidence]: what is kept of each role: logits; scalars (log odds, loss …); log-odds of the label alone; or labels."""

    dense: Evidence = "logits"
    """of dense populations"""
    compressed: Evidence = "logits"
    """of compressed ones"""
    control: Evidence = "logits"
    """of controls"""
    second_dense: Evidence | None = None
    """of second dense populations, which properties are measured on; as of other controls unless given"""
    copies: Evidence | None = None
    """of all of them on altered copies; as on the other data unless given"""

    def of(self, role: str, method: str | None, *, is_copy: bool) -> Evidence:
        """What is kept of a population of a role and a method."""
        if is_copy and self.copies is not None:
            return self.copies
        if method == "second-dense" and self.second_dense is not None:
            return self.second_dense
        of_roles: dict[str, Evidence] = {"dense": self.dense, "compressed": self.compressed, "control": self.control}
        return of_roles[role]


class CollectSettings(Settings):
    """[collect]: how the networks are evaluated and how their logits are kept."""

    logits: Literal["float32", "float16", "none"] = "float32"
    """how logits are kept; loss, margin and so on are computed before any rounding"""
    scalars: Literal["float32", "float16"] = "float32"
    """how many digits of loss, log odds and so on are kept: float16 keeps eleven bits of each, about three digits, which halves \
an exported study"""
    evidence: EvidenceSettings = EvidenceSettings()
    """what is kept of each role, in a table of its own"""
    features: Annotated[list[Literal["penultimate"]], AfterValidator(_check_distinct)] = []
    """penultimate: what the last linear layer receives, kept as the logits are, as float32 where these are not; none for altered \
copies"""
    pixel_atypicality: bool = False
    """whether the pictures' own atypicality is stored as a property, from the principal components of their pixels; none for \
training data and altered copies"""
    thumbnails: Annotated[int, Field(ge=0, le=256)] | None = None
    """longest side, pixels, of a small picture of each example for people to look at, such as 28 or 96, and 0 for none; 64 unless \
given, if there are at most 20,000 examples; none for training data and altered copies"""
    layer_predictions: bool = False
    """whether k-NN probes of all layers are asked, as prediction depth needs them: k = 30, at most 10,000 training examples; none \
for altered copies"""
    batch_size: BatchSize = 500
    """images per forward pass"""
    autocast: Literal["bfloat16", "float16"] | None = None
    """lower precision of the forward pass; float32 unless given"""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto is CUDA where there is one"""


class StudyTables(Settings):
    """The whole file."""

    study: StudySettings
    data: DataSettings
    training: TrainingSettings | None = None
    regime: Annotated[list[RegimeSettings], Field(max_length=MOST_TABLES)] = []
    compression: Annotated[list[CompressionSettings], Field(max_length=MOST_TABLES)] = []
    control: Annotated[list[ControlSettings], Field(max_length=MOST_TABLES)] = []
    population: Annotated[list[PopulationSettings], Field(max_length=MOST_TABLES)] = []
    collect: CollectSettings = CollectSettings()
    analyze: AnalysisSettings = AnalysisSettings()
