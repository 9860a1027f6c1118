"""The DuckDB file under a study: create, open, define, query, append."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa

from pietools.bounds import no_file
from pietools.errors import StudyError
from pietools.study.catalog import DEFINITIONS, Catalog, read_catalog
from pietools.study.in_use import in_use, when_free
from pietools.study.integrity import broken_rule
from pietools.study.migrations import MIGRATIONS, SCHEMA_VERSION
from pietools.study.new_paths import has_log, log_of, logs_of, new_file
from pietools.study.shipped_files import sql_text

RESULTS = "results.sql"
# The first bytes of a DuckDB file: a checksum, then this.
MAGIC, MAGIC_OFFSET = b"DUCK", 8
# What the system says of a full disk, within DuckDB's messages.
NO_ROOM = "No space left on device"
_MAKE_ROOM = "make some, and give the same command again. What was stored before is kept."
# Files that pietools import reads.
IMPORTED = {".npz", ".npy", ".parquet", ".csv", ".tsv", ".json", ".jsonl"}

# A file from a stranger may carry definitions of its own: nothing in it can read or write another file.
LOCKED: dict[str, Any] = {
    "enable_external_access": "false",
    "lock_configuration": "true",
    "python_enable_replacements": "false",
}
# Files with the newest storage format do not open in the released DuckDB shell.
STORAGE: dict[str, Any] = {"storage_compatibility_version": "v1.5.0"}


class NoRoomError(StudyError):
    """The disk is full."""


class OlderVersionError(StudyError):
    """A study of an older version, which must be written to before it can be read."""


def sql_digest(*names: str) -> str:
    """SHA-256 over files of sql/."""
    return f"sha256:{sha256(''.join(map(sql_text, names)).encode()).hexdigest()}"


class Database:
    """A connection to one DuckDB file that translates DuckDB's errors into :class:`StudyError`."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, *, read_only: bool = False) -> None:
        self.path = path
        self.is_open = True
        self._connection = connection
        self._read_only = read_only
        self._made: os.stat_result | None = None
        self._depth = 0
        # One query at a time: several threads may ask, and each query has all cores.
        self._lock = RLock()

    @classmethod
    def create(cls, path: Path, *, wait: float = 0) -> "Database":
        """Put an empty study at ``path`` and open it. Raises StudyError as :meth:`make` does."""
        with cls._new(path) as made:
            pass
        # Nothing to check in what was made a moment ago; somebody else may have opened it first.
        database = cls(path, when_free(lambda: _connect(path, path, read_only=False, config=LOCKED), wait))
        database._shadow_definitions()
        database._made = made._made
        return database

    @classmethod
    @contextmanager
    def make(cls, path: Path) -> Iterator["Database"]:
        """A new file with the tables, views and macros of sql/, which gets its name when the block ends without an error.

        Raises
        ------
        StudyError
            If something is at ``path``, or nothing can be written there.
        """
        with cls._new(path) as database:
            database._shadow_definitions()
            yield database

    @classmethod
    @contextmanager
    def _new(cls, path: Path) -> Iterator["Database"]:
        _refuse_path(path)
        if path.exists():
            raise StudyError(f"{path} exists: open it, or choose another name.")
        if not path.parent.is_dir():
            raise StudyError(f"cannot create {path}: there is no folder {path.parent}.")
        _refuse_other_logs(path)
        if has_log(path):
            raise StudyError(
                f"{log_of(path)} is there without {path.name}, and may hold what was stored in a study of that name: put "
                "the two together, or move it away."
            )
        with new_file(path) as temporary:
            database = cls(path, _connect(temporary, path, read_only=False, config=LOCKED | STORAGE))
            try:
                with database.transaction():
                    database.execute(sql_text("schema.sql"))
                    database.set_fact("schema_version", SCHEMA_VERSION)
                    database._store_definitions()
                    database._make_results()
                database._made = temporary.stat()
                yield database
                # Before the file gets its name: a log keeps the old one.
                database.execute("checkpoint")
            finally:
                database.is_open = False
                database._connection.close()

    @classmethod
    def open(cls, path: Path, *, read_only: bool, wait: float = 0) -> "Database":
        """Open an existing study and check it; a writable one gets this version's tables, views and macros if it has others.

        ``wait``: seconds for which it is tried again while another process has the study open.

        Raises
        ------
        StudyError
            If there is none, it cannot be opened, it defines what no study does, or it breaks a rule of studies.
        """
        _refuse_path(path)

        def connected() -> duckdb.DuckDBPyConnection:
            _refuse_other_files(path)
            _refuse_other_logs(path)
            return _connect(path, path, read_only=read_only, config=LOCKED)

        database = cls(path, when_free(connected, wait), read_only=read_only)
        try:
            if not path.exists():
                raise StudyError(f"{path} was removed while it was being opened.")
            database._bring_up_to_date()
            database._shadow_definitions()
        except BaseException:
            database._connection.close()
            raise
        return database

    def _bring_up_to_date(self) -> None:
        """Refuse what is no study of this version; an older one that may be written becomes one, at once or not at all."""
        catalog = read_catalog(self._connection)
        if "study" not in catalog.tables:
            raise StudyError(f"{self.path} is a DuckDB file but no study.")
        catalog.refuse_foreign(str(self.path))
        version = self._version()
        with self.transaction():
            if version < SCHEMA_VERSION:
                self._migrate(version)
            if not self._read_only and self.fact("definitions_digest") != sql_digest(*DEFINITIONS):
                self._store_definitions()
            if not self._read_only and not self.has_current_results():
                self.execute("drop schema if exists results cascade")
                self._make_results()
            self.check(catalog if version == SCHEMA_VERSION else read_catalog(self._connection))

    def check(self, catalog: Catalog | None = None) -> None:
        """Raise StudyError if the file breaks a rule of studies (see :mod:`pietools.study.integrity`)."""
        with _study_errors(self.path):
            broken = (catalog or read_catalog(self._connection)).damage() or broken_rule(self._connection)
        if broken:
            raise StudyError(
                f"{self.path} is damaged, or was changed by something else: {broken}. Make it again, or take a copy of before."
            )

    def _version(self) -> int:
        try:
            version = self.fact("schema_version")
        except StudyError:
            version = None
        if not isinstance(version, int) or version < 1:
            raise StudyError(f"{self.path} is a DuckDB file but no study: its table study holds no schema_version.")
        if version > SCHEMA_VERSION:
            raise StudyError(
                f"{self.path} has schema version {version}, this pietools reads up to {SCHEMA_VERSION}: upgrade pietools."
            )
        if version < SCHEMA_VERSION and self._read_only:
            raise OlderVersionError(
                f"{self.path} has schema version {version}, this pietools reads {SCHEMA_VERSION}: open it once for writing, "
                f"with 'pietools analyze {self.path}'."
            )
        return version

    def _migrate(self, version: int) -> None:
        for old in range(version, SCHEMA_VERSION):
            if MIGRATIONS[old]:
                self.execute(MIGRATIONS[old])
        for statement in self._connection.extract_statements(sql_text("schema.sql")):
            if statement.query.strip().startswith("comment on"):
                self.execute(statement.query)
        self.set_fact("schema_version", SCHEMA_VERSION)

    def _store_definitions(self) -> None:
        for name in DEFINITIONS:
            self.execute(sql_text(name))
        self.set_fact("definitions_digest", sql_digest(*DEFINITIONS))

    def _make_results(self) -> None:
        self.execute(sql_text(RESULTS))
        self.set_fact("results_digest", sql_digest(RESULTS))

    def has_current_results(self) -> bool:
        """Whether the result tables are those of this version."""
        return self.fact("results_digest") == sql_digest(RESULTS)

    def _shadow_definitions(self) -> None:
        """Define the views and macros of sql/ as temporary ones, so that what the file has stored is never run."""
        self.execute(_temporary_definitions())

    def close(self) -> None:
        """Close the file; others may write to it then.

        Raises
        ------
        StudyError
            If there is no room to bring everything into the file: what was stored last stays in the log beside it.
        """
        if not self.is_open:
            return
        self.is_open = False
        log = log_of(self.path)
        try:
            # By itself DuckDB would say nothing where this fails.
            if not self._read_only:
                self.checkpoint()
        except StudyError as reason:
            error = "no room left on its disk" if isinstance(reason, NoRoomError) else reason
            raise StudyError(
                f"{self.path} could not be closed in order ({error}). What was stored is kept in it and in {log.name} beside it: "
                "keep both together, make room, and open the study again."
            ) from None
        finally:
            self._connection.close()

    def checkpoint(self) -> None:
        """Bring what was stored into the file: what becomes of the log beside it then matters no more.

        Raises
        ------
        StudyError
            If there is no room for it; what was stored stays in the log.
        """
        if log_of(self.path).exists():
            self.execute("checkpoint")

    def remove_if_empty(self) -> None:
        """Close and delete a file that this process made and that holds nothing that was measured; in doubt it stays.

        Data sets and populations alone are what the next try says again.

        It is deleted while it is locked, so that nobody else has it open, if it is still the one that was made.
        """
        if self._made is None:
            return
        try:
            if self.value("select (select count(*) from example_properties) + (select count(*) from evaluations)"):
                return
            # Closing leaves a log alone then, which may be another study's by that time.
            self.execute("checkpoint")
        except StudyError:
            return
        with suppress(OSError):
            if os.path.samestat(self.path.stat(), self._made):
                log_of(self.path).unlink(missing_ok=True)
                self.path.unlink()
                self.is_open = False
                self._connection.close()

    def sql(self, query: str, params: Sequence[Any] | dict[str, Any] | None = None) -> pl.DataFrame:
        """Result of one query."""
        with self._lock, _study_errors(self.path):
            relation = self._connection.sql(query, params=params)
            return pl.DataFrame() if relation is None else relation.pl()

    def arrays(self, query: str, params: Sequence[Any] | None = None) -> dict[str, Any]:
        """Result of one query as NumPy arrays by column."""
        with self._lock, _study_errors(self.path):
            return self._connection.sql(query, params=params).fetchnumpy()

    def value(self, query: str, params: Sequence[Any] | dict[str, Any] | None = None) -> Any:
        """First column of the first row of a query, or None."""
        with self._lock, _study_errors(self.path):
            rows = self._connection.execute(query, params).fetchall()
        return rows[0][0] if rows else None

    def execute(self, statements: str, params: Sequence[Any] | None = None) -> None:
        """Run statements that return nothing."""
        with self._lock, _study_errors(self.path):
            self._connection.execute(statements, params)

    def append(self, table: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Append rows to a table by column name."""
        with self._lock, _study_errors(self.path):
            self._connection.register("appended_rows", rows)
            try:
                self._connection.execute(f"insert into {table} by name select * from appended_rows")
            finally:
                # After an error DuckDB refuses this too, and would hide what the error was.
                with suppress(duckdb.Error):
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
        """Everything inside becomes visible at once or not at all; an inner transaction belongs to the outer one.

        Other threads wait until it ends: they have the same connection.
        """
        with self._lock:
            if self._depth == 0:
                self.execute("begin transaction")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self.execute("commit")
            except BaseException:
                if self._depth == 1:
                    # Where DuckDB has ended it already, by itself, the first error says why.
                    with suppress(StudyError):
                        self.execute("rollback")
                raise
            finally:
                self._depth -= 1


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


def _refuse_path(path: Path) -> None:
    """Raise StudyError for a path that DuckDB would take for something else than the file of that name."""
    if "\0" in str(path):
        raise StudyError(f"{str(path)!r} cannot be the name of a study: it holds the character NUL.")
    if path.name.startswith(":memory:"):
        raise StudyError(f"{path} is no file: a study is kept in one. Name it, for example study.duckdb.")


def _refuse_other_logs(path: Path) -> None:
    """Raise StudyError if a log of a study, which DuckDB opens by itself, is a pipe or a folder."""
    for log in logs_of(path):
        if (reason := no_file(log, may_be_absent=True)) is not None:
            raise StudyError(f"{reason}, where the log of {path.name} belongs: move it away.")


def _refuse_other_files(path: Path) -> None:
    """Raise StudyError if there is no DuckDB file: DuckDB itself would open a CSV file, too, and wait for a pipe."""
    if not path.exists():
        raise StudyError(f"there is no study at {path}.")
    if path.is_dir():
        raise StudyError(f"{path} is a folder, not a study: name the .duckdb file.")
    if not path.is_file():
        raise StudyError(f"{no_file(path) or f'{path} is no file'}: a study is a file. Name the .duckdb file.")
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC) + MAGIC_OFFSET)
    except OSError as error:
        raise StudyError(f"{path} cannot be opened: {error.strerror}.") from None
    if start[MAGIC_OFFSET:] == MAGIC:
        return
    if path.suffix.lower() in IMPORTED:
        kind = path.suffix[1:].upper()
        raise StudyError(f"{path} is no study but a {kind} file: import it first, with 'pietools import'.")
    raise StudyError(f"{path} is no study: it is not a DuckDB file.")


def _connect(path: Path, shown: Path, *, read_only: bool, config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """Connect to ``path``; messages name the file ``shown``."""
    try:
        # Absolute: "sqlite:x" would be a database of another kind.
        return duckdb.connect(str(path.absolute()), read_only=read_only, config=config)
    except duckdb.Error as error:
        # The path is part of the message, and may hold any word.
        reason = str(error).replace(str(path.resolve()), str(shown)).replace(str(path.absolute()), str(shown))
        raise _not_opened(shown, reason) from None


def _not_opened(path: Path, message: str) -> StudyError:
    """The error for what DuckDB says of a file that it does not open."""
    if "Could not set lock" in message:
        return in_use(path, message)
    return StudyError(_why_not_opened(path, message))


def _why_not_opened(path: Path, message: str) -> str:
    first = message.splitlines()[0]
    reason = message.replace(str(path), "")
    if NO_ROOM in reason:
        return f"{path} cannot be opened, no room left on its disk: {_MAKE_ROOM}"
    if "replaying WAL" in reason:
        return damaged_log(path, "DuckDB cannot read it")
    if "not a valid DuckDB" in reason:
        return f"{path} is no study: it is not a DuckDB file."
    if "Permission denied" in reason or "Read-only file system" in reason:
        return f"{path} cannot be opened: permission denied. (To analyze a file that may not be written: --no-store.)"
    return f"{path} cannot be opened: {first}"


def damaged_log(path: Path, why: str) -> str:
    """What to do about a log that a kill left and something damaged."""
    log = log_of(path)
    return (
        f"{log} is damaged ({why}). What a command said it had stored is in {path.name} itself: move {log.name} away, and give the "
        "last command again."
    )


@cache
def _temporary_definitions() -> str:
    """Statements that define the views and macros of sql/ for one connection, and not in the file."""
    statements = (one for name in DEFINITIONS for one in duckdb.extract_statements(sql_text(name)))
    created = (one.query.strip() for one in statements if one.type == duckdb.StatementType.CREATE)
    return "\n".join(query.replace("create or replace ", "create or replace temp ", 1) for query in created)


@contextmanager
def _study_errors(path: Path) -> Iterator[None]:
    """Turn DuckDB's errors into one line without its prefix, and a query that was interrupted into what interrupted it."""
    try:
        yield
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        if NO_ROOM in first:
            raise NoRoomError(f"no room left on the disk of {path}: {_MAKE_ROOM}") from error
        raise StudyError(first.removeprefix("Invalid Input Error: ")) from error
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise
