"""Writes sql/results.sql and the generated parts of the pages: ``python docs/generate.py`` brings them up to date.

``--check`` only compares; ``--declared`` stops after sql/results.sql, which takes no time; names of pages, such as ``json.md``,
bring only these up to date.

Each generated part stands between two cog markers that call a function of this module, so that what a page shows is what the
program says.
"""

import inspect
import json
import math
import os
import re
import shlex
import subprocess
import sys
import tempfile
import types
import typing
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import click
from cogapp import Cog

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def fenced(text: str, language: str = "text") -> str:
    """Text as a fenced block, without the spaces that pad tables."""
    lines = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    return f"\n```{language}\n{lines}\n```\n"


# Result tables

RUNS = """-- What analyze found: a table per topic, or several that begin with its name. Made by docs/generate.py of what is
-- declared in pietools/topics/*/tables.py. Nothing here is input: a study whose results are of other tables loses them, and
-- gets these.

create schema results;

create table results.runs (
    run_id integer not null,
    topic text not null,
    settings json not null,
    seed bigint not null,
    version text not null,
    input_digest text not null,
    finished_at timestamptz not null
);
comment on table results.runs is 'One row per result table: the run of analyze that its rows came from.';
comment on column results.runs.run_id is 'number of the run, from 1';
comment on column results.runs.topic is 'name of the result table';
comment on column results.runs.settings is 'what the run was asked for, as JSON';
comment on column results.runs.seed is 'seed of all that was random';
comment on column results.runs.version is 'of pietools';
comment on column results.runs.input_digest is 'digest of the predictions: results of another one than the study has now are stale';
comment on column results.runs.finished_at is 'when the rows were stored';
"""


def results_sql() -> str:
    """sql/results.sql: the statements that create every result table."""
    from pietools.topics.catalogue import TOPICS

    return "\n".join([RUNS, *(table.ddl() for topic in TOPICS.values() for table in topic.tables)])


def write(path: Path, content: str, *, is_check: bool) -> int:
    """Write a generated file, or return 1 if it is another."""
    if not is_check:
        path.write_text(content, encoding="utf-8")
    elif path.read_text(encoding="utf-8") != content:
        print(f"{path.relative_to(ROOT)} is not what is declared: run docs/generate.py")
        return 1
    return 0


def topics() -> str:
    """The topics with their questions and result tables, each with its page."""
    from pietools.topics.catalogue import TOPICS

    lines = ["\n| topic | question | result tables |\n| --- | --- | --- |\n"]
    for topic in TOPICS.values():
        names = (f"**`{table.name}`**" if table.is_answer else f"`{table.name}`" for table in topic.tables)
        lines.append(f"| [{topic.name}]({topic.name}.md) | {topic.question} | {', '.join(names)} |\n")
    return "".join(lines)


def topic_commands(separator: str = ", ") -> str:
    """The commands of the topics."""
    from pietools.topics.catalogue import TOPICS

    return separator.join(f"`pietools {name}`" for name in TOPICS)


# Commands


def commands() -> str:
    """Help of every command, as 80 columns show it."""
    from pietools.cli import COMMANDS, command_of
    from pietools.cli import main as group

    parts = ["## pietools\n", fenced(_help(group, "pietools"))]
    for name in COMMANDS:
        parts += [f"\n## pietools {name}\n", fenced(_help(command_of(name), f"pietools {name}"))]
    return "".join(parts)


def _help(command: click.Command, name: str) -> str:
    context = click.Context(
        command, info_name=name, terminal_width=100, max_content_width=100, help_option_names=["-h", "--help"]
    )
    return command.get_help(context)


# Schema


def tables() -> str:
    """Every table and view with its columns and comments."""
    parts = []
    for schema, name, kind, comment in _ask(
        """select schema_name, table_name, 'table', comment from duckdb_tables() where not temporary and schema_name = 'main'
           union all
           select schema_name, view_name, 'view', comment from duckdb_views() where not temporary and not internal
           union all
           select schema_name, table_name, 'table', comment from duckdb_tables() where not temporary and schema_name = 'results'"""
    ):
        title = name if schema == "main" else f"{schema}.{name}"
        parts.append(f"\n### {title}\n\n{comment}{' (A view.)' if kind == 'view' else ''}\n\n")
        parts.append("| column | type | meaning |\n| --- | --- | --- |\n")
        for column, data_type, meaning in _ask(
            "select column_name, lower(data_type), coalesce(comment, '') from duckdb_columns() "
            f"where schema_name = '{schema}' and table_name = '{name}' order by column_index"
        ):
            parts.append(f"| `{column}` | {data_type} | {meaning} |\n")
    return "".join(parts)


def macros() -> str:
    """Every macro with its parameters and comment."""
    rows = _ask(
        """select function_name, array_to_string(parameters, ', '), function_type, comment from duckdb_functions()
           where not internal and comment is not null order by function_type desc, function_name"""
    )
    lines = [
        f"| `{name}({parameters})` | {'table' if kind == 'table_macro' else 'value'} | {comment} |"
        for name, parameters, kind, comment in rows
    ]
    return "\n| macro | gives | meaning |\n| --- | --- | --- |\n" + "\n".join(lines) + "\n"


def _ask(query: str) -> list[tuple]:
    """Rows of a query on an empty study, as the shell sees it: without the temporary definitions."""
    import duckdb

    from pietools.study import Study

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.duckdb"
        Study.create(path).close()
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.sql(query).fetchall()


def flags() -> str:
    """Every word that stands in a column ``flag``."""
    from pietools.flags import Flag

    rows = [f"| `{flag}` | {flag.meaning} |\n" for flag in sorted(Flag)]
    return "".join(["\n| flag | meaning |\n| --- | --- |\n", *rows])


def glossary() -> str:
    """Every term, as the report shows it; papers are links."""
    from pietools.report.terms import TERMS

    def linked(text: str) -> str:
        text = re.sub(r"arXiv (\d{4}\.\d{5})", r"[arXiv \1](https://arxiv.org/abs/\1)", text)
        return re.sub(r"doi:(10\.[^\s)]+)", r"[doi:\1](https://doi.org/\1)", text)

    return "".join(f"\n**{term}**: {linked(text)}\n" for term, text in TERMS.items())


# JSON


def json_lists() -> str:
    """The lists of ``analyze --json`` that are rows of a result table."""
    lines = []
    for table in _result_tables():
        if table.json is not None and table.json.kind == "rows":
            renamed = [f"`{column.name}` is called `{column.json}`" for column in table.columns if column.json]
            lines.append(
                f"| `{table.json.key}` | rows of `results.{table.name}` | {_computed(table)} | {', '.join(renamed)} |\n"
            )
    return "".join(["\n| key | holds | computed | |\n| --- | --- | --- | --- |\n", *lines])


def json_comparison() -> str:
    """The keys of a comparison, from the tables that it is made of."""
    kinds = {
        "object": "the row",
        "list": "rows",
        "keyed": "an object per count, of the rows",
    }
    lines = []
    for table in _result_tables():
        where = f"`results.{table.name}`"
        if table.json is not None and table.json.kind == "merged":
            lines += [
                f"| `{column.json or column.name}` | {column.meaning} | {where} | {_computed(table)} |\n"
                for column in table.columns
                if not column.is_key
            ]
        elif table.json is not None and table.json.kind != "rows":
            lines.append(
                f"| `{table.json.key}` | {kinds[table.json.kind]} of {where} | {where} | {_computed(table)} |\n"
            )
    return "".join(["\n| key | meaning | from | computed |\n| --- | --- | --- | --- |\n", *lines])


def _result_tables() -> list[Any]:
    from pietools.topics.catalogue import TOPICS

    return [table for topic in TOPICS.values() for table in topic.tables]


def _computed(table: Any) -> str:
    return "always" if table.is_answer else "with `--all`"


# The Python API


def python_api() -> str:
    """What the public functions and classes take, give and raise: their docstrings."""
    import pietools
    from pietools import charts
    from pietools.annotation.sampling import sample_of
    from pietools.gallery import found_examples
    from pietools.pairs.comparison import Comparison
    from pietools.report.thesis import chosen_tables, write_thesis_figures
    from pietools.results.analysis import Analysis
    from pietools.study import Study

    public = ("compare", "open", "analyze", "last_analysis", "as_html", "import_predictions")
    parts = [_documented(f"pietools.{name}", getattr(pietools, name)) for name in public]
    parts.append(_documented("pietools.gallery.found_examples", found_examples))
    parts.append(_documented("pietools.annotation.sampling.sample_of", sample_of))
    parts.append(_documented("pietools.report.thesis.write_thesis_figures", write_thesis_figures))
    parts.append(_documented("pietools.report.thesis.chosen_tables", chosen_tables))
    parts.append(_documented("Comparison", Comparison))
    parts.append(_properties(Comparison))
    parts += [_documented("Analysis", Analysis), "\n## Study\n", f"\n{inspect.getdoc(Study)}\n"]
    methods = {name: member for name, member in inspect.getmembers(Study, callable) if not name.startswith("_")}
    in_order = sorted(methods.items(), key=lambda item: inspect.unwrap(_plain(item[1])).__code__.co_firstlineno)
    parts += [_documented(f"Study.{name}", member, level=3) for name, member in in_order]
    parts += ["\n## pietools.charts\n", f"\n{inspect.getdoc(charts)}\n"]
    parts += [_documented(f"charts.{name}", getattr(charts, name), level=3) for name in charts.__all__]
    return "".join(parts)


def _properties(item: type) -> str:
    """A table of the public properties of a class, in the order of the source, with the first sentence of each."""
    rows = ["| property | holds |", "| --- | --- |"]
    for name, member in vars(item).items():
        if not name.startswith("_") and isinstance(member, property | cached_property):
            rows.append(f"| `{name}` | {(inspect.getdoc(member) or '').partition(chr(10))[0]} |")
    return "\n" + "\n".join(rows) + "\n"


def _plain(function: Any) -> Any:
    return getattr(function, "__func__", function)


def _documented(name: str, item: Any, level: int = 2) -> str:
    """A heading, the signature, and the docstring as it stands, since numpy's form reads as text."""
    called = f"{name}{_signature(item)}" if callable(item) and not inspect.isclass(item) else name
    return f"\n{'#' * level} {name}\n{fenced(called)}{fenced(inspect.getdoc(item) or '')}"


def _signature(function: Any) -> str:
    """Parameters and their defaults; types are in the docstring, and a default that is a function has no name to show."""
    parameters = [
        parameter.replace(annotation=parameter.empty, default=... if callable(parameter.default) else parameter.default)
        if parameter.default is not parameter.empty
        else parameter.replace(annotation=parameter.empty)
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in ("self", "cls")
    ]
    return str(inspect.Signature(parameters)).replace("Ellipsis", "…")


# STUDY.toml


def study_file() -> str:
    """Every table of a STUDY.toml with its keys, their types, defaults and meanings."""
    from pietools.study_file.settings import StudyTables

    return "".join(_table(name, field) for name, field in StudyTables.model_fields.items())


def _table(name: str, table: Any) -> str:
    """A table with its keys, then the tables inside it."""
    is_array = typing.get_origin(table.annotation) is list
    model = _table_model(table)
    keys = {field.alias or key: field for key, field in model.model_fields.items()}
    rows = [_key_row(key, field) for key, field in keys.items() if not _table_model(field)]
    inside = [_table(f"{name}.{key}", field) for key, field in keys.items() if _table_model(field)]
    title = f"\n### {f'[[{name}]]' if is_array else f'[{name}]'}\n\n{_sentence(model.__doc__)}\n\n"
    return "".join([title, "| key | type | default | meaning |\n| --- | --- | --- | --- |\n", *rows, *inside])


def _table_model(field: Any) -> Any:
    """The settings inside the type of a field, or None if it is no table."""
    types_ = (field.annotation, *typing.get_args(field.annotation))
    return next((found for found in types_ if hasattr(found, "model_fields")), None)


def _sentence(docstring: str) -> str:
    """What a docstring says of its table, without the name of the table."""
    text = docstring.partition(": ")[2]
    return text[0].upper() + text[1:]


def _key_row(key: str, field: Any) -> str:
    default = "required" if field.is_required() else "–" if field.default is None else f"`{json.dumps(field.default)}`"
    return f"| `{key}` | {_type_name(field.annotation)} | {default} | {field.description} |\n"


def _type_name(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type_name(arguments[0])
    if origin is typing.Literal:
        return " or ".join(f"`{json.dumps(value)}`" for value in arguments)
    if origin is list:
        return f"list of {_type_name(arguments[0])}"
    if origin in (types.UnionType, typing.Union):
        return _type_name(next(argument for argument in arguments if argument is not type(None)))
    return {str: "text", int: "whole number", float: "number", bool: "true or false"}[annotation]


# Properties of examples


def properties() -> str:
    """The catalogue: what is said of an example, in what range, and what must be recorded for it."""
    from pietools.topics.properties.catalogue import PROPERTIES

    rows = [
        f"| `{name}` | {described.meaning} | {_range(described)} | {described.needs}"
        f"{', given label' if described.needs_label else ''}{', unseen examples' if described.unseen_only else ''} |\n"
        for name, described in PROPERTIES.items()
    ]
    return "".join(["\n| property | what it says | range | needs |\n| --- | --- | --- | --- |\n", *rows])


def _range(described: Any) -> str:
    low, high = (_bound(bound) for bound in (described.low, described.high))
    opening, closing = "(" if low == "−∞" else "[", ")" if high == "∞" else "]"
    return f"{opening}{low}, {high}{closing} {described.unit}".strip()


def _bound(bound: float) -> str:
    known = {math.inf: "∞", -math.inf: "−∞", math.sqrt(2): "√2"}
    return known.get(bound, f"{bound:g}".replace("-", "−"))


# Simulated studies


def validation() -> str:
    """The rates of docs/validation.csv as tables."""
    import polars as pl

    from pietools.validation import tables

    rows = pl.read_csv(ROOT / "docs" / "validation.csv", schema=tables.COLUMNS)
    return "\n" + tables.markdown(rows)


# Output of commands, all run in one folder, in the order of the pages


def transcript(command: str, first: int | None = None) -> str:
    """What a command prints; its first lines if there are many."""
    answer = _run(command)
    if answer.returncode:
        raise RuntimeError(f"{command}: {answer.stderr}")
    lines = answer.stdout.strip("\n").splitlines()
    return fenced("\n".join(lines if first is None else [*lines[:first], "…"]))


def indented(before: str, command: str, first: int) -> str:
    """A sentence, and the first lines that a command prints as an indented block: no command to paste."""
    lines = ["$ " + command, *_run(command).stdout.splitlines()[:first]]
    return f"{before}\n\n" + "\n".join(f"    {line}".rstrip() for line in lines).rstrip() + "\n"


def query(sql: str) -> str:
    """The question, and what the DuckDB shell answers on the embedded study."""
    _run("pietools demo --out demo")
    _run("pietools analyze demo/study.duckdb --all --json")
    answer = _run(f"duckdb -readonly -markdown demo/study.duckdb {shlex.quote(sql)}")
    if answer.returncode:
        raise RuntimeError(f"{sql}: {answer.stderr}")
    return f"\n```sql\n{sql}\n```\n\n{answer.stdout.strip()}\n"


@cache
def _run(command: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "100", "TERM": "dumb"}
    return subprocess.run(
        shlex.split(command), cwd=_folder().name, env=environment, capture_output=True, text=True, check=False
    )


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


# Figures, from the same folder: file of the page, file that the demo writes
FIGURES = {"docs/images/volcano.svg": "demo/figures/volcano-fashion-mnist_test.svg"}


def figures(*, is_check: bool) -> int:
    """Bring the figures up to date, or return 1 if one is not."""
    _run("pietools demo --out demo")
    for page, drawn in FIGURES.items():
        content = (Path(_folder().name) / drawn).read_bytes()
        if not is_check:
            (ROOT / page).write_bytes(content)
        elif (ROOT / page).read_bytes() != content:
            print(f"{page} is not what the demo draws: run docs/generate.py")
            return 1
    return 0


def main() -> int:
    """Run cog over every page that has a generated part."""
    is_check = "--check" in sys.argv[1:]
    if write(ROOT / "sql" / "results.sql", results_sql(), is_check=is_check) or "--declared" in sys.argv[1:]:
        return int(is_check)
    named = [name for name in sys.argv[1:] if not name.startswith("--")]
    pages = [
        str(page)
        for page in PAGES
        if "[[[cog" in page.read_text(encoding="utf-8") and (not named or page.name in named)
    ]
    options = ["--check", "--diff"] if is_check else ["-r"]
    # The pages import this module by its name.
    sys.modules["generate"] = sys.modules[__name__]
    differs = Cog().main(["cog", *options, "-I", str(ROOT / "docs"), *pages])
    return differs or (0 if named else figures(is_check=is_check))


if __name__ == "__main__":
    sys.exit(main())
