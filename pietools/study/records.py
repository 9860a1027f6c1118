"""What is put into a study: data sets, populations, models and evaluations, as plain records."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np

EVIDENCE = ("logits", "log-odds", "top-k", "probabilities", "labels")
ROLES = ("dense", "compressed", "control")
# The macros pack votes and class into one number with 2^20 places for the class.
MAX_CLASSES = 1_000_000
# Alteration of a copy in which some labels were replaced on purpose; its inputs are those of its source.
LABEL_NOISE = "label-noise"
# Method of the control that repeats the dense population with fresh seeds.
SECOND_DENSE = "second-dense"


@dataclass(frozen=True)
class Dataset:
    """A data set with its examples in order.

    Parameters
    ----------
    name
        Unique in the study, for example ``fashion-mnist/test``.
    keys
        One per example, unique; example_id is the position.
    labels
        Given label of each example, a class index from 0, shape (n,); −1 where there is none.
    class_names
        One per class; the position is the class index.
    split
        ``train``, ``test``, …
    content_digest
        SHA-256 of the inputs, if they are known.
    source
        For an altered copy: name of the data set that it is a copy of. Keys, labels and classes are the same; only the
        alteration ``label-noise`` has other labels.
    alteration, severity, seed
        For an altered copy: what was done to it, how much (1, mild, to 5), and the seed of it.
    """

    name: str
    keys: Sequence[str]
    labels: np.ndarray
    class_names: Sequence[str]
    split: str | None = None
    content_digest: str | None = None
    source: str | None = None
    alteration: str | None = None
    severity: int | None = None
    seed: int | None = None

    @property
    def labels_digest(self) -> str:
        """SHA-256 over keys and labels."""
        digest = sha256("\0".join(self.keys).encode())
        digest.update(np.ascontiguousarray(self.labels, dtype="<i4").tobytes())
        return f"sha256:{digest.hexdigest()}"


@dataclass(frozen=True)
class Population:
    """Networks that differ only in replicate; ``reference`` is what it is compared with, ``parent`` what it came from."""

    name: str
    role: str
    regime: str | None = None
    method: str | None = None
    sparsity: float | None = None
    bits: int | None = None
    reference: str | None = None
    parent: str | None = None
    recipe: dict[str, Any] | None = None


@dataclass(frozen=True)
class Layer:
    """A convolution or linear layer: its weights, the fraction of them that are zero, bits per weight, may it be pruned."""

    name: str
    n_weights: int
    sparsity: float
    bits: int
    is_prunable: bool


@dataclass(frozen=True)
class Model:
    """One network. ``model_digest`` is null when only its predictions are known, and ``layers`` are then empty."""

    population: str
    replicate: str | None = None
    seed: int | None = None
    model_digest: str | None = None
    train_dataset: str | None = None
    realised_sparsity: float | None = None
    n_bytes: int | None = None
    layers: Sequence[Layer] = ()


@dataclass(frozen=True)
class Evaluation:
    """One network run over one data set. Device, batch size and versions are recorded but are not identity."""

    dataset: str
    evidence: str
    evaluation_digest: str
    n_near_ties: int | None = None
    transform: str | None = None
    dtype: str | None = None
    autocast: str | None = None
    device: str | None = None
    batch_size: int | None = None
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LayerPredictions:
    """What the probe of each layer predicts: names of the layers in order, and labels, shape (layers, n)."""

    names: Sequence[str]
    labels: np.ndarray


@dataclass(frozen=True)
class EpochPredictions:
    """What the network predicted after each epoch of its training: labels and EL2N, shape (epochs, n)."""

    labels: np.ndarray
    el2n: np.ndarray


@dataclass(frozen=True)
class Recording:
    """What is known of a network on a data set beyond its predictions; None where it was not asked for.

    ``features`` is what the last linear layer receives, shape (n, width).
    """

    features: np.ndarray | None = None
    layers: LayerPredictions | None = None
    epochs: EpochPredictions | None = None


@dataclass(frozen=True)
class Category:
    """A category of a codebook, and when it applies."""

    name: str
    meaning: str


@dataclass(frozen=True)
class Sample:
    """Examples of a comparison that are coded by hand.

    ``pairs``: a hit example and another, as positions in the data set. ``predictions_digest``: of the networks' predictions.
    ``sample_id`` is None before it is stored.
    """

    dataset: str
    reference: str
    compressed: str
    seed: int
    codebook: tuple[Category, ...]
    pairs: tuple[tuple[int, int], ...]
    predictions_digest: str = ""
    sample_id: int | None = None
