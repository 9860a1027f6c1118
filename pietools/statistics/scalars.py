"""What a study keeps of every prediction: label, loss, confidence, margin, entropy, rank of the label."""

import numpy as np
import polars as pl

NEAR_TIE = 1e-4
CHUNK = 4096


def scalars_from_logits(logits: np.ndarray, labels: np.ndarray) -> pl.DataFrame:
    """Scalars of every example, computed in float32 with a shifted log-sum-exp.

    Parameters
    ----------
    logits
        Finite, shape (n examples, m classes). Rows may have any offset.
    labels
        Given labels, shape (n,); −1 where there is none: loss, margin and label_rank are null there.

    Returns
    -------
    polars.DataFrame
        ``predicted_label`` (largest logit, the lowest class on a tie), ``loss`` (nats), ``confidence`` in [0, 1],
        ``margin`` (probability of the label minus the largest other one, in [−1, 1]), ``entropy`` (nats),
        ``label_rank`` (from 0, by logit descending, then class ascending).
    """
    if logits.ndim != 2 or logits.shape[0] != labels.shape[0]:
        raise ValueError(f"logits of shape {logits.shape} do not fit {labels.shape[0]} labels")
    # In chunks that stay in the cache: a data set of ImageNet's size would otherwise be passed over in memory ten times.
    chunks = [_scalars(logits[i : i + CHUNK], labels[i : i + CHUNK]) for i in range(0, max(len(labels), 1), CHUNK)]
    return pl.concat(chunks)


def _scalars(logits: np.ndarray, labels: np.ndarray) -> pl.DataFrame:
    logits = np.asarray(logits, dtype=np.float32)
    n, n_classes = logits.shape
    rows = np.arange(n)
    has_label = labels >= 0
    label = np.where(has_label, labels, 0)

    shifted = logits - logits.max(axis=1, keepdims=True)
    probabilities = np.exp(shifted)
    total = probabilities.sum(axis=1)
    log_total = np.log(total)
    probabilities /= total[:, None]
    entropy = log_total - (probabilities * shifted).sum(axis=1)
    of_label = probabilities[rows, label]
    others = probabilities.copy()
    others[rows, label] = 0
    label_logit = shifted[rows, label][:, None]
    rank = (shifted > label_logit).sum(axis=1) + (
        (shifted == label_logit) & (np.arange(n_classes) < label[:, None])
    ).sum(axis=1)
    labelled = pl.Series(has_label)
    return pl.DataFrame(
        {
            "predicted_label": logits.argmax(axis=1).astype(np.int32),
            "loss": log_total - shifted[rows, label],
            "confidence": probabilities.max(axis=1),
            "margin": of_label - others.max(axis=1),
            "entropy": np.maximum(entropy, 0),
            "label_rank": rank.astype(np.int32),
        }
    ).with_columns(pl.when(labelled).then(pl.col(name)).alias(name) for name in ("loss", "margin", "label_rank"))


def scalars_from_labels(predicted_labels: np.ndarray) -> pl.DataFrame:
    """The same columns where only the predicted labels, shape (n,), are known: all others are null."""
    nothing = pl.lit(None, dtype=pl.Float32)
    return pl.DataFrame({"predicted_label": predicted_labels.astype(np.int32)}).with_columns(
        loss=nothing, confidence=nothing, margin=nothing, entropy=nothing, label_rank=pl.lit(None, dtype=pl.Int32)
    )


def count_near_ties(logits: np.ndarray) -> int:
    """Examples whose two largest logits, of shape (n, m), differ by less than 1e-4: rounding may turn them over."""
    if logits.shape[1] < 2:
        return 0
    top_two = np.partition(logits, -2, axis=1)[:, -2:]
    return int((top_two[:, 1] - top_two[:, 0] < NEAR_TIE).sum())
