"""Result frame in, ``alt.Chart`` out: what was computed is drawn, nothing is computed. One module per topic.

A chart takes the rows of one result frame, ``pietools.analysis.Analysis`` or the table ``results.TOPIC``, and copes with
missing labels, one comparison or many, and several regimes and data sets.
"""

from pietools.charts.classes import class_change
from pietools.charts.flips import flips
from pietools.charts.pies import sparsity_curve

__all__ = ["class_change", "flips", "sparsity_curve"]
