"""How the tables about classes read."""

import polars as pl

from pietools.rounding import count, decimal, p_value, points, points_interval
from pietools.shown_tables.columns import AGAINST, COMPRESSED, MAX_ROWS, Column, P, ShownTable, first_of_each, text
from pietools.statistics.classes import LEVEL, count_significant

CLASSES = ShownTable(
    "classes",
    f"The {MAX_ROWS} classes with the smallest p, by the test that the design calls for",
    (
        COMPRESSED,
        AGAINST,
        text("class_name", "class"),
        Column("examples", lambda r: count(r["n"])),
        Column("raw change, points", lambda r: points(r["raw_change"])),
        Column("against the other classes", lambda r: points(r["effect"])),
        Column("95 %", lambda r: points_interval(r["effect_conf_low"], r["effect_conf_high"])),
        P,
        Column("BH", lambda r: p_value(r["p_adjusted"])),
        Column("Holm", lambda r: p_value(r["p_holm"])),
        Column("logit scale, p", lambda r: p_value(r["logit_p_value"])),
    ),
    lambda frame: first_of_each(frame.filter("is_default").sort("p_value", "label", nulls_last=True)),
    in_summary=False,
)


DISTORTION = ShownTable(
    "classes_summary",
    "Do the differences between classes grow?",
    (
        COMPRESSED,
        AGAINST,
        Column("intensification", lambda r: decimal(r["intensification"], 2)),
        Column(
            "95 %",
            lambda r: (
                "–"
                if r["intensification_conf_low"] is None
                else f"{decimal(r['intensification_conf_low'], 2)} to {decimal(r['intensification_conf_high'], 2)}"
            ),
        ),
        Column("CEV", lambda r: decimal(r["cev"], 3)),
        Column("SDE", lambda r: decimal(r["sde"], 3)),
    ),
    in_summary=False,
)


def _counts(classes: pl.DataFrame) -> pl.DataFrame:
    """A row per comparison and test."""
    parts = classes.group_by("compressed", "reference", maintain_order=True)
    counts = [
        count_significant(part).with_columns(compressed=pl.lit(compressed), reference=pl.lit(reference))
        for (compressed, reference), part in parts
    ]
    return pl.concat(counts) if counts else classes.clear()


SIGNIFICANT = ShownTable(
    "classes",
    f"Classes whose recall changed otherwise than accuracy did, p ≤ {LEVEL}",
    (
        COMPRESSED,
        AGAINST,
        text("test"),
        Column("tested", lambda r: count(r["n_tested"])),
        Column("raw", lambda r: count(r["n_significant"])),
        Column("by chance", lambda r: f"{r['n_expected_by_chance']:.1f}"),
        Column("Benjamini–Hochberg", lambda r: count(r["n_significant_adjusted"])),
        Column("Holm", lambda r: count(r["n_significant_holm"])),
        Column("max-t", lambda r: count(r["n_significant_max_t"])),
        Column("logit scale, BH", lambda r: count(r["n_significant_logit"])),
    ),
    _counts,
    in_report=False,
)


TABLES = (
    CLASSES,
    DISTORTION,
    SIGNIFICANT,
)
