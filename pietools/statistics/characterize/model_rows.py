"""A row per model and property: what regressions of several properties, and of each alone, have in common."""

import numpy as np
import polars as pl

from pietools.flags import Flag
from pietools.statistics.characterize.design_matrix import EVENTS_PER_TERM, Design


def model_columns(design: Design) -> list[list[int]]:
    """Columns of the design in each model: the joint one, if anything is left for it, and each property alone."""
    joint = [design.joint] if design.joint else []
    return [*joint, *([j] for j in design.varying)]


def fitted_rows(design: Design) -> pl.DataFrame:
    """``model`` and ``property`` of what is fitted, in the order of :func:`model_columns`."""
    keys = [("joint", design.names[j]) for j in design.joint] + [("alone", design.names[j]) for j in design.varying]
    return pl.DataFrame(keys, schema={"model": pl.String, "property": pl.String}, orient="row")


def model_rows(design: Design) -> pl.DataFrame:
    """A row per model and property, fitted or not.

    ``refusal``: why not (``constant``, ``collinear``) or null; ``doubt``: ``high-vif`` or null; ``n_terms`` of the model
    without its intercept; ``vif``, null outside the joint model; ``n_missing``.
    """
    joint = pl.DataFrame(
        {
            "model": ["joint"] * len(design.names),
            "property": design.names,
            "refusal": design.refusals,
            "doubt": [flag if flag == Flag.HIGH_VIF else None for flag in design.flags],
            "n_terms": [len(design.joint)] * len(design.names),
            "vif": np.asarray(design.vif, dtype=np.float64),
            "n_missing": [design.n_missing] * len(design.names),
        },
        schema_overrides={"property": pl.String, "refusal": pl.String, "doubt": pl.String},
    ).with_columns(pl.col("vif").fill_nan(None))
    alone = joint.with_columns(
        pl.lit("alone").alias("model"),
        pl.when(pl.col("refusal") == Flag.CONSTANT).then("refusal"),
        pl.lit(None, pl.String).alias("doubt"),
        pl.lit(1, pl.Int64).alias("n_terms"),
        pl.lit(None, pl.Float64).alias("vif"),
    )
    return pl.concat([joint, alone])


def few_events() -> pl.Expr:
    """``few-events`` where ``n_events``, or the others of ``n``, are fewer than ten per term."""
    rarer = pl.min_horizontal("n_events", pl.col("n") - pl.col("n_events"))
    return pl.when(rarer < EVENTS_PER_TERM * pl.col("n_terms")).then(pl.lit(Flag.FEW_EVENTS))
