"""Parquet as columns, each read when it is asked for: pictures and texts beside the predictions stay on the disk."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow import types
from pyarrow.fs import LocalFileSystem

from pietools.bounds import most_bytes
from pietools.errors import ImportFileError
from pietools.exchange.files.tables import Table
from pietools.exchange.files.unpacking import LEAST, content, is_compressed, refuse_size

TEXT = "BYTE_ARRAY"
# The encoding in which a text is the beginning of the one before, and more.
OF_BEGINNINGS = "DELTA_BYTE_ARRAY"
ROWS = 65_536  # read at a time


def read_parquet_table(path: Path) -> Table:
    """Columns of a Parquet file, with the names of classes where ``datasets`` of Hugging Face wrote it."""
    file = _ParquetFile(path)
    schema = file.fragment.physical_schema
    names = schema.names
    if len(set(names)) < len(names):
        [(twice, _)] = Counter(names).most_common(1)
        raise ImportFileError(f"{path} has two columns named '{twice}': rename one.")
    n_rows = file.fragment.count_rows()
    refuse_size(path, n_rows * LEAST, file.n_stored)

    @cache
    def read(name: str) -> pl.Series:
        return _series(path, name, file.column(name))

    return Table(path, "Parquet", n_rows, names, read, _class_labels(path, schema))


@dataclass(frozen=True)
class _Part:
    """What a file says of the values of a column in one group of rows: how many there are, and what they take encoded."""

    path: str
    n_values: int
    n_bytes: int
    width: int
    is_text: bool
    is_said_once: bool
    is_of_beginnings: bool


@dataclass(frozen=True)
class _ParquetFile:
    """A Parquet file whose columns are bounded before they are read, or while they are."""

    path: Path

    @cached_property
    def n_stored(self) -> int:
        return self.path.stat().st_size

    @cached_property
    def fragment(self) -> ds.ParquetFileFragment:
        return self._with_dictionaries(())

    def _with_dictionaries(self, paths: Iterable[str]) -> ds.ParquetFileFragment:
        """The file, its pages checked against their checksums where it has some; texts at these paths as dictionaries."""
        form = ds.ParquetFileFormat(
            read_options=ds.ParquetReadOptions(dictionary_columns=set(paths)),
            default_fragment_scan_options=ds.ParquetFragmentScanOptions(page_checksum_verification=True),
        )
        if is_compressed(self.path):
            return form.make_fragment(pa.BufferReader(content(self.path)))
        return form.make_fragment(str(self.path.absolute()), filesystem=LocalFileSystem())

    @cached_property
    def parts(self) -> dict[str, list[_Part]]:
        """Parts of each column; the path of a part begins with the name of its column."""
        found = defaultdict(list)
        metadata, names = self.fragment.metadata, set(self.fragment.physical_schema.names)
        for at in range(metadata.num_columns):
            leaf = metadata.schema.column(at)
            steps = leaf.path.split(".")
            owners = names & {".".join(steps[:n]) for n in range(1, len(steps) + 1)}
            for group in range(metadata.num_row_groups):
                part = _part(metadata.row_group(group).column(at), leaf.length)
                for name in owners:
                    found[name].append(part)
        return found

    def column(self, name: str) -> pa.ChunkedArray:
        """A column; raises ImportFileError if it would take more memory than such a file gives reason for.

        How many values there are is said before they are. What texts take is not, where one is said once for many rows: these
        are read as what is said once, and where, and counted.
        """
        parts = self.parts[name]
        refuse_size(self.path, sum(one.n_values * one.width for one in parts), self.n_stored)
        texts = [one for one in parts if one.is_text]
        largest, most = max((one.n_bytes for one in texts), default=1), most_bytes(self.n_stored)
        if sum(one.n_values for one in texts) * largest <= most:
            is_flat = all(one.path == name for one in parts)  # and so no longer than its parts say
            return self._whole(name) if is_flat else self._read(self.fragment, name, ROWS)
        fragment = self._with_dictionaries(one.path for one in texts if one.is_said_once)
        is_of_beginnings = any(one.is_of_beginnings for one in texts)
        return self._read(fragment, name, min(ROWS, most // largest + 1) if is_of_beginnings else ROWS)

    def _whole(self, name: str) -> pa.ChunkedArray:
        return self.fragment.to_table(columns={"column": ds.field(name)}).column(0)

    def _read(self, fragment: ds.ParquetFileFragment, name: str, n_rows: int) -> pa.ChunkedArray:
        """So many rows at a time, until they are all there or too large."""
        kind, n_bytes, chunks = fragment.physical_schema.field(name).type, 0, []
        scanner = fragment.scanner(columns={"column": ds.field(name)}, batch_size=n_rows, batch_readahead=2)
        for batch in scanner.to_batches():
            chunk = batch.column(0)
            n_bytes += _n_bytes(chunk)
            refuse_size(self.path, n_bytes, self.n_stored)
            chunks.append(chunk)
        return pa.chunked_array(chunks, type=chunks[0].type if chunks else kind)


def _part(said: Any, width: int) -> _Part:
    return _Part(
        said.path_in_schema,
        said.num_values,
        said.total_uncompressed_size,
        max(LEAST, width or 0),
        said.physical_type == TEXT,
        said.has_dictionary_page,
        OF_BEGINNINGS in said.encodings,
    )


def _n_bytes(chunk: pa.Array) -> int:
    """How many bytes an array takes once each of its texts is written out."""
    if isinstance(chunk.type, pa.BaseExtensionType):
        return _n_bytes(chunk.storage)
    if types.is_dictionary(chunk.type):
        if not _is_text(chunk.type.value_type):
            return LEAST * len(chunk)
        lengths = pc.cast(pc.binary_length(chunk.dictionary), pa.int64())
        return int(pc.sum(lengths.take(chunk.indices)).as_py() or 0) + LEAST * len(chunk)
    if _is_list(chunk.type):
        return _n_bytes(chunk.flatten()) + LEAST * len(chunk)
    return chunk.nbytes


def _series(path: Path, name: str, column: pa.ChunkedArray) -> pl.Series:
    """A column in types that polars knows, checked: polars would panic, or take what is no UTF-8 as it is."""
    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], type=column.type.storage_type)
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        raise ImportFileError(f"{path}: column '{name}' is damaged: {str(error).splitlines()[0]}.") from None
    if (simpler := _simpler(column.type)) is None:
        raise ImportFileError(
            f"{path}: column '{name}' has type {str(column.type)[:80]}. Allowed: numbers, texts, and lists of them."
        )
    if simpler != column.type:
        try:
            column = pa.chunked_array([_cast(chunk, simpler) for chunk in column.chunks], type=simpler)
        except pa.ArrowInvalid:
            raise ImportFileError(f"{path}: column '{name}' holds bytes, not text or numbers.") from None
    return pl.Series(name, pl.from_arrow(column))


def _cast(chunk: pa.Array, kind: pa.DataType) -> pa.Array:
    return pc.cast(chunk.dictionary_decode() if types.is_dictionary(chunk.type) else chunk, kind)


def _is_text(kind: pa.DataType) -> bool:
    return any(is_it(kind) for is_it in (types.is_string, types.is_large_string, types.is_string_view)) or _is_bytes(
        kind
    )


def _is_bytes(kind: pa.DataType) -> bool:
    return any(is_it(kind) for is_it in (types.is_binary, types.is_large_binary, types.is_binary_view))


def _is_list(kind: pa.DataType) -> bool:
    return any(is_it(kind) for is_it in (types.is_list, types.is_large_list, types.is_fixed_size_list))


def _simpler(kind: pa.DataType) -> pa.DataType | None:
    """A type that polars reads without a panic: decimals and halves as doubles and floats, also in lists; None if there is none."""
    if types.is_dictionary(kind):
        return _simpler(kind.value_type)
    if types.is_decimal(kind):
        return pa.float64()
    if types.is_float16(kind):
        return pa.float32()
    if types.is_temporal(kind):
        return pa.string()
    if _is_list(kind):
        inner = _simpler(kind.value_type)
        if inner is None or types.is_fixed_size_list(kind):
            return None if inner is None else pa.list_(inner, kind.list_size)
        return kind if inner == kind.value_type else pa.list_(inner)
    if _is_text(kind):
        return pa.string() if _is_bytes(kind) else kind
    is_plain = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_null(kind)
    return kind if is_plain else None


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
