"""Frames of scikit-learn's ``predict_proba``: a column for each class, named as the class."""

from dataclasses import replace

import numpy as np
import polars as pl

from pietools.exchange.columns import USUAL
from pietools.exchange.files.tables import Table
from pietools.exchange.predictions import Source
from pietools.exchange.scores import tolerance

NAME = "a frame of predict_proba"
NO_CLASS = {*USUAL["examples"], *USUAL["labels"], "", "unnamed: 0", "index"}


def recognised(table: Table, source: Source) -> tuple[Table, Source] | None:
    """Where things are, if the columns that have no usual name are probabilities of the classes that they are named after."""
    usual = {name for names in USUAL.values() for name in names}
    if source.predictions is not None or source.networks is not None or table.class_names:
        return None
    if any(name.lower() in usual - NO_CLASS for name in table.columns):
        return None
    said = {source.labels, source.examples, source.replicates, *source.where}
    candidates = [name for name in table.columns if name not in said and name.lower() not in NO_CLASS]
    probabilities = {name: values for name in candidates if (values := _probabilities(table[name])) is not None}
    if len(probabilities) < 2:
        return None
    sums = np.sum(list(probabilities.values()), axis=0)
    if (np.abs(sums - 1) > tolerance(len(probabilities))).any():
        return None
    prefix = _common_start(list(probabilities))
    pattern = f"{prefix}*"
    is_prefixed = prefix != "" and (
        not prefix[-1].isalnum() or all(name[len(prefix) :].isdigit() for name in probabilities)
    )
    others = [name for name in candidates if name not in probabilities]
    examples = source.examples or (
        others[0] if len(others) == 1 and table[others[0]].n_unique() == table.height else None
    )
    return replace(table, what=f"{table.what} with a column for each class"), replace(
        source, predictions=pattern if is_prefixed else tuple(probabilities), examples=examples
    )


def _probabilities(column: pl.Series) -> np.ndarray | None:
    if column.dtype != pl.String and not column.dtype.is_numeric():
        return None
    numbers = column.cast(pl.Float64, strict=False)
    if numbers.null_count() or not len(numbers) or not bool(((numbers >= 0) & (numbers <= 1.005)).all()):
        return None
    return numbers.to_numpy()


def _common_start(names: list[str]) -> str:
    """The letters that all names begin with."""
    first, last = min(names), max(names)
    n = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:n]
