"""How good are the networks, are they calibrated, and by how much did compression change that?"""

from typing import Any

import numpy as np

from pietools.results.table import Row
from pietools.statistics.accuracy.agreement import fleiss_kappa, mean_and_sd_of
from pietools.statistics.accuracy.calibration import calibration_curve, expected_calibration_error
from pietools.statistics.accuracy.change import accuracy_change, worst_class
from pietools.statistics.accuracy.on_pies import accuracy_on_pies
from pietools.statistics.tools.ballots import masks
from pietools.topics import answers
from pietools.topics.accuracy.tables import ACCURACY, CALIBRATION, CHANGE_OF_ACCURACY, ON_PIES
from pietools.topics.comparison import Comparison
from pietools.topics.multiplicity import with_holm
from pietools.topics.study_reader import DESCRIBED, StudyReader

MEASURES = {"top1": "top1", "top5": "top5", "loss": "mean_loss", "brier": "mean_brier"}
BINNINGS = {"ece": "equal-mass", "ece_equal_width": "equal-width"}


def populations(reader: StudyReader) -> list[Row]:
    """Rows of results.accuracy."""
    return reader.over(_population, reader.evaluated.to_dicts())


def changes(reader: StudyReader) -> list[Row]:
    """Rows of results.accuracy_change."""
    rows = reader.over(_change, reader.labelled())
    return with_holm(rows, reader.is_compressed)


def on_pies(reader: StudyReader) -> list[Row]:
    """Rows of results.accuracy_on_pies."""
    return [
        comparison.names | row
        for comparison in reader.each(reader.labelled())
        for row in accuracy_on_pies(comparison.votes).to_dicts()
    ]


def calibration(reader: StudyReader) -> list[Row]:
    """Rows of results.accuracy_calibration."""
    rows = []
    for evaluated in reader.each(reader.evaluated.to_dicts()):
        if _has_confidences(reader, evaluated):
            names = {name: evaluated[name] for name in ("population", "dataset")}
            curve = calibration_curve(reader.confidences(**names), reader.right(**names))
            rows += [names | row for row in curve.rename({"mean_confidence": "confidence"}).to_dicts()]
    return rows


FILL = {ACCURACY: populations, CHANGE_OF_ACCURACY: changes, ON_PIES: on_pies, CALIBRATION: calibration}


def _population(reader: StudyReader, evaluated: dict[str, Any]) -> Row:
    population, dataset, n_models = (evaluated[name] for name in ("population", "dataset", "n_models"))
    networks = reader.accuracies(population, dataset)
    n_examples = reader.dataset(dataset)["n_examples"]
    means = {name: mean_and_sd_of(networks[column]) for name, column in MEASURES.items()}
    means |= _calibration_errors(reader, evaluated)
    ballots = reader.ballots(population, dataset)
    n_votes = np.bincount(reader.predicted(population, dataset).ravel())
    sum_squared = np.array([answers.squared_votes(ballots, n_examples)])
    everyone = masks(np.ones((1, n_models), dtype=bool))[0]
    return {
        **evaluated,
        **reader.describe(population, *DESCRIBED, "reference"),
        "n_examples": n_examples,
        **{f"{name}_mean": mean for name, (mean, _) in means.items()},
        **{f"{name}_sd": sd for name, (_, sd) in means.items()},
        "kappa": fleiss_kappa(n_votes, sum_squared, n_examples, n_models),
        "churn": reader.churn(population, dataset),
        "n_tied": int(ballots.is_tied(everyone).sum()),
    }


def _calibration_errors(reader: StudyReader, evaluated: dict[str, Any]) -> dict[str, tuple[float | None, float | None]]:
    """Mean and sd over networks of each expected calibration error; None where confidences or labels are not known."""
    if not _has_confidences(reader, evaluated):
        return dict.fromkeys(BINNINGS, (None, None))
    population, dataset = evaluated["population"], evaluated["dataset"]
    confidences, right = reader.confidences(population, dataset), reader.right(population, dataset)
    return {
        name: mean_and_sd_of(expected_calibration_error(confidences, right, binning=binning)["estimate"])
        for name, binning in BINNINGS.items()
    }


def _has_confidences(reader: StudyReader, evaluated: dict[str, Any]) -> bool:
    return reader.n_labelled(evaluated["dataset"]) > 0 and evaluated["evidence"] not in ("labels", "log-odds")


def _change(reader: StudyReader, comparison: Comparison) -> Row:
    """Change of accuracy, and of the class that is least certain to have kept its recall."""
    names, margin = (comparison.reference, comparison.compressed), reader.settings.margin
    reference, compressed = (reader.accuracies(name, comparison.dataset)["top1"].to_numpy() for name in names)
    change = accuracy_change(reference, compressed, paired=comparison.is_paired, margin=margin)
    labels, _, _ = reader.recalls(comparison.reference, comparison.dataset)
    recalls = (reader.recalls(name, comparison.dataset)[2] for name in names)
    worst = worst_class(*recalls, paired=comparison.is_paired, margin=margin)
    return {
        **comparison.names,
        "test": comparison.t_test,
        "n_reference": len(reference),
        "n_compressed": len(compressed),
        **vars(change),
        "worst_class": reader.dataset(comparison.dataset)["class_names"][labels[worst.class_index]],
        "worst_class_change": worst.estimate,
        "p_worst_class": worst.p_value,
    }
