"""What a study keeps of every prediction: label, log odds of the given one, loss, confidence, entropy, Brier score, rank."""

from collections.abc import Callable

import numpy as np
import polars as pl

NEAR_TIE = 1e-4
CHUNK = 4096
NARROW = 512
ABSENT = -99.0
MASKED = -1e30
MOST_LOG_ODDS = 1e4
"""Log odds beyond, nats, are of a class that was masked, by -1e9 or the least number of float16, and not what a network says."""
MIN_TOP = 5
LOG_ODDS = ("label_log_odds", "logit_margin")
OF_LABEL = ("loss", "margin", "brier", "label_rank", *LOG_ODDS)


FROM_SCORES = ("loss", "confidence", "margin", "entropy", "brier", "label_log_odds", "logit_margin")
"""Numbers of a prediction that take the scores of all classes, float32."""


def scalars_from_logits(logits: np.ndarray, labels: np.ndarray) -> pl.DataFrame:
    """Scalars of every example, with a log-sum-exp of logits without their offset: log odds in float64, others in float32.

    Parameters
    ----------
    logits
        Shape (n examples, m classes). Rows may have any offset; −inf is a class that an example does not have.
    labels
        Given labels, shape (n,); −1 where there is none: all but predicted_label, confidence and entropy are null there.

    Returns
    -------
    polars.DataFrame
        ``predicted_label`` (largest logit, the lowest class on a tie), ``loss`` (nats), ``confidence`` in [0, 1],
        ``margin`` (probability of the label minus the largest other one, in [−1, 1]), ``entropy`` (nats), ``brier`` (Σ_c p_c² −
        2 p_y + 1, in [0, 2]), ``label_rank`` (from 0, by logit descending, then class ascending), ``label_log_odds`` (z_y − log
        Σ_{c≠y} exp z_c, nats) and ``logit_margin`` (z_y − max_{c≠y} z_c, nats), which are null where the label, or all other
        classes, are absent.

    References
    ----------
    Brier (1950), Verification of forecasts expressed in terms of probability, in its original form over all classes.
    doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
    """
    return _in_chunks(logits, logits, labels, log_odds_of_logits)


def scalars_from_probabilities(probabilities: np.ndarray, labels: np.ndarray) -> pl.DataFrame:
    """The same from probabilities, shape (n, m); predicted_label and label_rank go by them, as their logarithms may tie.

    ``label_log_odds`` and ``logit_margin`` are null where the label, or all other classes, have a probability of 0.
    """
    return _in_chunks(log_probabilities(probabilities), probabilities, labels, log_odds_of_probabilities)


def log_odds_of_logits(logits: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log odds of one class of each example against all others, and against the best other one, nats, shape (n,) each, float64.

    Parameters
    ----------
    logits
        Shape (n, m), with any offset.
    labels
        The class, shape (n,), 0 or more. Not finite where its logit, or all others, are −inf or masked, or there is no other class.
    """
    rows = np.arange(len(labels))
    wide = logits.astype(np.float64)
    wide[wide < MASKED] = -np.inf
    with np.errstate(invalid="ignore", divide="ignore"):
        own = wide[rows, labels]
        wide[rows, labels] = -np.inf
        best = wide.max(axis=1, initial=-np.inf)
        others = best + np.log(np.exp(wide - best[:, None]).sum(axis=1))
        return own - others, own - best


def log_odds_of_probabilities(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same from probabilities, shape (n, m): 1 − p would lose what is beside 1, the others' sum does not."""
    rows = np.arange(len(labels))
    others = probabilities.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.log(others[rows, labels])
        others[rows, labels] = 0
        return own - np.log(others.sum(axis=1)), own - np.log(others.max(axis=1, initial=0))


def log_probabilities(probabilities: np.ndarray) -> np.ndarray:
    """Logits, float32, of probabilities; 0 becomes the smallest normal float32."""
    return np.log(np.maximum(probabilities, np.finfo(np.float32).tiny)).astype(np.float32)


def less_largest(logits: np.ndarray) -> np.ndarray:
    """Logits, shape (n, m), less the largest of their row, as float32; −inf for a class that an example does not have.

    The difference is taken before anything is rounded: beside an offset of 1e7 float32 has no digits left for it. Absent is what is
    −inf or a mask such as the least number of its type.
    """
    wide = logits if logits.dtype in (np.float32, np.float64) else logits.astype(np.float64)
    with np.errstate(over="ignore"):
        shifted = wide - wide.max(axis=1, keepdims=True)
    if shifted.min(initial=0) < MASKED:
        shifted = np.where(shifted < MASKED, -np.inf, shifted)
    return shifted.astype(np.float32, copy=False)


def without_offset(logits: np.ndarray) -> np.ndarray:
    """The same with finite numbers only: an absent class gets 100 less than the largest or 1 less than all others.

    That is a probability of 0 in float32.
    """
    shifted = less_largest(logits)
    is_absent = np.isneginf(shifted)
    if is_absent.any():
        lowest = np.min(shifted, axis=1, keepdims=True, initial=ABSENT, where=~is_absent) - 1
        shifted = np.where(is_absent, lowest, shifted)
    return shifted


LogOdds = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def _in_chunks(logits: np.ndarray, given: np.ndarray, labels: np.ndarray, log_odds: LogOdds) -> pl.DataFrame:
    if logits.ndim != 2 or logits.shape[0] != labels.shape[0]:
        raise ValueError(f"logits of shape {logits.shape} do not fit {labels.shape[0]} labels")
    # Chunks that stay in the cache: a data set of ImageNet's size would otherwise be passed over in memory ten times.
    starts = range(0, max(len(labels), 1), CHUNK)
    chunks = (slice(i, i + CHUNK) for i in starts)
    return pl.concat([_scalars(logits[rows], given[rows], labels[rows], log_odds) for rows in chunks])


def _scalars(logits: np.ndarray, given: np.ndarray, labels: np.ndarray, log_odds: LogOdds) -> pl.DataFrame:
    rows = np.arange(len(logits))
    has_label = labels >= 0
    label = np.where(has_label, labels, 0)

    shifted = without_offset(logits)
    probabilities = np.exp(shifted)
    total = probabilities.sum(axis=1)
    log_total = np.log(total)
    probabilities /= total[:, None]
    entropy = log_total - (probabilities * shifted).sum(axis=1)
    of_label = probabilities[rows, label]
    others = probabilities.copy()
    others[rows, label] = 0
    of_label_alone = [np.where(np.abs(values) <= MOST_LOG_ODDS, values, np.nan) for values in log_odds(given, label)]
    labelled = pl.Series(has_label)
    return pl.DataFrame(
        {
            "predicted_label": given.argmax(axis=1).astype(np.int32),
            "loss": log_total - shifted[rows, label],
            "confidence": probabilities.max(axis=1),
            "margin": of_label - others.max(axis=1),
            "entropy": np.maximum(entropy, 0),
            # 1 − p_y is the sum of the others: the textbook form would lose a score below 1e-7 to rounding.
            "brier": np.minimum(others.sum(axis=1) ** 2 + (others**2).sum(axis=1), 2),
            "label_rank": _rank(given, label),
            "label_log_odds": of_label_alone[0].astype(np.float32),
            "logit_margin": of_label_alone[1].astype(np.float32),
        }
    ).with_columns(
        pl.when(labelled).then(pl.col(name).fill_nan(None) if name in LOG_ODDS else pl.col(name)).alias(name)
        for name in OF_LABEL
    )


def _rank(scores: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Rank of each label from 0: how many classes have a larger score, or the same and a lower index."""
    own = np.take_along_axis(scores, label[:, None], axis=1)
    is_before = (scores == own) & (np.arange(scores.shape[1]) < label[:, None])
    return ((scores > own) | is_before).sum(axis=1).astype(np.int32)


def scalars_from_labels(predicted_labels: np.ndarray) -> pl.DataFrame:
    """The same columns where only the predicted labels, shape (n,), are known: all others are null."""
    return pl.DataFrame({"predicted_label": predicted_labels.astype(np.int32)}).with_columns(
        *(pl.lit(None, dtype=pl.Float32).alias(name) for name in FROM_SCORES),
        label_rank=pl.lit(None, dtype=pl.Int32),
    )


def kept_scalars(logits: np.ndarray, labels: np.ndarray, evidence: str, precision: str = "float32") -> pl.DataFrame:
    """The same columns of logits (n, m), as far as they are to be kept: all, those of ``log-odds``, or ``labels`` alone.

    ``precision``: with ``float16`` eleven bits of each number are kept, in a float32 of which the rest is 0.
    """
    if evidence == "labels":
        return scalars_from_labels(logits.argmax(axis=1))
    found = scalars_from_logits(logits, labels)
    if evidence == "log-odds":
        found = scalars_from_labels(found["predicted_label"].to_numpy()).with_columns(found.select(LOG_ODDS))
    if precision == "float16":
        found = found.with_columns(_rounded(found[name]) for name in FROM_SCORES)
    return found


def _rounded(values: pl.Series) -> pl.Series:
    """Values with eleven significant bits, whatever their size."""
    mantissa, exponent = np.frexp(values.cast(pl.Float64).to_numpy())
    kept = pl.Series(values.name, np.ldexp(np.round(mantissa * 2**11), exponent - 11), dtype=pl.Float32)
    return kept.fill_nan(None)


def scalars_from_top(classes: np.ndarray, probabilities: np.ndarray | None, labels: np.ndarray) -> pl.DataFrame:
    """The same columns where only the best k classes are known, shape (n, k), best first, and perhaps their probabilities.

    A mean over the examples whose label is among the k would say too much: loss, margins, log odds, entropy, Brier score are null.
    ``label_rank`` is k where the label is not among them, and null altogether if k < 5, which says nothing of top-5 accuracy.
    """
    k = classes.shape[1]
    is_label = classes == labels[:, None]
    rank = np.where(is_label.any(axis=1), is_label.argmax(axis=1), k).astype(np.int32)
    scalars = scalars_from_labels(classes[:, 0])
    if probabilities is not None:
        scalars = scalars.with_columns(confidence=pl.Series(probabilities[:, 0], dtype=pl.Float32))
    if k >= MIN_TOP:
        scalars = scalars.with_columns(label_rank=pl.when(pl.Series(labels >= 0)).then(pl.Series(rank)))
    return scalars


def count_near_ties(logits: np.ndarray) -> int:
    """Examples whose two largest logits, of shape (n, m), differ by less than 1e-4: rounding may turn them over."""
    if logits.shape[1] < 2:
        return 0
    rows = np.arange(NARROW)
    n = 0
    for i in range(0, len(logits), NARROW):
        chunk = logits[i : i + NARROW].copy()
        best = chunk.argmax(axis=1)
        largest = chunk[rows[: len(chunk)], best]
        chunk[rows[: len(chunk)], best] = -np.inf
        n += int((largest - chunk.max(axis=1) < NEAR_TIE).sum())
    return n
