"""Result frame in, ``alt.Chart`` out: what was computed is drawn, nothing is computed. One module per topic.

A chart takes the rows of one result frame, ``pietools.analysis.Analysis`` or the table ``results.TOPIC``, and copes with
missing labels, one comparison or many, and several regimes and data sets. Of no rows there is no chart.
"""

from pietools.charts.accuracy import accuracy_change, reliability
from pietools.charts.characterize import calibration, odds_ratios, pie_odds_ratios
from pietools.charts.classes import class_change
from pietools.charts.examples import networks_right
from pietools.charts.flips import flips
from pietools.charts.pies import by_replicates, excess, sparsity_curve
from pietools.charts.properties import property_groups
from pietools.charts.regimes import change_correlations, coefficient_differences, losses, overlaps, transitions
from pietools.charts.shapes import effect_shapes
from pietools.charts.subgroups import composition, group_change
from pietools.charts.unseen import excess_error

__all__ = [
    "accuracy_change",
    "by_replicates",
    "calibration",
    "change_correlations",
    "class_change",
    "coefficient_differences",
    "composition",
    "effect_shapes",
    "excess",
    "excess_error",
    "flips",
    "group_change",
    "losses",
    "networks_right",
    "odds_ratios",
    "overlaps",
    "pie_odds_ratios",
    "property_groups",
    "reliability",
    "sparsity_curve",
    "transitions",
]
