"""Any file with predictions by its path."""

from dataclasses import replace
from pathlib import Path

from pietools.errors import ImportFileError
from pietools.exchange.array_predictions import of_arrays
from pietools.exchange.files.opening import is_arrays, readable
from pietools.exchange.files.tables import Table
from pietools.exchange.predictions import FilePredictions, Source
from pietools.exchange.programs import opened
from pietools.exchange.table_predictions import of_table


def read(path: Path, source: Source, table: Table | None = None) -> FilePredictions:
    """Read one file; ``table`` is what is in it, if that was read before.

    Raises
    ------
    ImportFileError
        If it cannot be read, lacks what ``source`` names, or holds something that cannot be predictions.
    """
    with readable(path):
        found = of_arrays(path, source) if is_arrays(path) else of_table(*opened(path, source, table))
    if source.threshold is not None and (found.scores is None or found.scores.shape[2] != 2):
        raise ImportFileError(f"{path}: --threshold is for scores of two classes.")
    return replace(found, notes=tuple(found.notes))
