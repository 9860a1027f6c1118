"""Any table by its path."""

from pathlib import Path

from pietools.errors import ImportFileError
from pietools.exchange.files.json_tables import read_json_table
from pietools.exchange.files.opening import suffix_of
from pietools.exchange.files.parquet_tables import read_parquet_table
from pietools.exchange.files.tables import Table
from pietools.exchange.files.text_tables import read_text_table

READERS = {
    ".parquet": read_parquet_table,
    ".csv": read_text_table,
    ".tsv": read_text_table,
    ".txt": read_text_table,
    ".json": read_json_table,
    ".jsonl": read_json_table,
    ".ndjson": read_json_table,
}


def read_table(path: Path) -> Table:
    """Columns of a table with at least one row; raises ImportFileError if it has none."""
    table = READERS[suffix_of(path)](path)
    if not table.height:
        raise ImportFileError(f"{path} has no rows.")
    return table
