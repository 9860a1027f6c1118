"""A study: one DuckDB file with the examples, the networks, every network's predictions, and the results."""

from pietools.study.records import (
    LABEL_NOISE,
    SECOND_DENSE,
    Dataset,
    EpochPredictions,
    Evaluation,
    Layer,
    LayerPredictions,
    Model,
    Population,
    Recording,
)
from pietools.study.study import Study

__all__ = [
    "LABEL_NOISE",
    "SECOND_DENSE",
    "Dataset",
    "EpochPredictions",
    "Evaluation",
    "Layer",
    "LayerPredictions",
    "Model",
    "Population",
    "Recording",
    "Study",
]
