"""Classes: which changed otherwise than accuracy did, and do the differences between them grow?"""

from typing import Any

import numpy as np
import polars as pl

from pietools.statistics.classes.distortion import cev_sde, class_error_rates, intensification
from pietools.statistics.classes.tests import class_tests, default_test
from pietools.topics.study_reader import Comparison, StudyReader


def tables(reader: StudyReader) -> dict[str, pl.DataFrame]:
    """Tables of the topic."""
    labelled = [one for one in reader.originals() if reader.n_labelled(one.dataset)]
    found = [(_tests(reader, one), _summary(reader, one)) for one in reader.each(labelled)]
    return {
        "classes": pl.concat([reader.frame("classes", []), *(tests for tests, _ in found)]),
        "classes_summary": reader.frame("classes_summary", [row for _, row in found]),
    }


def _tests(reader: StudyReader, comparison: Comparison) -> pl.DataFrame:
    paired = reader.is_paired(comparison)
    labels, n, reference = reader.recalls(comparison.reference, comparison.dataset)
    _, _, compressed = reader.recalls(comparison.compressed, comparison.dataset)
    weights = n / n.sum()
    tests = class_tests(
        reference,
        compressed,
        reference @ weights,
        compressed @ weights,
        paired=paired,
        n=n,
        seed=comparison.seed(reader.settings.seed),
    )
    names = np.array(reader.dataset(comparison.dataset)["class_names"])[labels]
    classes = pl.DataFrame({"class_index": np.arange(len(labels)), "label": labels, "class_name": names, "n": n})
    schema = reader.study.result_schema("classes")
    return (
        tests.join(classes, on="class_index")
        .with_columns(pl.lit(value).alias(name) for name, value in vars(comparison).items())
        .with_columns(is_default=pl.col("test") == default_test(paired=paired))
        .select(schema.names())
        .cast(schema)
    )


def _summary(reader: StudyReader, comparison: Comparison) -> dict[str, Any]:
    paired, seed = reader.is_paired(comparison), comparison.seed(reader.settings.seed)
    _, n, reference = reader.recalls(comparison.reference, comparison.dataset)
    _, _, compressed = reader.recalls(comparison.compressed, comparison.dataset)
    slope = intensification(reference, compressed, n, paired=paired, seed=seed)
    labels = reader.labels(comparison.dataset)
    n_classes = reader.dataset(comparison.dataset)["n_classes"]
    rates = (
        class_error_rates(labels[labels >= 0], side[:, labels >= 0], n_classes) for side in reader.predicted(comparison)
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
