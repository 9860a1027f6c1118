"""Any table by its path."""

from pathlib import Path

from pietools.errors import ImportFileError
from pietools.exchange.files.opening import suffix_of
from pietools.exchange.files.tables import Table
from pietools.exchange.files.text_tables import read_text_table


def read_table(path: Path) -> Table:
    """Columns of a table with at least one row; raises ImportFileError if it has none."""
    table = _read(path)
    if not table.height:
        raise ImportFileError(f"{path} has no rows.")
    return table


def _read(path: Path) -> Table:
    """By the suffix; what few files need is imported for them."""
    match suffix_of(path):
        case ".parquet":
            from pietools.exchange.files.parquet_tables import read_parquet_table

            return read_parquet_table(path)
        case ".json" | ".jsonl" | ".ndjson":
            from pietools.exchange.files.json_tables import read_json_table

            return read_json_table(path)
        case _:
            return read_text_table(path)
