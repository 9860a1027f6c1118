"""How properties measured outside come into a study: a number or a text per example, or nothing where there is none."""

from typing import Any

import numpy as np
import polars as pl

from pietools.errors import StudyError
from pietools.study.database import Database

IMPORTED = "imported"
# "a*b" crosses two properties, "a@b" is property a from source b, the macros know the given label as "class", and results have
# rows of other names beside those of properties.
RESERVED = ("class", "compressed", "(compression)", "(joint)", "(intercept)")
SEPARATORS = "*@"
# Whole numbers beyond this are not all doubles.
LARGEST_WHOLE = 2**53


def add_property(database: Database, dataset: str, name: str, values: np.ndarray | pl.Series, source: str) -> int:
    """Add a property and return how many values were added: see :meth:`pietools.study.Study.add_property`."""
    _check_names(name, source)
    dataset_id = database.value("select dataset_id_of(?)", [dataset])
    found = _rows(dataset, name, values)
    n = database.value("select n_examples from datasets where dataset_id = ?", [dataset_id])
    if found.height != n:
        raise StudyError(f"data set '{dataset}' has {n} examples, found {found.height} values of property '{name}'.")
    where = [dataset_id, name, source]
    stored = database.sql(
        """select example_id, number, text from example_properties where dataset_id = ? and property = ? and source = ?""",
        where,
    )
    if stored.height:
        _refuse_other_values(database, dataset, where, stored, found)
        return 0
    rows = found.filter(_is_known()).with_columns(
        dataset_id=pl.lit(dataset_id, pl.Int32), property=pl.lit(name), source=pl.lit(source)
    )
    if not rows.height:
        raise StudyError(f"property '{name}' of data set '{dataset}' has no value: all {n} are missing.")
    database.append("example_properties", rows.to_arrow())
    return rows.height


def _check_names(name: str, source: str) -> None:
    if not name or name != name.strip() or name in RESERVED or any(mark in name for mark in SEPARATORS):
        raise StudyError(
            f"a property cannot be named '{name}'. Allowed: text without * and @ and without blanks around it, but not "
            f"{', '.join(RESERVED[:-1])} or {RESERVED[-1]}, which mean something else."
        )
    if not source or source != source.strip() or SEPARATORS[0] in source:
        raise StudyError(
            f"the source of a property cannot be '{source}'. Allowed: text without * and blanks around it."
        )


def _is_known() -> pl.Expr:
    return pl.col("number").is_not_null() | pl.col("text").is_not_null()


def _rows(dataset: str, name: str, values: np.ndarray | pl.Series) -> pl.DataFrame:
    """One row per example: example_id, number and text, of which at least one is null."""
    what = f"property '{name}' of data set '{dataset}'"
    series = values if isinstance(values, pl.Series) else pl.Series(np.asarray(values))
    numbers, texts = (
        pl.Series(pl.repeat(None, len(series), dtype=dtype, eager=True)) for dtype in (pl.Float64, pl.String)
    )
    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        numbers = _numbers(what, series)
    elif series.dtype in (pl.String, pl.Categorical, pl.Enum):
        texts = series.cast(pl.String).replace("", None)
    elif series.dtype != pl.Null:
        raise StudyError(
            f"{what} has values of type {series.dtype}. Allowed: numbers, booleans, or text, one per example."
        )
    example_id = np.arange(len(series), dtype=np.int32)
    return pl.DataFrame({"example_id": example_id, "number": numbers, "text": texts})


def _numbers(what: str, series: pl.Series) -> pl.Series:
    if series.dtype.is_integer() and series.drop_nulls().len():
        largest = max(abs(int(value)) for value in (series.min(), series.max()))  # type: ignore[arg-type]
        if largest > LARGEST_WHOLE:
            raise StudyError(f"{what} has whole numbers up to {largest}, which are no doubles: give them as text.")
    numbers = series.cast(pl.Float64).fill_nan(None)
    if numbers.is_infinite().any():
        raise StudyError(f"{what} has infinite values, first at example {numbers.is_infinite().arg_max()}.")
    return numbers


def _refuse_other_values(
    database: Database, dataset: str, where: list[Any], stored: pl.DataFrame, found: pl.DataFrame
) -> None:
    """Raise if a value differs from the stored one, or is there where none was or the other way round."""
    both = found.join(stored, on="example_id", how="left", suffix="_stored", maintain_order="left")
    differs = both.filter(
        pl.col("number").ne_missing(pl.col("number_stored")) | pl.col("text").ne_missing(pl.col("text_stored"))
    )
    if not differs.height:
        return
    first = differs.row(0, named=True)
    key = database.value(
        "select key from examples where dataset_id = ? and example_id = ?", [where[0], first["example_id"]]
    )
    values = [_shown(first["number" + suffix], first["text" + suffix]) for suffix in ("_stored", "")]
    raise StudyError(
        f"property '{where[1]}' of data set '{dataset}' from '{where[2]}' contradicts what is stored on {differs.height} of "
        f"{found.height} examples, first '{key}': stored {values[0]}, found {values[1]}. (Another --source is stored beside it.)"
    )


def _shown(number: float | None, text: str | None) -> str:
    if number is None and text is None:
        return "nothing"
    return f"'{text}'" if number is None else f"{number:g}"
