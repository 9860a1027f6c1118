"""Classes: which changed otherwise than accuracy did, and do the differences between them grow?"""

from typing import Any

import numpy as np
import polars as pl

from pietools.statistics.classes import class_tests, default_test
from pietools.statistics.distortion import cev_sde, class_error_rates, intensification
from pietools.topics.reading import Comparison, Reading


def tables(reading: Reading) -> dict[str, pl.DataFrame]:
    """Tables of the topic."""
    labelled = [one for one in reading.originals() if reading.n_labelled(one.dataset)]
    found = [(_tests(reading, one), _summary(reading, one)) for one in reading.each(labelled)]
    return {
        "classes": pl.concat([reading.frame("classes", []), *(tests for tests, _ in found)]),
        "classes_summary": reading.frame("classes_summary", [row for _, row in found]),
    }


def _tests(reading: Reading, comparison: Comparison) -> pl.DataFrame:
    paired = reading.is_paired(comparison)
    labels, n, reference = reading.recalls(comparison.reference, comparison.dataset)
    _, _, compressed = reading.recalls(comparison.compressed, comparison.dataset)
    weights = n / n.sum()
    tests = class_tests(
        reference,
        compressed,
        reference @ weights,
        compressed @ weights,
        paired=paired,
        n=n,
        seed=comparison.seed(reading.settings.seed),
    )
    names = np.array(reading.dataset(comparison.dataset)["class_names"])[labels]
    classes = pl.DataFrame({"class_index": np.arange(len(labels)), "label": labels, "class_name": names, "n": n})
    schema = reading.study.result_schema("classes")
    return (
        tests.join(classes, on="class_index")
        .with_columns(pl.lit(value).alias(name) for name, value in vars(comparison).items())
        .with_columns(is_default=pl.col("test") == default_test(paired=paired))
        .select(schema.names())
        .cast(schema)
    )


def _summary(reading: Reading, comparison: Comparison) -> dict[str, Any]:
    paired, seed = reading.is_paired(comparison), comparison.seed(reading.settings.seed)
    _, n, reference = reading.recalls(comparison.reference, comparison.dataset)
    _, _, compressed = reading.recalls(comparison.compressed, comparison.dataset)
    slope = intensification(reference, compressed, n, paired=paired, seed=seed)
    labels = reading.labels(comparison.dataset)
    n_classes = reading.dataset(comparison.dataset)["n_classes"]
    rates = (
        class_error_rates(labels[labels >= 0], side[:, labels >= 0], n_classes)
        for side in reading.predicted(comparison)
    )
    distances = {row.pop("measure"): row for row in cev_sde(*rates, paired=paired, seed=seed).to_dicts()}
    return {
        **vars(comparison),
        "intensification": slope.estimate,
        **{f"intensification_{name}": getattr(slope, name) for name in ("std_error", "conf_low", "conf_high")},
        **{measure: row["estimate"] for measure, row in distances.items()},
        **{f"{measure}_published": row["published"] for measure, row in distances.items()},
        **{f"{measure}_{name}": row[name] for measure, row in distances.items() for name in ("conf_low", "conf_high")},
        "n_classes": distances["cev"]["n_classes"],
        "n_left_out": distances["cev"]["n_left_out"],
        "flag": slope.flag,
        **{f"{measure}_flag": row["flag"] for measure, row in distances.items()},
    }
