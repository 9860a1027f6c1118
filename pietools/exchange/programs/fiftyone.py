"""What FiftyOne exports: ``samples.json`` of a whole data set, and ``labels.json`` of the classifications in one field."""

import json
import zlib
from base64 import b64decode
from dataclasses import replace
from io import BytesIO

import numpy as np
import polars as pl

from pietools.bounds import no_file
from pietools.errors import ImportFileError
from pietools.exchange.files.tables import Table, listed, of_frame
from pietools.exchange.files.unpacking import content, inflated
from pietools.exchange.predictions import Source

NAME = "an export of FiftyOne"
LABEL, CONFIDENCE, LOGITS = ".label", ".confidence", ".logits.$binary.base64"
MOST_HEADER = 10_000  # bytes before the numbers of an npy file
# Beside samples.json: among others the names of the classes in order.
METADATA = "metadata.json"


def recognised(table: Table, source: Source) -> tuple[Table, Source] | None:
    """Where things are, if FiftyOne wrote this: of the fields with a label those with a confidence are predictions."""
    columns = list(table.columns)
    if table.what == "FiftyOne labels":
        return _of_labels(table, source)
    fields = [
        name.removesuffix(LABEL)
        for name in columns
        if name.endswith(LABEL) and f"{name.removesuffix(LABEL)}._cls" in columns
    ]
    if "filepath" not in columns or not fields or source.networks is not None:
        return None
    predicted = [
        field
        for field in fields
        if f"{field}{CONFIDENCE}" in columns and table[f"{field}{CONFIDENCE}"].dtype.is_numeric()
    ]
    given = [field for field in fields if field not in predicted]
    field = source.predictions or (predicted[0] if len(predicted) == 1 else None)
    if field is None:
        raise ImportFileError(
            f"{table.path}: say which field holds the predictions (--predictions). It has: {listed(predicted or fields)}."
        )
    if field not in fields:
        if field in columns:
            return None
        raise ImportFileError(f"{table.path} has no field '{field}' with labels. It has: {listed(fields)}.")
    labels = source.labels or (given[0] if len(given) == 1 else None)
    table = replace(table, what=f"FiftyOne samples, field '{field}'")
    source = replace(
        source,
        labels=f"{labels}{LABEL}" if labels in fields else labels,
        examples=source.examples or "filepath",
        predictions=f"{field}{LABEL}",
    )
    classes = list(source.known_classes) or _classes(table)
    if classes and f"{field}{LOGITS}" in columns:
        return _with_logits(table, field, classes), replace(source, predictions=tuple(classes))
    return table, replace(source, top_k=f"{field}{CONFIDENCE}" if field in predicted else None)


def _of_labels(table: Table, source: Source) -> tuple[Table, Source]:
    if source.predictions is None:
        source = replace(source, predictions="label", top_k="confidence" if "confidence" in table.columns else None)
    return table, replace(source, examples=source.examples or "key")


def _classes(table: Table) -> list[str]:
    """Names of the classes in order, if the data set has them."""
    try:
        path = table.path.parent / METADATA
        described = {} if no_file(path) else json.loads(content(path))
        return [str(name) for name in described.get("default_classes") or []]
    except (OSError, ValueError, AttributeError):
        return []


def _with_logits(table: Table, field: str, classes: list[str]) -> Table:
    """The table with a column of logits for each class; FiftyOne keeps an array as a compressed npy file in text."""
    try:
        packed = [inflated(b64decode(cell), MOST_HEADER + 8 * len(classes)) for cell in table[f"{field}{LOGITS}"]]
        if None in packed:
            raise ImportFileError(f"{table.path}: '{field}' holds more logits than there are classes ({len(classes)}).")
        logits = np.stack([np.load(BytesIO(one or b""), allow_pickle=False) for one in packed]).astype(np.float64)
    except (TypeError, ValueError, zlib.error):
        raise ImportFileError(f"{table.path}: the logits of '{field}' are missing or damaged.") from None
    if logits.ndim != 2 or logits.shape[1] != len(classes):
        raise ImportFileError(f"{table.path}: logits of shape {logits.shape[1:]}, but {len(classes)} classes.")
    others = [name for name in table.columns if name not in classes]
    frame = pl.DataFrame([table[name] for name in others]).with_columns(pl.DataFrame(logits, schema=classes))
    return of_frame(table.path, table.what, frame)
