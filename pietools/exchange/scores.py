"""What numbers for each class are: logits, probabilities in some unit and rounding, or neither; and how a study keeps them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pietools.errors import ImportFileError
from pietools.exchange.values import shown_row
from pietools.statistics.tools.scalars import less_largest

LOGITS, PROBABILITIES, LABELS = "logits", "probabilities", "labels"
# Rows at a time: what is computed for a row stays in the cache.
CHUNK = 512
NEGATIVE = -1e-6  # a probability that a program computed may fall this much below 0
# Units of probabilities: what a row sums to, and what it is called.
UNITS = {1: "probabilities", 100: "percent", 255: "probabilities as bytes (of 255)"}
SAID = 2e-3  # rows that are off by more than this are said to be rounded
MIN_SORTED_ROWS = 10
COARSE = 1e-3  # differences of logits below this are lost unnoticed


@dataclass(frozen=True)
class Scale:
    """How scores are to be read: ``kind``, and for probabilities the ``unit`` that a row sums to; ``notes`` for the reader."""

    kind: str
    unit: int = 1
    notes: tuple[str, ...] = ()

    def read(self, scores: np.ndarray) -> np.ndarray:
        """Scores of one network, shape (n, m), as float32.

        Probabilities sum to 1; logits are less their row's largest, −inf for a class that an example does not have.
        """
        read = np.empty(scores.shape, dtype=np.float32)
        for i in range(0, len(scores), CHUNK):
            read[i : i + CHUNK] = self._chunk(scores[i : i + CHUNK])
        return read

    def _chunk(self, scores: np.ndarray) -> np.ndarray:
        if self.kind == LOGITS:
            return less_largest(scores)
        probabilities = np.maximum(scores, 0, dtype=np.float64)
        return probabilities / probabilities.sum(axis=1, keepdims=True)


def tolerance(n_classes: int) -> float:
    """How far from 1 a row of rounded probabilities may sum: half a unit of two decimals for each class, at most a tenth."""
    return min(0.1, 0.005 * n_classes) + 1e-3


@dataclass(frozen=True)
class _Summary:
    """What is asked of all scores at once."""

    low: float
    high: float
    low_sum: float
    high_sum: float
    is_whole: bool
    is_sorted: bool
    furthest_from_log: float
    first: np.ndarray


def scale_of(path: Path, where: str, scores: np.ndarray, kind: str | None) -> Scale:
    """Find out what scores, shape (networks, examples, classes), are; −inf is a class that an example does not have.

    Parameters
    ----------
    where
        What to call them: ``scores``, ``column 'prob'`` or ``columns 'prob_*'``.
    kind
        What the user says that they are, or None.

    Raises
    ------
    ImportFileError
        If they cannot be logits or probabilities of the classes, or not what the user says; it says what they look like.
    """
    summaries = [_summary(path, where, k, network) for k, network in enumerate(scores)]
    found = _of_all(summaries, n_rows=scores.shape[0] * scores.shape[1])
    n_classes = scores.shape[2]
    what = f"{path}: {where} hold" + ("" if where.endswith("s") or where.startswith("columns") else "s")
    if found.is_sorted:
        raise ImportFileError(f"{what} {_best_only(found, n_classes)}")
    unit = _unit(found, n_classes)
    if unit is None and (alike := [_unit(one, n_classes) for one in summaries]) != [None] * len(alike):
        k = next(k for k, one in enumerate(alike) if one is not None)
        raise ImportFileError(
            f"{what} probabilities for network {k}, and other numbers for another: give networks of one kind."
        )
    if kind == LOGITS and unit == 1:
        raise ImportFileError(f"{what} probabilities (none negative, each row sums to 1): say --kind probabilities.")
    if kind != LOGITS and unit is not None:
        return Scale(PROBABILITIES, unit, tuple(_of_probabilities(found, unit)))
    if kind == PROBABILITIES:
        if found.low >= 0:
            raise ImportFileError(f"{what} {_no_probabilities(found, n_classes)}.")
        raise ImportFileError(f"{what} no probabilities (negative, down to {found.low:.4g}): say --kind logits.")
    if kind is None and found.is_whole and not (found.low >= NEGATIVE and _is_near_unit(found)):
        raise ImportFileError(
            f"{what} whole numbers ({shown_row(found.first)}): labels that {n_classes} networks predict? Then "
            "--networks instead of --predictions for columns, and for an array networks × examples. Logits of a "
            "quantized network? Then --kind logits."
        )
    if kind is None and found.low >= NEGATIVE and (found.high <= 1 or _is_near_unit(found)):
        raise ImportFileError(f"{what} {_no_probabilities(found, n_classes)}.")
    return Scale(LOGITS, notes=tuple(_of_logits(found, scores)))


def _summary(path: Path, where: str, network: int, scores: np.ndarray) -> _Summary:
    """Pass over the scores of a network once, in chunks; refuses NaN, +inf, and rows without a finite number."""
    parts = [_summary_of_chunk(path, where, network, i, scores[i : i + CHUNK]) for i in range(0, len(scores), CHUNK)]
    return _of_all(parts, n_rows=len(scores))


def _of_all(parts: list[_Summary], n_rows: int) -> _Summary:
    return _Summary(
        low=min(part.low for part in parts),
        high=max(part.high for part in parts),
        low_sum=min(part.low_sum for part in parts),
        high_sum=max(part.high_sum for part in parts),
        is_whole=all(part.is_whole for part in parts),
        is_sorted=all(part.is_sorted for part in parts) and len(parts[0].first) > 2 and n_rows >= MIN_SORTED_ROWS,
        furthest_from_log=max(part.furthest_from_log for part in parts),
        first=parts[0].first,
    )


@np.errstate(over="ignore")  # a sum that is infinite is none of a unit
def _summary_of_chunk(path: Path, where: str, network: int, start: int, scores: np.ndarray) -> _Summary:
    largest = scores.max(axis=1)
    if not np.isfinite(largest).all():  # NaN and +inf come through, and −inf if all are
        row = int((~np.isfinite(largest)).argmax())
        raise ImportFileError(
            f"{path}: network {network} has NaN or infinite scores, first at example {start + row}"
            f"{'' if where == 'scores' else f' in {where}'}."
        )
    low = scores.min()
    if has_absent := bool(np.isneginf(low)):
        low = scores.min(initial=np.inf, where=scores > -np.inf)
    sums = largest * 0
    if low >= NEGATIVE:
        sums = (
            np.where(scores > 0, scores, 0).sum(axis=1, dtype=np.float64)
            if has_absent
            else scores.sum(axis=1, dtype=np.float64)
        )
    from_log = np.inf
    if low < 0 and largest.max() <= -NEGATIVE:
        with np.errstate(divide="ignore"):
            from_log = float(np.abs(np.log(np.exp(scores.astype(np.float64)).sum(axis=1))).max())
    is_whole = scores.dtype.kind in "iu" or bool(
        (np.rint(scores[:8]) == scores[:8]).all() and (np.rint(scores) == scores).all()
    )
    is_sorted = any(
        bool((one[:, 1:] <= one[:, :-1]).all() and (one[:, 0] > one[:, -1]).all()) for one in (scores, scores[:, ::-1])
    )
    return _Summary(
        low=float(low),
        high=float(largest.max()),
        low_sum=float(sums.min()),
        high_sum=float(sums.max()),
        is_whole=is_whole,
        is_sorted=is_sorted,
        furthest_from_log=from_log,
        first=scores[0],
    )


def _unit(found: _Summary, n_classes: int) -> int | None:
    """What every row sums to but for rounding, if it is 1, 100 or 255."""
    if found.low < NEGATIVE:
        return None
    for unit in UNITS:
        allowed = tolerance(n_classes) * unit
        is_one = abs(found.low_sum - unit) <= allowed and abs(found.high_sum - unit) <= allowed
        if is_one and found.high <= unit * 1.005 and (unit != 255 or found.is_whole):
            return unit
    return None


def _is_near_unit(found: _Summary) -> bool:
    """Whether rows sum to what percent or bytes might, with much rounding or a class left out."""
    return any(0.5 * unit <= found.low_sum <= found.high_sum <= 1.3 * unit for unit in UNITS if unit > 1)


def are_probabilities(scores: np.ndarray) -> bool:
    """Whether the rows of an array, shape (n, m), may be probabilities in some unit."""
    if not np.isfinite(scores).all() or scores.min() < NEGATIVE:
        return False
    with np.errstate(over="ignore"):  # the sum is infinite then, and no unit
        sums, n_classes = scores.sum(axis=1, dtype=np.float64), scores.shape[1]
    return any(bool((np.abs(sums / unit - 1) <= tolerance(n_classes)).all()) for unit in UNITS)


def _of_probabilities(found: _Summary, unit: int) -> list[str]:
    off = max(abs(found.low_sum - unit), abs(found.high_sum - unit)) / unit
    notes = [f"the scores are {UNITS[unit]}"] if unit != 1 else []
    if off > SAID:
        notes.append(
            f"rows sum to {found.low_sum:.4g} to {found.high_sum:.4g}: rounded probabilities, divided by the sum of their row"
        )
    return notes


def _of_logits(found: _Summary, scores: np.ndarray) -> list[str]:
    notes = []
    if found.furthest_from_log < tolerance(scores.shape[2]):
        notes.append("the scores are logarithms of probabilities")
    largest = max(abs(found.low), abs(found.high))
    if scores.dtype.kind == "f" and scores.dtype.itemsize < 8:
        step = float(np.spacing(np.float32(min(largest, 1e38))))
        if step > COARSE and scores.dtype.itemsize == 4:
            notes.append(
                f"scores up to {largest:.3g} in float32 are {step:.2g} apart, and smaller differences were lost before they came "
                "here: save float64, or take off the largest of each row first"
            )
    return notes


def _no_probabilities(found: _Summary, n_classes: int) -> str:
    return (
        f"numbers from {found.low:.4g} to {found.high:.4g} whose rows sum to {found.low_sum:.4g} to "
        f"{found.high_sum:.4g}, not to 1 (100 for percent, 255 for bytes) within {tolerance(n_classes):.3g}: no "
        f"probabilities of {n_classes} classes. Are classes missing (only the best ones? Then --top-k), was each "
        "class scored by itself (multi-label, which has no one answer), or were they rounded too far? Export the "
        "logits"
    )


def _best_only(found: _Summary, n_classes: int) -> str:
    return (
        f"rows of {n_classes} numbers that are sorted in every row ({shown_row(found.first)}): the best "
        f"{n_classes} of more classes? Then name their classes with --predictions, and these with --top-k."
    )
