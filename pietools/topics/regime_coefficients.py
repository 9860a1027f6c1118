"""Which properties matter more in which regime? Differences of the primary model's coefficients."""

from typing import Any

import numpy as np

from pietools.statistics.characterization.conditional_model import COMPRESSION, ConditionalModel
from pietools.statistics.regimes.coefficients import CoefficientDifferences, Fitted, coefficient_differences
from pietools.topics.explaining import explanation, primary_model
from pietools.topics.reading import Reading
from pietools.topics.regime_pairs import Pair

LOG_ODDS, MARGINAL = "log odds ratio", "marginal effect"
JOINT = "(joint)"
Row = dict[str, Any]


def coefficients(reading: Reading, pairs: list[Pair]) -> list[Row]:
    """Rows of results.regimes_coefficients."""
    return [row for pair in pairs for row in _compared(reading, pair)]


def _compared(reading: Reading, pair: Pair) -> list[Row]:
    comparisons = [pair.a.comparison, pair.b.comparison]
    a, b = (primary_model(reading, one) for one in comparisons)
    if a is None or b is None or a.coefficients is None or b.coefficients is None:
        return []
    sources = {
        explained.is_cross_fitted for explained in (explanation(reading, one) for one in comparisons) if explained
    }
    if a.fitted != b.fitted or len(sources) > 1:
        return [pair.names | {"effect": LOG_ODDS, "term": JOINT, "flag": "different-properties"}]
    sizes = [len(matrix) for one in comparisons for matrix in reading.predicted(one)]
    terms = [term for term in a.fitted if term != COMPRESSION]
    rows = []
    for effect, values, replications in (
        (LOG_ODDS, "coefficients", "replications"),
        (MARGINAL, "effects", "effect_replications"),
    ):
        fitted = [_of_properties(model, values, replications) for model in (a, b)]
        if all(np.isfinite(one.estimate).all() for one in fitted):
            found = coefficient_differences(fitted[0], fitted[1], terms, n_networks=min(sizes), matched=pair.matched)
            rows += [pair.names | {"effect": effect} | row for row in [*found.terms.to_dicts(), _joint(found)]]
    return rows


def _of_properties(model: ConditionalModel, values: str, replications: str) -> Fitted:
    """Without the first row, which is of no property."""
    return Fitted(getattr(model, values)[1:], getattr(model, replications)[:, 1:])


def _joint(found: CoefficientDifferences) -> Row:
    df, residual = found.df or (None, None)
    return {
        "term": JOINT,
        "statistic": found.statistic,
        "df": df,
        "df_residual": residual,
        "p_value": found.p_value,
        "flag": found.flag,
    }
