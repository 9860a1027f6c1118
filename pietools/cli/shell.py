"""``pietools shell``: questions to a study in SQL."""

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pietools.cli.output import say
from pietools.cli.waiting import waiting

if TYPE_CHECKING:
    import polars as pl

    from pietools.study import Study

FORMATS = ("table", "csv", "json")
PROMPT, MORE = "pietools> ", "     ...> "
MOST_ROWS = 40  # of a table in a terminal
HELP = "A statement of SQL ends with ; and may go over several lines. .tables lists what there is to ask, .quit ends."
TABLES = """select name, comment from (
        select replace(schema_name || '.' || table_name, 'main.', '') as name, comment from duckdb_tables()
        union all select view_name, comment from duckdb_views() where not internal
        union all select function_name || '(' || list_aggregate(parameters, 'string_agg', ', ') || ')', comment
            from duckdb_functions() where function_type = 'table_macro' and not internal)
    where comment is not null or name like 'results.%' order by name like 'results.%', name"""


@click.command()
@click.argument("study", type=click.Path(path_type=Path, readable=False))
@click.argument("query", required=False)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="Of the answer to QUERY."
)
@waiting
def shell(study: Path, query: str | None, form: str, wait: float) -> None:
    """Ask STUDY a question in SQL: one QUERY, or one after another.

    \b
    pietools shell demo/study.duckdb "from pies('supervised/dense', 'supervised/magnitude-0.9') limit 5"
    pietools shell demo/study.duckdb "from results.examples_hits" --format csv

    The study is only read, and no other file can be. Without QUERY statements are read from a pipe, or a prompt asks for them;
    .tables lists tables, views and macros.
    """
    from pietools.study import Study

    with Study.open(study, read_only=True, wait=wait) as opened:
        if query is not None:
            _answer(opened, query, form)
        else:
            _converse(opened, form, is_typed=_is_typed())


def _is_typed() -> bool:
    return sys.stdin.isatty()


def _answer(study: "Study", query: str, form: str) -> None:
    """Print the answer to a query.

    Raises
    ------
    pietools.errors.StudyError
        If there is none, or nothing that can be printed.
    """
    from pietools.errors import PietoolsError, StudyError

    if not query.strip(" ;\n\t"):
        raise StudyError("there is no question: give a statement of SQL, such as 'from populations'.")
    try:
        is_list = query.strip() == ".tables"
        _print(study.sql(TABLES if is_list else query), form, None if is_list else MOST_ROWS)
    except PietoolsError:
        raise
    except Exception as error:  # of types that frames or texts cannot hold
        raise StudyError(f"the answer cannot be shown ({type(error).__name__}): cast its columns to text.") from error


def _converse(study: "Study", form: str, *, is_typed: bool) -> None:
    """Answer one statement after another; of a file or a pipe the first mistake ends it."""
    from pietools.errors import StudyError

    if is_typed:
        say(f"{study.path}. {HELP}")
    lines: list[str] = []
    while (line := _line((MORE if lines else PROMPT) if is_typed else "")) is not None:
        word = line.strip()
        if not lines and word in (".quit", ".exit", "quit", "exit"):
            return
        if not lines and word.startswith("."):
            _answer(study, word, form) if word == ".tables" else say(HELP)
            continue
        lines += [line] if word or lines else []
        if word.endswith(";"):
            statement, lines = "\n".join(lines), []
            try:
                _answer(study, statement, form)
            except StudyError as error:
                if not is_typed:
                    raise
                say(f"Error: {error}")
    if lines:
        _answer(study, "\n".join(lines), form)


def _line(prompt: str) -> str | None:
    """A line that somebody types; None at the end. Ctrl-C ends, too."""
    from contextlib import suppress
    from importlib import import_module

    with suppress(ImportError):
        import_module("readline")  # arrow keys, where there is one
    try:
        return input(prompt)
    except (EOFError, KeyboardInterrupt):
        if prompt:
            click.echo()
        return None


def _print(frame: "pl.DataFrame", form: str, most: int | None = MOST_ROWS) -> None:
    import json

    if form == "csv":
        click.echo(_flat(frame).write_csv(), nl=False)
    elif form == "json":
        click.echo(json.dumps(_finite(frame.to_dicts()), indent=2, default=str, allow_nan=False))
    else:
        from pietools.cli.summary import print_frame

        print_frame(frame, most)


def _finite(value: Any) -> Any:
    """A value whose numbers JSON can hold: what is no finite number is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list) else value


def _flat(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Lists as text: CSV has none."""
    import json

    import polars as pl

    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    texts = {
        name: [None if one is None else json.dumps(one, default=str) for one in frame[name].to_list()]
        for name in nested
    }
    return frame.with_columns(**{name: pl.Series(values, dtype=pl.String) for name, values in texts.items()})
