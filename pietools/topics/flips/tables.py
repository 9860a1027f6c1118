"""How the tables about flips read."""

from pietools.results.rounding import percent, percent_and_sd
from pietools.results.shown import AGAINST, COMPRESSED, Column, ShownTable

FLIPS = ShownTable(
    "flips",
    "Flips: share of predictions that differ (%), mean over pairs of networks",
    (
        COMPRESSED,
        AGAINST,
        Column("right to wrong", lambda r: percent(r["harmful"], 2)),
        Column("wrong to right", lambda r: percent(r["beneficial"], 2)),
        Column("wrong to other wrong", lambda r: percent(r["wrong_to_wrong"], 2)),
        Column("total ± sd", lambda r: percent_and_sd(r["total"], r["total_sd"])),
        Column("two reference networks", lambda r: percent(r["reference_churn"], 2)),
    ),
)
TABLES = (FLIPS,)
