"""What are the forgotten examples like? A property within groups of examples, described."""

import polars as pl

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}


def by_group(values: pl.Series, groups: pl.Series, order: tuple[str, ...]) -> pl.DataFrame:
    """Distribution of a property within groups: nothing is random here.

    Parameters
    ----------
    values, groups
        A number and the name of a group for each example, of length n; either may be null.
    order
        The names of the groups.

    Returns
    -------
    polars.DataFrame
        A row per group that has a value, in order: ``group``, ``n``, ``mean``, ``sd`` (null for one value), and the
        quantiles ``q05``, ``q25``, ``q50``, ``q75``, ``q95`` (linear between values).
    """
    frame = pl.DataFrame({"group": groups, "value": values.cast(pl.Float64)}).drop_nulls()
    # Sums in order, so that they do not depend on that of the examples.
    frame = frame.sort(pl.col("group").cast(pl.Enum(order)), "value")
    value = pl.col("value")
    quantiles = (value.quantile(at, "linear").alias(name) for name, at in QUANTILES.items())
    return frame.group_by("group", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("n"), value.mean().alias("mean"), value.std().alias("sd"), *quantiles
    )
