"""Result frame in, ``alt.Chart`` out: what was computed is drawn, nothing is computed. One module per topic.

A chart takes the rows of one result frame, ``pietools.analysis.Analysis`` or the table ``results.TOPIC``, and copes with
missing labels, one comparison or many, and several regimes and data sets. Of no rows there is no chart.
"""

from pietools.charts.accuracy import accuracy_change, reliability
from pietools.charts.classes import class_change
from pietools.charts.examples import networks_right
from pietools.charts.flips import flips
from pietools.charts.pies import by_replicates, excess, sparsity_curve
from pietools.charts.subgroups import composition, group_change
from pietools.charts.unseen import excess_error

__all__ = [
    "accuracy_change",
    "by_replicates",
    "class_change",
    "composition",
    "excess",
    "excess_error",
    "flips",
    "group_change",
    "networks_right",
    "reliability",
    "sparsity_curve",
]
