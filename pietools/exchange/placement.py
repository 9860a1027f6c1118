"""Which row of a table is which network's answer to which example."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pietools.errors import ImportFileError
from pietools.exchange.files.tables import counted
from pietools.exchange.values import without_whole

FIRST, LAST = "first", "last"
MANY_CELLS, MOST_MISSING = (
    10_000_000,
    100,
)  # more places for rows, of which fewer than one in so many has one, are not counted


@dataclass(frozen=True)
class Placement:
    """``rows``, shape (networks, examples): the row of a table; ``replicates`` and ``keys`` are None where none were named."""

    rows: np.ndarray
    replicates: list[str] | None
    keys: pl.Series | None


def place(
    path: Path,
    n_rows: int,
    networks: pl.Series | None,
    examples: pl.Series | None,
    used: Callable[[], pl.DataFrame],
    repeated: str | None,
) -> Placement:
    """Sort the rows of a table by network and example.

    Parameters
    ----------
    networks, examples
        Names in each row; None if there is one network, or if rows are examples in order.
    used
        Gives the columns that say what was predicted, to tell rows that repeat each other from rows that contradict each other.
    repeated
        Which of the rows of one network and example to take.

    Raises
    ------
    ImportFileError
        If a network has an example twice, or lacks one that another has.
    """
    of_network, replicates = _codes(networks, n_rows)
    if examples is None:
        of_example, keys = _positions(of_network, len(replicates)), None
        n = int(of_example.max()) + 1
    else:
        of_example, keys = _codes(examples, n_rows)
        n = len(keys)
    _refuse_sparse(path, len(replicates), n, n_rows)
    cell = of_network * n + of_example
    counts = np.bincount(cell, minlength=len(replicates) * n)
    if counts.max() > 1 and repeated is None:
        _refuse_repeated(path, cell, counts, keys, used(), is_one_network=networks is None)
    if not counts.min():
        _refuse_missing(path, counts.reshape(-1, n), None if networks is None else replicates, keys)
    rows = np.empty(len(counts), dtype=np.int64)
    order = np.arange(n_rows) if repeated != FIRST else np.arange(n_rows)[::-1]
    rows[cell[order]] = order  # of several the one that comes last in this order
    return Placement(rows.reshape(-1, n), None if networks is None else replicates.to_list(), keys)


def _refuse_sparse(path: Path, n_networks: int, n_examples: int, n_rows: int) -> None:
    """Raise if so many rows are missing that there is no room even to count which."""
    if n_networks * n_examples > max(MANY_CELLS, MOST_MISSING * n_rows):
        raise ImportFileError(
            f"{path}: {n_rows:,} rows of {n_networks:,} networks and {n_examples:,} examples, where every network needs all "
            "examples. Are these the columns that name networks (--replicates) and examples (--examples)?"
        )


def _codes(names: pl.Series | None, n_rows: int) -> tuple[np.ndarray, pl.Series]:
    """Number of each name in the order in which they occur, and the names."""
    if names is None:
        return np.zeros(n_rows, dtype=np.int64), pl.Series([""])
    names = names.alias("name")
    distinct = names.unique(maintain_order=True)
    numbered = distinct.to_frame().with_columns(number=pl.arange(pl.len(), dtype=pl.Int64))
    numbers = names.to_frame().join(numbered, on="name", how="left", maintain_order="left")["number"]
    return numbers.to_numpy(), distinct


def _positions(of_network: np.ndarray, n_networks: int) -> np.ndarray:
    """Which of its network's rows each row is, from 0."""
    order = np.argsort(of_network, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(of_network, minlength=n_networks))[:-1]])
    positions = np.empty(len(order), dtype=np.int64)
    positions[order] = np.arange(len(order)) - starts[of_network[order]]
    return positions


def _refuse_repeated(
    path: Path,
    cell: np.ndarray,
    counts: np.ndarray,
    keys: pl.Series | None,
    used: pl.DataFrame,
    *,
    is_one_network: bool,
) -> None:
    twice = np.flatnonzero(counts > 1)
    n = len(counts) if keys is None else len(keys)
    first = np.flatnonzero(cell == twice[np.argmin([np.argmax(cell == one) for one in twice[:1000]])])
    is_repeated = pl.Series(counts[cell] > 1)
    rows = used.filter(is_repeated).with_columns(pl.Series("\0cell", cell[is_repeated.to_numpy()]))
    distinct = rows.group_by("\0cell").agg(pl.struct(pl.all()).n_unique().alias("\0n"))["\0n"]
    n_contradicting = int((distinct > 1).sum())
    alike = f"{n_contradicting:,} of them contradict each other" if n_contradicting else "they are alike"
    key = keys[int(cell[first[0]] % n)] if keys is not None else ""
    column = "name the column of the networks (--replicates), or " if is_one_network else ""
    raise ImportFileError(
        f"{path}: {counted(len(twice), 'example')} with several rows for one network, first '{key}' (rows "
        f"{first[0] + 1} and {first[1] + 1}), and {alike}: {column}take one of them with --repeated first or "
        "--repeated last."
    )


def _refuse_missing(path: Path, counts: np.ndarray, replicates: pl.Series | None, keys: pl.Series | None) -> None:
    network, example = np.argwhere(counts == 0)[0]
    who = "a network" if replicates is None else f"network '{replicates[int(network)]}'"
    lengths = sorted({int(found) for found in (counts > 0).sum(axis=1)})
    if keys is None:
        raise ImportFileError(
            f"{path}: the networks have different numbers of rows, {lengths[0]:,} to {lengths[-1]:,}: name the "
            "examples (--examples) to see which are missing."
        )
    n = int((counts == 0).sum())
    raise ImportFileError(
        f"{path}: {who} has no row of example '{keys[int(example)]}'; of {counted(counts.size, 'row')} {n:,} "
        f"{'is' if n == 1 else 'are'} missing. Every network needs all examples of its population."
    )


def rows_of(path: Path, names: pl.Series, keys: Sequence[str] | pl.Series, owner: str) -> tuple[np.ndarray, str | None]:
    """Position of each key of ``owner`` among the names of a file, and a note if names had to be read as whole numbers.

    Raises ImportFileError if a key is missing.
    """
    wanted = keys if isinstance(keys, pl.Series) else pl.Series(keys, dtype=pl.String)
    if names.equals(wanted):
        return np.arange(len(names)), None
    for file_names, stored, note in (
        (names, wanted, None),
        (without_whole(names), wanted, f"names such as '{names[0]}' are read as '{without_whole(names)[0]}'"),
        (names, without_whole(wanted), f"names such as '{names[0]}' are read as '{wanted[0]}'"),
    ):
        rows = _rows(file_names, stored)
        if not rows.null_count():
            return rows.to_numpy().astype(np.int64), note
    _refuse_names(path, names, wanted, owner)
    raise AssertionError


def _rows(names: pl.Series, keys: pl.Series) -> pl.Series:
    numbered = pl.DataFrame({"name": names}).with_row_index("row")
    return pl.DataFrame({"name": keys}).join(numbered, on="name", how="left", maintain_order="left")["row"]


def _refuse_names(path: Path, names: pl.Series, keys: pl.Series, owner: str) -> None:
    rows = _rows(names, keys)
    missing = keys.filter(rows.is_null())
    if len(missing) < len(keys):
        raise ImportFileError(
            f"{path}: {len(missing):,} of {len(keys):,} examples of {owner} are missing, first '{missing[0]}'. A "
            "network is compared on all of them: give the rest too."
        )
    cause = ""
    bare = [set(without_whole(one).str.strip_chars_start("0")) - {""} for one in (keys, names)]
    if bare[0] & bare[1]:
        cause = " They differ in leading zeros or a trailing .0: write names alike, as text."
    elif not keys.str.contains(r"\D").any() and (keys == pl.Series([str(i) for i in range(len(keys))])).all():
        cause = (
            " The data set was imported without names. Take it out (pietools remove STUDY --dataset NAME), and import its "
            "files with --examples."
        )
    elif set(keys.str.split("/").list.last()) & set(names.str.split("/").list.last()):
        cause = " They differ in their folders."
    elif set(keys.str.replace(r"\.\w+$", "")) & set(names.str.replace(r"\.\w+$", "")):
        cause = " They differ in their suffixes."
    raise ImportFileError(
        f"{path}: example '{keys[0]}' of {owner} is missing, and so are all others: the file names its examples '{names[0]}', …"
        f"{cause or ' Is this the column that names the examples?'}"
    )
