"""A network on a data set as a shard: its predictions, and what else was recorded."""

import re
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa
from pydantic import TypeAdapter

from pietools.shards.files import check_columns, damaged, described, encode, read_facts, read_rows
from pietools.shards.places import SUFFIX
from pietools.study.evaluation_rows import LOGITS, PREDICTIONS, EvaluationRows, vectors_column, vectors_of
from pietools.study.records import EpochPredictions, Evaluation, LayerPredictions, Model, Recording

KIND = "network"
LAYERS, EPOCH_LABELS, EPOCH_EL2N = "layer_predictions", "epoch_labels", "epoch_el2n"
VECTORS = {
    **dict.fromkeys(("logits", "features", EPOCH_EL2N), pa.list_(pa.float32())),
    **dict.fromkeys((LAYERS, EPOCH_LABELS), pa.list_(pa.int32())),
    **dict.fromkeys(("logits_half", "features_half"), pa.binary()),
}
FULL = {"predicted_label", *VECTORS}
TYPES = dict(zip(PREDICTIONS.names, PREDICTIONS.types, strict=True)) | VECTORS
COLUMNS = pa.schema([pa.field(name, kind, nullable=name not in FULL) for name, kind in TYPES.items()])


class Asked(NamedTuple):
    """The evaluation, what is known of each prediction, how logits are kept, and tables that something is recorded for."""

    evaluation_digest: str
    evidence: str
    logits: str
    recorded: tuple[str, ...]


@dataclass(frozen=True)
class NetworkFacts:
    """Which network, which data set, and how it was run; nothing of this is as large as the predictions.

    ``position``: of the network and of the data set in the STUDY.toml, by which shards are merged. ``content_digest``: of the
    data set's inputs. ``logits``: how they are kept. ``recorded``: tables that something is recorded for. ``layers``: names of the
    probed ones, in order.
    """

    position: tuple[int, int]
    model: Model
    evaluation: Evaluation
    content_digest: str | None
    logits: str
    recorded: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the shard's file."""
        return network_shard_name(self.model, self.evaluation.dataset)

    @property
    def asked(self) -> "Asked":
        """What was asked of the network: with the same answer to this, it need not be run again."""
        return Asked(self.evaluation.evaluation_digest, self.evaluation.evidence, self.logits, self.recorded)

    def as_dict(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {"kind": KIND, **asdict(self)}


_AS_FACTS = TypeAdapter(NetworkFacts)


def encode_network(facts: NetworkFacts, rows: EvaluationRows, recording: Recording, features_dtype: str) -> bytes:
    """The shard of a network on a data set; features are kept as ``features_dtype``: float32 or float16."""
    table = rows.columns
    for name, column in _recorded(recording, features_dtype).items():
        table = table.append_column(name, column)
    return encode(facts.as_dict(), table)


def read_network_facts(what: str, file: BinaryIO) -> NetworkFacts | None:
    """Facts of a shard, None if it is of another kind."""
    facts = read_facts(what, file)
    return described(what, KIND, _AS_FACTS, facts) if facts.get("kind") == KIND else None


def read_network(what: str, file: BinaryIO) -> tuple[NetworkFacts, EvaluationRows, Recording, str]:
    """Facts, rows, what else was recorded, and the type of its features, of a shard."""
    said, table = read_rows(what, file)
    facts = described(what, KIND, _AS_FACTS, said)
    check_columns(what, table, COLUMNS)
    _check_widths(what, table)
    kept = [name for name in (*PREDICTIONS.names, *LOGITS.values()) if name in table.column_names]
    if "predicted_label" not in kept:
        raise damaged(what, "it has no predictions")
    dtype = "float16" if "features_half" in table.column_names else "float32"
    return facts, EvaluationRows(table.select(kept)), _recording(facts, table), dtype


def _check_widths(what: str, table: pa.Table) -> None:
    """Raise ShardError if there are no rows, or vectors of a column are empty or not of one length."""
    if not table.num_rows:
        raise damaged(what, "it has no rows")
    for name in VECTORS.keys() & {*table.column_names}:
        if vectors_of(table[name]) is None:
            raise damaged(what, f"its column {name} has vectors that are empty, or of several lengths")


def network_shard_name(model: Model, dataset: str) -> str:
    """Name of the file of a network on a data set; networks without a replicate name are known by what they are."""
    replicate = model.model_digest if model.replicate is None else model.replicate
    return shard_name(KIND, model.population, str(replicate), dataset)


def shard_name(kind: str, *parts: str) -> str:
    """A name that any file system takes, from names that hold whatever they like: readable, and different for different ones."""
    readable = re.sub(r"[^A-Za-z0-9+=.-]+", "_", "_".join(parts))[:80]
    return f"{kind}-{readable}-{sha256(chr(0).join(parts).encode()).hexdigest()[:12]}{SUFFIX}"


def _recorded(recording: Recording, features_dtype: str) -> dict[str, pa.Array]:
    columns: dict[str, pa.Array] = {}
    if recording.features is not None:
        columns |= vectors_column("features", recording.features, features_dtype)
    if recording.layers is not None:
        columns[LAYERS] = _lists(np.asarray(recording.layers.labels, np.int32))
    if recording.epochs is not None:
        columns[EPOCH_LABELS] = _lists(np.asarray(recording.epochs.labels, np.int32))
        columns[EPOCH_EL2N] = _lists(np.asarray(recording.epochs.el2n, np.float32))
    return columns


def _lists(steps: np.ndarray) -> pa.Array:
    """Values of shape (steps, n) as a list for each of the n examples."""
    n_steps, n = steps.shape
    offsets = pa.array(np.arange(0, n_steps * n + 1, n_steps, dtype=np.int32))
    return pa.ListArray.from_arrays(offsets, pa.array(np.ascontiguousarray(steps.T).ravel()))


def _recording(facts: NetworkFacts, table: pa.Table) -> Recording:
    there = set(table.column_names)

    def steps(name: str) -> np.ndarray:
        return _vectors(table, name).T

    features = next((_vectors(table, name) for name in ("features", "features_half") if name in there), None)
    return Recording(
        features=features,
        layers=LayerPredictions(list(facts.layers), steps(LAYERS)) if LAYERS in there else None,
        epochs=EpochPredictions(steps(EPOCH_LABELS), steps(EPOCH_EL2N)) if EPOCH_LABELS in there else None,
    )


def _vectors(table: pa.Table, name: str) -> np.ndarray:
    """Vectors of a column that `_check_widths` has looked at."""
    found = vectors_of(table[name])
    assert found is not None
    return found
