"""A study: one DuckDB file with the examples, the networks, every network's predictions, and the results."""

from typing import TYPE_CHECKING, Any

from pietools.study.records import (
    LABEL_NOISE,
    SECOND_DENSE,
    Category,
    Dataset,
    EpochPredictions,
    Evaluation,
    Layer,
    LayerPredictions,
    Model,
    Population,
    Recording,
    Sample,
)

if TYPE_CHECKING:
    from pietools.study.study import Study

__all__ = [
    "LABEL_NOISE",
    "SECOND_DENSE",
    "Category",
    "Dataset",
    "EpochPredictions",
    "Evaluation",
    "Layer",
    "LayerPredictions",
    "Model",
    "Population",
    "Recording",
    "Sample",
    "Study",
]


def __getattr__(name: str) -> Any:
    """Import the database on first use: whoever only needs the records waits for none."""
    if name == "Study":
        from pietools.study.study import Study

        return Study
    raise AttributeError(f"module 'pietools.study' has no attribute '{name}'")
