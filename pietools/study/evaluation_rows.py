"""What is stored of one network on one data set, a row per example in its order: columns, their types, and what they hash to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pietools.errors import StudyError

# Of the table predictions, without the keys.
PREDICTIONS = pa.schema(
    [
        ("predicted_label", pa.int32()),
        *((name, pa.float32()) for name in ("loss", "confidence", "margin", "entropy", "brier")),
        ("label_rank", pa.int32()),
        ("label_log_odds", pa.float32()),
        ("logit_margin", pa.float32()),
    ]
)
LOGITS = {"float32": "logits", "float16": "logits_half"}


@dataclass(frozen=True)
class EvaluationRows:
    """Columns of the table predictions, those that are known, and ``logits`` or ``logits_half`` where they are kept."""

    columns: pa.Table

    @classmethod
    def of(cls, predictions: pl.DataFrame, logits: np.ndarray | None = None, dtype: str = "none") -> Self:
        """Of scalars as columns of PREDICTIONS, and logits, shape (n, m), which are kept as ``dtype``: float32, float16 or none."""
        columns = {
            name: predictions[name].cast(pl.Int32 if type_ == pa.int32() else pl.Float32).to_arrow()
            for name, type_ in zip(PREDICTIONS.names, PREDICTIONS.types, strict=True)
            if name in predictions.columns
        }
        if logits is not None and dtype != "none":
            if dtype == "float16":  # rounded less the smaller they are; softmax knows no offset
                logits = logits - logits.max(axis=1, keepdims=True)
            columns |= vectors_column("logits", logits, dtype)
        return cls(pa.table(columns))

    @property
    def n(self) -> int:
        """How many examples."""
        return int(self.columns.num_rows)

    @property
    def predictions(self) -> pa.Table:
        """Columns of the table predictions."""
        return self.columns.select([name for name in PREDICTIONS.names if name in self.columns.column_names])

    @property
    def logits(self) -> pa.Table | None:
        """The column of the table logits, None where no logits are kept."""
        kept = [name for name in LOGITS.values() if name in self.columns.column_names]
        return self.columns.select(kept) if kept else None

    @property
    def logits_dtype(self) -> str:
        """How the logits are kept: float32, float16 or none."""
        return next((dtype for dtype, name in LOGITS.items() if name in self.columns.column_names), "none")

    @property
    def content_digest(self) -> str:
        """What an evaluation is known by to hold what it held when it was added."""
        return rows_digest(self.columns)


def vectors_column(name: str, vectors: np.ndarray, dtype: str) -> dict[str, pa.Array]:
    """Vectors, shape (n, m), as the column NAME of lists (float32) or NAME_half of bytes (float16)."""
    n, m = vectors.shape
    if dtype == "float32":
        offsets = pa.array(np.arange(0, n * m + 1, m, dtype=np.int32))
        return {name: pa.ListArray.from_arrays(offsets, pa.array(np.ascontiguousarray(vectors, np.float32).ravel()))}
    if dtype == "float16":
        if np.abs(vectors).max(initial=0) > np.finfo(np.float16).max:
            raise StudyError(f"{name} beyond 65,504 do not fit into float16: keep them as float32.")
        half = np.ascontiguousarray(vectors, dtype="<f2")
        return {f"{name}_half": pa.Array.from_buffers(pa.binary(2 * m), n, [None, pa.py_buffer(half)])}
    raise ValueError(f"{name} are kept as float32, float16 or none, not {dtype}")


def vectors_of(column: pa.ChunkedArray) -> np.ndarray | None:
    """Vectors of such a column, shape (n, m); None if they are empty, missing, or not of one length."""
    whole = column.combine_chunks()
    is_list = pa.types.is_list(whole.type)
    lengths = pc.min_max((pc.list_value_length if is_list else pc.binary_length)(whole)).as_py()
    if (
        whole.null_count
        or not lengths["min"]
        or lengths["min"] != lengths["max"]
        or (not is_list and lengths["min"] % 2)
    ):
        return None
    values = (
        whole.flatten().to_numpy(zero_copy_only=False) if is_list else np.frombuffer(b"".join(whole.to_pylist()), "<f2")
    )
    return values.reshape(len(whole), -1)


def rows_digest(rows: pa.Table) -> str:
    """SHA-256 of numbers, bytes and lists of numbers, whatever the order and the chunks of the columns; empty ones do not count."""
    digest = sha256()
    for name in sorted(rows.column_names):
        column = rows[name].combine_chunks()
        if column.null_count < len(column):
            digest.update(f"\0{name} {len(column)}\0".encode())
            for part in _parts(column):
                digest.update(part)
    return f"sha256:{digest.hexdigest()}"


def _parts(column: pa.Array) -> Iterator[bytes | memoryview]:
    """Which values there are, how long each is where lengths differ, and the values."""
    yield np.packbits(column.is_valid().to_numpy(zero_copy_only=False)).tobytes()
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        yield _bytes(pc.list_value_length(column))
        yield from _parts(pc.list_flatten(column))
    elif _is_bytes(column.type):
        values = column.cast(pa.large_binary()).fill_null(b"")
        yield _bytes(pc.binary_length(values))
        yield _joined(values)
    else:
        yield _bytes(column)


def _is_bytes(type_: pa.DataType) -> bool:
    return any(
        check(type_)
        for check in (
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_fixed_size_binary,
            pa.types.is_string,
            pa.types.is_large_string,
        )
    )


def _bytes(numbers: pa.Array) -> memoryview:
    """Little-endian; lengths as 64 bits, since what is a list for one library is a large list for another."""
    if pa.types.is_integer(numbers.type):
        numbers = numbers.cast(pa.int64())
    values: np.ndarray = numbers.fill_null(0).to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"), copy=False)).data.cast("B")


def _joined(values: pa.LargeBinaryArray) -> memoryview:
    """All bytes, one value after another."""
    _, offsets, data = values.buffers()
    bounds = np.frombuffer(offsets, np.int64)[values.offset : values.offset + len(values) + 1]
    return memoryview(data or b"")[int(bounds[0]) : int(bounds[-1])]


def stored_rows(tables: Sequence[pa.Table]) -> EvaluationRows:
    """Rows as the tables predictions and logits gave them back, columns without any value left out."""
    columns = {
        name: table[name]
        for table in tables
        for name in table.column_names
        if table.num_rows and table[name].null_count < table.num_rows
    }
    return EvaluationRows(pa.table(columns))
