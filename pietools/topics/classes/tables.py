"""How the tables about classes read."""

from pietools.results.rounding import count, decimal, p_value, points, points_interval
from pietools.results.shown import AGAINST, COMPRESSED, MAX_ROWS, Column, P, ShownTable, first_of_each, text

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


# Of counts that the summary makes: nothing is computed here.
SIGNIFICANT = ShownTable(
    "classes",
    "Classes whose recall changed otherwise than accuracy did, p ≤ 0.05",
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
)


TABLES = (
    CLASSES,
    DISTORTION,
)
