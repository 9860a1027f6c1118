"""Where answers change: by how sure the first network was."""

import numpy as np
import polars as pl

EDGES = (0.0, 0.4, 0.6, 0.8, 0.9, 0.99, 1.0)
ROUNDING = 1e-6  # 0.9 in float32 is a little less


def confidence_bands(confidence: np.ndarray, changed: np.ndarray, net: np.ndarray | None) -> pl.DataFrame:
    """Answers by the confidence of the first network.

    Parameters
    ----------
    confidence
        Its largest probability, shape (answers,).
    changed
        Whether the second network answers otherwise.
    net
        +1 for an answer that was gained, −1 for a lost one, 0 for others; None without labels.

    Returns
    -------
    polars.DataFrame
        A row per band that has answers: ``low`` (included) and ``high`` (included in the last band only), ``n``, ``changed``,
        ``lost`` and ``gained``, counts.
    """
    band = np.clip(np.searchsorted(np.array(EDGES) - ROUNDING, confidence, side="right") - 1, 0, len(EDGES) - 2)

    def counted(which: np.ndarray) -> np.ndarray:
        return np.bincount(band[which], minlength=len(EDGES) - 1)

    nothing = [None] * (len(EDGES) - 1)
    bands = pl.DataFrame(
        {
            "low": EDGES[:-1],
            "high": EDGES[1:],
            "n": counted(np.ones(len(band), bool)),
            "changed": counted(changed),
            "lost": nothing if net is None else counted(net < 0),
            "gained": nothing if net is None else counted(net > 0),
        },
        schema_overrides={"lost": pl.Int64, "gained": pl.Int64},
    )
    return bands.filter(pl.col("n") > 0)
