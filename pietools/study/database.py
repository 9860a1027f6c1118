"""The DuckDB file under a study: create, open, define, query, append. The only module that imports duckdb or reads sql/."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa

from pietools.errors import StudyError
from pietools.study.shipped_files import resource

SCHEMA_VERSION = 4
DEFINITIONS = ("views.sql", "macros.sql")

# What a file of an older version needs to become one of the next; nothing where only results changed. Results are not carried
# over: they can be computed again.
MIGRATIONS = {
    1: """
        alter table predictions add column brier float;
        create table example_properties (
            dataset_id integer not null, example_id integer not null, property text not null, source text not null,
            number double, text text
        );
    """,
    2: """
        create table features (
            model_id integer not null, dataset_id integer not null, example_id integer not null, features float[],
            features_half blob
        );
        create table layer_predictions (
            model_id integer not null, dataset_id integer not null, example_id integer not null, layer integer not null,
            layer_name text not null, predicted_label integer not null
        );
        create table epoch_predictions (
            model_id integer not null, dataset_id integer not null, example_id integer not null, epoch integer not null,
            predicted_label integer not null, el2n float not null
        );
        create table layers (
            model_id integer not null, layer integer not null, layer_name text not null, n_weights bigint not null,
            sparsity double not null, bits integer not null, is_prunable boolean not null
        );
    """,
    3: "",
}

# A file from a stranger may carry definitions of its own: nothing in it can read or write another file.
LOCKED: dict[str, Any] = {
    "enable_external_access": "false",
    "lock_configuration": "true",
    "python_enable_replacements": "false",
}
# Files with the newest storage format do not open in the released DuckDB shell.
STORAGE: dict[str, Any] = {"storage_compatibility_version": "v1.5.0"}


def definitions_digest() -> str:
    """SHA-256 of the views and macros that this version would store."""
    digest = sha256()
    for name in DEFINITIONS:
        digest.update(resource("sql", name).read_bytes())
    return f"sha256:{digest.hexdigest()}"


class Database:
    """A connection to one DuckDB file that translates DuckDB's errors into :class:`StudyError`."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self._connection = connection
        self._depth = 0

    @classmethod
    def create(cls, path: Path) -> "Database":
        """Create the file with the tables, views and macros of sql/."""
        if not path.parent.is_dir():
            raise StudyError(f"cannot create {path}: there is no folder {path.parent}.")
        database = cls(path, _connect(path, read_only=False, config=LOCKED | STORAGE))
        try:
            with database.transaction():
                database.execute(resource("sql", "schema.sql").read_text())
                database.execute(resource("sql", "results.sql").read_text())
                database.set_fact("schema_version", SCHEMA_VERSION)
                database._store_definitions()
            database._shadow_definitions()
        except BaseException:
            database.remove()
            raise
        return database

    @classmethod
    def open(cls, path: Path, *, read_only: bool) -> "Database":
        """Open an existing study; a writable one gets this version's views and macros if it has others."""
        if not path.exists():
            raise StudyError(f"there is no study at {path}.")
        if path.is_dir():
            raise StudyError(f"{path} is a folder, not a study: name the .duckdb file.")
        database = cls(path, _connect(path, read_only=read_only, config=LOCKED))
        try:
            database._check_schema(read_only=read_only)
            if not read_only and database.fact("definitions_digest") != definitions_digest():
                with database.transaction():
                    database._store_definitions()
            database._shadow_definitions()
        except BaseException:
            database.close()
            raise
        return database

    def _check_schema(self, *, read_only: bool) -> None:
        try:
            version = self.fact("schema_version")
        except StudyError:
            version = None
        if not isinstance(version, int):
            raise StudyError(f"{self.path} is a DuckDB file but no study: its table study holds no schema_version.")
        if version > SCHEMA_VERSION:
            raise StudyError(
                f"{self.path} has schema version {version}, this pietools reads up to {SCHEMA_VERSION}: upgrade pietools."
            )
        if version < SCHEMA_VERSION and read_only:
            raise StudyError(
                f"{self.path} has schema version {version}, this pietools reads {SCHEMA_VERSION}: open it once for writing, "
                f"with 'pietools analyze {self.path}'."
            )
        if version < SCHEMA_VERSION:
            self._migrate(version)

    def _migrate(self, version: int) -> None:
        """Bring the tables up to date, at once or not at all."""
        with self.transaction():
            for old in range(version, SCHEMA_VERSION):
                if MIGRATIONS[old]:
                    self.execute(MIGRATIONS[old])
            comments = self._connection.extract_statements(resource("sql", "schema.sql").read_text())
            for statement in comments:
                if statement.query.strip().startswith("comment on"):
                    self.execute(statement.query)
            self.execute("drop schema results cascade")
            self.execute(resource("sql", "results.sql").read_text())
            self._store_definitions()
            self.set_fact("schema_version", SCHEMA_VERSION)

    def _store_definitions(self) -> None:
        for name in DEFINITIONS:
            self.execute(resource("sql", name).read_text())
        self.set_fact("definitions_digest", definitions_digest())

    def _shadow_definitions(self) -> None:
        """Define the views and macros of sql/ as temporary ones, so that what the file has stored is never run."""
        for name in DEFINITIONS:
            for statement in self._connection.extract_statements(resource("sql", name).read_text()):
                if statement.type == duckdb.StatementType.CREATE:
                    self.execute(statement.query.replace("create or replace ", "create or replace temp ", 1))

    def close(self) -> None:
        """Close the file; others may write to it then."""
        self._connection.close()

    def remove(self) -> None:
        """Close the file and delete it, with what DuckDB has beside it."""
        self.close()
        for path in (self.path, self.path.with_name(f"{self.path.name}.wal")):
            path.unlink(missing_ok=True)

    def sql(self, query: str, params: Sequence[Any] | dict[str, Any] | None = None) -> pl.DataFrame:
        """Result of one query."""
        with _study_errors():
            relation = self._connection.sql(query, params=params)
            return pl.DataFrame() if relation is None else relation.pl()

    def arrays(self, query: str, params: Sequence[Any] | None = None) -> dict[str, Any]:
        """Result of one query as NumPy arrays by column."""
        with _study_errors():
            return self._connection.sql(query, params=params).fetchnumpy()

    def value(self, query: str, params: Sequence[Any] | dict[str, Any] | None = None) -> Any:
        """First column of the first row of a query, or None."""
        with _study_errors():
            rows = self._connection.execute(query, params).fetchall()
        return rows[0][0] if rows else None

    def execute(self, statements: str, params: Sequence[Any] | None = None) -> None:
        """Run statements that return nothing."""
        with _study_errors():
            self._connection.execute(statements, params)

    def append(self, table: str, rows: pa.Table) -> None:
        """Append rows to a table by column name."""
        with _study_errors():
            self._connection.register("appended_rows", rows)
            try:
                self._connection.execute(f"insert into {table} by name select * from appended_rows")
            finally:
                self._connection.unregister("appended_rows")

    def fact(self, key: str) -> Any:
        """Value in the table ``study``, decoded from JSON; None if absent."""
        text = self.value("select value::text from study where key = ?", [key])
        return None if text is None else _decode(text, self.path, key)

    def set_fact(self, key: str, value: Any) -> None:
        """Set a value in the table ``study``."""
        self.execute("insert or replace into study values (?, ?)", [key, to_json(value)])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside becomes visible at once or not at all; an inner transaction belongs to the outer one."""
        if self._depth == 0:
            self.execute("begin transaction")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self.execute("rollback")
            raise
        self._depth -= 1
        if self._depth == 0:
            self.execute("commit")


def to_json(value: Any) -> str:
    """JSON with sorted keys; NaN is refused."""
    import json

    return json.dumps(value, sort_keys=True, allow_nan=False)


def _decode(text: str, path: Path, key: str) -> Any:
    import json

    try:
        return json.loads(text)
    except ValueError:
        raise StudyError(f"{path} is damaged: '{key}' in the table study is not JSON.") from None


def _connect(path: Path, *, read_only: bool, config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), read_only=read_only, config=config)
    except duckdb.Error as error:
        raise StudyError(_why_not_opened(path, str(error))) from None


def _why_not_opened(path: Path, message: str) -> str:
    first = message.splitlines()[0]
    # The path is part of the message, and may hold any word.
    reason = message.replace(str(path.resolve()), "").replace(str(path), "")
    if "not a valid DuckDB" in reason:
        return f"{path} is no study: it is not a DuckDB file."
    if "Could not set lock" in reason:
        return f"{path} is being written by another process; try again when it is done. ({first})"
    if "Permission denied" in reason or "Read-only file system" in reason:
        return f"{path} cannot be opened: permission denied. (To analyze a file that may not be written: --no-store.)"
    return f"{path} cannot be opened: {first}"


@contextmanager
def _study_errors() -> Iterator[None]:
    """Turn DuckDB's errors into one line without its prefix."""
    try:
        yield
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise StudyError(first.removeprefix("Invalid Input Error: ")) from error
