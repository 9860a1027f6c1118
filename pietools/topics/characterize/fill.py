"""Which properties go with being lost in compression, and which only with being difficult?"""

from collections.abc import Iterator, Sequence

from pietools.results.table import Row
from pietools.statistics.characterize.cross_fitted_pie_regression import cross_fitted_pie_regression
from pietools.statistics.characterize.cross_fitted_scores import cross_fitted_scores
from pietools.statistics.characterize.out_of_fold import out_of_fold, predicted_against_observed
from pietools.statistics.characterize.pie_regression import pie_regression
from pietools.statistics.characterize.shapes import Shape, conditional_shape, pie_shapes
from pietools.topics.characterize.change_fill import changes
from pietools.topics.characterize.change_tables import CHANGES
from pietools.topics.characterize.explanation import Explanation, explanation, primary_model
from pietools.topics.characterize.tables import CALIBRATION, PIES, PRIMARY, SCORES, SHAPES
from pietools.topics.comparison import Comparison
from pietools.topics.log_odds import asked_of_votes
from pietools.topics.study_reader import StudyReader

ALONE = "loss"
PLAIN = "plain"
# Outcomes of an example, and the direction of a PIE that they are.
OUTCOMES = {"pie": None, "forgotten": "forgotten"}
POINT = (
    "value",
    "estimate",
    "std_error",
    "conf_low",
    "conf_high",
    "odds_ratio",
    "odds_ratio_conf_low",
    "odds_ratio_conf_high",
)


def primary(reader: StudyReader) -> Iterator[Row]:
    """Rows of results.characterize."""
    for comparison, explained in _explained(reader, asked_of_votes(reader, reader.explainable())):
        model = primary_model(reader, comparison)
        if model:
            shared = {"pairing": comparison.pairing, "measured_on": explained.measured_on, "n_missing": model.n_missing}
            yield from (comparison.names | shared | row for row in model.terms.to_dicts())


def pies(reader: StudyReader) -> Iterator[Row]:
    """Rows of results.characterize_pies: regressions of both outcomes beside their baseline, and the published form."""
    for comparison, explained in _explained(reader):
        for outcome, direction in OUTCOMES.items():
            shared = comparison.names | {"outcome": outcome, "measured_on": explained.measured_on}
            cross_fitted = cross_fitted_pie_regression(
                comparison.labelled, explained.properties, seed=comparison.seed, outcome=outcome
            )
            is_event = comparison.is_pie(direction)[comparison.has_label]
            plain = pie_regression(is_event, explained.values, explained.properties.names)
            yield from (shared | row for row in cross_fitted.to_dicts())
            yield from (PIES.nothing | shared | {"side": PLAIN} | row for row in plain.to_dicts())


def scores(reader: StudyReader) -> Iterator[Row]:
    """Rows of results.characterize_scores."""
    for comparison, explained in _explained(reader):
        names = explained.properties.names
        alone = ALONE if ALONE in names else names[0]
        found = cross_fitted_scores(comparison.labelled, explained.properties, seed=comparison.seed, alone=alone)
        for row in found.rename({"comparison": "contrast"}).to_dicts():
            yield comparison.names | {"alone": alone} | row


def shapes(reader: StudyReader) -> Iterator[Row]:
    """Rows of results.characterize_shapes."""
    for comparison, explained in _explained(reader):
        for name in explained.properties.names:
            for model, shape in _shapes(comparison, explained, name).items():
                shared = comparison.names | {"property": name, "model": model, "flag": shape.flag}
                points = shape.curve.to_dicts() or [dict.fromkeys(POINT)]
                yield from (shared | point for point in points)


def calibration(reader: StudyReader) -> Iterator[Row]:
    """Rows of results.characterize_calibration: of the published form, out of fold."""
    for comparison, explained in _explained(reader):
        is_pie = comparison.is_pie()[comparison.has_label]
        found = out_of_fold(is_pie, explained.values, explained.properties.names, seed=comparison.seed)
        for row in predicted_against_observed(is_pie, found).to_dicts():
            yield comparison.names | row


FILL = {CHANGES: changes, PRIMARY: primary, PIES: pies, SCORES: scores, SHAPES: shapes, CALIBRATION: calibration}


def _explained(
    reader: StudyReader, comparisons: Sequence[Comparison] | None = None
) -> Iterator[tuple[Comparison, Explanation]]:
    """Comparisons, all unless some are named, whose losses something may explain, and what."""
    for comparison in reader.each(reader.explainable() if comparisons is None else comparisons):
        explained = explanation(reader, comparison)
        if explained is not None:
            yield comparison, explained
        elif reader.settings.explain != []:
            reader.warn("no property could explain what is lost: collect logits or import one.", comparison.dataset)


def _shapes(comparison: Comparison, explained: Explanation, name: str) -> dict[str, Shape]:
    alone = explained.only(name)
    compressed, baseline = pie_shapes(comparison.labelled, alone, seed=comparison.seed)
    conditional = conditional_shape(comparison.labelled.right, alone, seed=comparison.seed)
    return {"conditional": conditional, "compressed": compressed, "baseline": baseline}
