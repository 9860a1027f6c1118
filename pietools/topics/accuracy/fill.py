"""How good are the networks, are they calibrated, and by how much did compression change that?"""

from typing import Any

import polars as pl

from pietools.statistics.accuracy.agreement import fleiss_kappa, mean_and_sd_of
from pietools.statistics.accuracy.calibration import calibration_curve, expected_calibration_error
from pietools.statistics.accuracy.change import accuracy_change, worst_class
from pietools.statistics.accuracy.on_pies import accuracy_on_pies
from pietools.topics.flips.fill import churn_within
from pietools.topics.study_reader import Comparison, StudyReader

MEASURES = {"top1": "top1", "top5": "top5", "loss": "mean_loss", "brier": "mean_brier"}
BINNINGS = {"ece": "equal-mass", "ece_equal_width": "equal-width"}


def tables(reader: StudyReader) -> dict[str, pl.DataFrame]:
    """Tables of the topic."""
    evaluated = reader.evaluated.to_dicts()
    found = [(_population(reader, row), _curve(reader, row)) for row in reader.each(evaluated)]
    labelled = [one for one in reader.originals() if reader.n_labelled(one.dataset)]
    return {
        "accuracy": reader.frame("accuracy", [row for row, _ in found]),
        "accuracy_change": reader.frame("accuracy_change", [_change(reader, one) for one in labelled]),
        "accuracy_on_pies": reader.frame(
            "accuracy_on_pies", [row for one in labelled for row in _on_pies(reader, one)]
        ),
        "accuracy_calibration": reader.frame("accuracy_calibration", [row for _, curve in found for row in curve]),
    }


def _population(reader: StudyReader, evaluated: dict[str, Any]) -> dict[str, Any]:
    population, dataset, n_models = (evaluated[name] for name in ("population", "dataset", "n_models"))
    networks = reader.accuracies(population, dataset)
    n_examples = reader.dataset(dataset)["n_examples"]
    means = {name: mean_and_sd_of(networks[column]) for name, column in MEASURES.items()}
    means |= {name: _calibration_error(reader, evaluated, binning) for name, binning in BINNINGS.items()}
    sums = reader.study.vote_sums(population, dataset)
    n_votes, sum_squared = (sums[name].cast(pl.Float64).to_numpy() for name in ("n_votes", "sum_squared_votes"))
    return {
        **evaluated,
        **reader.describe(population, "role", "reference", "regime", "method", "sparsity", "bits"),
        "n_examples": n_examples,
        **{f"{name}_mean": mean for name, (mean, _) in means.items()},
        **{f"{name}_sd": sd for name, (_, sd) in means.items()},
        "kappa": fleiss_kappa(n_votes, sum_squared, n_examples, n_models),
        "churn": churn_within(reader, population, dataset),
        "n_tied": reader.study.modal_labels(population, dataset)["is_tied"].sum(),
    }


def _calibration_error(
    reader: StudyReader, evaluated: dict[str, Any], binning: str
) -> tuple[float | None, float | None]:
    """Mean and sd over networks of the expected calibration error; None where confidences or labels are not known."""
    if not _has_confidences(reader, evaluated):
        return None, None
    population, dataset = evaluated["population"], evaluated["dataset"]
    right = reader.right(population, dataset)
    found = expected_calibration_error(reader.confidences(population, dataset), right, binning=binning)
    return mean_and_sd_of(found["estimate"])


def _has_confidences(reader: StudyReader, evaluated: dict[str, Any]) -> bool:
    return reader.n_labelled(evaluated["dataset"]) > 0 and evaluated["evidence"] != "labels"


def _curve(reader: StudyReader, evaluated: dict[str, Any]) -> list[dict[str, Any]]:
    if not _has_confidences(reader, evaluated):
        return []
    population, dataset = evaluated["population"], evaluated["dataset"]
    curve = calibration_curve(reader.confidences(population, dataset), reader.right(population, dataset))
    return [
        {"population": population, "dataset": dataset, **row}
        for row in curve.rename({"mean_confidence": "confidence"}).to_dicts()
    ]


def _change(reader: StudyReader, comparison: Comparison) -> dict[str, Any]:
    """Change of accuracy, and of the class that is least certain to have kept its recall."""
    paired, margin = reader.is_paired(comparison), reader.settings.margin
    names = comparison.reference, comparison.compressed
    reference, compressed = (reader.accuracies(name, comparison.dataset)["top1"].to_numpy() for name in names)
    change = accuracy_change(reference, compressed, paired=paired, margin=margin)
    labels, _, _ = reader.recalls(comparison.reference, comparison.dataset)
    recalls = (reader.recalls(name, comparison.dataset)[2] for name in names)
    worst = worst_class(*recalls, paired=paired, margin=margin)
    return {
        **vars(comparison),
        "test": "paired" if paired else "welch",
        "n_reference": len(reference),
        "n_compressed": len(compressed),
        **vars(change),
        "worst_class": reader.dataset(comparison.dataset)["class_names"][labels[worst.class_index]],
        "worst_class_change": worst.estimate,
        "p_worst_class": worst.p_value,
    }


def _on_pies(reader: StudyReader, comparison: Comparison) -> list[dict[str, Any]]:
    return [{**vars(comparison), **row} for row in accuracy_on_pies(reader.votes(comparison)).to_dicts()]
