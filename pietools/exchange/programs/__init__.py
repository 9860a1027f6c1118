"""Files as other programs write them: each room knows one program, and turns its file into an ordinary table."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.files.opening import suffix_of
from pietools.exchange.files.reading import read_table
from pietools.exchange.files.tables import Table
from pietools.exchange.predictions import Source
from pietools.exchange.programs import fiftyone, inspect_log, lm_eval, predict_proba, timm_inference

# In this order: the first that knows a table reads it.
PROGRAMS = (lm_eval, inspect_log, timm_inference, fiftyone, predict_proba)


def opened(path: Path, source: Source, table: Table | None = None) -> tuple[Table, Source]:
    """A table, and where things are in it, as far as the program that wrote it says; what the user says goes first.

    ``table``: the file, if it was read before.
    """
    if suffix_of(path) == inspect_log.SUFFIX:
        with _known_layout(path, inspect_log.NAME):
            return inspect_log.of_archive(path, source)
    table = read_table(path) if table is None else table
    for program in PROGRAMS:
        with _known_layout(path, program.NAME):
            known = program.recognised(table, source)
        if known is not None:
            return known
    return table, source


@contextmanager
def _known_layout(path: Path, name: str) -> Iterator[None]:
    """Turn what a file of a program lacks, or has in another place, into one line."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        raise ImportFileError(
            f"{path} looks like {name}, but something in it is missing or has another form than is known: {error}."
        ) from None
