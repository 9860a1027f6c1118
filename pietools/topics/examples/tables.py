"""How the tables about single examples read."""

import polars as pl

from pietools.results.rounding import count, decimal
from pietools.results.shown import (
    AGAINST,
    COMPRESSED,
    MAX_ROWS,
    P_ADJUSTED,
    Column,
    P,
    ShownTable,
    first_of_each,
    text,
)

EXAMPLES = ShownTable(
    "examples_summary",
    "Single examples: significant after Benjamini–Hochberg, and likely by empirical Bayes (probability ≥ 0.9)",
    (
        COMPRESSED,
        AGAINST,
        text("test"),
        Column("tested", lambda r: count(r["n_tested"])),
        Column("forgotten", lambda r: count(r["n_forgotten"])),
        Column("recovered", lambda r: count(r["n_recovered"])),
        Column(
            "Westfall–Young",
            lambda r: f"{count(r['n_forgotten_westfall_young'])} + {count(r['n_recovered_westfall_young'])}",
        ),
        Column("likely forgotten", lambda r: count(r["n_likely_forgotten"])),
        Column("likely recovered", lambda r: count(r["n_likely_recovered"])),
        Column("networks needed", lambda r: count(r["replicates_needed"])),
    ),
)


CLEAREST_EXAMPLES = ShownTable(
    "examples",
    f"The clearest {MAX_ROWS} examples; all are in results.examples",
    (
        COMPRESSED,
        AGAINST,
        text("key"),
        Column("right, reference", lambda r: count(r["n_right_reference"])),
        Column("right, compressed", lambda r: count(r["n_right_compressed"])),
        P,
        P_ADJUSTED,
        Column("P(forgotten)", lambda r: decimal(r["p_forgotten"], 3)),
        Column("P(recovered)", lambda r: decimal(r["p_recovered"], 3)),
    ),
    lambda frame: first_of_each(
        frame.sort("p_value", pl.col("estimate").abs(), "example_id", descending=[False, True, False])
    ),
    in_summary=False,
)
TABLES = (
    EXAMPLES,
    CLEAREST_EXAMPLES,
)
