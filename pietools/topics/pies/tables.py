"""How the tables about PIEs read."""

from pietools.results.rounding import count, decimal, p_value, percent
from pietools.results.shown import AGAINST, COMPRESSED, Column, P, Row, ShownTable, count_interval


def _interval_of_count(low: float | None, high: float | None) -> str:
    return count_interval(None if low is None else max(low, 0), high)


def _estimate_and_interval(row: Row, name: str, low: str, high: str) -> str:
    return count(row[name]) if row[low] is None else f"{count(row[name])} ({count_interval(row[low], row[high])})"


def _of_null(row: Row) -> str:
    return f"{count(row['null_mean'])} ({count(row['null_conf_low'])}–{count(row['null_conf_high'])})"


PIES = ShownTable(
    "pies",
    "PIEs: examples on which the modal labels differ",
    (
        COMPRESSED,
        AGAINST,
        Column("PIEs", lambda r: f"{count(r['n_pies'])} ({percent(r['n_pies'] / r['n_examples'])} %)"),
        Column("untied", lambda r: count(r["n_pies_untied"])),
        Column("forgotten", lambda r: count(r["forgotten"])),
        Column("recovered", lambda r: count(r["recovered"])),
        Column("moved", lambda r: count(r["moved"])),
        Column("if it did nothing", _of_null),
        P,
        Column(
            "excess PIEs", lambda r: _estimate_and_interval(r, "excess_pies", "excess_conf_low", "excess_conf_high")
        ),
    ),
)


STABILITY = ShownTable(
    "pies",
    "How far the PIEs can be trusted: expected count, baseline, overlap of halves, other statistics",
    (
        COMPRESSED,
        AGAINST,
        Column("PIEs, 95 %", lambda r: _interval_of_count(r["n_pies_conf_low"], r["n_pies_conf_high"])),
        Column("dense vs dense", lambda r: f"{count(r['baseline_n_pies'])} (K = {count(r['baseline_n_networks'])})"),
        Column("split-half Jaccard", lambda r: decimal(r["split_half_jaccard"], 3)),
        Column("taxicab", lambda r: decimal(r["taxicab_mean"], 3)),
        Column("taxicab, p", lambda r: p_value(r["taxicab_p"])),
    ),
    in_summary=False,
)


BY_REPLICATES = ShownTable(
    "pies_by_replicates",
    "PIEs by number of networks; in the last three columns of disjoint sets",
    (
        COMPRESSED,
        AGAINST,
        Column("networks", lambda r: count(r["n_networks"])),
        Column("PIEs", lambda r: count(r["n_pies"])),
        Column("dense vs compressed", lambda r: count(r["between"])),
        Column("dense vs dense", lambda r: count(r["reference_baseline"])),
        Column("compressed vs compressed", lambda r: count(r["compressed_baseline"])),
    ),
    in_summary=False,
)
TABLES = (
    PIES,
    STABILITY,
    BY_REPLICATES,
)
