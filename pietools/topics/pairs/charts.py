"""Chart of single pairs of networks: by how much accuracy changed, beside the margin."""

import polars as pl

from pietools.drawing.figure import FigureSpec
from pietools.drawing.pairs import change_of_accuracy
from pietools.drawing.style import AnyChart, comparison_names


def pairs(pairs: pl.DataFrame) -> AnyChart:
    """Change of accuracy of each pair with its interval.

    Parameters
    ----------
    pairs
        Rows of ``results.pairs`` that have labels.
    """
    network = pl.coalesce("compressed_network", "reference_network")
    names = pl.when(network.is_null()).then("comparison").otherwise(pl.concat_str("comparison", network, separator=" "))
    rows = pairs.with_columns(comparison=comparison_names(pairs)).with_columns(
        name=names, p_value=pl.col("p_one_sided")
    )
    return change_of_accuracy(rows, float(pairs["margin"][0]))


FIGURES = (
    FigureSpec(
        "pairs",
        pairs,
        "pairs",
        "Change of accuracy of single pairs of networks on {dataset}, with 95 % intervals over examples; grey: the margin.",
        test="Exact McNemar tests over examples.",
        by=("dataset",),
        is_answer=True,
    ),
)
