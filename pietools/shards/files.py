"""What every shard is: rows as Parquet, with checksums of pages, and facts about them, with a checksum of facts and rows."""

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, BinaryIO, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter, ValidationError

from pietools.bounds import too_large
from pietools.errors import ShardError
from pietools.seal import is_intact, sealed
from pietools.study.evaluation_rows import rows_digest
from pietools.version import __version__

SCHEMA = "pietools/shard/1"
FACTS = b"pietools"
SEAL, ROWS = "facts_sha256", "rows_sha256"
SMALLEST = 4  # bytes of a number
BATCH = 1024  # rows that are read before their size is looked at
LARGEST = 2**63 - 1  # number that the database keeps
T = TypeVar("T")


def encode(facts: dict[str, Any], rows: pa.Table) -> bytes:
    """A shard of these facts and rows."""
    said = sealed({"schema": SCHEMA, "version": __version__, **facts, ROWS: rows_digest(rows)}, SEAL)
    floats = [field.name for field in rows.schema if pa.types.is_floating(field.type)]
    target = BytesIO()
    pq.write_table(
        rows.replace_schema_metadata({FACTS: json.dumps(said).encode()}),
        target,
        compression="zstd",
        write_page_checksum=True,
        # Better than in dictionaries: floats split by byte.
        use_dictionary=[name for name in rows.column_names if name not in floats],
        column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
    )
    return target.getvalue()


def read_facts(what: str, file: BinaryIO) -> dict[str, Any]:
    """Facts of a shard, from the end of its file; ShardError if it is none, or not as it was written."""
    with _errors(what):
        return _facts(what, pq.ParquetFile(file))


def read_rows(what: str, file: BinaryIO) -> tuple[dict[str, Any], pa.Table]:
    """Facts and rows of a shard; ShardError if it is none, or not as it was written."""
    with _errors(what):
        parquet = pq.ParquetFile(file, page_checksum_verification=True)
        facts = _facts(what, parquet)
        rows = _read(what, file, parquet).replace_schema_metadata(None)
    if facts[ROWS] != rows_digest(rows):
        raise damaged(what, "its rows are not those that were written")
    return facts, rows


def described(what: str, kind: str, as_type: TypeAdapter[T], facts: dict[str, Any]) -> T:
    """Facts as a record, in which everything is of the type that it should be; ShardError if they describe something else."""
    try:
        return as_type.validate_json(json.dumps(facts), strict=True)
    except (ValidationError, RecursionError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": "nested too deep"}
        where = ".".join(map(str, first["loc"]))
        raise damaged(what, f"it does not describe a {kind} ({where}: {first['msg']})") from None


def check_columns(what: str, rows: pa.Table, known: pa.Schema) -> None:
    """Raise ShardError for a column that is there twice, is not of its type, or lacks values that it must have."""
    if len(set(rows.column_names)) < rows.num_columns:
        raise damaged(what, "it has a column twice")
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        if name not in known.names:
            continue
        field = known.field(name)
        if not _is_of(column.type, field.type):
            raise damaged(what, f"its column {name} is {column.type}, not {field.type}")
        if column.null_count and not field.nullable:
            raise damaged(what, f"its column {name} lacks values")


def damaged(what: str, reason: str) -> ShardError:
    """The error of a shard that cannot be used."""
    return ShardError(
        f"{what} is damaged or no shard: {reason}. If 'pietools collect' wrote it, delete it, and give the same command again."
    )


def _is_of(found: pa.DataType, expected: pa.DataType) -> bool:
    """Whether types are the same, whatever Parquet calls what is in a list, and whether or not bytes are as many each."""
    if pa.types.is_fixed_size_binary(found):
        return bool(pa.types.is_binary(expected))
    if pa.types.is_list(found) and pa.types.is_list(expected):
        return _is_of(found.value_type, expected.value_type)
    return bool(found == expected)


def _number(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is no finite number")
    return number


def _integer(text: str) -> int:
    if len(text) > len(str(LARGEST)) + 1 or abs(number := int(text)) > LARGEST:
        raise ValueError(f"{text[:40]} is too large a number")
    return number


def _facts(what: str, parquet: pq.ParquetFile) -> dict[str, Any]:
    said = (parquet.schema_arrow.metadata or {}).get(FACTS, b"null")
    facts: Any = json.loads(said, parse_constant=_number, parse_float=_number, parse_int=_integer)
    schema = facts.get("schema") if isinstance(facts, dict) else None
    if not isinstance(schema, str) or not schema.startswith("pietools/shard/"):
        raise damaged(what, "it says nothing of pietools")
    if schema != SCHEMA:
        raise ShardError(f"{what} has schema {schema}, this pietools reads {SCHEMA}: use the version that wrote it.")
    if not is_intact(facts, SEAL):
        raise damaged(what, "what it says of itself is not what was written")
    return dict(facts)


def _read(what: str, file: BinaryIO, parquet: pq.ParquetFile) -> pa.Table:
    """All rows, unless they are larger than a file of this size may be: a value that is repeated takes no room in it."""
    file.seek(0, os.SEEK_END)  # not every file says where it is then
    size, metadata = file.tell(), parquet.metadata
    columns = [
        metadata.row_group(i).column(j) for i in range(metadata.num_row_groups) for j in range(metadata.num_columns)
    ]
    announced = SMALLEST * (metadata.num_rows + sum(column.num_values for column in columns))
    _refuse_too_large(what, announced, size)
    batches, n_bytes = [], 0
    for batch in parquet.iter_batches(BATCH):
        batches.append(batch)
        n_bytes += batch.nbytes
        _refuse_too_large(what, n_bytes, size)
    return pa.Table.from_batches(batches, parquet.schema_arrow)


def _refuse_too_large(what: str, n_bytes: int, size: int) -> None:
    if reason := too_large(n_bytes, size):
        raise ShardError(f"{what} is not read: {reason}.")


@contextmanager
def _errors(what: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, RecursionError) as error:
        raise damaged(what, str(error).splitlines()[0] if str(error) else type(error).__name__) from None
