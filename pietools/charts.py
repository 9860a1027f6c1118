"""Result frame in, ``alt.Chart`` out: what was computed is drawn, nothing is computed. One module per topic.

A chart takes the rows of one result frame, ``pietools.analysis.Analysis`` or the table ``results.TOPIC``, and copes with
missing labels, one comparison or many, and several regimes and data sets. Of no rows there is no chart.
"""

from pietools.topics.accuracy.charts import accuracy_change, reliability
from pietools.topics.characterize.charts import calibration, odds_ratios, pie_odds_ratios
from pietools.topics.characterize.shape_charts import effect_shapes
from pietools.topics.classes.charts import class_change
from pietools.topics.examples.charts import networks_right
from pietools.topics.flips.charts import flips
from pietools.topics.pies.charts import by_replicates, excess, sparsity_curve
from pietools.topics.properties.charts import property_groups
from pietools.topics.regimes.charts import change_correlations, coefficient_differences, losses, overlaps, transitions
from pietools.topics.subgroups.charts import composition, group_change
from pietools.topics.unseen.charts import excess_error

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
