"""Results of timm's ``inference.py``, whose column ``label`` is what was predicted: the file holds no given labels."""

from dataclasses import replace

import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.files.tables import Table
from pietools.exchange.predictions import Source

NAME = "results of timm's inference.py"
EXAMPLES = ("filename", "key")
LEAST_OF_TWO = 0.495


def recognised(table: Table, source: Source) -> tuple[Table, Source] | None:
    """Where things are, if these are results of timm: all scores, the best, or the best k in lists or columns of their own."""
    columns = list(table.columns)
    examples = next((name for name in EXAMPLES if name in columns), None)
    scored = next((name for name in ("prob", "logit", "output") if name in columns or f"{name}_0" in columns), None)
    if examples is None or scored is None or source.networks is not None:
        return None
    if not set(columns) <= {
        examples,
        "index",
        "label",
        scored,
        *(f"{name}_{i}" for name in ("index", "label", scored) for i in range(1000)),
    }:
        return None
    if (
        f"{scored}_0" in columns
        and not {"label_0", "index_0", "label_1", "index_1"} & set(columns)
        and "label" in columns
    ):
        return None  # a score for each class beside the given label
    if _is_of_second_class(table, columns, scored) or _is_list_beside_label(table, columns, scored):
        return None
    if source.predictions not in (None, "label", "index", "label_*", "index_*", scored, f"{scored}_*"):
        return None
    if source.labels is not None and source.labels in columns:
        raise ImportFileError(
            f"{table.path}: these look like results of timm's inference.py, whose '{source.labels}' is what was "
            "predicted. Take the given labels from another file: --labels FILE:COLUMN."
        )
    table = replace(table, what=f"timm results ({table.what})")
    source = replace(source, examples=source.examples or examples, labels=source.labels or "")
    if f"{scored}_0" in columns:
        best = _classes(source, columns, "_*", "_0")
        return table, replace(source, predictions=best or f"{scored}_*", top_k=f"{scored}_*" if best else None)
    classes = _classes(source, columns, "", "")
    if classes is None:
        return table, replace(source, predictions=scored)
    return table, replace(source, predictions=classes, top_k=scored)


def _is_of_second_class(table: Table, columns: list[str], scored: str) -> bool:
    """Whether a column of probabilities is that of the second of two classes, which the best class cannot have below a half."""
    classes = next((name for name in ("index", "label") if name in columns), None)
    if scored != "prob" or scored not in columns or classes is None:
        return False
    if table[scored].dtype.is_nested() or table[classes].dtype.is_nested() or table[classes].n_unique() > 2:
        return False
    numbers = table[scored].cast(pl.Float64, strict=False)
    return not numbers.null_count() and bool((numbers < LEAST_OF_TWO).any())


def _is_list_beside_label(table: Table, columns: list[str], scored: str) -> bool:
    """Whether a list of scores stands beside one class: that is the given label."""
    classes = next((name for name in ("index", "label") if name in columns), None)
    if scored not in columns or classes is None:
        return False
    return bool(table[scored].dtype.is_nested() and not table[classes].dtype.is_nested())


def _classes(source: Source, columns: list[str], pattern: str, first: str) -> str | None:
    """The column of classes: numbers before names, which may be shared by classes, unless the user says names."""
    if source.predictions in (f"label{pattern}", f"index{pattern}"):
        return source.predictions
    return next((f"{name}{pattern}" for name in ("index", "label") if f"{name}{first}" in columns), None)
