"""Result tables about classes, and how they read."""

import polars as pl

from pietools.results.column_runs import COMPARISON, FLAG, estimate, interval
from pietools.results.rounding import count, decimal, p_value, points, points_interval
from pietools.results.shown import (
    AGAINST,
    COMPRESSED,
    MAX_ROWS,
    Shown,
    ShownColumn,
    decimal_interval,
    first_of_each,
    number,
    text,
)
from pietools.results.table import Column, Table

SHIFTED, OTHERS, RAW, LOGIT = "shifted", "others", "raw", "logit"
TEST = Column("test", str, "paired (t test), welch, or hooker (the published form)", required=True)
IS_DEFAULT = Column("is_default", bool, "whether this is the test that the pairing calls for", required=True)
_CLASS = ["reference", "compressed", "dataset", "class_name", "n"]


def side_by_side(classes: pl.DataFrame) -> pl.DataFrame:
    """A row per class of the default test, with the columns of each scale behind it: ``estimate_raw``; smallest p first."""
    wide = classes.filter("is_default").pivot(
        "scale",
        on_columns=[SHIFTED, OTHERS, RAW, LOGIT],
        index=[*_CLASS, "label"],
        values=["estimate", "conf_low", "conf_high", "p_value", "p_adjusted", "p_holm"],
    )
    return wide.sort(f"p_value_{SHIFTED}", "label", nulls_last=True)


CLASSES = Table(
    "classes",
    "comparison, data set, test, scale and class",
    "did its recall change otherwise than accuracy?",
    (
        *COMPARISON,
        TEST,
        IS_DEFAULT,
        Column(
            "scale",
            str,
            "shifted: recall minus accuracy; others: minus accuracy on all other classes; raw: recall; logit: others, in logits",
            required=True,
        ),
        Column("label", int, "class index", required=True, is_key=True),
        Column("class_name", str, "name of the class", required=True),
        Column("n", int, "examples of the class", required=True),
        *estimate("change on that scale", p_adjusted="Benjamini–Hochberg over the tested classes; null for hooker"),
        Column("p_holm", float, "Holm"),
        Column("p_max_t", float, "Westfall–Young max-t by sign flips; only paired"),
        Column("hedges_g", float, "estimate in units of the average standard deviation"),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            f"Classes with the smallest p, at most {MAX_ROWS} of a comparison, by the test that the pairing calls for",
            (
                COMPRESSED,
                AGAINST,
                text("class_name", "class"),
                number("examples", "n", count),
                number("raw change, points", f"estimate_{RAW}", points),
                number("against the other classes", f"estimate_{OTHERS}", points),
                ShownColumn("95 %", lambda r: points_interval(r[f"conf_low_{OTHERS}"], r[f"conf_high_{OTHERS}"])),
                number("p", f"p_value_{SHIFTED}", p_value),
                number("BH", f"p_adjusted_{SHIFTED}", p_value),
                number("Holm", f"p_holm_{SHIFTED}", p_value),
                number("logit scale, p", f"p_value_{LOGIT}", p_value),
            ),
            lambda frame: first_of_each(side_by_side(frame).drop_nulls(f"p_value_{SHIFTED}")),
            is_answer=False,
        ),
    ),
)

_HOW_MANY = (
    number("tested", "n_tested", count),
    number("uncorrected", "n_significant", count),
    number("by chance", "n_expected_by_chance", decimal, 1),
    number("Benjamini–Hochberg", "n_significant_adjusted", count),
    number("Holm", "n_significant_holm", count),
    number("max-t", "n_significant_max_t", count),
    number("logit scale, BH", "n_significant_logit", count),
)
SIGNIFICANT = Table(
    "classes_counts",
    "comparison, data set and test",
    "how many classes changed otherwise than accuracy, and how many would seem to by chance",
    (
        *COMPARISON,
        TEST,
        IS_DEFAULT,
        Column("n_tested", int, "classes with a p-value", required=True),
        Column("n_significant", int, "classes with p ≤ 0.05, uncorrected", required=True),
        Column("n_significant_adjusted", int, "after Benjamini–Hochberg; null for hooker, published uncorrected"),
        Column("n_significant_holm", int, "after Holm; null where no class has such a p"),
        Column("n_significant_max_t", int, "after max-t; null where no class has such a p"),
        Column("n_significant_logit", int, "on the logit scale, after Benjamini–Hochberg; likewise"),
        Column("n_expected_by_chance", float, "0.05 · n_tested: n_significant if nothing happened", required=True),
    ),
    is_answer=True,
    shown=(
        Shown(
            "Classes whose recall changed otherwise than accuracy did, p ≤ 0.05",
            (COMPRESSED, AGAINST, *_HOW_MANY),
            lambda frame: frame.filter("is_default"),
        ),
        Shown("The same by every test", (COMPRESSED, AGAINST, text("test"), *_HOW_MANY), is_answer=False),
    ),
)

DISTORTION = Table(
    "classes_summary",
    "comparison, data set and measure",
    "do the differences between classes grow?",
    (
        *COMPARISON,
        Column(
            "measure",
            str,
            "intensification: slope of compressed on dense shifted recalls, above 1 differences grow; cev: combined error "
            "variance, sde: symmetric distance error, both less their bias",
            required=True,
        ),
        Column("estimate", float, "the measure"),
        Column("published", float, "cev, sde: by the published formula"),
        Column("std_error", float, "standard error, from half-samples"),
        *interval(),
        Column("n_classes", int, "classes that count", required=True),
        Column("n_left_out", int, "cev, sde: classes without a relative change, since a dense error rate is 0"),
        FLAG,
    ),
    shown=(
        Shown(
            "Do the differences between classes grow?",
            (
                COMPRESSED,
                AGAINST,
                ShownColumn("intensification", lambda r: decimal(r["estimate_intensification"], 2)),
                ShownColumn(
                    "95 %",
                    lambda r: decimal_interval(r["conf_low_intensification"], r["conf_high_intensification"]),
                ),
                ShownColumn("CEV", lambda r: decimal(r["estimate_cev"], 3)),
                ShownColumn("SDE", lambda r: decimal(r["estimate_sde"], 3)),
            ),
            lambda frame: frame.pivot(
                "measure",
                on_columns=["intensification", "cev", "sde"],
                index=["reference", "compressed", "dataset"],
                values=["estimate", "conf_low", "conf_high"],
            ),
            is_answer=False,
        ),
    ),
)
TABLES = (CLASSES, SIGNIFICANT, DISTORTION)
