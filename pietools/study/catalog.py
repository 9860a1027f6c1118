"""What a study's file defines, beside what this version of pietools defines: nothing else is ever run."""

from dataclasses import dataclass
from functools import cache

import duckdb

from pietools.errors import StudyError
from pietools.study.shipped_files import sql_text

DEFINITIONS = ("views.sql", "macros.sql")
SHOWN = 5

# Kind, schema, name and type of all that a file may bring along. No function and no comparison, which the file may define anew; for
# the same reason names are qualified.
DEFINED = """
    select 'function', schema_name, function_name, function_type from system.main.duckdb_functions() where not internal
    union all select 'view', schema_name, view_name, null from system.main.duckdb_views() where not internal
    union all select 'type', schema_name, type_name, null from system.main.duckdb_types() where not internal
    union all select 'trigger', schema_name, trigger_name, null from system.main.duckdb_triggers()
    union all select 'schema', null, schema_name, null from system.main.duckdb_schemas() where not internal
"""
COLUMNS = "select schema_name, table_name, column_name, data_type from system.main.duckdb_columns() where not internal"


@dataclass(frozen=True)
class Catalog:
    """Kind, name and type of each definition, and the columns and their types by table of the schema main."""

    definitions: set[tuple[str, str, str | None]]
    tables: dict[str, set[tuple[str, str]]]

    def refuse_foreign(self, what: str) -> None:
        """Raise StudyError if something is not this version's, by name and type; what is by that name is never run."""
        foreign = sorted(f"{kind} {name}" for kind, name, _ in self.definitions - own_catalog().definitions)
        if foreign:
            more = f" and {len(foreign) - SHOWN} more" if len(foreign) > SHOWN else ""
            raise StudyError(
                f"{what} defines what no study does, and what could change every number: {', '.join(foreign[:SHOWN])}{more}. "
                "Drop what you made yourself in the DuckDB shell; trust no other."
            )

    def damage(self) -> str | None:
        """The first table that has not this version's columns."""
        for table, columns in own_catalog().tables.items():
            if differs := sorted(columns ^ self.tables.get(table, set())):
                return f"the table {table} has other columns, first {differs[0][0]} {differs[0][1]}"
        return None


def read_catalog(connection: duckdb.DuckDBPyConnection) -> Catalog:
    """Catalog of the file that a connection has open."""
    definitions = {
        (kind, name if schema in (None, "main") else f"{schema}.{name}", function_type)
        for kind, schema, name, function_type in connection.sql(DEFINED).fetchall()
    }
    tables: dict[str, set[tuple[str, str]]] = {}
    for schema, table, column, data_type in connection.sql(COLUMNS).fetchall():
        if schema == "main" and ("view", table, None) not in definitions:
            tables.setdefault(table, set()).add((column, data_type))
    return Catalog(definitions, tables)


@cache
def own_catalog() -> Catalog:
    """What schema.sql, views.sql and macros.sql define, and the schema of the results."""
    with duckdb.connect(":memory:") as connection:
        for name in ("schema.sql", *DEFINITIONS):
            connection.execute(sql_text(name))
        connection.execute("create schema results")
        return read_catalog(connection)
