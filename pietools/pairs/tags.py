"""A row for each example with what happened to it, for other programs: FiftyOne, Spotlight, a notebook."""

import os
from collections.abc import Iterable
from pathlib import Path

from pietools.errors import PietoolsError
from pietools.pairs.comparison import Comparison

SUFFIXES = (".csv", ".parquet")


def check_tags_path(path: Path, inputs: Iterable[str | Path]) -> None:
    """Raise PietoolsError before the work if a file of this name could not be written, or is one that is read."""
    if path.absolute() in {Path(one).absolute() for one in inputs}:
        raise PietoolsError(f"--tags {path}: this file is read. Name another one.")
    if path.suffix.lower() not in SUFFIXES:
        raise PietoolsError(f"--tags {path}: name a .csv or .parquet file.")
    if not os.path.isdir(path.parent):
        raise PietoolsError(f"--tags {path}: there is no folder {path.parent}.")


def write_tags(comparison: Comparison, path: Path) -> None:
    """Write ``comparison.examples``, columns without any value left out; the file is there whole or not at all."""
    examples = comparison.examples
    known = [column.name for column in examples if column.null_count() < examples.height]
    new = path.with_name(f".{path.name}.new")
    if path.suffix.lower() == ".csv":
        examples.select(known).write_csv(new)
    else:
        import pyarrow.parquet as pq

        pq.write_table(examples.select(known).to_arrow(), new, compression="zstd", write_page_checksum=True)
    new.replace(path)
