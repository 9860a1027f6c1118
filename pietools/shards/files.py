"""What every shard is: rows as Parquet, with checksums of pages, and facts about them, with a checksum of facts and rows."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

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


def damaged(what: str, reason: str) -> ShardError:
    """The error of a shard that cannot be used."""
    return ShardError(f"{what} is damaged or no shard: {reason}. Delete it, and run the same 'pietools collect' again.")


def _facts(what: str, parquet: pq.ParquetFile) -> dict[str, Any]:
    facts: Any = json.loads((parquet.schema_arrow.metadata or {}).get(FACTS, b"null"))
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
