"""A result table, declared once: from it follow the DDL, the frame and its checks, the JSON keys and the pages of the docs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import polars as pl

from pietools.results.shown import Shown

Row = dict[str, Any]
RESERVED = {"group"}  # words of SQL among the names
SQL_TYPES = {str: "text", int: "integer", float: "double", bool: "boolean"}
POLARS_TYPES: dict[type, pl.DataType] = {str: pl.String(), int: pl.Int32(), float: pl.Float64(), bool: pl.Boolean()}


@dataclass(frozen=True)
class Column:
    """A column: its name, its type (str, int, float or bool), and what it means, with the unit.

    ``required``: never null. ``is_key``: says what a row is about. ``json``: its key in the object of ``analyze --json``, where
    that is another than its name; ``null.mean`` is the key ``mean`` of the object ``null``.
    """

    name: str
    type: type
    meaning: str
    required: bool = False
    is_key: bool = False
    json: str | None = None


@dataclass(frozen=True)
class Json:
    """Where the rows of a table stand in ``analyze --json``.

    ``rows``: the list ``key`` of the whole object. In the object of the comparison that they are about: ``merged`` its keys beside
    the others, ``object`` as the object ``key``, ``list`` as the list ``key``, ``keyed`` an object per value of the first column
    behind the comparison's names, under ``key``.
    """

    kind: Literal["rows", "merged", "object", "list", "keyed"]
    key: str = ""


@dataclass(frozen=True)
class Table:
    """A result table.

    ``meaning`` completes "One row per ``one_row_per``: …", as words or as a question. ``is_answer``: computed by ``analyze``; the
    others when asked, with ``--all`` or by the topic's command. ``shown`` is how people see it, ``json`` where it stands in the
    JSON of ``analyze``.
    """

    name: str
    one_row_per: str
    meaning: str
    columns: tuple[Column, ...]
    is_answer: bool = False
    shown: tuple[Shown, ...] = ()
    json: Json | None = field(default=None, kw_only=True)

    def __hash__(self) -> int:
        return hash(self.name)

    @cached_property
    def schema(self) -> pl.Schema:
        """Columns and their types."""
        return pl.Schema({column.name: POLARS_TYPES[column.type] for column in self.columns})

    @property
    def comment(self) -> str:
        """What a row is, in one sentence."""
        return f"One row per {self.one_row_per}: {self.meaning}" + ("" if self.meaning.endswith("?") else ".")

    @property
    def keys(self) -> list[str]:
        """Names of the columns that say what a row is about."""
        return [column.name for column in self.columns if column.is_key]

    @property
    def nothing(self) -> Row:
        """A row that says nothing, each column null: what is known is put over it."""
        return nulls(self.columns)

    def frame(self, rows: pl.DataFrame | Iterable[Mapping[str, Any]]) -> pl.DataFrame:
        """Rows as a frame with exactly these columns, in their order and types.

        Parameters
        ----------
        rows
            A frame, or mappings of column names to values.

        Raises
        ------
        ValueError
            If a row lacks a column, has one that was not declared, has none where there must be a value, or has NaN.
        """
        if not isinstance(rows, pl.DataFrame):
            rows = self._from_mappings(list(rows))
        self._refuse_other_columns(rows.columns)
        typed = rows.select(self.schema.names()).cast(self.schema)
        for column in self.columns:
            if column.required and typed[column.name].null_count():
                raise ValueError(f"results.{self.name} has a row without {column.name}")
            if column.type is float and typed[column.name].is_nan().any():
                raise ValueError(f"results.{self.name} has NaN in {column.name}: what is missing is None")
        return typed

    def _from_mappings(self, rows: list[Mapping[str, Any]]) -> pl.DataFrame:
        for row in rows:
            self._refuse_other_columns(row)
        return pl.DataFrame([dict(row) for row in rows], schema=self.schema)

    def _refuse_other_columns(self, names: Iterable[str]) -> None:
        if differs := set(names) ^ set(self.schema):
            unknown, missing = sorted(differs - set(self.schema)), sorted(differs & set(self.schema))
            raise ValueError(f"results.{self.name}: not declared: {unknown}; missing: {missing}")

    def ddl(self) -> str:
        """Statements that create the table, with its comments."""
        lines = ["run_id integer not null"] + [
            f"{_named(column)} {SQL_TYPES[column.type]}{' not null' if column.required else ''}"
            for column in self.columns
        ]
        comments = [
            f"comment on table results.{self.name} is {_quoted(self.comment)};",
            f"comment on column results.{self.name}.run_id is 'the run that it came from, in results.runs';",
        ] + [
            f"comment on column results.{self.name}.{_named(column)} is {_quoted(column.meaning)};"
            for column in self.columns
        ]
        body = ",\n    ".join(lines)
        return f"create table results.{self.name} (\n    {body}\n);\n" + "\n".join(comments) + "\n"


def nulls(columns: Iterable[Column]) -> Row:
    """A row part that says nothing: these columns, each null."""
    return {column.name: None for column in columns}


def _named(column: Column) -> str:
    return f'"{column.name}"' if column.name in RESERVED else column.name


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
