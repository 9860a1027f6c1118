"""Which properties go with being lost in compression, and which only with being difficult?"""

from typing import Any

import numpy as np
import polars as pl

from pietools.statistics.characterize.cross_fitted_pie_regression import cross_fitted_pie_regression
from pietools.statistics.characterize.cross_fitted_scores import cross_fitted_scores
from pietools.statistics.characterize.out_of_fold import out_of_fold, predicted_against_observed
from pietools.statistics.characterize.pie_outcomes import OUTCOMES
from pietools.statistics.characterize.pie_regression import pie_regression
from pietools.statistics.characterize.shapes import conditional_shape, pie_shapes
from pietools.topics.characterize.explanation import Explanation, explanation, primary_model
from pietools.topics.study_reader import Comparison, StudyReader

ALONE = "loss"
PLAIN = "plain"
Rows = list[dict[str, Any]]


def tables(reader: StudyReader) -> dict[str, pl.DataFrame]:
    """Tables of the topic."""
    found: dict[str, Rows] = {
        "characterize": [],
        "characterize_pies": [],
        "characterize_scores": [],
        "characterize_shapes": [],
        "characterize_calibration": [],
    }
    for comparison in reader.each(reader.explainable()):
        explained = explanation(reader, comparison)
        if explained is None:
            if reader.settings.explain != ():
                reader.warn("no property could explain what is lost: collect logits or import one.", comparison.dataset)
            continue
        for table, rows in _compare(_Question(reader, comparison, explained)).items():
            found[table] += [{**vars(comparison), **row} for row in rows]
    return {table: reader.frame(table, rows) for table, rows in found.items()}


class _Question:
    """A comparison with what may explain it, on the labelled examples of its data set in the order of their keys."""

    def __init__(self, reader: StudyReader, comparison: Comparison, explained: Explanation) -> None:
        self.explained = explained
        self.model = primary_model(reader, comparison)
        self.properties = explained.properties
        self.names = explained.properties.names
        self.paired = reader.is_paired(comparison)
        self.seed = comparison.seed(reader.settings.seed)
        rows = reader.labelled(comparison.dataset)
        self.votes = reader.votes(comparison).on(rows)
        pies = reader.study.pies(comparison.reference, comparison.compressed, comparison.dataset)
        forgotten = pies.filter(direction="forgotten")
        self.is_event = {
            outcome: np.isin(rows, events["example_id"].to_numpy())
            for outcome, events in (("pie", pies), ("forgotten", forgotten))
        }


def _compare(question: _Question) -> dict[str, Rows]:
    measured_on = {"measured_on": question.explained.measured_on}
    return {
        "characterize": [row | measured_on for row in _primary(question)],
        "characterize_pies": [row | measured_on for row in _pies(question)],
        "characterize_scores": _scores(question),
        "characterize_shapes": _shapes(question),
        "characterize_calibration": _calibration(question),
    }


def _primary(question: _Question) -> Rows:
    design = "paired" if question.paired else "unpaired"
    model = question.model
    return [{"design": design, "n_missing": model.n_missing, **row} for row in model.terms.to_dicts()] if model else []


def _pies(question: _Question) -> Rows:
    """Regressions of both outcomes beside their baseline, and the published form."""
    rows = []
    for outcome in OUTCOMES:
        crossed = cross_fitted_pie_regression(question.votes, question.properties, seed=question.seed, outcome=outcome)
        plain = pie_regression(question.is_event[outcome], question.explained.values, question.names)
        rows += [{"outcome": outcome, **row} for row in crossed.to_dicts()]
        rows += [{"outcome": outcome, "side": PLAIN, **row} for row in plain.to_dicts()]
    return rows


def _scores(question: _Question) -> Rows:
    alone = ALONE if ALONE in question.names else question.names[0]
    found = cross_fitted_scores(question.votes, question.properties, seed=question.seed, alone=alone)
    return [{"question": row.pop("comparison"), "alone": alone, **row} for row in found.to_dicts()]


def _shapes(question: _Question) -> Rows:
    rows: Rows = []
    for name in question.names:
        one = question.explained.only(name)
        conditional = conditional_shape(question.votes.right, one, seed=question.seed)
        compressed, baseline = pie_shapes(question.votes, one, seed=question.seed)
        for model, shape in (("conditional", conditional), ("compressed", compressed), ("baseline", baseline)):
            points = shape.curve.to_dicts() or [{}]
            rows += [{"property": name, "model": model, "flag": shape.flag, **point} for point in points]
    return rows


def _calibration(question: _Question) -> Rows:
    """Of the published form, out of fold."""
    is_pie = question.is_event["pie"]
    found = out_of_fold(is_pie, question.explained.values, question.names, seed=question.seed)
    return predicted_against_observed(is_pie, found).to_dicts()
