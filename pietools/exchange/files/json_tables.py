"""JSON and JSON lines as columns: records, the layouts of pandas, tables of Weights & Biases, samples of FiftyOne."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.files.tables import Table, listed, of_frame
from pietools.exchange.files.unpacking import content, refuse_size

# Column for the names of rows, where a layout has such names.
KEY = "key"
INT64 = range(-(2**63), 2**63)
LARGEST = 10**300
GROWTH = 15  # times that a file of JSON takes in memory, once it is objects of Python
DEEPEST = 20  # objects within objects; what is deeper stays text
MANY_CELLS, MOST_EMPTY = 10_000_000, 100  # a larger table with fewer values than one in so many cells is none
Record = dict[str, Any]


def read_json_table(path: Path) -> Table:
    """Columns of a JSON file; objects within objects become columns with a dot, such as ``ground_truth.label``."""
    what, records = records_of(path)
    return table_of(path, what, records)


def table_of(path: Path, what: str, records: list[Record]) -> Table:
    """Records as columns, in the order in which their names first occur; a name that a record lacks is missing there."""
    flat = [_unique(path, _flat(record)) for record in records]
    names = dict.fromkeys(name for record in flat for name in record)
    _refuse_empty(path, flat, len(names))
    if not names:
        return Table(path, what, 0, [], lambda name: pl.Series(name, []))
    try:
        return of_frame(
            path, what, pl.DataFrame([column(name, [record.get(name) for record in flat]) for name in names])
        )
    except UnicodeEncodeError:
        raise ImportFileError(f"{path}: a text holds half of a letter (a lone surrogate), which is no UTF-8.") from None


def _refuse_empty(path: Path, flat: list[Record], n_names: int) -> None:
    """Raise if records have so little in common that hardly a cell of their table would hold a value."""
    n_cells, n_values = len(flat) * n_names, sum(map(len, flat))
    if n_cells > MANY_CELLS and n_cells > MOST_EMPTY * n_values:
        raise ImportFileError(
            f"{path} is no table: its {len(flat):,} records have {n_names:,} names, and hardly one of them in common."
        )


def _unique(path: Path, pairs: Iterable[tuple[str, Any]]) -> Record:
    listed_pairs = list(pairs)
    record = dict(listed_pairs)
    if len(record) < len(listed_pairs):
        [(twice, _)] = Counter(name for name, _ in listed_pairs).most_common(1)
        raise ImportFileError(f"{path}: an object has two values named '{twice}'.")
    return record


def _loads(path: Path, text: str) -> Any:
    """JSON without names that an object has twice, of which Python would take the last."""
    return json.loads(text, object_pairs_hook=lambda pairs: dict(pairs) if len(pairs) < 2 else _unique(path, pairs))


def records_of(path: Path) -> tuple[str, list[Record]]:
    """Kind of a JSON file in words, and its records."""
    text = _text(path)
    try:
        whole = _loads(path, text)
    except RecursionError:
        raise ImportFileError(f"{path} is no table: its values are nested too deep.") from None
    except ValueError:  # also a number of more digits than Python reads
        return "JSON lines", list(_lines(path, text))
    return _records_of_whole(path, whole)


def whole_of(path: Path) -> Record:
    """The one object that a JSON file holds."""
    whole: Record = _loads(path, _text(path))
    return whole


def _text(path: Path) -> str:
    data = content(path)
    refuse_size(path, GROWTH * len(data), len(data))
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        raise ImportFileError(f"{path} is no JSON: it is not in UTF-8.") from None
    if not text.strip():
        raise ImportFileError(f"{path} is empty.")
    return text


def _lines(path: Path, text: str) -> Iterator[Record]:
    """A record a line. Lines end with a line feed alone: JSON may hold the other line ends of Unicode."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    for number, line in lines:
        try:
            record = _loads(path, line)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", None) or str(error)
            if number == lines[-1][0] and number > 1:
                raise ImportFileError(
                    f"{path} is cut off: its last line, {number}, is no whole JSON ({reason})."
                ) from None
            raise ImportFileError(f"{path}: line {number} is no JSON ({reason}).") from None
        if not isinstance(record, dict):
            raise ImportFileError(f"{path}: line {number} holds {_kind(record)}, not an object with names.")
        yield record


def _kind(value: Any) -> str:
    return {list: "a list", str: "a text", bool: "true or false", dict: "an object"}.get(type(value), "a number")


def _records_of_whole(path: Path, whole: Any) -> tuple[str, list[Record]]:
    if isinstance(whole, list):
        if not all(isinstance(record, dict) for record in whole):
            raise ImportFileError(f"{path} holds a list of {_kind(whole[0])}s. Allowed: a list of objects with names.")
        return "JSON", whole
    if not isinstance(whole, dict):
        raise ImportFileError(f"{path} holds {_kind(whole)}. Allowed: objects with names.")
    if isinstance(whole.get("columns"), list) and isinstance(whole.get("data"), list):
        return _split(path, whole)
    if isinstance(whole.get("data"), list) and isinstance(whole.get("schema"), dict):
        return "JSON", _objects(path, whole["data"])
    if isinstance(whole.get("labels"), dict) and isinstance(whole.get("classes", 0), list | type(None)):
        return "FiftyOne labels", list(_classifications(whole["labels"], whole["classes"]))
    if isinstance(whole.get("samples"), list):
        return "JSON samples", _objects(path, whole["samples"])
    if whole and all(isinstance(value, list) for value in whole.values()):
        return "JSON", _of_columns(path, whole)
    if whole and all(isinstance(value, dict) for value in whole.values()):
        return "JSON", _nested(whole)
    return "JSON", [whole]


def _classifications(labels: Record, classes: list[str] | None) -> Iterator[Record]:
    """``{"key": "cat"}``, ``{"key": 2}`` or ``{"key": {"label": …, "confidence": …}}``; numbers are positions in the classes."""
    for key, value in labels.items():
        said = value if isinstance(value, dict) else {"label": value}
        label = said.get("label")
        if classes and isinstance(label, int) and 0 <= label < len(classes):
            label = classes[label]
        yield {KEY: key, **said, "label": label}


def _objects(path: Path, values: list[Any]) -> list[Record]:
    if not all(isinstance(value, dict) for value in values):
        raise ImportFileError(f"{path}: its rows are no objects with names.")
    return values


def _split(path: Path, whole: Record) -> tuple[str, list[Record]]:
    """``{"columns": […], "data": [[…], …]}``, as pandas (orient split) and Weights & Biases write it."""
    names, rows = [str(name) for name in whole["columns"]], whole["data"]
    if len(set(names)) < len(names):
        raise ImportFileError(f"{path} has two columns of one name among: {listed(names)}.")
    if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        raise ImportFileError(f"{path}: a row has not the {len(names)} values that its columns ask for.")
    records = [dict(zip(names, row, strict=True)) for row in rows]
    index = whole.get("index")
    if isinstance(index, list) and len(index) == len(records) and KEY not in names:
        records = [{KEY: key, **record} for key, record in zip(index, records, strict=True)]
    return "JSON table", records


def _of_columns(path: Path, whole: Record) -> list[Record]:
    """``{"name": [values], …}``."""
    if len({len(values) for values in whole.values()}) > 1:
        raise ImportFileError(f"{path}: its columns {listed(list(whole))} have different lengths.")
    return [dict(zip(whole, row, strict=True)) for row in zip(*whole.values(), strict=True)]


def _nested(whole: Record) -> list[Record]:
    """Orient index of pandas, ``{row: {column: value}}``, or orient columns, ``{column: {row: value}}``.

    They differ in nothing but their size: there are more rows than columns, and rows of a table are alike.
    """
    inner = dict.fromkeys(name for value in whole.values() for name in value)
    if len(inner) > len(whole):
        return [{KEY: row, **{name: values.get(row) for name, values in whole.items()}} for row in inner]
    return [{KEY: row, **values} for row, values in whole.items()]


def _flat(record: Record, before: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, dict) and value and depth < DEEPEST:
            yield from _flat(value, f"{before}{name}.", depth + 1)
        else:
            yield before + name.strip(), value


def column(name: str, values: list[Any]) -> pl.Series:
    """Values of all rows as one column, of the type that holds every one; of a mixture, text as JSON writes it."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {int, float} and kinds:
        if float not in kinds and all(value is None or value in INT64 for value in values):
            return pl.Series(name, values, dtype=pl.Int64)
        if float in kinds and all(
            value is None or abs(value) < LARGEST or value != value or type(value) is float for value in values
        ):
            return pl.Series(name, [None if value is None else float(value) for value in values], dtype=pl.Float64)
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds == {list} and (lists := _lists(name, values)) is not None:
        return lists
    return pl.Series(name, [_as_text(value) for value in values], dtype=pl.String)


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _lists(name: str, values: list[Any]) -> pl.Series | None:
    """Lists of numbers, also nested, or of texts; None for another mixture, which stays text."""
    kinds = {type(item) for value in values if value is not None for item in value} - {type(None)}
    if kinds <= {int, float}:
        return pl.Series(name, values, dtype=pl.List(pl.Float64), strict=False)
    if kinds == {str}:
        return pl.Series(name, values, dtype=pl.List(pl.String))
    if kinds == {list}:
        try:
            return pl.Series(name, values, dtype=pl.List(pl.List(pl.Float64)))
        except (TypeError, pl.exceptions.PolarsError):
            return None
    return None
