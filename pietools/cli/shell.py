"""``pietools shell``: questions to a study in SQL."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pietools.cli.output import say

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
@click.argument("study", type=click.Path(path_type=Path))
@click.argument("query", required=False)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="Of the answer to QUERY."
)
def shell(study: Path, query: str | None, form: str) -> None:
    """Ask STUDY a question in SQL: one QUERY, or one after another.

    \b
    pietools shell demo/study.duckdb "from pies('supervised/dense', 'supervised/magnitude-0.9') limit 5"
    pietools shell demo/study.duckdb "from results.examples_hits" --format csv

    The study is only read, and no other file can be. Without QUERY a prompt asks for one; .tables lists tables, views and macros.
    """
    from pietools.study import Study

    with Study.open(study, read_only=True) as opened:
        if query is not None:
            _print(opened.sql(TABLES if query.strip() == ".tables" else query), form)
        else:
            _converse(opened, form)


def _converse(study: "Study", form: str) -> None:
    from pietools.errors import StudyError

    click.echo(f"{study.path}. {HELP}")
    lines: list[str] = []
    while (line := _line(MORE if lines else PROMPT)) is not None:
        word = line.strip()
        if not lines and word in (".quit", ".exit", "quit", "exit"):
            return
        if not lines and word == ".tables":
            _print(study.sql(TABLES), form, most=None)
            continue
        if not lines and word.startswith("."):
            click.echo(HELP)
            continue
        lines += [line] if word or lines else []
        if word.endswith(";"):
            try:
                _print(study.sql("\n".join(lines)), form)
            except StudyError as error:
                say(f"Error: {error}")
            lines = []


def _line(prompt: str) -> str | None:
    """A line that somebody types; None at the end. Ctrl-C ends, too."""
    from contextlib import suppress
    from importlib import import_module

    with suppress(ImportError):
        import_module("readline")  # arrow keys, where there is one
    try:
        return input(prompt)
    except (EOFError, KeyboardInterrupt):
        click.echo()
        return None


def _print(frame: "pl.DataFrame", form: str, most: int | None = MOST_ROWS) -> None:
    import json

    if form == "csv":
        click.echo(_flat(frame).write_csv(), nl=False)
    elif form == "json":
        click.echo(json.dumps(frame.to_dicts(), indent=2, default=str))
    else:
        from pietools.cli.summary import print_frame

        print_frame(frame, most)


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
