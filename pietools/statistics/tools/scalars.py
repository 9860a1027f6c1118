"""What a study keeps of every prediction: label, loss, confidence, margin, entropy, Brier score, rank of the label."""

import numpy as np
import polars as pl

NEAR_TIE = 1e-4
CHUNK = 4096
NARROW = 512
ABSENT = -99.0
MASKED = -1e30
MIN_TOP = 5


def scalars_from_logits(logits: np.ndarray, labels: np.ndarray) -> pl.DataFrame:
    """Scalars of every example, computed in float32 with a log-sum-exp of logits without their offset.

    Parameters
    ----------
    logits
        Shape (n examples, m classes). Rows may have any offset; −inf is a class that an example does not have.
    labels
        Given labels, shape (n,); −1 where there is none: loss, margin, brier and label_rank are null there.

    Returns
    -------
    polars.DataFrame
        ``predicted_label`` (largest logit, the lowest class on a tie), ``loss`` (nats), ``confidence`` in [0, 1],
        ``margin`` (probability of the label minus the largest other one, in [−1, 1]), ``entropy`` (nats), ``brier`` (Σ_c p_c² −
        2 p_y + 1, in [0, 2]), ``label_rank`` (from 0, by logit descending, then class ascending).

    References
    ----------
    Brier (1950), Verification of forecasts expressed in terms of probability, in its original form over all classes.
    doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
    """
    return _in_chunks(logits, logits, labels)


def scalars_from_probabilities(probabilities: np.ndarray, labels: np.ndarray) -> pl.DataFrame:
    """The same from probabilities, shape (n, m); predicted_label and label_rank go by them, as their logarithms may tie."""
    return _in_chunks(log_probabilities(probabilities), probabilities, labels)


def log_probabilities(probabilities: np.ndarray) -> np.ndarray:
    """Logits, float32, of probabilities; 0 becomes the smallest normal float32."""
    return np.log(np.maximum(probabilities, np.finfo(np.float32).tiny)).astype(np.float32)


def without_offset(logits: np.ndarray) -> np.ndarray:
    """Logits, shape (n, m), less the largest of their row, as float32.

    The difference is taken before anything is rounded: beside an offset of 1e7 float32 has no digits left for it. A class that
    an example does not have, −inf or a mask such as the least number of its type, gets 100 less than the largest or 1 less than
    all others: a probability of 0 in float32.
    """
    wide = logits if logits.dtype in (np.float32, np.float64) else logits.astype(np.float64)
    with np.errstate(over="ignore"):
        shifted = wide - wide.max(axis=1, keepdims=True)
    if shifted.min(initial=0) < MASKED:
        lowest = np.min(shifted, axis=1, keepdims=True, initial=ABSENT, where=shifted >= MASKED) - 1
        shifted = np.where(shifted < MASKED, lowest, shifted)
    return shifted.astype(np.float32, copy=False)


def _in_chunks(logits: np.ndarray, ranked_by: np.ndarray, labels: np.ndarray) -> pl.DataFrame:
    if logits.ndim != 2 or logits.shape[0] != labels.shape[0]:
        raise ValueError(f"logits of shape {logits.shape} do not fit {labels.shape[0]} labels")
    # Chunks that stay in the cache: a data set of ImageNet's size would otherwise be passed over in memory ten times.
    starts = range(0, max(len(labels), 1), CHUNK)
    return pl.concat([_scalars(*(array[i : i + CHUNK] for array in (logits, ranked_by, labels))) for i in starts])


def _scalars(logits: np.ndarray, ranked_by: np.ndarray, labels: np.ndarray) -> pl.DataFrame:
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
    labelled = pl.Series(has_label)
    return pl.DataFrame(
        {
            "predicted_label": ranked_by.argmax(axis=1).astype(np.int32),
            "loss": log_total - shifted[rows, label],
            "confidence": probabilities.max(axis=1),
            "margin": of_label - others.max(axis=1),
            "entropy": np.maximum(entropy, 0),
            # 1 − p_y is the sum of the others: the textbook form would lose a score below 1e-7 to rounding.
            "brier": np.minimum(others.sum(axis=1) ** 2 + (others**2).sum(axis=1), 2),
            "label_rank": _rank(ranked_by, label),
        }
    ).with_columns(
        pl.when(labelled).then(pl.col(name)).alias(name) for name in ("loss", "margin", "brier", "label_rank")
    )


def _rank(scores: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Rank of each label from 0: how many classes have a larger score, or the same and a lower index."""
    own = np.take_along_axis(scores, label[:, None], axis=1)
    is_before = (scores == own) & (np.arange(scores.shape[1]) < label[:, None])
    return ((scores > own) | is_before).sum(axis=1).astype(np.int32)


def scalars_from_labels(predicted_labels: np.ndarray) -> pl.DataFrame:
    """The same columns where only the predicted labels, shape (n,), are known: all others are null."""
    nothing = pl.lit(None, dtype=pl.Float32)
    return pl.DataFrame({"predicted_label": predicted_labels.astype(np.int32)}).with_columns(
        loss=nothing,
        confidence=nothing,
        margin=nothing,
        entropy=nothing,
        brier=nothing,
        label_rank=pl.lit(None, dtype=pl.Int32),
    )


def scalars_from_top(classes: np.ndarray, probabilities: np.ndarray | None, labels: np.ndarray) -> pl.DataFrame:
    """The same columns where only the best k classes are known, shape (n, k), best first, and perhaps their probabilities.

    A mean over the examples whose label is among the k would say too much: loss, margin, entropy and Brier score are null.
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
