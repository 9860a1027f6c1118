"""Records of what a comparison found, besides those of the statistics."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Accuracy:
    """Name of a side, and the share of labelled examples that it has right, with a 95 % interval; None without labels."""

    name: str
    accuracy: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None


@dataclass(frozen=True)
class Population:
    """Majority answers of several matched networks a side: how many differ, and how many do after shuffling the names."""

    n_networks: int
    n_changed: int
    forgotten: int | None
    recovered: int | None
    moved: int | None
    shuffled_mean: float
    shuffled_low: float
    shuffled_high: float
    p: float
    change: float | None
    conf_low: float | None
    conf_high: float | None


@dataclass(frozen=True)
class Regrouping:
    """Tests of one grouping: how many groups there are, and how many could have been significant."""

    group: str
    tests: pl.DataFrame
    n_testable: int
