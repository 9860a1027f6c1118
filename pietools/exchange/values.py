"""What the cells of a column mean: names, classes, scores. Decided from the whole column, never from its first rows."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.files.tables import counted, listed

# How other programs write that there is no value. A class of this name is a class where the list of classes has it.
MISSING_MARKS = ("", "na", "n/a", "<na>", "nan", "none", "null")
NO_LABEL = (-1, -100)  # -100: PyTorch's mark for a label to be ignored
NO_LABEL_MARKS = ("-1", "-100", "-1.0", "-100.0")
TRUTH = ("false", "true")
WHOLE_NUMBER = r"^[+-]?\d+(\.0*)?$"
NUMBER = r"^[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?%?$"
# May be a decimal comma or one that groups thousands.
THOUSANDS = r"^[+-]?[1-9]\d{0,2}(,\d{3})+$"
# How a list begins when it is printed.
LIST = r"^\s*(np\.array|array|tensor)?\s*[\[(]"
# Items may have different numbers of choices; longer lists of unequal length are damaged.
MOST_CHOICES = 64
MANY_ALIKE = 20
QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")


@dataclass(frozen=True)
class Classes:
    """Classes as a file gives them: ``values`` are whole numbers, or positions in ``names``; −1 where there is none."""

    values: np.ndarray
    names: Sequence[str] | None = None

    def __getitem__(self, rows: np.ndarray | None) -> "Classes":
        """The same in another order."""
        return Classes(self.values[rows], self.names)

    @property
    def used(self) -> set[str]:
        """Classes that occur, as text."""
        found = np.unique(self.values)
        return {str(value) if self.names is None else self.names[value] for value in found[found >= 0]}


def names_of(path: Path, column: pl.Series) -> pl.Series:
    """Names as they are written, without the blanks around them; raises ImportFileError where one is missing."""
    if column.dtype.is_nested():
        raise ImportFileError(f"{path}: column '{column.name}' holds lists, not names.")
    names = column.cast(pl.String).str.strip_chars().str.normalize("NFC").replace("", None)
    if n := names.null_count():
        row = int(names.is_null().arg_max() or 0)
        raise ImportFileError(
            f"{path}: column '{column.name}' has {counted(n, 'missing name')}, first in row {row + 1}."
        )
    return names


def without_whole(names: pl.Series) -> pl.Series:
    """Names such as 12.0 as 12, if all are so: pandas writes whole numbers like that beside a missing one."""
    return names.str.replace(r"\.0$", "") if names.str.contains(r"^\d+\.0$").all() else names


def classes_of(path: Path, column: pl.Series, known: Collection[str] = ()) -> Classes:
    """Classes of a column: whole numbers however they are written, else names.

    Parameters
    ----------
    known
        Names of classes that are known: what is one of them is no number and no mark of a missing value.

    Raises
    ------
    ImportFileError
        If the column holds fractions or lists, or numbers with a few texts among them.
    """
    if column.dtype.is_nested():
        raise ImportFileError(f"{path}: column '{column.name}' holds lists, not a class in each row.")
    if column.dtype.is_numeric() and not {str(value) for value in NO_LABEL} & set(known):
        return _whole(path, _without_fractions(path, column))
    truths = {name.lower(): name for name in known if name.lower() in TRUTH}
    texts = column.cast(pl.String).str.strip_chars().str.normalize("NFC")
    if len(truths) == len(TRUTH):
        texts = texts.str.to_lowercase().replace(truths)
    is_known = texts.is_in([name for name in known if name])
    texts = texts.set(texts.str.to_lowercase().is_in([*MISSING_MARKS, *NO_LABEL_MARKS]) & ~is_known, None)
    present = texts.drop_nulls()
    if len(present) and present.is_in(list(known)).all():
        return named(texts)
    if present.str.contains(WHOLE_NUMBER).all():
        return _whole(path, texts.str.replace(r"\.0*$", ""))
    if present.str.to_lowercase().is_in(TRUTH).all():
        return _whole(path, (texts.str.to_lowercase() == TRUTH[1]).cast(pl.Int8))
    _refuse_stray(path, column.name, texts)
    return named(texts)


def _without_fractions(path: Path, column: pl.Series) -> pl.Series:
    numbers = column.fill_nan(None) if column.dtype.is_float() else column
    if column.dtype.is_float() and (fractions := numbers.drop_nulls().filter(numbers.drop_nulls() % 1 != 0)).len():
        raise ImportFileError(
            f"{path}: column '{column.name}' holds fractions, first {fractions[0]:.6g}: those are scores, not classes."
        )
    return numbers


def _refuse_stray(path: Path, name: str, texts: pl.Series) -> None:
    """Raise if most cells are numbers or lists, and others are not: one cell does not make names of all."""
    is_alike = texts.str.contains(NUMBER) | texts.str.contains(r"^[\[({]")
    n_stray = int((~is_alike).sum())
    if n_stray and n_stray < is_alike.sum():
        row = int((~is_alike).fill_null(value=False).arg_max() or 0)
        raise ImportFileError(
            f"{path}: column '{name}' holds numbers or lists, but {n_stray:,} other cells, first '{texts[row][:40]}' "
            f"in row {row + 1}: mend them, or leave the rows out."
        )
    if is_alike.any() and not n_stray and not texts.drop_nulls().str.contains(r"^[\[({]").all():
        row = int((~texts.str.contains(WHOLE_NUMBER)).fill_null(value=False).arg_max() or 0)
        raise ImportFileError(
            f"{path}: column '{name}' holds '{texts[row][:40]}' in row {row + 1}, a score rather than a class: every "
            "cell must be one."
        )


def named(texts: pl.Series) -> Classes:
    """Texts as classes; null is none."""
    names = texts.drop_nulls().unique().sort()
    codes = texts.replace_strict(names, pl.Series(range(len(names)), dtype=pl.Int32), default=-1, return_dtype=pl.Int32)
    return Classes(codes.fill_null(-1).to_numpy(), names.to_list())


def together(path: Path, classes: list[Classes]) -> Classes:
    """Classes of several networks with one list of names; raises ImportFileError if some are numbers and others names."""
    if all(one.names is None for one in classes):
        return Classes(np.concatenate([one.values for one in classes]))
    if any(one.names is None for one in classes):
        raise ImportFileError(f"{path}: some networks predict numbers and others names of classes.")
    texts = [np.array([*(one.names or ()), None], dtype=object)[one.values] for one in classes]
    shape = (sum(len(one.values) for one in classes), *classes[0].values.shape[1:])
    joined = named(pl.Series(np.concatenate([text.ravel() for text in texts]), dtype=pl.String))
    return Classes(joined.values.reshape(shape), joined.names)


def _whole(path: Path, column: pl.Series) -> Classes:
    numbers = column.cast(pl.Int64, strict=False)
    if numbers.null_count() > column.null_count():
        raise ImportFileError(f"{path}: column '{column.name}' holds whole numbers beyond 2⁶³: no classes.")
    values = numbers.fill_null(-1).to_numpy()
    return Classes(np.where(np.isin(values, NO_LABEL), -1, values) if (values < -1).any() else values)


def numbers_of(path: Path, column: pl.Series) -> np.ndarray:
    """A column as float64; NaN where a value is missing, which the caller refuses or not.

    Raises ImportFileError for a cell that is no number. A comma may be the decimal point if no cell has a point.
    """
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    if column.dtype.is_nested():
        raise ImportFileError(f"{path}: column '{column.name}' holds lists, not one number in each row.")
    texts = column.cast(pl.String).str.strip_chars()
    texts = texts.set(texts.str.to_lowercase().is_in(MISSING_MARKS), None)
    numbers = parsed(texts)
    if numbers.null_count() > texts.null_count():
        is_wrong = numbers.is_null() & texts.is_not_null()
        row = int(is_wrong.arg_max() or 0)
        raise ImportFileError(
            f"{path}: column '{column.name}' holds '{texts[row][:40]}' in row {row + 1}, which is no number."
        )
    return numbers.fill_null(np.nan).to_numpy()


def parsed(texts: pl.Series) -> pl.Series:
    """Texts as numbers, null where one is none: with a percent sign behind all, or a decimal comma where no cell has a point."""
    present = texts.drop_nulls()
    if len(present) and present.str.ends_with("%").all():
        return parsed(texts.str.strip_suffix("%")) / 100
    numbers = texts.cast(pl.Float64, strict=False)
    with_comma = present.filter(present.str.contains(",", literal=True))
    is_decimal = len(with_comma) and not present.str.contains(".", literal=True).any()
    if is_decimal and not with_comma.str.contains(THOUSANDS).all():
        return texts.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    return numbers


def is_lists(column: pl.Series) -> bool:
    """Whether each cell is a list, or the text of one such as ``[0.1, 0.9]``."""
    if column.dtype != pl.String:
        return column.dtype in (pl.List, pl.Array)
    present = column.drop_nulls()
    return len(present) > 0 and present.str.contains(LIST).all()


def lists_of(path: Path, column: pl.Series) -> np.ndarray:
    """Lists of numbers as float64, shape (rows, longest); NaN where a number is missing, −inf beyond the end of a shorter list.

    Lists of one list, as a batch of one leaves them, are that list. Raises ImportFileError for what is no list of numbers.
    """
    lists = _as_lists(path, column)
    what = f"{path}: column '{column.name}'"
    while isinstance(lists.dtype, pl.List) and isinstance(lists.dtype.inner, pl.List | pl.Array):
        if (lists.list.len() != 1).any():
            raise ImportFileError(
                f"{what} holds lists of {lists.list.len()[0]} lists. Allowed: one list of scores in each row."
            )
        lists = lists.list.first()
        lists = lists.arr.to_list() if isinstance(lists.dtype, pl.Array) else lists
    if lists.null_count():
        raise ImportFileError(
            f"{what} has {lists.null_count():,} missing lists, first in row {int(lists.is_null().arg_max() or 0) + 1}."
        )
    lengths = lists.list.len().to_numpy()
    longest = int(lengths.max())
    if not lengths.min():
        raise ImportFileError(f"{what} holds an empty list in row {int(lengths.argmin()) + 1}.")
    try:
        items = lists.explode()
        flat = (items if items.dtype == pl.Float32 else items.cast(pl.Float64)).fill_null(np.nan).to_numpy()
    except pl.exceptions.PolarsError:
        raise ImportFileError(f"{what} holds lists of {lists.dtype.inner}, not of numbers.") from None  # type: ignore[attr-defined]
    if lengths.min() == longest:
        return flat.reshape(-1, longest)
    _refuse_one_odd_list(what, lengths)
    if longest > MOST_CHOICES:
        raise ImportFileError(
            f"{what} holds lists of {lengths.min():,} to {longest:,} numbers: one for each class in every row."
        )
    scores = np.full((len(lengths), longest), -np.inf, dtype=flat.dtype)
    scores[np.arange(longest) < lengths[:, None]] = flat
    return scores


def _refuse_one_odd_list(what: str, lengths: np.ndarray) -> None:
    """Raise if nearly all lists have one length: items with different numbers of choices come in numbers."""
    usual = int(np.bincount(lengths).argmax())
    odd = np.flatnonzero(lengths != usual)
    if len(odd) * MANY_ALIKE < len(lengths):
        raise ImportFileError(
            f"{what} holds a list of {lengths[odd[0]]:,} numbers in row {odd[0] + 1}, where "
            f"{len(lengths) - len(odd):,} rows have {usual:,}: damaged?"
        )


def names_in_lists(path: Path, column: pl.Series) -> pl.Series:
    """Lists of classes, as text or numbers, shape (rows,) of lists of text."""
    if column.dtype == pl.String:
        return pl.Series(column.name, [_texts(path, column.name, cell) for cell in column], dtype=pl.List(pl.String))
    lists = column.arr.to_list() if isinstance(column.dtype, pl.Array) else column
    if not isinstance(lists.dtype, pl.List) or lists.dtype.inner.is_nested():
        raise ImportFileError(f"{path}: column '{column.name}' has type {column.dtype}. Allowed: lists of classes.")
    if lists.dtype.inner.is_float():
        lists = lists.cast(pl.List(pl.Int64))
    return lists.cast(pl.List(pl.String))


def _texts(path: Path, name: str, cell: str | None) -> list[str]:
    """The list that a text such as ``['a', 'b']``, ``['a' "b's"]`` or ``[1 2]`` writes."""
    inner = (cell or "").strip().strip("[]()")
    if "'" not in inner and '"' not in inner:
        return inner.replace(",", " ").split()
    if QUOTED.sub("", inner).strip(" ,\n"):
        raise ImportFileError(f"{path}: column '{name}' holds '{(cell or '')[:60]}', which is no list of classes.")
    return [one[0] or one[1] for one in QUOTED.findall(inner)]


def _as_lists(path: Path, column: pl.Series) -> pl.Series:
    if column.dtype == pl.Array:
        return column.arr.to_list()
    if column.dtype != pl.String:
        return column
    if column.str.contains("...", literal=True).any():
        raise ImportFileError(
            f"{path}: column '{column.name}' holds lists that were shortened with '...' when they were printed: write all numbers "
            "(numpy.set_printoptions(threshold=sys.maxsize)), or save as Parquet."
        )
    column = column.str.replace_all(r"(np\.\w+|array|tensor)\(", "(")
    if (row := (~column.str.contains(r"[\])]\s*$")).arg_max()) is not None and not column.str.contains(
        r"[\])]\s*$"
    ).all():
        raise ImportFileError(
            f"{path}: column '{column.name}' holds a list without an end in row {row + 1}: is the file cut off?"
        )
    inner = column.str.replace_all(r"[\[\](),\s]+", " ").str.strip_chars()
    if (column.str.count_matches(r"\[") > 2).any():
        raise ImportFileError(
            f"{path}: column '{column.name}' holds lists of lists. Allowed: one list of scores in each row."
        )
    parts = inner.str.split(" ")
    flat = parts.explode()
    numbers = flat.cast(pl.Float64, strict=False)
    is_wrong = numbers.is_null() & flat.is_not_null() & ~flat.str.to_lowercase().is_in(MISSING_MARKS)
    if is_wrong.any():
        raise ImportFileError(
            f"{path}: column '{column.name}' holds lists of text, such as '{flat.filter(is_wrong)[0][:40]}', not of numbers."
        )
    return parts.list.eval(pl.element().cast(pl.Float64, strict=False))


def shown_row(values: np.ndarray, most: int = 6) -> str:
    """A few numbers as a sentence holds them."""
    return listed([f"{value:.4g}" for value in np.ravel(values)[:most]]) + (", …" if np.size(values) > most else "")
