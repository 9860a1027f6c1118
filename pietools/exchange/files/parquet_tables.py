"""Parquet as columns, each read when it is asked for: pictures and texts beside the predictions stay on the disk."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from pietools.errors import ImportFileError
from pietools.exchange.files.opening import content, is_compressed
from pietools.exchange.files.tables import Table


def read_parquet_table(path: Path) -> Table:
    """Columns of a Parquet file, with the names of classes where ``datasets`` of Hugging Face wrote it."""
    file = pa.BufferReader(content(path)) if is_compressed(path) else path
    names = pq.read_schema(file).names
    if twice := [name for name in names if names.count(name) > 1]:
        raise ImportFileError(f"{path} has two columns named '{twice[0]}': rename one.")
    source = ds.dataset(pq.read_table(file)) if is_compressed(path) else ds.dataset(path, format="parquet")

    @cache
    def read(name: str) -> pl.Series:
        return _series(path, name, source.to_table(columns={"column": ds.field(name)}).column(0))

    return Table(path, "Parquet", source.count_rows(), source.schema.names, read, _class_labels(path, source.schema))


def _series(path: Path, name: str, column: pa.ChunkedArray) -> pl.Series:
    """A column in types that polars knows, checked: polars would panic, or take what is no UTF-8 as it is."""
    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], type=column.type.storage_type)
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        raise ImportFileError(f"{path}: column '{name}' is damaged: {str(error).splitlines()[0]}.") from None
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if (simpler := _without_decimals(column.type)) != column.type:
        column = pc.cast(column, simpler)
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        try:
            column = column.cast(pa.string())
        except pa.ArrowInvalid:
            raise ImportFileError(f"{path}: column '{name}' holds bytes, not text or numbers.") from None
    return pl.Series(name, pl.from_arrow(column))


def _without_decimals(kind: pa.DataType) -> pa.DataType:
    """The type with decimals and halves, also in lists, as doubles and floats."""
    if pa.types.is_decimal(kind):
        return pa.float64()
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_without_decimals(kind.value_type), kind.list_size)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = _without_decimals(kind.value_type)
        return kind if inner == kind.value_type else pa.list_(inner)
    if pa.types.is_temporal(kind):
        return pa.string()
    return kind


def _class_labels(path: Path, schema: pa.Schema) -> dict[str, list[str]]:
    """Names of the classes by column of type ClassLabel; raises ImportFileError if two have one name."""
    try:
        features: dict[str, Any] = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        found = {
            name: [str(one) for one in feature["names"]]
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and feature.get("names")
        }
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return {}
    for name, names in found.items():
        if len(set(names)) < len(names):
            raise ImportFileError(f"{path}: the list of classes of column '{name}' has two classes of one name.")
    return found
