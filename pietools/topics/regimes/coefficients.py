"""Which properties matter more in which regime? Differences of the primary model's coefficients."""

import numpy as np

from pietools.flags import Flag
from pietools.results.table import Row
from pietools.statistics.regimes.coefficients import CoefficientDifferences, coefficient_differences
from pietools.topics.characterize.explanation import explanation, primary_model
from pietools.topics.characterize.tables import COMPRESSION
from pietools.topics.regimes.pairs import Pair, pairs
from pietools.topics.regimes.tables import COEFFICIENTS, MARGINAL
from pietools.topics.study_reader import StudyReader

LOG_ODDS = "log odds ratio"
JOINT = "(joint)"
PROPERTIES = slice(1, None)  # the first coefficient is of none


def coefficients(reader: StudyReader) -> list[Row]:
    """Rows of results.regimes_coefficients."""
    return [COEFFICIENTS.nothing | row for pair in reader.each(pairs(reader)) for row in _compared(reader, pair)]


def _compared(reader: StudyReader, pair: Pair) -> list[Row]:
    comparisons = [pair.a.comparison, pair.b.comparison]
    a, b = (primary_model(reader, one) for one in comparisons)
    if a is None or b is None or not a.fitted or not b.fitted:
        return []
    sources = {
        explained.is_cross_fitted for explained in (explanation(reader, one) for one in comparisons) if explained
    }
    if a.fitted != b.fitted or len(sources) > 1:
        return [pair.names | {"effect": LOG_ODDS, "term": JOINT, "flag": Flag.DIFFERENT_PROPERTIES}]
    sizes = [size for one in comparisons for size in one.votes.sizes]
    terms = [term for term in a.fitted if term != COMPRESSION]
    if not terms:
        return [pair.names | {"effect": LOG_ODDS, "term": JOINT, "flag": Flag.CONSTANT}]
    rows = []
    for effect, of_a, of_b in ((LOG_ODDS, a.log_odds, b.log_odds), (MARGINAL, a.marginal, b.marginal)):
        if of_a is None or of_b is None or not np.isfinite([*of_a.estimate, *of_b.estimate]).all():
            continue
        found = coefficient_differences(
            of_a.on(PROPERTIES), of_b.on(PROPERTIES), terms, n_networks=min(sizes), paired=pair.is_paired
        )
        rows += [pair.names | {"effect": effect} | row for row in [*found.terms.to_dicts(), _joint(found)]]
    return rows


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
