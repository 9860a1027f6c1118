"""Result tables about properties of examples, and how they read."""

import polars as pl

from pietools.results.column_runs import COMPARISON, DATASET, FLAG
from pietools.results.rounding import count, decimal, percent
from pietools.results.shown import (
    AGAINST,
    COMPRESSED,
    Row,
    Shown,
    ShownColumn,
    decimal_interval,
    number,
    text,
)
from pietools.results.table import Column, Json, Table

PROPERTY = Column("property", str, "name of the property", required=True, is_key=True)


def _digits(row: Row) -> int:
    """Digits that tell the values of a property apart."""
    return 0 if abs(row["mean"] or 0) >= 100 else 3


def _value(title: str, name: str) -> ShownColumn:
    return ShownColumn(title, lambda r: decimal(r[name], _digits(r)))


SUMMARY = Table(
    "properties_summary",
    "population, data set and property",
    "its distribution over the examples, or why it was not measured",
    (
        Column("population", str, "population of networks; null: measured outside", is_key=True),
        DATASET,
        PROPERTY,
        Column("source", str, "networks, or where an outside property came from", required=True, is_key=True),
        Column("n", int, "examples that have a value", required=True),
        Column("mean", float, "mean over the examples"),
        Column("sd", float, "standard deviation over the examples"),
        Column("minimum", float, "smallest value"),
        Column("median", float, "median"),
        Column("maximum", float, "largest value"),
        FLAG,
    ),
    shown=(
        Shown(
            "Properties: of networks, mean over them; and measured outside",
            (
                text("population"),
                text("property"),
                text("source"),
                number("examples", "n", count),
                _value("mean", "mean"),
                _value("sd", "sd"),
                _value("least", "minimum"),
                _value("median", "median"),
                _value("most", "maximum"),
            ),
            lambda frame: frame.filter(pl.col("flag").is_null()),
            is_answer=False,
        ),
    ),
    json=Json("rows", "properties_summary"),
)

GROUPS = Table(
    "properties_groups",
    "comparison, data set, property and group of examples",
    "what the forgotten ones are like",
    (
        *COMPARISON,
        PROPERTY,
        Column("source", str, "population that it was measured on, or where it came from", required=True),
        Column(
            "group",
            str,
            "forgotten, recovered, moved (PIEs by direction; pie without labels) or other",
            required=True,
            is_key=True,
        ),
        Column("n", int, "examples of the group that have a value", required=True),
        Column("mean", float, "mean over these"),
        Column("sd", float, "standard deviation over these"),
        *(Column(f"q{q:02}", float, f"{q} % quantile over these") for q in (5, 25, 50, 75, 95)),
    ),
    shown=(
        Shown(
            "What are they like? Properties of forgotten, recovered, moved and other examples",
            (
                COMPRESSED,
                AGAINST,
                text("property"),
                text("group"),
                number("examples", "n", count),
                _value("mean", "mean"),
                _value("median", "q50"),
                ShownColumn("middle half", lambda r: decimal_interval(r["q25"], r["q75"], _digits(r))),
            ),
            is_answer=False,
        ),
    ),
    json=Json("rows", "properties_groups"),
)

PLANTED = Table(
    "properties_planted",
    "population and copy with replaced labels",
    "is label noise found where it was planted?",
    (
        Column("population", str, "population of networks", required=True, is_key=True),
        Column("dataset", str, "the copy", required=True, is_key=True),
        Column("source", str, "the data set with the labels as they were", required=True),
        Column("n", int, "labelled examples", required=True),
        Column("n_planted", int, "examples whose label was replaced", required=True),
        Column("prevalence", float, "n_planted / n: the average precision of no knowledge"),
        Column("auc", float, "probability that label_noise is larger where a label was replaced"),
        Column("average_precision", float, "average precision of label_noise"),
        Column("n_issues", int, "labels that is_label_issue calls wrong"),
        Column("precision", float, "share of these that were replaced"),
        Column("recall", float, "share of the replaced ones that are among them"),
        FLAG,
    ),
    is_answer=True,
    shown=(
        Shown(
            "Label noise that was planted: is it found?",
            (
                text("population"),
                number("labels", "n", count),
                number("replaced", "n_planted", count),
                number("AUC", "auc", decimal, 4),
                number("average precision", "average_precision", decimal, 3),
                number("by chance", "prevalence", decimal, 3),
                number("called wrong", "n_issues", count),
                number("of these replaced %", "precision", percent),
                number("of the replaced found %", "recall", percent),
            ),
        ),
    ),
    json=Json("rows", "properties_planted"),
)

PROPERTIES = Table(
    "properties",
    "population, data set, property and example",
    "what its networks say of the example",
    (
        Column("population", str, "population of networks", required=True, is_key=True),
        DATASET,
        PROPERTY,
        Column("example_id", int, "position of the example in the data set", required=True, is_key=True),
        Column("key", str, "its name", required=True),
        Column(
            "value",
            float,
            "mean over the networks, or of their mean probabilities or votes; booleans are 0 and 1",
            required=True,
        ),
    ),
)
TABLES = (SUMMARY, GROUPS, PLANTED, PROPERTIES)
