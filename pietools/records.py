"""What is put into a study: data sets, populations, models and evaluations, as plain records."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np

ROLES = ("dense", "compressed", "control")
# The macros pack votes and class into one number with 2^20 places for the class.
MAX_CLASSES = 1_000_000


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
        For an altered copy: name of the data set that it is a copy of. Keys, labels and classes are the same.
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
class Model:
    """One network. ``model_digest`` is null when only its predictions are known."""

    population: str
    replicate: str | None = None
    seed: int | None = None
    model_digest: str | None = None
    train_dataset: str | None = None
    realised_sparsity: float | None = None
    n_bytes: int | None = None


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
