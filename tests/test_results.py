"""A result table is declared once: its DDL, its strict frame and its place in the JSON, on a table made by hand."""

from dataclasses import replace
from typing import Any

import duckdb
import polars as pl
import pytest

from pietools.report import as_json
from pietools.report.as_json import analysis_json
from pietools.results.analysis import Analysis
from pietools.results.table import Column, Json, Table, nulls
from pietools.topics.catalogue import TOPICS
from tests.result_frames import frame, make_analysis, pies_row

DATASET = Column("dataset", str, "data set", required=True, is_key=True)
TOY = Table(
    "toy",
    "data set and group",
    "what a group's toys are like",
    (
        DATASET,
        Column("group", str, "the child's group", required=True, is_key=True),
        Column("n", int, "toys", required=True, json="toys.n"),
        Column("weight", float, "kilograms", json="toys.mass.kg"),
        Column("is_red", bool, "whether all are red"),
    ),
)
ROW: dict[str, Any] = {"dataset": "d", "group": "g", "n": 3, "weight": 0.5, "is_red": None}


def test_a_frame_has_the_declared_columns_in_their_order_and_types() -> None:
    """Whatever the order of the keys, from mappings or a frame; of no rows, too."""
    mixed = dict(reversed((ROW | {"weight": 2}).items()))
    for rows in ([mixed], pl.DataFrame([mixed])):
        typed = TOY.frame(rows)
        assert typed.schema == TOY.schema
        assert typed.row(0) == ("d", "g", 3, 2.0, None)
    assert TOY.frame([]).schema == TOY.schema
    assert list(TOY.schema.values()) == [pl.String(), pl.String(), pl.Int32(), pl.Float64(), pl.Boolean()]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW | {"wieght": 1.0}, r"results\.toy: not declared: \['wieght'\]; missing: \[\]"),
        ({name: value for name, value in ROW.items() if name != "is_red"}, r"missing: \['is_red'\]"),
        (TOY.nothing | {"dataset": "d", "n": 3}, "results.toy has a row without group"),
    ],
    ids=["unknown", "missing", "null where there must be a value"],
)
def test_what_was_not_declared_is_refused(row: dict[str, Any], message: str) -> None:
    """A misspelt key makes no column of nulls: an error, also where only the second row is wrong, and in a frame."""
    for rows in ([row], [ROW, row], pl.DataFrame([row], infer_schema_length=None)):
        with pytest.raises(ValueError, match=message):
            TOY.frame(rows)


def test_what_follows_from_the_columns() -> None:
    """Keys, a row that says nothing, and the sentence about a row."""
    assert TOY.keys == ["dataset", "group"]
    assert TOY.nothing == dict.fromkeys(ROW) == nulls(TOY.columns)
    assert TOY.comment == "One row per data set and group: what a group's toys are like."


def test_the_ddl_makes_the_table_with_its_comments() -> None:
    """Names that SQL reserves and quotes in a meaning are no trouble; what is required may not be null."""
    with duckdb.connect() as connection:
        connection.execute("create schema results")
        connection.execute(TOY.ddl())
        ours = "where schema_name = 'results' order by column_index"
        described = connection.sql(f"select column_name, data_type, is_nullable, comment from duckdb_columns() {ours}")
        rows, (comment,) = described.fetchall(), connection.sql("select comment from duckdb_tables()").fetchall()
    assert rows == [
        ("run_id", "INTEGER", False, "the run that it came from, in results.runs"),
        ("dataset", "VARCHAR", False, "data set"),
        ("group", "VARCHAR", False, "the child's group"),
        ("n", "INTEGER", False, "toys"),
        ("weight", "DOUBLE", True, "kilograms"),
        ("is_red", "BOOLEAN", True, "whether all are red"),
    ]
    assert comment == (TOY.comment,)


def with_toys(monkeypatch: pytest.MonkeyPatch, json: Json, rows: list[dict[str, Any]] | None) -> dict[str, Any]:
    """The JSON of an analysis in which the table of flips is about toys, and where it stands is another."""
    of = (DATASET, *(Column(name, str, name, required=True) for name in ("reference", "compressed", "count")))
    toys = replace(TOY, columns=(*of, *TOY.columns[1:]), json=json)
    tables = [table for topic in TOPICS.values() for table in topic.tables if table.name != "flips"]
    monkeypatch.setattr(as_json, "_tables", lambda: iter([toys, *tables]))
    analysis = make_analysis()
    names = {"reference": "dense", "compressed": "pruned", "dataset": "toy/test"}
    made = {} if rows is None else {"toy": toys.frame([ROW | names | row for row in rows])}
    others = {name: found for name, found in analysis.tables.items() if name != "toy"}
    answer: dict[str, Any] = analysis_json(replace(analysis, tables=others | made))
    return answer


PLACED = {"group": "g", "toys": {"n": 3, "mass": {"kg": 0.5}}, "is_red": None}


def test_where_rows_stand_in_the_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """``null.mean`` is a key of an inner object; rows of a comparison stand in its object, without its names."""
    rows = [{"count": "a"}, {"count": "b"}]
    whole = with_toys(monkeypatch, Json("rows", "toys"), rows)["toys"]
    names = {"dataset": "toy/test", "reference": "dense", "compressed": "pruned"}
    assert whole == [names | row | PLACED for row in rows]
    for json, expected in (
        (Json("object", "toy"), {"toy": {"count": "a"} | PLACED}),
        (Json("list", "toy"), {"toy": [row | PLACED for row in rows]}),
        (Json("keyed", "toy"), {"toy": {"a": PLACED, "b": PLACED}}),
        (Json("merged"), {"count": "a"} | PLACED),
    ):
        (comparison,) = with_toys(monkeypatch, json, rows)["comparisons"]
        assert expected.items() <= comparison.items(), json


def test_what_was_not_computed_is_null_in_the_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its keys are there all the same."""
    assert with_toys(monkeypatch, Json("rows", "toys"), None)["toys"] is None
    for kind in ("object", "list", "keyed"):
        (comparison,) = with_toys(monkeypatch, Json(kind, "toy"), None)["comparisons"]
        assert comparison["toy"] is None
    (comparison,) = with_toys(monkeypatch, Json("merged"), None)["comparisons"]
    assert comparison["toys"] == {"n": None, "mass": {"kg": None}}


def test_tables_are_attributes_of_an_analysis() -> None:
    """One that was not computed says which there are, and how to get it."""
    analysis = make_analysis(pies=frame(pies_row()))
    assert analysis.pies is analysis.tables["pies"]
    only = Analysis(analysis.settings, analysis.datasets, analysis.comparisons, {"pies": analysis.pies}, [])
    with pytest.raises(AttributeError, match=r"'flips' was not computed\. There are: pies\. .*everything=True"):
        only.flips  # noqa: B018
    assert not hasattr(only, "__nothing__")
