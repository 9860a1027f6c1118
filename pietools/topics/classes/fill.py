"""Classes: which changed otherwise than accuracy did, and do the differences between them grow?"""

import numpy as np
import polars as pl

from pietools.results.table import Row
from pietools.statistics.classes.distortion import cev_sde, class_error_rates, intensification
from pietools.statistics.classes.tests import class_tests, count_significant, default_test
from pietools.topics.classes.tables import CLASSES, DISTORTION, LOGIT, OTHERS, RAW, SHIFTED, SIGNIFICANT
from pietools.topics.comparison import Comparison
from pietools.topics.study_reader import StudyReader, once

T_TEST = ("estimate", "std_error", "statistic", "df", "p_value", "p_adjusted", "conf_low", "conf_high")
# What the tests say of each scale, by the names of the columns that hold it.
SCALES = {
    SHIFTED: {name: name for name in (*T_TEST, "p_holm", "p_max_t", "hedges_g")},
    OTHERS: {"estimate": "effect", "conf_low": "effect_conf_low", "conf_high": "effect_conf_high"},
    RAW: {
        "estimate": "raw_change",
        "conf_low": "raw_conf_low",
        "conf_high": "raw_conf_high",
        "p_value": "raw_p_value",
    },
    LOGIT: {"estimate": "logit_effect", "p_value": "logit_p_value", "p_adjusted": "logit_p_adjusted"},
}


def classes(reader: StudyReader) -> pl.DataFrame:
    """Rows of results.classes."""
    found = reader.over(_classes, reader.tested())
    return pl.concat([CLASSES.frame([]), *found])


def significant(reader: StudyReader) -> list[Row]:
    """Rows of results.classes_counts."""
    return [
        comparison.names | row | {"is_default": row["test"] == default_test(paired=comparison.is_paired)}
        for comparison in reader.each(reader.tested())
        for row in count_significant(_tests(reader, comparison)).to_dicts()
    ]


def distortion(reader: StudyReader) -> list[Row]:
    """Rows of results.classes_summary."""
    return reader.rows_of(_distortion, reader.tested())


FILL = {CLASSES: classes, SIGNIFICANT: significant, DISTORTION: distortion}


@once
def _tests(reader: StudyReader, comparison: Comparison) -> pl.DataFrame:
    _, n, reference = reader.recalls(comparison.reference, comparison.dataset)
    _, _, compressed = reader.recalls(comparison.compressed, comparison.dataset)
    weights = n / n.sum()
    return class_tests(
        reference,
        compressed,
        reference @ weights,
        compressed @ weights,
        paired=comparison.is_paired,
        n=n,
        seed=comparison.seed,
    )


def _classes(reader: StudyReader, comparison: Comparison) -> pl.DataFrame:
    """A row per test, scale that the test has, and class."""
    labels, n, _ = reader.recalls(comparison.reference, comparison.dataset)
    names = np.array(reader.dataset(comparison.dataset)["class_names"])[labels]
    described = pl.DataFrame({"class_index": np.arange(len(labels)), "label": labels, "class_name": names, "n": n})
    tests = _tests(reader, comparison).join(described, on="class_index", maintain_order="left")
    by_scale = [
        tests.with_columns(
            pl.lit(scale).alias("scale"),
            *(pl.col(held[name]).alias(name) if name in held else pl.lit(None).alias(name) for name in SCALES[SHIFTED]),
        )
        for scale, held in SCALES.items()
    ]
    rows = pl.concat(by_scale, how="vertical_relaxed").with_columns(
        *(pl.lit(value).alias(name) for name, value in comparison.names.items()),
        is_default=pl.col("test") == default_test(paired=comparison.is_paired),
    )
    # Hooker et al. have no other scale; their raw change is that of the other tests.
    return CLASSES.frame(
        rows.filter((pl.col("test") != "hooker") | (pl.col("scale") == SHIFTED)).select(CLASSES.schema.names())
    )


def _distortion(reader: StudyReader, comparison: Comparison) -> list[Row]:
    _, n, reference = reader.recalls(comparison.reference, comparison.dataset)
    _, _, compressed = reader.recalls(comparison.compressed, comparison.dataset)
    paired, seed = comparison.is_paired, comparison.seed
    slope = intensification(reference, compressed, n, paired=paired, seed=seed)
    labels = comparison.given_labels
    n_classes = reader.dataset(comparison.dataset)["n_classes"]
    rates = (
        class_error_rates(labels, side, n_classes)
        for side in (comparison.labelled.reference, comparison.labelled.compressed)
    )
    distances = cev_sde(*rates, paired=paired, seed=seed).to_dicts()
    first = {
        "measure": "intensification",
        "estimate": slope.estimate,
        "published": None,
        "std_error": slope.std_error,
        "conf_low": slope.conf_low,
        "conf_high": slope.conf_high,
        "n_classes": len(n),
        "n_left_out": None,
        "flag": slope.flag,
    }
    return [comparison.names | {name: row[name] for name in first} for row in (first, *distances)]
