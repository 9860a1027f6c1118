"""``pietools.compare``: one dense and one compressed network, from files to an answer."""

from collections.abc import Iterable, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from pietools.errors import PietoolsError
from pietools.exchange.predictions import Source
from pietools.pairs.comparison import Comparison
from pietools.pairs.tasks import Request, read_tasks

MARGIN = 0.01
LARGEST_MARGIN = 0.5


def compare(
    *files: str | PathLike[str],
    reference: str | None = None,
    compressed: str | None = None,
    margin: float = MARGIN,
    groups: Iterable[str] = (),
    rerun: Iterable[str | PathLike[str]] = (),
    reference_again: str | PathLike[str] | None = None,
    network: Iterable[str] = (),
    class_names: Sequence[str] | None = None,
    common: bool = False,
    accept_chance: bool = False,
    seed: int = 0,
    **source: Any,
) -> Comparison:
    """Compare a compressed network with the one it came from, on the same examples.

    Parameters
    ----------
    *files
        Two files, folders of logs, or patterns, the reference first; or, with ``reference`` and ``compressed``, files that hold
        both.
    reference, compressed
        Columns of a table, or arrays of an npz: one predicted label each, a list of scores, or a pattern such as ``pred:*/fp16`` of
        a column for each of several networks.
    margin
        Largest fall of accuracy that would not matter, a fraction (0.01 is one percentage point), set beforehand.
    groups
        Columns that group the examples, or ``FILE:COLUMN``; the given labels do in any case.
    rerun
        Files (or columns) of the reference network run again: a floor.
    reference_again
        A file (or column) of one more network trained as the reference was.
    network
        Of several matched networks only these.
    class_names
        Names of the classes in order, if the files do not say.
    common
        Compare the examples that all files have, and leave out the others.
    accept_chance
        Take predictions that match the labels no better than chance, too.
    seed
        Of all that is drawn.
    **source
        ``predictions``, ``labels``, ``examples``, ``replicates``, ``kind``, ``top_k``, ``threshold``, ``where``, ``repeated``: what
        columns or arrays hold, see :class:`pietools.exchange.predictions.Source`.

    Returns
    -------
    Comparison
        ``headline``; ``tasks``, ``networks``, ``bands``, ``confusions``, ``examples`` and ``regressions`` as polars frames, and
        ``groupings`` with one each; ``change``, ``tests``, ``margin_test`` and whatever else was found.

    Raises
    ------
    pietools.errors.PietoolsError
        If a file cannot be read, or it is not clear what belongs together.

    Notes
    -----
    The examples are random, a sample of more such examples, and the two networks are fixed: what is said holds for these two, and
    not for another training run.
    """
    if not 0 <= margin <= LARGEST_MARGIN:
        raise PietoolsError(f"the margin is a fraction from 0 to {LARGEST_MARGIN} (0.01 is one point), not {margin:g}.")
    request = Request(
        [Path(fspath(one)) for one in files],
        reference,
        compressed,
        Source(**source),
        [fspath(one) for one in rerun],
        None if reference_again is None else fspath(reference_again),
        list(groups),
        class_names,
        accept_chance,
        list(network),
        common,
    )
    return Comparison(read_tasks(request), margin, seed)
